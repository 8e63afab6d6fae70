/** What a runbook is, field by field as it goes over the wire: steps for one instance, each with its risk, its undo and both outcomes. */

export const RUNBOOK_KINDS = [
  "first_15_minutes",
  "out_of_memory",
  "leak_hunt",
  "quiet_test",
  "enable_debugging",
  "collect_dump",
  "gdb_walk",
  "resize",
  "fragmentation",
  "corruption",
  "host_memory_high",
  "tls_low_memory",
  "reload_leak",
  "pre_upgrade_check",
] as const;
export type RunbookKind = (typeof RUNBOOK_KINDS)[number];

export const PHASES = ["triage", "collect", "confirm", "mitigate", "fix", "verify", "report"] as const;
export type Phase = (typeof PHASES)[number];

/**
 * What a command does to the service: nothing; work (CPU, a stopped process); many log lines; the shm lock held, so that all processes wait;
 * a restart; calls or registrations lost.
 */
export const RISKS = ["none", "load", "log_flood", "lock", "restart", "calls_dropped"] as const;
export type Risk = (typeof RISKS)[number];

export const STEP_STATUSES = ["open", "done", "skipped", "failed", "satisfied"] as const;
export type StepStatus = (typeof STEP_STATUSES)[number];
/** What a person can say of a step; `satisfied` is for the records alone. */
export const MARKED_STATUSES = ["open", "done", "skipped", "failed"] as const;
export type MarkedStatus = (typeof MARKED_STATUSES)[number];

export interface StepCommand {
  /** Where to type it: the machine or the tool that reaches it. */
  run_on: "server" | "container_host" | "kubectl" | "build_host" | "anywhere";
  text: string;
}

/** What decided a step: a record by its id, a fact of the release, the clock, or a person. */
export interface StepEvidence {
  kind:
    | "build"
    | "settings"
    | "config"
    | "usage"
    | "dump"
    | "incident"
    | "host_memory"
    | "judgement"
    | "release"
    | "clock"
    | "person";
  /** The id of the record; `null` where there is none. A person can name one. */
  id: string | null;
  /** RFC 3339. */
  at: string | null;
  detail: string;
}

export interface Step {
  /** Stable within the kind, `snake_case`. */
  id: string;
  phase: Phase;
  title: string;
  why: string;
  commands: StepCommand[];
  expect: string;
  risk: Risk;
  /** What the risk amounts to here, with numbers; `null` when there is none. */
  risk_detail: string | null;
  /** Commands that take it back, in order. */
  undo: string[];
  when_ok: string;
  when_not: string;
  /** The curl that records the result; `null` when there is nothing to record. */
  submit: string | null;
  status: StepStatus;
  satisfied_by: StepEvidence | null;
}

/** What an experiment or a comparison came to. */
export interface RunbookVerdict {
  /** Stable, `snake_case`: `returned`, `not_returned`, `inconclusive`, ... */
  outcome: string;
  summary: string;
  /** The working, line by line. */
  evidence: string[];
}

export type ParameterValue = string | number | boolean;
export type RunbookParameters = Record<string, ParameterValue>;

export interface Runbook {
  id: string;
  kind: RunbookKind;
  title: string;
  instance: string;
  /** RFC 3339. */
  created_at: string;
  parameters: RunbookParameters;
  /** `done` when nothing is left to do. */
  status: "open" | "done";
  /** The id of the step to do next; `null` when there is none. */
  next_step: string | null;
  verdict: RunbookVerdict | null;
  steps: Step[];
}
