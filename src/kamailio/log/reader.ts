/**
 * Reads a log as a stream of bytes and says which incidents it proves.
 *
 * Most lines of a gigabyte log are noise: each block of complete lines is searched once for the words that every message about memory
 * contains, and only the lines that hold one are opened. Journal exports (journalctl -o export) are read record by record.
 */

import { timestamp } from "../units.js";
import { unglue } from "./glued.js";
import type { Circumstances } from "./group.js";
import { IncidentGroups } from "./grouping.js";
import type { LogIncident, LogReading, LogStart, LookAlike } from "./incident.js";
import { type LogLine, readLogLine, readRecordFields } from "./line.js";
import { CANDIDATE, recognise } from "./recognise.js";
import type { YearHint } from "./time.js";
import { LogTimes } from "./times.js";

export interface LogReaderOptions {
  /** Year of time stamps that print none ("Nov 23 01:17:35"). */
  year?: number | null;
  /** When the text was taken, epoch ms: gives such stamps the year that puts them before it. */
  taken_at?: number | null;
}

export interface LogReader {
  /** @param firstLine number of the line with which the chunk begins, where lines before it were left out by who knows what they hold */
  push(chunk: Uint8Array, firstLine?: number): void;
  end(): LogReading;
}

/** A line longer than this is cut: no message about memory is, and a file without newlines must not fill the memory. */
const MAX_LINE_BYTES = 65_536;
/** A journal record with all its fields. */
const MAX_RECORD_BYTES = 262_144;
const MAX_QUOTE = 400;
const MAX_STARTS = 1000;
const NEWLINE = 10;
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
  "* end o",
  "* begi",
  '"MESSAGE":[',
];

export function createLogReader(options: LogReaderOptions = {}): LogReader {
  return new StreamedLog({ year: options.year ?? null, taken_at: options.taken_at ?? null });
}

class StreamedLog implements LogReader {
  readonly #hint: YearHint;
  readonly #times: LogTimes;
  readonly #groups = new IncidentGroups();
  readonly #lookAlikes = new Map<string, LookAlike>();
  readonly #starts: LogStart[] = [];
  #carry: Buffer | null = null;
  #skipping = false;
  #exported: boolean | null = null;
  #bytes = 0;
  #lines = 0;
  #suppressed = 0;
  #suppressionSeen = false;
  #overlong = 0;
  #zoneless = false;
  #yearless = false;

  constructor(hint: YearHint) {
    this.#hint = hint;
    this.#times = new LogTimes(hint);
  }

