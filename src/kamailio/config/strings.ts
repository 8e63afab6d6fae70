/** The two kinds of string of kamailio.cfg: "with escapes" (several after one another are one) and 'as they are'; both may span lines. */
import { MAX_VALUE } from "./limits.js";

export interface StringRead {
  value: string;
  end: number;
  closed: boolean;
}

const ESCAPES: Record<string, string> = { n: "\n", r: "\r", a: "\x07", t: "\t", '"': '"', "\\": "\\", "\n": "" };

/** Reads the string that opens at `at`. */
export function readString(text: string, at: number): StringRead {
  return text.charAt(at) === "'" ? readTicks(text, at) : readQuotes(text, at);
}

function readTicks(text: string, at: number): StringRead {
  const end = text.indexOf("'", at + 1);
  const closed = end >= 0;
  return {
    value: text.slice(at + 1, closed ? end : text.length).slice(0, MAX_VALUE),
    end: closed ? end + 1 : text.length,
    closed,
  };
}

function readQuotes(text: string, start: number): StringRead {
  const parts: string[] = [];
  let at = start;
  for (;;) {
    const part = readPart(text, at + 1);
    parts.push(part.value);
    if (!part.closed) return { value: parts.join("").slice(0, MAX_VALUE), end: text.length, closed: false };
    const next = skipBlanks(text, part.end);
    if (text.charAt(next) !== '"') return { value: parts.join("").slice(0, MAX_VALUE), end: part.end, closed: true };
    at = next;
  }
}

function readPart(text: string, from: number): StringRead {
  const pieces: string[] = [];
  let start = from;
  let at = from;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === '"') return { value: pieces.join("") + text.slice(start, at), end: at + 1, closed: true };
    if (char === "\\") {
      const escaped = readEscape(text, at + 1);
      pieces.push(text.slice(start, at), escaped.value);
      at = escaped.end;
      start = at;
    } else {
      at++;
    }
  }
  return { value: pieces.join("") + text.slice(start), end: text.length, closed: false };
}

/** `at` is behind the backslash. A backslash before anything else stays. */
function readEscape(text: string, at: number): { value: string; end: number } {
  const char = text.charAt(at);
  const simple = ESCAPES[char];
  if (simple !== undefined) return { value: simple, end: at + 1 };
  const code = /^(?:x[0-9a-fA-F]{1,2}|[0-7]{2,3})/.exec(text.slice(at, at + 4))?.[0];
  if (code === undefined) return { value: "\\", end: at };
  const number = code.startsWith("x") ? Number.parseInt(code.slice(1), 16) : Number.parseInt(code, 8);
  return { value: String.fromCharCode(number & 0xff), end: at + code.length };
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && " \t\b\r\n".includes(text.charAt(at))) at++;
  return at;
}
