/** The recommendation for one pool: a size from its history, "N MB buys D days" for a leak, or a guess when there is no history. */
import type { Pool } from "../../kamailio/pool.js";
import { DAY, duration, MB, mb } from "../../kamailio/units.js";
import type { Basis } from "../capacity/basis.js";
import { type ExpectedLoad, isSaid } from "../capacity/load.js";
import { startBytes } from "../capacity/needs.js";
import { asRange } from "../diagnosis/exhaustion.js";
import type { PoolJudgement } from "../diagnosis/judgement.js";
import type { History } from "../history/history.js";
import { coldStartSteps, leastSteps } from "./cold-start.js";
import { confidenceOf, UPPER } from "./confidence.js";
import { type DemandInput, demandSteps, usualMb } from "./demand.js";
import { type Estimate, sum, typedMb } from "./estimate.js";
import { type Peaks, peaksOf } from "./peaks.js";
import type { Factor, Finding, Recommendation } from "./sizing.js";

/** Below both of these differences nobody is asked to change a running server. */
const HYSTERESIS_SHARE = 0.1;
const HYSTERESIS_MB = { shm: 16, pkg: 2 } as const;

export interface SizingRequest {
  horizon_days: number;
  expected: ExpectedLoad;
}

/** @param basis the fixed parts and costs that every answer about the instance stands on */
export function recommend(
  history: History,
  pool: Pool,
  judgement: PoolJudgement,
  request: SizingRequest,
  basis: Basis,
): Recommendation {
  const current = currentSize(history, pool, judgement);
  const peaks = judgement.kase === null ? null : peaksOf(judgement.kase);
  if (judgement.kase === null || peaks === null || current?.mb === undefined)
    return roomWhenFull(planned(pool, judgement, current, request.expected, basis), pool, judgement, history);
  const confidence = confidenceOf(judgement.kase, peaks.spread, peaks.cut_off);
  const input: DemandInput = {
    kase: judgement.kase,
    judgement,
    peaks,
    confidence,
    horizon_days: request.horizon_days,
    processes: basis.processes,
    current_mb: current.mb,
  };
  if (isSaid(request.expected) && pool === "shm")
    return roomWhenFull(planned(pool, judgement, current, request.expected, basis), pool, judgement, history);
  return roomWhenFull(byVerdict(input, pool, current), pool, judgement, history);
}

function byVerdict(input: DemandInput, pool: Pool, current: Current): Recommendation {
  const { judgement, peaks } = input;
  switch (judgement.verdict) {
    case "leak_suspected":
      return leaking(pool, judgement, current, peaks);
    case "corruption":
    case "stale_data":
    case "inconclusive":
      return unsized(pool, judgement, current, "inconclusive", [judgement.verdict]);
    default:
      return sized(input, pool, judgement, current);
  }
}

/** What a full pool gets at least, as a factor on what it has, until the cause is found. */
const ROOM_WHEN_FULL = 1.5;

/** A pool that is full now is never told to go on with what it has: the next start needs room, whatever the cause turns out to be. */
function roomWhenFull(given: Recommendation, pool: Pool, { full_now }: PoolJudgement, history: History): Recommendation {
  const { current_mb: current, recommended_mb: before } = given;
  if (full_now === null || current === null) return given;
  const reason_codes = [...given.reason_codes, "full_now"];
  const least = typedMb(Math.max(current * ROOM_WHEN_FULL, usualMb(pool, history.facts.version)), pool);
  if (before >= least) return { ...given, reason_codes };
  return {
    ...given,
    ...described(pool, { mb: current, source: given.current_source ?? "" }, least),
    current_source: given.current_source,
    lower_mb: Math.min(least, Math.max(given.lower_mb, current)),
    upper_mb: Math.max(given.upper_mb, least),
    finding: given.finding === "right_sized" || given.finding === "oversized" ? "undersized" : given.finding,
    reason_codes: [...reason_codes, "room_until_the_cause_is_known"],
    factors: [
      ...given.factors,
      {
        name: "room",
        detail: "it is full now: room for the next start until the cause is known",
        value_bytes: (least - before) * MB,
      },
    ],
  };
}

