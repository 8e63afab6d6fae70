/**
 * Splits a level of memory into what the load explains and what it does not: level of the run + bytes per unit of each load counter + steady
 * trend + one-off steps, by least squares within the runs of the server.
 *
 * All parts are fitted together, since a load that grows and a leak look alike when either is fitted alone; the trend's error says how well they
 * could be told apart. Normalising by the driver before looking for a trend is what the maintainers ask for (field notes R5, R11; K#1220, K#4626).
 */
import { DAY } from "../../../kamailio/units.js";
import type { Grid } from "../../history/grid.js";
import { type Column, type Fit, Regression } from "../../statistics/least-squares.js";
import type { Driver } from "./drivers.js";

export interface Explained {
  /** Bytes a day that nothing explains, with its standard error (autocorrelation counted in). */
  trend_per_day: number;
  trend_error: number;
  /** `false`: what is stored explains the rise as well as time does, at a cost that such objects have. */
  needs_time: boolean;
  /** The load counter whose sum over time the trend follows better than it follows the clock; `null` when the clock does. */
  follows: string | null;
  drivers: { name: string; bytes_per_unit: number }[];
  /** One-off steps up or down that stayed. */
  steps: { cell: number; bytes: number }[];
  /** Level minus the drivers' part (steps and trend stay in), on the grid; NaN where unknown. */
  residual: Float64Array;
  /** The drivers' part on the grid, from zero load. */
  by_load: Float64Array;
  /** Root of the mean square of what trend, steps and load leave over. */
  noise: number;
}

/** A load counter is taken in when it removes this share of what was unexplained. */
const LEAST_DRIVER_GAIN = 0.005;
const MOST_TAKEN = 4;
/** A step is taken in when it removes this share of the squares: a leak in many steps is no step. */
const LEAST_STEP_GAIN = 0.8;
const MOST_STEPS = 2;
/** The trend is said to follow traffic when that leaves less than this share of the squares that a trend by the clock leaves. */
const FOLLOWS_TRAFFIC = 0.5;
/** Rows below which nothing is fitted. */
const LEAST_ROWS = 12;
/** Rows that are enough for any trend; a year of hours is thinned to this by a stride that visits every hour of the day. */
const MOST_ROWS = 800;
/** Strides without a common factor with the 24 hours and 7 days of the week. */
const STRIDES = [1, 5, 11, 13, 17, 19, 23, 25, 29, 31];
/** A run of fewer rows says nothing about a trend. */
const LEAST_ROWS_IN_RUN = 4;

interface Rows {
  cells: Int32Array;
  y: Float64Array;
  group: Int32Array;
  days: Float64Array;
}

/** @param usable cells that may be used (known, not torn by a restart, not at the ceiling of the pool). */
export function explain(grid: Grid, level: Float64Array, usable: Uint8Array, drivers: readonly Driver[]): Explained | null {
  let offered = drivers;
  let rows = rowsFor(grid, level, usable, offered);
  if (rows.y.length < LEAST_ROWS) {
    offered = [];
    rows = rowsFor(grid, level, usable, offered);
  }
  if (rows.y.length < LEAST_ROWS) return null;
  const regression = new Regression(rows.y, rows.group);
  const clock = regression.add(rows.days);
  const candidates = offered.map((driver): Candidate => {
    const x = gather(driver.values, rows.cells);
    return { name: driver.name, values: driver.values, stored: driver.stored, x, column: regression.add(x) };
  });
  let best = fitWithSteps(rows, regression, clock, candidates);
  let follows: string | null = null;
  for (const driver of best?.taken ?? []) {
    // A leak in each transaction grows with the traffic, slowly at night and at weekends (K#4626, K#1220).
    const paced = trafficClock(rows, driver.x);
    const trial = paced === null ? null : fitWithSteps(rows, regression, regression.add(paced), candidates);
    if (best === null || trial === null || trial.fit.rss >= best.fit.rss * FOLLOWS_TRAFFIC) continue;
    best = trial;
    follows = driver.name;
  }
  if (best === null) return null;
  const stored = withoutTime(rows, regression, best, candidates);
  return stored === null ? assemble(grid, level, rows, best, follows) : assemble(grid, level, rows, stored, null);
}

/** What is stored explains memory as well as time does when it leaves at most this many times the squares that time leaves. */
const AS_WELL_AS_TIME = 1.5;
/** The rise by the clock that is worth asking whether something stored makes it, in standard errors. */
const WORTH_ASKING = 2;
/**
 * Bytes of one stored object: 864 to 1,320 measured for a contact with its address of record, more with Path, GRUU, attributes and the debugging of
 * q_malloc; a tenth of it or ten times as much is something else that rises beside it.
 */
const STORED_BYTES = [400, 6_000] as const;

/**
 * Time absorbs whatever rises steadily. A stored population that rises with memory explains it as well, and is believed when each object costs what
 * such an object can cost: then there is no trend left (K#156, K#3523). `null`: time is needed.
 */
