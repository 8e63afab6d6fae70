/**
 * Judges one pool. The order of the rules is the order of the questions a maintainer asks (methods: can the data be trusted, is it corruption, is
 * something stuck, is it fragmentation, is it too small, is it a leak, is it growth); the first that holds is the headline, all are shown.
 */
import type { Pool } from "../../kamailio/pool.js";
import type { History } from "../history/history.js";
import { buildCase } from "./build-case.js";
import { type Case, type Finding, mb, percent, type Subject } from "./case.js";
import type { Evidence, PoolDiagnosis, Severity, SlopeRange, Verdict } from "./diagnosis.js";
import { asRange, type Dates, exhaustionDates, soonest } from "./exhaustion.js";
import { highestKnown } from "./level/known-values.js";
import { nextSteps } from "./next-steps.js";
import { processClasses } from "./process-label.js";
import { benignShapes } from "./rules/benign.js";
import { corruption, processDeath } from "./rules/corruption.js";
import { bigRequestFailed, largestFragmentTooSmall, overheadRatchet } from "./rules/fragmentation.js";
import { explainedGrowth, type GrowthFinding } from "./rules/growth.js";
import { type LeakFinding, stepsAtReloads, unexplainedRise } from "./rules/leak.js";
import { timerProcessGone, transactionsNotReaped } from "./rules/stuck.js";
import { enoughData, shortHistory } from "./rules/sufficiency.js";
import { accountingBug, gaps, impossibleCounters, phantomProven, pkgStatsUnderTlsf } from "./rules/trust.js";
import { allocationsFailed, belowTlsReserve, fullAtTheBusyHour, TLS_RESERVE_PER_PROCESS } from "./rules/undersized.js";

const DAY_MS = 86_400_000;
/** A pool that may be full within this many days needs somebody now, within this many soon. */
const NOW_DAYS = 3;
const SOON_DAYS = 30;

/** Everything that was found out about a pool, before it is put into words. Sizing reads it as well. */
export interface PoolJudgement {
  kase: Case | null;
  verdict: Verdict;
  evidence_for: Evidence[];
  evidence_against: Evidence[];
  subjects: Subject[];
  slope: SlopeRange | null;
  exhaustion: Dates | null;
}

/** A judgement that has no headline yet. */
type Unheaded = Omit<PoolJudgement, "verdict" | "evidence_for">;

/** @param now epoch milliseconds for which to judge. */
export function judgePool(history: History, pool: Pool, now: number): PoolJudgement {
  const kase = buildCase(history, pool, now);
  if (kase === null) return judgeWithoutUsage(history, pool);
  const processes = processCount(history);

  const untrusted = impossibleCounters(kase) ?? pkgStatsUnderTlsf(kase);
  const corrupt = corruption(history.incidents, pool);
  const stuck = transactionsNotReaped(kase) ?? (pool === "shm" ? timerProcessGone(kase) : null);
  const fragmented = joined([overheadRatchet(kase), bigRequestFailed(kase), largestFragmentTooSmall(kase)]);
  const leak = unexplainedRise(kase);
  // Private pools hold no population: beside a leak, growth of the work in hand explains nothing.
  const growth = pool === "pkg" && leak !== null ? null : explainedGrowth(kase);
  const full = fullAtTheBusyHour(kase);
  const failed = allocationsFailed(history.incidents, pool);
  const tls = belowTlsReserve(kase, processes);
  const proven = leak === null ? null : phantomProven(kase, Math.max(...leak.rises.map(({ rise }) => rise.bytes)));
  const against = [gaps(kase), leak === null ? null : accountingBug(kase), processDeath(history.incidents)].filter(
    (entry) => entry !== null,
  );
  const reloads = leak === null ? null : stepsAtReloads(kase);
  const leakEvidence = leak === null ? [] : [...leak.evidence, ...(reloads === null ? [] : [reloads])];

  const base: Unheaded = { kase, evidence_against: against, subjects: [], slope: null, exhaustion: null };
  const trustedLeak = leak !== null && proven === null;
  if (untrusted !== null)
    return {
      ...base,
      verdict: "stale_data",
      evidence_for: [...untrusted.evidence, ...(corrupt?.evidence ?? [])],
      subjects: untrusted.subjects,
    };
  if (corrupt !== null)
    return {
      ...base,
      verdict: "corruption",
      evidence_for: [...corrupt.evidence, ...leakEvidence],
      subjects: leak?.subjects ?? [],
    };
  if (stuck !== null)
    return { ...withSlope(base, leak, growth), verdict: "leak_suspected", evidence_for: [...stuck.evidence, ...leakEvidence] };
  if (fragmented !== null && (!trustedLeak || outweighs(fragmented, leak)))
    return {
      ...base,
      ...filling(fragmented),
      verdict: "fragmentation",
      evidence_for: [...fragmented.evidence, ...(full?.evidence ?? [])],
    };
  if (trustedLeak) {
    if (growth !== null) against.push(...growth.evidence);
    if (!leak.rises.some(({ rise }) => rise.load_removed)) against.push(loadUnknown());
    return {
      ...withSlope(base, leak, growth),
      verdict: "leak_suspected",
      evidence_for: [...leakEvidence, ...failed],
    };
  }
  if (leak !== null && proven !== null)
    return { ...base, verdict: "inconclusive", evidence_for: [proven], evidence_against: leakEvidence, subjects: leak.subjects };
  const short = shortHistory(kase);
  if (full !== null || tls !== null || (failed.length > 0 && kase.subjects.length > 0 && short === null))
    return {
      ...base,
      verdict: "undersized",
      evidence_for: [...(full?.evidence ?? []), ...failed, ...(tls === null ? [] : [tls]), ...(growth?.evidence ?? [])],
      subjects: full?.subjects ?? [],
    };
  if (failed.length > 0 && short !== null) return { ...base, verdict: "inconclusive", evidence_for: [...failed, short] };
  if (growth !== null) return { ...withSlope(base, null, growth), verdict: "growth", evidence_for: growth.evidence };
  if (short !== null) return { ...base, verdict: "insufficient_data", evidence_for: [short] };
  return { ...base, verdict: "healthy", evidence_for: enoughData(kase), evidence_against: [...against, ...benignShapes(kase)] };
}

