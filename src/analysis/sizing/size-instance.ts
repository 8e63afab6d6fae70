/** Sizes both pools of an instance and says what that means for its host. */
import type { Pool } from "../../kamailio/pool.js";
import { MB, timestamp } from "../../kamailio/units.js";
import { capacityBasis } from "../capacity/basis.js";
import { NO_EXPECTED_LOAD } from "../capacity/load.js";
import { judgePool } from "../diagnosis/judge-pool.js";
import type { PoolJudgement } from "../diagnosis/judgement.js";
import type { History } from "../history/history.js";
import { applyLines } from "./apply-lines.js";
import { recommend, type SizingRequest } from "./recommend.js";
import type { HostImpact, Recommendation, Sizing, Window } from "./sizing.js";

export const DEFAULT_HORIZON_DAYS = 90;
/** Above this share of the host's memory the pools crowd out everything else. */
const MOST_OF_THE_HOST = 0.8;

/**
 * @param now epoch milliseconds for which to judge.
 * @param judged judgements of both pools, when they were made already.
 * @param clock epoch milliseconds of now, where a history that ended is judged as of its end.
 */
export function sizeInstance(
  history: History,
  now: number,
  request: SizingRequest = { horizon_days: DEFAULT_HORIZON_DAYS, expected: NO_EXPECTED_LOAD },
  judged?: Record<Pool, PoolJudgement>,
  clock: number = now,
): Sizing {
  const basis = capacityBasis(history, request.expected.processes);
  const shmJudgement = judged?.shm ?? judgePool(history, "shm", now, clock);
  const shm = recommend(history, "shm", shmJudgement, request, basis);
  const pkgJudgement = judged?.pkg ?? judgePool(history, "pkg", now, clock);
  const pkg = recommend(history, "pkg", pkgJudgement, request, basis);
  const impact = hostImpact(history, shm, pkg, basis.processes);
  const overLimit = impact.limit_bytes !== null && impact.total_bytes > impact.limit_bytes;
  for (const recommendation of [shm, pkg]) {
    const crowded = impact.host_total_bytes !== null && impact.total_bytes > MOST_OF_THE_HOST * impact.host_total_bytes;
    if (crowded) recommendation.reason_codes.push("host_memory_exceeded");
    if (overLimit) recommendation.reason_codes.push("memory_limit_exceeded");
  }
  if (pkg.current_mb !== null && pkg.recommended_mb > pkg.current_mb) {
    pkg.reason_codes.push("times_processes");
    const more = (pkg.recommended_mb - pkg.current_mb) * impact.processes;
    pkg.factors.push({
      name: "times_processes",
      detail: `${impact.processes} processes take ${more} MB more of the host`,
      value_bytes: 0,
    });
  }
  const recommendations = [shm, pkg];
  return {
    ok:
      !overLimit &&
      recommendations.every(
        ({ finding, full_now, stuck_now }) =>
          full_now === null &&
          stuck_now === null &&
          (finding === "right_sized" || finding === "oversized" || finding === "insufficient_data"),
      ),
    generated_at: timestamp(now),
    window: windowOf(history, Math.max(shmJudgement.kase?.coverage ?? 0, pkgJudgement.kase?.coverage ?? 0)),
    recommendations,
    host_impact: impact,
    apply: applyLines(shm.recommended_mb, pkg.recommended_mb),
  };
}

function hostImpact(history: History, shm: Recommendation, pkg: Recommendation, processes: number): HostImpact {
  const shmBytes = shm.recommended_mb * MB;
  const pkgBytes = pkg.recommended_mb * MB * processes;
  return {
    processes,
    shm_bytes: shmBytes,
    pkg_bytes_total: pkgBytes,
    total_bytes: shmBytes + pkgBytes,
    host_total_bytes: history.facts.host_total_bytes,
    limit_bytes: history.facts.memory_limit?.value ?? null,
    limit_source: history.facts.memory_limit?.source ?? null,
  };
}

function windowOf(history: History, coverage: number): Window {
  const all = [history.shm.real_used, ...history.processes.map((process) => process.real_used)].filter(({ at }) => at.length > 0);
  const from = Math.min(...all.map(({ at }) => at[0] ?? Number.POSITIVE_INFINITY));
  const to = Math.max(...all.map(({ at }) => at[at.length - 1] ?? Number.NEGATIVE_INFINITY));
  const known = Number.isFinite(from) && Number.isFinite(to);
  return {
    from: known ? timestamp(from) : null,
    to: known ? timestamp(to) : null,
    samples: history.samples,
    coverage: Math.round(coverage * 1000) / 1000,
    restarts: history.events.filter(({ kind }) => kind === "restart").length,
  };
}
