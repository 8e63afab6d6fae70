/**
 * The course of one level of memory: what its troughs do, day by day, and what that was called at each look since.
 *
 * A verdict has memory, and the memory is a function of the history alone: looks are replayed at the ends of UTC days, a new state must hold for
 * several looks before it is taken up, and an old one is left only when its rise is over. So replicas, back-filled histories and an analysis of a text
 * agree, and nothing needs to be stored.
 */
import { DAY } from "../../../kamailio/units.js";
import { median } from "../../statistics/quantile.js";
import type { Grid } from "../grid.js";
import { once } from "../once.js";
import { type Curve, type Fits, LEAST_DAYS, RunCurves } from "./curves.js";
import { type CourseDay, daysOf, withoutWeekdays } from "./days.js";
import { dropsOf, leakAcrossRestarts } from "./drops.js";
import { explainedByGrowth, NO_GROWTH, type SwingGrowth, swingGrowth } from "./swing.js";

/** `leak`: it rises and nothing explains it; `untold`: it rises, and growth of a load that no counter shows may explain it. */
export type CourseState = "none" | "leak" | "untold";

/** What one look saw of the run of that day. */
export interface Look {
  fits: Fits;
  /** The best curve of all, and the best that rises. */
  best: Curve;
  rising: Curve;
  /** Slope of now as a share of the slope of the rise, over all curves by their weight: 1 goes on, 0 is over. */
  goes_on: number;
  /** Do the troughs up to this look rise in bursts? */
  in_bursts: () => boolean;
  /** How the swing grows, and the bytes of the rise that growth of the load can explain by it. */
  growth: () => { swing: SwingGrowth; bytes: number };
}

export interface AcrossRestarts {
  bytes: number;
  per_day: number;
  runs: number;
}

export interface Course {
  state: CourseState;
  /** Epoch ms of the end of the day since which the state is held; `null` for none. */
  since: number | null;
  /** States that were taken up or left in all. */
  changes: number;
  /** `null`: the last run is too short for a curve. */
  last: Look | null;
  /** Whole days of the last run. */
  days: number;
  /** What restarts give back, when they show one leak through many runs. */
  restarts: AcrossRestarts | null;
  /** Bytes that are free at the busy hour. */
  free: number;
}

export interface CourseInput {
  grid: Grid;
  /** The level with the load taken out where counters are recorded. */
  values: Float64Array;
  usable: Uint8Array | null;
  capacity: number;
  /** Bytes free at the busy hour. */
  free: number;
  /** No load was taken out: growth of the load may explain a rise. */
  bare: boolean;
  /** Bytes of the level that were there right after a start: they do not grow with the load. */
  fixed: number;
  /** How many levels are looked at beside this one: each is another chance of a false alarm. */
  siblings: number;
}

/** A curve that rises must beat the flat one by so much BIC. */
const BEATS_FLAT = 8;
/** Least rise as a share of the free pool, and for a rise that begins in the middle. */
const LEAST_RISE = 0.025;
const LEAST_RISE_FROM_KNOT = 0.08;
/** Standard errors of a rise from none, autocorrelation counted in. */
export const LEAST_SURENESS = 4;
/** Share of its pace that a rise must keep: at this many days of rise, and at that many. */
const KEEPS_PACE = { early: { days: 14, share: 0.75 }, late: { days: 32, share: 0.45 } } as const;
/** Bursts: the share of the days that carries half of the rise, on average after this share of the time; then a pause of a week is no end. */
const FEW_STEPS = 1 / 7;
const LEAST_BURSTS = 2;
const HALF = 0.5;
const NOT_EARLY = 1 / 3;
const BURST_PACE = 0.15;
/** Of the rise, the share that growth must leave unexplained. */
const BEYOND_GROWTH = 0.3;
/** Small rises need long: days of rise that are asked for, by the least rise as a share of the free pool. */
const DAYS_FOR_RISE = [
  { rise: 0.06, days: 10 },
  { rise: 0.04, days: 14 },
  { rise: 0, days: 21 },
] as const;
/** Before this many days only what rises day after day and is full within two weeks. */
const YOUNG_DAYS = 10;
const YOUNG_PACE = 0.8;
const YOUNG_FULL_DAYS = 14;
const YOUNG_MONOTONE = 0.8;
/** ... or rises as much as a rise from the middle must, when so many whole days of earlier runs are known: it began with the restart. */
const KNOWN_DAYS = 10;
/** Looks that a new state must hold, and that an end must. */
const LOOKS_TO_ENTER = { leak: 2, untold: 3 } as const;
const LOOKS_TO_LEAVE = 3;
/** A state is left when the last days rise by less than this share of the pace it was named for. */
const OVER_SHARE = 0.3;
const OVER_DAYS = 8;
/** ... or growth explains all but this share. */
const ALL_BUT = 0.2;
/** Levels that never rise by this share of the free pool are not looked at day by day. */
const WORTH_A_LOOK = 0.02;