function judgeWithoutUsage(history: History, pool: Pool): PoolJudgement {
  const nothing: Unheaded = { kase: null, subjects: [], slope: null, exhaustion: null, evidence_against: [] };
  const proofs = corruption(history.incidents, pool);
  const failed = allocationsFailed(history.incidents, pool);
  if (proofs !== null) return { ...nothing, verdict: "corruption", evidence_for: proofs.evidence };
  const none: Evidence = { rule: "no_usage_recorded", detail: `no usage of ${pool} was recorded`, source: "nothing to judge" };
  if (failed.length === 0) return { ...nothing, verdict: "insufficient_data", evidence_for: [none] };
  return { ...nothing, verdict: "inconclusive", evidence_for: [...failed, none] };
}

function joined(findings: readonly (Finding | null)[]): Finding | null {
  const held = findings.filter((finding) => finding !== null);
  return held.length === 0
    ? null
    : { subjects: held.flatMap(({ subjects }) => subjects), evidence: held.flatMap(({ evidence }) => evidence) };
}

/** Overhead that ratchets up beside a rise of `used` is the headline only when it is the larger of the two. */
function outweighs(fragmented: Finding, leak: LeakFinding | null): boolean {
  return leak === null || fragmented.subjects.some((subject) => leak.subjects.includes(subject));
}

function withSlope(base: Unheaded, leak: LeakFinding | null, growth: GrowthFinding | null) {
  const subjects = leak?.subjects ?? growth?.subjects ?? [];
  const grown = growth?.slope ?? { low: 0, likely: 0, high: 0 };
  const leaked = leak?.slope ?? { low: 0, likely: 0, high: 0 };
  const slope = { low: leaked.low + grown.low, likely: leaked.likely + grown.likely, high: leaked.high + grown.high };
  return {
    ...base,
    subjects,
    slope,
    exhaustion: soonest(subjects.map((subject) => exhaustionDates(subject, slope, subject.capacity))),
  };
}

function filling(fragmented: Finding): { subjects: Subject[]; slope: SlopeRange | null; exhaustion: Dates | null } {
  const explained = fragmented.subjects[0]?.real_level.explained ?? null;
  if (explained === null || explained.trend_per_day <= 0) return { subjects: fragmented.subjects, slope: null, exhaustion: null };
  const { trend_per_day: likely, trend_error: error } = explained;
  const slope = { low: Math.max(0, likely - 2 * error), likely, high: likely + 2 * error };
  return {
    subjects: fragmented.subjects,
    slope,
    exhaustion: soonest(fragmented.subjects.map((subject) => exhaustionDates(subject, slope, subject.capacity))),
  };
}

function loadUnknown(): Evidence {
  return {
    rule: "load_not_recorded",
    detail: "no load counter explains any of it, so growth of the load cannot be ruled out",
    source: "if not sure of the result, consider it a memory leak (Troubleshooting Memory, quiet test)",
  };
}

/** Processes with a pkg pool. */
export function processCount(history: History): number {
  return history.facts.processes ?? Math.max(1, history.processes.length);
}

