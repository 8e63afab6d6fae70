/** Keeps the usage history: raw samples for some days, hours and days rolled up for years, restarts and resizes as events. */
import type { Kysely } from "kysely";
import type { HistoryEvent } from "../../kamailio/history/events.js";
import { all, type Executor, first, type Job, run } from "../job.js";
import type { Database } from "../schema.js";
import { Entities } from "./entity.js";
import { unpackSample } from "./packed-sample.js";
import { DAY, dayStart, HOUR, hourStart, monthStart } from "./periods.js";
import { keepEvents, type Recorded, recordSamples } from "./record.js";
import { rawSamples, rollUpSome } from "./roll-up.js";
import type { TimedSample } from "./sample-buckets.js";
import { type EntitySeries, eventsBetween, rolledUpSeries } from "./series.js";

export type { Recorded } from "./record.js";
export type { TimedSample } from "./sample-buckets.js";
export type { EntitySeries } from "./series.js";

export interface Retention {
  /** Days that raw samples are kept. */
  raw_days: number;
  /** Days that hours and days are kept. */
  rollup_days: number;
}

/** How far the history of an instance reaches. */
export interface UsageSpan {
  /** Epoch ms of the first and the last hour or sample; `null` without any. */
  from: number | null;
  to: number | null;
  /** The oldest raw sample. */
  raw_from: number | null;
  /** Samples of the shared pool, or of the most sampled process. */
  samples: number;
}

export interface UsageStore {
  /** Takes samples in, atomically. `null`: there is no such instance. */
  add(instance: string, samples: readonly TimedSample[], now: number): Promise<Recorded | null>;
  /** Brings the roll-ups of an instance up to its raw samples. */
  rollUp(instance: string): Promise<void>;
  /** Brings all roll-ups up to date. */
  rollUpAll(): Promise<void>;
  span(instance: string): Promise<UsageSpan>;
  /** Rolled-up series of every entity; call `rollUp` first. */
  series(instance: string, resolution: "hour" | "day", from: number, to: number): Promise<EntitySeries[]>;
  /** Raw samples, oldest first, in pages of at most `limit`. */
  samples(instance: string, from: number, to: number, limit: number): Promise<TimedSample[]>;
  /** The last samples before `to`, newest first. */
  latest(instance: string, to: number, limit: number): Promise<TimedSample[]>;
  events(instance: string, from: number, to: number): Promise<HistoryEvent[]>;
  /** Keeps what someone else has seen, such as a reload. */
  addEvents(instance: string, events: readonly HistoryEvent[]): Promise<void>;
  /** Deletes what is older than the retention, by the given clock. */
  purge(now: number): Promise<void>;
}

/** Rows deleted in one job, so that others get in between. */
const ROWS_PER_PURGE = 5_000;

