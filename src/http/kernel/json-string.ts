/**
 * A body that is one JSON string is the text in it: generated clients send texts so, whatever content type they name. Decided once, here, on the head of
 * the body; the rest is unescaped as it comes, so that a text of any size stays a stream.
 */
import { KB } from "../../kamailio/units.js";
import { ProblemError } from "./problem.js";

/** What is looked at before it is decided. A raw text that begins with a quotation mark has its first line end long before. */
const HEAD = 64 * KB;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** The longest escape, a pair of `\uXXXX`: where none of so many bytes is a backslash, no escape is cut. */
const LONGEST_ESCAPE = 12;
/** White space around a JSON value (RFC 8259, 2). */
const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/**
 * The text's bytes: those of the body, or those that its one JSON string stands for.
 *
 * @param onString told once, before the first bytes, when the body is such a string
 * @throws ProblemError 400 when a body begins as one string and does not go on as one
 */
export async function* unquoted(chunks: AsyncIterable<Uint8Array>, onString: () => void): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  let ended = false;
  while (head.length < HEAD && !ended) {
    const next = await iterator.next();
    if (next.done) ended = true;
    else head = head.length === 0 ? Buffer.from(next.value) : Buffer.concat([head, next.value]);
    // Most bodies are decided by their first byte.
    if (head.length > 0 && !beginsQuoted(head)) break;
  }
  const rest = async function* () {
    if (ended) return;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
  };
  if (!isString(head, ended)) {
    if (head.length > 0) yield head;
    yield* rest();
    return;
  }
  onString();
  yield* inside(head.subarray(head.indexOf(QUOTE) + 1), rest());
}

function beginsQuoted(head: Uint8Array): boolean {
  const first = head.find((byte) => !isSpace(byte));
  return first === undefined || first === QUOTE;
}

/** Is the head that of one JSON string? `whole`: it is all of the body. */
function isString(head: Buffer, whole: boolean): boolean {
  const open = head.findIndex((byte) => !isSpace(byte));
  if (open < 0 || head[open] !== QUOTE) return false;
  const close = closingQuote(head, open + 1);
  if (close < 0) return !whole && !head.subarray(open + 1).some((byte) => byte < 0x20);
  return head.subarray(close + 1).every(isSpace) && parsed(head.subarray(open + 1, close)) !== null;
}

/** Where the string ends; -1 where it goes on. */
function closingQuote(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(QUOTE, from); at >= 0; at = bytes.indexOf(QUOTE, at + 1)) {
    let slashes = 0;
    while (at - slashes - 1 >= from && bytes[at - slashes - 1] === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return at;
  }
  return -1;
}

async function* inside(first: Buffer, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let waiting = first;
  let closed = false;
  const take = (final: boolean): Uint8Array => {
    const close = closingQuote(waiting, 0);
    closed = close >= 0;
    if (closed && !waiting.subarray(close + 1).every(isSpace)) throw notOneString();
    if (final && !closed) throw notOneString();
    const end = closed ? close : safeEnd(waiting);
    const text = parsed(waiting.subarray(0, end));
    if (text === null) throw notOneString();
    waiting = closed ? Buffer.alloc(0) : Buffer.from(waiting.subarray(end));
    return Buffer.from(text, "utf8");
  };
  yield take(false);
  for await (const chunk of rest) {
    if (closed) {
      if (!chunk.every(isSpace)) throw notOneString();
      continue;
    }
    waiting = Buffer.concat([waiting, chunk]);
    yield take(false);
  }
  if (!closed) yield take(true);
}

/** The last place where neither an escape nor a character is cut; 0 where there is none yet. */
function safeEnd(bytes: Uint8Array): number {
  for (let end = bytes.length; end > 0; end--) {
    const next = bytes[end];
    const cutsCharacter = next !== undefined ? (next & 0xc0) === 0x80 : (bytes[end - 1] ?? 0) >= 0x80;
    if (cutsCharacter) continue;
    const before = bytes.subarray(Math.max(0, end - LONGEST_ESCAPE), end);
    if (!before.includes(BACKSLASH)) return end;
  }
  return 0;
}

function parsed(bytes: Buffer): string | null {
  try {
    const value: unknown = JSON.parse(`"${bytes.toString("utf8")}"`);
    return typeof value === "string" ? value : null;
  } catch {
    return null;
  }
}

function notOneString(): ProblemError {
  return new ProblemError(400, "malformed_json", {
    detail: "The body begins as one JSON string and does not end as one.",
    hint: "Send the text as it was printed: curl --data-binary @- (text/plain), or as one whole JSON string.",
  });
}
