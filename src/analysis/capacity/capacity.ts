/** What things cost on an instance, what a load needs, and how much more fits: costs, fixed parts, forecast and headroom in one answer. */
import type { Pool } from "../../kamailio/pool.js";
import { MB } from "../../kamailio/units.js";
import type { PoolJudgement } from "../diagnosis/judgement.js";
import type { History } from "../history/history.js";
import { DEFAULT_HORIZON_DAYS, sizeInstance } from "../sizing/size-instance.js";
import type { Factor, Sizing } from "../sizing/sizing.js";
import { capacityBasis } from "./basis.js";
import type { FixedPart } from "./fixed-parts.js";
import { type Headroom, headroomOf } from "./headroom.js";
import type { ExpectedLoad } from "./load.js";
import type { Cost } from "./object-costs.js";
import type { Populations } from "./populations.js";

export interface Capacity {
  /** It fits what is configured: both pools, and the host or its limit. */
  ok: boolean;
  costs: Cost[];
  fixed: {
    shm_bytes: number;
    /** Of the process that takes most. */
    pkg_bytes: number;
    parts: FixedPart[];
    exact: boolean;
    unknown: string[];
  };
  now: Populations & { processes: number; shm_bytes?: number };
  forecast: {
    shm_mb: number;
    pkg_mb: number;
    /** `-m` and `-M` of every process. */
    host_bytes: number;
    factors: (Factor & { pool: Pool })[];
  };
  headroom: Headroom[];
  /** What `-m` and `-M` are; `null`: not known. */
  configured: { shm_mb: number | null; pkg_mb: number | null };
}

/** @param now epoch ms for which to judge; @param clock epoch ms of now, where a history that ended is judged as of its end */
export function judgeCapacity(
  history: History,
  now: number,
  load: ExpectedLoad,
  judged?: Record<Pool, PoolJudgement>,
  clock: number = now,
): Capacity {
  const basis = capacityBasis(history, load.processes);
  // The sizes are sizing's own, so that the two can never part.
  const sizing = sizeInstance(history, now, { horizon_days: DEFAULT_HORIZON_DAYS, expected: load }, judged, clock);
  const shm = recommendationOf(sizing, "shm");
  const pkg = recommendationOf(sizing, "pkg");
  const { host_impact: host } = sizing;
  const limits = [host.host_total_bytes, host.limit_bytes].filter((bytes) => bytes !== null);
  const used = history.shm.real_used.last.at(-1);
  return {
    ok:
      [shm, pkg].every(
        ({ recommended_mb, current_mb, full_now }) => full_now === null && (current_mb === null || recommended_mb <= current_mb),
      ) && limits.every((bytes) => host.total_bytes <= bytes),
    costs: basis.costs,
    fixed: basis.fixed,
    now: { ...basis.now, processes: basis.processes, ...(used === undefined ? {} : { shm_bytes: used }) },
    forecast: {
      shm_mb: shm.recommended_mb,
      pkg_mb: pkg.recommended_mb,
      host_bytes: host.total_bytes,
      factors: [shm, pkg].flatMap(({ pool, factors }) => factors.map((factor) => ({ pool, ...factor }))),
    },
    headroom: headroomOf(basis, history, load, shm.current_mb === null ? null : shm.current_mb * MB, limits, pkg.current_mb),
    configured: { shm_mb: shm.current_mb, pkg_mb: pkg.current_mb },
  };
}

function recommendationOf(sizing: Sizing, pool: Pool) {
  const found = sizing.recommendations.find((one) => one.pool === pool);
  if (found === undefined) throw new RangeError(`no size for ${pool}`);
  return found;
}
