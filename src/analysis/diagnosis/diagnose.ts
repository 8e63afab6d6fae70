/** Judges an instance: both pools, a headline, and a key under which the same finding is the same ticket tomorrow. */
import type { Pool } from "../../kamailio/pool.js";
import type { History } from "../history/history.js";
import type { Diagnosis, PoolDiagnosis, Severity } from "./diagnosis.js";
import { judgePool } from "./judge-pool.js";
import type { PoolJudgement } from "./judgement.js";
import { describePool } from "./pool-words.js";

const RANK: Record<Severity, number> = { info: 0, warning: 1, error: 2, critical: 3 };

/**
 * @param now epoch milliseconds for which to judge.
 * @param pools both by default.
 * @param clock epoch milliseconds of now, where a history that ended is judged as of its end.
 */
export function diagnose(history: History, now: number, pools: readonly Pool[] = ["shm", "pkg"], clock: number = now): Diagnosis {
  return diagnosisOf(
    history,
    pools.map((pool) => ({ pool, judgement: judgePool(history, pool, now, clock) })),
    now,
  );
}

/** As `diagnose`, for judgements that were made already. */
export function diagnosisOf(
  history: History,
  judgements: readonly { pool: Pool; judgement: PoolJudgement }[],
  now: number,
): Diagnosis {
  const described = judgements.map(({ pool, judgement }) => describePool(judgement, pool, history, now));
  const name = history.facts.instance ?? "analysis";
  const worst = described.reduce<PoolDiagnosis | null>(
    (a, b) => (a === null || RANK[b.severity] > RANK[a.severity] ? b : a),
    null,
  );
  const ok = described.every(({ severity }) => severity === "info");
  return {
    ok,
    pools: described,
    title: worst === null ? `${name}: nothing to judge` : `${name}: ${worst.summary}`,
    dedup_key: `${name}:${worst?.pool ?? "shm"}:verdict`,
  };
}
