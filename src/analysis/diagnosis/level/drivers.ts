/**
 * Load counters that can explain a level of memory: those that go up and down with what Kamailio holds (transactions, contacts, dialogs,
 * connections), not those that only count up (requests received), which rise beside any leak and explain nothing.
 */

import type { Series } from "../../../kamailio/history/series.js";
import { countsStored, LOAD_COUNTERS } from "../../../kamailio/knowledge/load-counters.js";
import { column, type Grid } from "../../history/grid.js";
import { countKnown, highestKnown, lowestKnown } from "../../history/known-values.js";

export interface Driver {
  name: string;
  /** On the grid; NaN where not recorded. */
  values: Float64Array;
  /** Counts what stays in memory until it is removed, not work in hand. */
  stored: boolean;
}

/** A driver must be known for most of the cells, or the regression sees another history than the judgement. */
const LEAST_COVERAGE = 0.6;
/** Steps down, as a share of all steps, below which a counter only counts up (restarts of the server are left out). */
const LEAST_FALLING = 0.02;
/** Counters that are known to count since the start. */
const COUNT_UP = new Set(LOAD_COUNTERS.filter(({ kind }) => kind === "counter").map(({ name }) => name));
/** Drivers offered to the regression, the best covered first. */
const MOST_DRIVERS = 8;

/** Usable drivers on the grid. `memory` holds a value in each cell in which the memory counter is known. */
export function driversOn(grid: Grid, load: ReadonlyMap<string, Series>, memory: Float64Array): Driver[] {
  const wanted = countKnown(memory);
  const found: { driver: Driver; coverage: number }[] = [];
  for (const [name, series] of load) {
    if (series.at.length < 3 || COUNT_UP.has(name)) continue;
    const values = column(grid, series, "last");
    let known = 0;
    for (let cell = 0; cell < grid.cells; cell++) if (!Number.isNaN(memory[cell]) && !Number.isNaN(values[cell])) known++;
    const coverage = wanted > 0 ? known / wanted : 0;
    // What is stored may only rise, while registrations come in, and explains memory all the same.
    const stored = countsStored(name);
    if (coverage >= LEAST_COVERAGE && (stored ? moves(values) : movesBothWays(grid, values)))
      found.push({ driver: { name, values, stored }, coverage });
  }
  found.sort(
    (a, b) =>
      b.coverage - a.coverage || Number(b.driver.stored) - Number(a.driver.stored) || a.driver.name.localeCompare(b.driver.name),
  );
  return found.slice(0, MOST_DRIVERS).map(({ driver }) => driver);
}

function moves(values: Float64Array): boolean {
  return highestKnown(values) > lowestKnown(values);
}

function movesBothWays(grid: Grid, values: Float64Array): boolean {
  let falls = 0;
  let steps = 0;
  let previous = -1;
  for (let cell = 0; cell < grid.cells; cell++) {
    if (Number.isNaN(values[cell]) || (grid.run[cell] ?? -1) < 0) continue;
    if (previous >= 0 && grid.run[cell] === grid.run[previous]) {
      steps++;
      if ((values[cell] ?? 0) < (values[previous] ?? 0)) falls++;
    }
    previous = cell;
  }
  return steps > 0 && falls / steps >= LEAST_FALLING;
}
