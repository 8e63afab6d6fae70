/**
 * One log line without its wrapping: time, program, process, level, place in the source, and the message.
 *
 * Wrappings: Kamailio's own on stderr (`%2d(%d) LEVEL: `: index of the process and pid), rsyslog traditional, ISO and RFC 5424, journalctl
 * (short, iso, json, cat), docker and CRI records, docker compose names, and two of them around each other. The program's name may be
 * anything or missing; the level word is empty for L_CRIT of old code (`: <core> [file.c:1]: `).
 */
import { moduleLabel } from "../knowledge/sites.js";
import type { LogSite } from "./incident.js";
import { readStamp, type YearHint } from "./time.js";

export type Level = "ALERT" | "BUG" | "CRITICAL" | "ERROR" | "WARNING" | "NOTICE" | "INFO" | "DEBUG";

export interface LogLine {
  /** Epoch ms. */
  at: number | null;
  zoneless: boolean;
  program: string | null;
  pid: number | null;
  process_index: number | null;
  /** `null`: no level word; `""`: Kamailio's empty level word. */
  level: Level | "" | null;
  /** The `module [file:line]: function():` in front of the message. */
  location: LogSite | null;
  message: string;
  /** "message repeated N times: [ ... ]" stands for N lines. */
  repeated: number;
}

/** How deep wrappings are opened: a container's record around a daemon's line around Kamailio's. */
const MAX_WRAPPINGS = 6;
/** A message is judged by its first characters; no Kamailio message about memory is nearly as long. */
const MAX_MESSAGE = 4096;

const ANSI = /\x1b\[[0-9;]{0,12}m/g;
const PRIORITY = /^<\d{1,3}>/;
const RFC5424 = /^(?:<\d{1,3}>)?1 (?=\d{4}-|- )/;
const MONOTONIC = /^\[ {0,9}\d{1,9}\.\d{1,6}\] /;
const COMPOSE = /^[\w.-]{1,64} {1,40}\| ?/;
const CRI = /^(?:stdout|stderr) [FP] /;
const TAG = /^(?:([^\s[\]()]{1,255}) )?([^\s[\]()]{1,160}?)(?:\[(\d{1,10})\])?: /;
const TAG_WITH_PID = /^([^\s[\]()]{1,160}?)\[(\d{1,10})\]: /;
const STDERR = /^ {0,3}(\d{1,5})\((\d{1,10})\) /;
const STDERR_INSIDE = /(?:^|[^\d])(\d{1,5})\((\d{1,10})\) (?=(?:ALERT|BUG|CRITICAL|ERROR|WARNING|NOTICE|INFO|DEBUG)?: )/;
const LEVEL = /^ {0,2}(ALERT|BUG|CRITICAL|ERROR|WARNING|NOTICE|INFO|DEBUG): {0,2}/;
const EMPTY_LEVEL = /^ {0,2}: {1,2}(?=[<\w])/;
const LOCATION =
  /(?:^|[\s}])(<core>|<script>|[A-Za-z_][\w.-]{0,47}) \[([^\]\s[]{1,160}):(\d{1,7})\]: ?(?:([\w.<>~]{1,96})\(\): ?)?/;
/** A log_prefix stands before the process number (4.2.0 to 5.1.10) or behind the level (since 5.2.0): how far to look past it. */
const MAX_LOG_PREFIX = 300;

/** Opens one line (or one JSON record). Never throws; a line without any wrapping is all message. */
export function readLogLine(text: string, hint: YearHint): LogLine {
  const line: LogLine = {
    at: null,
    zoneless: false,
    program: null,
    pid: null,
    process_index: null,
    level: null,
    location: null,
    message: "",
    repeated: 1,
  };
  let rest = text.includes("\x1b") ? text.replace(ANSI, "") : text;
  for (let depth = 0; depth < MAX_WRAPPINGS; depth++) {
    const opened = openOne(rest, line, hint);
    if (opened === null) break;
    rest = opened;
  }
  line.message = locate(rest.slice(0, MAX_MESSAGE), line);
  return line;
}

/** Takes one wrapping off; `null` when none is left. */
function openOne(text: string, line: LogLine, hint: YearHint): string | null {
  if (text.startsWith("{")) return openJson(text, line, hint);
  if (line.level !== null) return null;

  const stderr = STDERR.exec(text);
  if (stderr) {
    line.process_index = Number(stderr[1]);
    line.pid = Number(stderr[2]);
    return text.slice(stderr[0].length);
  }
  const level = LEVEL.exec(text);
  if (level) {
    line.level = level[1] as Level;
    return text.slice(level[0].length);
  }
  const empty = EMPTY_LEVEL.exec(text);
  if (empty) {
    line.level = "";
    return text.slice(empty[0].length);
  }
  const repeat = openRepeat(text, line);
  if (repeat !== null) return repeat;
  const modern = RFC5424.exec(text);
  if (modern) return openRfc5424(text.slice(modern[0].length), line, hint);
  for (const skipped of [PRIORITY, MONOTONIC, CRI]) {
    const match = skipped.exec(text);
    if (match) return text.slice(match[0].length);
  }
  const stamp = readStamp(text, hint);
  if (stamp) {
    line.at ??= stamp.at;
    line.zoneless ||= stamp.zoneless;
    return openTag(text.slice(stamp.length), line);
  }
  const tag = TAG_WITH_PID.exec(text);
  if (tag) {
    line.program = tag[1] ?? null;
    line.pid = Number(tag[2]);
    return text.slice(tag[0].length);
  }
  const compose = COMPOSE.exec(text);
  return compose ? text.slice(compose[0].length) : null;
}

