/**
 * How deep brackets may nest. Nothing that Kamailio, a container engine or a metrics server prints comes near: Kubernetes' deepest objects have
 * about 15 levels. What goes deeper was made to exhaust a stack, so every reader that follows brackets down stops here.
 */
export const MAX_NESTING = 64;

const QUOTE = 34;
const BACKSLASH = 92;
const OPENING: ReadonlySet<number> = new Set([91, 123]);
const CLOSING: ReadonlySet<number> = new Set([93, 125]);

/** Does a text that begins like JSON nest deeper than MAX_NESTING? Brackets inside strings do not count. One pass, no recursion. */
export function nestsTooDeep(text: string): boolean {
  const start = text.search(/\S/);
  if (start < 0 || !OPENING.has(text.charCodeAt(start))) return false;
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === BACKSLASH) at++;
      else if (code === QUOTE) inString = false;
    } else if (code === QUOTE) inString = true;
    else if (OPENING.has(code)) {
      if (++depth > MAX_NESTING) return true;
    } else if (CLOSING.has(code)) depth--;
  }
  return false;
}
