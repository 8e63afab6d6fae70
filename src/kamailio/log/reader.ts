/**
 * Reads a log as a stream of bytes and says which incidents it proves.
 *
 * Most lines of a gigabyte log are noise: each block of complete lines is searched once for the words that every message about memory
 * contains, and only the lines that hold one are opened.
 */

import { type LogLine, readLogLine } from "../log-line/line.js";
import { readLoss } from "../log-line/losses.js";
import { messagesOf } from "../log-line/messages.js";
import { OpenedLines } from "../log-line/opened-lines.js";
import type { YearHint } from "../log-line/stamp.js";
import { readStartLine } from "../log-line/start-line.js";
import { timestamp } from "../units.js";
import { type CrashFinding, CrashReader } from "./crash.js";
import type { Circumstances } from "./group.js";
import { IncidentGroups } from "./grouping.js";
import type { LogIncident, LogReading, LogStart, LookAlike } from "./incident.js";
import { Instances } from "./instances.js";
import { blank, CANDIDATE, type LookAlikeFinding, recognise } from "./recognise.js";
import { failedModule, TlsStart } from "./start-up.js";
import { LogTimes } from "./times.js";

export interface LogReaderOptions {
  /** Year of time stamps that print none ("Nov 23 01:17:35"). */
  year?: number | null;
  /** When the text was taken, epoch ms: gives such stamps the year that puts them before it. */
  taken_at?: number | null;
}

export interface LogReader {
  /** The next bytes of the text; they may end anywhere. */
  push(chunk: Uint8Array): void;
  /** Whole lines that are opened already (log-line/opened-lines.ts), as the reader of dumps hands them on; `firstLine` is the first one's number. */
  take(lines: Uint8Array, firstLine: number): void;
  end(): LogReading;
}

/** A line longer than this is cut: no message about memory is. */
const MAX_LINE_BYTES = 65_536;
const MAX_QUOTE = 400;
const MAX_STARTS = 1000;
/**
 * A block without any of these holds no candidate line: levels, the place in the source, and the words of lines that have neither. Short
 * and with a rare first character, since that is what a search in bytes is fast at (1.2 ns a byte for all, against 2.7 for CANDIDATE, on a
 * status dump of 466 MB, which has none of them).
 */
const HINTS = [
  "ERROR",
  "CRITICAL",
  "BUG",
  "WARN",
  "<core> [",
  "Killed",
  "Suppr",
  "Too m",
  "m siz",
  "imux",
  "-lim",
  "mory",
  "no more",
  "out of",
  "loc fa",
  "peated",
  "Thank you for",
  "server_name c",
  "Sanitizer",
  "#0 ",
  "frame #",
  "definitely lost",
  "* end o",
  "* begi",
];

export function createLogReader(options: LogReaderOptions = {}): LogReader {
  return new StreamedLog({ year: options.year ?? null, taken_at: options.taken_at ?? null });
}

class StreamedLog implements LogReader {
  readonly #hint: YearHint;
  readonly #times: LogTimes;
  readonly #text = new OpenedLines((lines) => this.#readBlock(lines));
  readonly #groups = new IncidentGroups();
  readonly #tlsStart = new TlsStart();
  readonly #crash = new CrashReader();
  readonly #instances = new Instances();
  readonly #lookAlikes = new Map<string, LookAlike>();
  readonly #starts: LogStart[] = [];
  #bytes = 0;
  #lines = 0;
  #suppressed = 0;
  #suppressionSeen = false;
  #zoneless = false;
  #yearless = false;

  constructor(hint: YearHint) {
    this.#hint = hint;
    this.#times = new LogTimes(hint);
  }

  push(chunk: Uint8Array): void {
    this.#bytes += chunk.byteLength;
    this.#text.push(chunk);
  }

  take(lines: Uint8Array, firstLine: number): void {
    this.#lines = firstLine - 1;
    this.#bytes += lines.byteLength;
    this.#readBlock(Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength));
  }

  end(): LogReading {
    this.#text.end();
    const last = this.#crash.end();
    if (last !== null) this.#addCrash(last, circumstances(readLogLine("", this.#hint), "", this.#lines));
    const { incidents, lost } = this.#groups.finish(this.#suppressionSeen);
    return {
      incidents,
      look_alikes: [...this.#lookAlikes.values()],
      starts: this.#starts,
      warnings: this.#warnings(incidents, lost),
      time_range: this.#times.range(),
      lines: this.#lines,
      bytes: this.#bytes,
    };
  }

  /** Whole lines. */
  #readBlock(block: Buffer): void {
    const text = block.toString("latin1");
    if (hinted(block)) {
      this.#readLines(text);
      return;
    }
    this.#lines += countNewlines(text, 0, text.length) + (text.endsWith("\n") ? 0 : 1);
    this.#times.ofBlock(text);
  }

