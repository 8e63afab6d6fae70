/** Classes of `makeTrace` with a size that holds: no leak, and the pool was large enough to see the demand. For backtests of sizing. */
export const SIZED_CLASSES = [
  "healthy",
  "noisy",
  "holiday",
  "warm_up",
  "restarts",
  "gaps",
  "step",
  "burst",
  "daily_spike",
  "growth",
  "growth_slow",
];
