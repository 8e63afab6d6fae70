/**
 * Theil-Sen slope: the median of the slopes between all pairs of points, which a third of wild values does not move, with Sen's confidence interval
 * (P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", 1968) widened for autocorrelated points.
 */
import { median, quantileOfSorted } from "./quantile.js";

/** Slopes in units of y per unit of x. */
export interface RobustSlope {
  low: number;
  likely: number;
  high: number;
  /** Median of y - likely * x. */
  intercept: number;
}

/** Pairs grow with the square: more points than this are thinned out evenly before they are paired. */
const MOST_POINTS = 160;

/**
 * @param z half width of the interval in standard deviations of Kendall's S (1.64: 90 %).
 * @param inflation factor on the variance of S for autocorrelation; 1 for independent points.
 * @returns `null` for fewer than three points or no spread in x.
 */
export function theilSen(x: ArrayLike<number>, y: ArrayLike<number>, z = 1.64, inflation = 1): RobustSlope | null {
  const kept: number[] = [];
  for (let i = 0; i < x.length; i++) if (Number.isFinite(x[i]) && Number.isFinite(y[i])) kept.push(i);
  const stride = Math.max(1, Math.ceil(kept.length / MOST_POINTS));
  const points = kept.filter((_, index) => index % stride === (kept.length - 1) % stride);
  const slopes = new Float64Array((points.length * (points.length - 1)) / 2);
  let pairs = 0;
  for (let a = 0; a < points.length; a++) {
    const i = points[a] ?? 0;
    for (let b = a + 1; b < points.length; b++) {
      const j = points[b] ?? 0;
      const dx = (x[j] ?? 0) - (x[i] ?? 0);
      if (dx !== 0) slopes[pairs++] = ((y[j] ?? 0) - (y[i] ?? 0)) / dx;
    }
  }
  if (points.length < 3 || pairs < 3) return null;
  const sorted = slopes.subarray(0, pairs).sort();
  const n = points.length;
  const sigma = Math.sqrt(((n * (n - 1) * (2 * n + 5)) / 18) * inflation);
  const half = (z * sigma) / 2 / pairs;
  const likely = quantileOfSorted(sorted, 0.5);
  return {
    low: quantileOfSorted(sorted, 0.5 - half),
    likely,
    high: quantileOfSorted(sorted, 0.5 + half),
    intercept: median(points.map((i) => (y[i] ?? 0) - likely * (x[i] ?? 0))),
  };
}
