/**
 * Reads memory dumps out of a text of any size, as a stream of bytes.
 *
 * All forms of all releases (see `DumpForm`), through all the wrappings that logs put around them, several dumps of several processes
 * interleaved, with anything between. It never throws on input: what cannot be trusted makes a dump incomplete or adds a warning.
 * Memory is bounded by the number of distinct sites, processes and dumps (each capped, with a warning), not by the text.
 */
import { MB } from "../units.js";
import type { Dump } from "./dump.js";
import { Finisher } from "./finish.js";
import { FragmentScanner } from "./fragment-scanner.js";
import { GdbWalk } from "./gdb-walk.js";
import { JournalExport } from "./journal-export.js";
import { readJsonLogLine } from "./json-log-line.js";
import { type LogOrigin, type OriginOptions, readLogOrigin } from "./log-origin.js";
import { readLoss } from "./losses.js";
import { messageStart, readMessage } from "./message.js";
import { MAX_DUMPS, ProcessDumps, type ProcessStream } from "./process-dumps.js";
import { RpcDumps } from "./rpc-dumps.js";
import { MAX_SITES, SiteTable } from "./site-table.js";

export interface DumpReaderOptions extends OriginOptions {
  /**
   * Gets each stretch of lines that are no lists of chunks, with the number of its first line: all that a reader of logs has to see of a dump.
   * The bytes are the caller's own chunk or a copy of lines across two of them; they can be used until the next `push`.
   */
  onOther?: ((lines: Uint8Array, firstLine: number) => void) | undefined;
}

/** What a text held. */
export interface DumpReading {
  /** In the order in which they begin in the text. */
  dumps: Dump[];
  /** Trouble that belongs to no single dump. */
  warnings: string[];
  /** Lines and bytes read. */
  lines: number;
  bytes: number;
}

export interface DumpReader {
  /** Takes the next bytes of the text. They may end anywhere; the chunk can be reused by the caller afterwards. */
  push(chunk: Uint8Array): void;
  /** The text is over. The reader is spent afterwards. */
  end(): DumpReading;
}

/** A longer line is cut: the longest real ones are JSON answers in one line. */
const MAX_LINE = MB;
const NEWLINE = 10;
const LINE_END = Buffer.from([NEWLINE]);

/** A reader for one text. */
export function createDumpReader(options: DumpReaderOptions = {}): DumpReader {
  return new Reader(options);
}

/** Reads a text that is already in memory. */
export function readDumps(text: string | Uint8Array, options: DumpReaderOptions = {}): DumpReading {
  const reader = createDumpReader(options);
  reader.push(typeof text === "string" ? Buffer.from(text) : text);
  return reader.end();
}

class Reader implements DumpReader {
  private readonly sites = new SiteTable();
  private readonly scanner = new FragmentScanner(this.sites);
  private readonly finisher = new Finisher(this.sites);
  private readonly processes = new ProcessDumps(this.sites, this.finisher);
  private readonly rpc = new RpcDumps();
  private readonly gdb = new GdbWalk(this.sites, this.finisher);
  private readonly journal = new JournalExport();
  private carry: Buffer[] = [];
  private carried = 0;
  /** The rest of an overlong line is being left out. */
  private skipping = false;
  private atEnd = false;
  private lineNumber = 0;
  private byteCount = 0;

