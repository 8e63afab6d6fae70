/** What others would say of a history, in the words of the contract: only whether it leaks. */

import { theilSen } from "../../src/analysis/statistics/theil-sen.js";
import type { UsageSample } from "../../src/kamailio/sample.js";
import { DAY } from "../../src/kamailio/units.js";

/** Bytes and size of the pool that a case is about: shm, or the fullest process. */
function levels(samples: readonly UsageSample[], pool: "shm" | "pkg"): { at: number; used: number; total: number }[] {
  return samples.flatMap(({ at, shm, pkg }) => {
    if (pool === "shm")
      return shm?.real_used == null || shm.total === null
        ? []
        : [{ at: Date.parse(at ?? ""), used: shm.real_used, total: shm.total }];
    const [fullest] = [...pkg].sort((a, b) => (b.real_used ?? 0) - (a.real_used ?? 0));
    return fullest?.real_used == null || fullest.total_size === null
      ? []
      : [{ at: Date.parse(at ?? ""), used: fullest.real_used, total: fullest.total_size }];
  });
}

/** Standard deviations of Kendall's S: one false alarm in a hundred looks at noise. */
const Z = 2.33;

/** Mann-Kendall on the daily minima, with Theil-Sen's slope above zero: what the literature on software aging uses. */
export function mannKendall(samples: readonly UsageSample[], pool: "shm" | "pkg"): boolean {
  const days = new Map<number, number>();
  for (const { at, used } of levels(samples, pool)) {
    const day = Math.floor(at / DAY);
    days.set(day, Math.min(days.get(day) ?? Number.POSITIVE_INFINITY, used));
  }
  const x = [...days.keys()];
  const y = [...days.values()];
  const n = y.length;
  if (n < 5) return false;
  let s = 0;
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) s += Math.sign((y[j] ?? 0) - (y[i] ?? 0));
  return s / Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18) > Z && (theilSen(x, y)?.likely ?? 0) > 0;
}

/** The usual alert of Prometheus: `predict_linear(used[6h], 4 * 86400) > total`. */
export function predictLinear(samples: readonly UsageSample[], pool: "shm" | "pkg"): boolean {
  const all = levels(samples, pool);
  const end = all.at(-1)?.at ?? 0;
  const last = all.filter(({ at }) => at > end - DAY / 4);
  const n = last.length;
  if (n < 2) return false;
  const [mt, mv] = [last.reduce((sum, { at }) => sum + at, 0) / n, last.reduce((sum, { used }) => sum + used, 0) / n];
  let [product, square] = [0, 0];
  for (const { at, used } of last) {
    product += (at - mt) * (used - mv);
    square += (at - mt) ** 2;
  }
  const slope = square > 0 ? product / square : 0;
  return mv + slope * (end + 4 * DAY - mt) > (last[0]?.total ?? Number.POSITIVE_INFINITY);
}
