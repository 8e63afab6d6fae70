/** The curves of a stretch of usage history: what the API answers and what the chart draws. */
import type { HistoryEvent } from "../../kamailio/history/events.js";
import type { Series } from "../../kamailio/history/series.js";
import type { Pool } from "../../kamailio/pool.js";

/** One counter over time. A row of `points` is a single sample, or a bucket with its lowest, highest and last value. */
export interface Curve {
  /** `null`: a load counter. */
  pool: Pool | null;
  /** Kamailio's name of the counter: `real_used`, `total_size`, `registered_users`. */
  name: string;
  unit: "bytes" | "count";
  /** The process that a pkg curve belongs to, through all its restarts: its description, or its rank where that is all that is known. */
  process: string | null;
  /** The pid that the process had last. */
  pid: number | null;
  rank: number | null;
  desc: string | null;
  points: Series;
}

export interface UsageCurves {
  /** Epoch ms, both ends included. */
  from: number;
  to: number;
  /** What the points were made of. */
  resolution: "raw" | "hour" | "day";
  /** Width of a point's bucket in ms; 0: each point is a sample. */
  bucket_ms: number;
  curves: Curve[];
  events: HistoryEvent[];
  warnings: string[];
}
