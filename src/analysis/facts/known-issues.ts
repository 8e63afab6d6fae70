/** Which known bugs of Kamailio fit what is known of an instance. Diagnosis, readiness, report, runbooks and analyses show the same answer. */
import type { Dump } from "../../kamailio/dump/dump.js";
import type { LogIncident } from "../../kamailio/log/incident.js";
import type { Pool } from "../../kamailio/pool.js";
import { growingClasses, type JudgedUsage } from "../known-issues/growing-classes.js";
import type { KnownIssueMatch } from "../known-issues/known-issue-match.js";
import { matchKnownIssues } from "../known-issues/match.js";
import type { InstanceFacts } from "./gather.js";

/** Matches that are shown. */
export const MAX_MATCHES = 50;

/** What shows in an instance that a known bug can be recognised by. */
export interface Signs {
  /** With their sites. */
  dumps: readonly Dump[];
  incidents: readonly LogIncident[];
  /** Which processes grow; `null` where that was not judged. */
  usage: JudgedUsage | null;
}

/** Ordered by how sure they are. `pool`: issues of this one alone. */
export function knownIssuesIn(
  { version, build, running_build, settings }: InstanceFacts,
  { dumps, incidents, usage }: Signs,
  pool?: Pool | undefined,
): KnownIssueMatch[] {
  // The process that runs is judged; what it does not say of itself, its binary does.
  const running = running_build?.value;
  const binary = build?.value;
  const managers = [settings.shm_manager.value, settings.pkg_manager.value, ...dumps.map(({ manager }) => manager)];
  return matchKnownIssues({
    version,
    product:
      running === undefined || running.product === "other" ? (binary?.product ?? running?.product ?? null) : running.product,
    managers: [...new Set(managers.filter((manager) => manager !== null))],
    modules: settings.modules.value,
    dumps,
    incidents,
    process_classes_growing: growingClasses(usage),
    architecture: running?.architecture ?? binary?.architecture ?? null,
    join_free: running?.memory.join_free ?? binary?.memory.join_free ?? null,
    ...(pool === undefined ? {} : { pool }),
  }).slice(0, MAX_MATCHES);
}
