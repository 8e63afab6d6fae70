/** What a diagnosis says, field by field as it goes over the wire. */
import type { Pool } from "../../kamailio/pool.js";

export type Verdict =
  | "healthy"
  | "growth"
  | "leak_suspected"
  | "undersized"
  | "fragmentation"
  | "corruption"
  | "stale_data"
  | "insufficient_data"
  | "inconclusive";

export type Severity = "info" | "warning" | "error" | "critical";

/** One line of evidence. `rule` is stable; `detail` carries the numbers; `source` says why the rule is believed (an issue, a source line). */
export interface Evidence {
  rule: string;
  detail: string;
  source: string;
}

export interface SlopeRange {
  low: number;
  likely: number;
  high: number;
}

/** RFC 3339 dates. `latest` is `null` when the lower end of the slope never fills the pool. */
export interface ExhaustionRange {
  earliest: string;
  likely: string;
  latest: string | null;
}

export interface NextStep {
  why: string;
  command: string;
}

export interface PoolDiagnosis {
  pool: Pool;
  verdict: Verdict;
  severity: Severity;
  summary: string;
  /** The classes of processes that the verdict is about (pkg). */
  processes: string[];
  evidence_for: Evidence[];
  evidence_against: Evidence[];
  slope_bytes_per_day: SlopeRange | null;
  exhaustion: ExhaustionRange | null;
  next: NextStep[];
}

export interface Diagnosis {
  /** Nothing was found that needs somebody. */
  ok: boolean;
  pools: PoolDiagnosis[];
  title: string;
  /** The same for the same finding on the same instance, whatever its numbers are today. */
  dedup_key: string;
}
