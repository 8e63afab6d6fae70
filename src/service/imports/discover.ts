/** Finds out what there is to import before the first sample is fetched: the metrics, the one server that is meant, the times, the step. */
import { DAY, SECOND } from "../../kamailio/units.js";
import { pointsIn } from "./chunks.js";
import { failure, ImportFailure } from "./import-failure.js";
import type { ImportPlan, ImportRequest, LabelSet } from "./import-state.js";
import { kamailioMetrics, type Probe, probesOf } from "./kamailio-metrics.js";
import { latestWithin, type PrometheusSource, type Series, selector, TooMuch } from "./prometheus.js";
import { findTargets, severalTargets, shownTargets } from "./targets.js";

export interface Discovery {
  plan: ImportPlan;
  warnings: string[];
}

/** The step when nothing tells how often the server was asked. */
const DEFAULT_STEP = 60 * SECOND;
/** Bounds of a step that is guessed: memory does not move within seconds, and an hour is what is kept for years. */
const LEAST_STEP = 15 * SECOND;
const MOST_STEP = 3600 * SECOND;
/** Prometheus' own look-back. Milliseconds. */
const SERVER_LOOKBACK = 300 * SECOND;
/** Points of one import: ten years of minutes. */
export const MOST_POINTS = 5_256_000;
/** Servers that follow one another (a pod that is started anew) overlap for minutes; those that run side by side, always. */
const MOST_OVERLAP = 0.05;
/** query_range answers at most 11,000 points. */
const OVERLAP_POINTS = 5_000;

/**
 * @param now epoch ms
 * @param history_days how far back to look when the caller does not say
 * @throws ImportFailure when there is nothing, or more than one server; its `targets` are what to choose from
 */
export async function discover(
  source: PrometheusSource,
  request: ImportRequest,
  now: number,
  history_days: number,
): Promise<Discovery> {
  const to = Math.min(request.to ?? now, now);
  const from = request.from ?? to - history_days * DAY;
  const match = Object.fromEntries(request.match);
  const metrics = kamailioMetrics(await source.metricNames(from, to));
  const probes = probesOf(metrics);
  if (probes.length === 0)
    throw failure(
      "no_kamailio_metrics",
      "This server has no metrics of Kamailio in that time.",
      "Names of xhttp_prom (kamailio_shmem_real_used_size, or with its own xhttp_prom_beginning), of florentchauveau/kamailio_exporter (kamailio_core_shmmem_real_used) and of voiplens/kamailio_exporter (kamailio_shm_bytes) are known.",
    );
  const targets = await findTargets(source, probes, match, from, to);
  const [only, ...others] = targets;
  if (only === undefined) {
    const all = request.match.length === 0 ? [] : await findTargets(source, probes, {}, from, to);
    throw failure(
      "no_such_target",
      "No metrics of Kamailio fit `match` in that time.",
      "`targets` lists the label sets that there are.",
      shownTargets(all),
    );
  }
  if (others.length > 0 && request.match.length === 0)
    throw severalTargets(targets, "This server has the metrics of several servers");
  const queried = others.length === 0 ? only : match;
  const intervals = await timesWithData(source, probes, queried, from, to);
  if (others.length > 0) await refuseParallel(source, probes, queried, targets, intervals);
  const interval = await scrapeInterval(source, probes, queried, intervals);
  const step = stepOf(request, interval, intervals);
  const lookback = await lookbackOf(source, probes, queried, interval, step, intervals);
  const warnings = intervals.length > 0 ? [] : ["there are no samples in that time"];
  const plan = { metrics, targets, match: queried, step, lookback, intervals };
  return { plan, warnings };
}

function probeSelector(probe: Probe, match: Readonly<LabelSet>): string {
  return selector(probe.name, { ...match, ...probe.match });
}

/** Days with samples, put together: an import of two years from a server that keeps 15 days asks for 15. */
async function timesWithData(
  source: PrometheusSource,
  probes: readonly Probe[],
  match: Readonly<LabelSet>,
  from: number,
  to: number,
): Promise<[number, number][]> {
  const days = Math.ceil((to - from) / DAY);
  const ends = new Set<number>();
  for (const probe of probes) {
    const query = `max_over_time(${probeSelector(probe, match)}[1d])`;
    const series = await orNull(source.queryRange(query, to - (days - 1) * DAY, to, DAY));
    if (series === null) return [[from, to]];
    for (const { values } of series) for (const [at] of values) ends.add(at);
  }
  const intervals: [number, number][] = [];
  for (const end of [...ends].sort((a, b) => a - b)) {
    const start = Math.max(from, end - DAY);
    const last = intervals.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = end;
    else intervals.push([start, end]);
  }
  return intervals;
}

