/**
 * Does the load grow, where no counter shows it? Growth scales the daily swing, a leak lifts it: the growth of the swing bounds how much of a rise of
 * the troughs growth can explain.
 */
import type { CourseDay } from "./days.js";

export interface SwingGrowth {
  /** Of the logarithm of the swing, a day. */
  per_day: number;
  /** Standard errors from none. */
  sureness: number;
  /** Share of the pairs of days of the same weekday in which the later one swings more. */
  rising: number;
}

export const NO_GROWTH: SwingGrowth = { per_day: 0, sureness: 0, rising: 0.5 };
/** Fewer days hold too few pairs of the same weekday. */
const LEAST_DAYS = 12;
/** Pairs are taken at most this many weeks apart. */
const MOST_WEEKS = 12;

/** Of the days from one index to before another. */
export function swingGrowth(days: readonly CourseDay[], from: number, to: number): SwingGrowth {
  if (to - from < LEAST_DAYS) return NO_GROWTH;
  const at = new Map<number, number>();
  for (let i = from; i < to; i++) {
    const { day, top, trough } = days[i] ?? { day: 0, top: 0, trough: 0 };
    if (top > trough) at.set(day, Math.log(top - trough));
  }
  const slopes: number[] = [];
  for (const [day, swing] of at)
    for (let week = 1; week <= MOST_WEEKS; week++) {
      const later = at.get(day + 7 * week);
      if (later !== undefined) slopes.push((later - swing) / (7 * week));
    }
  if (slopes.length < 4) return NO_GROWTH;
  slopes.sort((a, b) => a - b);
  const per_day = slopes[slopes.length >> 1] ?? 0;
  const distances = slopes.map((slope) => Math.abs(slope - per_day)).sort((a, b) => a - b);
  const spread = 1.48 * (distances[distances.length >> 1] ?? 0);
  // Pairs share their days: as many are independent as there are days beyond the first week.
  const independent = Math.max(1, at.size - 7);
  const error = (1.25 * spread) / Math.sqrt(independent);
  return {
    per_day,
    sureness: error > 0 ? per_day / error : per_day === 0 ? 0 : Math.sign(per_day) * 99,
    rising: slopes.filter((slope) => slope > 0).length / slopes.length,
  };
}

/** Standard errors from which growth counts fully, and half. */
const SURE = 1.5;
const LIKELY = 0.75;
/** From four weeks on growth shows in most pairs, or is none. */
const WEEKS_DAYS = 28;
const MOST_PAIRS = 0.62;

/** Bytes that growth of the load can explain of a rise of the troughs over so many days, as if nothing of the trough below `fixed` grew. */
export function explainedByGrowth(
  { per_day, sureness, rising }: SwingGrowth,
  trough: number,
  fixed: number,
  days: number,
): number {
  if (per_day <= 0 || (days >= WEEKS_DAYS && rising < MOST_PAIRS)) return 0;
  const weight = sureness >= SURE ? 1 : sureness >= LIKELY ? 0.5 : 0;
  return weight * Math.max(0, trough - fixed) * (Math.exp(per_day * days) - 1);
}
