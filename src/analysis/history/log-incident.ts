/** Turns what a log proved into what the judgements of a pool take. */
import type { LogIncident } from "../../kamailio/log/incident.js";
import type { HistoryIncident } from "./history.js";

/** @param at epoch ms of the first time, where something beside the log says it */
export function historyIncident(incident: LogIncident, id: string | null, at: number | null = null): HistoryIncident {
  const { kind, pool, count, size, pids, quote, first_at, last_at } = incident;
  const began = first_at === null ? at : Date.parse(first_at);
  return {
    id,
    kind,
    pool,
    at: began,
    last_at: last_at === null ? began : Date.parse(last_at),
    count,
    size,
    pid: pids[0] ?? null,
    quote,
  };
}
