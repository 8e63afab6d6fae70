/** The rolled-up rows of one instance inside a job: read when they are needed, changed in memory, written once at the end. */
import type { Kysely } from "kysely";
import { DAY, HOUR } from "../../kamailio/units.js";
import { first, type Job, run } from "../job.js";
import type { Database, UsageRollupRow } from "../schema.js";
import { type Bucket, type Buckets, foldBucket, mergeBucket, newBucket, packBuckets, unpackBuckets } from "./buckets.js";
import { countersOf, type Entities, SHM_ENTITY } from "./entity.js";
import { dayStart, monthStart } from "./periods.js";

type Resolution = UsageRollupRow["resolution"];

interface OpenRow {
  resolution: Resolution;
  entity: number;
  period: number;
  buckets: Buckets;
}

export class Rollups {
  readonly #rows = new Map<string, OpenRow>();
  /** `entity period` of the hours' rows that changed: their day has to follow. */
  readonly #changed = new Map<string, { entity: number; day: number }>();

  constructor(
    private readonly instance: number,
    private readonly sql: Kysely<Database>,
    private readonly entities: Entities,
  ) {}

  /** Puts an hour's bucket in the place of the one that is kept: its raw samples are all there. */
  *replaceHour(entity: number, hour: number, bucket: Bucket): Job<void> {
    const row = yield* this.#open("hour", entity, dayStart(hour));
    row.buckets.set((hour - row.period) / HOUR, bucket);
    this.#changed.set(`${entity} ${row.period}`, { entity, day: row.period });
  }

  /** Takes an hour's bucket into the one that is kept, whose raw samples are gone. Answers whether that changed anything. */
  *mergeHour(entity: number, hour: number, bucket: Bucket): Job<boolean> {
    const row = yield* this.#open("hour", entity, dayStart(hour));
    const slot = (hour - row.period) / HOUR;
    const kept = row.buckets.get(slot);
    if (kept === undefined) row.buckets.set(slot, bucket);
    else if (!mergeBucket(kept, bucket)) return false;
    this.#changed.set(`${entity} ${row.period}`, { entity, day: row.period });
    return true;
  }

  /** Brings the days up to their hours and writes all that changed. */
  *write(): Job<void> {
    const touched = new Set<OpenRow>();
    for (const { entity, day } of this.#changed.values()) {
      const hours = yield* this.#open("hour", entity, day);
      const whole = newBucket(this.#counters(entity));
      for (const [, bucket] of [...hours.buckets].sort(([a], [b]) => a - b)) foldBucket(whole, bucket);
      const days = yield* this.#open("day", entity, monthStart(day));
      days.buckets.set((day - days.period) / DAY, whole);
      touched.add(hours).add(days);
    }
    for (const { resolution, entity, period, buckets } of touched) {
      const packed = packBuckets(buckets, this.#counters(entity));
      yield* run(
        this.sql
          .insertInto("usage_rollups")
          .values({ instance: this.instance, resolution, entity, period, buckets: packed })
          .onConflict((conflict) =>
            conflict.columns(["instance", "resolution", "entity", "period"]).doUpdateSet({ buckets: packed }),
          ),
      );
    }
  }

  *#open(resolution: Resolution, entity: number, period: number): Job<OpenRow> {
    const key = `${resolution} ${entity} ${period}`;
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const kept = yield* first(
      this.sql
        .selectFrom("usage_rollups")
        .select("buckets")
        .where("instance", "=", this.instance)
        .where("resolution", "=", resolution)
        .where("entity", "=", entity)
        .where("period", "=", period),
    );
    const row: OpenRow = { resolution, entity, period, buckets: kept === undefined ? new Map() : unpackBuckets(kept.buckets) };
    this.#rows.set(key, row);
    return row;
  }

  #counters(entity: number): number {
    return countersOf(entity === SHM_ENTITY ? "shm" : (this.entities.byId.get(entity)?.kind ?? "load")).length;
  }
}
