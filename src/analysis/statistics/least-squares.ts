/** Least squares with few columns, by normal equations, and the standard errors that autocorrelated residuals leave. */

export interface Fit {
  /** One for each column. */
  coefficients: number[];
  /** Standard error of each coefficient, widened for the autocorrelation of the residuals. */
  errors: number[];
  /** y minus what the columns explain, in the order of the rows. */
  residuals: Float64Array;
  /** Sum of squared residuals. */
  rss: number;
  /** Correlation of each residual with the one before it in its group. */
  autocorrelation: number;
}

/** Added to the diagonal, as a share of it: keeps a column that repeats another from blowing up. */
const RIDGE = 1e-9;
/** AR(1) correction is not believed beyond this: 200 rows would weigh less than one. */
const MOST_AUTOCORRELATION = 0.99;

/**
 * Fits y = level of the group + columns * coefficients. Rows of one group stand together (a group is the time between two restarts).
 * `null` when there are not more rows than unknowns or y has no spread in any column.
 */
export function fitWithinGroups(y: Float64Array, columns: readonly Float64Array[], group: Int32Array): Fit | null {
  const rows = y.length;
  const k = columns.length;
  const centred = columns.map((column) => centre(column, group));
  const target = centre(y, group);
  const groups = new Set(group).size;
  if (rows <= k + groups) return null;
  const normal = centred.map((a, i) => centred.map((b, j) => dot(a, b) * (i === j ? 1 + RIDGE : 1)));
  const inverse = invert(normal);
  if (inverse === null) return null;
  const right = centred.map((column) => dot(column, target));
  const coefficients = inverse.map((row) => row.reduce((sum, value, j) => sum + value * (right[j] ?? 0), 0));
  const residuals = Float64Array.from(target);
  for (const [j, column] of centred.entries()) {
    const coefficient = coefficients[j] ?? 0;
    for (let i = 0; i < rows; i++) residuals[i] = (residuals[i] ?? 0) - coefficient * (column[i] ?? 0);
  }
  const rss = dot(residuals, residuals);
  const autocorrelation = lagOne(residuals, group);
  const r = Math.min(MOST_AUTOCORRELATION, Math.max(0, autocorrelation));
  const variance = ((rss / Math.max(1, rows - k - groups)) * (1 + r)) / (1 - r);
  const errors = inverse.map((row, j) => Math.sqrt(Math.max(0, (row[j] ?? 0) * variance)));
  return { coefficients, errors, residuals, rss, autocorrelation };
}

/** Each value minus the mean of its group. */
export function centre(column: Float64Array, group: Int32Array): Float64Array {
  const sum = new Map<number, { total: number; n: number }>();
  for (let i = 0; i < column.length; i++) {
    const entry = sum.get(group[i] ?? 0) ?? { total: 0, n: 0 };
    entry.total += column[i] ?? 0;
    entry.n++;
    sum.set(group[i] ?? 0, entry);
  }
  return column.map((value, i) => {
    const entry = sum.get(group[i] ?? 0);
    return entry === undefined ? value : value - entry.total / entry.n;
  });
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/** Correlation of neighbours within a group. */
export function lagOne(values: Float64Array, group: Int32Array): number {
  let product = 0;
  let square = 0;
  for (let i = 0; i < values.length; i++) {
    square += (values[i] ?? 0) ** 2;
    if (i > 0 && group[i] === group[i - 1]) product += (values[i] ?? 0) * (values[i - 1] ?? 0);
  }
  return square > 0 ? product / square : 0;
}

/** Gauss-Jordan with pivoting; rows are scaled by their diagonal first, as columns have units as different as bytes and days. `null`: singular. */
function invert(matrix: readonly (readonly number[])[]): number[][] | null {
  const n = matrix.length;
  const scale = matrix.map((row, i) => Math.sqrt(row[i] ?? 0));
  if (scale.some((s) => !(s > 0))) return null;
  const work = matrix.map((row, i) => [
    ...row.map((value, j) => value / ((scale[i] ?? 1) * (scale[j] ?? 1))),
    ...Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)),
  ]);
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column + 1; row < n; row++)
      if (Math.abs(work[row]?.[column] ?? 0) > Math.abs(work[pivot]?.[column] ?? 0)) pivot = row;
    const chosen = work[pivot];
    const displaced = work[column];
    const lead = chosen?.[column] ?? 0;
    if (chosen === undefined || displaced === undefined || Math.abs(lead) < 1e-12) return null;
    work[pivot] = displaced;
    work[column] = chosen.map((value) => value / lead);
    for (let row = 0; row < n; row++) {
      const factor = work[row]?.[column] ?? 0;
      if (row === column || factor === 0) continue;
      work[row] = (work[row] ?? []).map((value, j) => value - factor * (work[column]?.[j] ?? 0));
    }
  }
  return work.map((row, i) => row.slice(n).map((value, j) => value / ((scale[i] ?? 1) * (scale[j] ?? 1))));
}
