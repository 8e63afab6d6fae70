/**
 * What an upgrade, a change of settings or configuration, a restart or something that somebody did has done to memory: level, slope and cost of each
 * object before and after, with a verdict. The stretch before ends, and the stretch after begins, with the change; neither reaches over another change.
 */
import type { Series } from "../../kamailio/history/series.js";
import type { CountedObject } from "../../kamailio/knowledge/costs/objects.js";
import type { Pool } from "../../kamailio/pool.js";
import { DAY, HOUR, mb } from "../../kamailio/units.js";
import { capacityBasis } from "../capacity/basis.js";
import { COUNTED, populationSeries } from "../capacity/populations.js";
import type { History } from "../history/history.js";
import type { Confidence } from "../sizing/sizing.js";
import { median, quantile } from "../statistics/quantile.js";
import { theilSen } from "../statistics/theil-sen.js";

export type ChangeKind = "build" | "settings" | "config" | "restart" | "mark";

export interface Change {
  kind: ChangeKind;
  /** Epoch ms. */
  at: number;
  from: string | null;
  to: string | null;
  summary: string;
}

export type EffectVerdict =
  | "no_effect"
  | "step_up"
  | "step_down"
  | "leak_began"
  | "leak_ended"
  | "dearer"
  | "cheaper"
  | "cannot_tell";

interface Pair<T> {
  before: T | null;
  after: T | null;
}

export interface PoolEffect {
  pool: Pool;
  level_bytes: Pair<number>;
  slope_bytes_per_day: Pair<number>;
  costs: { object: CountedObject; bytes: Pair<number> }[];
  verdict: EffectVerdict;
  confidence: Confidence;
  evidence: string;
}

/** A stretch is at most so long, and settles for so long after a change. */
const LONGEST = 14 * DAY;
const SETTLES = HOUR;
/** Fewer rows on a side tell nothing. */
const LEAST_ROWS = 8;
/** A slope needs so long a stretch on each side. */
const SLOPE_NEEDS = 2 * DAY;
/** A step stands out of the spread of both sides, and is worth so much of the level. */
const STEP_SPREADS = 3;
const STEP_SHARE = 0.05;
/** A slope that adds so much of the level in a day is worth a word. */
const SLOPE_SHARE = 0.01;
/** A cost is another when it differs by so much. */
const COST_SHARE = 0.1;

interface Side {
  level: number;
  spread: number;
  slope: { low: number; likely: number; high: number } | null;
  days: number;
  rows: number;
}

/** @param others moments (epoch ms) of all changes: a stretch does not reach over one */
export function effectOf(history: History, change: Change, others: readonly number[]): PoolEffect[] {
  const earlier = others.filter((at) => at < change.at);
  const later = others.filter((at) => at > change.at + SETTLES);
  const from = Math.max(change.at - LONGEST, ...earlier.map((at) => at + SETTLES));
  const to = Math.min(change.at + LONGEST, ...later);
  return (["shm", "pkg"] as const).map((pool) => effectOn(pool, history, change, from, to));
}

function effectOn(pool: Pool, history: History, change: Change, from: number, to: number): PoolEffect {
  const before = between(history, from, change.at);
  const after = between(history, change.at + SETTLES, to);
  const a = sideOf(before, pool);
  const b = sideOf(after, pool);
  const costs = pool === "shm" ? costPairs(before, after) : [];
  const effect = {
    pool,
    level_bytes: { before: a === null ? null : Math.round(a.level), after: b === null ? null : Math.round(b.level) },
    slope_bytes_per_day: { before: rounded(a), after: rounded(b) },
    costs,
  };
  if (a === null || b === null)
    return {
      ...effect,
      verdict: "cannot_tell",
      confidence: "low",
      evidence: `too few samples ${a === null ? "before" : "after"} the change`,
    };
  return { ...effect, ...verdictOf(a, b, costs) };
}

