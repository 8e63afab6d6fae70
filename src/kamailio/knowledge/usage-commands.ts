/**
 * The commands that people run for memory, what their answers are to the usage reader, and where the answers of the others belong.
 */

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

/** What gives the right numbers of a pool beyond 32 bits, by release: `stats.*` counts in longs in all of them. */
export const RIGHT_SHM_COMMAND =
  "send `kamcmd stats.get_statistics shmem:` (or `kamctl stats shmem`), `kamcmd shm.stats` from 5.6 on, or `kamcmd core.shmmem kb` beside it";
export const BYTES_SHM_COMMAND = "run `kamcmd core.shmmem` without a unit (or with `b`): it prints bytes";

/** kamcmd, kamctl or kamcli did not reach the server. */
export const NOT_REACHED =
  "is Kamailio running, is the module ctl (for kamcmd) or jsonrpcs (for kamctl) loaded, and is this the right socket? kamcmd -s unixs:/run/kamailio/kamailio_ctl";

/** kamcmd takes replies of 128 KB (kamcmd.c, MAX_REPLY_SIZE), the pkg.stats of some 600 processes; JSON-RPC over HTTP has no such bound. */
export const REPLY_TOO_BIG =
  'ask for one process after the other and send it all as one text: for i in $(seq 0 $(($(kamcmd core.psx | grep -c PID) - 1))); do kamcmd pkg.stats index $i; done; or ask over HTTP: curl -d \'{"jsonrpc":"2.0","method":"pkg.stats","id":1}\' http://127.0.0.1:5060/RPC';

/** kamcmd prints an error of the server to standard output and ends with status 0. */
export const EXIT_ZERO = "kamcmd ends with status 0 on such an error: a script has to look at its text";

/** Each row of pkg.stats is zero: pkg is no pool of Kamailio's. */
export const SYSTEM_MALLOC_REASON =
  "pkg.stats shows zeros for every process: pkg memory is the system's malloc (a build with MEMPKG=sys), which Kamailio does not count";
export const SYSTEM_MALLOC_HINT =
  "watch the processes from outside: post /proc/PID/smaps_rollup to .../host-memory; shared memory is counted all the same: kamcmd core.shmmem; kamailio -I to .../builds shows how it was built";
