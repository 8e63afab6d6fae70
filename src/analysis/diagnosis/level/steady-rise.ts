/**
 * Is there a rise that nothing explains and that never reverses? Two independent looks must agree: the size and significance of the trend, and
 * the shape of the troughs. A trend test alone cries wolf (Machida et al., ISSREW 2013); a shape alone has no size.
 */
import { DAY } from "../../../kamailio/units.js";
import { quantile } from "../../statistics/quantile.js";
import type { SlopeRange } from "../diagnosis.js";
import type { Level, RunRise } from "./level.js";

export interface SteadyRise {
  /** Bytes over the time observed. */
  bytes: number;
  slope: SlopeRange;
  /** Trend divided by its standard error; infinite for a line without noise. */
  significance: number;
  /** Runs of the server in which the level rose like this, and runs looked at. */
  runs_rising: number;
  runs: number;
  /** Was the load taken out first? */
  load_removed: boolean;
}

/** Standard errors that the trend must be away from zero. Every look at a history is another chance of a false alarm, so far above 2. */
const LEAST_SIGNIFICANCE = 4;
/** ... unless the rise stands this many times above what trend and load leave over, and is twice its error: no noise wanders so far. */
const ABOVE_NOISE = 20;
const SIGNIFICANT_ABOVE_NOISE = 2;
/** One part of the history may hold this much of the rise; more is a step. */
const MOST_IN_ONE_PART = 0.6;
/** Least share of the rise in the first half, and in the last 40 % of the time: less is a late ramp or a warm-up that levelled off. */
const LEAST_EARLY = 0.12;
const LEAST_LATE = 0.15;
/** Without load counters a registrar that warms up over days looks like a leak that slows down: ask for more of the rise late. */
const LEAST_LATE_WITHOUT_LOAD = 0.22;
/** Share of the observed time whose runs must rise like this. */
const LEAST_TIME_RISING = 0.5;
/**
 * Without load counters, least rise as a share of the daily wave (90th minus 10th percentile), in a week: troughs wander with what makes the wave.
 * Wandering averages out with the square root of the time.
 */
const LEAST_OF_WAVE = 0.2;
const WAVE_WEEK_DAYS = 7;
/** Half width of the slope's interval in standard errors. */
const Z = 2;

/**
 * @param floorWithLoad, floorWithout least bytes over the time observed: with the load taken out small rises are certain; without it noise and
 * load itself make some.
 */
export function steadyRise(level: Level, floorWithLoad: number, floorWithout: number): SteadyRise | null {
  const { explained } = level;
  const looked = level.rises.filter(({ days }) => days > 0);
  const time = looked.reduce((sum, { days }) => sum + days, 0);
  if (explained === null || time === 0) return null;
  const loadRemoved = explained.drivers.length > 0;
  const floor = loadRemoved
    ? floorWithLoad
    : Math.max(floorWithout, LEAST_OF_WAVE * Math.sqrt(Math.min(1, WAVE_WEEK_DAYS / time)) * waveOf(level));
  const steady = looked.filter((entry) =>
    risesSteadily(entry, (floor * entry.days) / time, loadRemoved ? LEAST_LATE : LEAST_LATE_WITHOUT_LOAD),
  );
  const steadyTime = steady.reduce((sum, { days }) => sum + days, 0);
  if (steadyTime < LEAST_TIME_RISING * time) return null;

  const bySquares = explained.trend_per_day;
  const byTroughs = weighted(steady, (entry) => entry.slope?.likely ?? bySquares);
  const troughsSure = weighted(steady, (entry) => entry.slope?.low ?? Number.NEGATIVE_INFINITY) > 0;
  const significance = explained.trend_error > 0 ? bySquares / explained.trend_error : Number.POSITIVE_INFINITY;
  // A daily wave that no counter explains widens the error of the trend, but not that of the troughs.
  const likely = loadRemoved ? bySquares : byTroughs;
  const bytes = likely * time;
  const clear = significance >= SIGNIFICANT_ABOVE_NOISE && bytes >= ABOVE_NOISE * explained.noise;
  const sure = significance >= LEAST_SIGNIFICANCE || clear || (!loadRemoved && troughsSure);
  if (!sure || bytes < floor) return null;
  const error = Math.min(explained.trend_error, Math.abs(likely));
  return {
    bytes,
    significance,
    slope: {
      low: Math.max(0, Math.min(likely - Z * error, byTroughs, bySquares)),
      likely,
      high: Math.max(likely + Z * error, byTroughs, bySquares),
    },
    runs_rising: steady.length,
    runs: looked.length,
    load_removed: loadRemoved,
  };
}

function risesSteadily({ rise, one_step: oneStep }: RunRise, least: number, leastLate: number): boolean {
  return (
    !oneStep &&
    rise.bytes >= least &&
    rise.largest_share <= MOST_IN_ONE_PART &&
    rise.early_share >= LEAST_EARLY &&
    rise.late_share >= leastLate
  );
}

function weighted(entries: readonly RunRise[], value: (entry: RunRise) => number): number {
  const days = entries.reduce((sum, entry) => sum + entry.days, 0);
  return days > 0 ? entries.reduce((sum, entry) => sum + value(entry) * entry.days, 0) / days : 0;
}

/** Height of the wave around the trend. */
function waveOf({ explained, values, grid }: Level): number {
  if (explained === null) return 0;
  const perCell = (explained.trend_per_day * grid.cell_ms) / DAY;
  const flat = values.map((value, cell) => value - perCell * cell);
  return quantile(flat, 0.9) - quantile(flat, 0.1);
}
