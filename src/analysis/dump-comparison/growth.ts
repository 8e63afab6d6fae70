/** How one site grew from dump to dump: the shape that tells a leak from warm-up, a step and noise. */
import type { SiteRow } from "./site-rows.js";

/**
 * - `steady`: more in every interval, and still at a fair share of its mean pace in the last one; needs three dumps or more;
 * - `levelling_off`: it grew, but hardly in the last interval; `step`: it grew in one interval of several;
 * - `once`: two dumps alone cannot tell the shape; `falling`, `constant`, `back`: it grew and returned.
 */
export type GrowthShape = "steady" | "levelling_off" | "step" | "once" | "back" | "falling" | "constant";

export interface Growth {
  shape: GrowthShape;
  /** What was followed: the count where all dumps print it, else bytes. */
  by: "count" | "bytes";
  /** Intervals between dumps, and those in which it grew. */
  intervals: number;
  grew_in: number;
}

/** A leak keeps its pace under like load; a pool that fills up to its population slows down. In the last interval at least this share. */
const LAST_PACE_SHARE = 0.25;
/** Growth below this share of the site's level is the coming and going of its objects (one in 20 of 300 contacts between two dumps). */
const NOISE_SHARE = 0.02;

/** `hours`: length of each interval; `null` where unknown, then intervals count alike. */
export function growthOf(row: SiteRow, hours: readonly (number | null)[]): Growth {
  const counted =
    row.counts.every((count) => count !== null) &&
    row.counts.some((count, index) => count !== row.counts[index - 1] && index > 0);
  const values = counted ? (row.counts as number[]) : row.bytes;
  const by = counted ? "count" : "bytes";
  const first = values[0] ?? 0;
  const last = values[values.length - 1] ?? 0;
  const deltas = values.slice(1).map((value, index) => value - (values[index] ?? 0));
  const noise = NOISE_SHARE * Math.max(first, last);
  const grew_in = deltas.filter((delta) => delta > 0).length;
  const growth: Growth = { shape: "constant", by, intervals: deltas.length, grew_in };
  if (deltas.every((delta) => delta === 0)) return growth;
  if (last <= first + noise) growth.shape = Math.max(...values) > first + noise ? "back" : last < first ? "falling" : "constant";
  else if (deltas.length === 1) growth.shape = "once";
  else if (grew_in === deltas.length) growth.shape = keepsPace(deltas, hours) ? "steady" : "levelling_off";
  else growth.shape = grew_in === 1 ? "step" : "levelling_off";
  return growth;
}

function keepsPace(deltas: readonly number[], hours: readonly (number | null)[]): boolean {
  const known = hours.every((value) => value !== null && value > 0);
  const length = (index: number) => (known ? (hours[index] ?? 1) : 1);
  const total = deltas.reduce((sum, delta) => sum + delta, 0);
  const mean = total / deltas.reduce((sum, _, index) => sum + length(index), 0);
  const lastIndex = deltas.length - 1;
  return (deltas[lastIndex] ?? 0) / length(lastIndex) >= LAST_PACE_SHARE * mean;
}