  constructor(private readonly options: DumpReaderOptions) {}

  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.byteCount += bytes.length;
    let at = this.carried > 0 || this.skipping || this.journal.binary ? this.finishCarried(bytes) : 0;
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let otherFrom = at;
    let otherLine = this.lineNumber + 1;
    while (at < bytes.length) {
      const scanned = this.scanner.scan(bytes, view, at, bytes.length, this.lineNumber + 1);
      this.lineNumber += this.scanner.lines;
      if (scanned > at) {
        this.other(bytes.subarray(otherFrom, at), otherLine);
        otherFrom = scanned;
        otherLine = this.lineNumber + 1;
        at = scanned;
      }
      const end = bytes.indexOf(NEWLINE, at);
      if (end < 0) break;
      this.takeLine(bytes, at, end);
      at = end + 1;
      if (this.journal.binary) at = this.takeBinary(bytes, at);
    }
    this.other(bytes.subarray(otherFrom, at), otherLine);
    if (at < bytes.length) this.keep(bytes.subarray(at));
  }

  end(): DumpReading {
    // A last line without its end may be cut: it proves nothing about what came after the line before it.
    this.atEnd = true;
    if (this.carried > 0) {
      const rest = Buffer.concat(this.carry);
      this.other(rest, this.lineNumber + 1);
      this.takeLine(rest, 0, rest.length);
    }
    for (const message of this.journal.flush()) this.takeText(message.text, journalOrigin(message), 0);
    this.processes.end();
    const dumps = [...this.processes.dumps, ...this.rpc.end(this.lineNumber), ...this.gdb.end()];
    dumps.sort((a, b) => a.first_line - b.first_line);
    const { warnings } = this.processes;
    if (this.processes.empty > 0)
      warnings.add(
        `${this.processes.empty} headers announce a dump, but none of its lines follow (the first in line ${this.processes.firstEmpty})`,
      );
    if (this.processes.dropped > 0) warnings.add(`${this.processes.dropped} dumps beyond the first ${MAX_DUMPS} were left out`);
    if (this.sites.overflowed) warnings.add(`more than ${MAX_SITES} distinct allocation sites: the further ones are one`);
    for (const warning of [...this.rpc.warnings, ...this.journal.warnings]) warnings.add(warning);
    return { dumps, warnings: [...warnings], lines: this.lineNumber, bytes: this.byteCount };
  }

  private other(lines: Uint8Array, firstLine: number): void {
    if (lines.length > 0) this.options.onOther?.(lines, firstLine);
  }

  /** Completes the line that the chunk before began. Returns where the next one begins. */
  private finishCarried(bytes: Buffer): number {
    if (this.journal.binary && this.carried === 0 && !this.skipping) {
      const line = this.lineNumber + 1;
      const next = this.takeBinary(bytes, 0);
      this.other(bytes.subarray(0, next), line);
      return next;
    }
    const end = bytes.indexOf(NEWLINE);
    if (end < 0) {
      this.keep(bytes);
      return bytes.length;
    }
    this.keep(bytes.subarray(0, end));
    this.skipping = false;
    const line = Buffer.concat(this.carry);
    this.carry = [];
    this.carried = 0;
    if (this.options.onOther !== undefined) this.other(Buffer.concat([line, LINE_END]), this.lineNumber + 1);
    this.takeLine(line, 0, line.length);
    if (!this.journal.binary) return end + 1;
    const after = this.lineNumber + 1;
    const next = this.takeBinary(bytes, end + 1);
    this.other(bytes.subarray(end + 1, next), after);
    return next;
  }

  private keep(rest: Buffer): void {
    if (this.skipping) return;
    if (this.carried + rest.length > MAX_LINE) {
      this.processes.warnings.add(`a line is longer than ${MAX_LINE} bytes: the rest of it was left out`);
      this.skipping = true;
    }
    const kept = Buffer.from(rest.subarray(0, MAX_LINE - this.carried));
    if (kept.length > 0) this.carry.push(kept);
    this.carried += kept.length;
    if (this.carry.length > MAX_CARRIED_PIECES) this.carry = [Buffer.concat(this.carry)];
  }

  private takeBinary(bytes: Buffer, at: number): number {
    const { next, lines } = this.journal.takeBinary(bytes, at);
    this.lineNumber += lines;
    return next;
  }

  private takeLine(bytes: Buffer, from: number, to: number): void {
    this.lineNumber++;
    const end = to > from && bytes[to - 1] === 13 ? to - 1 : to;
    let line = bytes.toString("latin1", from, end);
    if (line.includes("\0")) line = line.replaceAll("\0", "");
    if (this.journal.takes(line)) {
      for (const message of this.journal.take(line)) this.takeText(message.text, journalOrigin(message), 0);
      return;
    }
    const first = firstCharacter(line);
    if (first === "{") {
      const logged = readJsonLogLine(line);
      if (logged) {
        this.takeText(logged.text, journalOrigin(logged), 0);
        return;
      }
    }
    if (this.rpc.take(line, first, this.lineNumber) || this.gdb.take(line, first, this.lineNumber)) return;
    const stream = this.takeText(line, null, end - from === line.length ? from : -1);
    if (stream) this.learn(bytes, from, line, stream);
  }

  /** Takes what was logged: one line, or several that a logger wrote as one. `origin` when the logger told it apart from the text. */
  private takeText(text: string, origin: LogOrigin | null, from: number): ProcessStream | null {
    if (!text.includes("\n") && !text.includes("#012")) return this.takeMessage(text, origin, from >= 0);
    const parts = text.replaceAll("#011", "\t").split(/#012|\n/, MAX_PARTS);
    let shared = origin;
    for (const part of parts) {
      if (part.length === 0) continue;
      this.takeMessage(part, shared, false);
      // What the first line says of its process holds for the rest of the record.
      shared ??= readLogOrigin(part.slice(0, readMessage(part)?.at ?? MAX_ORIGIN), this.options);
    }
    return null;
  }

  /** Takes one line; returns its stream when lines of it can be read by the scanner from now on. */
  private takeMessage(line: string, origin: LogOrigin | null, learnable: boolean): ProcessStream | null {
    // A folded line shows a dump's line once more, with words around it: it is a loss, not a line of the list.
    const message = line.includes("message repeated ") ? null : readMessage(line);
    if (message === null) {
      this.takeOther(line, origin);
      return null;
    }
    const from = mergeOrigins(origin, readLogOrigin(line.slice(0, message.at), this.options));
    const stream = this.processes.stream(from);
    stream.processIndex ??= from.processIndex;
    this.processes.take(stream, message, this.lineNumber, from.time);
    return learnable && origin === null && message.kind === "fragment" && stream.open?.listing ? stream : null;
  }

  private takeOther(line: string, origin: LogOrigin | null): void {
    if (line.includes(" x [") && OPENSIPS_SUMS.test(line))
      this.processes.warnings.add(
        "lines like `8192 : 4 x [file.c: function, line 1]` are a summary of OpenSIPS: they were not read",
      );
    const loss = readLoss(line);
    if (loss) this.processes.takeLoss(loss.reason, loss.pid);
    else if (this.processes.awaitsOther && !this.atEnd) {
      const from = mergeOrigins(origin, readLogOrigin(line, this.options));
      if (from.pid !== null) this.processes.takeOther(this.processes.stream(from));
    }
  }

  private learn(bytes: Buffer, from: number, line: string, stream: ProcessStream): void {
    const message = readMessage(line);
    if (message === null) return;
    const origin = readLogOrigin(line.slice(0, message.at), this.options);
    const body = message.manager === null ? bareStart(line, message.at) : messageStart(line, message.at);
    this.scanner.learn(bytes.subarray(from, from + body), body, origin.timeFrom, origin.timeTo, stream);
  }
}

