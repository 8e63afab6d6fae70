/** Stretches without a sample, found from the times of the points themselves. */

/** So many times the usual distance between points is a gap: a missed sample is none. */
const GAP_FACTOR = 3.5;

export interface Gap {
  from: number;
  to: number;
}

/** @param at ascending, epoch ms */
export function gapsIn(at: ArrayLike<number>): Gap[] {
  const steps: number[] = [];
  for (let row = 1; row < at.length; row++) steps.push((at[row] ?? 0) - (at[row - 1] ?? 0));
  const usual = steps.toSorted((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0;
  const gaps: Gap[] = [];
  for (const [row, step] of steps.entries())
    if (step > usual * GAP_FACTOR) gaps.push({ from: at[row] ?? 0, to: at[row + 1] ?? 0 });
  return gaps;
}
