/**
 * The shape of a rise: does memory that was taken come back, and if not, was it taken steadily, at once, or ever more slowly?
 *
 * Looks at troughs only: the lowest level that is never gone below again (the "future minimum"). It is blind to daily waves and bursts, which come
 * back, and needs no model of them. Cut into parts, its shape tells a steady rise from a single step and from a warm-up that levels off.
 */

import { DAY } from "../../../kamailio/units.js";
import { Regression } from "../../statistics/least-squares.js";

export interface Rise {
  /** From the first to the last part; 0 when everything came back. */
  bytes: number;
  /** Rise from each part to the next. */
  parts: number[];
  /** Largest share of one part. */
  largest_share: number;
  /** Share that came in the last 40 % of the time. */
  late_share: number;
  /** Share that came in the first half. */
  early_share: number;
}

/** Parts of a history: enough to tell one step from several, few enough that each holds several cells. */
const PARTS = 9;
/** Histories of at least this many days are cut into whole days, so that each part holds a night. */
const WHOLE_DAYS_FROM = 3.5;
const LATE_FROM = 0.6;

/** Rise of the values of one run, ordered by time (ms); NaN values are skipped. `null` for fewer than four parts with values. */
export function riseOf(times: ArrayLike<number>, values: ArrayLike<number>): Rise | null {
  return riseOfTroughs(troughsOf(times, values));
}

/** As `riseOf`, of troughs that are known already. */
export function riseOfTroughs(troughs: readonly { value: number }[]): Rise | null {
  if (troughs.length < 4) return null;
  const future = troughs.map(({ value }) => value);
  for (let i = future.length - 2; i >= 0; i--) future[i] = Math.min(future[i] ?? 0, future[i + 1] ?? 0);
  const parts: number[] = [];
  for (let i = 1; i < future.length; i++) parts.push((future[i] ?? 0) - (future[i - 1] ?? 0));
  const bytes = parts.reduce((sum, part) => sum + part, 0);
  const share = (from: number, to: number) =>
    bytes > 0
      ? parts.slice(Math.round(from * parts.length), Math.round(to * parts.length)).reduce((sum, part) => sum + part, 0) / bytes
      : 0;
  return {
    bytes,
    parts,
    largest_share: bytes > 0 ? Math.max(...parts) / bytes : 0,
    late_share: share(LATE_FROM, 1),
    early_share: share(0, 0.5),
  };
}

/** Do two flat levels with one step between them fit these troughs better than a straight line does? */
export function looksLikeOneStep(troughs: readonly { at: number; value: number }[]): boolean {
  const n = troughs.length;
  if (n < 4) return false;
  const values = troughs.map(({ value }) => value);
  const line = new Regression(Float64Array.from(values), new Int32Array(n));
  const straight = line.solve([line.add(Float64Array.from(troughs, ({ at }) => at))])?.rss ?? Number.POSITIVE_INFINITY;
  const squares = (part: readonly number[]) => {
    const mean = part.reduce((sum, value) => sum + value, 0) / part.length;
    return part.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  };
  for (let split = 1; split < n; split++)
    if (squares(values.slice(0, split)) + squares(values.slice(split)) < straight) return true;
  return false;
}

/** The lowest value of each part. A part with less than half of the values of the fullest one is left out: it may miss the night. */
export function troughsOf(times: ArrayLike<number>, values: ArrayLike<number>): { at: number; value: number }[] {
  let first = Number.NaN;
  let last = Number.NaN;
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) continue;
    if (Number.isNaN(first)) first = times[i] ?? Number.NaN;
    last = times[i] ?? Number.NaN;
  }
  const span = last - first;
  if (!(span > 0)) return [];
  const width = span >= WHOLE_DAYS_FROM * DAY ? Math.max(1, Math.round(span / PARTS / DAY)) * DAY : span / PARTS;
  const parts: { at: number; value: number; n: number }[] = [];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    const index = Math.min(Math.ceil(span / width) - 1, Math.floor(((times[i] ?? 0) - first) / width));
    const part = parts[index];
    if (part === undefined) parts[index] = { at: times[i] ?? 0, value, n: 1 };
    else {
      part.n++;
      if (value < part.value) Object.assign(part, { value, at: times[i] ?? 0 });
    }
  }
  const kept = parts.filter((part) => part !== undefined);
  const fullest = Math.max(...kept.map((part) => part.n));
  return kept.filter((part) => part.n * 2 >= fullest);
}
