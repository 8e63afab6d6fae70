/** Which known bugs of Kamailio fit what is recorded of an instance. Diagnosis, readiness and report show the same answer. */
import { growingClasses, type JudgedUsage } from "../../analysis/known-issues/growing-classes.js";
import type { KnownIssueMatch } from "../../analysis/known-issues/known-issue-match.js";
import { matchKnownIssues } from "../../analysis/known-issues/match.js";
import type { Dump } from "../../kamailio/dump/dump.js";
import type { LogIncident } from "../../kamailio/log/incident.js";
import type { Pool } from "../../kamailio/pool.js";
import { timestamp } from "../../kamailio/units.js";
import type { StoredDump } from "../../store/dumps.js";
import type { Store } from "../../store/store.js";
import type { instanceFacts } from "./instance-facts.js";
import { withProcessNames } from "./process-names.js";

/** Dumps and incidents that are looked through, newest first. */
const DUMPS_LISTED = 200;
const INCIDENTS_READ = 500;
/** Dumps whose sites are loaded: a shutdown alone leaves one of each process. */
const DUMPS_READ = 40;
/** Rows of sites in all of them: real dumps have some hundred each, a made-up one thousands. */
const SITES_READ = 60_000;
/** Of one pool or process; the newest show whether it still grows. */
const DUMPS_OF_ONE = 6;
/** Matches that are shown. */
export const MAX_MATCHES = 50;

type Facts = Awaited<ReturnType<typeof instanceFacts>>;

/** Ordered by how sure they are. `usage`: which processes grow; `null` where that was not judged. `pool`: issues of this one alone. */
export async function knownIssuesOf(
  store: Store,
  facts: Facts,
  usage: JudgedUsage | null,
  pool?: Pool | undefined,
): Promise<KnownIssueMatch[]> {
  const [dumps, incidents] = await Promise.all([
    dumpsWithSites(store, facts.instance),
    store.incidents.list(facts.instance, {}, { after: null, limit: INCIDENTS_READ }),
  ]);
  return knownIssuesIn(
    facts,
    dumps,
    incidents.map(({ incident }) => incident),
    usage,
    pool,
  );
}

/** As `knownIssuesOf`, of dumps and incidents that were loaded already. */
export function knownIssuesIn(
  { version, build, running_build, settings }: Facts,
  dumps: readonly Dump[],
  incidents: readonly LogIncident[],
  usage: JudgedUsage | null,
  pool?: Pool | undefined,
): KnownIssueMatch[] {
  const judged = running_build?.value ?? build?.value ?? null;
  const managers = [settings.shm_manager.value, settings.pkg_manager.value].filter((manager) => manager !== null);
  return matchKnownIssues({
    version,
    product: build?.value.product ?? judged?.product ?? null,
    managers: [...new Set(managers)],
    modules: settings.modules.value,
    dumps,
    incidents,
    process_classes_growing: growingClasses(usage),
    architecture: build?.value.architecture ?? judged?.architecture ?? null,
    join_free: judged?.memory.join_free ?? null,
    ...(pool === undefined ? {} : { pool }),
  }).slice(0, MAX_MATCHES);
}

/** The newest dumps of each pool and process with their sites; those that can be compared with another one come first. */
export async function dumpsWithSites(store: Store, instance: string): Promise<(Dump & { id: string; stored: StoredDump })[]> {
  const listed = await store.dumps.list(instance, {}, { after: null, limit: DUMPS_LISTED });
  const chosen = await withProcessNames(store, instance, chooseDumps(listed));
  const loaded: (Dump & { id: string; stored: StoredDump })[] = [];
  let rows = 0;
  for (const stored of chosen) {
    rows += stored.sites;
    if (rows > SITES_READ && loaded.length > 1) break;
    const sites = (await store.dumps.sites(instance, stored.id)) ?? [];
    loaded.push({ ...stored, taken_at: timestamp(stored.taken_at), sites, stored });
  }
  return loaded;
}

function chooseDumps(newestFirst: readonly StoredDump[]): StoredDump[] {
  return dumpSeries(newestFirst.filter(({ sites }) => sites > 0))
    .map((list) => list.slice(0, DUMPS_OF_ONE))
    .sort((a, b) => Number(b.length > 1) - Number(a.length > 1))
    .flat()
    .slice(0, DUMPS_READ);
}

/**
 * A list for each pool and process. Where a moment was taken in two forms (the list and the sums), the form that comes most often stands for both:
 * what is the same moment twice would look like a leak that stopped.
 */
export function dumpSeries<Item extends Pick<StoredDump, "pool" | "pid" | "process" | "form">>(dumps: readonly Item[]): Item[][] {
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
