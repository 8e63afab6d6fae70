/** Makes many points few without losing a peak: buckets keep the lowest, the highest and the last value, never an average. */
import type { Series } from "../../kamailio/history/series.js";
import { DAY, HOUR, MINUTE, SECOND } from "../../kamailio/units.js";

/** Widths that divide each other's common multiples, so that buckets begin at round times. */
const WIDTHS = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].map((n) => n * DAY),
];
const WIDEST = 10_000 * DAY;

/**
 * The narrowest round width, in ms, at which a span has at most so many buckets.
 *
 * @param least width of what the buckets are made of; the answer is a multiple of it
 */
export function bucketWidth(spanMs: number, points: number, least: number): number {
  // A span that begins inside a bucket touches one more than fit into it.
  return WIDTHS.find((width) => width >= least && Math.floor(spanMs / width) + 2 <= Math.max(points, 2)) ?? WIDEST;
}

/** Collects one curve, in time order, into buckets. */
export class CurveBuilder {
  #at: number[] = [];
  #min: number[] = [];
  #max: number[] = [];
  #last: number[] = [];
  #count: number[] = [];

  /** @param width ms; 0 keeps every row */
  constructor(private readonly width: number) {}

  add(at: number, min: number, max: number, last: number, count: number) {
    const start = this.width === 0 ? at : Math.floor(at / this.width) * this.width;
    const row = this.#at.length - 1;
    if (row < 0 || this.#at[row] !== start) {
      this.#at.push(start);
      this.#min.push(min);
      this.#max.push(max);
      this.#last.push(last);
      this.#count.push(count);
      return;
    }
    this.#min[row] = Math.min(this.#min[row] ?? min, min);
    this.#max[row] = Math.max(this.#max[row] ?? max, max);
    this.#last[row] = last;
    this.#count[row] = (this.#count[row] ?? 0) + count;
  }

  addAll({ at, min, max, last, count }: Series) {
    for (let row = 0; row < at.length; row++)
      this.add(at[row] ?? 0, min[row] ?? 0, max[row] ?? 0, last[row] ?? 0, count[row] ?? 0);
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

/** The same curve in wider buckets. */
export function coarser(series: Series, width: number): Series {
  const builder = new CurveBuilder(width);
  builder.addAll(series);
  return builder.build();
}
