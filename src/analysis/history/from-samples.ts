/**
 * Builds a history from usage samples alone: the stateless analysis, the tests and the benchmarks. The store fills the same type from roll-ups.
 */
import { detectEvents, type HistoryEvent, NOTHING_WATCHED, type Watched } from "../../kamailio/history/events.js";
import { isGhost, processKeys } from "../../kamailio/history/process-identity.js";
import { EMPTY_SERIES, type Series, SeriesBuilder } from "../../kamailio/history/series.js";
import type { PkgCounters, UsageSample } from "../../kamailio/sample.js";
import { cellWidth } from "./cell-width.js";
import { type History, type HistoryIncident, type InstanceFacts, NO_FACTS, type ProcessHistory } from "./history.js";
import { newestOf } from "./newest.js";

const SHM_COUNTERS = ["total", "used", "real_used", "max_used", "fragments"] as const;
const PKG_COUNTERS = ["used", "real_used", "total_size", "total_frags"] as const;

/** Processes and load counters that are kept; a hostile text can name any number of either. */
const MOST_PROCESSES = 2_000;
const MOST_LOAD_COUNTERS = 500;

interface ProcessBuilder {
  first: PkgCounters;
  series: Record<(typeof PKG_COUNTERS)[number], SeriesBuilder>;
}

/** Samples in any order; those without a time are left out. Rows are as wide as a cell of the judgement, so long texts stay small. */
export function historyFromSamples(
  samples: readonly UsageSample[],
  facts: Partial<InstanceFacts> = {},
  incidents: readonly HistoryIncident[] = [],
  changes: History["changes"] = [],
): History {
  const timed = samples.flatMap((sample) => {
    const at = sample.at === null ? Number.NaN : Date.parse(sample.at);
    return Number.isFinite(at) ? [{ at, sample }] : [];
  });
  timed.sort((a, b) => a.at - b.at);
  const bucketMs = cellWidth((timed.at(-1)?.at ?? 0) - (timed[0]?.at ?? 0));

  const shm = new Map<string, SeriesBuilder>();
  const load = new Map<string, SeriesBuilder>();
  const processes = new Map<string, ProcessBuilder>();
  const events: HistoryEvent[] = [];
  let watched: Watched = NOTHING_WATCHED;
  for (const { at, sample } of timed) {
    const found = detectEvents(watched, sample, at);
    watched = found.watched;
    events.push(...found.events);
    for (const counter of SHM_COUNTERS) addTo(shm, counter, at, sample.shm?.[counter] ?? null, bucketMs, SHM_COUNTERS.length);
    for (const [name, value] of Object.entries(sample.load)) addTo(load, name, at, value, bucketMs, MOST_LOAD_COUNTERS);
    addProcesses(processes, at, sample.pkg, bucketMs);
  }
  const built = (counter: (typeof SHM_COUNTERS)[number]): Series => shm.get(counter)?.build() ?? EMPTY_SERIES;
  return {
    shm: {
      total: built("total"),
      used: built("used"),
      real_used: built("real_used"),
      max_used: built("max_used"),
      fragments: built("fragments"),
    },
    processes: [...processes].map(([key, process]) => buildProcess(key, process)),
    load: new Map([...load].map(([name, builder]) => [name, builder.build()])),
    events,
    incidents: [...incidents],
    changes: [...changes],
    newest: newestOf(timed),
    samples: timed.length,
    facts: { ...NO_FACTS, reach: { ...NO_FACTS.reach, version: facts.version ?? null }, ...facts },
  };
}

function addTo(
  map: Map<string, SeriesBuilder>,
  name: string,
  at: number,
  value: number | null,
  bucketMs: number,
  most: number,
): void {
  if (value === null || !Number.isFinite(value)) return;
  let builder = map.get(name);
  if (builder === undefined) {
    if (map.size >= most) return;
    builder = new SeriesBuilder(bucketMs);
    map.set(name, builder);
  }
  builder.add(at, value);
}

function addProcesses(processes: Map<string, ProcessBuilder>, at: number, rows: readonly PkgCounters[], bucketMs: number): void {
  const living = rows.filter((row) => !isGhost(row));
  const keys = processKeys(living);
  for (const [index, row] of living.entries()) {
    const key = keys[index] ?? "";
    let process = processes.get(key);
    if (process === undefined) {
      if (processes.size >= MOST_PROCESSES) continue;
      const builder = () => new SeriesBuilder(bucketMs);
      process = { first: row, series: { used: builder(), real_used: builder(), total_size: builder(), total_frags: builder() } };
      processes.set(key, process);
    }
    for (const counter of PKG_COUNTERS) {
      const value = row[counter];
      if (value !== null && Number.isFinite(value)) process.series[counter].add(at, value);
    }
  }
}

function buildProcess(key: string, { first, series }: ProcessBuilder): ProcessHistory {
  return {
    key,
    desc: first.desc,
    rank: first.rank,
    used: series.used.build(),
    real_used: series.real_used.build(),
    total_size: series.total_size.build(),
    total_frags: series.total_frags.build(),
  };
}
