/** Known bugs of Kamailio that fit what the texts show. */
import type { Dump } from "../../kamailio/dump/dump.js";
import type { LogIncident } from "../../kamailio/log/incident.js";
import { growingClasses, type JudgedUsage } from "../known-issues/growing-classes.js";
import type { KnownIssueMatch } from "../known-issues/known-issue-match.js";
import { matchKnownIssues } from "../known-issues/match.js";
import type { ServerFacts } from "./facts.js";

/** Matches that are shown. */
const MAX_MATCHES = 50;

/** Ordered by how sure they are. `usage`: which processes grow; `null` where that was not judged. */
export function knownIssuesIn(
  { version, build, running_build, settings }: ServerFacts,
  dumps: readonly Dump[],
  incidents: readonly LogIncident[],
  usage: JudgedUsage | null,
): KnownIssueMatch[] {
  const judged = running_build?.value ?? build?.value ?? null;
  const managers = [settings.shm_manager.value, settings.pkg_manager.value, ...dumps.map(({ manager }) => manager)];
  return matchKnownIssues({
    version,
    product: judged?.product ?? null,
    managers: [...new Set(managers.filter((manager) => manager !== null))],
    modules: settings.modules.value,
    dumps,
    incidents,
    process_classes_growing: growingClasses(usage),
    architecture: judged?.architecture ?? null,
    join_free: judged?.memory.join_free ?? null,
  }).slice(0, MAX_MATCHES);
}
