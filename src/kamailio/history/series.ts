/**
 * One counter over time in columns: a row is a bucket (an hour, a day, or a single raw sample with count 1).
 *
 * Columns instead of row objects, because a year of 16 processes is half a million rows that a judgement walks in milliseconds.
 * Buckets keep min, max and last, never an average: pools fail at peaks and leaks show at troughs.
 */

/** Rows ordered by `at`, the start of the bucket in epoch milliseconds. All columns have the same length. */
export interface Series {
  at: Float64Array;
  min: Float64Array;
  max: Float64Array;
  last: Float64Array;
  /** Raw samples in the bucket. */
  count: Uint32Array;
}

/** The series without rows. */
export const EMPTY_SERIES: Series = Object.freeze({
  at: new Float64Array(0),
  min: new Float64Array(0),
  max: new Float64Array(0),
  last: new Float64Array(0),
  count: new Uint32Array(0),
});

/** Appends raw values in time order and keeps one row for each bucket. */
export class SeriesBuilder {
  #at: number[] = [];
  #min: number[] = [];
  #max: number[] = [];
  #last: number[] = [];
  #count: number[] = [];
  readonly #bucketMs: number;

  /** @param bucketMs width of a bucket; 0 keeps every sample as its own row. */
  constructor(bucketMs: number) {
    this.#bucketMs = bucketMs;
  }

  add(at: number, value: number): void {
    const start = this.#bucketMs > 0 ? Math.floor(at / this.#bucketMs) * this.#bucketMs : at;
    const row = this.#at.length - 1;
    if (row >= 0 && this.#at[row] === start) {
      this.#min[row] = Math.min(this.#min[row] ?? value, value);
      this.#max[row] = Math.max(this.#max[row] ?? value, value);
      this.#last[row] = value;
      this.#count[row] = (this.#count[row] ?? 0) + 1;
      return;
    }
    this.#at.push(start);
    this.#min.push(value);
    this.#max.push(value);
    this.#last.push(value);
    this.#count.push(1);
  }

  build(): Series {
    return {
      at: Float64Array.from(this.#at),
      min: Float64Array.from(this.#min),
      max: Float64Array.from(this.#max),
      last: Float64Array.from(this.#last),
      count: Uint32Array.from(this.#count),
    };
  }
}
