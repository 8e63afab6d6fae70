/** A log line wrapped in JSON: `journalctl -o json`, docker's json-file driver. */
import { journalTime, rfc3339 } from "./log-origin.js";

export interface JsonLogLine {
  text: string;
  pid: number | null;
  time: string | null;
  /** Host or container, to keep processes with equal pids apart. */
  source: string;
}

/** The fields that are read, of journald and of docker; each can be anything. */
interface LogFields {
  MESSAGE?: unknown;
  SYSLOG_PID?: unknown;
  _PID?: unknown;
  __REALTIME_TIMESTAMP?: unknown;
  _HOSTNAME?: unknown;
  log?: unknown;
  time?: unknown;
  container_name?: unknown;
}

/** Longest text taken from one record. */
const MAX_TEXT = 65_536;

/** Reads a line such as `{"log":" 6(31) ALERT: ...\n","stream":"stderr","time":"..."}` or a journal record; null for other JSON. */
export function readJsonLogLine(line: string): JsonLogLine | null {
  if (!line.includes('"log":') && !line.includes('"MESSAGE"')) return null;
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof record !== "object" || record === null) return null;
  const fields = record as LogFields;
  const pid = word(fields.SYSLOG_PID) ?? word(fields._PID);
  const text = messageText(fields.MESSAGE) ?? (typeof fields.log === "string" ? fields.log : null);
  if (text === null) return null;
  return {
    text: text.slice(0, MAX_TEXT).replace(/\n$/, ""),
    pid: pid !== null && /^\d{1,10}$/.test(pid) ? Number(pid) : null,
    time: journalTime(word(fields.__REALTIME_TIMESTAMP) ?? undefined) ?? zoned(word(fields.time)),
    source: word(fields._HOSTNAME) ?? word(fields.container_name) ?? "",
  };
}

/** journald writes a message that is not printable as an array of bytes. */
function messageText(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (!Array.isArray(value) || value.length > MAX_TEXT || !value.every((byte) => Number.isInteger(byte))) return null;
  return Buffer.from(value as number[]).toString("latin1");
}

function word(value: unknown): string | null {
  return typeof value === "string" ? value.slice(0, 200) : null;
}

function zoned(text: string | null): string | null {
  return text !== null && /(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? rfc3339(text) : null;
}
