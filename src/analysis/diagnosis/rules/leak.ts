/** Leak: memory that is not returned at the troughs and that no load explains. Several independent lines of evidence, each of them shown. */
import { clock, DAY, duration, HOUR, mb, percent } from "../../../kamailio/units.js";
import { type Course, LEAST_SURENESS, riseOf } from "../../history/course/course.js";
import { bends } from "../../history/course/curves.js";
import { cellTime } from "../../history/grid.js";
import type { Case, Finding, Subject } from "../case.js";
import type { Evidence, SlopeRange } from "../diagnosis.js";
import { type SteadyRise, steadyRise } from "../level/steady-rise.js";
import { processClasses } from "../process-label.js";

/** Least rise over the history, as a share of the pool, with the load taken out and without. Below it nobody needs to act for years. */
const LEAST = { shm: { with_load: 0.005, without: 0.015 }, pkg: { with_load: 0.01, without: 0.015 } } as const;

/** Less than this many days of few samples rise with any morning; a load test shorter than a day must rise more, and be seen often. */
const SHORT_DAYS = 0.9;
const LEAST_CELLS_IN_SHORT = 30;
const LEAST_IN_SHORT = 0.05;

/** real_used may rise this many times faster than used: 16 bytes leaked drag up to 112 bytes of header along, and rounding. */
const MOST_OVERHEAD = 12;

export interface LeakFinding extends Finding {
  rises: { subject: Subject; rise: SteadyRise }[];
  slope: SlopeRange;
  /** Epoch ms, where the steepest rise begins within the history. */
  began_at: number | null;
}

/** The rise that nothing explains, in shm or in some processes. */
export function unexplainedRise(kase: Case): LeakFinding | null {
  const short = kase.span_days < SHORT_DAYS;
  if (short && kase.cells_known < LEAST_CELLS_IN_SHORT) return null;
  const least = short ? { with_load: LEAST_IN_SHORT, without: LEAST_IN_SHORT } : LEAST[kase.pool];
  const rises = kase.subjects.flatMap((subject) => {
    const { course } = subject;
    if (course.state === "leak" && usedRises(subject)) return [{ subject, rise: riseOfCourse(subject) }];
    if (isUntold(subject) || isOver(course)) return [];
    // What is leaked is in real_used as well: where that does not rise, `used` need not be looked at.
    if (steadyRise(subject.real_level, least.with_load * subject.capacity, least.without * subject.capacity) === null) return [];
    if (isWarmUp(kase, subject)) return [];
    const inUse = subject.capacity / MOST_OVERHEAD;
    const rise = steadyRise(subject.used_level, least.with_load * inUse, least.without * inUse);
    return rise === null || (kase.pool === "shm" && isLeftOver(subject, rise)) ? [] : [{ subject, rise }];
  });
  if (rises.length === 0) return null;
  // What fills the pool is real_used: headers leak with the chunks.
  const filling = rises.map(({ subject, rise }) => steadyRise(subject.real_level, 0, 0)?.slope ?? rise.slope);
  const steepest = filling.reduce((a, b) => (b.likely > a.likely ? b : a));
  return {
    rises,
    subjects: rises.map(({ subject }) => subject),
    slope: steepest,
    began_at: beganOf(kase, rises),
    evidence: evidenceFor(kase, rises),
  };
}

/** Histories of fewer days that begin with the server's start may be nothing but its warm-up. */
const WARM_UP_DAYS = 4;
/** Below this many days the cells themselves show whether it bends; from there on the days and nights hide it, and the parts of the history tell. */
const BENDS_DAYS = 0.9;
/** Share of a steady rise that comes in the last two fifths; what warms up has less to come. */
const LATE_OF_STEADY = 0.3;
/** A start this long before the first sample is one that the history begins with. */
const JUST_STARTED = 2 * HOUR;

/** Registrations, caches and pages come back after a start: a young level that bends towards where it will stay is no leak yet. */
function isWarmUp({ history: { newest }, from, span_days: days, grid }: Case, { real_level: level }: Subject): boolean {
  const { uptime } = newest;
  if (days >= WARM_UP_DAYS || uptime === null || uptime.at - uptime.seconds * 1000 < from - JUST_STARTED) return false;
  const left = level.explained?.residual ?? level.values;
  if (days < BENDS_DAYS)
    return bends(
      Array.from(left, (_, cell) => cellTime(grid, cell)),
      left.map((value, cell) => (level.usable[cell] === 1 ? value : Number.NaN)),
      level.capacity,
    );
  return level.rises.every(({ rise }) => rise.late_share < LATE_OF_STEADY);
}

