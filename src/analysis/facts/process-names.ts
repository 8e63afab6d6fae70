/** Which process a pid was: joins dumps with the process names that usage samples have shown. */
import type { UsageSample } from "../../kamailio/sample.js";

/** @param samples nearest to the dumps first: a pid can be given to another process after a restart */
export function namesByPid(samples: Iterable<Pick<UsageSample, "pkg">>): Map<number, string> {
  const names = new Map<number, string>();
  for (const { pkg } of samples) for (const { pid, desc } of pkg) if (desc !== null && !names.has(pid)) names.set(pid, desc);
  return names;
}

/** The dump with the name of its process, where the dump does not say it and `names` does. */
export function named<Item extends { pid: number | null; process: string | null }>(
  item: Item,
  names: ReadonlyMap<number, string>,
): Item {
  return item.pid === null || item.process !== null ? item : { ...item, process: names.get(item.pid) ?? null };
}
