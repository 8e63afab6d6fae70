/** JSON values inside a text: answers pasted one after another, with command lines between them. */
import { MAX_NESTING } from "../nesting.js";

/** A value and the place behind it. */
export interface JsonValue {
  value: unknown;
  end: number;
}

/** What begins at a brace or bracket. */
export type JsonFound =
  /** JSON, read. */
  | { kind: "json"; value: unknown; end: number }
  /** Balanced, but not JSON: a block of `kamcmd`. Or brackets nested deeper than any answer: not followed down. */
  | { kind: "other"; end: number }
  /** Never closed. */
  | { kind: "open" };

/** Reads the JSON value that begins at `start`; one pass over its characters. */
export function jsonAt(text: string, start: number): JsonFound {
  const { end, deepest } = endOfBalanced(text, start);
  if (end === -1) return { kind: "open" };
  if (deepest > MAX_NESTING) return { kind: "other", end };
  try {
    return { kind: "json", value: JSON.parse(text.slice(start, end)) as unknown, end };
  } catch {
    return { kind: "other", end };
  }
}

/** Behind the bracket that closes the one at `start`; -1 when none does. Quotes are only looked at inside what may be JSON. */
function endOfBalanced(text: string, start: number): { end: number; deepest: number } {
  let depth = 0;
  let deepest = 0;
  let at = start;
  while (at < text.length) {
    const character = text.charAt(at);
    if (character === '"') {
      at = endOfString(text, at + 1);
      continue;
    }
    if (character === "{" || character === "[") deepest = Math.max(deepest, ++depth);
    else if ((character === "}" || character === "]") && --depth === 0) return { end: at + 1, deepest };
    at++;
  }
  return { end: -1, deepest };
}

/** Behind the quote that closes a string; strings of JSON do not span lines, so a line end closes a stray quote as well. */
function endOfString(text: string, start: number): number {
  for (let at = start; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '"' || character === "\n") return at + 1;
    if (character === "\\") at++;
  }
  return text.length;
}
