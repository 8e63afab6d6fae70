/** Puts a judgement into the words of the contract: summary, severity, next steps. What is full now stands first. */
import type { Pool } from "../../kamailio/pool.js";
import { between, clock, DAY, mb, percent, timestamp } from "../../kamailio/units.js";
import type { History } from "../history/history.js";
import type { Evidence, ExhaustionRange, PoolDiagnosis, Severity, SlopeRange } from "./diagnosis.js";
import { asRange, exhaustionDates } from "./exhaustion.js";
import { isCritical } from "./full-now.js";
import type { PoolJudgement } from "./judgement.js";
import { fullStep, nextSteps, stuckStep } from "./next-steps.js";
import { fullWords, stuckWords } from "./now-words.js";
import { processClasses, processLabel } from "./process-label.js";
import { processCount, TLS_RESERVE_PER_PROCESS } from "./tls-reserve.js";

/** A pool that may be full within this many days needs somebody now, within this many soon. */
const NOW_DAYS = 3;
const SOON_DAYS = 30;

export function describePool(judgement: PoolJudgement, pool: Pool, history: History, now: number): PoolDiagnosis {
  const { full_now, stuck_now, verdict } = judgement;
  const { reach } = history.facts;
  const processes = processClasses(judgement.subjects.flatMap(({ label }) => (label === null ? [] : [label])));
  const phantom = judgement.evidence_against.some(({ rule }) => rule === "qm_accounting_bug_possible");
  const first = [
    ...(full_now === null ? [] : [fullStep(full_now, pool, reach)]),
    ...(stuck_now === null ? [] : [stuckStep(reach)]),
  ];
  const urgent = [
    ...(full_now === null ? [] : [fullWords(full_now, pool)]),
    ...(stuck_now === null ? [] : [stuckWords(stuck_now)]),
    ...first.slice(0, 1).map(({ command }) => `next: ${command}`),
  ];
  const tls = tlsDates(judgement, history, now);
  const usual = nextSteps({ verdict, pool, reach, phantom, processes, pid: fullestPid(history, processes) });
  return {
    pool,
    verdict,
    severity: severityOf(judgement, phantom, now),
    summary: [...urgent, summaryOf(judgement, pool, processes, now)].join("; "),
    processes,
    evidence_for: [...judgement.evidence_for, ...(tls === null ? [] : [tls])],
    evidence_against: judgement.evidence_against,
    slope_bytes_per_day: judgement.slope === null ? null : rounded(judgement.slope),
    exhaustion: asRange(judgement.exhaustion),
    next: [...first, ...usual.filter(({ command }) => !first.some((one) => one.command === command))],
    began_at: judgement.began_at === null ? null : timestamp(judgement.began_at),
    full_now,
    stuck_now,
  };
}

/** The process to look at: the fullest of the classes concerned, of all where none is named. */
function fullestPid({ newest }: History, classes: readonly string[]): number | null {
  const rows = newest.processes?.rows ?? [];
  const concerned = rows.filter(({ desc, rank }) => classes.includes(processLabel(desc, rank)));
  const [fullest] = [...(concerned.length > 0 ? concerned : rows)].sort((a, b) => (b.real_used ?? 0) - (a.real_used ?? 0));
  return fullest?.pid ?? null;
}

function tlsDates({ subjects, slope }: PoolJudgement, history: History, now: number): Evidence | null {
  const subject = subjects[0];
  if (history.facts.tls !== true || slope === null || subject === undefined || subject.label !== null) return null;
  const ceiling = subject.capacity - TLS_RESERVE_PER_PROCESS * processCount(history);
  const dates = asRange(exhaustionDates(subject, slope, ceiling));
  if (dates === null) return null;
  return {
    rule: "tls_threshold_date",
    detail: `TLS refuses new connections ${fullDates(dates, now)}, likely at ${clock(Date.parse(dates.likely))}`,
    source: "low_mem_threshold1 = 512 KiB x processes, tls_init.c:969-978; K#4777",
  };
}

function severityOf(judgement: PoolJudgement, phantom: boolean, now: number): Severity {
  const { full_now, stuck_now } = judgement;
  const byVerdict = verdictSeverity(judgement, phantom, now);
  if (full_now !== null && isCritical(full_now)) return "critical";
  if (full_now === null && stuck_now === null) return byVerdict;
  return byVerdict === "critical" ? byVerdict : "error";
}

function verdictSeverity(
  { verdict, exhaustion, evidence_for: evidence }: PoolJudgement,
  phantom: boolean,
  now: number,
): Severity {
  const daysLeft = exhaustion === null ? Number.POSITIVE_INFINITY : (exhaustion.earliest - now) / DAY;
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
  { verdict, slope, exhaustion, kase, began_at, evidence_for: evidence }: PoolJudgement,
  pool: Pool,
  processes: readonly string[],
  now: number,
): string {
  const who = pool === "shm" ? "shm" : processes.length > 0 ? `pkg of ${processes.join(", ")}` : "pkg";
  const range = asRange(exhaustion);
  const date = range === null ? "" : `; full ${fullDates(range, now)}`;
  const pace = slope === null ? "" : ` by ${mb(slope.likely)} a day`;
  switch (verdict) {
    case "healthy": {
      const peak = Math.max(0, ...(kase?.subjects ?? []).map(({ highest, capacity }) => highest / capacity));
      return `${who} returns to its level; its peak is ${percent(peak)} of the pool`;
    }
    case "growth":
      return `${who} grows${pace} with the load${date}`;
    case "leak_suspected":
      return `${who} rises${pace}${began_at === null ? "" : ` since about ${timestamp(began_at).slice(0, 10)}`} and does not come back: a leak is suspected${date}`;
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

function fullDates({ earliest, latest }: ExhaustionRange, now: number): string {
  return between(Date.parse(earliest), latest === null ? null : Date.parse(latest), now);
}

function rounded(slope: SlopeRange): SlopeRange {
  return { low: Math.round(slope.low), likely: Math.round(slope.likely), high: Math.round(slope.high) };
}