/** Milliseconds between two samples on the last day; `null` when it cannot be told. */
async function scrapeInterval(
  source: PrometheusSource,
  probes: readonly Probe[],
  match: Readonly<LabelSet>,
  intervals: readonly [number, number][],
): Promise<number | null> {
  const end = intervals.at(-1)?.[1];
  if (end === undefined) return null;
  for (const probe of probes) {
    const series = await orNull(source.query(`${probeSelector(probe, match)}[1d]`, end));
    const between = (series ?? []).flatMap(gaps).sort((a, b) => a - b);
    const median = between[Math.floor(between.length / 2)];
    if (median !== undefined) return Math.max(SECOND, Math.round(median / SECOND) * SECOND);
  }
  return null;
}

function gaps({ values }: Series): number[] {
  return values.slice(1).map(([at], index) => at - (values[index]?.[0] ?? at));
}

/** @throws ImportFailure when the caller's step makes too many points */
function stepOf(request: ImportRequest, interval: number | null, intervals: [number, number][]): number {
  const guessed = Math.min(MOST_STEP, Math.max(LEAST_STEP, interval ?? DEFAULT_STEP));
  let step = request.step_s === null ? guessed : request.step_s * SECOND;
  while (request.step_s === null && pointsIn({ intervals, step }) > MOST_POINTS) step *= 2;
  if (pointsIn({ intervals, step }) > MOST_POINTS)
    throw failure(
      "step_too_small",
      `A step of ${request.step_s} s makes more than ${MOST_POINTS} points of that time.`,
      "Ask for a larger step or a shorter time.",
    );
  return step;
}

/**
 * How far back a sample may lie: short, so that a process that is gone does not live on for 5 minutes (xhttp_prom prints times, and so
 * Prometheus does not mark its series as ended); long enough to bridge a scrape that was late.
 */
async function lookbackOf(
  source: PrometheusSource,
  probes: readonly Probe[],
  match: Readonly<LabelSet>,
  interval: number | null,
  step: number,
  intervals: readonly [number, number][],
): Promise<number | null> {
  const end = intervals.at(-1)?.[1];
  const [probe] = probes;
  if (interval === null || end === undefined || probe === undefined) return null;
  // `last_over_time` is younger than the rest of the API (Prometheus 2.26).
  const known = await orNull(source.query(latestWithin(probeSelector(probe, match), DAY), end));
  return known === null ? null : Math.max(1.5 * interval, Math.min(step, SERVER_LOOKBACK));
}

/** @throws ImportFailure when the servers that fit run side by side, and so are no incarnations of one */
async function refuseParallel(
  source: PrometheusSource,
  probes: readonly Probe[],
  match: Readonly<LabelSet>,
  targets: readonly LabelSet[],
  intervals: readonly [number, number][],
): Promise<void> {
  const from = intervals[0]?.[0];
  const to = intervals.at(-1)?.[1];
  const labels = [...new Set(targets.flatMap(Object.keys))];
  if (from === undefined || to === undefined) return;
  const step = Math.max(DEFAULT_STEP, Math.ceil((to - from) / OVERLAP_POINTS / SECOND) * SECOND);
  for (const probe of probes) {
    const query = `count(count by (${labels.join(",")}) (${probeSelector(probe, match)}))`;
    const [counts] = (await orNull(source.queryRange(query, from, to, step))) ?? [];
    const points = counts?.values ?? [];
    const parallel = points.filter(([, count]) => Number(count) > 1).length;
    if (points.length > 0 && parallel / points.length > MOST_OVERLAP)
      throw severalTargets(targets, "Several servers that run side by side fit `match`");
  }
}

/** A query without which the import does as well, only slower; `null` when the server does not answer it. */
async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof TooMuch || (error instanceof ImportFailure && error.problem.code === "not_prometheus")) return null;
    throw error;
  }
}