  push(chunk: Uint8Array, firstLine?: number): void {
    // What is carried is the beginning of this chunk's first line or record.
    if (firstLine !== undefined && this.#carry === null && !this.#skipping) this.#lines = firstLine - 1;
    this.#bytes += chunk.byteLength;
    let data = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (this.#skipping) {
      const end = data.indexOf(NEWLINE);
      if (end < 0) return;
      this.#skipping = false;
      data = data.subarray(end);
    }
    if (this.#carry) {
      data = Buffer.concat([this.#carry, data]);
      this.#carry = null;
    }
    this.#exported ??= data.length === 0 ? null : data.subarray(0, 9).toString("latin1") === "__CURSOR=";
    const cut = this.#exported ? data.lastIndexOf("\n\n") + 1 : data.lastIndexOf(NEWLINE) + 1;
    if (cut > 0) this.#readBlock(data.subarray(0, cut));
    this.#keep(data.subarray(cut));
  }

  end(): LogReading {
    if (this.#carry) this.#readBlock(this.#carry);
    this.#carry = null;
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

  /** Keeps an incomplete line for the next chunk, but never more than a line can be. */
  #keep(rest: Buffer): void {
    if (rest.length === 0) return;
    if (rest.length <= (this.#exported ? MAX_RECORD_BYTES : MAX_LINE_BYTES)) {
      this.#carry = Buffer.from(rest);
      return;
    }
    this.#overlong++;
    this.#skipping = true;
    this.#carry = null;
    this.#readBlock(rest.subarray(0, MAX_LINE_BYTES));
  }

  #readBlock(block: Buffer): void {
    const text = block.toString("latin1");
    if (!this.#exported && !hinted(block)) {
      this.#lines += countNewlines(text, 0, text.length) + (text.endsWith("\n") ? 0 : 1);
      this.#times.ofBlock(text);
      return;
    }
    if (this.#exported) this.#readRecords(text);
    else this.#readLines(text);
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

  /** Records of journalctl -o export: fields a line each, a blank line behind each record. */
  #readRecords(text: string): void {
    let from = 0;
    while (from < text.length) {
      const blank = text.indexOf("\n\n", from);
      const record = text.slice(from, blank < 0 ? text.length : blank + 1);
      const fields: Record<string, string> = {};
      let messageLine = this.#lines + 1;
      let lineNumber = this.#lines;
      for (const fieldLine of record.split("\n", 200)) {
        lineNumber++;
        const equals = fieldLine.indexOf("=");
        if (equals <= 0 || equals > 64) continue;
        const name = fieldLine.slice(0, equals);
        if (name === "MESSAGE") messageLine = lineNumber;
        fields[name] ??= fieldLine.slice(equals + 1);
      }
      this.#readRecord(fields, messageLine);
      const next = blank < 0 ? text.length : blank + 2;
      this.#lines += countNewlines(text, from, next);
      from = next;
    }
  }

  #readRecord(fields: Readonly<Record<string, string>>, lineNumber: number): void {
    const { MESSAGE: message } = fields;
    if (message === undefined) return;
    const line = readLogLine(message, this.#hint);
    readRecordFields(fields, line);
    this.#times.add(line.at);
    CANDIDATE.lastIndex = 0;
    if (CANDIDATE.test(message)) this.#judge(line, message, lineNumber);
  }

  #readCandidate(raw: string, lineNumber: number): void {
    // A line must be judged the same whatever stands beside it in its block.
    if (!hinted(raw)) return;
    const text = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
    for (const part of unglue(text)) this.#judge(readLogLine(part, this.#hint), part, lineNumber);
  }

  #judge(line: LogLine, text: string, lineNumber: number): void {
    this.#times.add(line.at);
    this.#zoneless ||= line.zoneless && line.at !== null;
    this.#yearless ||= line.zoneless && line.at === null;
    if (this.#readLosses(line.message, lineNumber) || this.#readStart(line, lineNumber)) return;
    const found = recognise(line);
    if (found === null) return;
    const quote = quoted(text);
    if ("look_alike" in found) {
      const known = this.#lookAlikes.get(found.look_alike);
      if (known) known.count += line.repeated;
      else
        this.#lookAlikes.set(found.look_alike, {
          class: found.look_alike,
          count: line.repeated,
          first_line: lineNumber,
          quote,
          why: found.why,
        });
      return;
    }
    const where: Circumstances = {
      line_number: lineNumber,
      at: line.at,
      pid: line.pid,
      process: line.pid !== null ? `pid ${line.pid}` : `${line.program ?? ""}`,
      repeated: line.repeated,
      quote,
    };
    this.#groups.add(found, where);
  }

  /** Lines in which a log daemon says that it left messages out. */
  #readLosses(message: string, lineNumber: number): boolean {
    const repeat = /^(?:\S{1,255} )?last message repeated (\d{1,9}) times/.exec(message);
    if (repeat) {
      this.#groups.repeatLast(lineNumber, Number(repeat[1]));
      return true;
    }
    const lost =
      /Suppressed (\d{1,12}) messages|(?:imuxsock|imjournal)[^\n]{0,60}? lost (\d{1,12}) messages|(\d{1,12}) messages lost/.exec(
        message,
      );
    if (!lost && !/imuxsock begins to drop|begin to drop messages/.test(message)) return false;
    this.#suppressionSeen = true;
    this.#suppressed += Number(lost?.[1] ?? lost?.[2] ?? lost?.[3] ?? 0);
    return true;
  }

  #readStart(line: LogLine, lineNumber: number): boolean {
    const match = /processes \(at least\): (\d{1,9}) - shm size: (\d{1,20}) - pkg size: (\d{1,20})/.exec(line.message);
    if (!match) return false;
    if (this.#starts.length < MAX_STARTS)
      this.#starts.push({
        at: line.at === null ? null : timestamp(line.at),
        line: lineNumber,
        processes: Number(match[1]),
        shm_size: Number(match[2]),
        pkg_size: Number(match[3]),
      });
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
    if (this.#overlong > 0) warnings.push(`${this.#overlong} line(s) longer than ${MAX_LINE_BYTES} bytes were cut`);
    if (lost > 0) warnings.push(`more kinds and sites than are kept: ${lost} further failures were counted nowhere`);
    if (incidents.some(({ manager, kind }) => manager === "qm" && kind === "fragmentation"))
      warnings.push("q_malloc writes nothing when bytes are truly missing: look at the callers' messages too");
    return warnings;
  }
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
