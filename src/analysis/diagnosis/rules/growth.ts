/** Growth: the rise is explained by load that rose. Nothing is wrong but the size, some day. */
import { DAY, duration, mb, percent } from "../../../kamailio/units.js";
import { highestKnown, lastKnown, meanKnown } from "../../history/known-values.js";
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
  if (kase.span_days < LEAST_DAYS) return storedGrowth(kase);
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

/** In a short history: what is stored came to this many times what it was at a quarter of it ... */
const CAME_TO = 1.5;
/** ... and took this share of the pool. */
const TOOK = 0.1;
/** ... of which this share is in use: below it, it is registrations that return after a start, and a day tells more. */
const NEARLY = 0.8;
const EARLY = 0.25;

/** A short history in which something stored fills the pool: no morning does that, and no day need be waited for to say it. */
function storedGrowth({ pool, subjects, drivers, grid, span_days: days }: Case): GrowthFinding | null {
  const [subject] = subjects;
  const explained = subject?.real_level.explained ?? null;
  if (pool !== "shm" || subject === undefined || explained === null || explained.trend_per_day > 2 * explained.trend_error)
    return null;
  const names = explained.drivers.map(({ name }) => name);
  const rising = drivers.filter(({ name, stored, values }) => stored && names.includes(name) && cameTo(values, grid.cells));
  const usable = [...explained.by_load.keys()].filter((cell) => !Number.isNaN(explained.by_load[cell]));
  const [first = 0, last = 0] = [usable[0], usable.at(-1)];
  const bytes = (explained.by_load[last] ?? 0) - (explained.by_load[first] ?? 0);
  if (rising.length === 0 || bytes < TOOK * subject.capacity || subject.highest < NEARLY * subject.capacity) return null;
  const likely = bytes / days;
  const costs = explained.drivers.map(({ name, bytes_per_unit: cost }) => `${name} at ${Math.round(cost)} bytes each`).join(", ");
  return {
    subjects: [subject],
    slope: { low: likely / 2, likely, high: likely * 1.5 },
    evidence: [
      {
        rule: "stored_objects_explain_the_rise",
        detail: `memory follows ${costs}: ${mb(bytes)} in ${duration(days * DAY)}`,
        source: "growth that matches population is not a leak (K#156, K#3523, R5)",
      },
    ],
  };
}

function cameTo(values: Float64Array, cells: number): boolean {
  const early = highestKnown(values.subarray(0, Math.ceil(cells * EARLY)));
  return lastKnown(values) >= CAME_TO * Math.max(1, early);
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
