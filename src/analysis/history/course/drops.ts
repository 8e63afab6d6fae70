/**
 * Many short runs are one long leak: what each restart gives back is what the run before it had taken. The level before a restart is held against the
 * level after it, at the same time of day where the runs are long enough, else along the slope on both sides.
 */
import { DAY, HOUR } from "../../../kamailio/units.js";
import type { Grid } from "../grid.js";

export interface Drop {
  /** Epoch ms of the restart. */
  at: number;
  /** Level before minus level after, bytes: above zero when the restart gave something back. */
  bytes: number;
  /** Days of the run that ended. */
  run_days: number;
}

/** Runs of this many days are compared day with day. */
const WHOLE_DAYS = 1.5;
/** ... from this long after the start on: registrations with a long expiry come back all morning. */
const SETTLED = 12 * HOUR;
/** After a start registrations come back for so long. */
const WARM_UP = 3 * HOUR;
/** Time either side that a short run is compared over. */
const BESIDE = 3 * HOUR;
/** Sound nightly restarts drop by less than 0 at an eighth (bench, 24 histories), leaks of an evening's restart by more than 5 % of the free pool. */
const TOWARDS_FASTER = 1 / 8;
/** The share of a day's cells that is its trough. */
const TROUGH_SHARE = 1 / 4;

/** One for each restart with enough on both sides, oldest first. */
export function dropsOf(grid: Grid, values: Float64Array, usable: Uint8Array | null): Drop[] {
  const drops: Drop[] = [];
  for (let run = 1; run < grid.run_starts.length; run++) {
    const at = grid.run_starts[run] ?? 0;
    const begin = grid.run_starts[run - 1] ?? 0;
    const end = grid.run_starts[run + 1] ?? grid.from + grid.cells * grid.cell_ms;
    const [before, after] = [at - begin, end - at];
    const long = before >= WHOLE_DAYS * DAY && after >= WHOLE_DAYS * DAY;
    const bytes = long ? dayWithDay(grid, values, usable, at) : alongTheSlope(grid, values, usable, at);
    if (bytes !== null) drops.push({ at, bytes, run_days: before / DAY });
  }
  return drops;
}

interface Point {
  t: number;
  value: number;
}

function between(grid: Grid, values: Float64Array, usable: Uint8Array | null, from: number, to: number): Point[] {
  const points: Point[] = [];
  const last = Math.min(grid.cells - 1, Math.floor((to - grid.from) / grid.cell_ms));
  for (let cell = Math.max(0, Math.ceil((from - grid.from) / grid.cell_ms)); cell <= last; cell++) {
    const value = values[cell] ?? Number.NaN;
    if (Number.isNaN(value) || (grid.run[cell] ?? -1) < 0 || usable?.[cell] === 0) continue;
    points.push({ t: grid.from + cell * grid.cell_ms, value });
  }
  return points;
}

function dayWithDay(grid: Grid, values: Float64Array, usable: Uint8Array | null, at: number): number | null {
  const before = between(grid, values, usable, at - DAY, at - grid.cell_ms);
  const after = between(grid, values, usable, at + SETTLED, at + SETTLED + DAY - grid.cell_ms);
  const whole = (0.6 * DAY) / grid.cell_ms;
  if (before.length < whole || after.length < whole) return null;
  return troughOf(before) - troughOf(after);
}

function troughOf(points: readonly Point[]): number {
  const sorted = points.map(({ value }) => value).sort((a, b) => a - b);
  const low = Math.max(1, Math.round(sorted.length * TROUGH_SHARE));
  return sorted.slice(0, low).reduce((sum, value) => sum + value, 0) / low;
}

function alongTheSlope(grid: Grid, values: Float64Array, usable: Uint8Array | null, at: number): number | null {
  const before = lineThrough(between(grid, values, usable, at - BESIDE - grid.cell_ms, at - grid.cell_ms));
  const after = lineThrough(between(grid, values, usable, at + WARM_UP, at + WARM_UP + BESIDE));
  if (before === null || after === null) return null;
  // The load goes on over the gap at the pace of one side or the other: near the slower one, which makes no drop of a morning that begins.
  const slower = Math.min(before.slope, after.slope);
  const pace = slower + TOWARDS_FASTER * (Math.max(before.slope, after.slope) - slower);
  return before.value + pace * (after.t - before.t) - after.value;
}

function lineThrough(points: readonly Point[]): { t: number; value: number; slope: number } | null {
  const n = points.length;
  if (n < 3) return null;
  const t = points.reduce((sum, point) => sum + point.t, 0) / n;
  const value = points.reduce((sum, point) => sum + point.value, 0) / n;
  let [product, square] = [0, 0];
  for (const point of points) {
    product += (point.t - t) * (point.value - value);
    square += (point.t - t) ** 2;
  }
  return { t, value, slope: square > 0 ? product / square : 0 };
}

/** Restarts that are needed, and the share of them that must give back. */
const LEAST_RESTARTS = 3;
const MOST_OF_THEM = 0.7;
/** Two of the last three must hold: a leak that was mended is none. */
const LAST_ONES = { of: 3, hold: 2 } as const;
/** Median of what they give back, as a share of the free pool. */
const LEAST_DROP = 0.03;

/** Bytes that a restart gives back at the median, when restarts up to a time show one leak; `null` when they do not. */
export function leakAcrossRestarts(
  drops: readonly Drop[],
  free: number,
  until: number,
): { bytes: number; per_day: number; runs: number } | null {
  const seen = drops.filter(({ at }) => at <= until);
  if (seen.length < LEAST_RESTARTS) return null;
  const sorted = seen.map(({ bytes }) => bytes).sort((a, b) => a - b);
  const bytes = sorted[sorted.length >> 1] ?? 0;
  if (bytes < LEAST_DROP * free) return null;
  const holds = (drop: Drop) => drop.bytes >= bytes / 4;
  if (seen.filter(holds).length < MOST_OF_THEM * seen.length || seen.slice(-LAST_ONES.of).filter(holds).length < LAST_ONES.hold)
    return null;
  const days = seen.map(({ run_days }) => run_days).sort((a, b) => a - b)[seen.length >> 1] ?? 1;
  return { bytes, per_day: bytes / Math.max(days, 1 / 24), runs: seen.length };
}
