/**
 * Buckets of one entity over a period (a day's hours, a month's days) as one packed row: for each counter min, max and last, never an average.
 * A column that does not change over the period, as most do, is one number.
 */
import { pack, unpack } from "msgpackr";

/** One bucket. `values` holds min, max, last of each counter, NaN where it was not seen. */
export interface Bucket {
  /** Raw samples. */
  count: number;
  /** When the first of them was taken, epoch ms; of a bucket that was kept it is not known any more: NaN. */
  first_at: number;
  /** When the last of them was taken, epoch ms: decides which of two `last` is later. */
  last_at: number;
  values: Float64Array;
}

/** Buckets by their place in the period, from 0. */
export type Buckets = Map<number, Bucket>;

type Column = number | null | Uint8Array;
type PackedBuckets = [slots: number[], counts: number[], lastAts: number[], columns: Column[]];

const PER_COUNTER = 3;

export function newBucket(counters: number): Bucket {
  return {
    count: 0,
    first_at: Number.POSITIVE_INFINITY,
    last_at: Number.NEGATIVE_INFINITY,
    values: new Float64Array(counters * PER_COUNTER).fill(Number.NaN),
  };
}

/** Takes one raw value of each counter (`null`: not seen) into the bucket. */
export function addToBucket(bucket: Bucket, at: number, values: readonly (number | null)[]) {
  bucket.count++;
  bucket.first_at = Math.min(bucket.first_at, at);
  const isLatest = at >= bucket.last_at;
  if (isLatest) bucket.last_at = at;
  for (let counter = 0; counter < values.length; counter++) {
    const value = values[counter];
    if (value === null || value === undefined) continue;
    widen(bucket.values, counter * PER_COUNTER, value, value, value, isLatest);
  }
}

/** Takes a whole bucket into another: a day's hours into the day. */
export function foldBucket(into: Bucket, from: Bucket) {
  into.count += from.count;
  mergeValues(into, from);
}

/**
 * Takes a bucket of the same time into the one that is kept. Doing it twice changes nothing: `count` is the larger one unless the
 * incoming samples all come after the kept ones, since the raw samples that would tell an overlap are gone.
 *
 * @returns whether anything changed
 */
export function mergeBucket(into: Bucket, from: Bucket): boolean {
  const before = into.values.slice();
  const follows = from.first_at > into.last_at;
  const changedCount = follows || from.count > into.count || from.last_at > into.last_at;
  into.count = follows ? into.count + from.count : Math.max(into.count, from.count);
  mergeValues(into, from);
  return changedCount || before.some((value, index) => !Object.is(value, into.values[index]));
}

function mergeValues(into: Bucket, from: Bucket) {
  const isLatest = from.last_at >= into.last_at;
  into.last_at = Math.max(into.last_at, from.last_at);
  for (let start = 0; start < from.values.length; start += PER_COUNTER) {
    const [min = Number.NaN, max = Number.NaN, last = Number.NaN] = from.values.subarray(start, start + PER_COUNTER);
    if (!Number.isNaN(min)) widen(into.values, start, min, max, last, isLatest);
  }
}

function widen(values: Float64Array, start: number, min: number, max: number, last: number, isLatest: boolean) {
  const kept = values[start] ?? Number.NaN;
  if (Number.isNaN(kept)) {
    values.set([min, max, last], start);
    return;
  }
  values[start] = Math.min(kept, min);
  values[start + 1] = Math.max(values[start + 1] ?? max, max);
  if (isLatest) values[start + 2] = last;
}

export function packBuckets(buckets: Buckets, counters: number): Uint8Array {
  const slots = [...buckets.keys()].sort((a, b) => a - b);
  const columns: Column[] = [];
  for (let index = 0; index < counters * PER_COUNTER; index++)
    columns.push(packColumn(slots.map((slot) => buckets.get(slot)?.values[index] ?? Number.NaN)));
  const packed: PackedBuckets = [
    slots,
    slots.map((slot) => buckets.get(slot)?.count ?? 0),
    slots.map((slot) => buckets.get(slot)?.last_at ?? 0),
    columns,
  ];
  return pack(packed);
}

function packColumn(values: number[]): Column {
  const [first = Number.NaN] = values;
  if (values.every((value) => Object.is(value, first))) return Number.isNaN(first) ? null : first;
  return new Uint8Array(Float64Array.from(values).buffer);
}

/** The columns of a packed row, cheap to walk: `column(i)` of counter c is `3c` min, `3c+1` max, `3c+2` last. */
export interface BucketColumns {
  slots: number[];
  counts: number[];
  lastAts: number[];
  /** A constant, or a value for each slot. */
  columns: (number | Float64Array)[];
}

export function unpackColumns(packed: Uint8Array): BucketColumns {
  const [slots, counts, lastAts, columns] = unpack(packed) as PackedBuckets;
  return { slots, counts, lastAts, columns: columns.map(unpackColumn) };
}

function unpackColumn(column: Column): number | Float64Array {
  if (column === null) return Number.NaN;
  // A copy: the packed row's own bytes are not aligned.
  return typeof column === "number" ? column : new Float64Array(new Uint8Array(column).buffer);
}

export function unpackBuckets(packed: Uint8Array): Buckets {
  const { slots, counts, lastAts, columns } = unpackColumns(packed);
  return new Map(
    slots.map((slot, row) => [
      slot,
      {
        count: counts[row] ?? 0,
        first_at: Number.NaN,
        last_at: lastAts[row] ?? 0,
        values: Float64Array.from(columns, (column) => (typeof column === "number" ? column : (column[row] ?? Number.NaN))),
      },
    ]),
  );
}
