/**
 * Which kind of process a row of `pkg.stats`, `core.psa` or a log prefix belongs to: processes of one class run the same code on the same
 * kind of work, so their private pools are compared with each other.
 */
import { PROCESS_TABLE, type ProcessClass } from "./knowledge/process-classes.js";

export type { ProcessClass } from "./knowledge/process-classes.js";

const EXACT = new Map<string, ProcessClass>();
/** Longest first, so that "Async Task Worker - " wins over a shorter head. */
const HEADS: (readonly [string, ProcessClass])[] = [];
for (const row of PROCESS_TABLE.processes) {
  if (row.exact) EXACT.set(row.starts_with, row.class);
  else HEADS.push([row.starts_with, row.class]);
}
HEADS.sort(([a], [b]) => b.length - a.length);

/**
 * The class of a process by its description; by its rank where the release prints no description (`desc` exists since 5.4.0).
 * `unknown` when neither says it. Descriptions of older and newer releases are all known; modules with free names are not.
 *
 * @example processClass("udp receiver child=0 sock=127.0.0.1:5060", 1) // "sip_worker_udp"
 */
export function processClass(desc: string | null, rank: number | null): ProcessClass {
  return (desc === null ? null : classOfDescription(desc)) ?? classOfRank(rank);
}

/** The class that a description alone proves; `null` when it is in no release's table. */
export function classOfDescription(desc: string): ProcessClass | null {
  const text = desc.trim();
  return EXACT.get(text) ?? HEADS.find(([head]) => text.startsWith(head))?.[1] ?? null;
}

/** sr_module.h:145-181@5.6.3: 0 main, 1.. SIP workers, -1 timers, -2 RPC, -4 TCP main, -5 unix socket; the rest says nothing. */
function classOfRank(rank: number | null): ProcessClass {
  if (rank === null) return "unknown";
  if (rank === 0) return "main";
  if (rank > 0 && rank < FIRST_MODULE_RANK) return "sip_worker";
  return BY_RANK.get(rank) ?? "unknown";
}

/** PROC_XWORKER (127) and the C Diameter peer's 1000.. are chosen by modules, not SIP workers. */
const FIRST_MODULE_RANK = 127;
const BY_RANK: ReadonlyMap<number, ProcessClass> = new Map([
  [-1, "timer"],
  [-2, "rpc"],
  [-4, "tcp_main"],
  [-5, "rpc"],
]);
