/**
 * Tells what a struct of name and value is, wherever it was printed (kamcmd, JSON, YAML, XML-RPC): Kamailio's answers are known by their names.
 */
import { loadNameOfRpc, loadNameOfStatistic } from "../knowledge/load-counters.js";
import { BYTES_SHM_COMMAND, endpointHint } from "../knowledge/usage-commands.js";
import type { Manager } from "../pool.js";
import type { ShmCounters } from "../sample.js";
import type { Command } from "./commands.js";
import { counterOf } from "./counter.js";
import { NO_SHM, type PkgReading, type Sink } from "./model.js";

/** Names and values as they were printed: numbers or text. */
export type Struct = ReadonlyMap<string, unknown>;

const SHM_FIELDS = ["total", "free", "used", "real_used", "max_used", "fragments"] as const;
const STATISTIC_FIELDS: ReadonlyMap<string, keyof ShmCounters> = new Map([
  ["total_size", "total"],
  ["free_size", "free"],
  ["used_size", "used"],
  ["real_used_size", "real_used"],
  ["max_used_size", "max_used"],
  ["fragments", "fragments"],
]);

/** Reports what the struct says to the sink; false when it is nothing that this reader knows. */
export function readStruct(printed: Struct, line: number, command: Command | null, sink: Sink): boolean {
  const struct = ungrouped(printed);
  if (struct.has("real_used") && struct.has("total") && struct.has("free")) return readShm(struct, line, command, sink);
  if (struct.has("real_used") && struct.has("pid")) return readPkg(struct, line, sink);
  if (struct.has("free_size_s") || struct.has("max_free_frag_size")) return elsewhere("shm.report", "dumps", line, sink);
  if (struct.has("Total") && !struct.has("total")) return elsewhere("mod.stats", "dumps", line, sink);
  if (readPool(struct, line, command, sink) || readUptime(struct, line, sink) || readProcess(struct, sink)) return true;
  return readLoad(struct, line, sink) || readStatistics(struct, line, sink);
}

/** Where one figure is written `67.108.864`, `4.411` beside it is 4411 and no fraction. */
function ungrouped(struct: Struct): Struct {
  const dotted = [...struct.values()].some((value) => typeof value === "string" && DOTTED.test(value));
  if (!dotted) return struct;
  return new Map(
    [...struct].map(([name, value]) => [
      name,
      typeof value === "string" && /^\d{1,3}(?:\.\d{3})+$/.test(value) ? value.replaceAll(".", "") : value,
    ]),
  );
}

const DOTTED = /^\d{1,3}(?:\.\d{3}){2,6}$/;

function elsewhere(what: string, endpoint: string, line: number, sink: Sink): true {
  sink.reject(line, `this is ${what}, which is no usage`, endpointHint(endpoint));
  return true;
}

function readShm(struct: Struct, line: number, command: Command | null, sink: Sink): true {
  const counters: ShmCounters = { ...NO_SHM };
  for (const field of SHM_FIELDS) {
    if (!struct.has(field)) continue;
    counters[field] = counterOf(struct.get(field));
    if (counters[field] === null) {
      sink.reject(line, `${field} is no number that a counter can have`, BYTES_SHM_COMMAND);
      return true;
    }
  }
  const source = command?.name === "shm.stats" ? "shm.stats" : "core.shmmem";
  const label = source === "shm.stats" ? "shm.stats" : "core.shmmem";
  sink.add({
    kind: "shm",
    label,
    reading: { source, line, scale: source === "core.shmmem" ? (command?.scale ?? 1) : 1, counters },
  });
  return true;
}

function readPkg(struct: Struct, line: number, sink: Sink): true {
  const pid = counterOf(struct.get("pid"));
  if (pid === null) {
    sink.reject(line, "pid is no number", null);
    return true;
  }
  const desc = struct.get("desc");
  const row: PkgReading = {
    line,
    pid,
    rank: counterOf(struct.get("rank")),
    used: counterOf(struct.get("used")),
    free: counterOf(struct.get("free")),
    real_used: counterOf(struct.get("real_used")),
    total_size: counterOf(struct.get("total_size")),
    total_frags: counterOf(struct.get("total_frags")),
    desc: typeof desc === "string" && desc.trim() !== "" ? desc.trim().slice(0, MAX_DESC) : null,
  };
  sink.add({ kind: "pkg", label: "pkg.stats", rows: [row] });
  return true;
}

/** Kamailio's own limit of a description is 128 (MAX_PT_DESC, pt.h). */
export const MAX_DESC = 200;

const MANAGERS: ReadonlyMap<string, Manager> = new Map([
  ["q_malloc", "qm"],
  ["f_malloc", "fm"],
  ["tlsf_malloc", "tlsf"],
]);

/** `shm.info` and `pkg.info`: both print `name` and `size`; only the command says which pool it is. */
function readPool(struct: Struct, line: number, command: Command | null, sink: Sink): boolean {
  const name = struct.get("name");
  if (struct.size !== 2 || typeof name !== "string" || !struct.has("size") || !name.trim().endsWith("malloc")) return false;
  const pool = command?.name === "shm.info" ? "shm" : command?.name === "pkg.info" ? "pkg" : null;
  const label = pool === null ? "shm.info or pkg.info" : `${pool}.info`;
  sink.add({ kind: "pool", label, line, pool, manager: MANAGERS.get(name.trim()) ?? null, size: counterOf(struct.get("size")) });
  return true;
}