/** The course of a level that never rose. */
export function flatCourse(free: number): Course {
  return { state: "none", since: null, changes: 0, last: null, days: 0, restarts: null, free };
}

export function courseOf(input: CourseInput): Course {
  const { grid, values, usable, free } = input;
  const days = daysOf(grid, values, usable);
  const drops = grid.run_starts.length > 3 ? dropsOf(grid, values, usable) : [];
  const until = grid.from + grid.cells * grid.cell_ms;
  const restarts = leakAcrossRestarts(drops, free, until);
  const x = Float64Array.from(days, ({ day }) => day);
  const y = withoutWeekdays(days);
  if (!everRises(days, y, WORTH_A_LOOK * free) && restarts === null) return flatCourse(free);

  let memory = NOTHING_HELD;
  let last: Look | null = null;
  let begin = 0;
  let curves = new RunCurves(input.capacity);
  for (let i = 0; i < days.length; i++) {
    if (days[i]?.run !== days[begin]?.run) {
      begin = i;
      curves = new RunCurves(input.capacity);
    }
    curves.add(x[i] ?? 0, y[i] ?? 0);
    const end = ((days[i]?.day ?? 0) + 1) * DAY;
    const gaveBack = leakAcrossRestarts(drops, free, end);
    // Most days of most histories need no curve.
    const dull = memory.state === "none" && gaveBack === null && i < days.length - 1 && curves.range < WORTH_A_LOOK * free;
    last = dull ? null : lookAt(input, curves, days, y, begin, i + 1);
    const now = gaveBack !== null ? "leak" : last === null ? "none" : seen(input, last, days, y, begin, i + 1);
    memory = remember(memory, now, last, overNow(memory, last, gaveBack, x, y, begin, i + 1), end);
  }
  return { state: memory.state, since: memory.since, changes: memory.changes, last, days: days.length - begin, restarts, free };
}

/** Bytes that the troughs of the last run, or the restarts, show as risen: the course without its memory. */
export function riseOf(grid: Grid, values: Float64Array, usable: Uint8Array | null, capacity: number): number {
  const days = daysOf(grid, values, usable);
  const curves = new RunCurves(capacity);
  const y = withoutWeekdays(days);
  const run = days.at(-1)?.run;
  for (const [index, day] of days.entries()) if (day.run === run) curves.add(day.day, y[index] ?? 0);
  const fits = curves.fits();
  const drops = dropsOf(grid, values, usable).map(({ bytes }) => bytes);
  return Math.max(
    0,
    ...(fits === null ? [] : [...fits.best.values()].map(({ rise }) => rise)),
    drops.length < 3 ? 0 : median(drops),
  );
}

/** Did a trough ever stand this far above an earlier one of its run? */
function everRises(days: readonly CourseDay[], y: Float64Array, bytes: number): boolean {
  let lowest = Number.POSITIVE_INFINITY;
  for (const [index, value] of y.entries()) {
    if (index > 0 && days[index]?.run !== days[index - 1]?.run) lowest = Number.POSITIVE_INFINITY;
    lowest = Math.min(lowest, value);
    if (value - lowest >= bytes) return true;
  }
  return false;
}

