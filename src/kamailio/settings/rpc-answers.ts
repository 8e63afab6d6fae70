/**
 * What the RPCs of a running process answer, from `kamcmd`/`sercmd` (indented `key: value` blocks) and as JSON-RPC results: `cfg.get`,
 * `cfg.list`, `core.arg`, `core.info`, `core.runinfo`, `core.modules`, `core.ps`/`psx`/`psa`, `pkg.info`, `shm.info`.
 *
 * Some answers do not say which question they belong to; the command above them does (`$ kamcmd cfg.get core memlog`).
 */
import type { Pool } from "../pool.js";
import { MB } from "../units.js";
import { applyOptions, asWords } from "./apply-options.js";
import { settingValue } from "./json-settings.js";
import { managerNamed } from "./options.js";
import type { ReadingBuilder } from "./reading-builder.js";
import type { SettingName } from "./settings.js";

/** A call: the RPC and its parameters. */
export interface Call {
  method: string;
  params: string[];
}

/** Variables of the group `core` that are settings (`cfg.get core NAME`). */
const CORE_VARIABLES = ["debug", "memlog", "memdbg", "mem_summary", "mem_join", "mem_safety", "mem_status_mode"] as const;
type CoreVariable = (typeof CORE_VARIABLES)[number];

const ALIASES: Readonly<Record<string, CoreVariable>> = { mem_log: "memlog", mem_dbg: "memdbg" };

function coreVariable(name: string): CoreVariable | null {
  const bare = name.startsWith("core.") ? name.slice(5) : name;
  return CORE_VARIABLES.find((one) => one === bare) ?? (Object.hasOwn(ALIASES, bare) ? (ALIASES[bare] ?? null) : null);
}

