/** Loads what the judgements of usage look at: the counters over time, the events and incidents. */
import type { InstanceFacts } from "../../analysis/facts/gather.js";
import { historyFacts } from "../../analysis/facts/history-facts.js";
import { cellWidth } from "../../analysis/history/cell-width.js";
import { historyFromSamples } from "../../analysis/history/from-samples.js";
import type { History, ProcessHistory } from "../../analysis/history/history.js";
import { historyIncident } from "../../analysis/history/log-incident.js";
import { NEWEST_SAMPLES, newestOf, newestOfSeries } from "../../analysis/history/newest.js";
import { EMPTY_SERIES, type Series } from "../../kamailio/history/series.js";
import { HOUR, timestamp } from "../../kamailio/units.js";
import type { Store } from "../../store/store.js";
import type { EntitySeries } from "../../store/usage/usage.js";
import { recordedChanges } from "./changes.js";
import { allIncidents } from "./incidents.js";
import { dumpEvidence } from "./instance-facts.js";

/** Dumps of a pool whose sums are held against the counters, newest first. A shutdown writes one of every process. */
const DUMPS_READ = 50;

/** A history with the moment for which it is to be judged. */
export interface RecordedHistory {
  history: History;
  /** Epoch ms: now, or the last sample of a history that ended before. A forecast begins where the data end. */
  as_of: number;
}

/** A server is sampled every few minutes; one that was not for so long is judged as of its last sample. Milliseconds. */
const ENDED_AFTER = HOUR;

export async function recordedHistory(store: Store, facts: InstanceFacts, now: number): Promise<RecordedHistory> {
  const { instance } = facts;
  await store.usage.rollUp(instance);
  const [span, changes, incidents, shmDumps, pkgDumps] = await Promise.all([
    store.usage.span(instance),
    recordedChanges(store, instance),
    allIncidents(store, instance),
    store.dumps.list(instance, { pool: "shm" }, { after: null, limit: DUMPS_READ }),
    store.dumps.list(instance, { pool: "pkg" }, { after: null, limit: DUMPS_READ }),
  ]);
  const judged = historyFacts(facts, [...shmDumps, ...pkgDumps].map(dumpEvidence));
  const judgedIncidents = incidents.map(({ id, began_at, incident }) => historyIncident(incident, id, began_at));
  if (span.from === null || span.to === null) return { history: historyFromSamples([], judged, judgedIncidents), as_of: now };
  const as_of = now - span.to > ENDED_AFTER ? span.to : now;
  // Where the cells of the judgement are finer than an hour, the raw samples are asked; they are still there for so short a span.
  const isShort = cellWidth(span.to - span.from) < HOUR && span.raw_from !== null && span.raw_from - span.from < HOUR;
  if (isShort) {
    const samples = await store.usage.samples(instance, span.from, span.to + 1, Number.POSITIVE_INFINITY);
    return {
      history: historyFromSamples(
        samples.map(({ sample }) => sample),
        judged,
        judgedIncidents,
        changes,
      ),
      as_of,
    };
  }
  const [all, events, last] = await Promise.all([
    store.usage.series(instance, "hour", span.from, span.to),
    store.usage.events(instance, span.from, span.to + 1),
    store.usage.latest(instance, span.to, NEWEST_SAMPLES),
  ]);
  const series = fromRollups(all);
  // Raw samples are kept for days, roll-ups for years.
  const newest = last.length > 0 ? newestOf(last.reverse()) : newestOfSeries(series);
  return {
    history: { ...series, events, incidents: judgedIncidents, changes, newest, samples: span.samples, facts: judged },
    as_of,
  };
}

function fromRollups(all: readonly EntitySeries[]): Pick<History, "shm" | "processes" | "load"> {
  const shm = all.find(({ entity }) => entity === null)?.counters;
  const processes: ProcessHistory[] = [];
  const load = new Map<string, Series>();
  for (const { entity, counters } of all) {
    if (entity === null) continue;
    const series = (counter: string) => counters.get(counter) ?? EMPTY_SERIES;
    if (entity.kind === "load") load.set(entity.key, series("value"));
    else
      processes.push({
        key: entity.key,
        desc: entity.description,
        rank: entity.rank,
        used: series("used"),
        real_used: series("real_used"),
        total_size: series("total_size"),
        total_frags: series("total_frags"),
      });
  }
  const shared = (counter: string) => shm?.get(counter) ?? EMPTY_SERIES;
  return {
    shm: {
      total: shared("total"),
      used: shared("used"),
      real_used: shared("real_used"),
      max_used: shared("max_used"),
      fragments: shared("fragments"),
    },
    processes,
    load,
  };
}

/** RFC 3339 of the moment a judgement was made for. */
export function asOf({ as_of }: RecordedHistory): string {
  return timestamp(as_of);
}