/** Whole days of a run from which on its curve decides. */
const CURVE_DECIDES = 10;
/** Share of its pace below which a rise is over. */
const OVER = 0.45;
/** Standard errors below which the troughs of two weeks and more are wandering, whatever the cells seem to say. */
const WANDERS = { days: 14, sureness: 2.5 } as const;

/** The rise bent towards a level, stopped, or is lost in how the troughs wander: whatever its slope over all, it is no leak of now. */
function isOver({ last, days, restarts }: Course): boolean {
  if (last === null || days < CURVE_DECIDES || restarts !== null) return false;
  return last.goes_on < OVER || (days >= WANDERS.days && last.rising.sureness < WANDERS.sureness);
}

/** Share of a rise that growth of the load must explain before a leak is not said. */
const EXPLAINED = 0.7;
/** Least rise that is worth asking for a counter, as a share of the free pool. */
const WORTH_ASKING = 0.01;

/** It rises, and so does the daily swing, while no counter says what the load did: growth or a leak, untold. */
export function isUntold({ course }: Subject): boolean {
  const { state, last, days, free } = course;
  if (state !== "none") return state === "untold";
  if (last === null || days < CURVE_DECIDES || last.goes_on < OVER || last.rising.sureness < LEAST_SURENESS) return false;
  return last.rising.rise >= WORTH_ASKING * free && last.growth().bytes >= EXPLAINED * last.rising.rise;
}

/** What is leaked is in `used` as well, if only a twelfth of it: else it is headers and holes. */
function usedRises({ used_level, real_level, course, capacity }: Subject): boolean {
  if (used_level === real_level) return true;
  const bytes = course.restarts?.bytes ?? course.last?.rising.rise ?? 0;
  return (
    riseOf(used_level.grid, used_level.explained?.residual ?? used_level.values, used_level.usable, capacity) * MOST_OVERHEAD >=
    bytes
  );
}

/** The rise as the curve of the troughs has it. */
function riseOfCourse({ course, real_level }: Subject): SteadyRise {
  const { last, restarts } = course;
  const loadRemoved = (real_level.explained?.drivers.length ?? 0) > 0;
  if (last === null || restarts !== null) {
    const likely = restarts?.per_day ?? 0;
    return {
      bytes: restarts?.bytes ?? 0,
      slope: { low: likely / 2, likely, high: likely * 1.5 },
      significance: 0,
      runs_rising: restarts?.runs ?? 0,
      runs: restarts?.runs ?? 0,
      load_removed: loadRemoved,
    };
  }
  const likely = last.rising.slope_rising;
  const error = likely / Math.max(1, last.rising.sureness);
  return {
    bytes: last.rising.rise,
    slope: { low: Math.max(0, likely - 2 * error), likely, high: likely + 2 * error },
    significance: last.rising.sureness,
    runs_rising: 1,
    runs: 1,
    load_removed: loadRemoved,
  };
}

/** Counters that are read late and rounded explain growth not quite: a rest of this share of what the load made is no leak. */
const LEFT_OVER = 0.25;

function isLeftOver({ growth, real_level: { observed_days: days } }: Subject, rise: SteadyRise): boolean {
  return growth !== null && growth.per_day > 0 && rise.bytes < LEFT_OVER * growth.per_day * days;
}

function evidenceFor(kase: Case, rises: LeakFinding["rises"]): Evidence[] {
  const worst = rises.reduce((a, b) => (b.rise.bytes > a.rise.bytes ? b : a));
  const { rise, subject } = worst;
  const days = subject.used_level.observed_days;
  const evidence: Evidence[] = [
    {
      rule: "troughs_rise",
      detail: `${subject.label ?? "shm"}: the troughs rose by ${mb(rise.bytes)} in ${duration(days * DAY)} (${percent(rise.bytes / subject.capacity)} of the pool) and never came back`,
      source: "troughs compared with troughs; wiki Analysis of Memory Incidents, R5, R11",
    },
  ];
  if (rise.load_removed)
    evidence.push({
      rule: "not_explained_by_load",
      detail: `with ${subject.used_level.explained?.drivers.map(({ name }) => name).join(", ")} taken out, the rise stays`,
      source: "growth that matches population is not a leak (K#156, K#3523); this does not match",
    });
  if (Number.isFinite(rise.significance) && rise.significance >= 4)
    evidence.push({
      rule: "trend_is_significant",
      detail: `the trend is ${Math.min(999, rise.significance).toFixed(1)} standard errors from none, autocorrelation counted in`,
      source: "Theil-Sen and least squares with AR(1) errors; a trend test alone is not believed (Machida et al. 2013)",
    });
  const follows = subject.used_level.explained?.follows ?? null;
  if (follows !== null)
    evidence.push({
      rule: "slope_follows_traffic",
      detail: `it rises with ${follows} summed over time, slower when traffic is slow, and never reverses`,
      source: "K#4626, K#1220: a leak in each transaction",
    });
  if (rise.runs_rising > 1)
    evidence.push({
      rule: "same_growth_after_each_restart",
      detail: `it rose like this in ${rise.runs_rising} of ${rise.runs} runs of the server`,
      source: "differential evidence: the same node after a restart (K#4741)",
    });
  if (kase.pool === "pkg") evidence.push(...classEvidence(kase, rises));
  const at = beganAt(kase, subject);
  return at === null ? evidence : [...evidence, begin(kase, subject, at)];
}

