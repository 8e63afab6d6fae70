/** Takes samples in: young ones raw, old ones straight into the roll-ups. A sample that is there already changes nothing. */
import type { Kysely } from "kysely";
import { detectEvents, type HistoryEvent, NOTHING_WATCHED } from "../../kamailio/history/events.js";
import { mergeSamples } from "../../kamailio/history/merge-samples.js";
import type { UsageSample } from "../../kamailio/sample.js";
import { first, type Job, run } from "../job.js";
import { prepared } from "../prepared.js";
import type { Database } from "../schema.js";
import type { Entities } from "./entity.js";
import { packSample, unpackSample } from "./packed-sample.js";
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

type RecordStatements = ReturnType<typeof recordStatements>;

/** The statements that every post of a sample runs. */
function recordStatements(sql: Kysely<Database>) {
  return {
    insert: prepared<{ instance: number; at: number; sample: Uint8Array }, unknown>((value) =>
      sql
        .insertInto("usage_samples")
        .values({ instance: value("instance"), at: value("at"), sample: value("sample") })
        .onConflict((conflict) => conflict.doNothing()),
    ),
    kept: prepared<{ instance: number; at: number }, { sample: Uint8Array }>((value) =>
      sql.selectFrom("usage_samples").select("sample").where("instance", "=", value("instance")).where("at", "=", value("at")),
    ),
    replace: prepared<{ instance: number; at: number; sample: Uint8Array }, unknown>((value) =>
      sql
        .updateTable("usage_samples")
        .set({ sample: value("sample") })
        .where("instance", "=", value("instance"))
        .where("at", "=", value("at")),
    ),
    markHour: prepared<{ instance: number; hour: number }, unknown>((value) =>
      sql
        .insertInto("usage_unrolled")
        .values({ instance: value("instance"), hour: value("hour") })
        .onConflict((conflict) => conflict.doNothing()),
    ),
  };
}

/** Takes samples into the history of one instance. */
export class SampleRecorder {
  readonly #statements: RecordStatements;

  constructor(private readonly sql: Kysely<Database>) {
    this.#statements = recordStatements(sql);
  }

  /**
   * @param rawFrom epoch ms; older samples are not kept raw
   * @param previous what was taken in just before, so that a restart between two parts of one upload is seen
   */
  *record(entities: Entities, samples: readonly TimedSample[], rawFrom: number, previous: TimedSample | null): Job<Recorded> {
    const recorded: Recorded = { samples: 0, shm: 0, pkg: 0, load: 0, duplicates: 0 };
    const old = samples.filter(({ at }) => at < rawFrom);
    if (old.length > 0) yield* recordOld(this.sql, entities, old, previous, recorded);
    const hours = new Set<number>();
    for (const timed of samples)
      if (timed.at >= rawFrom && (yield* this.#recordRaw(entities, timed, recorded))) hours.add(hourStart(timed.at));
    for (const hour of hours) yield* run(this.#statements.markHour({ instance: entities.instance, hour }));
    return recorded;
  }

  /** Answers whether the sample brought something new. */
  *#recordRaw(entities: Entities, { at, sample }: TimedSample, recorded: Recorded): Job<boolean> {
    const { instance } = entities;
    const packed = yield* packedWith(entities, sample);
    if ((yield* run(this.#statements.insert({ instance, at, sample: packed }))) > 0) {
      count(recorded, sizeOf(sample));
      return true;
    }
    const row = yield* first(this.#statements.kept({ instance, at }));
    if (row === undefined) return false;
    const { sample: merged, added, isNew } = mergeSamples(unpackSample(row.sample, at, entities.byId), sample);
    if (!isNew) {
      recorded.duplicates++;
      return false;
    }
    yield* run(this.#statements.replace({ instance, at, sample: yield* packedWith(entities, merged) }));
    count(recorded, added);
    return true;
  }
}

function sizeOf(sample: UsageSample): { shm: number; pkg: number; load: number } {
  return { shm: sample.shm === null ? 0 : 1, pkg: sample.pkg.length, load: Object.keys(sample.load).length };
}

function* packedWith(entities: Entities, sample: UsageSample): Job<Uint8Array> {
  const processes = yield* entities.ofProcesses(sample.pkg);
  const load: (number | null)[] = [];
  for (const counter of Object.keys(sample.load)) load.push(yield* entities.ofLoad(counter));
  return packSample(sample, processes, load, entities.byId);
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
  entities: Entities,
  old: readonly TimedSample[],
  previous: TimedSample | null,
  recorded: Recorded,
): Job<void> {
  const { instance } = entities;
  const sorted = [...old].sort((a, b) => a.at - b.at);
  const rollups = new Rollups(instance, sql, entities);
  const changedHours = new Set<number>();
  for (const [hour, byEntity] of yield* bucketsOf(sorted, entities))
    for (const [entity, bucket] of byEntity) if (yield* rollups.mergeHour(entity, hour, bucket)) changedHours.add(hour);
  yield* rollups.write();
  for (const { at, sample } of sorted) {
    if (changedHours.has(hourStart(at))) count(recorded, sizeOf(sample));
    else recorded.duplicates++;
  }
  const [earliest] = sorted;
  const before = previous !== null && earliest !== undefined && previous.at < earliest.at ? previous : null;
  let watched = before === null ? NOTHING_WATCHED : detectEvents(NOTHING_WATCHED, before.sample, before.at).watched;
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