/** `kamcmd -s SOCKET cfg.get core memlog`, `kamcmd> shm.info`, `kamctl rpc cfg.get core debug`; `null` for another line. */
export function readCall(line: string): Call | null {
  const match = /(?:^|[\s/;])(?:kamcmd|sercmd|kamcli|kamctl)\b/.exec(line.slice(0, 300));
  if (match === null) return null;
  const words = line
    .slice(match.index, match.index + 500)
    .trim()
    .split(/[\s'"()`]+/);
  const at = words.findIndex((word) => /^[a-z_]+\.[a-z_]+$/i.test(word) && !word.endsWith(".sock"));
  const method = words[at];
  return method === undefined ? null : { method, params: words.slice(at + 1).filter((word) => !/^[|>&;]/.test(word)) };
}

/** The socket of `kamcmd -s SOCKET method`; `null` when the default one was asked. */
export function socketOf(line: string): string | null {
  const socket = /(?:^|[\s/;])(?:kamcmd|sercmd)\s{1,8}-s\s{0,8}['"]?([A-Za-z0-9_@%+=:,./*-]{1,300})/.exec(
    line.slice(0, 600),
  )?.[1];
  if (socket === undefined) return null;
  return /^(?:unixs?|unixd|udp|tcp):/.test(socket) ? socket : socket.startsWith("/") ? `unixs:${socket}` : null;
}

/** One value of `cfg.get`; false when the name is no setting. */
export function applyCoreVariable(builder: ReadingBuilder, name: string, text: string): boolean {
  const variable = coreVariable(name);
  if (variable === null) return false;
  const value = /^-?\d{1,9}$/.test(text.trim()) ? settingValue(variable, Number(text)) : null;
  if (value === null) return false;
  builder.form("cfg_get");
  builder.set(variable, value, "running_process", `${variable}: ${text.trim()}`);
  return true;
}

/** One block of `key: value` lines (or a JSON object with them); `call` is the command above it. */
export function applyFields(builder: ReadingBuilder, fields: ReadonlyMap<string, string>, call: Call | null): boolean {
  if (applyPool(builder, fields, call)) return true;
  if (fields.has("version") && (fields.has("compiler") || fields.has("sourceid") || fields.has("flags"))) {
    builder.form("core_info");
    const version = (fields.get("version") ?? "").trim().split(/\s+/).at(-1) ?? "";
    if (/^\d/.test(version)) builder.runningVersion = version;
    return true;
  }
  let found = false;
  for (const [name, value] of fields) found = applyCoreVariable(builder, name, value) || found;
  return found;
}

/** `{name: q_malloc, size: 8388608}`: `pkg.info` and `shm.info` print the same. */
function applyPool(builder: ReadingBuilder, fields: ReadonlyMap<string, string>, call: Call | null): boolean {
  const size = fields.get("size");
  const name = fields.get("name");
  if (fields.size !== 2 || name === undefined || !/^\d{1,18}$/.test(size ?? "")) return false;
  const bytes = Number(size);
  const manager = managerNamed(name);
  const quote = `name: ${name} size: ${size}`;
  const pool: Pool | null = call?.method === "pkg.info" ? "pkg" : call?.method === "shm.info" ? "shm" : null;
  if (pool === null) builder.pool({ manager, size_bytes: bytes, quote });
  else setPool(builder, pool, { manager, size_bytes: bytes, quote });
  return true;
}

function setPool(
  builder: ReadingBuilder,
  pool: Pool,
  found: { manager: ReturnType<typeof managerNamed>; size_bytes: number; quote: string },
): void {
  builder.form(pool === "pkg" ? "pkg_info" : "shm_info");
  if (found.size_bytes > 0)
    builder.set(`${pool}_size_mb`, found.size_bytes / MB, "running_process", `${pool}.info ${found.quote}`);
  if (found.manager !== null) builder.set(`${pool}_manager`, found.manager, "running_process", `${pool}.info ${found.quote}`);
}

/** Two blocks without a command above them: the private pool is the smaller one. One block stays open. */
export function settlePools(builder: ReadingBuilder): void {
  const pools = builder.takePools();
  const [first, second] = pools;
  if (first === undefined) return;
  if (second !== undefined && pools.length === 2 && first.size_bytes !== second.size_bytes) {
    const [small, large] = first.size_bytes < second.size_bytes ? [first, second] : [second, first];
    setPool(builder, "pkg", small);
    setPool(builder, "shm", large);
    builder.warn(
      "pkg.info and shm.info print the same words: the smaller pool was read as pkg. Keep the command above each block to be sure",
    );
    return;
  }
  builder.form("pkg_info");
  for (const pool of pools) builder.pool(pool);
  builder.warn(
    "pkg.info and shm.info print the same words, so this block does not say which pool it is. Keep the command above it: (echo '$ kamcmd pkg.info'; kamcmd pkg.info)",
  );
}

/** A list of lines: the arguments of `core.arg`, the names of `core.modules`. */
export function applyList(builder: ReadingBuilder, items: readonly string[], call: Call | null): boolean {
  const first = items[0];
  if (first === undefined) return false;
  if (call?.method === "core.arg" || (call === null && looksLikeArguments(items))) {
    const options = applyOptions(builder, asWords(items.slice(1)), "command_line");
    builder.form("core_arg");
    builder.commandLine = options.cut ? "cut" : "complete";
    if (first.includes("/")) builder.set("binary", first, "command_line", first);
    return true;
  }
  if (call?.method === "core.modules" || (call === null && looksLikeModules(items))) {
    builder.form("core_modules");
    const names = items.map((item) => item.replace(/\.so$/, "")).slice(0, 500);
    builder.set("modules", names, "running_process", `core.modules: ${names.join(" ")}`);
    return true;
  }
  return false;
}

/** Is this the first line of `core.arg`: the binary alone? */
export function startsArguments(item: string | undefined): boolean {
  return item !== undefined && /^[^\s:]{0,300}(?:kamailio|\/ser|sip-router)(?:[-_.]\d[\w.]{0,20})?$/.test(item);
}

function looksLikeArguments(items: readonly string[]): boolean {
  return startsArguments(items[0]) && items.slice(1).some((item) => /^-{1,2}[A-Za-z]/.test(item));
}

/** Some of these are loaded by nearly every configuration; a list of words without one is a list of something else. */
const COMMON_MODULES = new Set(
  "tm sl pv kex corex ctl cfg_rpc jsonrpcs rr xlog textops siputils maxfwd usrloc mi_fifo mi_rpc sanity tmx".split(" "),
);

function looksLikeModules(items: readonly string[]): boolean {
  return (
    items.length >= 2 &&
    items.every((item) => /^[a-z][a-z0-9_]{0,40}(?:\.so)?$/.test(item)) &&
    items.some((item) => COMMON_MODULES.has(item))
  );
}

/** The number of processes that `core.ps`, `core.psx` or `core.psa` list. */
export function applyProcessCount(builder: ReadingBuilder, count: number, method: string): void {
  builder.form("core_ps");
  builder.set("processes", count, "running_process", `${count} processes in ${method}`);
}

/** One result of JSON-RPC; false when it says nothing about settings. */
export function applyResult(builder: ReadingBuilder, result: unknown, call: Call | null): boolean {
  if (typeof result === "number" || (typeof result === "string" && /^-?\d{1,9}$/.test(result)))
    return applyScalar(builder, String(result), call);
  if (Array.isArray(result)) {
    if (result.length > 0 && result.every(isProcess)) {
      applyProcessCount(builder, result.length, call?.method ?? "core.psx");
      return true;
    }
    // core.ps answers with pids and descriptions in turns.
    if (result.length > 1 && result.every((item, at) => (at % 2 === 0 ? typeof item === "number" : typeof item === "string"))) {
      applyProcessCount(builder, Math.floor(result.length / 2), "core.ps");
      return true;
    }
    return result.every((item) => typeof item === "string") && applyList(builder, result.slice(0, 2000), call);
  }
  if (typeof result !== "object" || result === null) return false;
  const fields = new Map<string, string>();
  for (const [name, value] of Object.entries(result).slice(0, 500)) {
    if (typeof value === "number" || typeof value === "string") fields.set(name, String(value));
  }
  return applyFields(builder, fields, call);
}

function isProcess(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    (("PID" in value && "DSC" in value) || ("pid" in value && "description" in value && "rank" in value))
  );
}

/** A bare number is the answer to `cfg.get GROUP NAME` and says nothing without the command. */
export function applyScalar(builder: ReadingBuilder, text: string, call: Call | null): boolean {
  if (call?.method === "cfg.get" && call.params[0] === "core" && call.params[1] !== undefined)
    return applyCoreVariable(builder, call.params[1], text);
  if (call !== null) return false;
  builder.warn(
    "a number alone does not say which variable it is: keep the command above it, or send the whole group with `kamcmd cfg.get core` (5.0 and newer)",
  );
  builder.notUnderstood(text);
  return false;
}

/** The settings whose names `cfg.list core` shows; it shows no values. */
export function applyListed(builder: ReadingBuilder, names: readonly string[]): void {
  builder.form("cfg_list");
  const ours: SettingName[] = names.flatMap((name) => coreVariable(name) ?? []);
  builder.warn(
    `cfg.list shows names, not values. For the values: ${ours.length === 0 ? "kamcmd cfg.get core" : `kamcmd cfg.get core, or for v in ${ours.join(" ")}; do echo "$v: $(kamcmd cfg.get core $v)"; done`}`,
  );
}
