/** Loads what known bugs of Kamailio are recognised by: the newest dumps of an instance with their sites, and its incidents. */
import type { InstanceFacts } from "../../analysis/facts/gather.js";
import { knownIssuesIn } from "../../analysis/facts/known-issues.js";
import type { JudgedUsage } from "../../analysis/known-issues/growing-classes.js";
import type { KnownIssueMatch } from "../../analysis/known-issues/known-issue-match.js";
import type { Pool } from "../../kamailio/pool.js";
import type { Store } from "../../store/store.js";
import { dumpsWithSites } from "./dumps-with-sites.js";
import { allIncidents } from "./incidents.js";

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