/** Puts a judgement into the words of the contract. */
export function describePool(judgement: PoolJudgement, pool: Pool, history: History, now: number): PoolDiagnosis {
  const processes = processClasses(judgement.subjects.flatMap(({ label }) => (label === null ? [] : [label])));
  const phantom = judgement.evidence_against.some(({ rule }) => rule === "qm_accounting_bug_possible");
  const evidenceFor = [...judgement.evidence_for];
  const tls = tlsDates(judgement, history);
  if (tls !== null)
    evidenceFor.push({
      rule: "tls_threshold_date",
      detail: `TLS refuses new connections between ${tls.earliest} and ${tls.latest ?? "later"}, likely ${tls.likely}`,
      source: "low_mem_threshold1 = 512 KiB x processes, tls_init.c:969-978; K#4777",
    });
  return {
    pool,
    verdict: judgement.verdict,
    severity: severityOf(judgement, phantom, now),
    summary: summaryOf(judgement, pool, processes),
    processes,
    evidence_for: evidenceFor,
    evidence_against: judgement.evidence_against,
    slope_bytes_per_day: judgement.slope === null ? null : rounded(judgement.slope),
    exhaustion: asRange(judgement.exhaustion),
    next: nextSteps(judgement.verdict, pool, history.facts.version, phantom, processes),
  };
}

function tlsDates({ subjects, slope }: PoolJudgement, history: History) {
  const subject = subjects[0];
  if (history.facts.tls !== true || slope === null || subject === undefined || subject.label !== null) return null;
  return asRange(exhaustionDates(subject, slope, subject.capacity - TLS_RESERVE_PER_PROCESS * processCount(history)));
}

function severityOf({ verdict, exhaustion, evidence_for: evidence }: PoolJudgement, phantom: boolean, now: number): Severity {
  const daysLeft = exhaustion === null ? Number.POSITIVE_INFINITY : (exhaustion.earliest - now) / DAY_MS;
  const failing = evidence.some(
    ({ rule }) => rule === "allocations_failed" || rule === "tls_refused_connections" || rule === "full_at_the_busy_hour",
  );
  switch (verdict) {
    case "corruption":
      return "critical";
    case "leak_suspected":
      if (phantom) return "warning";
      return daysLeft <= NOW_DAYS ? "critical" : daysLeft <= SOON_DAYS ? "error" : "warning";
    case "undersized":
      return failing ? "error" : "warning";
    case "fragmentation":
      return daysLeft <= SOON_DAYS ? "error" : "warning";
    case "growth":
      return daysLeft <= NOW_DAYS ? "error" : daysLeft <= SOON_DAYS ? "warning" : "info";
    case "stale_data":
      return "warning";
    case "inconclusive":
      return evidence.some(({ rule }) => rule === "allocations_failed") ? "error" : "warning";
    case "insufficient_data":
    case "healthy":
      return "info";
  }
}

function summaryOf(
  { verdict, slope, exhaustion, kase, evidence_for: evidence }: PoolJudgement,
  pool: Pool,
  processes: readonly string[],
): string {
  const who = pool === "shm" ? "shm" : processes.length > 0 ? `pkg of ${processes.join(", ")}` : "pkg";
  const range = asRange(exhaustion);
  const date = range === null ? "" : `; full between ${range.earliest.slice(0, 10)} and ${range.latest?.slice(0, 10) ?? "later"}`;
  const pace = slope === null ? "" : ` by ${mb(slope.likely)} a day`;
  switch (verdict) {
    case "healthy": {
      const peak = Math.max(0, ...(kase?.subjects ?? []).map(({ peaks, capacity }) => highestKnown(peaks) / capacity));
      return `${who} returns to its level; its peak is ${percent(peak)} of the pool`;
    }
    case "growth":
      return `${who} grows${pace} with the load${date}`;
    case "leak_suspected":
      return `${who} rises${pace === "" ? "" : pace} and does not come back: a leak is suspected${date}`;
    case "undersized":
      return `${who} is too small: it is full when busy and recovers when quiet`;
    case "fragmentation":
      return `${who} is fragmented: what is free is not free in one piece${date}`;
    case "corruption":
      return `${who}: the log proves corrupted memory; no size helps`;
    case "stale_data":
      return `${who}: the counters cannot be believed: ${evidence[0]?.detail ?? ""}`;
    case "insufficient_data":
      return `${who}: not enough was recorded to judge: ${evidence[0]?.detail ?? ""}`;
    case "inconclusive":
      return `${who}: what is recorded cannot tell why: ${evidence[0]?.detail ?? ""}`;
  }
}

function rounded(slope: SlopeRange): SlopeRange {
  return { low: Math.round(slope.low), likely: Math.round(slope.likely), high: Math.round(slope.high) };
}
