/**
 * A size as a sum that is built up step by step: each estimator takes the sum so far and returns it with one factor more, so every step can be
 * tested alone and shown (the shape of the Kubernetes VPA's recommender: estimators that wrap each other).
 */
import type { Pool } from "../../kamailio/pool.js";
import { MB } from "../../kamailio/units.js";
import type { Factor } from "./sizing.js";

export interface Estimate {
  bytes: number;
  factors: Factor[];
}

export type Step = (estimate: Estimate) => Estimate;

/** Nothing yet. */
export const NOTHING: Estimate = { bytes: 0, factors: [] };

/** Adds bytes under a name; nothing is added (and nothing shown) for zero. */
export function add(name: string, bytes: number, detail: string): Step {
  return (estimate) =>
    bytes === 0
      ? estimate
      : { bytes: estimate.bytes + bytes, factors: [...estimate.factors, { name, detail, value_bytes: Math.round(bytes) }] };
}

/** Adds a share of the sum so far. */
export function margin(share: number, detail: string): Step {
  return (estimate) => add("margin", estimate.bytes * share, detail)(estimate);
}

/** Raises the sum to a floor. */
export function floor(bytes: number, detail: string): Step {
  return (estimate) => add("floor", Math.max(0, bytes - estimate.bytes), detail)(estimate);
}

/** Rounds up to a number of megabytes that a person would type. */
export function typed(pool: Pool): Step {
  return (estimate) => {
    const mb = typedMb(estimate.bytes / MB, pool);
    return add("rounding", mb * MB - estimate.bytes, `up to ${mb} MB`)(estimate);
  };
}

/** Runs the steps one after another. */
export function sum(steps: readonly Step[]): Estimate {
  return steps.reduce((estimate, step) => step(estimate), NOTHING);
}

/** Step of the sizes that people type, by size: at most a sixteenth of what is typed. Pairs of "up to MB" and "multiples of MB". */
const SHM_STEPS: readonly (readonly [number, number])[] = [
  [64, 4],
  [256, 8],
  [512, 16],
  [1024, 32],
  [4096, 64],
  [16_384, 256],
];
const PKG_STEPS: readonly (readonly [number, number])[] = [
  [16, 1],
  [32, 2],
  [64, 4],
  [256, 16],
];
const LARGEST_STEP = { shm: 1024, pkg: 64 } as const;

/** The next size up that a person would type. */
export function typedMb(mb: number, pool: Pool): number {
  const steps = pool === "shm" ? SHM_STEPS : PKG_STEPS;
  const step = steps.find(([upTo]) => mb <= upTo)?.[1] ?? LARGEST_STEP[pool];
  return Math.max(1, Math.ceil(mb / step - 1e-9) * step);
}
