/** Judges what was read of one server's texts: each judgement is made where there is something to judge, and left out where there is not. */

import type { ConfigReading } from "../../kamailio/config/reading.js";
import { joinMoments } from "../../kamailio/history/merge-samples.js";
import type { Severity } from "../../kamailio/log/incident.js";
import { removeSecrets } from "../../kamailio/secrets.js";
import { limitTroubles } from "../../kamailio/settings/memory-limit.js";
import { timestamp } from "../../kamailio/units.js";
import type { TimedSample } from "../../kamailio/usage/reader.js";
import type { Version } from "../../kamailio/version.js";
import { reachOf } from "../commands/reach.js";
import { gatherFacts, type InstanceFacts, knownVersion } from "../facts/gather.js";
import { historyFacts } from "../facts/history-facts.js";
import { named, namesByPid } from "../facts/process-names.js";
import type { ProcessHistory } from "../history/history.js";
import type { HostMemoryJudgement } from "../host-memory/host-memory.js";
import type { KnownIssueMatch } from "../known-issues/known-issue-match.js";
import type { Readiness } from "../readiness/readiness.js";
import type { AnalysedComparison, AnalysedConfig, AnalysedSettings, AnalysedUsage, Analysis } from "./analysis.js";
import type { PlacedDump } from "./comparisons.js";
import { configEvidence, dumpEvidence, evidenceOf, historyIncidents } from "./evidence.js";
import { explainedDump } from "./explained-dump.js";
import { summarize } from "./summary.js";
import type { TextReading } from "./text-reading.js";

export interface JudgeOptions {
  /** The clock, epoch ms. */
  now: number;
  /** Sites listed of each dump. */
  sites: number;
  pause: () => Promise<void>;
}

const RANK: Record<Severity, number> = { critical: 0, error: 1, warning: 2, info: 3 };
/** What one analysis lists; beyond it nobody reads. */
const MAX_INCIDENTS = 1000;
const MAX_REJECTED = 1000;
const MAX_WARNINGS = 200;
/** Rows of sites over all dumps: a log of a shutdown can hold hundreds of dumps. */
const MAX_SITE_ROWS = 300_000;

export async function judgeReadings(readings: readonly TextReading[], options: JudgeOptions): Promise<Analysis> {
  const { now, pause } = options;
  const read = readings.filter(({ parts }) => parts.length > 0);
  const evidence = evidenceOf(read, now);
  const config = await readConfigs(read, knownVersion(evidence));
  const facts = gatherFacts({ ...evidence, config: configEvidence(config, now) });
  const placed = placedDumps(read);
  const dumps = listedDumps(placed, options.sites);
  await pause();
  const comparisons = await comparisonsOf(placed, options.sites, facts);
  await pause();
  const judgedUsage = await judgeUsage(read, facts, placed, now);
  const usage = judgedUsage?.usage ?? null;
  await pause();
  const incidents = read
    .flatMap(({ name, log }) => log.incidents.map((incident) => ({ text: name, ...incident })))
    .sort((a, b) => RANK[a.severity] - RANK[b.severity] || b.count - a.count);
  const readiness = await judgeBuild(facts);
  const host_memory = await judgeHost(read, facts);
  const reviewed = config === null ? null : await reviewOf(config, facts);
  const limits = limitsOf(facts);
  const [comparison = null, ...other_comparisons] = comparisons;
  const found: Omit<Analysis, "summary"> = {
    ok:
      read.length > 0 &&
      limits.length === 0 &&
      incidents.every(({ severity }) => severity !== "error" && severity !== "critical") &&
      comparisons.every(({ ok, comparable }) => ok || !comparable) &&
      [readiness, usage?.diagnosis, usage?.sizing, host_memory, reviewed].every((judgement) => judgement?.ok ?? true),
    recognised: read.map(({ name, recognition, parts, bytes, lines }) => ({
      text: name,
      kind: recognition.kind,
      title: recognition.title,
      parts,
      bytes,
      lines,
    })),
    unrecognised: readings
      .filter(({ parts }) => parts.length === 0)
      .map(({ name, recognition: { kind, title, unread_hint }, refusal, bytes }) => ({
        text: name,
        kind,
        title,
        reason: refusal === null ? null : removeSecrets(`line ${refusal.line}: ${refusal.reason}`).text,
        hint: refusal?.hint ?? unread_hint,
        bytes,
      })),
    dumps,
    comparison,
    other_comparisons,
    incidents: incidents.slice(0, MAX_INCIDENTS),
    look_alikes: read.flatMap(({ name, log }) => log.look_alikes.map((one) => ({ text: name, ...one }))),
    starts: read.flatMap(({ name, log }) => log.starts.map((one) => ({ text: name, ...one }))),
    builds: read.flatMap(({ name, builds }) => (builds?.builds ?? []).map((build) => ({ text: name, ...build }))),
    settings: settingsOf(read, facts, config),
    readiness,
    usage,
    host_memory,
    known_issues: await knownIssues(facts, placed, read, judgedUsage),
    config: reviewed,
    warnings: warningsOf(read).slice(0, MAX_WARNINGS),
    secrets_removed: read.reduce((sum, one) => sum + one.secrets_removed, 0),
  };
  return { ...found, summary: summarize(found, limits) };
}