function verdictOf(a: Side, b: Side, costs: PoolEffect["costs"]): Pick<PoolEffect, "verdict" | "confidence" | "evidence"> {
  const confidence: Confidence = Math.min(a.days, b.days) >= 7 ? "high" : Math.min(a.days, b.days) >= 2 ? "medium" : "low";
  const worth = SLOPE_SHARE * Math.max(a.level, 1);
  if (a.slope !== null && b.slope !== null) {
    const words = `${mb(a.slope.likely)} a day before, ${mb(b.slope.likely)} a day after`;
    if (b.slope.low > Math.max(a.slope.high, 0) && b.slope.likely - a.slope.likely > worth)
      return { verdict: "leak_began", confidence, evidence: words };
    if (a.slope.low > Math.max(b.slope.high, 0) && a.slope.likely - b.slope.likely > worth)
      return { verdict: "leak_ended", confidence, evidence: words };
  }
  for (const { object, bytes } of costs) {
    if (bytes.before === null || bytes.after === null || Math.abs(bytes.after / bytes.before - 1) < COST_SHARE) continue;
    return {
      verdict: bytes.after > bytes.before ? "dearer" : "cheaper",
      confidence,
      evidence: `a ${object.replaceAll("_", " ")} took ${bytes.before} bytes before and takes ${bytes.after} after`,
    };
  }
  const step = b.level - a.level;
  if (Math.abs(step) > STEP_SPREADS * Math.max(a.spread, b.spread) && Math.abs(step) > STEP_SHARE * a.level)
    return { verdict: step > 0 ? "step_up" : "step_down", confidence, evidence: `${mb(a.level)} before, ${mb(b.level)} after` };
  return {
    verdict: "no_effect",
    confidence,
    evidence: `${mb(a.level)} before, ${mb(b.level)} after: within what it moves anyway`,
  };
}

/** Level and slope of what the populations do not explain; of pkg the process that takes most. */
function sideOf(history: History, pool: Pool): Side | null {
  const series = pool === "shm" ? history.shm.real_used : largest(history);
  if (series === null || series.at.length < LEAST_ROWS) return null;
  const values = pool === "shm" ? withoutLoad(history, series) : series.last;
  const first = series.at[0] ?? 0;
  const days = Float64Array.from(series.at, (at) => (at - first) / DAY);
  const span = days.at(-1) ?? 0;
  const slope = span * DAY >= SLOPE_NEEDS ? theilSen(days, values) : null;
  const level = median(values);
  return { level, spread: (quantile(values, 0.9) - quantile(values, 0.1)) / 2, slope, days: span, rows: series.at.length };
}

function largest(history: History): Series | null {
  let found: Series | null = null;
  let most = -1;
  for (const { real_used } of history.processes) {
    const peak = real_used.max.reduce((high, value) => Math.max(high, value), 0);
    if (peak > most) [found, most] = [real_used, peak];
  }
  return found;
}

/** real_used less the populations at what each costs here, so that more load is no step. */
function withoutLoad(history: History, series: Series): Float64Array {
  const basis = capacityBasis(history);
  const populations = [...populationSeries(history)];
  const cursors = populations.map(() => 0);
  return Float64Array.from(series.at, (at, row) => {
    let value = series.last[row] ?? 0;
    for (const [index, [object, one]] of populations.entries()) {
      let cursor = cursors[index] ?? 0;
      while (cursor + 1 < one.at.length && (one.at[cursor + 1] ?? 0) <= at) cursor++;
      cursors[index] = cursor;
      const cost = basis.costs.find((each) => each.object === object)?.bytes.likely ?? 0;
      value -= cost * (one.value[cursor] ?? 0);
    }
    return value;
  });
}

/** Costs that were measured on both sides. */
function costPairs(before: History, after: History): PoolEffect["costs"] {
  const [a, b] = [capacityBasis(before).costs, capacityBasis(after).costs];
  return COUNTED.flatMap((object) => {
    const measured = (costs: typeof a) =>
      costs.find((cost) => cost.object === object && cost.source === "measured")?.bytes ?? null;
    const [old, now] = [measured(a), measured(b)];
    if (old === null && now === null) return [];
    return [{ object, bytes: { before: old?.likely ?? null, after: now?.likely ?? null } }];
  });
}

function rounded(side: Side | null): number | null {
  return side?.slope == null ? null : Math.round(side.slope.likely);
}

/** The history from `from` (included) to `to`. */
function between(history: History, from: number, to: number): History {
  const cut = (series: Series) => cutSeries(series, from, to);
  const { total, used, real_used, max_used, fragments } = history.shm;
  return {
    ...history,
    shm: { total: cut(total), used: cut(used), real_used: cut(real_used), max_used: cut(max_used), fragments: cut(fragments) },
    processes: history.processes
      .map((process) => ({ ...process, real_used: cut(process.real_used) }))
      .filter(({ real_used: kept }) => kept.at.length > 0),
    load: new Map([...history.load].map(([name, series]) => [name, cut(series)])),
    events: history.events.filter(({ at }) => at > from && at < to),
  };
}

function cutSeries(series: Series, from: number, to: number): Series {
  const first = firstFrom(series.at, from);
  const end = firstFrom(series.at, to);
  return {
    at: series.at.subarray(first, end),
    min: series.min.subarray(first, end),
    max: series.max.subarray(first, end),
    last: series.last.subarray(first, end),
    count: series.count.subarray(first, end),
  };
}

function firstFrom(at: Float64Array, time: number): number {
  let low = 0;
  let high = at.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((at[middle] ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
