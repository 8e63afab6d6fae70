/**
 * What one contact, dialog, transaction and connection costs on this very server: real_used of shm against the recorded populations, run by run (every
 * restart begins a new level). Only populations that moved enough to tell are asked, rows that do not fit (a reload, a burst of something else) are left
 * out, and what comes out must be plausible: else nothing is said.
 */
import type { CountedObject } from "../../kamailio/knowledge/costs/objects.js";
import type { History } from "../history/history.js";
import { Regression } from "../statistics/least-squares.js";
import { median } from "../statistics/quantile.js";
import { populationSeries } from "./populations.js";

export interface MeasuredCost {
  low: number;
  likely: number;
  high: number;
  /** Rows that were used. */
  rows: number;
  /** How far the population moved. */
  from: number;
  to: number;
}

export interface MeasuredCosts {
  costs: Map<CountedObject, MeasuredCost>;
  /** real_used that the costs times the populations do not explain, in the newest run; `null` when nothing was measured. */
  level: number | null;
}

export type ExpectedCosts = Record<CountedObject, { low: number; likely: number; high: number }>;

/** Fewer rows say nothing. */
const LEAST_ROWS = 10;
/** A population has moved when its range is this share of its highest, and so many objects. */
const MOVED_SHARE = 0.1;
const MOVED_OBJECTS = 20;
/** And when what it must have cost stands out of what moved otherwise. */
const MOVED_BYTES = 64 * 1024;
/** Standard errors to either side: 95 %. */
const Z = 2;
/** An interval wider than this share of the cost tells nothing. */
const WIDEST = 0.5;
/** What a cost may be of the release table's: variables, attributes and modules of one's own multiply it, nothing makes it a tenth. */
const PLAUSIBLE = [0.25, 8] as const;
/** Rows beyond so many times the median deviation are something else. */
const OUTLIER = 4;
const PASSES = 3;
/** More rows only cost time. */
const MOST_ROWS = 3000;

interface Rows {
  y: Float64Array;
  group: Int32Array;
  x: Map<CountedObject, Float64Array>;
}

/** @param expected the release table's costs, against which a result must be plausible */
export function measuredCosts(history: History, expected: ExpectedCosts): MeasuredCosts {
  const nothing: MeasuredCosts = { costs: new Map(), level: null };
  const rows = alignedRows(history);
  if (rows === null) return nothing;
  let objects = [...rows.x.keys()].filter((object) => moved(rows.x.get(object), expected[object].likely));
  const still = new Map([...rows.x].filter(([object]) => !objects.includes(object)));
  while (objects.length > 0) {
    // What did not move enough to tell is taken at the table's cost, so that its small moves trouble nobody.
    const y = without(
      rows.y,
      [...still].map(([object, x]) => ({ x, cost: expected[object].likely })),
    );
    const fit = robustFit({ ...rows, y }, objects);
    if (fit === null) return nothing;
    const verdicts = objects.map((object, index) => ({ object, ...judged(fit, index, expected[object].likely) }));
    const worst = verdicts.filter(({ fits }) => !fits).sort((a, b) => b.width - a.width)[0];
    if (worst === undefined) {
      const costs = new Map<CountedObject, MeasuredCost>();
      for (const [index, object] of objects.entries()) costs.set(object, describe(rows.x.get(object), fit, index));
      return {
        costs,
        level: levelOf(
          y,
          rows.group,
          objects.map((object) => rows.x.get(object)),
          fit.coefficients,
        ),
      };
    }
    objects = objects.filter((object) => object !== worst.object);
    const x = rows.x.get(worst.object);
    if (x !== undefined) still.set(worst.object, x);
  }
  return nothing;
}

/** What is left of each row when the objects take what they cost. */
function without(y: Float64Array, objects: readonly { x: Float64Array; cost: number }[]): Float64Array {
  const taken = new Float64Array(y.length);
  for (const { x, cost } of objects)
    for (let row = 0; row < y.length; row++) taken[row] = (taken[row] ?? 0) + cost * (x[row] ?? 0);
  return taken.map((bytes, row) => (y[row] ?? 0) - bytes);
}

interface RobustFit {
  coefficients: number[];
  errors: number[];
  rows: number;
}

function judged(fit: RobustFit, index: number, expected: number): { fits: boolean; width: number } {
  const cost = fit.coefficients[index] ?? 0;
  const width = (Z * (fit.errors[index] ?? 0)) / Math.max(1, cost);
  return {
    fits: cost >= PLAUSIBLE[0] * expected && cost <= PLAUSIBLE[1] * expected && width <= WIDEST,
    width: cost <= 0 ? Number.POSITIVE_INFINITY : width,
  };
}

