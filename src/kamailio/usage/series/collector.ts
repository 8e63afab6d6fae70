/**
 * Puts values with times together into moments.
 *
 * Tools write a history in two orders: all counters of a time and then the next time, or one counter through all times and then the next
 * counter. The first order is recognised from the first MANY values and streams from then on; the other is held, at most MAX_POINTS of it,
 * and sorted at the end. Values need not have one time to be of one moment: an agent asks for one item after the other, so a moment lasts for half
 * the step of the densest series, at most half a minute. What an agent sends only when it changed (the size of the pool) stands until it changes.
 */
import { assemble, type Reading } from "../assemble.js";
import type { PointsSink, Series } from "./series.js";

export interface Collector {
  add(series: Series, at: number, value: number, line: number, form: string): void;
  end(): void;
}

/** Values before the order is decided. */
const MANY = 60_000;
/** About 60 MB and a second to sort: four months of minutes of all counters of the shared pool. */
const MAX_POINTS = 1_000_000;
/** ms. */
const MOST_APART = 30_000;

interface Point {
  series: Series;
  at: number;
  value: number;
  line: number;
}

export function createCollector(sink: PointsSink): Collector {
  let held: Point[] = [];
  let ordered = true;
  let streaming: ReturnType<typeof createMoments> | null = null;
  let last = Number.NEGATIVE_INFINITY;
  let seriesSeen = new Set<number>();
  let form = "";
  let full = false;
  let backwards = false;

  function decide(): void {
    if (!ordered || seriesSeen.size < 2) return;
    streaming = createMoments(held, sink, form);
    for (const point of held) streaming.add(point);
    held = [];
    seriesSeen = new Set();
  }

  return {
    add(series, at, value, line, from) {
      form = from;
      ordered &&= at >= last;
      last = at;
      if (streaming !== null) {
        if (ordered) streaming.add({ series, at, value, line });
        else if (!backwards) {
          backwards = true;
          sink.reject(line, "the times go back: what follows was left out", "sort the history by time, or post it in parts");
        }
        return;
      }
      if (held.length >= MAX_POINTS) {
        if (!full)
          sink.reject(line, `more than ${MAX_POINTS} values, one counter after the other: the rest was left out`, SHORTER);
        full = true;
        return;
      }
      held.push({ series, at, value, line });
      if (held.length < MANY) seriesSeen.add(series.id);
      else if (held.length === MANY) decide();
    },
    end() {
      if (streaming === null && held.length > 0) {
        if (!ordered) held.sort((a, b) => a.at - b.at);
        streaming = createMoments(held, sink, form);
        for (const point of held) streaming.add(point);
      }
      held = [];
      streaming?.end();
    },
  };
}

const SHORTER = "export a shorter stretch at a time (start and end); samples that are known already do no harm";

/** Makes samples of values in the order of time. `known`: the first of them, by which steps and servers are judged. */
function createMoments(known: readonly Point[], sink: PointsSink, form: string) {
  const window = Math.min(MOST_APART, smallestStep(known) / 2);
  const servers = severalServers(known);
  if (servers !== null) {
    const line = known[0]?.line ?? 1;
    sink.reject(
      line,
      `these are the counters of several servers: ${servers}`,
      "export one server at a time and post it to its own instance",
    );
  }
  let several = servers !== null;
  /** The size of a pool stands until another is told; at the beginning the first one that is told counts. */
  const sizes = new Map<string, { series: Series; value: number; line: number }>();
  for (const point of known) if (isSize(point.series) && !sizes.has(point.series.key)) sizes.set(point.series.key, point);
  let moment = new Map<string, Point>();
  let start = Number.NEGATIVE_INFINITY;

  function emit(): void {
    if (moment.size === 0) return;
    const readings: Reading[] = [];
    for (const { series, value, line } of moment.values()) readings.push(readingOf(series, value, line));
    for (const [key, { series, value, line }] of sizes)
      if (!moment.has(key) && isBeside(series, moment)) readings.push(readingOf(series, value, line));
    moment = new Map();
    sink.moment(assemble(readings, form, sink), start);
  }

  return {
    add(point: Point): void {
      if (several) return;
      const { series, at } = point;
      const there = moment.get(series.key);
      if (there !== undefined && there.series !== series && there.value !== point.value && at - start <= window) {
        several = true;
        sink.reject(
          point.line,
          "two series give the same counter at the same time",
          "export one server at a time, or one of the two",
        );
        return;
      }
      if (there !== undefined || at - start > window) {
        if (there !== undefined && at === there.at && there.value === point.value) return;
        emit();
        start = at;
      }
      moment.set(series.key, point);
      if (isSize(series)) sizes.set(series.key, point);
    },
    end: emit,
  };
}

function readingOf({ counter, labels }: Series, value: number, line: number): Reading {
  return { target: counter.target, narrow: counter.narrow, labels, value, line };
}

function isSize({ counter: { target } }: Series): boolean {
  return (target.kind === "shm" && target.field === "total") || (target.kind === "pkg" && target.field === "total_size");
}

/** Does the moment have another counter of the same pool, and of the same process? */
function isBeside(size: Series, moment: ReadonlyMap<string, Point>): boolean {
  const { target } = size.counter;
  if (target.kind === "shm") return SHM_KEYS.some((key) => moment.has(key));
  const process = size.key.slice(size.key.lastIndexOf(" ") + 1);
  return PKG_FIELDS.some((field) => moment.has(`pkg ${field} ${process}`));
}

const SHM_KEYS = ["shm real_used ", "shm used ", "shm free "];
const PKG_FIELDS = ["real_used", "used", "free"];

/** The median distance of two values of the densest series, ms; what stands once has none. */
function smallestStep(points: readonly Point[]): number {
  const lastOf = new Map<number, number>();
  const gaps = new Map<number, number[]>();
  for (const { series, at } of points) {
    const before = lastOf.get(series.id);
    lastOf.set(series.id, at);
    if (before === undefined || at <= before) continue;
    const known = gaps.get(series.id);
    if (known === undefined) gaps.set(series.id, [at - before]);
    else if (known.length < MAX_GAPS) known.push(at - before);
  }
  let smallest = 2 * MOST_APART;
  for (const each of gaps.values()) smallest = Math.min(smallest, each.sort((a, b) => a - b)[each.length >> 1] ?? smallest);
  return smallest;
}

const MAX_GAPS = 1000;

/** The labels by which two series of one counter differ, when both have values in the same stretch of time; a pod that replaced another does not. */
function severalServers(points: readonly Point[]): string | null {
  const spans = new Map<string, Map<Series, [from: number, to: number]>>();
  for (const { series, at } of points) {
    const same = spans.get(series.key) ?? new Map<Series, [number, number]>();
    spans.set(series.key, same);
    const span = same.get(series);
    if (span === undefined) same.set(series, [at, at]);
    else span[1] = at;
  }
  for (const same of spans.values()) {
    const sorted = [...same].sort(([, a], [, b]) => a[0] - b[0]);
    for (const [index, [series, [from]]] of sorted.entries()) {
      const before = sorted[index - 1];
      if (before !== undefined && before[1][1] >= from && before[0].server !== series.server)
        return `${before[0].server.slice(0, MAX_SHOWN)} and ${series.server.slice(0, MAX_SHOWN)}`;
    }
  }
  return null;
}

const MAX_SHOWN = 200;
