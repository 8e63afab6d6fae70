/** What the rules look at: one pool of one instance, taken apart once. */

import type { Pool } from "../../kamailio/pool.js";
import type { Course } from "../history/course/course.js";
import type { Grid } from "../history/grid.js";
import type { History, HistoryIncident, InstanceFacts } from "../history/history.js";
import type { Evidence } from "./diagnosis.js";
import type { Driver } from "./level/drivers.js";
import type { Level } from "./level/level.js";
import type { LoadGrowth, PeakGrowth } from "./level/load-growth.js";

/** One memory pool with its counters: the shared one, or that of one process. */
export interface Subject {
  /** `null` for shm; the class of the process for pkg. */
  label: string | null;
  key: string;
  capacity: number;
  /** `real_used` at the end of each cell, and its peak in the cell. */
  real: Float64Array;
  peaks: Float64Array;
  /** The highest of the peaks; 0 without any. */
  highest: number;
  /** Free fragments; NaN where unknown. */
  readonly fragments: Float64Array;
  real_level: Level;
  /** `used`; the same as `real_level` when `used` was never recorded. */
  readonly used_level: Level;
  /** `real_used` minus `used`: headers of chunks and of free fragments. `null` when `used` is unknown. */
  readonly overhead_level: Level | null;
  /** What the troughs of `real_used` do day by day, with the load taken out where it is known. */
  readonly course: Course;
  readonly growth: LoadGrowth | null;
  readonly peak_growth: PeakGrowth | null;
}

export interface Case {
  pool: Pool;
  history: History;
  facts: InstanceFacts;
  grid: Grid;
  /** Epoch milliseconds of the first and last sample of this pool. */
  from: number;
  to: number;
  span_days: number;
  /** Cells with data as a share of all. */
  coverage: number;
  cells_known: number;
  subjects: Subject[];
  /** Load counters on the grid that may explain memory. */
  drivers: readonly Driver[];
  incidents: HistoryIncident[];
  /** Epoch milliseconds for which the judgement is made. */
  now: number;
}

/** What a rule returns when it holds. */
export interface Finding {
  evidence: Evidence[];
  subjects: Subject[];
}
