/** Quoting for a POSIX shell: what is generated must stay one argument, whatever a path or a name contains. */

/** Characters that no POSIX shell treats specially, wherever they stand in a word (`=` would make the first word an assignment). */
const PLAIN = /^[A-Za-z0-9_@%+:,./-]+$/;

/**
 * One shell argument. Plain words stay as they are; everything else goes between single quotes.
 *
 * @example quoteArgument("/opt/my kam/kamailio") // '/opt/my kam/kamailio'
 */
export function quoteArgument(text: string): string {
  // A NUL ends a C string: no argument can hold one.
  const word = text.replaceAll("\0", "");
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