function lookAt(
  input: CourseInput,
  curves: RunCurves,
  days: readonly CourseDay[],
  y: Float64Array,
  from: number,
  to: number,
): Look | null {
  const fits = curves.fits();
  if (fits === null) return null;
  const all = [...fits.best.values()];
  const best = all.reduce((a, b) => (b.bic < a.bic ? b : a));
  const rising = all
    .filter(({ kind, rise }) => kind !== "flat" && rise > 0)
    .reduce<Curve | null>((a, b) => (a === null || b.bic < a.bic ? b : a), null);
  if (rising === null) return null;
  const growth = () => {
    if (!input.bare) return { swing: NO_GROWTH, bytes: 0 };
    const swing = swingGrowth(days, from, to);
    const duration = fits.span - (rising.kind === "begins" ? rising.knot - (days[from]?.day ?? 0) : 0);
    return { swing, bytes: explainedByGrowth(swing, days[from]?.trough ?? 0, input.fixed, duration) };
  };
  return {
    fits,
    best,
    rising,
    goes_on: goesOn(all, best.bic),
    in_bursts: once(() => inBursts(y, from, to)),
    growth: once(growth),
  };
}

/** Curves that bend or end take their share of the weight: a rise that is half over by their account goes on by half. */
function goesOn(all: readonly Curve[], best: number): number {
  let [now, rise] = [0, 0];
  for (const { kind, bic, slope_now, slope_rising, rise: bytes } of all) {
    if (kind === "flat" || bytes <= 0) continue;
    const weight = Math.exp(-(bic - best) / 2);
    now += weight * slope_now;
    rise += weight * slope_rising;
  }
  return rise > 0 ? now / rise : 0;
}

/** What this look alone would say. */
function seen(
  input: CourseInput,
  look: Look,
  days: readonly CourseDay[],
  y: Float64Array,
  from: number,
  to: number,
): CourseState {
  const { fits, rising, goes_on } = look;
  const { free } = input;
  const flat = fits.best.get("flat");
  const least = rising.kind === "begins" ? LEAST_RISE_FROM_KNOT : LEAST_RISE;
  if (flat === undefined || flat.bic - rising.bic < BEATS_FLAT + Math.log(Math.max(1, input.siblings))) return "none";
  if (rising.rise < least * free || rising.sureness < LEAST_SURENESS || rising.kind === "step") return "none";
  const duration = rising.kind === "begins" ? fits.span - (rising.knot - (days[from]?.day ?? 0)) : fits.span;
  // No rise is asked for less than bursts are.
  if (goes_on < BURST_PACE) return "none";
  if (goes_on < paceAsked(duration) && !look.in_bursts()) return "none";
  if (fits.span < YOUNG_DAYS - 1) {
    if (goes_on < YOUNG_PACE || !monotone(y, from, to)) return "none";
    const changed = from >= KNOWN_DAYS && rising.rise >= LEAST_RISE_FROM_KNOT * free;
    if (!changed && !fullSoon(input, look, days[to - 1])) return "none";
  } else {
    const share = rising.rise / free;
    const daysAsked = DAYS_FOR_RISE.find(({ rise }) => share >= rise)?.days ?? 0;
    if (rising.kind !== "begins" && fits.span < daysAsked - 1) return "none";
  }
  const beyond = rising.rise - look.growth().bytes;
  return beyond >= Math.max(LEAST_RISE * free, BEYOND_GROWTH * rising.rise) ? "leak" : "untold";
}

function paceAsked(days: number): number {
  const { early, late } = KEEPS_PACE;
  const share = Math.min(1, Math.max(0, (days - early.days) / (late.days - early.days)));
  return early.share + share * (late.share - early.share);
}

