/** Growth: the rise is explained by load that rose. Nothing is wrong but the size, some day. */
import { DAY, duration, percent } from "../../../kamailio/units.js";
import { meanKnown } from "../../history/known-values.js";
import type { Case, Finding, Subject } from "../case.js";
import type { SlopeRange } from "../diagnosis.js";

/** Standard errors from zero; the load is noisy and every look is another chance (see steady-rise.ts). */
const LEAST_SIGNIFICANCE = 4;
/** Least rise of the load's part over the history, as a share of the mean level; private pools hold no population, only work in hand. */
const LEAST_SHARE = { shm: 0.03, pkg: 0.1 } as const;
/** A curve that levels off is a warm-up when it leaves less than this share of the squares that a line leaves ... */
const LEVELS_OFF = 0.3;
/** ... and put less than this share of its rise into the last third. */
const LATE = 0.22;
/** Days below which a busy day cannot be told from growth. */
const LEAST_DAYS = 3;

export interface GrowthFinding extends Finding {
  slope: SlopeRange;
}

export function explainedGrowth(kase: Case): GrowthFinding | null {
  if (kase.span_days < LEAST_DAYS) return null;
  const found = kase.subjects.filter((subject) => grows(kase, subject));
  const first = found[0];
  if (first?.growth == null) return null;
  const likely = first.growth.per_day;
  const drivers = first.real_level.explained?.drivers.map(({ name }) => name).join(", ") ?? "";
  return {
    subjects: found,
    slope: first.peak_growth ?? { low: likely, likely, high: likely },
    evidence: [
      {
        rule: "load_explains_the_rise",
        detail: `memory follows ${drivers}, which rose: ${percent((likely * kase.span_days) / meanKnown(first.real))} more memory in quiet hours over ${duration(kase.span_days * DAY)}`,
        source: "growth that matches population is not a leak (K#156, K#3523, R5)",
      },
    ],
  };
}

function grows(kase: Case, { growth, real }: Subject): boolean {
  if (growth === null || growth.per_day < LEAST_SIGNIFICANCE * growth.error) return false;
  if (growth.levelling_off < LEVELS_OFF && growth.last_third < LATE) return false;
  return growth.per_day * kase.span_days >= LEAST_SHARE[kase.pool] * meanKnown(real);
}

/** The load rose fast and levelled off: a registrar that fills after its start. */
export function warmUp(kase: Case): Finding | null {
  const warm = kase.subjects.filter(
    ({ growth }) =>
      growth !== null && growth.per_day > growth.error && growth.levelling_off < LEVELS_OFF && growth.last_third < LATE,
  );
  if (warm.length === 0) return null;
  return {
    subjects: warm,
    evidence: [
      {
        rule: "warm_up_levelled_off",
        detail: "the level rose fast at the start and levelled off, as the load did",
        source: "R4: rising at first and then level is no leak (O#2476)",
      },
    ],
  };
}
