/** Is there enough to call a pool healthy? A day holds a busy hour and a night; less is enough only for a load test that reached its plateau. */

import { EMPTY_SERIES } from "../../../kamailio/history/series.js";
import { counted, DAY, duration, percent } from "../../../kamailio/units.js";
import { cellTime, column } from "../../history/grid.js";
import { highestKnown, lowestKnown } from "../../history/known-values.js";
import type { Case } from "../case.js";
import type { Evidence } from "../diagnosis.js";
import { troughsOf } from "../level/rise.js";

/** Nearly a day: a collector that starts at midnight and a judgement before the next. */
const LEAST_DAYS = 0.9;
/** Known cells below which even a long history is a handful of snapshots. */
const LEAST_CELLS = 12;
/** A load test takes minutes to a few hours; as many hours of a quiet night prove nothing. */
const LONGEST_TEST_DAYS = 0.13;
/** A load test must hold at least this many cells, show that load came, and be level in its second half. */
const LEAST_CELLS_OF_A_TEST = 30;
/** Share by which the shared pool rises when load comes. */
const LOAD_CAME = 0.02;
/** The second half's troughs may rise by this share of the level. */
const PLATEAU = 0.04;

/** Why the history does not suffice; `null` when it does. */
export function shortHistory(kase: Case): Evidence | null {
  const { span_days: days, cells_known: cells } = kase;
  if (days >= LEAST_DAYS && cells >= LEAST_CELLS) return null;
  if (days < LONGEST_TEST_DAYS && cells >= LEAST_CELLS_OF_A_TEST && loadCame(kase) && plateau(kase)) return null;
  return {
    rule: "too_short",
    detail: `${days > 0 ? `${duration(days * DAY)} with samples at ${counted(cells, "point")} of time` : "one moment is recorded"}; a judgement needs a busy hour and a night`,
    source: "slope, not level: stats over time from the start (K#3523, K#4741)",
  };
}

/**
 * Under a test load memory rises at once and then stays: the second half is level. The shared pool must be level for any pool to count, as it is shm
 * that shows whether the load itself is level.
 */
function plateau({ grid, history, subjects }: Case): boolean {
  const shm = history.shm.real_used === EMPTY_SERIES ? null : column(grid, history.shm.real_used, "last");
  return [...(shm === null ? [] : [shm]), ...subjects.map(({ real }) => real)].every((values) => {
    const cells = [...values.keys()].filter((cell) => !Number.isNaN(values[cell]) && cell >= grid.cells / 2);
    const troughs = troughsOf(
      cells.map((cell) => cellTime(grid, cell)),
      cells.map((cell) => values[cell] ?? Number.NaN),
    );
    const first = troughs[0]?.value ?? 0;
    const last = troughs.at(-1)?.value ?? 0;
    return troughs.length >= 3 && last - first <= PLATEAU * first;
  });
}

/** Did the shared pool rise from where the test began? */
function loadCame({ grid, history }: Case): boolean {
  const values = column(grid, history.shm.real_used, "last");
  return highestKnown(values) >= (1 + LOAD_CAME) * lowestKnown(values);
}

/** What speaks for health. */
export function enoughData(kase: Case): Evidence[] {
  const highest = Math.max(0, ...kase.subjects.map(({ highest, capacity }) => highest / capacity));
  return [
    {
      rule: "returns_to_its_level",
      detail: `over ${duration(kase.span_days * DAY)} the troughs do not rise beyond what the load explains; the peak is ${percent(highest)} of the pool`,
      source: "troughs compared with troughs; R6",
    },
  ];
}
