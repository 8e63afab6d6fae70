/**
 * Does the part of memory that the load explains grow? Compares like with like: the quiet hours of the day, which weekends and busy hours do not
 * reach, so that a week that ends on a Sunday is no decline and one that ends on a Friday no growth.
 */
import { DAY, HOUR } from "../../../kamailio/units.js";
import type { Grid } from "../../history/grid.js";
import { Regression } from "../../statistics/least-squares.js";
import { median, quantile } from "../../statistics/quantile.js";
import type { Driver } from "./drivers.js";
import type { Explained } from "./explain.js";

export interface LoadGrowth {
  /** Bytes a day of the load's part in quiet hours, and its standard error. */
  per_day: number;
  error: number;
  /** Squares left over by a curve that levels off, as a share of those left by a straight line: small for a warm-up. */
  levelling_off: number;
  /** For the best such curve: the share of the rise that came in the last third. */
  last_third: number;
}

/** Which level of a load counter is its busy hour. */
const BUSY = 0.97;
/** Share of the hours of a day that count as quiet. */
const QUIET_SHARE = 1 / 3;
/** Below this many days the hour of the day is not known well enough; every cell counts. */
const DAYS_FOR_HOURS = 3;
/** Standard errors either side. */
const Z = 2;
/** Rows that are enough for a trend. */
const MOST_ROWS = 1_500;
/** Time constants tried for a curve that levels off, as shares of the span. */
const TIME_CONSTANTS = [0.03, 0.05, 0.08, 0.12, 0.18, 0.25, 0.35, 0.5];

/** `null` for fewer than a dozen cells. */
export function loadGrowth(grid: Grid, byLoad: Float64Array, usable: Uint8Array): LoadGrowth | null {
  const quiet = quietCells(grid, byLoad, usable);
  const stride = Math.ceil(quiet.length / MOST_ROWS);
  const cells = stride <= 1 ? quiet : quiet.filter((_, index) => index % stride === 0);
  if (cells.length < 12) return null;
  const y = Float64Array.from(cells, (cell) => byLoad[cell] ?? 0);
  const days = Float64Array.from(cells, (cell) => (cell * grid.cell_ms) / DAY);
  // One group: load goes on over a restart of the server, apart from the minutes that it needs to come back.
  const regression = new Regression(y, new Int32Array(cells.length));
  const line = regression.fit([regression.add(days)]);
  if (line === null) return null;
  const first = days[0] ?? 0;
  const span = (days.at(-1) ?? first) - first;
  let levellingOff = 1;
  let lastThird = 1 / 3;
  for (const constant of TIME_CONSTANTS) {
    const curve = regression.solve([regression.add(days.map((day) => 1 - Math.exp(-(day - first) / (constant * span))))]);
    if (curve === null || line.rss === 0 || curve.rss >= line.rss * levellingOff) continue;
    levellingOff = curve.rss / line.rss;
    lastThird = (Math.exp(-2 / 3 / constant) - Math.exp(-1 / constant)) / (1 - Math.exp(-1 / constant));
  }
  return {
    per_day: line.coefficients[0] ?? 0,
    error: line.errors[0] ?? Number.POSITIVE_INFINITY,
    levelling_off: levellingOff,
    last_third: lastThird,
  };
}

/** How fast the peaks of the busy hour grow, bytes a day. */
export interface PeakGrowth {
  low: number;
  likely: number;
  high: number;
}

/**
 * The growth of quiet hours understates that of the busy hour, when calls grow along with the contacts. Each load counter is taken to grow at the
 * busy hour in the proportion in which it grows when quiet; at least the quiet part grows, at most everything in proportion to it.
 */
export function peakGrowth(
  grid: Grid,
  explained: Explained,
  drivers: readonly Driver[],
  usable: Uint8Array,
  quiet: LoadGrowth,
): PeakGrowth {
  const share = (values: Float64Array, growth: LoadGrowth) => {
    const busy = quantile(
      values.filter((_, cell) => usable[cell] === 1),
      BUSY,
    );
    const level = median(quietCells(grid, values, usable).map((cell) => values[cell] ?? Number.NaN));
    return level > 0 ? (growth.per_day * busy) / level : growth.per_day;
  };
  let likely = 0;
  for (const { name, bytes_per_unit } of explained.drivers) {
    const values = drivers.find((driver) => driver.name === name)?.values;
    const growth = values === undefined ? null : loadGrowth(grid, values, usable);
    if (values !== undefined && growth !== null) likely += bytes_per_unit * share(values, growth);
  }
  const all = share(explained.by_load, quiet);
  const error = Z * quiet.error;
  const middle = Math.min(Math.max(likely, quiet.per_day), Math.max(all, quiet.per_day));
  return { low: Math.max(0, quiet.per_day - error), likely: middle, high: Math.max(all, middle) + error };
}

function quietCells(grid: Grid, values: Float64Array, usable: Uint8Array): number[] {
  const known: number[] = [];
  for (let cell = 0; cell < grid.cells; cell++) if (usable[cell] === 1 && !Number.isNaN(values[cell])) known.push(cell);
  if (grid.cells * grid.cell_ms < DAYS_FOR_HOURS * DAY) return known;
  const hourOf = (cell: number) => Math.floor(((grid.from + cell * grid.cell_ms) % DAY) / HOUR);
  const byHour = Array.from({ length: 24 }, () => [] as number[]);
  for (const cell of known) byHour[hourOf(cell)]?.push(values[cell] ?? 0);
  const level = byHour.map((hour) => (hour.length > 0 ? median(hour) : Number.POSITIVE_INFINITY));
  const quiet = new Set(
    level
      .map((_, hour) => hour)
      .sort((a, b) => (level[a] ?? 0) - (level[b] ?? 0))
      .slice(0, Math.round(24 * QUIET_SHARE)),
  );
  return known.filter((cell) => quiet.has(hourOf(cell)));
}
