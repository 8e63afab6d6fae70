/** Takes a history apart into the case that the rules judge: grid, load counters, and the levels of each pool. */
import { EMPTY_SERIES, type Series } from "../../kamailio/history/series.js";
import type { Pool } from "../../kamailio/pool.js";
import { DAY, MB } from "../../kamailio/units.js";
import type { History, ProcessHistory } from "../history/history.js";
import type { Case, Subject } from "./case.js";
import { type Driver, driversOn } from "./level/drivers.js";
import { column, type Grid, gridOver } from "./level/grid.js";
import { coverageOf, everRose, flatLevel, spanOf, takeApart } from "./level/level.js";
import { loadGrowth, peakGrowth } from "./level/load-growth.js";
import { processLabel } from "./process-label.js";

/** The pkg pool of a process that never rose by this share of its size is not looked at closer: most processes never move. */
const PKG_WORTH_A_LOOK = 0.004;

/** `null` when nothing was recorded of the pool. */
export function buildCase(history: History, pool: Pool, now: number): Case | null {
  const levels = pool === "shm" ? [history.shm.real_used] : history.processes.map((process) => process.real_used);
  const grid = gridOver(levels, history.events);
  if (grid === null) return null;
  const known = new Float64Array(grid.cells).fill(Number.NaN);
  for (const series of levels) {
    const values = column(grid, series, "last");
    for (let cell = 0; cell < grid.cells; cell++) if (!Number.isNaN(values[cell])) known[cell] = values[cell] ?? 0;
  }
  const drivers = driversOn(
    grid,
    history.load,
    Array.from(known, (value) => !Number.isNaN(value)),
  );
  const subjects =
    pool === "shm"
      ? [subjectOf(grid, drivers, history.shm, null, "shm", shmSize(history))]
      : history.processes.map((process) => processSubject(grid, drivers, process, history));
  const span = spanOf(grid, known) ?? { from: grid.from, to: grid.from };
  const cellsKnown = known.filter((value) => !Number.isNaN(value)).length;
  return {
    pool,
    history,
    facts: history.facts,
    grid,
    from: span.from,
    to: span.to,
    span_days: (span.to - span.from) / DAY,
    coverage: coverageOf(known),
    cells_known: cellsKnown,
    subjects: subjects.filter((subject) => subject !== null),
    incidents: history.incidents.filter((incident) => incident.pool === pool),
    now,
  };
}

/** Size of the shm pool in bytes: what the server says now, else what it was started with. */
function shmSize(history: History): number | null {
  const { total } = history.shm;
  if (total.last.length > 0) return total.last[total.last.length - 1] ?? null;
  return history.facts.shm_size_mb === null ? null : history.facts.shm_size_mb.value * MB;
}

function processSubject(grid: Grid, drivers: readonly Driver[], process: ProcessHistory, history: History): Subject | null {
  const sizes = process.total_size.last;
  const settings = history.facts.pkg_size_mb === null ? null : history.facts.pkg_size_mb.value * MB;
  const size = sizes.length > 0 ? (sizes[sizes.length - 1] ?? settings) : settings;
  const series = { real_used: process.real_used, used: process.used, fragments: process.total_frags };
  return subjectOf(grid, drivers, series, processLabel(process.desc, process.rank), process.key, size);
}

interface Counters {
  real_used: Series;
  used: Series;
  fragments: Series;
}

function subjectOf(
  grid: Grid,
  drivers: readonly Driver[],
  counters: Counters,
  label: string | null,
  key: string,
  size: number | null,
): Subject | null {
  const realSeries = counters.real_used.at.length > 0 ? counters.real_used : EMPTY_SERIES;
  if (realSeries.at.length === 0) return null;
  const real = column(grid, realSeries, "last");
  const peaks = column(grid, realSeries, "max");
  const used = column(grid, counters.used, "last");
  const capacity = size ?? Number.POSITIVE_INFINITY;
  if (label !== null && Number.isFinite(capacity) && !everRose(grid, real, capacity * PKG_WORTH_A_LOOK)) {
    const flat = flatLevel(grid, real, capacity);
    const fragments = column(grid, counters.fragments, "last");
    return {
      label,
      key,
      capacity,
      real,
      peaks,
      fragments,
      real_level: flat,
      used_level: flat,
      overhead_level: null,
      growth: null,
      peak_growth: null,
    };
  }
  const realLevel = takeApart(grid, real, peaks, capacity, drivers);
  const hasUsed = counters.used.at.length * 2 >= realSeries.at.length;
  const { explained } = realLevel;
  const growth = once(() =>
    explained === null || explained.drivers.length === 0 ? null : loadGrowth(grid, explained.by_load, realLevel.usable),
  );
  const apart = (values: () => Float64Array) => once(() => takeApart(grid, values(), peaks, capacity, drivers));
  const usedLevel = hasUsed ? apart(() => used) : () => realLevel;
  const overheadLevel = hasUsed ? apart(() => real.map((value, cell) => value - (used[cell] ?? Number.NaN))) : () => null;
  const peak = once(() => {
    const quiet = growth();
    return explained === null || quiet === null ? null : peakGrowth(grid, explained, drivers, realLevel.usable, quiet);
  });
  return {
    label,
    key,
    capacity,
    real,
    peaks,
    fragments: column(grid, counters.fragments, "last"),
    real_level: realLevel,
    // Most pools are healthy, and their `used` need not be taken apart to know it.
    get used_level() {
      return usedLevel();
    },
    get overhead_level() {
      return overheadLevel();
    },
    get growth() {
      return growth();
    },
    get peak_growth() {
      return peak();
    },
  };
}

/** Computes a value when it is first asked for. */
function once<T>(compute: () => T): () => T {
  let value: { of: T } | null = null;
  return () => {
    value ??= { of: compute() };
    return value.of;
  };
}
