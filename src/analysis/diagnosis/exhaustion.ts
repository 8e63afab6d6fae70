/**
 * When the pool is full, as a range of dates. It is the peaks of the busy hour that meet the ceiling, not the mean, so the line is laid through recent
 * peaks; the range holds the slope's interval, how much daily peaks differ, and that the busy hour may not come before Monday.
 */
import { DAY, timestamp } from "../../kamailio/units.js";
import { cellTime } from "../history/grid.js";
import { quantile } from "../statistics/quantile.js";
import type { Subject } from "./case.js";
import type { ExhaustionRange, SlopeRange } from "./diagnosis.js";

/** The pool is as good as full here: the rest is headers and crumbs. */
const FULL_SHARE = 0.995;
/** A pool whose requests fail stays a little below full, as what fails is large: at this share it has met its end. */
const MET_SHARE = 0.98;
/** Recent days whose peaks count: a week holds every kind of day. */
const RECENT_DAYS = 7;
/** Which of the daily peaks is the likely one to meet the ceiling: the first excess ends it, so one of the highest. */
const LIKELY_PEAK = 0.9;
/** Of the range of the recent daily peaks, what a long wait adds to the highest: more days bring higher ones. */
const HIGHER_STILL = 0.5;
/** Either end of the range is moved by this share of the time left: the future differs from the past by more than the noise of the past. */
const EARLIER = 0.15;
const LATER = 0.15;
/** The busy hour that would fill the pool may fall on a weekend. */
const WEEKEND_DAYS = 3;
/** Days that the last crumbs may last. */
const MOST_CRUMB_DAYS = 14;
/** A forecast beyond this many days is none. */
const FARTHEST_DAYS = 3_650;

/** Epoch milliseconds; `latest` infinite when the lower slope never gets there. `null` when even the likely date is out of sight. */
export interface Dates {
  earliest: number;
  likely: number;
  latest: number;
}

/** @param ceiling bytes at which it ends: the capacity, or less by the TLS reserve. */
export function exhaustionDates(subject: Subject, slope: SlopeRange, ceiling: number): Dates | null {
  const full = FULL_SHARE * ceiling;
  const { grid } = subject.real_level;
  const lastRun = grid.run_starts.length - 1;
  const { peaks } = subject;
  const counts = (cell: number) => !Number.isNaN(peaks[cell]) && grid.run[cell] === lastRun;
  let [firstCell, lastCell] = [0, grid.cells - 1];
  while (firstCell < grid.cells && !counts(firstCell)) firstCell++;
  while (lastCell > firstCell && !counts(lastCell)) lastCell--;
  if (firstCell >= grid.cells) return null;
  const begin = cellTime(grid, firstCell);
  const end = cellTime(grid, lastCell);
  let metCell = subject.highest < MET_SHARE * ceiling ? grid.cells : firstCell;
  while (metCell <= lastCell && !(counts(metCell) && (peaks[metCell] ?? 0) >= MET_SHARE * ceiling)) metCell++;
  if (metCell <= lastCell) {
    const met = cellTime(grid, metCell);
    const crumbs = slope.low > 0 ? ((full - MET_SHARE * ceiling) / slope.low) * DAY : 0;
    // The next higher peak may be after a weekend.
    const slack = Math.min(WEEKEND_DAYS * DAY, (end - begin) / 8);
    const later = Math.min(Math.max(crumbs, grid.cell_ms) + slack, MOST_CRUMB_DAYS * DAY);
    return { earliest: met - grid.cell_ms, likely: met, latest: met + later };
  }

  const spanDays = (end - begin) / DAY;
  const recent: { at: number; value: number }[] = [];
  // One day more than those that count, as the days end where the history does.
  const from = Math.max(firstCell, lastCell - Math.ceil(((RECENT_DAYS + 1) * DAY) / grid.cell_ms));
  for (let cell = from; cell <= lastCell; cell++)
    if (counts(cell)) recent.push({ at: cellTime(grid, cell), value: peaks[cell] ?? 0 });
  const daily = dailyPeaks(recent, end, slope.likely, Math.min(RECENT_DAYS, spanDays));
  const daysTo = (level: number, perDay: number) => (perDay > 0 ? Math.max(0, full - level) / perDay : Number.POSITIVE_INFINITY);
  const likely = daysTo(quantile(daily, LIKELY_PEAK), slope.likely);
  if (likely > FARTHEST_DAYS) return null;
  const highest = Math.max(...daily);
  const higher = highest + HIGHER_STILL * (highest - quantile(daily, 0.5));
  const earliest = Math.min(likely, daysTo(higher, slope.high)) * (1 - EARLIER);
  const slack = Math.min(WEEKEND_DAYS, spanDays / 4);
  const latest = Math.max(likely, daysTo(quantile(daily, 0.5), slope.low)) * (1 + LATER) + slack;
  return { earliest: end + earliest * DAY, likely: end + likely * DAY, latest: end + latest * DAY };
}

/** Peaks of the last days, each moved along the slope to the end of the history. */
function dailyPeaks(peaks: readonly { at: number; value: number }[], end: number, perDay: number, days: number): number[] {
  const width = Math.max(days / RECENT_DAYS, Number.EPSILON) * DAY;
  const byDay: number[] = [];
  for (const { at, value } of peaks) {
    const day = Math.floor((end - at) / width);
    if (day >= RECENT_DAYS) continue;
    const moved = value + (perDay * (end - at)) / DAY;
    byDay[day] = Math.max(byDay[day] ?? Number.NEGATIVE_INFINITY, moved);
  }
  return byDay.filter((value) => value !== undefined);
}

export function asRange(dates: Dates | null): ExhaustionRange | null {
  if (dates === null) return null;
  const text = (at: number) => timestamp(Math.round(at / 1000) * 1000);
  const farthest = dates.likely + FARTHEST_DAYS * DAY;
  return {
    earliest: text(dates.earliest),
    likely: text(dates.likely),
    latest: dates.latest > farthest ? null : text(dates.latest),
  };
}

/** The soonest of several pools' dates. */
export function soonest(all: readonly (Dates | null)[]): Dates | null {
  return all.reduce((best, dates) => (dates !== null && (best === null || dates.likely < best.likely) ? dates : best), null);
}
