/** What the matcher of known issues is given and what it says, field by field as it goes over the wire. */
import type { Product } from "../../kamailio/binary/build.js";
import type { Dump, Site } from "../../kamailio/dump/dump.js";
import type { KnownIssue } from "../../kamailio/knowledge/known-issues.js";
import type { LogIncident } from "../../kamailio/log/incident.js";
import type { Manager, Pool } from "../../kamailio/pool.js";
import type { Version } from "../../kamailio/version.js";

export interface KnownIssuesInput {
  /** `null`: not known, then no issue is more than possible. */
  version: Version | null;
  /** OpenSIPS and old SER share names with Kamailio, not its history: nothing is matched for them. */
  product: Product | null;
  /** The managers in force; empty when not known. */
  managers: readonly Manager[];
  /** The modules that are loaded; `null` when not known. */
  modules: readonly string[] | null;
  /** In any order; those of one pool and process are compared with each other by time. */
  dumps: readonly Dump[];
  /** Sites that another judgement found growing. */
  growing_sites?: readonly Site[];
  incidents: readonly LogIncident[];
  /** Classes of processes whose private memory grows (`src/kamailio/process-class.ts`). */
  process_classes_growing?: readonly string[];
  /** Looks at issues of this pool (and those of no pool) alone. */
  pool?: Pool;
  /** As `kamailio -I` prints it; `null` or missing when not known. */
  architecture?: string | null;
  /** Does the build join free neighbours? `null` or missing when not known. */
  join_free?: boolean | null;
}

/**
 * - `likely`: its signature was seen and the release has it;
 * - `possible`: its signature was seen, but the release, a condition or which of several issues it is stays open;
 * - `release_only`: the release has it and its module is loaded; nothing that was recorded shows it.
 */
export type Certainty = "likely" | "possible" | "release_only";

export interface KnownIssueEvidence {
  kind: "site" | "incident" | "counters" | "processes";
  detail: string;
}

export interface KnownIssueMatch {
  id: string;
  title: string;
  summary: string;
  kind: KnownIssue["kind"];
  pool: KnownIssue["pool"];
  certainty: Certainty;
  /** Why it is shown and why it is no more certain, in order. */
  why: string[];
  evidence: KnownIssueEvidence[];
  /** What traffic, function or setting it takes: check whether this instance has it. */
  needs: string;
  /** The affected releases in words. */
  affected: string;
  /** First release of each series with the fix; empty: no release has it. */
  fixed_in: string[];
  /** The nearest release with the fix; `null` when there is none or the release is not known. */
  upgrade_to: string | null;
  fix_commit: string | null;
  urls: string[];
  workaround: string | null;
}
