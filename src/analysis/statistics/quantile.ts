/** Order statistics of plain arrays; NaN values are left out. */

/** The `q` quantile (0..1) with linear interpolation; NaN for no values. */
export function quantile(values: ArrayLike<number>, q: number): number {
  return quantileOfSorted(sortedKnown(values), q);
}

/** The values that are no NaN, in order: one array and one walk, as every judgement asks for many of these. */
export function sortedKnown(values: ArrayLike<number>): Float64Array {
  const known = new Float64Array(values.length);
  let n = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    if (!Number.isNaN(value)) known[n++] = value;
  }
  return known.subarray(0, n).sort();
}

/** As `quantile`, for values that are already in order and hold no NaN. */
export function quantileOfSorted(sorted: ArrayLike<number>, q: number): number {
  if (sorted.length === 0) return Number.NaN;
  const position = (sorted.length - 1) * Math.min(1, Math.max(0, q));
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? below;
  return below + (above - below) * (position - Math.floor(position));
}

export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}