/** `host program[pid]: `, after a time stamp; the host may be missing, and a container's record has neither. */
function openTag(text: string, line: LogLine): string {
  if (STDERR.test(text) || LEVEL.test(text) || CRI.test(text) || text.startsWith("{")) return text;
  const match = TAG.exec(text);
  if (!match) return text;
  line.program = match[2] ?? null;
  if (match[3] !== undefined) line.pid = Number(match[3]);
  return text.slice(match[0].length);
}

/** The rest of an RFC 5424 line: time, host, program, pid, message id, structured data, message. */
function openRfc5424(text: string, line: LogLine, hint: YearHint): string {
  let from = 0;
  const field = () => {
    const end = text.indexOf(" ", from);
    const value = text.slice(from, end < 0 ? undefined : end);
    from = end < 0 ? text.length : end + 1;
    return value;
  };
  const stamp = readStamp(field(), hint);
  if (stamp) line.at ??= stamp.at;
  field();
  const program = field();
  const pid = field();
  field();
  if (program !== "-" && program !== "") line.program = program;
  if (/^\d{1,10}$/.test(pid)) line.pid = Number(pid);
  if (text[from] !== "[") field();
  else {
    const end = text.indexOf("] ", from);
    from = end < 0 ? text.length : end + 2;
  }
  return text.slice(from);
}

/** rsyslog's repeated message reduction: "message repeated 5 times: [ ERROR: ...]". */
function openRepeat(text: string, line: LogLine): string | null {
  const match = /^message repeated (\d{1,9}) times: \[ ?/.exec(text);
  if (!match) return null;
  line.repeated = Math.max(1, Number(match[1]));
  return text.slice(match[0].length, text.endsWith("]") ? -1 : undefined);
}

/** A record of journalctl -o json, of docker's json-file driver, or of a collector that kept either's fields. */
function openJson(text: string, line: LogLine, hint: YearHint): string | null {
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof record !== "object" || record === null) return null;
  const fields = record as Record<string, unknown>;
  const message = textOf(fields.MESSAGE) ?? textOf(fields.log) ?? textOf(fields.message) ?? textOf(fields.msg);
  if (message === null) return null;
  readRecordFields(fields, line);
  const stamp = typeof fields.time === "string" ? fields.time : typeof fields.timestamp === "string" ? fields.timestamp : null;
  if (stamp !== null) line.at ??= readStamp(stamp, hint)?.at ?? null;
  return firstLine(message);
}

/** The fields of one journal record: journalctl -o json and -o export name them alike. */
export function readRecordFields(fields: Readonly<Record<string, unknown>>, line: LogLine): void {
  const micros = Number(fields._SOURCE_REALTIME_TIMESTAMP ?? fields.__REALTIME_TIMESTAMP);
  if (Number.isFinite(micros) && micros > 0) line.at ??= Math.floor(micros / 1000);
  const program = fields.SYSLOG_IDENTIFIER ?? fields._COMM;
  if (typeof program === "string") line.program = program;
  const pid = Number(fields.SYSLOG_PID ?? fields._PID);
  if (Number.isInteger(pid) && pid > 0) line.pid = pid;
}

/** A journal message that is not clean text is an array of bytes. */
function textOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (!Array.isArray(value) || value.length > MAX_MESSAGE * 4) return null;
  return String.fromCharCode(...value.slice(0, MAX_MESSAGE).map((byte) => (typeof byte === "number" ? byte & 0xff : 63)));
}

const firstLine = (text: string) => {
  const end = text.indexOf("\n");
  return end < 0 ? text : text.slice(0, end);
};

/** Finds the place in the source and returns what stands behind it. */
function locate(text: string, line: LogLine): string {
  const head = text.slice(0, MAX_LOG_PREFIX);
  let rest = text;
  if (line.level === null) {
    const inside = STDERR_INSIDE.exec(head);
    if (inside) {
      line.process_index = Number(inside[1]);
      line.pid = Number(inside[2]);
      rest = text.slice(inside.index + inside[0].length);
      const level = LEVEL.exec(rest) ?? EMPTY_LEVEL.exec(rest);
      line.level = (level?.[1] as Level | undefined) ?? "";
      if (level) rest = rest.slice(level[0].length);
    }
  }
  const match = LOCATION.exec(rest.slice(0, MAX_LOG_PREFIX));
  if (!match) return rest;
  line.location = {
    module: moduleLabel(match[1] ?? ""),
    file: match[2] ?? null,
    function: match[4] ?? null,
    line: Number(match[3]),
  };
  return rest.slice(match.index + match[0].length);
}
