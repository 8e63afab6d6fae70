/**
 * The commands that people run for memory, what their answers are to the usage reader, and where the answers of the others belong.
 */
import type { Row } from "./releases.js";

/** Commands whose answers the usage reader reads. */
export const USAGE_COMMANDS: ReadonlySet<string> = new Set([
  "core.shmmem",
  "shm.stats",
  "shm.info",
  "pkg.stats",
  "pkg.info",
  "stats.get_statistics",
  "stats.fetch",
  "stats.fetchn",
  "get_statistics",
  "tm.stats",
  "tls.info",
  "core.tcp_info",
  "dlg.stats_active",
  "htable.stats",
  "dns.mem_info",
  "dst_blocklist.mem_info",
  "dst_blacklist.mem_info",
  "core.uptime",
  "core.runinfo",
  "core.info",
  "core.version",
  "core.ps",
  "core.psx",
  "core.psa",
]);

/** Commands with another endpoint: the end of its path below the instance. */
export const OTHER_ENDPOINTS: ReadonlyMap<string, string> = new Map([
  ["mod.stats", "dumps"],
  ["mod.mem_stats", "dumps"],
  ["mod.mem_statsx", "dumps"],
  ["shm.report", "dumps"],
  ["shm.rprint", "dumps"],
  ["corex.shm_status", "dumps"],
  ["corex.shm_summary", "dumps"],
  ["corex.pkg_summary", "dumps"],
  ["cfg.list", "settings"],
  ["cfg.get", "settings"],
  ["core.arg", "settings"],
  ["core.flags", "builds"],
]);

/** Commands and endpoints that are told apart by the text alone, when no command stands above it. */
export function endpointHint(endpoint: string): string {
  return `POST it to /v1/instances/{instance}/${endpoint}`;
}

/** `shm.stats` and `shm.info` print 32 bits (`u`) in 5.5 and 64 (`j`) since (corex_rpc.c@5.6.0). */
export const SHM_STATS_IS_64_BIT: readonly Row<boolean>[] = [
  { since: "5.5.0", until: "5.5.7", value: false, source: "src/modules/corex/corex_rpc.c@5.5.7" },
  { since: "5.6.0", until: null, value: true, source: "src/modules/corex/corex_rpc.c@5.6.0" },
];

/** What gives the right numbers of a pool beyond 32 bits, by release: `stats.*` counts in longs in all of them. */
export const RIGHT_SHM_COMMAND =
  "send `kamcmd stats.get_statistics shmem:` (or `kamctl stats shmem`), `kamcmd shm.stats` from 5.6 on, or `kamcmd core.shmmem kb` beside it";
export const BYTES_SHM_COMMAND = "run `kamcmd core.shmmem` without a unit (or with `b`): it prints bytes";
