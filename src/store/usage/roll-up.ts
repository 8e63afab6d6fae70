/**
 * Rolls up the hours whose raw samples changed: their buckets are made anew from all raw samples of the hour, so late, repeated and
 * out-of-order samples land right. Restarts and resizes are looked for again over the same stretch.
 */
import type { Kysely } from "kysely";
import { detectEvents, type HistoryEvent, NOTHING_WATCHED } from "../../kamailio/history/events.js";
import { HOUR } from "../../kamailio/units.js";
import { all, type Job, run } from "../job.js";
import type { Database } from "../schema.js";
import type { Entities } from "./entity.js";
import { unpackSample } from "./packed-sample.js";
import { keepEvents } from "./record.js";
import { Rollups } from "./rollups.js";
import { bucketsOf, type TimedSample } from "./sample-buckets.js";

/** Hours in one job: some thousand samples, a few milliseconds. */
const HOURS_PER_JOB = 24;
/** Samples before and after an hour that show what changed at its edges: the counters of one moment can come in several. */
const NEIGHBOURS = 4;

/** Rolls up at most a day's worth of hours. Answers whether more are waiting. */
export function* rollUpSome(sql: Kysely<Database>, entities: Entities): Job<boolean> {
  const { instance } = entities;
  const waiting = yield* all(
    sql
      .selectFrom("usage_unrolled")
      .select("hour")
      .where("instance", "=", instance)
      .orderBy("hour")
      .limit(HOURS_PER_JOB + 1),
  );
  if (waiting.length === 0) return false;
  const rollups = new Rollups(instance, sql, entities);
  for (const { hour } of waiting.slice(0, HOURS_PER_JOB)) {
    const samples = yield* rawSamples(sql, instance, entities, hour, hour + HOUR);
    for (const [, byEntity] of yield* bucketsOf(samples, entities))
      for (const [entity, bucket] of byEntity) yield* rollups.replaceHour(entity, hour, bucket);
    yield* findEvents(sql, instance, entities, hour, samples);
    yield* run(sql.deleteFrom("usage_unrolled").where("instance", "=", instance).where("hour", "=", hour));
  }
  yield* rollups.write();
  return waiting.length > HOURS_PER_JOB;
}

/** Raw samples of a stretch of time, oldest first. */
export function* rawSamples(
  sql: Kysely<Database>,
  instance: number,
  entities: Entities,
  from: number,
  to: number,
): Job<TimedSample[]> {
  const rows = yield* all(
    sql
      .selectFrom("usage_samples")
      .select(["at", "sample"])
      .where("instance", "=", instance)
      .where("at", ">=", from)
      .where("at", "<", to)
      .orderBy("at"),
  );
  return rows.map(({ at, sample }) => ({ at, sample: unpackSample(sample, at, entities.byId) }));
}

function* findEvents(
  sql: Kysely<Database>,
  instance: number,
  entities: Entities,
  hour: number,
  samples: readonly TimedSample[],
): Job<void> {
  const before = yield* neighbours(sql, instance, entities, hour, "before");
  const after = yield* neighbours(sql, instance, entities, hour + HOUR, "after");
  const events: HistoryEvent[] = [];
  const from = before.at(-1)?.at ?? hour;
  const to = after[0]?.at ?? hour + HOUR;
  let watched = NOTHING_WATCHED;
  for (const { at, sample } of [...before, ...samples, ...after]) {
    const found = detectEvents(watched, sample, at);
    watched = found.watched;
    events.push(...found.events.filter((event) => event.at > from && event.at <= to));
  }
  yield* run(
    sql
      .deleteFrom("usage_events")
      .where("instance", "=", instance)
      .where("at", ">", from)
      .where("at", "<=", to)
      .where("kind", "in", ["restart", "resize"]),
  );
  yield* keepEvents(sql, instance, events);
}

function* neighbours(
  sql: Kysely<Database>,
  instance: number,
  entities: Entities,
  at: number,
  side: "before" | "after",
): Job<TimedSample[]> {
  const rows = yield* all(
    sql
      .selectFrom("usage_samples")
      .select(["at", "sample"])
      .where("instance", "=", instance)
      .where("at", side === "before" ? "<" : ">=", at)
      .orderBy("at", side === "before" ? "desc" : "asc")
      .limit(NEIGHBOURS),
  );
  const samples = rows.map((row) => ({ at: row.at, sample: unpackSample(row.sample, row.at, entities.byId) }));
  return side === "before" ? samples.reverse() : samples;
}
