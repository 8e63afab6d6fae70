/** Reads parsed JSON: JSON-RPC results and errors, batches, bare results, and samples of the service's own form. */
import type { Command } from "./commands.js";
import { explainError } from "./errors.js";
import type { Sink } from "./model.js";
import { isObject, isSample } from "./ndjson.js";
import { readStatistics, readStruct, type Struct } from "./structs.js";

/** Statistics that a list of strings holds: `["shmem:fragments = 3", ...]`. */
const STATISTIC = /^([A-Za-z0-9_.-]{1,64}:[^\s=]{1,100})\s{0,20}={1}\s{0,20}(-?[\d.eE+]{1,40})$/;
/** Elements of one answer that are looked at. */
const MAX_ELEMENTS = 100_000;
const MAX_DEPTH = 4;

/**
 * Reports what an answer says. `sample` takes objects of the service's own form. False when nothing in it was known.
 */
export function readAnswer(
  value: unknown,
  line: number,
  command: Command | null,
  sink: Sink,
  sample: (value: Record<string, unknown>, line: number) => void,
  depth = 0,
): boolean {
  if (depth > MAX_DEPTH) return false;
  if (isSample(value)) {
    sample(value, line);
    return true;
  }
  if (Array.isArray(value)) return readArray(value, line, command, sink, sample, depth);
  if (!isObject(value)) return readScalar(value, sink);
  if ("error" in value && !("result" in value)) return readFault(value.error, line, command, sink);
  if ("result" in value) return readAnswer(value.result, line, methodOf(value) ?? command, sink, sample, depth + 1);
  return readStruct(new Map(Object.entries(value)), line, command, sink);
}

/** Some tools keep the method beside the result. */
function methodOf(value: Record<string, unknown>): Command | null {
  return typeof value.method === "string" ? { name: value.method, scale: null, endpoint: null } : null;
}

function readArray(
  values: readonly unknown[],
  line: number,
  command: Command | null,
  sink: Sink,
  sample: (value: Record<string, unknown>, line: number) => void,
  depth: number,
): boolean {
  if (values.every((value) => typeof value === "string")) return readStrings(values, line, command, sink);
  if (typeof values[0] === "string" && values[0].startsWith("Module: ")) {
    sink.reject(line, "this is mod.stats, which is no usage", "POST it to /v1/instances/{instance}/dumps");
    return true;
  }
  if (typeof values[0] === "number" && readPairs(values, sink)) return true;
  let known = false;
  for (const value of values.slice(0, MAX_ELEMENTS)) {
    if (typeof value === "object") known = readAnswer(value, line, command, sink, sample, depth + 1) || known;
  }
  return known;
}

function readStrings(values: readonly string[], line: number, command: Command | null, sink: Sink): boolean {
  const statistics = readStatisticStrings(values);
  if (statistics.size > 0) return readStatistics(statistics, line, sink);
  if (values.length > 0 || command?.name === "") return false;
  sink.warn("an empty result: no statistic has the name that was asked for");
  return true;
}

function readStatisticStrings(values: readonly string[]): Struct {
  const statistics = new Map<string, unknown>();
  for (const value of values.slice(0, MAX_ELEMENTS)) {
    const match = STATISTIC.exec(value.trim());
    if (match?.[1] !== undefined) statistics.set(match[1], match[2]);
  }
  return statistics;
}

/** `core.ps` as JSON: `[16543, "main process - attendant", 16545, "udp receiver ..."]`. */
function readPairs(values: readonly unknown[], sink: Sink): boolean {
  let known = false;
  for (let at = 0; at + 1 < Math.min(values.length, MAX_ELEMENTS); at += 2) {
    const pid = values[at];
    const desc = values[at + 1];
    if (typeof pid !== "number" || typeof desc !== "string") return known;
    sink.add({ kind: "process", label: "core.ps", pid, rank: null, desc: desc.trim().slice(0, 200) });
    known = true;
  }
  return known;
}

function readScalar(value: unknown, sink: Sink): boolean {
  if (typeof value !== "string") return false;
  const version = readVersionLine(value);
  if (version !== null) sink.add({ kind: "version", label: "core.version", text: version });
  return version !== null;
}

function readFault(error: unknown, line: number, command: Command | null, sink: Sink): true {
  const code = isObject(error) && typeof error.code === "number" ? String(error.code) : "";
  const message = isObject(error) && typeof error.message === "string" ? error.message.slice(0, 200) : "";
  const { reason, hint } = explainError(code, message, command, false);
  sink.reject(line, reason, hint);
  return true;
}

/** `kamailio 5.6.3 (x86_64/linux)` of `core.version`, `Server:` headers and `kamailio -v`; `null` for another text. */
export function readVersionLine(text: string): string | null {
  return /(?:^|[\s:])kamailio \(?(\d{1,3}\.\d{1,3}\.\d{1,3}[-~+.0-9a-zA-Z]{0,40})/i.exec(text.slice(0, 300))?.[1] ?? null;
}
