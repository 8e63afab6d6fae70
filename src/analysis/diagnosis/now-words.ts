/** The words for what is wrong at this moment: which pool, which processes, how full, how many failures. */

import type { Pool } from "../../kamailio/pool.js";
import { MB, mb, percent } from "../../kamailio/units.js";
import type { FullNow, FullProcess, StuckNow } from "./diagnosis.js";
import { AS_GOOD_AS_FULL, NEARLY_FULL } from "./full-now.js";
import { processLabel } from "./process-label.js";

/** Pids that a headline names. */
const PIDS_NAMED = 4;

/** `pkg of pid 11070, 11071 (udp receiver) is full now: 100 % used, 0 bytes free, no failure recorded`. */
export function fullWords(full: FullNow, pool: Pool): string {
  const who = pool === "shm" ? "shm" : `pkg${named(full.processes)}`;
  const state = stateOf(full);
  const when = full.stale ? `was ${state} at ${full.at ?? "its newest sample"}` : `is ${state} now`;
  const level =
    full.used_share === null ? "no usage recorded" : `${percent(full.used_share)} used, ${freeWords(full.free_bytes ?? 0)} free`;
  return `${who} ${when}: ${level}, ${full.failures === 0 ? "no failure recorded" : `${full.failures} failure(s) recorded`}`;
}

function stateOf({ used_share: share, failing }: FullNow): string {
  if (share !== null && share >= AS_GOOD_AS_FULL) return "full";
  if (failing) return "refusing memory";
  return share !== null && share >= NEARLY_FULL ? "nearly full" : "below the reserve of TLS";
}

function freeWords(bytes: number): string {
  return bytes < MB ? `${bytes} bytes` : mb(bytes);
}

function named(processes: readonly FullProcess[]): string {
  const pids = processes.flatMap(({ pid }) => pid ?? []);
  const classes = [...new Set(processes.map(({ desc, rank }) => processLabel(desc, rank)))];
  const words = classes.slice(0, PIDS_NAMED).join(", ");
  if (pids.length === 0) return processes.length === 0 ? "" : ` of ${words}`;
  const more = pids.length > PIDS_NAMED ? ` and ${pids.length - PIDS_NAMED} more` : "";
  return ` of pid ${pids.slice(0, PIDS_NAMED).join(", ")}${more} (${words})`;
}

/** `5061 transactions are stuck now: they were created and are not freed`. */
export function stuckWords({ what, count, since }: StuckNow): string {
  return `${count} ${what} are stuck now: they were created and are not freed${since === null ? "" : `, ever more since ${since}`}`;
}
