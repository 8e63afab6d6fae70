/**
 * What the stateless analysis says of one text or several: everything that the readers found in them and the judgements that need no history of
 * an instance, with nothing stored. The texts are taken as those of one server.
 */
import type { Build } from "../../kamailio/binary/build.js";
import type { Dump, Site } from "../../kamailio/dump/dump.js";
import type { SiteKnowledge } from "../../kamailio/knowledge/sites.js";
import type { LogIncident, LogStart, LookAlike } from "../../kamailio/log/incident.js";
import type { Kind } from "../../kamailio/recognise.js";
import type { EffectiveSettings, RefusedOption, SettingsForm } from "../../kamailio/settings/settings.js";
import type { Rejected } from "../../kamailio/usage/reader.js";
import type { ConfigReview } from "../config-review/review-config.js";
import type { Diagnosis } from "../diagnosis/diagnosis.js";
import type { DumpComparison } from "../dump-comparison/dump-comparison.js";
import type { HostMemoryJudgement } from "../host-memory/host-memory.js";
import type { KnownIssueMatch } from "../known-issues/known-issue-match.js";
import type { Readiness } from "../readiness/readiness.js";
import type { Sizing } from "../sizing/sizing.js";

/** The parts of the analysis that a text contributes to. */
export type AnalysisPart = "dumps" | "incidents" | "log" | "builds" | "settings" | "usage" | "host_memory" | "config";

/** A text of which something was read. */
export interface RecognisedText {
  /** Its name; "text" when it has none. */
  text: string;
  kind: Kind;
  /** Completes "this looks like ...". */
  title: string;
  parts: AnalysisPart[];
  bytes: number;
  lines: number;
}

/** A text of which nothing was read: what it looks like and what to do instead. */
export interface UnrecognisedText {
  text: string;
  kind: Kind;
  title: string;
  /** Why its reader kept nothing of it, with the line; `null` where no reader knows it. */
  reason: string | null;
  hint: string;
  bytes: number;
}

/** What the catalogue of allocation sites says, in short. It explains; it proves nothing. */
export interface SiteExplanation extends Pick<SiteKnowledge, "object" | "lifetime" | "freed_when" | "grows_with" | "sized_by"> {
  /** Allocated at start and kept: no leak. */
  start_up: boolean;
  /** The counter that says how many objects there should be. */
  counter: string | null;
}

/** Who allocated; never who forgot to free. */
export interface AnalysedSite extends Site {
  /** Of the largest sites; `null` where the catalogue does not know the site, or further down the list. */
  explanation: SiteExplanation | null;
}

export interface AnalysedDump extends Omit<Dump, "sites"> {
  text: string;
  /** How many sites the dump has; `sites` may be a part of them. */
  sites_total: number;
  /** Ordered by bytes, largest first. */
  sites: AnalysedSite[];
}

/** A comparison of dumps, and where each of them stands (`text:line`), oldest first. */
export interface AnalysedComparison extends DumpComparison {
  dump_names: string[];
  /** How many sites changed: `sites` may be a part of them, and has nothing of what every start builds. */
  sites_total: number;
}

export interface AnalysedUsage {
  accepted: { samples: number; shm: number; pkg: number; load: number };
  first_at: string | null;
  last_at: string | null;
  /** The moment that was judged for: the last sample. */
  as_of: string;
  /** What was recognised: `core.shmmem`, `pkg.stats`, ... */
  kinds: string[];
  rejected: (Rejected & { text: string })[];
  rejected_total: number;
  diagnosis: Diagnosis;
  sizing: Sizing;
}

export interface AnalysedSettings {
  forms: SettingsForm[];
  /** In force by Kamailio's own precedence over all the texts; `evidence_id` is the name of the text. */
  values: EffectiveSettings;
  refused: RefusedOption[];
}

export interface AnalysedConfig extends ConfigReview {
  /** The texts that it was read from. */
  files: string[];
  unknown: { file: string; line: number; text: string; reason: string }[];
  warnings: string[];
}

export interface Analysis {
  /** Something was read, and nothing in it needs somebody: no error among the incidents, and each judgement that was made is ok. */
  ok: boolean;
  /** What matters most, in a few sentences. */
  summary: string;
  recognised: RecognisedText[];
  unrecognised: UnrecognisedText[];
  /** Of all texts, in their order. */
  dumps: AnalysedDump[];
  /** The most telling comparison, where two or more dumps can be compared. */
  comparison: AnalysedComparison | null;
  /** The comparisons of other pools and processes. */
  other_comparisons: AnalysedComparison[];
  /** The worst first. */
  incidents: (LogIncident & { text: string })[];
  look_alikes: (LookAlike & { text: string })[];
  /** Starts of Kamailio that a log shows; several mean restarts. */
  starts: (LogStart & { text: string })[];
  builds: (Build & { text: string })[];
  settings: AnalysedSettings | null;
  /** Where a build was found. */
  readiness: Readiness | null;
  usage: AnalysedUsage | null;
  host_memory: HostMemoryJudgement | null;
  /** Known bugs of Kamailio that fit what the texts show, the surest first. */
  known_issues: KnownIssueMatch[];
  config: AnalysedConfig | null;
  warnings: string[];
  secrets_removed: number;
}
