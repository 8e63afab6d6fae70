/**
 * How other tools spell Kamailio's counters: Zabbix keys, perfdata labels, statsd and graphite paths, columns of a spreadsheet. What a name means
 * is in metric-names.ts, which imports use too; here stands only how such a name is found inside a foreign one.
 *
 *     kamailio.rpc[stats,shmem:real_used_size]   sip1.kamailio.shmem.real_used   shm_real_used   Shared memory real used   rss_free
 */
import type { Pool } from "../pool.js";
import type { ShmCounters } from "../sample.js";
import { LOAD_COUNTERS } from "./load-counters.js";
import { METRIC_PREFIX, type MetricTarget, metricTarget, type PkgField } from "./metric-names.js";

/** A counter behind a foreign name. */
export interface SpelledCounter {
  target: MetricTarget;
  /** `core.shmmem` may be cut to 32 bits, statistics are not; a name that does not say it may be either. */
  narrow: boolean;
  /** A process id that the name itself carries (`pkg_2101_real_used`). */
  pid: string | null;
}

/** Fields of the shared pool without the pool's name. */
const SHM_FIELDS: ReadonlyMap<string, keyof ShmCounters> = new Map([
  ["total", "total"],
  ["total_size", "total"],
  ["size", "total"],
  ["free", "free"],
  ["free_size", "free"],
  ["available", "free"],
  ["used", "used"],
  ["used_size", "used"],
  ["real_used", "real_used"],
  ["real_used_size", "real_used"],
  ["real", "real_used"],
  ["max_used", "max_used"],
  ["max_used_size", "max_used"],
  ["max", "max_used"],
  ["fragments", "fragments"],
  ["frags", "fragments"],
]);
/** Fields of `pkg.stats`. */
const PKG_FIELDS: ReadonlyMap<string, PkgField> = new Map([
  ["used", "used"],
  ["free", "free"],
  ["available", "free"],
  ["real_used", "real_used"],
  ["real", "real_used"],
  ["total_size", "total_size"],
  ["total", "total_size"],
  ["size", "total_size"],
  ["total_frags", "total_frags"],
  ["frags", "total_frags"],
  ["fragments", "total_frags"],
]);

const SHM = /(?:^|_)(?:shared_memory|shared_mem|shared|shmem_stats|shmmem|shmem|shm)_(?:bytes_)?([a-z]+(?:_[a-z]+){0,2})$/;
const PKG =
  /(?:^|_)(?:private_memory|private_mem|private|pkg_stats|pkg_mem|pkgmem|pkg|rss)_(?:(\d{1,10})_)?([a-z]+(?:_[a-z]+){0,2})$/;
const REVERSED = /(?:^|_)(real_used|max_used|used|free|total|fragments)_(?:size_)?(?:shm|shmem|shared_memory)$/;
/** What tools append. */
const ENDING = /_(?:bytes|value|gauge|last|current|mean|avg)$/;
/** Tokens of a foreign name that are looked through, from its end. */
const MAX_TOKENS = 16;
const OWN_LOAD: ReadonlySet<string> = new Set(LOAD_COUNTERS.map(({ name }) => name));

/** Words of which one stands in every name of a counter; a quick look before a line is taken apart. */
const TELLING =
  /real|shm|shared|pkg|private|rss_|kamailio_|transactions|dialogs|contacts|users|connections|requests|replies|regs/i;

/** May the text name a counter? */
export function mayNameCounter(text: string): boolean {
  return TELLING.test(text);
}

/** Lower case, one `_` between words: `kamailio.rpc[stats,shmem:real_used_size]` -> `kamailio_rpc_stats_shmem_real_used_size`. */
export function plainName(name: string): string {
  return name
    .slice(0, MAX_NAME)
    .toLowerCase()
    .replace(/[^a-z0-9]{1,200}/g, "_")
    .replace(/^_|_$/g, "");
}

/** No tool's name for a counter is longer. */
const MAX_NAME = 400;

/** The counter behind a name that says its pool or group; `null` when it is none of ours. */
export function spelledCounter(name: string, labels: Readonly<Record<string, string>>): SpelledCounter | null {
  const exact = metricTarget(name, labels);
  if (exact !== null) return { target: exact.target, narrow: exact.source === "kamailio_exporter", pid: null };
  const plain = plainName(name);
  return inTable(plain, labels) ?? loosely(plain) ?? (ENDING.test(plain) ? withoutEnding(plain, labels) : null);
}

function withoutEnding(plain: string, labels: Readonly<Record<string, string>>): SpelledCounter | null {
  const shorter = plain.replace(ENDING, "");
  return inTable(shorter, labels) ?? loosely(shorter);
}

/** A name of the table behind a host's or a tool's own words. One word alone is a name only behind Kamailio's: `system.uptime` is the host's. */
function inTable(plain: string, labels: Readonly<Record<string, string>>): SpelledCounter | null {
  if (OWN_LOAD.has(plain)) return { target: { kind: "load", name: plain }, narrow: false, pid: null };
  const tokens = plain.split("_");
  for (let at = Math.max(0, tokens.length - MAX_TOKENS); at < tokens.length; at++) {
    if (at === tokens.length - 1 && !(tokens[at - 1] ?? "").startsWith("kamailio")) return null;
    const row = metricTarget(METRIC_PREFIX + tokens.slice(at).join("_"), labels);
    if (row !== null) return { target: row.target, narrow: row.source === "kamailio_exporter", pid: null };
  }
  return null;
}

function loosely(plain: string): SpelledCounter | null {
  const shm = SHM_FIELDS.get(SHM.exec(plain)?.[1] ?? REVERSED.exec(plain)?.[1] ?? "");
  if (shm !== undefined) return { target: { kind: "shm", field: shm }, narrow: true, pid: null };
  const match = PKG.exec(plain);
  const pkg = PKG_FIELDS.get(match?.[2] ?? "");
  return pkg === undefined ? null : { target: { kind: "pkg", field: pkg }, narrow: true, pid: match?.[1] ?? null };
}

/** A field that leaves its pool to what stands around it: `real_used` in a table of processes, `total` beside `real_used`. */
export function bareCounter(name: string, pool: Pool): SpelledCounter | null {
  const plain = plainName(name).replace(/_bytes$/, "");
  if (pool === "shm") {
    const field = SHM_FIELDS.get(plain);
    return field === undefined ? null : { target: { kind: "shm", field }, narrow: true, pid: null };
  }
  const field = PKG_FIELDS.get(plain);
  return field === undefined ? null : { target: { kind: "pkg", field }, narrow: true, pid: null };
}
