/** The rules that others size memory by, to compare with on the same traces. Sizes in bytes. */
import type { UsageSample } from "../src/kamailio/sample.js";

const MARGIN = 1.15;
const DAY_MS = 86_400_000;
/** VPA forgets half of a day's weight in a day, and takes the 90th percentile of the daily peaks. */
const VPA_HALF_LIFE_DAYS = 1;
const VPA_PERCENTILE = 0.9;

/** Robusta KRR: the highest of the history and 15 % (robusta_krr/strategies/simple.py). */
export function krr(samples: readonly UsageSample[]): number {
  return MARGIN * samples.reduce((most, sample) => Math.max(most, sample.shm?.real_used ?? 0), 0);
}

/** Kubernetes VPA: p90 of daily peaks with decaying weights, and 15 % (logic/recommender.go, model/aggregations_config.go). */
export function vpa(samples: readonly UsageSample[]): number {
  const peaks = new Map<number, number>();
  for (const sample of samples) {
    const day = Math.floor(Date.parse(sample.at ?? "") / DAY_MS);
    peaks.set(day, Math.max(peaks.get(day) ?? 0, sample.shm?.real_used ?? 0));
  }
  const last = Math.max(...peaks.keys());
  const weighted = [...peaks].map(([day, peak]) => ({ peak, weight: 2 ** ((day - last) / VPA_HALF_LIFE_DAYS) }));
  weighted.sort((a, b) => a.peak - b.peak);
  const all = weighted.reduce((sum, { weight }) => sum + weight, 0);
  let sum = 0;
  for (const { peak, weight } of weighted) {
    sum += weight;
    if (sum >= VPA_PERCENTILE * all) return MARGIN * peak;
  }
  return 0;
}
