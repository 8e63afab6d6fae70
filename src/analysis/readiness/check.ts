/**
 * What readiness answers with: checks, each with the words that prove it and the exact commands or lines that fix it.
 * A check always carries its `fix`; `action: "none"` says that there is nothing to do, or nothing that a command can do.
 */
import type { EffectiveValue } from "../../kamailio/settings/settings.js";

export type CheckStatus = "pass" | "fail" | "warn" | "unknown";

/** What the fix costs: nothing (`runtime`), a restart, or a rebuild and a restart. */
export type FixAction = "rebuild" | "restart" | "runtime" | "none";

/** The record that shows it and the words in it. `kind` names the resource; `release` is a fact about the release, with its source. */
export interface Evidence {
  kind: "build" | "settings" | "config" | "release" | "runtime";
  /** The id of the record; `null` for facts about the release and for defaults. */
  id: string | null;
  quote: string | null;
}

export interface Fix {
  action: FixAction;
  /** Shell commands, in order. For a check that is `unknown`: the commands that would tell. */
  commands: string[];
  /** Lines for kamailio.cfg (or what the check names). */
  config_lines: string[];
  /** Shell commands that take the change back, in order. */
  undo: string[];
}

export interface Check {
  /** Stable, `snake_case`. */
  id: string;
  status: CheckStatus;
  /** The claim that is checked, one sentence. */
  title: string;
  /** What was found and what it means, in sentences for a tired reader. */
  detail: string;
  evidence: Evidence | null;
  fix: Fix;
}

/** Nothing to do. */
export function nothing(): Fix {
  return { action: "none", commands: [], config_lines: [], undo: [] };
}

/** A fix at run time: it is gone after the next restart, so `config_lines` says what would keep it. */
export function atRuntime(commands: string[], more: { config_lines?: string[]; undo?: string[] } = {}): Fix {
  return { action: "runtime", commands, config_lines: more.config_lines ?? [], undo: more.undo ?? [] };
}

/** The commands that would tell, for a check that is `unknown`: they only read. */
export function askWith(...commands: string[]): Fix {
  return atRuntime(commands);
}

/** The evidence of one setting in force; `null` when nothing shows it. */
export function settingEvidence(setting: EffectiveValue<unknown>): Evidence | null {
  if (setting.source === null) return null;
  return { kind: kindOf(setting), id: setting.evidence_id, quote: setting.quote };
}

function kindOf({ source, evidence_id }: EffectiveValue<unknown>): Evidence["kind"] {
  if (source === "config_file") return "config";
  if (source === "build_default") return evidence_id === null ? "release" : "build";
  if (source === "release_default") return evidence_id === null ? "release" : "config";
  return "settings";
}

/** A default that no text shows: kamailio.cfg may say another value. */
export function isAssumed({ source, evidence_id }: EffectiveValue<unknown>): boolean {
  return source === "release_default" && evidence_id === null;
}

/** A fact about the release, with the source line that shows it. */
export function releaseEvidence(source: string | undefined): Evidence | null {
  return source === undefined ? null : { kind: "release", id: null, quote: source };
}

/** How a value and where it comes from read in a sentence: "memlog=5 (config_file)". */
export function named(name: string, setting: EffectiveValue<number>): string {
  return `${name}=${setting.value} (${(setting.source ?? "unknown").replaceAll("_", " ")})`;
}
