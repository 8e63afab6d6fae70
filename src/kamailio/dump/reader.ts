/**
 * Reads memory dumps out of a text of any size, as a stream of bytes.
 *
 * All forms of all releases (see `DumpForm`), through all the wrappings that logs put around them, several dumps of several processes
 * interleaved, with anything between. It never throws on input: what cannot be trusted makes a dump incomplete or adds a warning.
 * Memory is bounded by the number of distinct sites, processes and dumps (each capped, with a warning), not by the text.
 */
import { type LogLine, readLogLine, withoutColours } from "../log-line/line.js";
import { readLoss } from "../log-line/losses.js";
import { messagesOf } from "../log-line/messages.js";
import { OpenedLines } from "../log-line/opened-lines.js";
import type { YearHint } from "../log-line/stamp.js";
import { timestamp } from "../units.js";
import type { Dump } from "./dump.js";
import { Finisher } from "./finish.js";
import { FragmentScanner } from "./fragment-scanner.js";
import { GdbWalk } from "./gdb-walk.js";
import { messageStart, readMessage } from "./message.js";
import { type LogOrigin, MAX_DUMPS, ProcessDumps, type ProcessStream } from "./process-dumps.js";
import { RpcDumps } from "./rpc-dumps.js";
import { MAX_SITES, SiteTable } from "./site-table.js";

export interface DumpReaderOptions {
  /** The year of time stamps without one (`Nov 23 01:17:46`), which then count as UTC. Without it they are left out. */
  year?: number | undefined;
  /**
   * Gets each stretch of lines that are no lists of chunks, with the number of its first line: all that a reader of logs has to see of a dump.
   * They are whole lines, opened (log-line/opened-lines.ts); the bytes can be used until the next `push`.
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

const NEWLINE = 10;

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
  private readonly text = new OpenedLines((lines) => this.take(lines));
  private readonly hint: YearHint;
  private atEnd = false;
  private lineNumber = 0;

  constructor(private readonly options: DumpReaderOptions) {
    this.hint = { year: options.year ?? null, taken_at: null };
  }

  push(chunk: Uint8Array): void {
    this.text.push(chunk);
  }

  /** Takes whole lines. */
  private take(bytes: Buffer): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    let otherFrom = 0;
    let otherLine = this.lineNumber + 1;
    while (at < bytes.length) {
      const scanned = this.scanner.scan(bytes, view, at, bytes.length, this.lineNumber + 1);
      this.lineNumber += this.scanner.lines;
      if (scanned > at) {
        this.other(bytes.subarray(otherFrom, at), otherLine);
        otherFrom = scanned;
        otherLine = this.lineNumber + 1;
        at = scanned;
        if (at >= bytes.length) break;
      }
      const end = bytes.indexOf(NEWLINE, at);
      // A last line without its end may be cut: it proves nothing about what came after the line before it.
      this.atEnd = end < 0;
      this.takeLine(bytes, at, end < 0 ? bytes.length : end);
      at = end < 0 ? bytes.length : end + 1;
    }
    this.other(bytes.subarray(otherFrom), otherLine);
  }

  end(): DumpReading {
    this.text.end();
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
    for (const warning of [...this.rpc.warnings, ...this.text.warnings]) warnings.add(warning);
    return { dumps, warnings: [...warnings], lines: this.lineNumber, bytes: this.text.bytes };
  }

  private other(lines: Uint8Array, firstLine: number): void {
    if (lines.length > 0) this.options.onOther?.(lines, firstLine);
  }

  private takeLine(bytes: Buffer, from: number, to: number): void {
    this.lineNumber++;
    const end = to > from && bytes[to - 1] === 13 ? to - 1 : to;
    let line = bytes.toString("latin1", from, end);
    if (line.includes("\0")) line = line.replaceAll("\0", "");
    if (line.includes("\x1b")) line = withoutColours(line);
    const first = firstCharacter(line);
    if (this.rpc.take(line, first, this.lineNumber) || this.gdb.take(line, first, this.lineNumber)) return;
    const parts = messagesOf(line);
    if (parts.length > 1) {
      // What the first line says of its process holds for the rest of the record.
      const shared = readLogLine(parts[0] ?? "", this.hint);
      for (const part of parts) this.takeMessage(part, shared);
      return;
    }
    const stream = this.takeMessage(line, null);
    if (stream && end - from === line.length) this.learn(bytes, from, line, stream);
  }

  /** Takes one message; returns its stream when lines of it can be read by the scanner from now on. `record`: the line that it is a part of. */
  private takeMessage(line: string, record: LogLine | null): ProcessStream | null {
    // A folded line shows a dump's line once more, with words around it: it is a loss, not a line of the list.
    const message = line.includes("message repeated ") ? null : readMessage(line);
    if (message === null) {
      this.takeOther(line, record);
      return null;
    }
    const from = originOf(this.before(line, message.at), record);
    const stream = this.processes.stream(from);
    stream.processIndex ??= from.processIndex;
    this.processes.take(stream, message, this.lineNumber, from.time);
    return record === null && message.kind === "fragment" && stream.open?.listing ? stream : null;
  }

  /** What stands before a message. */
  private before(line: string, at: number): LogLine {
    return readLogLine(line.slice(0, Math.min(at, MAX_ORIGIN)), this.hint);
  }

  private takeOther(line: string, record: LogLine | null): void {
    if (line.includes(" x [") && OPENSIPS_SUMS.test(line))
      this.processes.warnings.add(
        "lines like `8192 : 4 x [file.c: function, line 1]` are a summary of OpenSIPS: they were not read",
      );
    const loss = readLoss(line);
    if (loss) this.processes.takeLoss(loss.reason, loss.pid);
    else if (this.processes.awaitsOther && !this.atEnd) {
      const from = originOf(readLogLine(line, this.hint), record);
      if (from.pid !== null) this.processes.takeOther(this.processes.stream(from));
    }
  }

  private learn(bytes: Buffer, from: number, line: string, stream: ProcessStream): void {
    const message = readMessage(line);
    if (message === null) return;
    const { time_from, time_to } = this.before(line, message.at);
    const body = message.manager === null ? bareStart(line, message.at) : messageStart(line, message.at);
    this.scanner.learn(bytes.subarray(from, from + body), body, time_from, time_to, stream);
  }
}

/** OpenSIPS' sums by site (mem/q_malloc_dyn.h:446). */
const OPENSIPS_SUMS = /\d : {1,20}\d{1,15} x \[[^\]]{1,200}, line \d{1,9}\]/;
/** Longest text before a message that is looked at. */
const MAX_ORIGIN = 400;

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

/** The process that a line comes from; a part of a record that names none has the record's. */
function originOf(line: LogLine, record: LogLine | null): LogOrigin {
  const pid = line.pid ?? record?.pid ?? null;
  const place = `${line.container || (record?.container ?? "")}/${line.host || (record?.host ?? "")}`;
  const at = line.at ?? record?.at ?? null;
  return {
    key: `${place}/${pid ?? ""}`,
    pid,
    processIndex: line.process_index ?? record?.process_index ?? null,
    time: at === null ? null : timestamp(at),
  };
}
