/** Reads the history of an instance as columns: from the roll-ups where it is long, from the raw samples where it is short. */
import type { Kysely } from "kysely";
import type { HistoryEvent } from "../../kamailio/history/events.js";
import type { Series } from "../../kamailio/history/series.js";
import { all, type Job } from "../job.js";
import type { Database } from "../schema.js";
import { type BucketColumns, unpackColumns } from "./buckets.js";
import { countersOf, type Entity, SHM_ENTITY } from "./entity.js";
import { RESOLUTIONS } from "./periods.js";

/** The counters of one entity over time, by counter. */
export interface EntitySeries {
  entity: Entity | null;
  counters: Map<string, Series>;
}

const PER_COUNTER = 3;

/** What has counters: the shared pool, processes, load. */
export type SeriesKind = "shm" | Entity["kind"];

/** The rolled-up series of the entities of some kinds between two times; the shared pool has `entity: null`. */
export function* rolledUpSeries(
  sql: Kysely<Database>,
  instance: number,
  entities: ReadonlyMap<number, Entity>,
  resolution: "hour" | "day",
  from: number,
  to: number,
  kinds: readonly SeriesKind[],
): Job<EntitySeries[]> {
  const { periodOf, width } = RESOLUTIONS[resolution];
  let query = sql
    .selectFrom("usage_rollups")
    .select(["entity", "period", "buckets"])
    .where("instance", "=", instance)
    .where("resolution", "=", resolution)
    .where("period", ">=", periodOf(from))
    .where("period", "<=", to)
    .orderBy("entity")
    .orderBy("period");
  if (kinds.every((kind) => kind === "shm")) query = query.where("entity", "=", SHM_ENTITY);
  const rows = yield* all(query);
  const series: EntitySeries[] = [];
  for (let begin = 0; begin < rows.length; ) {
    const entity = rows[begin]?.entity ?? SHM_ENTITY;
    let end = begin;
    while (end < rows.length && rows[end]?.entity === entity) end++;
    const known = entities.get(entity) ?? null;
    const kind = entity === SHM_ENTITY ? "shm" : (known?.kind ?? "load");
    if (kinds.includes(kind)) {
      const periods = rows.slice(begin, end).map(({ period, buckets }) => ({ period, columns: unpackColumns(buckets) }));
      series.push({
        entity: known,
        counters: new Map(countersOf(kind).map((name, counter) => [name, seriesOf(periods, counter, width, from, to)])),
      });
    }
    begin = end;
  }
  return series;
}

function seriesOf(
  periods: { period: number; columns: BucketColumns }[],
  counter: number,
  width: number,
  from: number,
  to: number,
): Series {
  const most = periods.reduce((sum, { columns }) => sum + columns.slots.length, 0);
  const at = new Float64Array(most);
  const min = new Float64Array(most);
  const max = new Float64Array(most);
  const last = new Float64Array(most);
  const count = new Uint32Array(most);
  let row = 0;
  for (const { period, columns } of periods) {
    const [mins, maxs, lasts] = [0, 1, 2].map((part) => columns.columns[counter * PER_COUNTER + part] ?? Number.NaN);
    for (let index = 0; index < columns.slots.length; index++) {
      const start = period + (columns.slots[index] ?? 0) * width;
      const lowest = valueAt(mins, index);
      if (Number.isNaN(lowest) || start + width <= from || start > to) continue;
      at[row] = start;
      min[row] = lowest;
      max[row] = valueAt(maxs, index);
      last[row] = valueAt(lasts, index);
      count[row] = columns.counts[index] ?? 0;
      row++;
    }
  }
  return {
    at: at.subarray(0, row),
    min: min.subarray(0, row),
    max: max.subarray(0, row),
    last: last.subarray(0, row),
    count: count.subarray(0, row),
  };
}

function valueAt(column: number | Float64Array | undefined, index: number): number {
  if (column === undefined) return Number.NaN;
  return typeof column === "number" ? column : (column[index] ?? Number.NaN);
}

export function* eventsBetween(sql: Kysely<Database>, instance: number, from: number, to: number): Job<HistoryEvent[]> {
  const rows = yield* all(
    sql
      .selectFrom("usage_events")
      .selectAll()
      .where("instance", "=", instance)
      .where("at", ">=", from)
      .where("at", "<=", to)
      .orderBy("at"),
  );
  return rows.map(({ at, kind, pool, detail }) => ({ at, kind, pool: pool === "shm" || pool === "pkg" ? pool : null, detail }));
}
