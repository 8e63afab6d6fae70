/** Takes samples in: young ones raw, old ones straight into the roll-ups. A sample that is there already changes nothing. */
import type { Kysely } from "kysely";
import { detectEvents, type HistoryEvent, NOTHING_WATCHED } from "../../kamailio/history/events.js";
import type { UsageSample } from "../../kamailio/sample.js";
import { first, type Job, run } from "../job.js";
import type { Database } from "../schema.js";
import { Entities } from "./entity.js";
import { mergeSamples, packSample, unpackSample } from "./packed-sample.js";
import { hourStart } from "./periods.js";
import { Rollups } from "./rollups.js";
import { bucketsOf, type TimedSample } from "./sample-buckets.js";

export interface Recorded {
  /** Samples that brought something new. */
  samples: number;
  /** Of them: readings of the shared pool, rows of processes, load counters. */
  shm: number;
  pkg: number;
  load: number;
  /** Samples that were there already. */
  duplicates: number;
}

/**
 * @param rawFrom epoch ms; older samples are not kept raw
 * @returns `null` when there is no such instance
 */
export function* recordSamples(
  sql: Kysely<Database>,
  name: string,
  samples: readonly TimedSample[],
  rawFrom: number,
): Job<Recorded | null> {
  const instance = (yield* first(sql.selectFrom("instances").select("number").where("name", "=", name)))?.number;
  if (instance === undefined) return null;
  const entities = yield* Entities.of(instance, sql);
  const recorded: Recorded = { samples: 0, shm: 0, pkg: 0, load: 0, duplicates: 0 };
  const old = samples.filter(({ at }) => at < rawFrom);
  if (old.length > 0) yield* recordOld(sql, instance, entities, old, recorded);
  const hours = new Set<number>();
  for (const timed of samples)
    if (timed.at >= rawFrom && (yield* recordRaw(sql, instance, entities, timed, recorded))) hours.add(hourStart(timed.at));
  for (const hour of hours)
    yield* run(
      sql
        .insertInto("usage_unrolled")
        .values({ instance, hour })
        .onConflict((conflict) => conflict.doNothing()),
    );
  return recorded;
}

function* recordRaw(
  sql: Kysely<Database>,
  instance: number,
  entities: Entities,
  { at, sample }: TimedSample,
  recorded: Recorded,
): Job<boolean> {
  const packed = yield* packedWith(entities, sample);
  const inserted = yield* run(
    sql
      .insertInto("usage_samples")
      .values({ instance, at, sample: packed })
      .onConflict((conflict) => conflict.doNothing()),
  );
  if (inserted > 0) {
    count(recorded, { shm: sample.shm === null ? 0 : 1, pkg: sample.pkg.length, load: Object.keys(sample.load).length });
    return true;
  }
  const row = yield* first(
    sql.selectFrom("usage_samples").select("sample").where("instance", "=", instance).where("at", "=", at),
  );
  if (row === undefined) return false;
  const { sample: merged, added } = mergeSamples(unpackSample(row.sample, at, entities.byId), sample);
  if (added.shm + added.pkg + added.load === 0) {
    recorded.duplicates++;
    return false;
  }
  yield* run(
    sql
      .updateTable("usage_samples")
      .set({ sample: yield* packedWith(entities, merged) })
      .where("instance", "=", instance)
      .where("at", "=", at),
  );
  count(recorded, added);
  return true;
}

function* packedWith(entities: Entities, sample: UsageSample): Job<Uint8Array> {
  const processes = yield* entities.ofProcesses(sample.pkg);
  const load: (number | null)[] = [];
  for (const counter of Object.keys(sample.load)) load.push(yield* entities.ofLoad(counter));
  return packSample(sample, processes, load);
}

function count(recorded: Recorded, added: { shm: number; pkg: number; load: number }) {
  recorded.samples++;
  recorded.shm += added.shm;
  recorded.pkg += added.pkg;
  recorded.load += added.load;
}

/** Old samples are merged hour by hour; an hour that they do not change counts as seen before. */
function* recordOld(
  sql: Kysely<Database>,
  instance: number,
  entities: Entities,
  old: readonly TimedSample[],
  recorded: Recorded,
): Job<void> {
  const sorted = [...old].sort((a, b) => a.at - b.at);
  const rollups = new Rollups(instance, sql, entities);
  const changedHours = new Set<number>();
  for (const [hour, byEntity] of yield* bucketsOf(sorted, entities))
    for (const [entity, bucket] of byEntity) if (yield* rollups.mergeHour(entity, hour, bucket)) changedHours.add(hour);
  yield* rollups.write();
  for (const { at, sample } of sorted) {
    if (changedHours.has(hourStart(at)))
      count(recorded, { shm: sample.shm === null ? 0 : 1, pkg: sample.pkg.length, load: Object.keys(sample.load).length });
    else recorded.duplicates++;
  }
  let watched = NOTHING_WATCHED;
  for (const { at, sample } of sorted) {
    const found = detectEvents(watched, sample, at);
    watched = found.watched;
    yield* keepEvents(sql, instance, found.events);
  }
}

/** Keeps events; one that is there already stays. */
export function* keepEvents(sql: Kysely<Database>, instance: number, events: readonly HistoryEvent[]): Job<void> {
  for (const { at, kind, pool, detail } of events)
    yield* run(
      sql
        .insertInto("usage_events")
        .values({ instance, at, kind, pool: pool ?? "", detail })
        .onConflict((conflict) => conflict.doNothing()),
    );
}
