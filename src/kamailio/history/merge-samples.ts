/**
 * Samples of the same moment are one: the counters of the shared pool, of the processes and the load come in different texts, and two commands
 * show different counters of one pool.
 */
import type { PkgCounters, ShmCounters, UsageSample } from "../sample.js";

/**
 * What two samples of one moment make together. What was there first stays. `added` is what the second one brings, by kind; `isNew`: it brings
 * anything.
 */
export function mergeSamples(
  kept: UsageSample,
  incoming: UsageSample,
): { sample: UsageSample; added: { shm: number; pkg: number; load: number }; isNew: boolean } {
  const known = new Map(kept.pkg.map((row) => [row.pid, row]));
  const incomingRows = new Map(incoming.pkg.map((row) => [row.pid, row]));
  const newRows = incoming.pkg.filter(({ pid }) => !known.has(pid));
  const newLoad = Object.entries(incoming.load).filter(([name]) => !Object.hasOwn(kept.load, name));
  const added = { shm: kept.shm === null && incoming.shm !== null ? 1 : 0, pkg: newRows.length, load: newLoad.length };
  const shm = kept.shm === null || incoming.shm === null ? (kept.shm ?? incoming.shm) : filled(kept.shm, incoming.shm);
  const pkg = kept.pkg.map((row) => {
    const other = incomingRows.get(row.pid);
    return other === undefined ? row : filled(row, other);
  });
  const hasMore = shm !== (kept.shm ?? incoming.shm) || pkg.some((row, index) => row !== kept.pkg[index]);
  return {
    sample: {
      at: kept.at,
      uptime: kept.uptime ?? incoming.uptime,
      shm,
      pkg: [...pkg, ...newRows],
      load: { ...kept.load, ...Object.fromEntries(newLoad) },
    },
    added,
    isNew: hasMore || added.shm + added.pkg + added.load > 0 || (kept.uptime === null && incoming.uptime !== null),
  };
}

/** The samples of one time joined, in the order in which the times first come; those without a time stay as they are. */
export function joinMoments<Sample extends UsageSample>(samples: readonly Sample[]): UsageSample[] {
  const joined: UsageSample[] = [];
  const places = new Map<string, number>();
  for (const sample of samples) {
    const place = sample.at === null ? undefined : places.get(sample.at);
    const before = place === undefined ? undefined : joined[place];
    if (place === undefined || before === undefined) {
      if (sample.at !== null) places.set(sample.at, joined.length);
      joined.push(sample);
    } else joined[place] = mergeSamples(before, sample).sample;
  }
  return joined;
}

/** The counters with those of the other one where they have none; the same object where that changes nothing. */
function filled<Counters extends ShmCounters | PkgCounters>(kept: Counters, other: Counters): Counters {
  const missing = Object.entries(other).filter(([name, value]) => value !== null && kept[name as keyof Counters] === null);
  return missing.length === 0 ? kept : { ...kept, ...Object.fromEntries(missing) };
}