/** OpenSIPS' sums by site (mem/q_malloc_dyn.h:446). */
const OPENSIPS_SUMS = /\d : {1,20}\d{1,15} x \[[^\]]{1,200}, line \d{1,9}\]/;
/** Small pieces of an unfinished line are joined now and then. */
const MAX_CARRIED_PIECES = 64;
/** Where the text before a message surely ends. */
const MAX_ORIGIN = 200;
/** Lines that one logged record may hold. */
const MAX_PARTS = 10_000;

function firstCharacter(line: string): string {
  for (let i = 0; i < line.length; i++) {
    const character = line[i] ?? "";
    if (character !== " " && character !== "\t") return character;
  }
  return "";
}

/** A fragment line is indented by at least three blanks and the number's padding; the message begins before those. */
function bareStart(line: string, at: number): number {
  let digits = 0;
  while (line[at + digits] !== undefined && line[at + digits] !== ".") digits++;
  return Math.max(0, at - 3 - Math.max(0, 3 - digits));
}

/** The logger's own fields (journal, container runtime) and what the text itself shows; the text's pid wins. */
function mergeOrigins(outer: LogOrigin | null, inner: LogOrigin): LogOrigin {
  if (outer === null) return inner;
  return {
    ...inner,
    key: inner.pid === null ? outer.key : `${outer.key}>${inner.key}`,
    pid: inner.pid ?? outer.pid,
    processIndex: inner.processIndex ?? outer.processIndex,
    time: outer.time ?? inner.time,
  };
}

function journalOrigin(record: { pid: number | null; time: string | null; source: string }): LogOrigin {
  return {
    key: `${record.source}/${record.pid ?? ""}`,
    pid: record.pid,
    processIndex: null,
    timeFrom: 0,
    timeTo: 0,
    time: record.time,
  };
}