/** `core.uptime` {now, up_since, uptime} and `core.runinfo` (5.6+), which also says the version; `core.info` says the version alone. */
function readUptime(struct: Struct, line: number, sink: Sink): boolean {
  const version = struct.get("version");
  const seconds = counterOf(struct.get("uptime") ?? struct.get("uptime_secs"));
  const now = struct.get("now") ?? struct.get("time_now");
  if (typeof version === "string" && (struct.has("compiler") || struct.has("compiled"))) {
    sink.add({ kind: "version", label: seconds === null ? "core.info" : "core.runinfo", text: version });
    if (seconds === null) return true;
  } else if (!(struct.has("uptime") && struct.has("up_since"))) return false;
  if (seconds === null || seconds < 0) {
    sink.reject(line, "uptime is no number of seconds", null);
    return true;
  }
  const label = struct.has("uptime_secs") ? "core.runinfo" : "core.uptime";
  sink.add({ kind: "uptime", label, line, seconds, now: typeof now === "string" ? now.trim() : null });
  return true;
}

/** `core.psx` {IDX, PID, DSC} and `core.psa` {index, pid, status, rank, description}. */
function readProcess(struct: Struct, sink: Sink): boolean {
  const psx = struct.has("IDX") && struct.has("DSC");
  if (!psx && !(struct.has("description") && struct.has("pid"))) return false;
  const pid = counterOf(struct.get(psx ? "PID" : "pid"));
  const desc = struct.get(psx ? "DSC" : "description");
  if (pid === null) return false;
  const rank = psx ? null : counterOf(struct.get("rank"));
  const text = typeof desc === "string" && desc.trim() !== "" ? desc.trim().slice(0, MAX_DESC) : null;
  sink.add({ kind: "process", label: psx ? "core.psx" : "core.psa", pid, rank, desc: text });
  return true;
}

/** RPCs whose structs are known by these fields together. */
const LOAD_STRUCTS: readonly (readonly [command: string, fields: readonly string[]])[] = [
  ["tm.stats", ["current", "waiting", "total_local"]],
  ["dlg.stats_active", ["starting", "connecting", "ongoing"]],
  ["core.tcp_info", ["readers", "max_connections", "opened_connections"]],
  ["tls.info", ["max_connections", "opened_connections"]],
];

function readLoad(struct: Struct, line: number, sink: Sink): boolean {
  const known = LOAD_STRUCTS.find(([, fields]) => fields.every((field) => struct.has(field)));
  const load = new Map<string, number>();
  if (known !== undefined) {
    for (const [field, value] of struct) keepLoad(load, loadNameOfRpc(known[0], field), value);
    sink.add({ kind: "load", label: known[0], line, load });
    return true;
  }
  const table = struct.get("name");
  if (typeof table !== "string" || !struct.has("slots") || !struct.has("all")) return false;
  keepLoad(load, `htable_${table.slice(0, MAX_DESC)}_items`, struct.get("all"));
  sink.add({ kind: "load", label: "htable.stats", line, load });
  return true;
}

function keepLoad(load: Map<string, number>, name: string | null, value: unknown): void {
  const counter = name === null ? null : counterOf(value);
  if (name !== null && counter !== null && counter >= 0) load.set(name, counter);
}

const OPENSIPS_GROUPS: ReadonlySet<string> = new Set(["pkmem", "rpmem"]);

/**
 * `stats.fetch`/`stats.fetchn` (`shmem.total_size`, dotted) and the pairs of `stats.get_statistics` and MI (`shmem:total_size`).
 * Returns false when no name has the form `group.name` or `group:name`.
 */
export function readStatistics(struct: Struct, line: number, sink: Sink): boolean {
  const counters: ShmCounters = { ...NO_SHM };
  const load = new Map<string, number>();
  let statistics = 0;
  for (const [key, value] of struct) {
    const at = separatorOf(key);
    if (at <= 0) continue;
    const group = key.slice(0, at);
    const name = key.slice(at + 1);
    if (OPENSIPS_GROUPS.has(group)) return notKamailio(line, sink);
    statistics++;
    const field = group === "shmem" ? STATISTIC_FIELDS.get(name) : undefined;
    if (field === undefined) {
      keepLoad(load, loadNameOfStatistic(group, name), value);
      continue;
    }
    counters[field] = counterOf(value);
    if (counters[field] === null) {
      sink.reject(line, `${key} is no number that a counter can have`, "run `kamcmd stats.get_statistics shmem:` again");
      return true;
    }
  }
  if (statistics === 0) return false;
  const hasShm = counters.total !== null || counters.used !== null || counters.real_used !== null || counters.free !== null;
  if (hasShm) sink.add({ kind: "shm", label: "statistics", reading: { source: "statistics", line, scale: 1, counters } });
  if (load.size > 0) sink.add({ kind: "load", label: "statistics", line, load });
  if (!hasShm && load.size === 0) sink.warn("the statistics hold no counter of memory or of what explains it");
  return true;
}

/** Says that the text comes from OpenSIPS, Kamailio's cousin: its counters have the same names and other meanings. */
export function notKamailio(line: number, sink: Sink): true {
  sink.reject(
    line,
    "this looks like OpenSIPS, not Kamailio: it has a pkmem group",
    "post what Kamailio's own kamcmd or kamctl prints",
  );
  return true;
}

function separatorOf(key: string): number {
  const colon = key.indexOf(":");
  return colon >= 0 ? colon : key.indexOf(".");
}
