/** Turns what a log proved into what the judgements of a pool take. */
import type { LogIncident } from "../../kamailio/log/incident.js";
import type { HistoryIncident } from "./history.js";

/** @param at epoch ms; `null` when nothing says it */
export function historyIncident(incident: LogIncident, id: string | null, at: number | null): HistoryIncident {
  const { kind, pool, count, size, pids, quote } = incident;
  return { id, kind, pool, at, count, size, pid: pids[0] ?? null, quote };
}
