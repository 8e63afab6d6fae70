/** What a text is recognised by: words, names of fields, and the shape of lines. Every test is linear in the head of the text. */

/** All that is given must hold. */
export interface Sign {
  /** Each of these stands somewhere. */
  all?: readonly string[];
  /** One of these stands somewhere. */
  any?: readonly string[];
  /** None of these does. */
  none?: readonly string[];
  /** Each of these is the name of a field: `name:`, `name =`, `"name":`. */
  fields?: readonly string[];
  /** The trimmed text begins so. */
  begins?: RegExp;
  /** At least so many lines look so; the pattern is global and multi-line, with bounded quantifiers. */
  lines?: { pattern: RegExp; at_least: number };
  /** The text has at most so many lines: a single line out of a log is posted on purpose. */
  max_lines?: number;
}

/** The head of a text, prepared once for all signs. */
export interface Head {
  text: string;
  trimmed: string;
  fields: ReadonlySet<string>;
  lines: number;
}

const FIELD = /(?<![\w.-])([A-Za-z_][\w.:-]{0,60})"?[ \t]{0,8}[:=]/g;
/** More distinct names than any output has. */
const MAX_FIELDS = 2_000;

export function headOf(text: string): Head {
  const fields = new Set<string>();
  FIELD.lastIndex = 0;
  for (let match = FIELD.exec(text); match !== null && fields.size < MAX_FIELDS; match = FIELD.exec(text)) {
    const name = match[1];
    if (name !== undefined) fields.add(name);
  }
  const trimmed = text.trim();
  let lines = 1;
  for (let at = trimmed.indexOf("\n"); at !== -1; at = trimmed.indexOf("\n", at + 1)) lines++;
  return { text, trimmed, fields, lines };
}

export function holds(sign: Sign, head: Head): boolean {
  if (sign.max_lines !== undefined && head.lines > sign.max_lines) return false;
  if (sign.begins !== undefined && !sign.begins.test(head.trimmed)) return false;
  if (sign.all !== undefined && !sign.all.every((word) => head.text.includes(word))) return false;
  if (sign.any !== undefined && !sign.any.some((word) => head.text.includes(word))) return false;
  if (sign.none?.some((word) => head.text.includes(word))) return false;
  if (sign.fields !== undefined && !sign.fields.every((name) => head.fields.has(name))) return false;
  return sign.lines === undefined || countsUpTo(sign.lines.pattern, head.text, sign.lines.at_least);
}

function countsUpTo(pattern: RegExp, text: string, atLeast: number): boolean {
  pattern.lastIndex = 0;
  for (let count = 0; count < atLeast; count++) if (pattern.exec(text) === null) return false;
  return true;
}
