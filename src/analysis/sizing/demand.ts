/** What a pool has to hold: the steps from the peak to the size, each with its reason. */

import { factAt, SETTING_DEFAULTS } from "../../kamailio/knowledge/releases.js";
import type { Pool } from "../../kamailio/pool.js";
import { DAY, duration, MB, mb, percent } from "../../kamailio/units.js";
import type { Version } from "../../kamailio/version.js";
import type { Case } from "../diagnosis/case.js";
import type { PoolJudgement } from "../diagnosis/judgement.js";
import { TLS_RESERVE_PER_PROCESS } from "../diagnosis/tls-reserve.js";
import { MARGIN } from "./confidence.js";
import { add, floor, margin, type Step, typed } from "./estimate.js";
import type { Peaks } from "./peaks.js";
import type { Confidence } from "./sizing.js";

export interface DemandInput {
  kase: Case;
  judgement: PoolJudgement;
  peaks: Peaks;
  confidence: Confidence;
  horizon_days: number;
  processes: number;
  current_mb: number | null;
}

/** Spreads of the daily peaks that are kept free above the highest: the next weeks bring days that were not seen yet. */
const SPREADS_KEPT = 3;
/** Without a counter of the true peak, samples miss what comes and goes between them; pkg has none in any release. */
const UNSAMPLED_PKG_MARGIN = 0.15;
/** Factor on a peak that was cut off, when no load counter says how high it would have been (VPA takes 1.2, KRR 1.25; pools fail harder). */
const CUT_OFF = 1.5;
/** A trend is carried on no farther than it was watched. */
const CARRIED_ON = 1;

/** The steps in order. `bound: "lower"` leaves out margins: what the pool must hold to get by. */
export function demandSteps(input: DemandInput, bound: "recommended" | "lower" = "recommended"): Step[] {
  const steps = [peak(input), unseen(input), growth(input), fragmentation(input), largestRequest(input), tlsReserve(input)];
  if (bound === "lower") return steps;
  return [...steps, safety(input), releaseFloor(input), typed(input.kase.pool)];
}

function peak({ kase, peaks }: DemandInput): Step {
  const who = peaks.subject.label === null ? "shm" : `${peaks.subject.key} (the largest of ${kase.subjects.length} processes)`;
  const from = peaks.from_max_used ? "max_used, which misses no peak" : "real_used";
  return add("peak", peaks.highest, `highest ${from} of ${who} in ${duration(kase.span_days * DAY)}`);
}

/** Recorded failures mean that the true peak was never seen. */
function unseen({ kase, peaks }: DemandInput): Step {
  const failures = kase.incidents.filter(({ kind }) => kind === "exhaustion").reduce((sum, { count }) => sum + count, 0);
  if (!peaks.cut_off && failures === 0) return (estimate) => estimate;
  if (peaks.cut_off && peaks.unseen !== null)
    return add(
      "unseen_peak",
      Math.max(0, peaks.unseen - peaks.highest),
      "the pool was full; the load of that time would have needed more",
    );
  return add(
    "unseen_peak",
    peaks.highest * (CUT_OFF - 1),
    failures > 0
      ? `${failures} allocation failure(s): the true peak was never seen`
      : "the pool was full: the true peak was never seen",
  );
}

function growth({ kase, judgement, peaks, horizon_days: horizon }: DemandInput): Step {
  if (judgement.verdict !== "growth" || peaks.subject.peak_growth === null) return (estimate) => estimate;
  const days = Math.min(horizon, kase.span_days * CARRIED_ON);
  const perDay = peaks.subject.peak_growth.likely;
  return add(
    "growth",
    perDay * days,
    `${mb(perDay)} a day at the busy hour, for ${duration(days * DAY)}${days < horizon ? " (as long as it was watched)" : ""}`,
  );
}

function fragmentation({ kase, judgement, horizon_days: horizon }: DemandInput): Step {
  const slope = judgement.slope;
  if (judgement.verdict !== "fragmentation" || slope === null) return (estimate) => estimate;
  const days = Math.min(horizon, kase.span_days * CARRIED_ON);
  return add(
    "fragmentation",
    slope.likely * days,
    `headers and holes take ${mb(slope.likely)} more a day; a restart or another memory manager gives it back`,
  );
}

function largestRequest({ kase, peaks }: DemandInput): Step {
  const sizes = kase.incidents.map(({ size }) => size ?? 0).filter((size) => size <= peaks.subject.capacity);
  const largest = Math.max(0, ...sizes);
  return add("largest_request", largest, "the largest single request that failed must fit beside the rest");
}

/** Bytes that the tls module keeps free in shm: below it new connections are refused. */
function tlsReserve({ kase, processes }: DemandInput): Step {
  if (kase.pool !== "shm" || kase.facts.tls !== true) return (estimate) => estimate;
  return add(
    "tls_reserve",
    TLS_RESERVE_PER_PROCESS * processes,
    `512 KiB x ${processes} processes that TLS keeps free (tls_init.c:969-978)`,
  );
}

function safety({ kase, peaks, confidence }: DemandInput): Step {
  const spread = SPREADS_KEPT * peaks.spread;
  const unsampled = kase.pool === "pkg" ? UNSAMPLED_PKG_MARGIN : 0;
  const share = Math.max(MARGIN[confidence], spread) + unsampled;
  const why = spread > MARGIN[confidence] ? `daily peaks differ by ${percent(peaks.spread)}` : `${confidence} confidence`;
  return margin(share, `${percent(share)}: ${why}${unsampled > 0 ? "; no counter of the true peak in pkg" : ""}`);
}

/** Never below the release's default, unless it runs well with less already. */
function releaseFloor({ kase, judgement, current_mb: current }: DemandInput): Step {
  const usual = usualMb(kase.pool, kase.facts.version);
  const runsWell = judgement.full_now === null ? Math.min(usual, current ?? usual) : usual;
  return floor(runsWell * MB, `the default of the release is ${usual} MB`);
}

/** What the release gives without an option. */
export function usualMb(pool: Pool, version: Version | null): number {
  return (
    factAt(pool === "shm" ? SETTING_DEFAULTS.shm_size_mb : SETTING_DEFAULTS.pkg_size_mb, version) ?? (pool === "shm" ? 64 : 8)
  );
}