/**
 * Does the rise come in bursts: do the largest steps from day to day, what fell as fast taken off, carry half of it, and not early, as a cache that
 * fills has them? A leak in failures or reloads pauses and goes on.
 */
function inBursts(y: Float64Array, from: number, to: number): boolean {
  const rise = (y[to - 1] ?? 0) - (y[from] ?? 0);
  const few = Math.ceil((to - from - 1) * FEW_STEPS);
  if (few < LEAST_BURSTS || rise <= 0) return false;
  const steps: { step: number; place: number }[] = [];
  for (let i = from + 1; i < to; i++) steps.push({ step: (y[i] ?? 0) - (y[i - 1] ?? 0), place: (i - from) / (to - from) });
  steps.sort((a, b) => b.step - a.step);
  const largest = steps.slice(0, few);
  const gained =
    largest.reduce((sum, { step }) => sum + step, 0) + steps.slice(-few).reduce((sum, { step }) => sum + Math.min(0, step), 0);
  const place = largest.reduce((sum, one) => sum + one.place, 0) / few;
  // One step alone is a bigger table.
  return gained >= HALF * rise && place > NOT_EARLY && (largest[0]?.step ?? 0) < HALF * rise;
}

function monotone(y: Float64Array, from: number, to: number): boolean {
  let up = 0;
  for (let i = from + 1; i < to; i++) if ((y[i] ?? 0) > (y[i - 1] ?? 0)) up++;
  return up >= YOUNG_MONOTONE * (to - from - 1);
}

function fullSoon({ capacity }: CourseInput, { rising }: Look, day: CourseDay | undefined): boolean {
  return day !== undefined && rising.slope_now > 0 && (capacity - day.top) / rising.slope_now <= YOUNG_FULL_DAYS;
}

interface Memory {
  state: CourseState;
  since: number | null;
  changes: number;
  /** Bytes a day that the state was named for. */
  pace: number;
  /** What was seen instead, and at how many looks in a row. */
  other: CourseState;
  looks: number;
  over: number;
}

const NOTHING_HELD: Memory = { state: "none", since: null, changes: 0, pace: 0, other: "none", looks: 0, over: 0 };

function remember(memory: Memory, now: CourseState, look: Look | null, over: boolean, at: number): Memory {
  const pace = look?.rising.slope_rising ?? memory.pace;
  if (now === memory.state)
    return { ...memory, other: now, looks: 0, over: 0, pace: now === "none" ? 0 : Math.max(memory.pace, pace / 2) };
  if (now === "none") {
    const ended = over ? memory.over + 1 : 0;
    if (ended < LOOKS_TO_LEAVE) return { ...memory, over: ended, looks: 0 };
    return { ...NOTHING_HELD, changes: memory.changes + 1 };
  }
  const looks = memory.other === now ? memory.looks + 1 : 1;
  if (looks < LOOKS_TO_ENTER[now]) return { ...memory, other: now, looks, over: 0 };
  return { state: now, since: at, changes: memory.changes + 1, pace, other: now, looks: 0, over: 0 };
}

/** Is the rise that a state was named for over? */
function overNow(
  memory: Memory,
  look: Look | null,
  gaveBack: AcrossRestarts | null,
  x: Float64Array,
  y: Float64Array,
  from: number,
  to: number,
): boolean {
  if (memory.state === "none" || gaveBack !== null) return false;
  if (look === null) return to - from >= LEAST_DAYS;
  if (look.in_bursts()) return look.goes_on < BURST_PACE;
  if (look.goes_on < OVER_SHARE) return true;
  if (memory.state === "leak" && look.growth().bytes >= (1 - ALL_BUT) * look.rising.rise) return true;
  let back = to - 1;
  while (back > from && (x[to - 1] ?? 0) - (x[back] ?? 0) < OVER_DAYS) back--;
  const days = (x[to - 1] ?? 0) - (x[back] ?? 0);
  return days >= OVER_DAYS && (y[to - 1] ?? 0) - (y[back] ?? 0) < OVER_SHARE * memory.pace * days;
}
