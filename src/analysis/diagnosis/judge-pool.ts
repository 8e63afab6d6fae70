/**
 * Judges one pool. The order of the rules is the order of the questions a maintainer asks (methods: can the data be trusted, is it corruption, is
 * something stuck, is it fragmentation, is it too small, is it a leak, is it growth); the first that holds is the headline, all are shown. Whether the
 * pool is full now is asked first and stands beside the verdict.
 */
import type { Pool } from "../../kamailio/pool.js";
import { mb, percent } from "../../kamailio/units.js";
import type { History } from "../history/history.js";
import { buildCase } from "./build-case.js";
import type { Case, Finding, Subject } from "./case.js";
import type { Evidence, FullNow, SlopeRange, StuckNow } from "./diagnosis.js";
import { type Dates, exhaustionDates, soonest } from "./exhaustion.js";
import { fullNow } from "./full-now.js";
import type { Judged, PoolJudgement } from "./judgement.js";
import { benignShapes } from "./rules/benign.js";
import { corruption, processDeath } from "./rules/corruption.js";
import { bigRequestFailed, largestFragmentTooSmall, overheadRatchet } from "./rules/fragmentation.js";
import { explainedGrowth, type GrowthFinding } from "./rules/growth.js";
import { isUntold, type LeakFinding, stepsAtReloads, unexplainedRise } from "./rules/leak.js";
import { timerProcessGone, transactionsNotReaped } from "./rules/stuck.js";
import { enoughData, shortHistory } from "./rules/sufficiency.js";
import { accountingBug, gaps, impossibleCounters, phantomProven, pkgStatsUnderTlsf } from "./rules/trust.js";
import { allocationsFailed, belowTlsReserve, fullAtTheBusyHour, peakMetThePool } from "./rules/undersized.js";
import { stuckNow, stuckSince } from "./stuck-now.js";
import { processCount } from "./tls-reserve.js";

/**
 * @param now epoch milliseconds for which to judge.
 * @param clock epoch milliseconds of now, where a history that ended is judged as of its end.
 */
export function judgePool(history: History, pool: Pool, now: number, clock: number = now): PoolJudgement {
  const kase = buildCase(history, pool, now);
  const full_now = fullNow(history, pool, clock);
  const found = kase === null ? null : find(kase, full_now);
  const judged = found === null ? judgeWithoutUsage(history, pool) : headline(found);
  return { ...judged, kase, full_now, stuck_now: pool === "shm" ? (found?.stuck?.now ?? stuckNow(history)) : null };
}

/** What the rules found, each on its own. */
interface Found {
  kase: Case;
  full_now: FullNow | null;
  untrusted: Finding | null;
  corrupt: Finding | null;
  stuck: { evidence: Evidence[]; now: StuckNow | null } | null;
  fragmented: Finding | null;
  leak: LeakFinding | null;
  /** The rise that looks like a leak belongs to no chunk: q_malloc's accounting bug. */
  phantom: Evidence | null;
  growth: GrowthFinding | null;
  full: Finding | null;
  failed: Evidence[];
  tls: Evidence | null;
  short: Evidence | null;
  leakEvidence: Evidence[];
  against: Evidence[];
}

function find(kase: Case, full_now: FullNow | null): Found {
  const { history, pool } = kase;
  const leak = unexplainedRise(kase);
  const reloads = leak === null ? null : stepsAtReloads(kase);
  return {
    kase,
    full_now,
    untrusted: impossibleCounters(kase) ?? pkgStatsUnderTlsf(kase),
    corrupt: corruption(history.incidents, pool),
    stuck: stuckState(kase),
    fragmented: joined([overheadRatchet(kase), bigRequestFailed(kase), largestFragmentTooSmall(kase)]),
    leak,
    phantom: leak === null ? null : phantomProven(kase, Math.max(...leak.rises.map(({ rise }) => rise.bytes))),
    // Private pools hold no population: beside a leak, growth of the work in hand explains nothing.
    growth: pool === "pkg" && leak !== null ? null : explainedGrowth(kase),
    full: fullAtTheBusyHour(kase),
    failed: allocationsFailed(history.incidents, pool),
    tls: belowTlsReserve(kase, processCount(history)),
    short: shortHistory(kase),
    leakEvidence: leak === null ? [] : [...leak.evidence, ...(reloads === null ? [] : [reloads])],
    against: [gaps(kase), leak === null ? null : accountingBug(kase), processDeath(history.incidents)].filter(
      (entry) => entry !== null,
    ),
  };
}