interface Current {
  mb: number;
  source: string;
}

/** What it runs with: what the server itself says, else what it was started with. */
function currentSize(history: History, pool: Pool, { kase }: PoolJudgement): Current | null {
  const setting = pool === "shm" ? history.facts.shm_size_mb : history.facts.pkg_size_mb;
  const capacity = Math.max(0, ...(kase?.subjects ?? []).map((subject) => subject.capacity));
  if (capacity > 0 && Number.isFinite(capacity)) {
    // tlsf reports its pool without its control block: 67108784 of 67108864.
    const mbs = Math.ceil(capacity / MB - 0.5) || 1;
    const near = setting !== null && Math.abs(setting.value - capacity / MB) < 1 ? setting.value : mbs;
    return { mb: near, source: pool === "shm" ? "total of core.shmmem" : "total_size of pkg.stats" };
  }
  return setting === null ? null : { mb: setting.value, source: setting.source };
}

function sized(input: DemandInput, pool: Pool, judgement: PoolJudgement, current: Current): Recommendation {
  const wanted = sum(demandSteps(input));
  const least = sum(demandSteps(input, "lower"));
  const wantedMb = Math.round(wanted.bytes / MB);
  const lowerMb = Math.max(1, Math.ceil(least.bytes / MB));
  const full = judgement.full_now !== null;
  const small = !full && Math.abs(wantedMb - current.mb) < Math.max(HYSTERESIS_MB[pool], HYSTERESIS_SHARE * current.mb);
  const codes = [...reasonCodes(input)];
  let finding: Finding;
  let keep = false;
  if (judgement.verdict === "insufficient_data") {
    finding = "insufficient_data";
    keep = current.mb >= wantedMb;
  } else if (judgement.verdict === "undersized" || lowerMb > current.mb || (wantedMb > current.mb && !small))
    finding = "undersized";
  else if (wantedMb < current.mb && !small && input.confidence === "high") finding = "oversized";
  else {
    finding = "right_sized";
    keep = true;
    codes.push(small ? "within_hysteresis" : "shrink_needs_high_confidence");
  }
  const recommendedMb = keep
    ? current.mb
    : finding === "undersized"
      ? Math.max(wantedMb, typedMb(current.mb + 1, pool))
      : wantedMb;
  return {
    ...described(pool, current, recommendedMb),
    lower_mb: Math.min(lowerMb, recommendedMb),
    upper_mb: Math.max(recommendedMb, typedMb(wantedMb * UPPER[input.confidence], pool)),
    finding,
    reason_codes: codes,
    confidence: input.confidence,
    factors: withRest(wanted, recommendedMb, keep ? "kept_as_it_is" : "one_step_up"),
    exhaustion: asRange(judgement.exhaustion),
    full_now: judgement.full_now,
    stuck_now: judgement.stuck_now,
  };
}

function* reasonCodes({ kase, judgement, peaks, confidence }: DemandInput): Generator<string> {
  if (peaks.cut_off) yield "peak_reached_the_pool";
  if (kase.incidents.some(({ kind }) => kind === "exhaustion")) yield "allocation_failures";
  if (judgement.verdict === "growth") yield "growth";
  if (judgement.verdict === "fragmentation") yield "fragmentation";
  if (kase.facts.tls === true && kase.pool === "shm") yield "tls_reserve";
  if (peaks.from_max_used) yield "true_peak_from_max_used";
  if (judgement.verdict === "insufficient_data") yield "insufficient_data";
  if (confidence !== "high") yield "little_history";
}

