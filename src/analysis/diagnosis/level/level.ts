/**
 * One level of memory over the history of an instance, taken apart once, for all rules to look at: what the load explains, the trend that is left,
 * the shape of the rise in each run of the server, and where the pool was full.
 */
import { DAY } from "../../../kamailio/units.js";
import { cellTime, type Grid } from "../../history/grid.js";
import { lowestKnown } from "../../history/known-values.js";
import { median } from "../../statistics/quantile.js";
import { type RobustSlope, theilSen } from "../../statistics/theil-sen.js";
import type { Driver } from "./drivers.js";
import { type Explained, explain } from "./explain.js";
import { looksLikeOneStep, type Rise, riseOfTroughs, troughsOf } from "./rise.js";

export interface RunRise {
  run: number;
  days: number;
  rise: Rise;
  /** One step explains the troughs better than a steady rise. */
  one_step: boolean;
  /** Robust slope of the troughs, bytes a day. */
  slope: RobustSlope | null;
}

export interface Level {
  grid: Grid;
  /** The level in each cell; NaN where unknown. */
  values: Float64Array;
  /** 1 for cells that show free demand: known, not torn by a restart, not at the ceiling. */
  usable: Uint8Array;
  /** Bytes of the pool. */
  capacity: number;
  /** Days looked at, over all runs of the server. */
  observed_days: number;
  explained: Explained | null;
  /** Of what the load does not explain. */
  rises: RunRise[];
}

/** Above this share of the pool the level is the pool's, not the demand's: the next allocation fails. */
export const FULL_SHARE = 0.98;
/** Half width of the slope's interval in standard deviations (90 %). */
const Z = 1.64;
/** Share of a run after a restart that is warm-up: registrations come back, pages and caches fill. */
const WARM_UP_SHARE = 0.05;

/**
 * @param ceiling the counter that meets the capacity (`real_used`'s peak in the cell); where it is at the ceiling the level is not used.
 */
export function takeApart(
  grid: Grid,
  values: Float64Array,
  ceiling: Float64Array,
  capacity: number,
  drivers: readonly Driver[],
): Level {
  const usable = new Uint8Array(grid.cells);
  for (let cell = 0; cell < grid.cells; cell++) {
    const known = !Number.isNaN(values[cell]) && (grid.run[cell] ?? -1) >= 0;
    if (known && !((ceiling[cell] ?? 0) >= FULL_SHARE * capacity)) usable[cell] = 1;
  }
  const explained = explain(grid, values, usable, drivers);
  const left = explained === null ? values : explained.residual;
  const rises = risesByRun(grid, left, usable);
  return { grid, values, usable, capacity, observed_days: rises.reduce((sum, { days }) => sum + days, 0), explained, rises };
}

/** A level that need not be taken apart, as it never rose: no trend, no rises. */
export function flatLevel(grid: Grid, values: Float64Array, capacity: number): Level {
  return { grid, values, usable: new Uint8Array(grid.cells), capacity, observed_days: 0, explained: null, rises: [] };
}

/** Share of a run at its end whose lowest value is compared with the lowest of all; a day at least where there are days. */
const END_SHARE = 1 / 9;

/** Did the troughs rise by this many bytes in any run of the server? The cheap question before the dear one: two minima a run. */
export function everRose(grid: Grid, values: Float64Array, bytes: number): boolean {
  let first = 0;
  while (first < grid.cells) {
    const run = grid.run[first] ?? -1;
    let end = first;
    while (end < grid.cells && (grid.run[end] ?? -1) === run) end++;
    const tail = Math.max((end - first) * END_SHARE, Math.min(DAY / grid.cell_ms, (end - first) / 4));
    const lowest = lowestKnown(values, first, end);
    if (run >= 0 && lowestKnown(values, Math.floor(end - tail), end) - lowest >= bytes) return true;
    first = end;
  }
  return false;
}

function risesByRun(grid: Grid, values: Float64Array, usable: Uint8Array): RunRise[] {
  const rises: RunRise[] = [];
  // Runs follow one another: the cells of each stand together in these two columns.
  const times = new Float64Array(grid.cells);
  const known = new Float64Array(grid.cells);
  const runs: { run: number; from: number; to: number }[] = [];
  let n = 0;
  for (let cell = 0; cell < grid.cells; cell++) {
    const run = grid.run[cell] ?? -1;
    if (!usable[cell] || run < 0 || Number.isNaN(values[cell])) continue;
    let last = runs.at(-1);
    if (last?.run !== run) {
      last = { run, from: n, to: n };
      runs.push(last);
    }
    times[n] = cellTime(grid, cell);
    known[n] = values[cell] ?? Number.NaN;
    last.to = ++n;
  }
  for (const { run, from, to } of runs) {
    const warm = run > 0 ? Math.ceil((to - from) * WARM_UP_SHARE) : 0;
    const entry = { times: times.subarray(from + warm, to), values: known.subarray(from + warm, to) };
    const troughs = troughsOf(entry.times, entry.values);
    const rise = riseOfTroughs(troughs);
    if (rise === null) continue;
    const first = entry.times[0] ?? 0;
    rises.push({
      run,
      days: ((entry.times.at(-1) ?? first) - first) / DAY,
      rise,
      one_step: looksLikeOneStep(troughs),
      slope: theilSen(
        troughs.map((trough) => (trough.at - first) / DAY),
        troughs.map((trough) => trough.value),
        Z,
      ),
    });
  }
  return rises;
}

/** A pause between samples longer than this many usual ones is a gap. */
const USUAL_PAUSES = 3;

/** Share of the time with samples, whatever their spacing: the usual pause between two samples is no gap. */
export function coverageOf(values: Float64Array): number {
  const pauses: number[] = [];
  let previous = -1;
  for (let cell = 0; cell < values.length; cell++) {
    if (Number.isNaN(values[cell])) continue;
    if (previous >= 0) pauses.push(cell - previous);
    previous = cell;
  }
  const usual = median(pauses);
  const all = pauses.reduce((sum, pause) => sum + pause, 0);
  return all === 0 ? 1 : pauses.reduce((sum, pause) => sum + (pause > USUAL_PAUSES * usual ? usual : pause), 0) / all;
}

/** First and last time (ms) with a value; `null` without any. */
export function spanOf(grid: Grid, values: Float64Array): { from: number; to: number } | null {
  let first = -1;
  let last = -1;
  for (let cell = 0; cell < grid.cells; cell++) {
    if (Number.isNaN(values[cell])) continue;
    if (first < 0) first = cell;
    last = cell;
  }
  return first < 0 ? null : { from: cellTime(grid, first), to: cellTime(grid, last) };
}
