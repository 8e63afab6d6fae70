/** What a sizing says, field by field as it goes over the wire. */
import type { Pool } from "../../kamailio/pool.js";
import type { ExhaustionRange, FullNow, StuckNow } from "../diagnosis/diagnosis.js";

export type Finding = "right_sized" | "undersized" | "oversized" | "leak_suspected" | "insufficient_data" | "inconclusive";
export type Confidence = "low" | "medium" | "high";

/** One step of the sum: what it adds. The factors of a recommendation add up to it. */
export interface Factor {
  name: string;
  detail: string;
  value_bytes: number;
}

export interface Recommendation {
  pool: Pool;
  /** What to put on the command line: `-m 512`. */
  flag: string;
  current_mb: number | null;
  current_source: string | null;
  recommended_mb: number;
  lower_mb: number;
  upper_mb: number;
  finding: Finding;
  reason_codes: string[];
  confidence: Confidence;
  factors: Factor[];
  exhaustion: ExhaustionRange | null;
  /** The pool is full now: then `recommended_mb` is more than it has, whatever the finding. */
  full_now: FullNow | null;
  stuck_now: StuckNow | null;
}

export interface HostImpact {
  processes: number;
  shm_bytes: number;
  /** `-M` times processes. */
  pkg_bytes_total: number;
  total_bytes: number;
  host_total_bytes: number | null;
  /** What the container or the service may take before the kernel ends it; `null`: none is recorded. */
  limit_bytes: number | null;
  limit_source: string | null;
}

export interface Window {
  from: string | null;
  to: string | null;
  samples: number;
  /** Share of the time with samples, 0..1. */
  coverage: number;
  restarts: number;
}

/** Lines to paste. */
export interface ApplyLines {
  command_line: string;
  systemd_drop_in: string;
  default_file: string;
  docker_args: string;
  kubernetes_args: string;
}

export interface Sizing {
  /** The pools hold what they have to, as far as is known. */
  ok: boolean;
  generated_at: string;
  window: Window;
  recommendations: Recommendation[];
  host_impact: HostImpact;
  apply: ApplyLines;
}
