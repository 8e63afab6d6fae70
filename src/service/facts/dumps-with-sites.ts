/** Loads dumps with their sites: those that show whether something grows. */
import { chooseDumps, dumpSeries, type Placed } from "../../analysis/facts/dump-series.js";
import type { Dump } from "../../kamailio/dump/dump.js";
import type { StoredDump } from "../../store/dumps.js";
import type { Store } from "../../store/store.js";
import { trustedTimes } from "./dump-times.js";
import { withProcessNames } from "./process-names.js";

/** Dumps of a pool among which those are chosen whose sites are loaded, newest first. A shutdown leaves one of each process. */
const DUMPS_LISTED = 200;
/** Rows of sites in all of them: real dumps have some hundred each, a made-up one thousands. */
const SITES_READ = 60_000;

/** `taken_at` is `null` where nothing tells when it was taken; the record says when it came in. */
export type LoadedDump = Dump & { id: string; stored: StoredDump };

/** A recorded dump without its sites, as the order of dumps is told. */
interface ListedDump extends Omit<StoredDump, "taken_at"> {
  taken_at: string | null;
  stored: StoredDump;
}

/** The newest dumps of each pool and process, oldest first; those that can be compared with another one come first. */
export async function dumpsWithSites(store: Store, instance: string): Promise<LoadedDump[]> {
  const page = { after: null, limit: DUMPS_LISTED };
  const [shm, pkg] = await Promise.all([
    store.dumps.list(instance, { pool: "shm" }, page),
    store.dumps.list(instance, { pool: "pkg" }, page),
  ]);
  const named = await withProcessNames(store, instance, [...shm, ...pkg].filter(({ sites }) => sites > 0).reverse());
  const loaded: LoadedDump[] = [];
  let rows = 0;
  for (const { dump } of chooseDumps(placed(named))) {
    const { stored, ...listed } = dump;
    rows += stored.sites;
    if (rows > SITES_READ && loaded.length > 1) break;
    const sites = (await store.dumps.sites(instance, stored.id)) ?? [];
    loaded.push({ ...listed, sites, stored });
  }
  return loaded;
}

/** The loaded dumps as series that can be compared, oldest first. */
export function loadedSeries(dumps: readonly LoadedDump[]): LoadedDump[][] {
  const items = dumps.map((dump) => ({ text: textOf(dump.stored), dump }));
  return dumpSeries(items, ({ dump }) => dump.id).map((series) => series.dumps.map(({ dump }) => dump));
}

/** What came in together is one text. */
function textOf({ recorded_at }: StoredDump): string {
  return String(recorded_at);
}

/** @param dumps oldest first */
function placed(dumps: readonly StoredDump[]): Placed<ListedDump>[] {
  const groups = new Map<string, StoredDump[]>();
  for (const dump of dumps) {
    const key = `${dump.pool} ${dump.pid}`;
    groups.set(key, [...(groups.get(key) ?? []), dump]);
  }
  const times = new Map<string, string | null>();
  for (const group of groups.values()) {
    const { taken_at } = trustedTimes(group);
    for (const [index, { id }] of group.entries()) times.set(id, taken_at[index] ?? null);
  }
  return dumps.map((stored) => ({
    text: textOf(stored),
    dump: { ...stored, taken_at: times.get(stored.id) ?? null, stored },
  }));
}
