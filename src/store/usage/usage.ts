/** Keeps the usage history: raw samples for some days, hours and days rolled up for years, restarts and resizes as events. */
import type { Kysely } from "kysely";
import type { HistoryEvent } from "../../kamailio/history/events.js";
import { DAY, HOUR } from "../../kamailio/units.js";
import { all, type Executor, first, type Job, run } from "../job.js";
import { prepared } from "../prepared.js";
import type { Database } from "../schema.js";
import { type Entities, EntityCache } from "./entity.js";
import { unpackSample } from "./packed-sample.js";
import { dayStart, hourStart, monthStart } from "./periods.js";
import { keepEvents, type Recorded, SampleRecorder } from "./record.js";
import { rollUpSome } from "./roll-up.js";
import type { TimedSample } from "./sample-buckets.js";
import { type EntitySeries, eventsBetween, rolledUpSeries, type SeriesKind } from "./series.js";

export type { Recorded } from "./record.js";
export type { TimedSample } from "./sample-buckets.js";
export type { EntitySeries, SeriesKind } from "./series.js";

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
  /**
   * Takes samples in, atomically. `null`: there is no such instance.
   *
   * @param previous the last sample of the part of this upload that was taken in before
   */
  add(instance: string, samples: readonly TimedSample[], now: number, previous?: TimedSample | null): Promise<Recorded | null>;
  /** Brings the roll-ups of an instance up to its raw samples. */
  rollUp(instance: string): Promise<void>;
  /** Brings all roll-ups up to date. */
  rollUpAll(): Promise<void>;
  span(instance: string): Promise<UsageSpan>;
  /** Rolled-up series, of every entity unless `kinds` says less; call `rollUp` first. */
  series(
    instance: string,
    resolution: "hour" | "day",
    from: number,
    to: number,
    kinds?: readonly SeriesKind[],
  ): Promise<EntitySeries[]>;
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

const ALL_KINDS: readonly SeriesKind[] = ["shm", "pkg", "load"];

export function usageStore(db: Executor, sql: Kysely<Database>, retention: Retention): UsageStore {
  const cache = new EntityCache(sql);
  const recorder = new SampleRecorder(sql);
  const instanceByName = prepared<{ name: string }, { number: number; highest: number | null }>((value) =>
    sql
      .selectFrom("instances")
      .where("name", "=", value("name"))
      .select((eb) => [
        "number",
        eb
          .selectFrom("usage_entities")
          .whereRef("usage_entities.instance", "=", "instances.number")
          .select((inner) => inner.fn.max("usage_entities.id").as("highest"))
          .as("highest"),
      ]),
  );
  const instanceByNumber = prepared<{ number: number }, { highest: number | null }>((value) =>
    sql
      .selectFrom("usage_entities")
      .where("instance", "=", value("number"))
      .select((eb) => eb.fn.max("id").as("highest")),
  );

  /** The entities of the instance of that name, and with them its number; `null` when there is no such instance. */
  const entitiesOf = function* (name: string): Job<Entities | null> {
    const row = yield* first(instanceByName({ name }));
    return row === undefined ? null : yield* cache.open(row.number, row.highest ?? 0);
  };
  const rawFrom = (now: number) => hourStart(now - retention.raw_days * DAY);

  const rollUpNumber = async (instance: number) => {
    const roll = () =>
      db.write(function* () {
        const row = yield* first(instanceByNumber({ number: instance }));
        return yield* rollUpSome(sql, yield* cache.open(instance, row?.highest ?? 0));
      });
    while (await roll());
  };
  const rollUpAll = async () => {
    const waiting = await db.read(() => all(sql.selectFrom("usage_unrolled").select("instance").distinct()));
    for (const { instance } of waiting) await rollUpNumber(instance);
  };

  const rawPage = (name: string, from: number, to: number, limit: number, order: "asc" | "desc") =>
    db.read(function* () {
      const entities = yield* entitiesOf(name);
      if (entities === null) return [];
      cache.keep(entities);
      let query = sql
        .selectFrom("usage_samples")
        .select(["at", "sample"])
        .where("instance", "=", entities.instance)
        .where("at", ">=", from)
        .where("at", "<", to)
        .orderBy("at", order);
      if (limit < Number.POSITIVE_INFINITY) query = query.limit(limit);
      return (yield* all(query)).map(({ at, sample }) => ({ at, sample: unpackSample(sample, at, entities.byId) }));
    });

  return {
    add: async (name, samples, now, previous = null) => {
      const done = await db.write(function* () {
        const entities = yield* entitiesOf(name);
        if (entities === null) return null;
        return { entities, recorded: yield* recorder.record(entities, samples, rawFrom(now), previous) };
      });
      if (done === null) return null;
      cache.keep(done.entities);
      return done.recorded;
    },
    rollUp: async (name) => {
      const entities = await db.read(() => entitiesOf(name));
      if (entities !== null && (await db.read(() => isWaiting(sql, entities.instance)))) await rollUpNumber(entities.instance);
    },
    rollUpAll,
    span: (name) =>
      db.read(function* () {
        const entities = yield* entitiesOf(name);
        return entities === null ? NO_SPAN : yield* spanOf(sql, entities.instance);
      }),
    series: (name, resolution, from, to, kinds = ALL_KINDS) =>
      db.read(function* () {
        const entities = yield* entitiesOf(name);
        if (entities === null) return [];
        return yield* rolledUpSeries(sql, entities.instance, entities.byId, resolution, from, to, kinds);
      }),
    samples: (name, from, to, limit) => rawPage(name, from, to, limit, "asc"),
    latest: (name, to, limit) => rawPage(name, 0, to + 1, limit, "desc"),
    events: (name, from, to) =>
      db.read(function* () {
        const entities = yield* entitiesOf(name);
        return entities === null ? [] : yield* eventsBetween(sql, entities.instance, from, to);
      }),
    addEvents: (name, events) =>
      db.write(function* () {
        const entities = yield* entitiesOf(name);
        if (entities !== null) yield* keepEvents(sql, entities.instance, events);
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
  // One question each: asked together, the database walks through all samples.
  const ends = sql.selectFrom("usage_samples").where("instance", "=", instance);
  const earliest = yield* first(ends.select((eb) => eb.fn.min("at").as("at")));
  const latest = yield* first(ends.select((eb) => eb.fn.max("at").as("at")));
  // Without their entities all but the shared pool count as load: one counter of each is enough here.
  const days = yield* rolledUpSeries(sql, instance, new Map(), "day", 0, Number.MAX_SAFE_INTEGER, ["shm", "load"]);
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
  const rawFrom = earliest?.at ?? null;
  const rawTo = latest?.at ?? null;
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
