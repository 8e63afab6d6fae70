/**
 * One log line without what stands around it: time, host, program, process, level, place in the source, and the message.
 *
 *      7(4711) ERROR: <core> [core/data_lump.c:363]: anchor_lump(): ...              stderr: process index and pid
 *     Nov 23 01:17:46 vm /usr/sbin/kamailio[29284]: ALERT: ...                        syslog, journalctl -o short
 *     2026-11-23T01:17:46.130840+00:00 vm kamailio[29284]: ALERT: ...                 rsyslog ISO, journalctl -o short-iso
 *     <129>1 2026-11-23T01:17:37.587352+00:00 vm - 29129 - -  ALERT: ...              RFC 5424
 *     2026-11-23T01:17:46.130840Z stderr F  6(3931) ALERT: ...                        CRI (Kubernetes)
 *     kamailio-1  |  6(3931) ALERT: ...                                               docker compose
 *     [pod/sip-0/kamailio]  6(3931) ALERT: ...                                        kubectl logs --prefix
 *
 * and two or three of them around each other, in colours, in a mail's quotes. Forms that are no lines of text (JSON, journal exports, CSV) are
 * turned into such lines before (opened-lines.ts). The program's name may be anything or missing; the level word is empty for L_CRIT of old
 * code (`: <core> [file.c:1]: `). Kamailio's own pid wins over the logger's: inside a container they differ, and Kamailio's is the one that
 * its RPCs and headers name.
 */
import { moduleLabel } from "../knowledge/sites.js";
import { readStamp, type YearHint } from "./stamp.js";

export type Level = "ALERT" | "BUG" | "CRITICAL" | "ERROR" | "WARNING" | "NOTICE" | "INFO" | "DEBUG";

/** A place in the source. A part that the line does not print is `null`. */
export interface LogSite {
  module: string | null;
  file: string | null;
  function: string | null;
  line: number | null;
}

