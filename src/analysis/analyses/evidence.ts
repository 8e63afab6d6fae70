/** What the texts say together of the server that they come from, as evidence for the one gathering of facts (`analysis/facts/`). */

import type { ConfigReading } from "../../kamailio/config/reading.js";
import { timestamp } from "../../kamailio/units.js";
import type { DumpEvidence, Evidence, Recorded } from "../facts/evidence.js";
import { dumpSighting, startSighting, usageSighting } from "../facts/sightings.js";
import type { HistoryIncident } from "../history/history.js";
import { historyIncident } from "../history/log-incident.js";
import type { PlacedDump } from "./comparisons.js";
import type { TextReading } from "./text-reading.js";

/** The name under which a server without one is judged. */
export const NAME = "analysis";
/** Ids that the contract allows are no longer. */
const MAX_ID = 64;

/** @param now epoch ms. Of two texts that say different things, the later one in the order of the texts wins. */
export function evidenceOf(readings: readonly TextReading[], now: number): Omit<Evidence, "config"> {
  const recorded_at = timestamp(now);
  const of = <Value>(values: (reading: TextReading) => readonly (Value | null)[]): Recorded<Value>[] =>
    readings.flatMap((reading) => {
      const id = reading.name.slice(0, MAX_ID);
      return values(reading).flatMap((value) => (value === null ? [] : [{ id, recorded_at, value }]));
    });
  return {
    instance: NAME,
    builds: of(({ builds }) => builds?.builds ?? []),
    settings: of(({ settings }) => [settings]),
    sightings: of(({ dumps, usage, log }) => [
      ...dumps.map(dumpSighting),
      usage === null ? null : usageSighting(usage.report),
      startSighting(log.starts),
    ]),
    host_total_bytes: readings.flatMap(({ host }) => host?.hosts ?? []).at(-1)?.total ?? null,
  };
}

/** @param now epoch ms */
export function configEvidence(config: ConfigReading | null, now: number): Evidence["config"] {
  return config === null ? null : { id: config.main.slice(0, MAX_ID), recorded_at: timestamp(now), value: config };
}

/** Newest first: by the order of the texts, and by their times where they have them. */
export function dumpEvidence(placed: readonly PlacedDump[]): DumpEvidence[] {
  const dumps = placed.map(({ dump }) => ({ ...dump, id: null, at: dump.taken_at === null ? null : Date.parse(dump.taken_at) }));
  const newestFirst = dumps.toReversed();
  return newestFirst.every(({ at }) => at !== null) ? newestFirst.sort((a, b) => (b.at ?? 0) - (a.at ?? 0)) : newestFirst;
}

/** The incidents as the judgements of a pool take them; a log without times tells of the moment when it was taken. */
export function historyIncidents(readings: readonly TextReading[]): HistoryIncident[] {
  return readings.flatMap(({ log, taken_at }) => log.incidents.map((incident) => historyIncident(incident, null, taken_at)));
}
