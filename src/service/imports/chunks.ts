/** Cuts the times of an import into chunks. Points lie on multiples of the step, so that an import with other bounds brings the same samples. */
import type { ImportPlan } from "./import-state.js";

type Times = Pick<ImportPlan, "intervals" | "step">;

/** The next points in time to fetch, both included; `null`: all is done. A chunk stays within one interval. */
export function nextChunk({ intervals, step }: Times, next_at: number | null, points: number): [from: number, to: number] | null {
  for (const [from, to] of intervals) {
    const first = onGrid(Math.max(from, next_at ?? from), step);
    const last = Math.floor(to / step) * step;
    if (first <= last) return [first, Math.min(last, first + (points - 1) * step)];
  }
  return null;
}

/** Chunks that are still to come when they stay as large. */
export function chunksLeft({ intervals, step }: Times, next_at: number | null, points: number): number {
  let chunks = 0;
  for (const [from, to] of intervals) chunks += Math.ceil(pointsOf(Math.max(from, next_at ?? from), to, step) / points);
  return chunks;
}

/** All points of the intervals. */
export function pointsIn({ intervals, step }: Times): number {
  return intervals.reduce((sum, [from, to]) => sum + pointsOf(from, to, step), 0);
}

function pointsOf(from: number, to: number, step: number): number {
  return Math.max(0, Math.floor(to / step) - Math.ceil(from / step) + 1);
}

function onGrid(at: number, step: number): number {
  return Math.ceil(at / step) * step;
}