function stuckState(kase: Case): Found["stuck"] {
  if (kase.pool !== "shm") return null;
  const transactions = transactionsNotReaped(kase);
  if (transactions !== null) return { evidence: transactions.evidence, now: stuckSince(transactions.kept, transactions.since) };
  const timer = timerProcessGone(kase);
  return timer === null ? null : { evidence: timer.evidence, now: stuckNow(kase.history) };
}

/** A rule of the order; `null`: it does not hold. */
type Rule = (found: Found) => Judged | null;

const ORDER: readonly Rule[] = [
  countersNotBelieved,
  memoryCorrupted,
  stateStuck,
  poolFragmented,
  memoryLeaks,
  riseIsPhantom,
  poolTooSmall,
  failedForReasonsUnknown,
  loadGrows,
  growthOrLeakUntold,
  tooLittleData,
  peakWasFull,
];

function headline(found: Found): Judged {
  for (const rule of ORDER) {
    const judged = rule(found);
    if (judged !== null) return judged;
  }
  const { kase, against } = found;
  return judgedAs("healthy", found, { evidence_for: enoughData(kase), evidence_against: [...against, ...benignShapes(kase)] });
}

function judgedAs(verdict: Judged["verdict"], { against }: Found, more: Partial<Judged>): Judged {
  return {
    verdict,
    evidence_for: [],
    evidence_against: against,
    subjects: [],
    slope: null,
    exhaustion: null,
    began_at: null,
    ...more,
  };
}

function countersNotBelieved(found: Found): Judged | null {
  const { untrusted, corrupt } = found;
  if (untrusted === null) return null;
  return judgedAs("stale_data", found, {
    evidence_for: [...untrusted.evidence, ...(corrupt?.evidence ?? [])],
    subjects: untrusted.subjects,
  });
}

function memoryCorrupted(found: Found): Judged | null {
  const { corrupt, leak, leakEvidence } = found;
  if (corrupt === null) return null;
  return judgedAs("corruption", found, { evidence_for: [...corrupt.evidence, ...leakEvidence], subjects: leak?.subjects ?? [] });
}

function stateStuck(found: Found): Judged | null {
  const { stuck, leak, growth, leakEvidence } = found;
  if (stuck === null) return null;
  return judgedAs("leak_suspected", found, { ...withSlope(leak, growth), evidence_for: [...stuck.evidence, ...leakEvidence] });
}

/** Beside a leak only when headers and holes took more than the leak did. */
function poolFragmented(found: Found): Judged | null {
  const { fragmented, leak, phantom, full } = found;
  if (fragmented === null || (leak !== null && phantom === null && !outweighs(fragmented, leak))) return null;
  return judgedAs("fragmentation", found, {
    ...filling(fragmented),
    evidence_for: [...fragmented.evidence, ...(full?.evidence ?? [])],
  });
}

function memoryLeaks(found: Found): Judged | null {
  const { leak, phantom, growth, leakEvidence, failed, against } = found;
  if (leak === null || phantom !== null) return null;
  const unknown = leak.rises.some(({ rise }) => rise.load_removed) ? [] : [loadUnknown(found.kase)];
  return judgedAs("leak_suspected", found, {
    ...withSlope(leak, growth),
    began_at: leak.began_at,
    evidence_for: [...leakEvidence, ...failed],
    evidence_against: [...against, ...(growth?.evidence ?? []), ...unknown],
  });
}

function riseIsPhantom(found: Found): Judged | null {
  const { leak, phantom, leakEvidence } = found;
  if (leak === null || phantom === null) return null;
  return judgedAs("inconclusive", found, { evidence_for: [phantom], evidence_against: leakEvidence, subjects: leak.subjects });
}

