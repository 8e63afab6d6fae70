/**
 * Finds the logged entries in one JSON document of any size, as a stream of bytes: a line of a JSON logger, several such without line ends
 * between them, or an answer of Loki, CloudWatch, Elasticsearch, Kibana, Google's or any other store, pretty or on one line.
 *
 * Every object that reads as an entry is one (record.ts), wherever it stands; so are the pairs `["1715940055101000000", "text"]` of Loki and the
 * rows `[{"field": "@message", "value": "..."}]` of CloudWatch Insights. Memory is bounded: what is kept is at most one entry, and the beginning
 * of the document until its first entry shows that it is a log. The grammar of JSON is followed just so far that a document which ends in the
 * middle, or is none (kamcmd's braces, a log_prefix), is noticed at the first byte that does not fit.
 */
import { MAX_NESTING } from "../nesting.js";
import { KB, MB } from "../units.js";
import type { Entry } from "./entry.js";
import { MESSAGE_KEYS, readRecord } from "./record.js";

/** An object with more bytes is not kept as a whole, so it is no entry. */
const MAX_ENTRY = MB;
/** A document that shows no entry in its first bytes is not a log. */
const MAX_HELD = 256 * KB;
const MAX_KEY = 40;

/** What became of the bytes given. */
export interface Fed {
  /** Where the text goes on behind the document, or where it stopped being one. */
  next: number;
  /** `open`: the document goes on in the next bytes; `closed`; `broken`: it is no JSON, or ends in the middle. */
  state: "open" | "closed" | "broken";
}

interface Frame {
  object: boolean;
  /** Where it begins, in the document; -1 when it became too long to be an entry. */
  start: number;
  /** It has a field that entries have their text in. */
  message: boolean;
  /** A hit of Elasticsearch: it shows the same entry in several ways. */
  hit: boolean;
  /** An entry was found in it. */
  found: boolean;
  /** `["1715940055101000000", ...` */
  pair: boolean;
  /** Objects with `field` and `value` stand in it. */
  columns: boolean;
  key: string;
}

type Expect = "key" | "first_key" | "colon" | "value" | "first_value" | "after";

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
const OPEN_ARRAY = 91;
const CLOSE_ARRAY = 93;
const COLON = 58;
const COMMA = 44;
const NEWLINE = 10;

/** Reads one document. Give it the bytes from its opening brace on. */
export class JsonEntries {
  /** Line breaks inside the document so far. */
  lines = 0;
  /** The bytes so far, until the first entry was found or they became too many. */
  held: Buffer[] | null = [];
  /** How many entries were found. */
  found = 0;
  private heldBytes = 0;
  private readonly frames: Frame[] = [];
  private expect: Expect = "value";
  private inString = false;
  private escaped = false;
  private stringStart = 0;
  private literal = false;
  private labels: Record<string, unknown> = {};
  /** Bytes of the document from `base` on, as far as an entry may still need them. */
  private window: Buffer = Buffer.alloc(0);
  private base = 0;
  private pendingKey = "";
  private lastString = "";

  constructor(private readonly take: (entry: Entry) => void) {}

  /** The next bytes, from `from` on. */
  feed(bytes: Buffer, from: number): Fed {
    const kept = this.window.length;
    this.window = kept === 0 ? bytes.subarray(from) : Buffer.concat([this.window, bytes.subarray(from)]);
    const { at, state } = this.run(kept);
    const next = from + at - kept;
    this.hold(bytes.subarray(from, next));
    if (state === "open") this.forget();
    else this.window = Buffer.alloc(0);
    return { next, state };
  }

  private hold(bytes: Buffer): void {
    if (this.found > 0) this.held = null;
    if (this.held === null) return;
    this.held.push(Buffer.from(bytes));
    this.heldBytes += bytes.length;
  }

  /** More was read than a log needs to show its first entry. */
  get isNoLog(): boolean {
    return this.held !== null && this.heldBytes > MAX_HELD;
  }

  private run(kept: number): { at: number; state: Fed["state"] } {
    const { window } = this;
    let at = kept + (this.escaped ? 1 : 0);
    for (; at < window.length; at++) {
      const byte = window[at] as number;
      if (this.inString) {
        if (byte === BACKSLASH) at++;
        else if (byte === QUOTE) this.closeString(at);
        else if (byte === NEWLINE) return { at, state: "broken" };
        continue;
      }
      if (byte === NEWLINE) this.lines++;
      if (byte === 32 || byte === 9 || byte === 13 || byte === NEWLINE) {
        this.literal = false;
        continue;
      }
      if (!this.step(byte, at)) return { at, state: "broken" };
      if (this.frames.length === 0) return { at: at + 1, state: "closed" };
    }
    // A backslash was the last byte: the byte that it escapes comes with the next bytes.
    this.escaped = at > window.length;
    return { at: window.length, state: "open" };
  }

