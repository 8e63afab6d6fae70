/**
 * What a log line itself tells of the release that wrote it: forms of places that only some releases print. A range is the first and the last
 * release that can print the form.
 */

export interface ReleaseSign {
  pattern: RegExp;
  since: string | null;
  until: string | null;
  /** Completes "...: the affected releases do not". */
  why: string;
  source: string;
}

export const RELEASE_SIGNS: readonly ReleaseSign[] = [
  {
    pattern: /(?:\[|: )core\/[\w./-]{1,80}\.[ch]:/,
    since: "5.0.0",
    until: null,
    why: "the line names a file under core/, as releases from 5.0 on print it",
    source: "the core's files moved to src/core with 5.0.0; __FILE__ then begins with core/",
  },
  {
    pattern: /<core> \[(?!core\/|main\.c)(?:mem\/|parser\/)?[\w-]{1,40}\.[ch]:/,
    since: null,
    until: "4.4.7",
    why: "the line names a file of the core without core/, as releases up to 4.4 print it",
    source: "root of the repository at 4.4.7; main.c and the generated scanners stayed outside core/",
  },
];

/** The signs that any of these lines shows. */
export function releaseSigns(lines: readonly string[]): ReleaseSign[] {
  return RELEASE_SIGNS.filter(({ pattern }) => lines.some((line) => pattern.test(line)));
}