export interface LogLine {
  /** Epoch ms. */
  at: number | null;
  /** The line has a stamp, and it says no zone. */
  zoneless: boolean;
  /** Where the first time stamp stands in the text; equal when there is none. */
  time_from: number;
  time_to: number;
  /** Container or pod, as compose and kubectl print it. */
  container: string;
  host: string;
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

/** How deep wrappings are opened: a container's record around a daemon's line around Kamailio's, in quotes and colours. */
const MAX_WRAPPINGS = 16;
/** A message is judged by its first characters; no Kamailio message about memory is nearly as long. */
const MAX_MESSAGE = 4096;

const ANSI = /\x1b\[[0-9;]{0,12}[mK]/g;
const ANSI_HERE = /^(?:\x1b\[[0-9;]{0,12}[mK])+/;
const JUNK = /^[\0>\ufeff\xef\xbb\xbf]+ ?/;
const PRIORITY = /^<\d{1,3}>/;
const RFC5424 = /^(?:<\d{1,3}>)?1 (?=\d{4}-|- )/;
const MONOTONIC = /^\[ {0,9}\d{1,9}\.\d{1,6}\] /;
const COMPOSE = /^([\w.-]{1,80}) {1,40}\| ?/;
const POD = /^\[(pod\/[\w./-]{1,160})\] /;
const CRI = /^(?:stdout|stderr) [FP] /;
const TAG = /^(?:([^\s[\]()]{1,255}) )?([^\s[\]()]{1,160}?)(?:\[(\d{1,10})\])?: /;
const TAG_WITH_PID = /^([^\s[\]()]{1,160}?)\[(\d{1,10})\]: /;
const STDERR = /^ {0,3}(\d{1,5})\((\d{1,10})\) /;
const LEVELS = "ALERT|BUG|CRITICAL|ERROR|WARNING|NOTICE|INFO|DEBUG";
const STDERR_INSIDE = new RegExp(`(?:^|[^\\w.])(\\d{1,5})\\((\\d{1,10})\\) (?=(?:${LEVELS})?: )`);
/** A program's tag behind words that are not known. */
const TAG_INSIDE = new RegExp(`(?:^|[ \\t])([\\w./@+-]{1,64})\\[(\\d{1,10})\\]: {0,2}(?=(?:${LEVELS})?: )`);
const LEVEL = new RegExp(`^ {0,2}(${LEVELS}): {0,2}`);
const EMPTY_LEVEL = /^ {0,2}: {1,2}(?=[<\w]|$)/;
const LOCATION =
  /(?:^|[\s}])(<core>|<script>|[A-Za-z_][\w.-]{0,47}) \[([^\]\s[]{1,160}):(\d{1,7})\]: ?(?:([\w.<>~]{1,96})\(\): ?)?/;
/** A log_prefix stands before the process number (4.2.0 to 5.1.10) or behind the level (since 5.2.0): how far to look past it. */
const MAX_LOG_PREFIX = 300;

/** The line without the colours that `-e` and terminals write. */
export const withoutColours = (line: string): string => line.replace(ANSI, "");

/** Opens one line. Never throws; a line without any wrapping is all message. */
export function readLogLine(text: string, hint: YearHint): LogLine {
  const line: LogLine = {
    at: null,
    zoneless: false,
    time_from: 0,
    time_to: 0,
    container: "",
    host: "",
    program: null,
    pid: null,
    process_index: null,
    level: null,
    location: null,
    message: "",
    repeated: 1,
  };
  let rest = text;
  for (let depth = 0; depth < MAX_WRAPPINGS; depth++) {
    const opened = openOne(rest, line, hint, text.length);
    if (opened === null) break;
    rest = opened;
  }
  const message = rest.slice(0, MAX_MESSAGE);
  line.message = locate(message.includes("\x1b") ? withoutColours(message) : message, line, hint, text.length - rest.length);
  return line;
}

/** Takes one wrapping off; `null` when none is left. `whole` is the length of the whole line, of which `text` is the end. */
function openOne(text: string, line: LogLine, hint: YearHint, whole: number): string | null {
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
  if (modern) return openRfc5424(text.slice(modern[0].length), line, hint, whole);
  for (const skipped of SKIPPED) {
    const match = skipped.exec(text);
    if (match) return text.slice(match[0].length);
  }
  const stamp = readStamp(text, hint);
  if (stamp) {
    keepStamp(line, stamp, whole - text.length);
    return openTag(text.slice(stamp.length), line);
  }
  const tag = TAG_WITH_PID.exec(text);
  if (tag) {
    line.program = tag[1] ?? null;
    line.pid = Number(tag[2]);
    return text.slice(tag[0].length);
  }
  const container = COMPOSE.exec(text) ?? POD.exec(text);
  if (!container) return null;
  line.container = container[1] ?? "";
  return text.slice(container[0].length);
}

const SKIPPED = [PRIORITY, MONOTONIC, CRI, ANSI_HERE, JUNK];

function keepStamp(line: LogLine, stamp: NonNullable<ReturnType<typeof readStamp>>, from: number): void {
  if (line.time_to === 0) {
    line.time_from = from + stamp.from;
    line.time_to = from + stamp.to;
  }
  if (line.at !== null) return;
  line.at = stamp.at;
  line.zoneless = stamp.zoneless;
}

/** `host program[pid]: `, after a time stamp; the host may be missing, and a container's record has neither. */
function openTag(text: string, line: LogLine): string {
  if (STDERR.test(text) || LEVEL.test(text) || CRI.test(text)) return text;
  const match = TAG.exec(text);
  if (!match) return text;
  line.program = match[2] === "-" ? null : (match[2] ?? null);
  if (match[1] !== undefined && match[1] !== "-") line.host = match[1];
  if (match[3] !== undefined) line.pid = Number(match[3]);
  return text.slice(match[0].length);
}

/** The rest of an RFC 5424 line: time, host, program, pid, message id, structured data, message. */
function openRfc5424(text: string, line: LogLine, hint: YearHint, whole: number): string {
  let from = 0;
  const field = () => {
    const end = text.indexOf(" ", from);
    const value = text.slice(from, end < 0 ? undefined : end);
    from = end < 0 ? text.length : end + 1;
    return value;
  };
  const stamp = readStamp(field(), hint);
  if (stamp) keepStamp(line, stamp, whole - text.length);
  const host = field();
  const program = field();
  const pid = field();
  field();
  if (host !== "-") line.host = host;
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

/** Finds the place in the source, and the process behind words that are not known; returns the message. */
function locate(text: string, line: LogLine, hint: YearHint, offset: number): string {
  const rest = line.level === null ? seekProcess(text, line, hint, offset) : text;
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

/** `{1 1 OPTIONS x@y}  5(19015) ALERT: `, `some words kamailio[7]: ALERT: `: the process and the level anywhere near the beginning. */
function seekProcess(text: string, line: LogLine, hint: YearHint, offset: number): string {
  const head = text.slice(0, MAX_LOG_PREFIX);
  const tag = TAG_INSIDE.exec(head);
  const own = STDERR_INSIDE.exec(head);
  const inside = own ?? tag;
  if (inside === null) return text;
  if (line.at === null) seekStamp(text.slice(0, inside.index), line, hint, offset);
  if (own) line.process_index = Number(own[1]);
  if (tag) line.program = tag[1] ?? null;
  line.pid = Number(inside[2]);
  const rest = text.slice(inside.index + inside[0].length);
  const level = LEVEL.exec(rest) ?? EMPTY_LEVEL.exec(rest);
  line.level = (level?.[1] as Level | undefined) ?? "";
  return level ? rest.slice(level[0].length) : rest;
}

/** A stamp behind words that are not known: looked for at the words that may begin one. */
function seekStamp(text: string, line: LogLine, hint: YearHint, offset: number): void {
  const words = /(?:^|[\s[(|>])(?=\d{4}-\d\d-\d\d[T ]|[A-Z][a-z]{2} [ \d]\d \d\d:)/g;
  for (let word = words.exec(text), tries = 0; word !== null && tries < 4; word = words.exec(text), tries++) {
    const from = word.index + word[0].length;
    const stamp = readStamp(text.slice(from), hint);
    if (stamp === null) continue;
    keepStamp(line, stamp, offset + from);
    return;
  }
}