/** More memory only postpones a leak (K#3833): the answer is what it buys. */
function leaking(pool: Pool, judgement: PoolJudgement, current: Current, peaks: Peaks): Recommendation {
  const factors: Factor[] = [
    { name: "peak", detail: "highest so far; a leaking pool has no size that holds", value_bytes: Math.round(peaks.highest) },
  ];
  const perDay = judgement.slope?.likely ?? 0;
  if (perDay > 0) {
    const days = (current.mb * MB) / perDay;
    factors.push({
      name: "buys_time",
      detail: `${current.mb} MB more would buy ${duration(days * DAY)} at ${mb(perDay)} a day`,
      value_bytes: current.mb * MB,
    });
  }
  return { ...unsized(pool, judgement, current, "leak_suspected", ["leak_suspected"]), factors };
}

function unsized(pool: Pool, judgement: PoolJudgement, current: Current, finding: Finding, codes: string[]): Recommendation {
  return {
    ...described(pool, current, current.mb),
    lower_mb: current.mb,
    upper_mb: current.mb,
    finding,
    reason_codes: codes,
    confidence: "low",
    factors: [],
    exhaustion: asRange(judgement.exhaustion),
    full_now: judgement.full_now,
    stuck_now: judgement.stuck_now,
  };
}

/** What a verdict says of a pool holds whatever load is asked about; with a history that says nothing else the sizes are compared. */
function plannedFinding(
  { verdict, kase }: PoolJudgement,
  current: Current | null,
  recommendedMb: number,
  tooSmall: boolean,
): Finding {
  if (verdict === "leak_suspected") return "leak_suspected";
  if (verdict === "corruption" || verdict === "stale_data" || verdict === "inconclusive") return "inconclusive";
  if (tooSmall) return "undersized";
  if (verdict === "insufficient_data" || kase === null || current === null) return "insufficient_data";
  return recommendedMb > current.mb ? "undersized" : "right_sized";
}

/** From the fixed parts and the load: without a history, or for a load that is asked about. */
function planned(
  pool: Pool,
  judgement: PoolJudgement,
  current: Current | null,
  expected: ExpectedLoad,
  basis: Basis,
): Recommendation {
  const estimate = sum(coldStartSteps(pool, basis, expected));
  const estimated = Math.round(estimate.bytes / MB);
  const least = Math.max(1, Math.ceil(sum(leastSteps(pool, basis, expected)).bytes / MB));
  const said = isSaid(expected);
  const tooSmall = current !== null && least > current.mb;
  const does_not_start = current !== null && startBytes(basis, pool) > current.mb * MB;
  // Without any expectation the default is no better than what runs already, as long as that holds what is fixed.
  const recommended = said || current === null || tooSmall ? estimated : current.mb;
  const codes = [
    ...(judgement.kase === null || judgement.verdict === "insufficient_data" ? ["insufficient_data"] : []),
    ...(said ? ["cold_start_estimate"] : []),
    ...(does_not_start ? ["does_not_start"] : []),
  ];
  return {
    ...described(pool, current, recommended),
    lower_mb: Math.min(recommended, least),
    upper_mb: typedMb(Math.max(recommended, estimated) * UPPER.low, pool),
    finding: plannedFinding(judgement, current, recommended, tooSmall),
    reason_codes: codes,
    confidence: "low",
    factors: withRest(estimate, recommended, "kept_as_it_is"),
    exhaustion: null,
    full_now: judgement.full_now,
    stuck_now: judgement.stuck_now,
  };
}

function described(pool: Pool, current: Current | null, recommendedMb: number) {
  return {
    pool,
    flag: `${pool === "shm" ? "-m" : "-M"} ${recommendedMb}`,
    current_mb: current?.mb ?? null,
    current_source: current?.source ?? null,
    recommended_mb: recommendedMb,
  };
}

/** The factors add up to what is recommended, also where the current size is kept. */
function withRest(estimate: Estimate, recommendedMb: number, name: string): Factor[] {
  const rest = Math.round(recommendedMb * MB - estimate.bytes);
  if (rest === 0) return estimate.factors;
  return [
    ...estimate.factors,
    {
      name,
      detail: rest > 0 ? "more than the sum, and no reason to change it" : "less than the sum, by too little to change it",
      value_bytes: rest,
    },
  ];
}