function describe(x: Float64Array | undefined, fit: RobustFit, index: number): MeasuredCost {
  const likely = fit.coefficients[index] ?? 0;
  const half = Z * (fit.errors[index] ?? 0);
  const values = x ?? new Float64Array(0);
  return {
    low: Math.max(1, Math.round(likely - half)),
    likely: Math.round(likely),
    high: Math.round(likely + half),
    rows: fit.rows,
    from: values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY),
    to: values.reduce((most, value) => Math.max(most, value), 0),
  };
}

/** Least squares, again without the rows that do not fit. */
function robustFit({ y, group, x }: Rows, objects: readonly CountedObject[]): RobustFit | null {
  let kept = Int32Array.from(y.keys());
  for (let pass = 0; ; pass++) {
    if (kept.length < Math.max(LEAST_ROWS, 3 * objects.length)) return null;
    const regression = new Regression(picked(y, kept), picked(group, kept));
    const columns = objects.map((object) => regression.add(picked(x.get(object) ?? new Float64Array(y.length), kept)));
    const fit = regression.fit(columns);
    if (fit === null) return null;
    const { coefficients, errors, residuals } = fit;
    const spread = median(residuals.map(Math.abs));
    const limit = Math.max(OUTLIER * spread, 4096);
    const next = kept.filter((_, index) => Math.abs(residuals[index] ?? 0) <= limit);
    if (pass === PASSES || next.length === kept.length || next.length < kept.length / 2)
      return { coefficients, errors, rows: kept.length };
    kept = next;
  }
}

/** The values of some rows. */
function picked<T extends Float64Array | Int32Array>(values: T, rows: Int32Array): T {
  const found = values.slice(0, rows.length) as T;
  for (let index = 0; index < rows.length; index++) found[index] = values[rows[index] ?? 0] ?? 0;
  return found;
}

/** real_used without what the objects explain: the median of the newest run. */
function levelOf(
  y: Float64Array,
  group: Int32Array,
  x: readonly (Float64Array | undefined)[],
  coefficients: readonly number[],
): number {
  const last = group.at(-1) ?? 0;
  const rest: number[] = [];
  for (let row = 0; row < y.length; row++)
    if (group[row] === last)
      rest.push((y[row] ?? 0) - x.reduce((sum, one, index) => sum + (coefficients[index] ?? 0) * (one?.[row] ?? 0), 0));
  return median(rest);
}

function moved(x: Float64Array | undefined, cost: number): boolean {
  if (x === undefined) return false;
  const least = x.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY);
  const most = x.reduce((high, value) => Math.max(high, value), 0);
  const range = most - least;
  return range >= MOVED_OBJECTS && range >= MOVED_SHARE * most && range * cost >= MOVED_BYTES;
}

/** Rows at which shm and every population are known; `null` for too few. */
function alignedRows(history: History): Rows | null {
  const { real_used: shm } = history.shm;
  const populations = populationSeries(history);
  if (shm.at.length < LEAST_ROWS || populations.size === 0) return null;
  const breaks = history.events
    .filter(({ kind, pool }) => kind === "restart" || (kind === "resize" && pool !== "pkg"))
    .map(({ at }) => at)
    .sort((a, b) => a - b);
  const cursors = new Map([...populations].map(([object]) => [object, 0]));
  const step = Math.ceil(shm.at.length / MOST_ROWS);
  const apart = spacing(shm.at);
  const y: number[] = [];
  const group: number[] = [];
  const x = new Map([...populations].map(([object]) => [object, [] as number[]]));
  let run = 0;
  for (let row = 0; row < shm.at.length; row++) {
    const at = shm.at[row] ?? 0;
    while (run < breaks.length && (breaks[run] ?? 0) <= at) run++;
    if (row % step !== 0) continue;
    const values: number[] = [];
    for (const [object, series] of populations) {
      let cursor = cursors.get(object) ?? 0;
      while (cursor + 1 < series.at.length && (series.at[cursor + 1] ?? 0) <= at) cursor++;
      cursors.set(object, cursor);
      const seen = series.at[cursor] ?? Number.POSITIVE_INFINITY;
      if (seen > at || at - seen > apart) break;
      values.push(series.value[cursor] ?? 0);
    }
    if (values.length < populations.size) continue;
    y.push(shm.last[row] ?? 0);
    group.push(run);
    let column = 0;
    for (const list of x.values()) list.push(values[column++] ?? 0);
  }
  if (y.length < LEAST_ROWS) return null;
  return {
    y: Float64Array.from(y),
    group: Int32Array.from(group),
    x: new Map([...x].map(([object, list]) => [object, Float64Array.from(list)])),
  };
}

/** How old a population may be beside a sample of shm: two of the usual steps. */
function spacing(at: Float64Array): number {
  const steps: number[] = [];
  for (let row = 1; row < at.length; row++) steps.push((at[row] ?? 0) - (at[row - 1] ?? 0));
  return 2 * median(steps);
}
