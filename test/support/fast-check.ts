/**
 * Properties try the same cases at every run, so that a run can be repeated. `FC_SEED=$RANDOM npm test` looks for new ones; `FC_RUNS=1000` looks
 * longer.
 */
import fc from "fast-check";

const SEED = 20_261_123;
const { FC_SEED, FC_RUNS } = process.env;

fc.configureGlobal({
  seed: FC_SEED === undefined ? SEED : Number(FC_SEED),
  ...(FC_RUNS === undefined ? {} : { numRuns: Number(FC_RUNS) }),
});