export function usageStore(db: Executor, sql: Kysely<Database>, retention: Retention): UsageStore {
  const numberOf = function* (name: string): Job<number | null> {
    return (yield* first(sql.selectFrom("instances").select("number").where("name", "=", name)))?.number ?? null;
  };
  const rawFrom = (now: number) => hourStart(now - retention.raw_days * DAY);

  const rollUpNumber = async (instance: number) => {
    while (await db.write(() => rollUpSome(sql, instance)));
  };
  const rollUpAll = async () => {
    const waiting = await db.read(() => all(sql.selectFrom("usage_unrolled").select("instance").distinct()));
    for (const { instance } of waiting) await rollUpNumber(instance);
  };

  return {
    add: (instance, samples, now) => db.write(() => recordSamples(sql, instance, samples, rawFrom(now))),
    rollUp: async (name) => {
      const instance = await db.read(() => numberOf(name));
      if (instance !== null && (await db.read(() => isWaiting(sql, instance)))) await rollUpNumber(instance);
    },
    rollUpAll,
    span: (name) =>
      db.read(function* () {
        const instance = yield* numberOf(name);
        return instance === null ? NO_SPAN : yield* spanOf(sql, instance);
      }),
    series: (name, resolution, from, to) =>
      db.read(function* () {
        const instance = yield* numberOf(name);
        if (instance === null) return [];
        const entities = yield* Entities.of(instance, sql);
        return yield* rolledUpSeries(sql, instance, entities.byId, resolution, from, to);
      }),
    samples: (name, from, to, limit) =>
      db.read(function* () {
        const instance = yield* numberOf(name);
        if (instance === null) return [];
        const entities = yield* Entities.of(instance, sql);
        if (limit === Number.POSITIVE_INFINITY) return yield* rawSamples(sql, instance, entities, from, to);
        const rows = yield* all(
          sql
            .selectFrom("usage_samples")
            .select(["at", "sample"])
            .where("instance", "=", instance)
            .where("at", ">=", from)
            .where("at", "<", to)
            .orderBy("at")
            .limit(limit),
        );
        return rows.map(({ at, sample }) => ({ at, sample: unpackSample(sample, at, entities.byId) }));
      }),
    latest: (name, to, limit) =>
      db.read(function* () {
        const instance = yield* numberOf(name);
        if (instance === null) return [];
        const entities = yield* Entities.of(instance, sql);
        const rows = yield* all(
          sql
            .selectFrom("usage_samples")
            .select(["at", "sample"])
            .where("instance", "=", instance)
            .where("at", "<=", to)
            .orderBy("at", "desc")
            .limit(limit),
        );
        return rows.map(({ at, sample }) => ({ at, sample: unpackSample(sample, at, entities.byId) }));
      }),
    events: (name, from, to) =>
      db.read(function* () {
        const instance = yield* numberOf(name);
        return instance === null ? [] : yield* eventsBetween(sql, instance, from, to);
      }),
    addEvents: (name, events) =>
      db.write(function* () {
        const instance = yield* numberOf(name);
        if (instance !== null) yield* keepEvents(sql, instance, events);
      }),
    purge: async (now) => {
      // A raw sample leaves only after its hour was rolled up.
      await rollUpAll();
      const oldestRaw = rawFrom(now);
      while ((await db.write(() => purgeSamples(sql, oldestRaw))) > 0);
      const oldest = dayStart(now - retention.rollup_days * DAY);
      await db.write(function* () {
        yield* run(sql.deleteFrom("usage_rollups").where("resolution", "=", "hour").where("period", "<", oldest));
        yield* run(sql.deleteFrom("usage_rollups").where("resolution", "=", "day").where("period", "<", monthStart(oldest)));
        yield* run(sql.deleteFrom("usage_events").where("at", "<", oldest));
      });
    },
  };
}

const NO_SPAN: UsageSpan = { from: null, to: null, raw_from: null, samples: 0 };

function* isWaiting(sql: Kysely<Database>, instance: number): Job<boolean> {
  return (yield* first(sql.selectFrom("usage_unrolled").select("hour").where("instance", "=", instance).limit(1))) !== undefined;
}

function* spanOf(sql: Kysely<Database>, instance: number): Job<UsageSpan> {
  const raw = yield* first(
    sql
      .selectFrom("usage_samples")
      .select((eb) => [eb.fn.min("at").as("from"), eb.fn.max("at").as("to")])
      .where("instance", "=", instance),
  );
  const days = yield* rolledUpSeries(sql, instance, new Map(), "day", 0, Number.MAX_SAFE_INTEGER);
  let samples = 0;
  let firstHour: number | null = null;
  let lastHour: number | null = null;
  for (const { counters } of days) {
    let count = 0;
    for (const series of counters.values()) {
      count = Math.max(
        count,
        series.count.reduce((sum, n) => sum + n, 0),
      );
      if (series.at.length === 0) continue;
      firstHour = Math.min(firstHour ?? Number.POSITIVE_INFINITY, series.at[0] ?? Number.POSITIVE_INFINITY);
      lastHour = Math.max(lastHour ?? 0, (series.at.at(-1) ?? 0) + DAY - HOUR);
    }
    samples = Math.max(samples, count);
  }
  const rawFrom = raw?.from ?? null;
  const rawTo = raw?.to ?? null;
  return {
    from:
      rawFrom === null ? firstHour : Math.min(rawFrom, firstHour !== null && firstHour < dayStart(rawFrom) ? firstHour : rawFrom),
    to: rawTo ?? lastHour,
    raw_from: rawFrom,
    samples,
  };
}

function* purgeSamples(sql: Kysely<Database>, before: number): Job<number> {
  let deleted = 0;
  const instances = yield* all(sql.selectFrom("usage_samples").select("instance").distinct());
  for (const { instance } of instances) {
    const oldest = yield* all(
      sql
        .selectFrom("usage_samples")
        .select("at")
        .where("instance", "=", instance)
        .where("at", "<", before)
        .orderBy("at")
        .limit(ROWS_PER_PURGE),
    );
    const last = oldest.at(-1)?.at;
    if (last === undefined) continue;
    deleted += yield* run(sql.deleteFrom("usage_samples").where("instance", "=", instance).where("at", "<=", last));
    if (deleted >= ROWS_PER_PURGE) break;
  }
  return deleted;
}