function placedDumps(readings: readonly TextReading[]): PlacedDump[] {
  const names = namesByPid(readings.toReversed().flatMap(({ usage }) => usage?.kept.samples.toReversed() ?? []));
  return readings.flatMap(({ name, dumps }) => dumps.map((dump) => ({ text: name, dump: named(dump, names) })));
}

function listedDumps(placed: readonly PlacedDump[], most: number) {
  const each = Math.max(1, Math.min(most, Math.floor(MAX_SITE_ROWS / Math.max(1, placed.length))));
  return placed.map(({ text, dump }) => explainedDump(dump, text, each));
}

async function comparisonsOf(placed: readonly PlacedDump[], most: number, facts: InstanceFacts): Promise<AnalysedComparison[]> {
  if (placed.length < 2) return [];
  const { compareAll } = await import("./comparisons.js");
  return compareAll(placed, most, reachOf(facts));
}

async function judgeUsage(
  readings: readonly TextReading[],
  facts: InstanceFacts,
  placed: readonly PlacedDump[],
  now: number,
): Promise<{ usage: AnalysedUsage; processes: readonly ProcessHistory[] } | null> {
  const read = readings.flatMap(({ name, usage }) => (usage === null ? [] : [{ name, ...usage }]));
  if (read.length === 0) return null;
  const [{ historyFromSamples }, { diagnose }, { sizeInstance }] = await Promise.all([
    import("../history/from-samples.js"),
    import("../diagnosis/diagnose.js"),
    import("../sizing/size-instance.js"),
  ]);
  const samples = joinMoments(read.flatMap(({ kept }) => kept.samples));
  const history = historyFromSamples(samples, historyFacts(facts, dumpEvidence(placed)), historyIncidents(readings));
  const times = (which: "first" | "last") => read.flatMap(({ kept }) => kept[which] ?? []).sort();
  const [first_at = null] = times("first");
  const last_at = times("last").at(-1) ?? null;
  // An old text is judged as of its end: nothing is known of what came after.
  const judgedAt = last_at === null ? now : Date.parse(last_at);
  const total = (name: keyof AnalysedUsage["accepted"]) => read.reduce((sum, { kept }) => sum + kept.accepted[name], 0);
  const usage: AnalysedUsage = {
    accepted: { samples: total("samples"), shm: total("shm"), pkg: total("pkg"), load: total("load") },
    first_at,
    last_at,
    as_of: timestamp(judgedAt),
    kinds: [...new Set(read.flatMap(({ report }) => report.kinds))],
    rejected: read
      .flatMap(({ name, report }) =>
        report.rejected.map((one) => ({ text: name, ...one, reason: removeSecrets(one.reason).text })),
      )
      .slice(0, MAX_REJECTED),
    rejected_total: read.reduce((sum, { report }) => sum + report.rejected_total, 0),
    diagnosis: diagnose(history, judgedAt, undefined, now),
    sizing: sizeInstance(history, judgedAt, undefined, undefined, now),
  };
  return { usage, processes: history.processes };
}

/** Loaded for those texts alone that a bug can show in, or that name the release. */
async function knownIssues(
  facts: InstanceFacts,
  placed: readonly PlacedDump[],
  readings: readonly TextReading[],
  judged: Awaited<ReturnType<typeof judgeUsage>>,
): Promise<KnownIssueMatch[]> {
  const incidents = readings.flatMap(({ log }) => log.incidents);
  const dumps = placed.filter(({ dump: { sites } }) => sites.length > 0);
  if (incidents.length === 0 && dumps.length === 0 && facts.version === null) return [];
  const [{ knownIssuesIn }, { chooseDumps }] = await Promise.all([
    import("../facts/known-issues.js"),
    import("../facts/dump-series.js"),
  ]);
  const usage = judged === null ? null : { processes: judged.processes, diagnosis: judged.usage.diagnosis };
  return knownIssuesIn(facts, { dumps: chooseDumps(dumps).map(({ dump }) => dump), incidents, usage });
}

