/**
 * Least squares with few columns, and the standard errors that autocorrelated residuals leave.
 *
 * Products of columns are kept: trying out which columns to take costs a small matrix each time and not a walk over all rows.
 */

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

/** A column that was added to a regression. */
export type Column = number;

/** y = level of the group + columns * coefficients. Rows of one group stand together (a group is the time between two restarts). */
export class Regression {
  readonly #y: Float64Array;
  readonly #bounds: number[];
  readonly #columns: Float64Array[] = [];
  readonly #withY: number[] = [];
  readonly #products: number[][] = [];
  readonly #yy: number;

  constructor(y: Float64Array, group: Int32Array) {
    this.#bounds = boundsOf(group);
    this.#y = centre(y, this.#bounds);
    this.#yy = dot(this.#y, this.#y);
  }

  /** Sum of squares around the levels of the groups, without any column. */
  get squares(): number {
    return this.#yy;
  }

  add(values: Float64Array): Column {
    const column = centre(values, this.#bounds);
    this.#columns.push(column);
    this.#withY.push(dot(column, this.#y));
    this.#products.push(this.#columns.map((other) => dot(column, other)));
    return this.#columns.length - 1;
  }

  /** Coefficients and sum of squares alone; `null` when there are not more rows than unknowns, or a column has no spread. */
  solve(columns: readonly Column[]): { coefficients: number[]; rss: number } | null {
    const inverse = this.#inverse(columns);
    if (inverse === null) return null;
    const coefficients = this.#coefficients(columns, inverse);
    const explained = coefficients.reduce((sum, coefficient, i) => sum + coefficient * (this.#withY[columns[i] ?? 0] ?? 0), 0);
    return { coefficients, rss: Math.max(0, this.#yy - explained) };
  }

  /** The whole fit; `null` as for `solve`. */
  fit(columns: readonly Column[]): Fit | null {
    const inverse = this.#inverse(columns);
    if (inverse === null) return null;
    const coefficients = this.#coefficients(columns, inverse);
    const residuals = Float64Array.from(this.#y);
    for (const [i, index] of columns.entries()) {
      const coefficient = coefficients[i] ?? 0;
      const column = this.#columns[index];
      if (column !== undefined)
        for (let row = 0; row < residuals.length; row++)
          residuals[row] = (residuals[row] ?? 0) - coefficient * (column[row] ?? 0);
    }
    const rss = dot(residuals, residuals);
    const autocorrelation = this.#lagOne(residuals);
    const r = Math.min(MOST_AUTOCORRELATION, Math.max(0, autocorrelation));
    const freedom = Math.max(1, residuals.length - columns.length - this.#bounds.length + 1);
    const variance = ((rss / freedom) * (1 + r)) / (1 - r);
    const errors = inverse.map((row, i) => Math.sqrt(Math.max(0, (row[i] ?? 0) * variance)));
    return { coefficients, errors, residuals, rss, autocorrelation };
  }

  #inverse(columns: readonly Column[]): number[][] | null {
    if (this.#y.length <= columns.length + this.#bounds.length - 1) return null;
    return invert(columns.map((a) => columns.map((b) => this.#product(a, b) * (a === b ? 1 + RIDGE : 1))));
  }

  #product(a: Column, b: Column): number {
    return this.#products[Math.max(a, b)]?.[Math.min(a, b)] ?? 0;
  }

  #coefficients(columns: readonly Column[], inverse: readonly (readonly number[])[]): number[] {
    return inverse.map((row) => row.reduce((sum, value, i) => sum + value * (this.#withY[columns[i] ?? 0] ?? 0), 0));
  }

  #lagOne(values: Float64Array): number {
    let product = 0;
    let square = 0;
    for (let bound = 1; bound < this.#bounds.length; bound++) {
      const first = this.#bounds[bound - 1] ?? 0;
      for (let row = first; row < (this.#bounds[bound] ?? 0); row++) {
        square += (values[row] ?? 0) ** 2;
        if (row > first) product += (values[row] ?? 0) * (values[row - 1] ?? 0);
      }
    }
    return square > 0 ? product / square : 0;
  }
}

/** First row of each group, and the number of rows at the end. */
function boundsOf(group: Int32Array): number[] {
  const bounds = [0];
  for (let row = 1; row < group.length; row++) if (group[row] !== group[row - 1]) bounds.push(row);
  bounds.push(group.length);
  return bounds;
}

/** Each value minus the mean of its group. */
function centre(values: Float64Array, bounds: readonly number[]): Float64Array {
  const centred = new Float64Array(values.length);
  for (let bound = 1; bound < bounds.length; bound++) {
    const [first, end] = [bounds[bound - 1] ?? 0, bounds[bound] ?? 0];
    let sum = 0;
    for (let row = first; row < end; row++) sum += values[row] ?? 0;
    const mean = sum / (end - first);
    for (let row = first; row < end; row++) centred[row] = (values[row] ?? 0) - mean;
  }
  return centred;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
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
