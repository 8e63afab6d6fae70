/** Loads the peak of the shared pool in the run of now. */
import type { Store } from "../../store/store.js";

/** Samples looked at, newest first: those of pkg and of load alone do not say it. */
const SAMPLES = 50;

/** `max_used` in bytes of the newest sample that has one; `null` without any. */
export async function newestShmPeak(store: Store, instance: string): Promise<number | null> {
  const newest = await store.usage.latest(instance, Number.MAX_SAFE_INTEGER, SAMPLES);
  return newest.map(({ sample }) => sample.shm?.max_used ?? null).find((peak) => peak !== null) ?? null;
}
