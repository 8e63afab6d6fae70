/**
 * How finely a history is looked at.
 *
 * A judgement must not depend on how often somebody sampled, and must not cost more for it: the span alone decides the width of a cell, between one
 * second (three minutes of a load test) and six hours (years).
 */

import { HOUR, MINUTE, SECOND } from "../../kamailio/units.js";

/** Widths that divide the hour, so that cells and hourly roll-ups line up. */
const WIDTHS = [1, 2, 5, 10, 15, 30]
  .flatMap((n) => [n * SECOND])
  .concat([1, 2, 5, 10, 15, 30, 60, 180, 360].map((n) => n * MINUTE));

/** Cells wanted over the span: enough for a trend test with autocorrelated noise, and for 24 hours of the day over a week. */
const WANTED_CELLS = 160;
/** The hour of the day is the finest thing a long history needs; above this many hours (two years) cells widen. */
const MOST_HOURLY_CELLS = 17_600;

/** Width of a cell in milliseconds for a span in milliseconds. */
export function cellWidth(spanMs: number): number {
  let chosen = SECOND;
  for (const width of WIDTHS) {
    const wide =
      width > HOUR
        ? spanMs / HOUR > MOST_HOURLY_CELLS && spanMs / width >= MOST_HOURLY_CELLS / 2
        : spanMs / width >= WANTED_CELLS;
    if (wide) chosen = width;
  }
  return chosen;
}
