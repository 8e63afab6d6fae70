/** Sums over a column of the grid that leave out the cells where nothing was recorded (NaN). */

/** The highest known value; 0 without any (counters are never negative where they can be believed). */
export function highestKnown(values: Float64Array): number {
  let most = 0;
  for (let cell = 0; cell < values.length; cell++) {
    const value = values[cell] ?? 0;
    if (value > most) most = value;
  }
  return most;
}

/** The lowest known value from one cell to before another; NaN without any. */
export function lowestKnown(values: Float64Array, from = 0, to = values.length): number {
  let least = Number.NaN;
  for (let cell = from; cell < to; cell++) {
    const value = values[cell] ?? Number.NaN;
    if (!Number.isNaN(value) && !(least <= value)) least = value;
  }
  return least;
}

/** How many values are known. */
export function countKnown(values: Float64Array): number {
  let known = 0;
  for (let cell = 0; cell < values.length; cell++) if (!Number.isNaN(values[cell])) known++;
  return known;
}

/** The mean of the known values; 0 without any. */
export function meanKnown(values: Float64Array): number {
  let sum = 0;
  let known = 0;
  for (let cell = 0; cell < values.length; cell++) {
    const value = values[cell] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    sum += value;
    known++;
  }
  return known > 0 ? sum / known : 0;
}

/** The latest known value; 0 without any. */
export function lastKnown(values: Float64Array): number {
  for (let cell = values.length - 1; cell >= 0; cell--) {
    const value = values[cell] ?? Number.NaN;
    if (!Number.isNaN(value)) return value;
  }
  return 0;
}