  #readLines(text: string): void {
    let counted = 0;
    CANDIDATE.lastIndex = 0;
    for (let match = CANDIDATE.exec(text); match !== null; match = CANDIDATE.exec(text)) {
      const start = text.lastIndexOf("\n", match.index) + 1;
      const newline = text.indexOf("\n", match.index);
      const end = newline < 0 ? text.length : newline;
      this.#lines += countNewlines(text, counted, start);
      counted = start;
      this.#readCandidate(text.slice(start, Math.min(end, start + MAX_LINE_BYTES)), this.#lines + 1);
      CANDIDATE.lastIndex = end;
    }
    this.#lines += countNewlines(text, counted, text.length) + (text.endsWith("\n") ? 0 : 1);
    this.#times.ofBlock(text);
  }

  #readCandidate(raw: string, lineNumber: number): void {
    // A line must be judged the same whatever stands beside it in its block.
    // Frames of a backtrace are the exception: the first one's number is the block's hint.
    if (!hinted(raw) && !raw.includes("#")) return;
    const parts = messagesOf(raw.endsWith("\r") ? raw.slice(0, -1) : raw);
    const record = readLogLine(parts[0] ?? "", this.#hint);
    parts.forEach((part, index) => {
      this.#judge(index === 0 ? record : partOf(record, readLogLine(part, this.#hint)), part, lineNumber);
    });
  }

  #judge(line: LogLine, text: string, lineNumber: number): void {
    this.#times.add(line.at);
    this.#zoneless ||= line.zoneless && line.at !== null;
    this.#yearless ||= line.zoneless && line.at === null;
    if (this.#readLosses(line.message, lineNumber) || this.#readStart(line, lineNumber)) return;
    const where = circumstances(line, text, lineNumber);
    for (const found of this.#crash.take(text, lineNumber)) this.#addCrash(found, where);
    const module = failedModule(line.message);
    if (module !== null) this.#groups.failedStart(module, where);
    this.#instances.note(line);
    const found = this.#tlsStart.take(line, lineNumber) ?? recognise(line);
    if (found === null) return;
    if ("look_alike" in found) {
      this.#addLookAlike(found, where);
      return;
    }
    this.#groups.add(found, where);
  }

  #addLookAlike({ look_alike, why }: LookAlikeFinding, { line_number, quote, repeated }: Circumstances): void {
    const known = this.#lookAlikes.get(look_alike);
    if (known) known.count += repeated;
    else this.#lookAlikes.set(look_alike, { class: look_alike, count: repeated, first_line: line_number, quote, why });
  }

  #addCrash(found: CrashFinding | LookAlikeFinding, where: Circumstances): void {
    if ("look_alike" in found) {
      this.#addLookAlike(found, where);
      return;
    }
    const { quote, line, ...rest } = found;
    const row = {
      id: found.class,
      kind: found.kind,
      role: "event",
      pool: found.pool,
      manager: found.manager,
      severity: "critical",
    } as const;
    const process = found.pid === null ? `backtrace ${line}` : `pid ${found.pid}`;
    this.#groups.add(
      { ...blank(row, readLogLine("", this.#hint)), ...rest },
      { ...where, line_number: line, at: null, pid: found.pid, process, quote: quoted(quote), repeated: 1 },
    );
  }

  /** Lines in which a log daemon says that it left messages out. */
  #readLosses(message: string, lineNumber: number): boolean {
    const loss = readLoss(message);
    if (loss === null) return false;
    if (loss.kind === "repeated") this.#groups.repeatLast(lineNumber, loss.count);
    else {
      this.#suppressionSeen = true;
      this.#suppressed += loss.count;
    }
    return true;
  }

  #readStart(line: LogLine, lineNumber: number): boolean {
    const start = readStartLine(line.message);
    if (start === null) return false;
    this.#instances.started(line);
    const { processes, shm_size, pkg_size } = start;
    const at = line.at === null ? null : timestamp(line.at);
    if (this.#starts.length < MAX_STARTS) this.#starts.push({ at, line: lineNumber, processes, shm_size, pkg_size });
    return true;
  }

  #warnings(incidents: readonly LogIncident[], lost: number): string[] {
    const warnings: string[] = [];
    if (this.#suppressionSeen)
      warnings.push(
        `the log says that messages were dropped${this.#suppressed > 0 ? ` (${this.#suppressed})` : ""}: all counts are lower bounds`,
      );
    if (this.#zoneless) warnings.push("the log's times carry no zone: they were read as UTC");
    if (this.#yearless) warnings.push("the log's times carry no year: give the year, or when the text was taken, to have times");
    warnings.push(...this.#text.warnings, ...this.#instances.warnings(incidents.length > 0));
    if (lost > 0) warnings.push(`more kinds and sites than are kept: ${lost} further failures were counted nowhere`);
    if (incidents.some(({ manager, kind }) => manager === "qm" && kind === "fragmentation"))
      warnings.push("q_malloc writes nothing when bytes are truly missing: look at the callers' messages too");
    return warnings;
  }
}

function circumstances(line: LogLine, text: string, lineNumber: number): Circumstances {
  return {
    line_number: lineNumber,
    at: line.at,
    pid: line.pid,
    process: line.pid !== null ? `pid ${line.pid}` : `${line.program ?? ""}`,
    repeated: line.repeated,
    quote: quoted(text),
  };
}

/** A part of a record that names neither time nor process has the record's. */
function partOf(record: LogLine, part: LogLine): LogLine {
  if (part.pid !== null || part.at !== null) return part;
  const { at, zoneless, host, container, program, pid, process_index } = record;
  return { ...part, at, zoneless, host, container, program: part.program ?? program, pid, process_index };
}

function countNewlines(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf("\n", from); at >= 0 && at < to; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

const hinted = (text: string | Buffer) => HINTS.some((hint) => text.includes(hint));

/** The line as it was written: its bytes were read as latin1. */
function quoted(text: string): string {
  const decoded = Buffer.from(text.slice(0, MAX_QUOTE * 2), "latin1").toString("utf8");
  return decoded
    .replaceAll(/[\x00-\x08\x0b-\x1f\x7f]/g, "")
    .slice(0, MAX_QUOTE)
    .trim();
}