function poolTooSmall(found: Found): Judged | null {
  const { kase, full, tls, failed, short, growth } = found;
  if (full === null && tls === null && (failed.length === 0 || kase.subjects.length === 0 || short !== null)) return null;
  return judgedAs("undersized", found, {
    evidence_for: [...(full?.evidence ?? []), ...failed, ...(tls === null ? [] : [tls]), ...(growth?.evidence ?? [])],
    subjects: full?.subjects ?? [],
  });
}

function failedForReasonsUnknown(found: Found): Judged | null {
  const { failed, short } = found;
  return failed.length === 0 || short === null ? null : judgedAs("inconclusive", found, { evidence_for: [...failed, short] });
}

function loadGrows(found: Found): Judged | null {
  const { growth } = found;
  return growth === null ? null : judgedAs("growth", found, { ...withSlope(null, growth), evidence_for: growth.evidence });
}

/** It rises without end, its swing with it, and no counter says what the load did. */
function growthOrLeakUntold(found: Found): Judged | null {
  const { subjects, history } = found.kase;
  const untold = subjects.filter(isUntold);
  const [first] = untold;
  if (first === undefined) return null;
  const { last } = first.course;
  const names = history.load.size === 0 ? "no load counter is recorded" : "the recorded load counters do not explain it";
  return judgedAs("inconclusive", found, {
    subjects: untold,
    evidence_for: [
      {
        rule: "growth_or_leak_untold",
        detail: `the troughs rose by ${mb(last?.rising.rise ?? 0)} and the daily swing by ${percent(Math.expm1((last?.growth().swing.per_day ?? 0) * (last?.fits.span ?? 0)))}, as growth of the load makes it; ${names}: record one that counts what memory holds (registered contacts, dialogs, transactions), and the next weeks tell growth from a leak`,
        source: "growth scales the daily swing, a leak lifts it; normalise by the driver before looking for a trend (R5, R11)",
      },
    ],
  });
}

function tooLittleData(found: Found): Judged | null {
  return found.short === null ? null : judgedAs("insufficient_data", found, { evidence_for: [found.short] });
}

/** Nothing else is wrong, and yet it is full or once was: no pool that met its size is well. */
function peakWasFull(found: Found): Judged | null {
  const met = peakMetThePool(found.kase);
  if (met === null && found.full_now === null) return null;
  return judgedAs("undersized", found, {
    evidence_for: [...(met?.evidence ?? enoughData(found.kase))],
    subjects: met?.subjects ?? [],
  });
}

function judgeWithoutUsage(history: History, pool: Pool): Judged {
  const nothing = { subjects: [], slope: null, exhaustion: null, began_at: null, evidence_against: [] };
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
function outweighs(fragmented: Finding, leak: LeakFinding): boolean {
  return fragmented.subjects.some((subject) => leak.subjects.includes(subject));
}

function withSlope(leak: LeakFinding | null, growth: GrowthFinding | null): Pick<Judged, "subjects" | "slope" | "exhaustion"> {
  const subjects = leak?.subjects ?? growth?.subjects ?? [];
  const grown = growth?.slope ?? { low: 0, likely: 0, high: 0 };
  const leaked = leak?.slope ?? { low: 0, likely: 0, high: 0 };
  const slope = { low: leaked.low + grown.low, likely: leaked.likely + grown.likely, high: leaked.high + grown.high };
  return { subjects, slope, exhaustion: soonest(subjects.map((subject) => exhaustionDates(subject, slope, subject.capacity))) };
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

/** Nothing was taken out of the rise: because no load was recorded, or because none of it moves with memory. */
function loadUnknown({ history: { load } }: Case): Evidence {
  const names = [...load.keys()];
  if (names.length === 0)
    return {
      rule: "load_not_recorded",
      detail: "no load counter is recorded, so growth of the load cannot be ruled out",
      source: "if not sure of the result, consider it a memory leak (Troubleshooting Memory, quiet test)",
    };
  return {
    rule: "load_explains_nothing",
    detail: `none of the ${names.length} recorded load counters moves with it; one that is not recorded may`,
    source: "normalise by the driver before looking for a trend (R5, R11)",
  };
}
