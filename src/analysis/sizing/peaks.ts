/** The peaks of a pool: the highest, those of each day, and the one that was never seen because the pool was full. */
import { EMPTY_SERIES } from "../../kamailio/history/series.js";
import { DAY } from "../../kamailio/units.js";
import type { Case, Subject } from "../diagnosis/case.js";
import { FULL_SHARE } from "../diagnosis/level/level.js";
import { column } from "../history/grid.js";
import { highestKnown } from "../history/known-values.js";
import { median, quantile } from "../statistics/quantile.js";
import { theilSen } from "../statistics/theil-sen.js";

export interface Peaks {
  /** The process for pkg; the pool for shm. */
  subject: Subject;
  /** Bytes. For shm the higher of real_used and max_used. */
  highest: number;
  /** From max_used, the counter that misses no peak? */
  from_max_used: boolean;
  /** Spread of the daily peaks around their trend, as a share of the highest. */
  spread: number;
  /** What the load would have needed while the pool was full; `null` when it never was, or no load tells. */
  unseen: number | null;
  /** Was the pool full at times, so that the true peak was cut off? */
  cut_off: boolean;
}

/** `null` when there is nothing to size. */
export function peaksOf(kase: Case): Peaks | null {
  let subject: Subject | null = null;
  for (const candidate of kase.subjects) if (subject === null || candidate.highest > subject.highest) subject = candidate;
  if (subject === null) return null;
  const { highest: sampled } = subject;
  const counter =
    kase.pool === "shm" && kase.history.shm.max_used !== EMPTY_SERIES
      ? highestKnown(column(kase.grid, kase.history.shm.max_used, "max"))
      : 0;
  const highest = Math.max(sampled, counter);
  return {
    subject,
    highest,
    from_max_used: counter > sampled,
    spread: highest > 0 ? spreadOfDailyPeaks(kase, subject) / highest : 0,
    unseen: unseenPeak(subject),
    cut_off: subject.peaks.some((value) => value >= FULL_SHARE * subject.capacity),
  };
}

/** Daily peaks between these quantiles are ordinary busy days: quiet weekends are below, a burst is above. */
const ORDINARY = [0.5, 0.8] as const;

/** A day with less than this share of its samples may lack its busy hour. */
const WHOLE_DAY = 0.8;

/**
 * How much the peaks of ordinary busy days differ, once their trend is out; of parts of the history when it is shorter than a few days. About 0.8
 * standard deviations where the peaks are normal.
 */
function spreadOfDailyPeaks({ grid, span_days: days }: Case, { peaks }: Subject): number {
  const width = days >= 3 ? DAY : (days * DAY) / 6;
  const daily = new Map<number, { peak: number; cells: number }>();
  for (let cell = 0; cell < grid.cells; cell++) {
    const value = peaks[cell] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    const day = width > 0 ? Math.floor((cell * grid.cell_ms) / width) : 0;
    const before = daily.get(day);
    daily.set(day, { peak: Math.max(before?.peak ?? 0, value), cells: (before?.cells ?? 0) + 1 });
  }
  const fullest = Math.max(...[...daily.values()].map(({ cells }) => cells));
  const whole = [...daily].filter(([, { cells }]) => cells >= WHOLE_DAY * fullest);
  const x = whole.map(([day]) => day);
  const y = whole.map(([, { peak }]) => peak);
  const slope = theilSen(x, y)?.likely ?? 0;
  const level = x.map((day, index) => (y[index] ?? 0) - slope * day);
  return level.length < 3 ? 0 : quantile(level, ORDINARY[1]) - quantile(level, ORDINARY[0]);
}

/** Demand at the load of the full cells, by what a unit of load costs in the others. */
function unseenPeak({ peaks, highest, capacity, real_level: { explained, usable } }: Subject): number | null {
  if (explained === null || explained.drivers.length === 0 || highest < FULL_SHARE * capacity) return null;
  const base = median(explained.residual.filter((_, cell) => usable[cell] === 1));
  let most: number | null = null;
  for (const [cell, load] of explained.by_load.entries())
    if ((peaks[cell] ?? 0) >= FULL_SHARE * capacity && !Number.isNaN(load)) most = Math.max(most ?? 0, base + load);
  return most;
}
