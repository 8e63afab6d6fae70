/** Which dumps show whether something grows: those of one pool or process, in one form. */
import type { Dump } from "../../kamailio/dump/dump.js";

/** Of one pool or process; the newest show whether it still grows. */
const DUMPS_OF_ONE = 6;
/** Dumps that are looked into: a shutdown alone leaves one of each process. */
const MOST_DUMPS = 40;

type Described = Pick<Dump, "pool" | "pid" | "process" | "form">;

/** The newest dumps of each pool and process; those that can be compared with another one come first. */
export function chooseDumps<Item extends Described>(newestFirst: readonly Item[]): Item[] {
  return dumpSeries(newestFirst)
    .map((list) => list.slice(0, DUMPS_OF_ONE))
    .sort((a, b) => Number(b.length > 1) - Number(a.length > 1))
    .flat()
    .slice(0, MOST_DUMPS);
}

/**
 * A list for each pool and process. Where a moment was taken in two forms (the list and the sums), the form that comes most often stands for both:
 * what is the same moment twice would look like a leak that stopped.
 */
export function dumpSeries<Item extends Described>(dumps: readonly Item[]): Item[][] {
  const ofOne = grouped(dumps, ({ pool, pid, process }) => (pool === "pkg" ? `pkg|${pid ?? process ?? ""}` : `${pool}`));
  return [...ofOne.values()].map((list) => {
    const forms = [...grouped(list, ({ form }) => form).values()].sort((a, b) => b.length - a.length);
    return forms[0] !== undefined && forms[0].length > 1 ? forms[0] : list;
  });
}

function grouped<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
