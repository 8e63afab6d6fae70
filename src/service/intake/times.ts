/** When a dump or an incident was: its log says it, or whoever posted it, or the clock. */
import type { Dump } from "../../kamailio/dump/dump.js";
import type { LogIncident, LogReading } from "../../kamailio/log/incident.js";
import { DAY, timestamp } from "../../kamailio/units.js";
import type { DumpTimeSource } from "../../store/dumps.js";

/** Clocks differ, but not by a day: a later time in a log is wrong, or its year was guessed one too high. */
const MAX_AHEAD = DAY;

export interface TakenAt {
  /** Epoch ms. */
  at: number;
  /** Was it given by the caller, or is it the server's clock? */
  given: boolean;
}

export interface SettledTime {
  taken_at: number;
  taken_at_source: DumpTimeSource;
  warning: string | null;
}

/**
 * The time of a dump.
 *
 * The reader takes a stamp without a year as one of the year in which the text was taken. In January that can be the year before: then it lies
 * ahead, while the log's own range, which is known not to, does not.
 */
export function settleTime(dump: Dump, { at, given }: TakenAt, range: LogReading["time_range"]): SettledTime {
  const fallback = { taken_at: at, taken_at_source: given ? ("at" as const) : ("clock" as const) };
  if (dump.taken_at === null) return { ...fallback, warning: null };
  const read = Date.parse(dump.taken_at);
  if (read <= at + MAX_AHEAD) return { taken_at: read, taken_at_source: "log", warning: null };
  const yearBefore = new Date(read).setUTCFullYear(new Date(read).getUTCFullYear() - 1);
  const logIsPast = range === null || Date.parse(range.to) <= at + MAX_AHEAD;
  if (logIsPast && yearBefore <= at + MAX_AHEAD) return { taken_at: yearBefore, taken_at_source: "log", warning: null };
  return { ...fallback, warning: ahead(dump.taken_at, at) };
}

/** An incident whose times lie ahead keeps everything but them. */
export function withSaneTimes(incident: LogIncident, at: number): { incident: LogIncident; warning: string | null } {
  if (incident.last_at === null || Date.parse(incident.last_at) <= at + MAX_AHEAD) return { incident, warning: null };
  return { incident: { ...incident, first_at: null, last_at: null }, warning: ahead(incident.last_at, at) };
}

function ahead(time: string, at: number): string {
  return `the log's time ${time} is more than a day ahead of ${timestamp(at)}, when the text was taken: it was not used`;
}
