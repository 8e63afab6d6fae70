/**
 * Finds restarts and resizes of the server from one usage sample to the next.
 *
 * Every counter starts again with the process, so a history is only comparable between two of these events. Four independent signs, because
 * hardly any text shows them all: the uptime, the pids, `max_used` (a peak since start, it never falls while the server runs: qm_info, fm_info,
 * tlsf_meminfo) and the size of the pool, which only the command line sets.
 */
import type { Pool } from "../pool.js";
import type { UsageSample } from "../sample.js";
import { isGhost } from "./process-identity.js";

/** `gap` and `reload` are recorded by whoever sees them (the clock, a log, a caller); the counters alone show the first two. */
export interface HistoryEvent {
  kind: "restart" | "resize" | "gap" | "reload";
  /** Epoch milliseconds. For a restart: the start of the new process when the uptime says it, else the first sample after it. */
  at: number;
  /** The pool that was resized; `null` for what concerns both. */
  pool: Pool | null;
  detail: string;
}

/** What must be remembered of the samples so far to find the next event. Plain data: a store can keep it as JSON. */
export interface Watched {
  at: number | null;
  started_at: number | null;
  max_used: number | null;
  shm_total: number | null;
  pkg_total: number | null;
  pids: number[];
}

/** Nothing was seen yet. */
export const NOTHING_WATCHED: Watched = {
  at: null,
  started_at: null,
  max_used: null,
  shm_total: null,
  pkg_total: null,
  pids: [],
};

/** Clocks of the caller and the server differ, and `core.uptime` counts whole seconds: a start that moves by less is the same start. */
const START_JITTER_MS = 5_000;

/** Compares a sample (with its time, epoch milliseconds) with what was seen before it; returns what happened and what to remember. */
export function detectEvents(previous: Watched, current: UsageSample, at: number): { events: HistoryEvent[]; watched: Watched } {
  const watched = remember(previous, current, at);
  if (previous.at === null) return { events: [], watched };
  const events: HistoryEvent[] = [];
  const why = restartSign(previous, watched, current);
  if (why !== null) events.push({ kind: "restart", at: restartTime(previous, watched, current, at), pool: null, detail: why });
  for (const [pool, field] of [["shm", "shm_total"] as const, ["pkg", "pkg_total"] as const]) {
    const before = previous[field];
    const after = watched[field];
    if (before !== null && after !== null && before !== after)
      events.push({ kind: "resize", at, pool, detail: `the ${pool} pool changed from ${before} to ${after} bytes` });
  }
  if (why !== null) {
    // What this sample does not show belongs to the process that is gone.
    if (current.shm === null || current.shm.max_used === null) watched.max_used = null;
    if (current.pkg.length === 0) watched.pids = [];
    if (current.uptime === null) watched.started_at = null;
  }
  return { events, watched };
}

function remember(previous: Watched, sample: UsageSample, at: number): Watched {
  const pids = sample.pkg.filter((row) => !isGhost(row)).map((row) => row.pid);
  const total = sample.pkg.find((row) => !isGhost(row) && row.total_size !== null)?.total_size ?? null;
  return {
    at,
    started_at: sample.uptime === null ? previous.started_at : at - sample.uptime * 1000,
    max_used: sample.shm?.max_used ?? previous.max_used,
    shm_total: sample.shm?.total ?? previous.shm_total,
    pkg_total: total ?? previous.pkg_total,
    pids: pids.length > 0 ? pids : previous.pids,
  };
}

/** The first sign of a restart between two samples, in words; `null` when none. */
function restartSign(previous: Watched, watched: Watched, sample: UsageSample): string | null {
  if (sample.uptime !== null && watched.started_at !== null) {
    if (previous.started_at !== null && watched.started_at > previous.started_at + START_JITTER_MS) {
      // The uptime is exact; a start that lies before the previous sample is the same process seen through a clock that was set.
      if (previous.at !== null && watched.started_at > previous.at - START_JITTER_MS) return "the uptime started again";
    } else if (previous.started_at !== null) return null;
  }
  if (sample.pkg.length > 0 && previous.pids.length > 0 && !watched.pids.some((pid) => previous.pids.includes(pid)))
    return "all processes have new pids";
  const fell = sample.shm?.max_used ?? null;
  if (fell !== null && previous.max_used !== null && fell < previous.max_used && previous.shm_total === watched.shm_total)
    return "max_used fell, which it never does while the server runs";
  if (previous.shm_total !== null && watched.shm_total !== null && previous.shm_total !== watched.shm_total)
    return "the size of the shm pool changed, which needs a start";
  if (previous.pkg_total !== null && watched.pkg_total !== null && previous.pkg_total !== watched.pkg_total)
    return "the size of the pkg pools changed, which needs a start";
  return null;
}

function restartTime(previous: Watched, watched: Watched, sample: UsageSample, at: number): number {
  if (sample.uptime === null || watched.started_at === null) return at;
  return Math.min(at, Math.max(watched.started_at, previous.at ?? watched.started_at));
}
