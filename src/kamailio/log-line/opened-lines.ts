/**
 * Turns a text of any size and form into lines of text: what is JSON, a journal export, CSV or a web page becomes the line that says the same
 * (entry.ts), everything else passes as it is. Whoever reads dumps, logs or start-up lines reads such lines and knows no other form.
 *
 *     bytes --> [ held: 64 KB ] --> which forms? --> lines as they are (the caller's own bytes, never copied)
 *                                              \--> { ... }   json-entries.ts --> one line an entry
 *                                               \-> __CURSOR=, CSV, <pre>, CRI pieces: line-forms.ts --> line by line
 *
 * Line numbers stay those of the text: an entry that took several lines is followed by empty ones. Only where a document holds more entries
 * than lines (an answer on one line) does each entry count as a line. A plain text costs one search for a brace a chunk.
 */
import { KB, MB } from "../units.js";
import type { Entry } from "./entry.js";
import { JsonEntries } from "./json-entries.js";
import { LineForms } from "./line-forms.js";
import { Pieces } from "./pieces.js";
import { openedEntryLine, openTail } from "./tail.js";

/** What is looked at before it is decided which forms a text has. */
const START = 64 * KB;
/** A longer line is cut: the longest real ones are JSON answers in one line. */
export const MAX_LINE = MB;
const NEWLINE = 10;
const BRACE = 123;
const QUOTE = 34;
const LINE_END = Buffer.from([NEWLINE]);
export class OpenedLines {
  /** Bytes taken. */
  bytes = 0;
  readonly warnings = new Set<string>();
  #start: Buffer[] | null = [];
  #startBytes = 0;
  #carry: Buffer[] = [];
  #carried = 0;
  /** The rest of an overlong line is being left out. */
  #skipping = false;
  /** The carried line began as a document: `raw` when that was whole and no log, `broken` when it was no JSON. */
  #settled: "no" | "raw" | "broken" = "no";
  #document: JsonEntries | null = null;
  /** What stood before the document on its line. */
  #before: Buffer = Buffer.alloc(0);
  #passing = false;
  #behind = false;
  #out: string[] = [];
  readonly #pieces = new Pieces();
  #forms = new LineForms("", this.#pieces);

