/** What the tls module keeps free, and for how many processes. */
import { KB } from "../../kamailio/units.js";
import type { History } from "../history/history.js";

/** TLS refuses new connections below this much free shm for each process (low_mem_threshold1, tls_init.c:969-978). Bytes. */
export const TLS_RESERVE_PER_PROCESS = 512 * KB;

/** Processes with a pkg pool. */
export function processCount(history: History): number {
  return history.facts.processes ?? Math.max(1, history.processes.length);
}
