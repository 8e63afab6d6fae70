/**
 * Collects a JSON text that spreads over several lines, and notices when it was cut: brackets and strings are followed, nothing is parsed
 * until the text is whole.
 */

import { MAX_NESTING } from "../nesting.js";
import { MB } from "../units.js";

/** Collects one JSON text. */
export interface JsonScan {
  /**
   * Feeds a line. `done`: the text is whole, `rest` is what followed on the line. `cut`: it ends in the middle; `consumed` tells whether
   * this line was its end or is the first line of something else, `tooDeep` that its brackets nest deeper than MAX_NESTING.
   */
  feed(
    line: string,
  ): { state: "open" } | { state: "done"; text: string; rest: string } | { state: "cut"; consumed: boolean; tooDeep: boolean };
  /** The line where it began. */
  readonly line: number;
  /** What was collected so far. */
  text(): string;
}

/** A JSON text of more is no usage. */
export const MAX_JSON = 16 * MB;
const LITERAL = /^(?:true|false|null)\b/;

export function createJsonScan(line: number): JsonScan {
  const parts: string[] = [];
  let size = 0;
  let stack = "";
  let inString = false;
  let escaped = false;
  let last = "";

  /** A bracket in the first column opens a new text, unless JSON allows a value there. */
  function startsAnother(text: string): boolean {
    const first = text[0];
    if (stack === "" || first === undefined) return false;
    // In the first column stand brackets, strings, numbers and the three literals; a word is another tool's output.
    if (/[#A-Za-z:$>]/.test(first)) return !LITERAL.test(text);
    if (first !== "{" && first !== "[") return false;
    const allowed = stack.endsWith("[") ? last === "[" || last === "," : last === ":";
    return !allowed;
  }

  function closeAt(text: string): number {
    for (let at = 0; at < text.length; at++) {
      const char = text[at] ?? "";
      if (inString) {
        if (escaped) escaped = false;
        else if (char === "\\") escaped = true;
        else if (char === '"') inString = false;
        continue;
      }
      if (char === " " || char === "\t") continue;
      last = char;
      if (char === '"') inString = true;
      else if (char === "{" || char === "[") {
        stack += char;
        if (stack.length > MAX_NESTING) return -1;
      } else if (char === "}" || char === "]") {
        stack = stack.slice(0, -1);
        if (stack === "") return at + 1;
      }
    }
    return -1;
  }

  return {
    line,
    text: () => parts.join("\n"),
    feed(text) {
      if (startsAnother(text)) return { state: "cut", consumed: false, tooDeep: false };
      const end = closeAt(text);
      if (end >= 0) {
        parts.push(text.slice(0, end));
        return { state: "done", text: parts.join("\n"), rest: text.slice(end) };
      }
      size += text.length + 1;
      parts.push(text);
      // A JSON string never spans lines.
      const tooDeep = stack.length > MAX_NESTING;
      if (inString || tooDeep || size > MAX_JSON) return { state: "cut", consumed: true, tooDeep };
      return { state: "open" };
    },
  };
}

/** Does a line begin a JSON text rather than a kamcmd struct? `{` alone on its line is undecided until the next one. */
export function beginsJson(line: string): boolean {
  const text = line.trimStart();
  if (text.startsWith('{"') || text.startsWith("{'") || text.startsWith("[{") || text.startsWith('["')) return true;
  if (text.startsWith("[")) return /^\[\s{0,40}(?:$|[{"\]])/.test(text);
  return /^\{\s{1,40}["']/.test(text);
}

/**
 * Parses JSON, and two look-alikes: a Python dict's `repr` (single quotes, None) and a printed object without commas.
 * `undefined` when it is none of them.
 */
export function parseJson(text: string): unknown {
  return tryParse(text) ?? (text.includes('"') ? undefined : tryParse(fromPython(text))) ?? readWithoutCommas(text);
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function fromPython(text: string): string {
  return text.replaceAll("'", '"').replaceAll("None", "null").replaceAll("True", "true").replaceAll("False", "false");
}

const MEMBER = /^\s{0,80}"([^"\\]{1,80})"\s{0,20}:\s{0,20}("[^"\\]{0,200}"|-?\d{1,25})\s{0,20},?\s{0,20}$/;

/** A flat object whose members stand on lines of their own with the commas lost on the way. */
function readWithoutCommas(text: string): unknown {
  const members: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const line of text.split("\n")) {
    const match = MEMBER.exec(line);
    if (!match || match[1] === undefined || match[2] === undefined) continue;
    // Two objects in one text: which member belongs to which is lost.
    if (match[1] in members) return undefined;
    members[match[1]] = match[2].startsWith('"') ? match[2].slice(1, -1) : Number(match[2]);
  }
  return Object.keys(members).length > 1 ? members : undefined;
}