  /** Takes one byte outside of strings; false when it does not fit. */
  private step(byte: number, at: number): boolean {
    const { expect } = this;
    switch (byte) {
      case QUOTE:
        if (expect === "colon" || expect === "after") return false;
        this.inString = true;
        this.stringStart = this.base + at;
        return true;
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        return this.open(byte === OPEN_OBJECT, at);
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        return this.close(byte === CLOSE_OBJECT, at);
      case COLON:
        if (expect !== "colon") return false;
        this.expect = "value";
        return true;
      case COMMA:
        if (expect !== "after") return false;
        this.expect = this.frames.at(-1)?.object ? "key" : "value";
        this.literal = false;
        return true;
      default:
        return this.stepLiteral(byte);
    }
  }

  /** Numbers, true, false, null. */
  private stepLiteral(byte: number): boolean {
    const fits =
      (byte >= 48 && byte <= 57) || (byte >= 97 && byte <= 122) || byte === 45 || byte === 43 || byte === 46 || byte === 69;
    if (!fits) return false;
    if (this.literal) return true;
    if (this.expect !== "value" && this.expect !== "first_value") return false;
    this.literal = true;
    this.expect = "after";
    return true;
  }

  private open(object: boolean, at: number): boolean {
    const { expect } = this;
    if ((expect !== "value" && expect !== "first_value") || this.frames.length >= MAX_NESTING) return false;
    this.frames.push({
      object,
      start: this.base + at,
      message: false,
      hit: false,
      found: false,
      pair: false,
      columns: false,
      key: this.pendingKey,
    });
    this.pendingKey = "";
    this.expect = object ? "first_key" : "first_value";
    return true;
  }

  private close(object: boolean, at: number): boolean {
    const { expect } = this;
    if (expect !== "after" && expect !== (object ? "first_key" : "first_value")) return false;
    const frame = this.frames.at(-1);
    if (frame === undefined || frame.object !== object) return false;
    this.frames.pop();
    this.expect = "after";
    this.literal = false;
    if (frame.start >= 0) this.closed(frame, at + 1);
    return true;
  }

  /** An object or array is complete: is it an entry, or a stream's labels? */
  private closed(frame: Frame, end: number): void {
    const parent = this.frames.at(-1);
    if (frame.object && frame.columns && parent !== undefined && !parent.object) parent.columns = true;
    const labels = frame.object && (frame.key === "stream" || frame.key === "labels");
    const asked = frame.message || frame.pair || labels || (!frame.object && frame.columns);
    if (!asked || (parent?.hit && parent.found)) return;
    const value = parse(this.window.toString("utf8", frame.start - this.base, end));
    if (labels && isObject(value) && !frame.message) this.labels = value;
    const entry = frame.pair ? pairEntry(value, this.labels) : isObject(value) ? readRecord(value, this.labels) : rowEntry(value);
    if (entry === null) return;
    this.found++;
    this.take(entry);
    for (const outer of this.frames) {
      outer.found = true;
      outer.message = false;
    }
  }

  private closeString(at: number): void {
    this.inString = false;
    const start = this.stringStart;
    const length = this.base + at - start - 1;
    const inside = length <= MAX_KEY && start >= this.base;
    this.lastString = inside ? this.window.toString("latin1", start - this.base + 1, at).toLowerCase() : "";
    const frame = this.frames.at(-1);
    if (this.expect === "key" || this.expect === "first_key") {
      this.expect = "colon";
      if (frame !== undefined) this.key(frame);
      return;
    }
    if (frame !== undefined && !frame.object && this.expect === "first_value") frame.pair = STAMP.test(this.lastString);
    this.expect = "after";
  }

  private key(frame: Frame): void {
    const name = this.lastString;
    this.pendingKey = name;
    if (MESSAGE_KEYS.has(name)) frame.message = true;
    else if (name === "_source" || name === "_index") frame.hit = true;
    else if (name === "field") frame.columns = true;
  }

  /** Lets go of what no entry needs any more. */
  private forget(): void {
    const end = this.base + this.window.length;
    let needed = this.inString ? this.stringStart : end;
    for (const frame of this.frames) {
      if (frame.start >= 0 && end - frame.start > MAX_ENTRY) frame.start = -1;
      if (frame.start >= 0 && frame.start < needed) needed = frame.start;
    }
    if (end - needed > MAX_ENTRY) needed = end;
    this.window = Buffer.from(this.window.subarray(needed - this.base));
    this.base = needed;
  }
}

/** Nanoseconds (Loki) or milliseconds. */
const STAMP = /^\d{13,19}$/;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function pairEntry(value: unknown, labels: Record<string, unknown>): Entry | null {
  if (!Array.isArray(value)) return null;
  const [timestamp, message] = value as unknown[];
  return typeof message === "string" ? readRecord({ timestamp, message }, labels) : null;
}

/** `[{"field": "@timestamp", "value": "2024-05-17 10:00:55.101"}, {"field": "@message", "value": "..."}]` */
function rowEntry(value: unknown): Entry | null {
  if (!Array.isArray(value)) return null;
  const fields: Record<string, unknown> = {};
  for (const column of value.slice(0, 100))
    if (isObject(column) && typeof column.field === "string") fields[column.field] = column.value;
  return readRecord(fields);
}
