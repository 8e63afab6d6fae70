/** A stretch of an instance's history as curves of at most so many points, from the coarsest source that still shows it well. */
import { setImmediate as otherWork } from "node:timers/promises";
import { DAY, HOUR } from "../../kamailio/units.js";
import type { SeriesKind, TimedSample, UsageStore } from "../../store/usage/usage.js";
import { CurveCollector, type Selection } from "./collect-curves.js";
import type { UsageCurves } from "./curves.js";
import { bucketWidth, coarser } from "./down-sample.js";

/** Raw samples, or hours, are read while a bucket is narrower than this share of the next coarser source's. */
const FINER_BELOW = 1 / 4;
/** Raw samples unpacked at a time: some milliseconds. */
const PAGE = 500;
/** Points in one answer over all its curves: 3 MB of JSON. */
const MOST_POINTS = 30_000;

export interface CurvesRequest extends Selection {
  /** Epoch ms; `null`: as far as the history reaches. */
  from: number | null;
  to: number | null;
  /** Points of a curve at the most. */
  points: number;
}

/** Brings the roll-ups up to date and reads the curves; no curves when there is no history in that stretch. */
export async function usageCurves(
  usage: UsageStore,
  instance: string,
  request: CurvesRequest,
  now: number,
): Promise<UsageCurves> {
  await usage.rollUp(instance);
  const span = await usage.span(instance);
  const from = request.from ?? Math.min(span.from ?? now, request.to ?? Number.POSITIVE_INFINITY);
  const to = Math.max(from, request.to ?? span.to ?? now);
  // What is asked for can be wider than what there is: points are for the latter.
  const begin = Math.max(from, span.from ?? from);
  const end = Math.max(begin, Math.min(to, (span.to ?? to) + HOUR));
  const source = sourceFor(begin, Math.min(end, span.to ?? end), request.points, span.raw_from);
  const read =
    source === "raw"
      ? await readRaw(usage, instance, begin, end, request)
      : await readRolledUp(usage, instance, source, begin, end, request);
  const events = await usage.events(instance, from, to);
  return { from, to, resolution: source, events, ...limited(read, end - begin) };
}

function sourceFor(from: number, to: number, points: number, rawFrom: number | null): "raw" | "hour" | "day" {
  const width = (to - from) / points;
  if (width >= DAY * FINER_BELOW) return "day";
  if (width >= HOUR * FINER_BELOW || rawFrom === null || from < rawFrom) return "hour";
  return "raw";
}

interface ReadCurves extends Pick<UsageCurves, "bucket_ms" | "curves"> {
  isCut: boolean;
}

async function readRaw(
  usage: UsageStore,
  instance: string,
  from: number,
  to: number,
  request: CurvesRequest,
): Promise<ReadCurves> {
  // Few samples are shown one by one: which it is shows when they have been read.
  let waiting: TimedSample[] | null = [];
  let collector = new CurveCollector(request, 0);
  let bucket_ms = 0;
  for await (const page of rawPages(usage, instance, from, to)) {
    if (waiting !== null) {
      waiting.push(...page);
      if (waiting.length <= request.points) continue;
      bucket_ms = bucketWidth(to - from, request.points, 1);
      collector = new CurveCollector(request, bucket_ms);
      for (const { at, sample } of waiting) collector.addSample(at, sample);
      waiting = null;
    } else for (const { at, sample } of page) collector.addSample(at, sample);
  }
  for (const { at, sample } of waiting ?? []) collector.addSample(at, sample);
  return { bucket_ms, ...collector.build() };
}

/** The raw samples of a stretch, both ends included, page by page; other requests get in between. */
export async function* rawPages(usage: UsageStore, instance: string, from: number, to: number): AsyncGenerator<TimedSample[]> {
  let next = from;
  while (next <= to) {
    const page = await usage.samples(instance, next, to + 1, PAGE);
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    next = last.at + 1;
    await otherWork();
  }
}

async function readRolledUp(
  usage: UsageStore,
  instance: string,
  resolution: "hour" | "day",
  from: number,
  to: number,
  request: CurvesRequest,
): Promise<ReadCurves> {
  const bucket_ms = bucketWidth(to - from, request.points, resolution === "hour" ? HOUR : DAY);
  const collector = new CurveCollector(request, bucket_ms);
  for (const kind of kindsOf(request)) {
    for (const series of await usage.series(instance, resolution, from, to, [kind])) collector.addRollup(series);
    await otherWork();
  }
  return { bucket_ms, ...collector.build() };
}

function kindsOf({ pool }: Selection): readonly SeriesKind[] {
  return pool === null ? ["shm", "pkg", "load"] : [pool];
}

/** Widens the buckets when all curves together are too many points for an answer. */
function limited({ curves, bucket_ms, isCut }: ReadCurves, span: number): Pick<UsageCurves, "bucket_ms" | "curves" | "warnings"> {
  const warnings = isCut ? ["there are more processes than one answer holds: ask for one with pid="] : [];
  const points = curves.reduce((sum, curve) => sum + curve.points.at.length, 0);
  if (points <= MOST_POINTS) return { curves, bucket_ms, warnings };
  const width = bucketWidth(span, Math.floor(MOST_POINTS / curves.length), Math.max(bucket_ms, 1));
  warnings.push("all curves together are too many points for one answer: there are fewer of each; ask for one pool or process");
  return { curves: curves.map((curve) => ({ ...curve, points: coarser(curve.points, width) })), bucket_ms: width, warnings };
}
