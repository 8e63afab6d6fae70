/**
 * A level of memory reduced to its days: the trough and the swing of each, within one run of the server.
 *
 * Troughs are compared with troughs, since what a leak keeps is still there when it is quiet; the swing tells growth of the load (which scales it)
 * from a leak (which lifts it).
 */
import { DAY, HOUR } from "../../../kamailio/units.js";
import type { Grid } from "../grid.js";

/** One UTC day within one run of the server. Levels in bytes. */
export interface CourseDay {
  /** Days since the epoch. */
  day: number;
  run: number;
  /** Mean of the lowest quarter of its cells. */
  trough: number;
  /** Mean of the highest sixth. */
  top: number;
}

/** The trough is the mean of this share of a day's cells: a minimum alone is one cell's chance. */
const TROUGH_SHARE = 1 / 4;
const TOP_SHARE = 1 / 6;
/** A day with less than this share of the usual cells may miss its night or its busy hour. */
const WHOLE_DAY = 0.6;
/** Days that are looked at: what was before is another server. */
export const MOST_DAYS = 90;
/** The first part of a run is warm-up. Milliseconds. */
const WARM_UP = 2 * HOUR;

/** The whole days of the last `MOST_DAYS`, oldest first. @param usable cells that show free demand; all that are known by default */
export function daysOf(grid: Grid, values: Float64Array, usable: Uint8Array | null): CourseDay[] {
  const last = Math.floor((grid.from + (grid.cells - 1) * grid.cell_ms) / DAY);
  const first = Math.max(0, Math.floor(((last - MOST_DAYS + 1) * DAY - grid.from) / grid.cell_ms));
  const days: (CourseDay & { cells: number })[] = [];
  let kept: number[] = [];
  let day = -1;
  let run = -1;
  const close = () => {
    if (kept.length > 0) days.push({ day, run, ...levelsOf(kept), cells: kept.length });
    kept = [];
  };
  for (let cell = first; cell < grid.cells; cell++) {
    const value = values[cell] ?? Number.NaN;
    const own = grid.run[cell] ?? -1;
    if (own < 0 || Number.isNaN(value) || usable?.[cell] === 0) continue;
    const at = grid.from + cell * grid.cell_ms;
    if (own > 0 && at < (grid.run_starts[own] ?? 0) + WARM_UP) continue;
    const today = Math.floor(at / DAY);
    if (today !== day || own !== run) {
      close();
      day = today;
      run = own;
    }
    kept.push(value);
  }
  close();
  const usual = days.map(({ cells }) => cells).sort((a, b) => a - b)[Math.floor(days.length * 0.7)] ?? 0;
  return days.filter(({ cells }) => cells >= WHOLE_DAY * usual).map(({ cells: _, ...rest }) => rest);
}

function levelsOf(kept: readonly number[]): { trough: number; top: number } {
  const values = Float64Array.from(kept).sort();
  const low = Math.max(1, Math.round(values.length * TROUGH_SHARE));
  const high = Math.max(1, Math.round(values.length * TOP_SHARE));
  let trough = 0;
  let top = 0;
  for (let i = 0; i < low; i++) trough += values[i] ?? 0;
  for (let i = values.length - high; i < values.length; i++) top += values[i] ?? 0;
  return { trough: trough / low, top: top / high };
}

/** From this many days on the days of the week can be told apart. */
const DAYS_FOR_WEEKDAYS = 15;

/** The troughs without what belongs to the day of the week: the median of its distances from the week around it. */
export function withoutWeekdays(days: readonly CourseDay[]): Float64Array {
  const plain = Float64Array.from(days, ({ trough }) => trough);
  if (days.length < DAYS_FOR_WEEKDAYS) return plain;
  const off: number[][] = Array.from({ length: 7 }, () => []);
  for (const [index, { day, run }] of days.entries()) {
    const week: number[] = [];
    for (let other = Math.max(0, index - 3); other <= Math.min(days.length - 1, index + 3); other++)
      if (days[other]?.run === run) week.push(plain[other] ?? 0);
    // At an end the week around it leans to one side.
    if (week.length === 7) off[day % 7]?.push((plain[index] ?? 0) - middle(week));
  }
  const byWeekday = off.map((distances) => (distances.length >= 2 ? middle(distances) : 0));
  return plain.map((value, index) => value - (byWeekday[(days[index]?.day ?? 0) % 7] ?? 0));
}

function middle(values: number[]): number {
  values.sort((a, b) => a - b);
  const half = values.length >> 1;
  return values.length % 2 === 1 ? (values[half] ?? 0) : ((values[half - 1] ?? 0) + (values[half] ?? 0)) / 2;
}