/** A change this near to the day on which a rise began may have made it. */
const AROUND = { before: 3 * DAY, after: 1.5 * DAY } as const;

function beganOf(kase: Case, rises: LeakFinding["rises"]): number | null {
  return beganAt(kase, rises.reduce((a, b) => (b.rise.bytes > a.rise.bytes ? b : a)).subject);
}

/** When the rise began, epoch ms, where it begins within the history: at a knot of its curve, or with a start of the server. */
function beganAt({ grid, from }: Case, { course, real_level: level }: Subject): number | null {
  const { last } = course;
  if (course.state !== "leak" || last === null || course.restarts !== null) return null;
  if (last.rising.kind === "begins") return last.rising.knot * DAY;
  const run = grid.run_starts.length - 1;
  const before = level.rises.filter(({ run: own }) => own < run);
  return before.length > 0 && before.every(({ rise }) => rise.bytes < last.rising.rise / 4)
    ? (grid.run_starts[run] ?? from)
    : null;
}

/** What changed when it began. */
function begin({ history }: Case, { label }: Subject, at: number): Evidence {
  const near = (when: number) => when >= at - AROUND.before && when <= at + AROUND.after;
  const words = [
    ...history.changes.filter((change) => near(change.at)).map((change) => `${change.what} at ${clock(change.at)}`),
    ...history.events
      .filter((event) => event.kind !== "gap" && near(event.at))
      .map(({ kind, at: when, detail }) => `${kind} at ${clock(when)} (${detail})`),
  ];
  return {
    rule: "rise_began",
    detail: `${label ?? "shm"}: level before, it rises since about ${new Date(at).toISOString().slice(0, 10)}; ${words.length === 0 ? "no change of build, settings or configuration, restart or reload is recorded about then" : `about then: ${words.slice(-4).join("; ")}`}`,
    source: "the part behind the change point, judged by itself; a leak usually begins with an upgrade",
  };
}

/** Growth in one class of processes names the code path (R29). */
function classEvidence(kase: Case, rises: LeakFinding["rises"]): Evidence[] {
  const classes = processClasses(rises.map(({ subject }) => subject.label ?? ""));
  const others = kase.subjects.length - rises.length;
  if (others === 0) return [];
  return [
    {
      rule: "one_process_class_only",
      detail: `${rises.length} process(es) of ${classes.join(", ")} rise, the other ${others} do not`,
      source: "growth in one class names the code path (K#3841, K#4399, O#651)",
    },
  ];
}

/** Steps at reloads: the residual rises in jumps of about the same size (K#3823: 3.2 MB for each tls.reload). */
export function stepsAtReloads({ history, subjects }: Case): Evidence | null {
  const reloads = history.events.filter(({ kind }) => kind === "reload");
  const level = subjects[0]?.used_level;
  if (reloads.length < 3 || level?.explained == null) return null;
  const { grid } = level;
  const { residual } = level.explained;
  let up = 0;
  let known = 0;
  for (const { at } of reloads) {
    const cell = Math.floor((at - grid.from) / grid.cell_ms);
    const [before, after] = [residual[cell - 1] ?? Number.NaN, residual[cell + 1] ?? Number.NaN];
    if (Number.isNaN(before) || Number.isNaN(after)) continue;
    known++;
    if (after - before > 3 * level.explained.noise) up++;
  }
  if (known < 3 || up < known * 0.7) return null;
  return { rule: "steps_at_reloads", detail: `${up} of ${known} reloads left the level higher`, source: "K#3823, O#1856, O#651" };
}
