/** Loads what known bugs of Kamailio are recognised by: the newest dumps of an instance with their sites, and its incidents. */
import { chooseDumps } from "../../analysis/facts/dump-series.js";
import type { InstanceFacts } from "../../analysis/facts/gather.js";
import { knownIssuesIn } from "../../analysis/facts/known-issues.js";
import type { JudgedUsage } from "../../analysis/known-issues/growing-classes.js";
import type { KnownIssueMatch } from "../../analysis/known-issues/known-issue-match.js";
import type { Dump } from "../../kamailio/dump/dump.js";
import type { Pool } from "../../kamailio/pool.js";
import { timestamp } from "../../kamailio/units.js";
import type { StoredDump } from "../../store/dumps.js";
import type { Store } from "../../store/store.js";
import { allIncidents } from "./incidents.js";
import { withProcessNames } from "./process-names.js";

/** Dumps among which those are chosen whose sites are loaded, newest first. */
const DUMPS_LISTED = 200;
/** Rows of sites in all of them: real dumps have some hundred each, a made-up one thousands. */
const SITES_READ = 60_000;

export type LoadedDump = Dump & { id: string; stored: StoredDump };

/** `usage`: which processes grow; `null` where that was not judged. `pool`: issues of this one alone. */
export async function knownIssuesOf(
  store: Store,
  facts: InstanceFacts,
  usage: JudgedUsage | null,
  pool?: Pool | undefined,
): Promise<KnownIssueMatch[]> {
  const [dumps, incidents] = await Promise.all([dumpsWithSites(store, facts.instance), allIncidents(store, facts.instance)]);
  return knownIssuesIn(facts, { dumps, incidents: incidents.map(({ incident }) => incident), usage }, pool);
}

/** The newest dumps of each pool and process with their sites; those that can be compared with another one come first. */
export async function dumpsWithSites(store: Store, instance: string): Promise<LoadedDump[]> {
  const listed = await store.dumps.list(instance, {}, { after: null, limit: DUMPS_LISTED });
  const chosen = await withProcessNames(store, instance, chooseDumps(listed.filter(({ sites }) => sites > 0)));
  const loaded: LoadedDump[] = [];
  let rows = 0;
  for (const stored of chosen) {
    rows += stored.sites;
    if (rows > SITES_READ && loaded.length > 1) break;
    const sites = (await store.dumps.sites(instance, stored.id)) ?? [];
    loaded.push({ ...stored, taken_at: timestamp(stored.taken_at), sites, stored });
  }
  return loaded;
}
