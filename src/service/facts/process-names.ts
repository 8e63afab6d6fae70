/** Loads the process names that usage shows around the time of dumps. */
import { named, namesByPid } from "../../analysis/facts/process-names.js";
import { DAY } from "../../kamailio/units.js";
import type { Store } from "../../store/store.js";

/** Samples looked at before and after a dump; each lists all processes as a rule. */
const SAMPLES = 20;
/** A process that was seen within so many milliseconds after the dump was there before. */
const AFTER = DAY;

interface Named {
  pid: number | null;
  process: string | null;
  /** Epoch ms. */
  taken_at: number;
}

/** The same dumps, those without a process name with the one that usage knows for their pid, `null` where it knows none. */
export async function withProcessNames<Item extends Named>(
  store: Store,
  instance: string,
  items: readonly Item[],
): Promise<Item[]> {
  const open = items.filter(({ pid, process }) => pid !== null && process === null);
  if (open.length === 0) return [...items];
  const last = Math.max(...open.map(({ taken_at }) => taken_at));
  const [before, after] = await Promise.all([
    store.usage.latest(instance, last, SAMPLES),
    store.usage.samples(instance, last + 1, last + AFTER, SAMPLES),
  ]);
  const names = namesByPid([...before, ...after].map(({ sample }) => sample));
  return items.map((item) => named(item, names));
}
