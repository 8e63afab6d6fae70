/**
 * A JSON object that stands for one logged entry, whoever wrote it: Kamailio's own engine (`--log-engine=json:...`, with and without
 * "kamailio." before each name, and its CEE schema), journalctl -o json, docker's json-file driver, collectors and JSON loggers.
 *
 * Kamailio's engine keeps pid, level, module, file, line, function and message apart (core/dprint.c ksr_slog_json, since 5.4): they are put
 * together as Kamailio itself prints them, so that the same line is read.
 */
import { epochMs } from "./clock.js";
import type { Entry } from "./entry.js";
import { readTimeText } from "./time-text.js";

type Fields = Readonly<Record<string, unknown>>;

/** Names of the field with the text, by the loggers that people use. Lower case; asked for in this order. */
const TEXT_KEYS = ["message", "msg", "log", "@message", "line", "textpayload", "short_message", "full_message", "event.original"];
const TIME_KEYS = [
  "_source_realtime_timestamp",
  "__realtime_timestamp",
  "@timestamp",
  "timestamp",
  "time",
  "ts",
  "t",
  "datetime",
  "date",
  "eventtime",
  "tsns",
];
const PID_KEYS = [
  "syslog_pid",
  "_pid",
  "proc.id",
  "process.pid",
  "pid",
  "process.id",
  "process_id",
  "procid",
  "syslog.procid",
  "log.syslog.procid",
];
const PROGRAM_KEYS = [
  "syslog_identifier",
  "_comm",
  "process.name",
  "appname",
  "program",
  "programname",
  "ident",
  "log.syslog.appname",
  "tag",
];
const SOURCE_KEYS = [
  "_hostname",
  "hostname",
  "host",
  "host.name",
  "host.hostname",
  "kubernetes.pod_name",
  "kubernetes.pod.name",
  "container_name",
  "container.name",
  "pod",
  "labels.pod",
  "logstreamname",
  "source",
];

/** Names under which an entry's text can stand: an object with one of them may be an entry. */
export const MESSAGE_KEYS: ReadonlySet<string> = new Set([...TEXT_KEYS, "kamailio.message"]);

/** Kamailio's shape, for objects that say neither time nor process. */
const KAMAILIO = /(?:^|[\s)])(?:ALERT|BUG|CRITICAL|ERROR|WARNING|NOTICE|INFO|DEBUG): |\[[\w./-]{1,80}\.[chly]:\d{1,6}\]: /;
const DUMP_FUNCTION = /^(?:qm|fm|tlsf)_(?:status|sums)$/;
const MAX_BYTES = 65_536;

/** Reads an object as an entry; `null` when it is none. `labels` are a stream's, for what the object does not say itself. */
export function readRecord(fields: Fields, labels: Fields = {}): Entry | null {
  const named = byName(fields);
  const text = kamailioText(named) ?? textIn(named);
  if (text === null) return null;
  const at = first(TIME_KEYS, named, timeOf);
  const index = first(["idx"], named, wholeNumber);
  const pid = first(PID_KEYS, named, wholeNumber);
  const program = first(PROGRAM_KEYS, named, wordOf);
  if (at === null && pid === null && !named.has("stream") && !KAMAILIO.test(text.slice(0, 400))) return null;
  const own = index !== null && pid !== null;
  return {
    at,
    source: first(SOURCE_KEYS, named, wordOf) ?? first(SOURCE_KEYS, byName(labels), wordOf) ?? "",
    program: own ? null : program,
    pid: own ? null : pid,
    text: own ? `${String(index).padStart(2)}(${pid}) ${text}` : text,
  };
}

/** Fields by their name in lower case, those of objects inside as `outer.inner`; Kamailio's own prefix is left out. */
function byName(fields: Fields): Map<string, unknown> {
  const named = new Map<string, unknown>();
  for (const [key, value] of Object.entries(fields).slice(0, MAX_FIELDS)) {
    const name = key.toLowerCase().replace(/^kamailio\./, "");
    if (!named.has(name)) named.set(name, value);
    if (typeof value !== "object" || value === null || Array.isArray(value)) continue;
    for (const [inner, innerValue] of Object.entries(value).slice(0, MAX_FIELDS))
      named.set(`${name}.${inner.toLowerCase()}`, innerValue);
  }
  return named;
}

const MAX_FIELDS = 200;

function first<Value>(
  names: readonly string[],
  fields: ReadonlyMap<string, unknown>,
  read: (value: unknown) => Value | null,
): Value | null {
  for (const name of names) {
    const value = fields.get(name);
    const found = value === undefined ? null : read(Array.isArray(value) && value.length === 1 ? value[0] : value);
    if (found !== null) return found;
  }
  return null;
}

const textIn = (named: ReadonlyMap<string, unknown>) => first(TEXT_KEYS, named, textOf);

/** A string, `{ "text": "..." }` of Kamailio's engine with the flag j, or the bytes that journald writes for what is not clean text. */
function textOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (Array.isArray(value))
    return value.length > 0 && value.length <= MAX_BYTES && value.every((byte) => Number.isInteger(byte))
      ? Buffer.from(value as number[]).toString("utf8")
      : null;
  if (typeof value === "object" && value !== null && "text" in value && typeof value.text === "string") return value.text;
  return null;
}

/** The text of Kamailio's engine as Kamailio prints it without the engine; `null` for other objects. */
function kamailioText(named: ReadonlyMap<string, unknown>): string | null {
  const level = wordOf(named.get("level")) ?? wordOf(named.get("pri"));
  const module = wordOf(named.get("module")) ?? wordOf(named.get("subsys"));
  const file = wordOf(named.get("file")) ?? wordOf(named.get("file.name"));
  const line = wholeNumber(named.get("line")) ?? wholeNumber(named.get("file.line"));
  const name = wordOf(named.get("function")) ?? wordOf(named.get("native.function"));
  const text = textOf(named.get("message")) ?? textOf(named.get("msg"));
  if (level === null || module === null || file === null || line === null || name === null || text === null) return null;
  // The lines of a dump carry their function's name and no place.
  if (DUMP_FUNCTION.test(name)) return `${level}: ${name}: ${name}(): ${text}`;
  const prefix = textOf(named.get("logprefix")) ?? "";
  return `${level}: ${prefix}${module === "core" ? "<core>" : module} [${file}:${line}]: ${name}(): ${text}`;
}

function timeOf(value: unknown): number | null {
  if (typeof value === "number") return epochMs(value);
  if (typeof value !== "string") return null;
  if (/^\d{10,19}(?:\.\d{1,9})?$/.test(value)) return epochMs(Number(value));
  const written = readTimeText(value);
  return written === null ? null : written.local - (written.offset ?? 0);
}

function wholeNumber(value: unknown): number | null {
  const number = typeof value === "string" && /^\d{1,10}$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) && number >= 0 ? number : null;
}

const wordOf = (value: unknown) => (typeof value === "string" && value !== "" ? value.slice(0, 200) : null);
