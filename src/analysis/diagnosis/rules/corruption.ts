/** Corruption: what the log proves about broken memory. Sizes have nothing to do with it. */
import { CORRUPTION_KINDS } from "../../../kamailio/log/incident.js";
import type { Pool } from "../../../kamailio/pool.js";
import type { HistoryIncident } from "../../history/history.js";
import type { Finding } from "../case.js";
import type { Evidence } from "../diagnosis.js";

const SOURCE = "q_malloc.c:131-141,554-579 (qm_debug_check_frag, double free); K#361, K#2224, K#2620";

/** Double free, overwritten fragment, bad pointer, or a request so large that only a negative length explains it. */
export function corruption(incidents: readonly HistoryIncident[], pool: Pool): Finding | null {
  const proofs = incidents.filter(
    (incident) => (incident.pool === pool || incident.pool === null) && CORRUPTION_KINDS.has(incident.kind),
  );
  if (proofs.length === 0) return null;
  return {
    subjects: [],
    evidence: proofs.slice(0, 5).map((incident) => ({
      rule: incident.kind === "absurd_request" ? "absurd_request_size" : "corruption_in_the_log",
      detail: `${incident.quote ?? incident.kind}${incident.count > 1 ? ` (${incident.count} times)` : ""}${incident.pid === null ? "" : `, pid ${incident.pid}`}`,
      source: incident.kind === "absurd_request" ? "a negative length cast to an unsigned size (O#3552)" : SOURCE,
    })),
  };
}

/** A process that was ended by a signal: a crash by itself proves nothing about memory, and is said all the same (K#807: a crash after a failed allocation). */
export function processDeath(incidents: readonly HistoryIncident[]): Evidence | null {
  const deaths = incidents.filter(({ kind }) => kind === "child_died");
  const first = deaths[0];
  if (first === undefined) return null;
  return {
    rule: "process_ended_by_a_signal",
    detail: `${first.quote ?? "a process was ended by a signal"}; the core says where, and whether memory was damaged`,
    source: "main.c: child process exited by a signal (6 abort, 11 segfault)",
  };
}