function withoutTime(rows: Rows, regression: Regression, best: Fitted, candidates: readonly Candidate[]): Fitted | null {
  const [trend = 0] = best.fit.coefficients;
  const [error = 0] = best.fit.errors;
  if (trend < WORTH_ASKING * error || !candidates.some(({ stored }) => stored)) return null;
  const alone = fitWithSteps(rows, regression, null, candidates);
  if (alone === null || alone.fit.rss > AS_WELL_AS_TIME * best.fit.rss) return null;
  const [least, most] = STORED_BYTES;
  const costs = alone.taken.flatMap(({ stored }, index) =>
    stored ? [alone.fit.coefficients[alone.stepCells.length + index] ?? 0] : [],
  );
  const all = costs.reduce((sum, cost) => sum + cost, 0);
  return costs.length > 0 && all >= least && all <= most ? alone : null;
}

interface Candidate {
  name: string;
  values: Float64Array;
  stored: boolean;
  x: Float64Array;
  column: Column;
}

interface Fitted {
  /** Is the first column the clock? */
  timed: boolean;
  fit: Fit;
  taken: Candidate[];
  stepCells: number[];
}

/** Trend by the given clock, load counters, and up to two steps. */
function fitWithSteps(rows: Rows, regression: Regression, clock: Column | null, candidates: readonly Candidate[]): Fitted | null {
  const stepCells: number[] = [];
  const steps: Column[] = [];
  let taken = chooseDrivers(regression, clock, candidates, steps);
  let fit = fitOf(regression, clock, steps, taken);
  while (fit !== null && stepCells.length < MOST_STEPS) {
    // The load counters are chosen anew beside each possible step: one that was left out bends what they seem to cost.
    const trials = [...new Set([bestStep(rows, fit), largestJump(rows, fit)])].flatMap((cell) => {
      if (cell === null) return [];
      const step = regression.add(stepColumn(rows, cell));
      const drivers = chooseDrivers(regression, clock, candidates, [...steps, step]);
      const solved = regression.solve(columnsOf(clock, [...steps, step], drivers));
      return solved === null ? [] : [{ cell, step, drivers, rss: solved.rss }];
    });
    const best = trials.sort((a, b) => a.rss - b.rss)[0];
    if (best === undefined || best.rss > fit.rss * (1 - LEAST_STEP_GAIN)) break;
    const refit = fitOf(regression, clock, [...steps, best.step], best.drivers);
    if (refit === null) break;
    stepCells.push(best.cell);
    steps.push(best.step);
    taken = best.drivers;
    fit = refit;
  }
  return fit === null ? null : { timed: clock !== null, fit, taken, stepCells };
}

function columnsOf(clock: Column | null, steps: readonly Column[], drivers: readonly Candidate[]): Column[] {
  return [...(clock === null ? [] : [clock]), ...steps, ...drivers.map(({ column }) => column)];
}

function fitOf(
  regression: Regression,
  clock: Column | null,
  steps: readonly Column[],
  drivers: readonly Candidate[],
): Fit | null {
  return regression.fit(columnsOf(clock, steps, drivers));
}

/** Time that runs with the load: as many days in all as the clock on the wall, more in a busy hour. */
function trafficClock(rows: Rows, load: Float64Array): Float64Array | null {
  const mean = load.reduce((sum, value) => sum + value, 0) / load.length;
  if (!(mean > 0)) return null;
  const clock = Float64Array.from(rows.days);
  for (let i = 1; i < clock.length; i++) {
    const step = (rows.days[i] ?? 0) - (rows.days[i - 1] ?? 0);
    const pace = ((load[i] ?? 0) + (load[i - 1] ?? 0)) / 2 / mean;
    clock[i] = (clock[i - 1] ?? 0) + (rows.group[i] === rows.group[i - 1] ? step * pace : step);
  }
  return clock;
}

function rowsFor(grid: Grid, level: Float64Array, usable: Uint8Array, drivers: readonly Driver[]): Rows {
  const all = new Int32Array(grid.cells);
  let n = 0;
  let first = 0;
  let before = -1;
  for (let cell = 0; cell < grid.cells; cell++) {
    const run = grid.run[cell] ?? -1;
    if (run < 0 || usable[cell] !== 1 || Number.isNaN(level[cell]) || !known(drivers, cell)) continue;
    if (run !== before) {
      // A run with too few rows gives its place to the next.
      if (n - first < LEAST_ROWS_IN_RUN) n = first;
      first = n;
      before = run;
    }
    all[n++] = cell;
  }
  if (n - first < LEAST_ROWS_IN_RUN) n = first;
  const stride = STRIDES.find((candidate) => n / candidate <= MOST_ROWS) ?? Math.ceil(n / MOST_ROWS);
  const cells = new Int32Array(Math.ceil(n / stride));
  for (let row = 0; row < cells.length; row++) cells[row] = all[row * stride] ?? 0;
  const group = new Int32Array(cells.length);
  const days = new Float64Array(cells.length);
  for (let row = 0; row < cells.length; row++) {
    const cell = cells[row] ?? 0;
    group[row] = grid.run[cell] ?? 0;
    days[row] = (cell * grid.cell_ms) / DAY;
  }
  return { cells, y: gather(level, cells), group, days };
}

