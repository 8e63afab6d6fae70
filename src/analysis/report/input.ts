/** What a report is made from: everything that is recorded about one instance, and the judgements of it. */
import type { Build } from "../../kamailio/binary/build.js";
import type { Dump } from "../../kamailio/dump/dump.js";
import type { HostMemoryReading } from "../../kamailio/host-memory/reading.js";
import type { LogIncident } from "../../kamailio/log/incident.js";
import type { UsageSample } from "../../kamailio/sample.js";
import type { EffectiveSettings, SettingsReading } from "../../kamailio/settings/settings.js";
import type { Version } from "../../kamailio/version.js";
import type { Service } from "../commands/submit.js";
import type { Diagnosis } from "../diagnosis/diagnosis.js";
import type { DumpComparison } from "../dump-comparison/dump-comparison.js";
import type { History } from "../history/history.js";
import type { HostMemoryJudgement } from "../host-memory/host-memory.js";
import type { KnownIssueMatch } from "../known-issues/known-issue-match.js";
import type { Readiness } from "../readiness/readiness.js";
import type { BuildRecord } from "../readiness/situation.js";

/** A record with its times, epoch ms. */
export interface Recorded<Value> {
  id: string;
  recorded_at: number;
  last_seen_at: number;
  value: Value;
}

export interface ReportDump extends Dump {
  id: string;
}

export interface ReportIncident {
  id: string;
  /** Epoch ms. */
  began_at: number;
  ended_at: number;
  incident: LogIncident;
}

export interface ReportInput {
  instance: string;
  /** Epoch ms. */
  now: number;
  /** How the instance is reached at the service; a name that would give something away is left to the shell. */
  service: Service;
  version: Version | null;
  build: BuildRecord | null;
  running_build: BuildRecord | null;
  /** What the newest build was read from, without secrets. */
  build_text: string | null;
  settings: EffectiveSettings;
  readiness: Readiness;
  diagnosis: Diagnosis;
  history: History;
  /** The newest sample. */
  latest: UsageSample | null;
  /** With their sites; the newest of each pool and process, newest first. */
  dumps: readonly ReportDump[];
  /** Of dumps of one pool and process, oldest first. */
  comparisons: readonly { dump_ids: string[]; process: string | null; pid: number | null; comparison: DumpComparison }[];
  /** Newest first. */
  incidents: readonly ReportIncident[];
  /** Newest first. */
  builds: readonly Recorded<Build>[];
  settings_history: readonly Recorded<SettingsReading>[];
  configs: readonly Recorded<{ main: string; modules: readonly string[] }>[];
  host_memory: (Recorded<HostMemoryReading> & { judgement: HostMemoryJudgement }) | null;
  known_issues: readonly KnownIssueMatch[];
}
