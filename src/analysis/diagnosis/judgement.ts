/** Everything that was found out about a pool, before it is put into words. Sizing reads it as well. */
import type { Case, Subject } from "./case.js";
import type { Evidence, FullNow, SlopeRange, StuckNow, Verdict } from "./diagnosis.js";
import type { Dates } from "./exhaustion.js";

export interface Judged {
  verdict: Verdict;
  evidence_for: Evidence[];
  evidence_against: Evidence[];
  /** What the verdict is about. */
  subjects: Subject[];
  slope: SlopeRange | null;
  exhaustion: Dates | null;
  /** Epoch ms: when a leak began, where that is within the history. */
  began_at: number | null;
}

export interface PoolJudgement extends Judged {
  /** `null`: no usage of the pool was recorded. */
  kase: Case | null;
  full_now: FullNow | null;
  stuck_now: StuckNow | null;
}