async function judgeBuild(facts: InstanceFacts): Promise<Readiness | null> {
  if (facts.build === null && facts.running_build === null) return null;
  const { judgeReadiness } = await import("../readiness/readiness.js");
  return judgeReadiness(facts);
}

async function judgeHost(readings: readonly TextReading[], facts: InstanceFacts): Promise<HostMemoryJudgement | null> {
  const read = readings.flatMap(({ host }) => (host === null ? [] : [host]));
  if (read.length === 0) return null;
  const [{ judgeHostMemory }, { hostMemoryContext }] = await Promise.all([
    import("../host-memory/host-memory.js"),
    import("../facts/host-context.js"),
  ]);
  const samples = readings.flatMap(({ usage }) => usage?.kept.samples ?? []);
  return judgeHostMemory(
    {
      hosts: read.flatMap(({ hosts }) => hosts),
      processes: read.flatMap(({ processes }) => processes),
      earlier_processes: read.flatMap(({ earlier_processes }) => earlier_processes),
      groups: read.flatMap(({ groups }) => groups ?? []),
      other_processes: read.reduce((sum, { other_processes }) => sum + other_processes, 0),
      slab_caches: read.flatMap(({ slab_caches }) => slab_caches),
      warnings: read.flatMap(({ warnings }) => warnings),
      unknown_lines: [],
    },
    hostMemoryContext(facts, newestPeak(samples)),
  );
}

/** `max_used` of the newest sample that has one. */
function newestPeak(samples: readonly TimedSample[]): number | null {
  const peaks = samples.flatMap(({ at, shm }) => (shm?.max_used == null ? [] : [{ at, peak: shm.max_used }]));
  return (
    peaks.reduce<(typeof peaks)[number] | null>((newest, one) => (newest === null || one.at >= newest.at ? one : newest), null)
      ?.peak ?? null
  );
}

/** @param version of the release that it is for: it decides what is unknown in it */
async function readConfigs(readings: readonly TextReading[], version: Version | null): Promise<ConfigReading | null> {
  const files = new Map(readings.flatMap(({ config }) => [...(config ?? [])]));
  if (files.size === 0) return null;
  const { readConfig } = await import("../../kamailio/config/read-config.js");
  return readConfig(files, { version });
}

async function reviewOf(reading: ConfigReading, facts: InstanceFacts): Promise<AnalysedConfig> {
  const [{ reviewConfig }, { reviewInput }] = await Promise.all([
    import("../config-review/review-config.js"),
    import("../facts/review-input.js"),
  ]);
  const review = reviewConfig(reviewInput(facts, reading));
  return {
    ...review,
    files: Object.keys(reading.texts),
    unknown: reading.unknown.map(({ file, line, text, reason }) => ({ file, line, text, reason })),
    warnings: reading.warnings,
  };
}

function settingsOf(
  readings: readonly TextReading[],
  { settings: values }: InstanceFacts,
  config: ConfigReading | null,
): AnalysedSettings | null {
  const read = readings.flatMap(({ settings }) => settings ?? []);
  if (read.length === 0 && config === null) return null;
  return {
    forms: [...new Set(read.flatMap(({ forms }) => forms))],
    values,
    refused: read.flatMap(({ refused }) => refused),
  };
}

/** What is wrong with the memory limit that the texts show, against the pools that they show. */
function limitsOf({ settings }: InstanceFacts): string[] {
  const known = ["shm_size_mb", "pkg_size_mb", "processes", "memory_limit_bytes", "oom_killed"] as const;
  return limitTroubles(
    Object.fromEntries(
      known.flatMap((name) => {
        const { value, quote } = settings[name];
        return value === null ? [] : [[name, { value, quote: quote ?? "" }]];
      }),
    ),
  );
}

/** With the text's name where there are several. */
function warningsOf(readings: readonly TextReading[]): string[] {
  const named = (name: string, warning: string) => (readings.length > 1 ? `${name}: ${warning}` : warning);
  return [
    ...new Set(
      readings.flatMap(({ name, warnings, builds, settings }) =>
        [...warnings, ...(builds?.warnings ?? []), ...(settings?.warnings ?? [])].map((warning) => named(name, warning)),
      ),
    ),
  ];
}
