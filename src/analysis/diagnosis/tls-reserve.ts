/** What the tls module keeps free, and for how many processes. */
import { KB } from "../../kamailio/units.js";
import type { History } from "../history/history.js";

/** TLS refuses new connections below this much free shm for each process (low_mem_threshold1, tls_init.c:969-978). Bytes. */
export const TLS_RESERVE_PER_PROCESS = 512 * KB;

/** Processes of a server of which nothing is known: 8 UDP and 8 TCP workers and a handful of others. */
const USUAL_PROCESSES = 24;

/** Processes with a pkg pool: as settings or a start-up line say, as samples count them, as the configuration starts them. */
export function processCount({ facts, processes }: History): number {
  return facts.processes ?? (processes.length > 0 ? processes.length : (facts.estimated_processes ?? USUAL_PROCESSES));
}
