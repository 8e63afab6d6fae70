/**
 * Lays counters of any spacing on one grid of cells, so that memory and load of the same moment stand in the same place, and marks which
 * cells belong to one run of the server.
 */
import type { HistoryEvent } from "../../kamailio/history/events.js";
import type { Series } from "../../kamailio/history/series.js";
import { cellWidth } from "./cell-width.js";

export interface Grid {
  /** Epoch milliseconds of the first cell. */
  from: number;
  cell_ms: number;
  cells: number;
  /** Number of the run of the server for each cell; -1 for a cell in which it was restarted (its values belong to two runs). */
  run: Int32Array;
  /** Epoch milliseconds at which each run began (the first: at which the history begins). */
  run_starts: number[];
}

/** What a cell shows of its bucket. */
export type Pick = "min" | "max" | "last";

/** Cells of a hostile history: more than this are never laid out, the oldest go first. */
const MOST_CELLS = 40_000;

/** The grid over the given series, cut where the server was restarted or a pool resized. `null` when no series has a row. */
export function gridOver(series: readonly Series[], events: readonly HistoryEvent[]): Grid | null {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { at } of series) {
    if (at.length === 0) continue;
    first = Math.min(first, at[0] ?? first);
    last = Math.max(last, at[at.length - 1] ?? last);
  }
  if (!Number.isFinite(first)) return null;
  const width = cellWidth(last - first);
  const from = Math.max(Math.floor(first / width), Math.floor(last / width) - MOST_CELLS + 1) * width;
  const cells = Math.floor((last - from) / width) + 1;
  const cuts = events
    .filter((event) => (event.kind === "restart" || event.kind === "resize") && event.at > first && event.at <= last)
    .map((event) => event.at)
    .sort((a, b) => a - b);
  const run = new Int32Array(cells);
  const runStarts = [first];
  let next = 0;
  for (let cell = 0; cell < cells; cell++) {
    const start = from + cell * width;
    let torn = false;
    while (next < cuts.length && (cuts[next] ?? 0) < start + width) {
      const cut = cuts[next] ?? 0;
      if (cut !== runStarts.at(-1)) runStarts.push(cut);
      if (cut > start) torn = true;
      next++;
    }
    run[cell] = torn ? -1 : runStarts.length - 1;
  }
  return { from, cell_ms: width, cells, run, run_starts: runStarts };
}

/** One counter on the grid; NaN where nothing was recorded. */
export function column(grid: Grid, series: Series, pick: Pick): Float64Array {
  const values = new Float64Array(grid.cells).fill(Number.NaN);
  const { at, [pick]: source } = series;
  const { from, cells, cell_ms: width } = grid;
  // Rows are in order and mostly one a cell: the next boundary is a comparison away, a division is needed behind gaps alone.
  let cell = -1;
  let end = from;
  for (let row = 0; row < at.length; row++) {
    const time = at[row] ?? 0;
    if (time < from) continue;
    if (time >= end) {
      cell = time < end + width ? cell + 1 : Math.floor((time - from) / width);
      if (cell >= cells) break;
      end = from + (cell + 1) * width;
    }
    const value = source[row] ?? Number.NaN;
    const before = pick === "last" ? Number.NaN : (values[cell] ?? Number.NaN);
    if (Number.isNaN(before)) values[cell] = value;
    else values[cell] = pick === "min" ? Math.min(before, value) : Math.max(before, value);
  }
  return values;
}

/** Epoch milliseconds of the middle of a cell. */
export function cellTime(grid: Grid, cell: number): number {
  return grid.from + (cell + 0.5) * grid.cell_ms;
}
