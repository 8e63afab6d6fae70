/** Sorts raw samples into the buckets of their hours, by entity. */
import type { UsageSample } from "../../kamailio/sample.js";
import type { Job } from "../job.js";
import { addToBucket, type Bucket, newBucket } from "./buckets.js";
import { type Entities, LOAD_COUNTERS, PKG_COUNTERS, SHM_COUNTERS, SHM_ENTITY } from "./entity.js";
import { hourStart } from "./periods.js";

export interface TimedSample {
  /** Epoch ms. */
  at: number;
  sample: UsageSample;
}

/** Hour, then entity. */
export type HourBuckets = Map<number, Map<number, Bucket>>;

export function* bucketsOf(samples: readonly TimedSample[], entities: Entities): Job<HourBuckets> {
  const hours: HourBuckets = new Map();
  for (const { at, sample } of samples) {
    const hour = hourStart(at);
    let byEntity = hours.get(hour);
    if (byEntity === undefined) {
      byEntity = new Map();
      hours.set(hour, byEntity);
    }
    if (sample.shm !== null) {
      const { total, used, real_used, max_used, fragments } = sample.shm;
      addToBucket(bucketOf(byEntity, SHM_ENTITY, SHM_COUNTERS.length), at, [total, used, real_used, max_used, fragments]);
    }
    const processes = yield* entities.ofProcesses(sample.pkg);
    for (const [index, { used, real_used, total_size, total_frags, pid }] of sample.pkg.entries()) {
      const entity = processes[index] ?? null;
      if (entity !== null)
        addToBucket(bucketOf(byEntity, entity, PKG_COUNTERS.length), at, [used, real_used, total_size, total_frags, pid]);
    }
    for (const [name, value] of Object.entries(sample.load)) {
      const entity = yield* entities.ofLoad(name);
      if (entity !== null) addToBucket(bucketOf(byEntity, entity, LOAD_COUNTERS.length), at, [value]);
    }
  }
  return hours;
}

function bucketOf(byEntity: Map<number, Bucket>, entity: number, counters: number): Bucket {
  let bucket = byEntity.get(entity);
  if (bucket === undefined) {
    bucket = newBucket(counters);
    byEntity.set(entity, bucket);
  }
  return bucket;
}
