/** Takes a history apart into the case that the rules judge: grid, load counters, and the levels of each pool. */
import type { Series } from "../../kamailio/history/series.js";
import type { Pool } from "../../kamailio/pool.js";
import { DAY, MB } from "../../kamailio/units.js";
import { courseOf, flatCourse } from "../history/course/course.js";
import { column, type Grid, gridOver } from "../history/grid.js";
import type { History, ProcessHistory } from "../history/history.js";
import { countKnown, highestKnown } from "../history/known-values.js";
import { once } from "../history/once.js";
import { quantile } from "../statistics/quantile.js";
import type { Case, Subject } from "./case.js";
import { type Driver, driversOn } from "./level/drivers.js";
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
  const reals = levels.map((series) => column(grid, series, "last"));
  const known = knownInAny(grid, reals);
  const drivers = driversOn(grid, history.load, known);
  const subjects =
    pool === "shm"
      ? reals.map((real) => subjectOf(grid, drivers, history.shm, real, null, "shm", shmSize(history), 1))
      : history.processes.map((process, index) => processSubject(grid, drivers, process, reals[index], history));
  const span = spanOf(grid, known) ?? { from: grid.from, to: grid.from };
  return {
    pool,
    history,
    facts: history.facts,
    grid,
    from: span.from,
    to: span.to,
    span_days: (span.to - span.from) / DAY,
    coverage: coverageOf(known),
    cells_known: countKnown(known),
    subjects: subjects.filter((subject) => subject !== null),
    drivers,
    incidents: history.incidents.filter((incident) => incident.pool === pool),
    now,
  };
}

/** A value in each cell in which any of the levels is known, NaN in the others. */
function knownInAny(grid: Grid, levels: readonly Float64Array[]): Float64Array {
  const known = new Float64Array(grid.cells).fill(Number.NaN);
  for (const values of levels)
    for (let cell = 0; cell < grid.cells; cell++) if (!Number.isNaN(values[cell])) known[cell] = values[cell] ?? 0;
  return known;
}

/** Size of the shm pool in bytes: what the server says now, else what it was started with. */
function shmSize(history: History): number | null {
  const { total } = history.shm;
  if (total.last.length > 0) return total.last[total.last.length - 1] ?? null;
  return history.facts.shm_size_mb === null ? null : history.facts.shm_size_mb.value * MB;
}

function processSubject(
  grid: Grid,
  drivers: readonly Driver[],
  process: ProcessHistory,
  real: Float64Array | undefined,
  history: History,
): Subject | null {
  if (real === undefined) return null;
  const sizes = process.total_size.last;
  const settings = history.facts.pkg_size_mb === null ? null : history.facts.pkg_size_mb.value * MB;
  const size = sizes.length > 0 ? (sizes[sizes.length - 1] ?? settings) : settings;
  const series = { real_used: process.real_used, used: process.used, fragments: process.total_frags };
  const label = processLabel(process.desc, process.rank);
  return subjectOf(grid, drivers, series, real, label, process.key, size, history.processes.length);
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
  real: Float64Array,
  label: string | null,
  key: string,
  size: number | null,
  siblings: number,
): Subject | null {
  const { real_used: realSeries } = counters;
  if (realSeries.at.length === 0) return null;
  const peaks = column(grid, realSeries, "max");
  const highest = highestKnown(peaks);
  const fragments = once(() => column(grid, counters.fragments, "last"));
  const capacity = size ?? Number.POSITIVE_INFINITY;
  if (label !== null && Number.isFinite(capacity) && !everRose(grid, real, capacity * PKG_WORTH_A_LOOK)) {
    const flat = flatLevel(grid, real, capacity);
    return {
      label,
      key,
      capacity,
      real,
      peaks,
      highest,
      get fragments() {
        return fragments();
      },
      real_level: flat,
      used_level: flat,
      overhead_level: null,
      course: flatCourse(freeAtBusyHour(grid, real, capacity)),
      growth: null,
      peak_growth: null,
    };
  }
  const start = startLevel(grid, real);
  const realLevel = takeApart(grid, real, peaks, capacity, drivers);
  const hasUsed = counters.used.at.length * 2 >= realSeries.at.length;
  const { explained } = realLevel;
  const growth = once(() =>
    explained === null || explained.drivers.length === 0 ? null : loadGrowth(grid, explained.by_load, realLevel.usable),
  );
  const used = once(() => column(grid, counters.used, "last"));
  const apart = (values: () => Float64Array) => once(() => takeApart(grid, values(), peaks, capacity, drivers));
  const usedLevel = hasUsed ? apart(used) : () => realLevel;
  const overheadLevel = hasUsed ? apart(() => real.map((value, cell) => value - (used()[cell] ?? Number.NaN))) : () => null;
  const course = once(() =>
    courseOf({
      grid,
      values: explained === null ? real : explained.residual,
      usable: realLevel.usable,
      capacity,
      free: freeAtBusyHour(grid, real, capacity),
      bare: explained === null || explained.drivers.length === 0,
      fixed: label === null ? start : 0,
      siblings,
    }),
  );
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
    highest,
    get fragments() {
      return fragments();
    },
    real_level: realLevel,
    // Most pools are healthy, and their `used` need not be taken apart to know it.
    get used_level() {
      return usedLevel();
    },
    get overhead_level() {
      return overheadLevel();
    },
    get course() {
      return course();
    },
    get growth() {
      return growth();
    },
    get peak_growth() {
      return peak();
    },
  };
}

/** Level of the busy hour: this quantile of the first days. */
const BUSY = 0.9;
const FIRST_DAYS = 7;
/** Never taken to be less than this share of the pool. */
const LEAST_FREE = 0.05;

/** What was free at the busy hour when the history began, bytes. */
function freeAtBusyHour(grid: Grid, values: Float64Array, capacity: number): number {
  const cells = Math.ceil((FIRST_DAYS * DAY) / grid.cell_ms);
  const first = values.findIndex((value) => !Number.isNaN(value));
  const level = quantile(values.subarray(Math.max(0, first), Math.max(0, first) + cells), BUSY);
  return Math.max(LEAST_FREE * capacity, capacity - (Number.isNaN(level) ? 0 : level));
}

/** The lowest level right after a restart in the history: what no load makes. 0 when no start was seen. */
function startLevel(grid: Grid, values: Float64Array): number {
  let lowest = Number.POSITIVE_INFINITY;
  for (const at of grid.run_starts.slice(1)) {
    const cell = Math.floor((at - grid.from) / grid.cell_ms) + 1;
    const value = values[cell] ?? Number.NaN;
    if (!Number.isNaN(value) && value < lowest) lowest = value;
  }
  return Number.isFinite(lowest) ? lowest : 0;
}
