/**
 * What the judgements see of an instance: its counters over time, what happened to it, and the few recorded facts that change a conclusion.
 *
 * Plain values. The store fills it from raw samples and roll-ups, `historyFromSamples` from samples alone; a row of a raw sample is a bucket with
 * count 1. Buckets of different widths may follow one another (daily, hourly, raw).
 */
import type { HistoryEvent } from "../../kamailio/history/events.js";
import type { Series } from "../../kamailio/history/series.js";
import type { IncidentKind } from "../../kamailio/log/incident.js";
import type { Manager, Pool } from "../../kamailio/pool.js";
import type { Version } from "../../kamailio/version.js";
import { type Reach, UNKNOWN_REACH } from "../commands/reach.js";
import type { ConfigReviewInput } from "../config-review/facts.js";

/** The shared pool. A counter that was never recorded is an empty series. */
export interface ShmHistory {
  total: Series;
  used: Series;
  real_used: Series;
  /** The peak since start: a true peak that sampling cannot miss. */
  max_used: Series;
  /** Free fragments. */
  fragments: Series;
}

/** One process through all its restarts (see `processKeys`). */
export interface ProcessHistory {
  key: string;
  desc: string | null;
  rank: number | null;
  used: Series;
  real_used: Series;
  total_size: Series;
  total_frags: Series;
}

/** What a log proved, as a judgement needs it. */
export interface HistoryIncident {
  id: string | null;
  kind: IncidentKind;
  pool: Pool | null;
  /** Epoch milliseconds of the first time; `null` when the log did not say. */
  at: number | null;
  /** Epoch milliseconds of the last time; `null` when the log did not say. */
  last_at: number | null;
  /** How often it was seen. */
  count: number;
  /** Bytes that were asked for, when the line says. */
  size: number | null;
  pid: number | null;
  /** The line, redacted and cut. */
  quote: string | null;
}

/** A value and where it was recorded (`command line`, `core.shmmem`, `default of 5.6.3`). */
export interface Sourced<T> {
  value: T;
  source: string;
}

/** The latest dump of a pool whose chunks can be added up (facts 10.3: a phantom leak shows as chunks < used). */
export interface DumpAgreement {
  id: string | null;
  pool: Pool;
  pid: number | null;
  at: number | null;
  used: number;
  allocated_bytes: number;
  complete: boolean;
  /** From shm.report or the free list: a size that can surely still be given in one piece. */
  largest_free_fragment: number | null;
}

/** Facts of the instance; `null`: not recorded. */
export interface InstanceFacts {
  /** The caller's name of the instance; `null` for a stateless analysis. */
  instance: string | null;
  version: Version | null;
  shm_manager: Manager | null;
  pkg_manager: Manager | null;
  /** q_malloc's realloc shrink inflates used/real_used in this release (3.3.5-5.8.7, 6.0.0-6.0.5); `null` when the release is unknown. */
  qm_accounting_bug: boolean | null;
  shm_size_mb: Sourced<number> | null;
  pkg_size_mb: Sourced<number> | null;
  /** Processes with a pkg pool, where settings or a start-up line say it; the history's own processes count otherwise. */
  processes: number | null;
  /** What the configuration starts, where one is recorded. */
  estimated_processes: number | null;
  /** Is the tls module in use? It keeps 512 KiB of shm a process in reserve (tls_init.c:969-978). */
  tls: boolean | null;
  host_total_bytes: number | null;
  /** The limit of the container or the unit in bytes. */
  memory_limit: Sourced<number> | null;
  /** The configuration with what is in force beside it, from which the fixed parts and the processes are worked out; `null`: nothing is known. */
  server: ConfigReviewInput | null;
  dumps: DumpAgreement[];
  /** How commands reach it. */
  reach: Reach;
}

/** One process as it was last seen. */
export interface NewestProcess {
  /** `null`: only roll-ups are left, which know no pids. */
  pid: number | null;
  rank: number | null;
  desc: string | null;
  real_used: number | null;
  free: number | null;
  total: number | null;
}

/** The newest readings, each part as the newest sample that shows it had it. Times are epoch ms. */
export interface Newest {
  shm: { at: number; real_used: number | null; free: number | null; total: number | null } | null;
  processes: { at: number; rows: readonly NewestProcess[] } | null;
  load: { at: number; counters: Readonly<Record<string, number>> } | null;
  /** Seconds since the server started, and when that was read. */
  uptime: { at: number; seconds: number } | null;
  /** Median time between the last samples, ms; 0 with a single one. */
  usual_pause: number;
}

export interface History {
  shm: ShmHistory;
  processes: ProcessHistory[];
  /** Load counters by name, as they were recorded. */
  load: Map<string, Series>;
  events: HistoryEvent[];
  incidents: HistoryIncident[];
  /** When another build, other settings or another configuration were first recorded, oldest first: what a leak may have begun with. Epoch ms. */
  changes: { at: number; what: string }[];
  newest: Newest;
  /** Raw samples that were recorded in all. */
  samples: number;
  facts: InstanceFacts;
}

/** Facts of an instance of which nothing is recorded. */
export const NO_FACTS: InstanceFacts = {
  instance: null,
  version: null,
  shm_manager: null,
  pkg_manager: null,
  qm_accounting_bug: null,
  shm_size_mb: null,
  pkg_size_mb: null,
  processes: null,
  estimated_processes: null,
  tls: null,
  host_total_bytes: null,
  memory_limit: null,
  server: null,
  dumps: [],
  reach: UNKNOWN_REACH,
};
