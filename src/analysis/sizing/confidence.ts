/** How far a size can be relied on: how long was watched, how completely, and how much alike the days were. */
import type { Case } from "../diagnosis/case.js";
import type { Confidence } from "./sizing.js";

/** A week holds every kind of day. */
const WEEK_DAYS = 6.9;
/** Days that are alike make a shorter history enough. */
const STEADY_DAYS = 4;
const STEADY_SPREAD = 0.06;
/** A night and a busy hour, twice. */
const FEW_DAYS = 2;
const LEAST_COVERAGE = 0.5;

/** Margin over the demand by confidence: the least, and how much of the upper bound is above the size. Chosen by the backtest (bench/judge.ts). */
export const MARGIN: Record<Confidence, number> = { high: 0.08, medium: 0.15, low: 0.3 };
export const UPPER: Record<Confidence, number> = { high: 1.2, medium: 1.5, low: 2.5 };

/** @param spread of the daily peaks as a share of the highest. */
export function confidenceOf(
  { span_days: days, coverage }: Pick<Case, "span_days" | "coverage">,
  spread: number,
  cutOff: boolean,
): Confidence {
  if (days < FEW_DAYS || coverage < LEAST_COVERAGE) return "low";
  if (cutOff) return "medium";
  return days >= WEEK_DAYS || (days >= STEADY_DAYS && spread <= STEADY_SPREAD) ? "high" : "medium";
}
