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

/** A process whose private pool is full. */
export interface FullProcess {
  /** `null`: only roll-ups are left, or the log alone says it. */
  pid: number | null;
  rank: number | null;
  desc: string | null;
  used_share: number | null;
}

/** A pool that is full, or as good as full, at the newest sample, or whose allocations fail now. Stands above every verdict. */
export interface FullNow {
  /** Of the shared pool, or of the fullest process; `null`: no usage is recorded, the log says it. */
  used_share: number | null;
  free_bytes: number | null;
  /** pkg: the processes that are full. */
  processes: FullProcess[];
  /** Allocations that failed in this run of the server, as far as logs were recorded. */
  failures: number;
  /** Did one fail within the last minutes? */
  failing: boolean;
  /** RFC 3339: since when it is so; `null`: not known. */
  since: string | null;
  /** RFC 3339: the newest sample, or the last failure. */
  at: string | null;
  /** The newest sample is too old to say "now". */
  stale: boolean;
}

/** State that is not reaped: it looks like a leak, and no size helps. */
export interface StuckNow {
  what: "transactions";
  count: number;
  /** RFC 3339: since when it only rises; `null`: not known. */
  since: string | null;
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
  /** RFC 3339: when a leak began, where that is within the history; what changed then is in the evidence `rise_began`. */
  began_at: string | null;
  full_now: FullNow | null;
  stuck_now: StuckNow | null;
}

export interface Diagnosis {
  /** Nothing was found that needs somebody. */
  ok: boolean;
  pools: PoolDiagnosis[];
  title: string;
  /** `NAME:POOL:verdict`: the same ticket while the verdict changes and when it is over. */
  dedup_key: string;
}