function known(drivers: readonly Driver[], cell: number): boolean {
  for (const { values } of drivers) if (Number.isNaN(values[cell])) return false;
  return true;
}

/** Takes in, one by one, the load counter that explains most; a counter that would lower memory as it rises explains nothing. */
function chooseDrivers(
  regression: Regression,
  clock: Column | null,
  candidates: readonly Candidate[],
  steps: readonly Column[],
): Candidate[] {
  const taken: Candidate[] = [];
  const others = columnsOf(clock, steps, []);
  let rss = others.length === 0 ? regression.squares : regression.solve(others)?.rss;
  while (rss !== undefined && taken.length < MOST_TAKEN) {
    let best: { candidate: Candidate; rss: number } | null = null;
    for (const candidate of candidates) {
      if (taken.includes(candidate)) continue;
      const trial = regression.solve([...columnsOf(clock, steps, taken), candidate.column]);
      if (trial === null || trial.coefficients.slice(others.length).some((coefficient) => coefficient <= 0)) continue;
      if (best === null || trial.rss < best.rss) best = { candidate, rss: trial.rss };
    }
    if (best === null || best.rss > rss * (1 - LEAST_DRIVER_GAIN)) break;
    taken.push(best.candidate);
    rss = best.rss;
  }
  return taken;
}

/** The row after which the residuals shift most (largest CUSUM); `null` when they do not. */
function bestStep(rows: Rows, fit: Fit): number | null {
  let sum = 0;
  let most = 0;
  let at: number | null = null;
  const n = fit.residuals.length;
  for (let i = 0; i < n - 1; i++) {
    sum += fit.residuals[i] ?? 0;
    if (rows.group[i] !== rows.group[i + 1]) {
      sum = 0;
      continue;
    }
    const weight = Math.abs(sum) / Math.sqrt(((i + 1) * (n - i - 1)) / n);
    if (weight > most) {
      most = weight;
      at = rows.cells[i + 1] ?? null;
    }
  }
  return at;
}

/** The row before which the residuals jump most from one cell to the next; `null` without two rows of a run. */
function largestJump(rows: Rows, fit: Fit): number | null {
  let most = 0;
  let at: number | null = null;
  for (let i = 1; i < fit.residuals.length; i++) {
    if (rows.group[i] !== rows.group[i - 1]) continue;
    const jump = Math.abs((fit.residuals[i] ?? 0) - (fit.residuals[i - 1] ?? 0));
    if (jump > most) {
      most = jump;
      at = rows.cells[i] ?? null;
    }
  }
  return at;
}

/** 1 from the step on, within its run. */
function stepColumn(rows: Rows, cell: number): Float64Array {
  const row = rows.cells.indexOf(cell);
  const { cells, group } = rows;
  const column = new Float64Array(cells.length);
  for (let i = Math.max(0, row); i < cells.length && group[i] === group[row]; i++) column[i] = 1;
  return column;
}

function gather(values: Float64Array, cells: Int32Array): Float64Array {
  const gathered = new Float64Array(cells.length);
  for (let row = 0; row < cells.length; row++) gathered[row] = values[cells[row] ?? 0] ?? Number.NaN;
  return gathered;
}

function assemble(
  grid: Grid,
  level: Float64Array,
  rows: Rows,
  { fit, taken, stepCells, timed }: Fitted,
  follows: string | null,
): Explained {
  const first = timed ? 1 : 0;
  const offset = first + stepCells.length;
  const byLoad = new Float64Array(grid.cells);
  for (const [index, { values }] of taken.entries()) {
    const cost = fit.coefficients[offset + index] ?? 0;
    for (let cell = 0; cell < grid.cells; cell++) byLoad[cell] = (byLoad[cell] ?? 0) + cost * (values[cell] ?? Number.NaN);
  }
  const residual = new Float64Array(grid.cells);
  for (let cell = 0; cell < grid.cells; cell++) residual[cell] = (level[cell] ?? Number.NaN) - (byLoad[cell] ?? 0);
  return {
    trend_per_day: timed ? (fit.coefficients[0] ?? 0) : 0,
    trend_error: timed ? (fit.errors[0] ?? Number.POSITIVE_INFINITY) : 0,
    needs_time: timed,
    follows,
    drivers: taken.map((driver, index) => ({ name: driver.name, bytes_per_unit: fit.coefficients[offset + index] ?? 0 })),
    steps: stepCells.map((cell, index) => ({ cell, bytes: fit.coefficients[first + index] ?? 0 })),
    residual,
    by_load: byLoad,
    noise: Math.sqrt(fit.rss / Math.max(1, rows.y.length)),
  };
}