  /** @param emit gets whole lines, each with its line end but the very last; the bytes can be used until the next `push` */
  constructor(private readonly emit: (lines: Buffer) => void) {}

  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.bytes += bytes.length;
    if (this.#start === null) this.#take(bytes);
    else if (this.#startBytes === 0 && bytes.length >= START) this.#begin(bytes);
    else {
      this.#start.push(Buffer.from(bytes));
      this.#startBytes += bytes.length;
      if (this.#startBytes >= START) this.#begin(Buffer.concat(this.#start));
    }
  }

  /** The text is over. */
  end(): void {
    if (this.#start !== null) this.#begin(Buffer.concat(this.#start));
    if (this.#document !== null) this.#endDocument("broken");
    if (this.#carried > 0) this.#lastLine(Buffer.concat(this.#carry));
    this.#write(this.#forms.end());
    const { entries, lines } = this.#pieces.rest();
    for (const entry of entries) this.#write(`${openedEntryLine(entry)}\n`);
    for (const line of lines) this.#write(`${line}\n`);
    this.#flush();
    for (const warning of this.#forms.journal.warnings) this.warnings.add(warning);
  }

  #begin(bytes: Buffer): void {
    this.#start = null;
    this.#forms = new LineForms(bytes.toString("latin1", 0, START), this.#pieces);
    this.#take(bytes);
  }

  #take(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#document !== null) at = this.#feedDocument(bytes, at);
      else if (this.#behind) at = this.#skipBehind(bytes, at);
      else if (this.#forms.journal.binary) at = this.#forms.journal.takeBinary(bytes, at);
      else if (this.#carried > 0 || this.#skipping) at = this.#finishLine(bytes, at);
      else if (this.#forms.active) at = this.#oneLine(bytes, at);
      else at = this.#stretch(bytes, at, true);
    }
    this.#flush();
  }

  // Lines as they are

  #flush(): void {
    if (this.#out.length === 0) return;
    const text = this.#out.join("");
    this.#out = [];
    this.emit(Buffer.from(text));
  }

  #write(text: string): void {
    if (text === "") return;
    this.#out.push(text);
    if (this.#out.length > MAX_OUT) this.#flush();
  }

  #raw(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#flush();
    this.emit(bytes);
  }

  #keep(rest: Buffer): void {
    if (this.#skipping || rest.length === 0) return;
    if (this.#carried + rest.length > MAX_LINE) {
      this.warnings.add(`a line is longer than ${MAX_LINE} bytes: the rest of it was left out`);
      this.#skipping = true;
    }
    const kept = Buffer.from(rest.subarray(0, MAX_LINE - this.#carried));
    if (kept.length > 0) this.#carry.push(kept);
    this.#carried += kept.length;
    if (this.#carry.length > MAX_PIECES) this.#carry = [Buffer.concat(this.#carry)];
  }

  /** Completes the line that is carried. */
  #finishLine(bytes: Buffer, at: number): number {
    const newline = bytes.indexOf(NEWLINE, at);
    const end = newline < 0 ? bytes.length : newline;
    // A document may begin at the end of what is carried: it must not be kept as a line.
    if (this.#settled === "no" && !this.#skipping && endsWithBrace(this.#carry.at(-1))) {
      const joined = Buffer.concat([...this.#carry, bytes.subarray(at)]);
      this.#carry = [];
      this.#carried = 0;
      this.#take(joined);
      return bytes.length;
    }
    this.#keep(bytes.subarray(at, end));
    if (newline < 0) return end;
    const line = Buffer.concat([...this.#carry, LINE_END]);
    const settled = this.#settled;
    this.#carry = [];
    this.#carried = 0;
    this.#skipping = false;
    this.#settled = "no";
    if (settled !== "no") this.#raw(settled === "raw" ? line : this.#openedOr(line));
    else if (this.#forms.active) this.#oneLine(line, 0);
    else this.#stretch(line, 0, false);
    return newline + 1;
  }

  #openedOr(line: Buffer): Buffer {
    const opened = openTail(line.toString("utf8").trimEnd());
    return opened === null ? line : Buffer.from(`${opened}\n`);
  }

  /** Passes whole lines on as they are, up to where a document begins. Returns where to go on. `more`: the text goes on behind these bytes. */
  #stretch(bytes: Buffer, from: number, more: boolean): number {
    const to = bytes.length;
    let passed = from;
    for (let brace = bytes.indexOf(BRACE, from); brace >= 0 && brace < to; ) {
      const next = behindBlanks(bytes, brace + 1, to);
      const lineStart = Math.max(passed, bytes.lastIndexOf(NEWLINE, brace) + 1);
      if (next === to && more) {
        this.#raw(bytes.subarray(passed, lineStart));
        this.#keep(bytes.subarray(lineStart, to));
        return to;
      }
      if (bytes[next] === QUOTE && isPadding(bytes, lineStart, brace)) {
        this.#raw(bytes.subarray(passed, lineStart));
        this.#before = Buffer.from(bytes.subarray(lineStart, brace));
        this.#document = new JsonEntries((entry) => this.#entry(entry));
        return brace;
      }
      if (bytes[next] === QUOTE) {
        const lineEnd = bytes.indexOf(NEWLINE, brace);
        if (lineEnd < 0 || lineEnd >= to) break;
        const opened = openTail(bytes.toString("utf8", lineStart, lineEnd));
        if (opened !== null) {
          this.#raw(bytes.subarray(passed, lineStart));
          this.#write(`${opened}\n`);
          passed = lineEnd + 1;
        }
        brace = bytes.indexOf(BRACE, lineEnd);
      } else brace = bytes.indexOf(BRACE, brace + 1);
    }
    const end = Math.max(passed, bytes.lastIndexOf(NEWLINE, to - 1) + 1);
    this.#raw(bytes.subarray(passed, end));
    this.#keep(bytes.subarray(end, to));
    return to;
  }

  // Documents

  #entry(entry: Entry): void {
    if (this.#passing) return;
    const whole = this.#pieces.joinEntry(entry);
    this.#write(whole === null ? "\n" : `${openedEntryLine(whole)}\n`);
  }

  #feedDocument(bytes: Buffer, at: number): number {
    const document = this.#document as JsonEntries;
    const { next, state } = document.feed(bytes, at);
    if (this.#passing) this.#keepLines(bytes.subarray(at, next));
    else if (state === "open" && document.isNoLog) {
      this.#keepLines(Buffer.concat([this.#before, ...(document.held ?? [])]));
      document.held = null;
      this.#passing = true;
    }
    if (state !== "open") this.#endDocument(state);
    return next;
  }

  #endDocument(state: "closed" | "broken"): void {
    const document = this.#document as JsonEntries;
    const before = this.#before;
    const passing = this.#passing;
    this.#document = null;
    this.#passing = false;
    if (passing) {
      this.#settled = this.#carried > 0 ? "raw" : "no";
      return;
    }
    if (document.found > 0) {
      for (let line = document.found; line <= document.lines; line++) this.#write("\n");
      this.#behind = true;
      if (state === "broken") this.warnings.add("a JSON text ends in the middle: what it says after that was not read");
      return;
    }
    const held = Buffer.concat([before, ...(document.held ?? [])]);
    if (state === "broken" && document.lines > 0) {
      // The line on which it stopped being JSON may begin another document.
      const end = held.lastIndexOf(NEWLINE) + 1;
      this.#raw(held.subarray(0, end));
      this.#keep(held.subarray(end));
      return;
    }
    this.#keepLines(held);
    this.#settled = state === "closed" ? "raw" : "broken";
  }

  /** Bytes of a document that is no log. */
  #keepLines(bytes: Buffer): void {
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      this.#keep(bytes.subarray(0, bytes.indexOf(NEWLINE)));
      const first = Buffer.concat([...this.#carry, LINE_END]);
      this.#carry = [];
      this.#carried = 0;
      this.#skipping = false;
      this.#raw(first);
      this.#raw(bytes.subarray(bytes.indexOf(NEWLINE) + 1, end));
    }
    this.#keep(bytes.subarray(end));
  }

  /** Behind a document of entries: commas, closing brackets and the line end belong to it. */
  #skipBehind(bytes: Buffer, from: number): number {
    let at = from;
    while (at < bytes.length && PADDING.has(bytes[at] as number)) at++;
    if (at === bytes.length) return at;
    this.#behind = false;
    return bytes[at] === NEWLINE ? at + 1 : at;
  }

  // Forms that are read line by line

  #oneLine(bytes: Buffer, at: number): number {
    const newline = bytes.indexOf(NEWLINE, at);
    if (newline < 0) {
      this.#keep(bytes.subarray(at));
      return bytes.length;
    }
    const end = newline > at && bytes[newline - 1] === 13 ? newline - 1 : newline;
    this.#formed(bytes.toString("utf8", at, end), bytes.subarray(at, newline + 1));
    return newline + 1;
  }

  #formed(line: string, whole: Buffer): void {
    const { text, finished } = this.#forms.take(line);
    if (finished) {
      this.#write(text);
      return;
    }
    this.#flush();
    this.#feedLine(text === line ? whole : Buffer.from(`${text}\n`));
  }

  /** A line of such a form is a line as all others; documents end with it at the latest. */
  #feedLine(line: Buffer): void {
    let at = this.#stretch(line, 0, false);
    while (at < line.length) {
      if (this.#document !== null) at = this.#feedDocument(line, at);
      else if (this.#behind) at = this.#skipBehind(line, at);
      else if (this.#carried > 0) at = this.#finishLine(line, at);
      else at = this.#stretch(line, at, false);
    }
    if (this.#document !== null) this.#endDocument("broken");
  }

  /** A last line without its end may be cut: it stays without one. */
  #lastLine(line: Buffer): void {
    this.#carry = [];
    this.#carried = 0;
    const text = line.toString("utf8").replace(/\r$/, "");
    const formed = this.#forms.take(text);
    const opened = formed.finished ? formed.text : openTail(formed.text);
    if (opened === null && formed.text === text) this.#raw(line);
    else this.#write(opened ?? formed.text);
  }
}

/** Small pieces of an unfinished line are joined now and then. */
const MAX_PIECES = 64;
/** Lines written before they are handed on. */
const MAX_OUT = 2_000;
/** Blanks, carriage return, comma, brackets: what stands between documents. */
const PADDING: ReadonlySet<number> = new Set([9, 13, 32, 44, 91, 93]);

function behindBlanks(bytes: Buffer, from: number, to: number): number {
  let at = from;
  while (at < to && (bytes[at] === 32 || bytes[at] === 9 || bytes[at] === 13 || bytes[at] === NEWLINE)) at++;
  return at;
}

function isPadding(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (!PADDING.has(bytes[at] as number)) return false;
  return true;
}

/** Does a piece end in a brace, perhaps with blanks behind it? */
function endsWithBrace(piece: Buffer | undefined): boolean {
  if (piece === undefined) return false;
  let at = piece.length - 1;
  while (at >= 0 && (piece[at] === 32 || piece[at] === 9 || piece[at] === 13 || piece[at] === NEWLINE)) at--;
  return piece[at] === BRACE;
}

/** A text that is in memory already, with its lines opened. */
export function openText(text: string): string {
  const parts: Buffer[] = [];
  const lines = new OpenedLines((opened) => parts.push(Buffer.from(opened)));
  lines.push(Buffer.from(text));
  lines.end();
  return Buffer.concat(parts).toString("utf8");
}
