/** What a runbook is made from: all that is recorded about one instance, gathered once, and the time. Nothing here is a guess: unknown is `null`. */
import type { Diagnosis } from "../analysis/diagnosis/diagnosis.js";
import type { HostMemoryJudgement } from "../analysis/host-memory/host-memory.js";
import type { KnownIssueMatch } from "../analysis/known-issues/known-issue-match.js";
import type { Readiness } from "../analysis/readiness/readiness.js";
import type { BuildRecord } from "../analysis/readiness/situation.js";
import type { Sizing } from "../analysis/sizing/sizing.js";
import type { Dump, Site } from "../kamailio/dump/dump.js";
import type { LogIncident } from "../kamailio/log/incident.js";
import type { UsageSample } from "../kamailio/sample.js";
import type { EffectiveSettings } from "../kamailio/settings/settings.js";
import type { Version } from "../kamailio/version.js";

export interface TimedUsage {
  /** Epoch ms. */
  at: number;
  sample: UsageSample;
}

export interface DumpFact extends Omit<Dump, "sites" | "taken_at"> {
  id: string;
  /** Epoch ms. */
  taken_at: number;
  recorded_at: number;
  /** `null`: not loaded, since the dump is old. */
  sites: Site[] | null;
}

export interface IncidentFact {
  id: string;
  /** Epoch ms. */
  began_at: number;
  ended_at: number;
  recorded_at: number;
  incident: LogIncident;
}

export interface ModuleParameterFact {
  module: string;
  name: string;
  value: number | string | null;
}

export interface RunbookFacts {
  instance: string;
  version: Version | null;
  build: BuildRecord | null;
  running_build: BuildRecord | null;
  settings: EffectiveSettings;
  readiness: Readiness;
  /** Epoch ms of when a text of the kind was last posted, also when it equalled the one before; `null` without any. */
  last_seen: { build: number | null; running_build: number | null; settings: number | null; config: number | null };
  /** `modparam` lines of the recorded kamailio.cfg; `null` without one. */
  module_parameters: ModuleParameterFact[] | null;
  usage: {
    latest: TimedUsage | null;
    /** The first sample after the last restart that was seen. */
    start_up: TimedUsage | null;
    /** Samples since the runbook began and a little before, oldest first, bounded. */
    recent: TimedUsage[];
  };
  /** Newest first, bounded. */
  dumps: DumpFact[];
  /** Newest first, bounded. */
  incidents: IncidentFact[];
  host_memory: { id: string; recorded_at: number; judgement: HostMemoryJudgement } | null;
  diagnosis: Diagnosis | null;
  sizing: Sizing | null;
  /** Known bugs of Kamailio that fit, the surest first. */
  known_issues: KnownIssueMatch[];
  /** How the submit commands reach the service. */
  service: { url: string; auth: "none" | "token" };
  /** Epoch ms. */
  now: number;
}
