/**
 * Is a pool full now? Needs no history: the newest reading and the failures of this run are enough, and nothing that the history says makes a full
 * pool well.
 */
import type { Series } from "../../kamailio/history/series.js";
import type { IncidentKind } from "../../kamailio/log/incident.js";
import type { Pool } from "../../kamailio/pool.js";
import { MB, MINUTE, timestamp } from "../../kamailio/units.js";
import type { History, HistoryIncident, NewestProcess } from "../history/history.js";
import type { FullNow, FullProcess } from "./diagnosis.js";
import { processCount, TLS_RESERVE_PER_PROCESS } from "./tls-reserve.js";

/** From this share of a pool on the next busy minute fails. */
export const NEARLY_FULL = 0.95;
/** From here on what is free is crumbs: requests fail already. */
export const AS_GOOD_AS_FULL = 0.99;
/** More in use than there is: a counter that cannot be believed says nothing of fullness. */
const IMPOSSIBLE = 1.02;
/** A failure this much before the newest sample is one of now; a sample older than this is not "now" any more. */
const NOW_MS = 15 * MINUTE;
/** ... unless samples are taken more rarely. */
const PAUSES = 3;
/** Processes that are listed. */
const MOST_LISTED = 200;

/** Allocations that fail for want of memory. */
const FAILING: readonly IncidentKind[] = ["exhaustion", "tls_low_memory"];

/** @param clock epoch ms of now, by which the newest sample is old or not. */
export function fullNow(history: History, pool: Pool, clock: number): FullNow | null {
  const reading = pool === "shm" ? shmReading(history) : pkgReading(history);
  const failing = failuresOfThisRun(history, pool);
  const reference = reading?.at ?? clock;
  const now = failing.filter(({ last_at }) => last_at !== null && last_at >= reference - NOW_MS);
  const full =
    reading !== null && reading.share <= IMPOSSIBLE && (reading.share >= NEARLY_FULL || reserveGone(history, pool, reading));
  if (!full && now.length === 0) return null;
  const at = Math.max(reading?.at ?? 0, ...now.map(({ last_at }) => last_at ?? 0));
  const times = now.flatMap(({ at: began }) => began ?? []);
  const since = full ? fullSince(history, pool, reading) : Math.min(...times);
  return {
    used_share: reading === null ? null : round(reading.share),
    free_bytes: reading === null ? null : Math.max(0, Math.round(reading.free)),
    processes: pool === "shm" ? [] : processesOf(history, now),
    failures: failing.reduce((sum, { count }) => sum + count, 0),
    failing: now.length > 0,
    since: Number.isFinite(since) ? timestamp(since) : null,
    at: timestamp(at),
    stale: clock - at > Math.max(NOW_MS, PAUSES * history.newest.usual_pause),
  };
}

/** Does it fail, or is it as good as full? Else it is nearly full, or new TLS connections alone are refused. */
export function isCritical({ used_share, failing }: FullNow): boolean {
  return (used_share ?? 1) >= AS_GOOD_AS_FULL || failing;
}

interface Reading {
  at: number;
  share: number;
  free: number;
  row: NewestProcess | null;
}

function shmReading({ newest: { shm }, facts }: History): Reading | null {
  const total = shm?.total ?? (facts.shm_size_mb === null ? null : facts.shm_size_mb.value * MB);
  return shm === null ? null : readingOf(shm, total, shm.at, null);
}

/** The fullest of the processes that live. */
function pkgReading(history: History): Reading | null {
  const readings = pkgReadings(history);
  return readings.length === 0 ? null : readings.reduce((a, b) => (b.share > a.share ? b : a));
}

function pkgReadings({ newest: { processes }, facts }: History): Reading[] {
  const size = facts.pkg_size_mb === null ? null : facts.pkg_size_mb.value * MB;
  return (processes?.rows ?? []).flatMap((row) => readingOf(row, row.total ?? size, processes?.at ?? 0, row) ?? []);
}

function readingOf(
  { real_used, free }: { real_used: number | null; free: number | null },
  total: number | null,
  at: number,
  row: NewestProcess | null,
): Reading | null {
  if (total === null || !(total > 0)) return null;
  const used = real_used ?? (free === null ? null : total - free);
  return used === null ? null : { at, share: used / total, free: free ?? total - used, row };
}

/** Below its reserve the tls module refuses new connections, however large the pool is. */
function reserveGone(history: History, pool: Pool, { free }: Reading): boolean {
  return pool === "shm" && history.facts.tls === true && free < TLS_RESERVE_PER_PROCESS * processCount(history);
}

/** Failed requests of this run of the server; those without a time count, as nothing says that they are older. */
function failuresOfThisRun(history: History, pool: Pool): HistoryIncident[] {
  const start = startOfRun(history);
  return history.incidents.filter(
    ({ pool: own, kind, last_at }) => own === pool && FAILING.includes(kind) && (last_at === null || last_at >= start),
  );
}

function startOfRun({ events, newest: { uptime } }: History): number {
  const restarts = events.flatMap(({ kind, at }) => (kind === "restart" || kind === "resize" ? [at] : []));
  return Math.max(
    Number.NEGATIVE_INFINITY,
    ...restarts,
    uptime === null ? Number.NEGATIVE_INFINITY : uptime.at - uptime.seconds * 1000,
  );
}

/** The processes that are full, and those that a failure of now names. */
function processesOf(history: History, failures: readonly HistoryIncident[]): FullProcess[] {
  const failing = new Set(failures.flatMap(({ pid }) => pid ?? []));
  const readings = pkgReadings(history).filter(
    ({ share, row }) => (share >= NEARLY_FULL && share <= IMPOSSIBLE) || failing.has(row?.pid ?? -1),
  );
  const known = new Set(readings.flatMap(({ row }) => row?.pid ?? []));
  return [
    ...readings
      .sort((a, b) => b.share - a.share)
      .map(({ share, row }) => ({
        pid: row?.pid ?? null,
        rank: row?.rank ?? null,
        desc: row?.desc ?? null,
        used_share: round(share),
      })),
    ...[...failing].filter((pid) => !known.has(pid)).map((pid) => ({ pid, rank: null, desc: null, used_share: null })),
  ].slice(0, MOST_LISTED);
}

/** The first of the rows without a pause below the mark, within this run. Epoch ms. */
function fullSince(history: History, pool: Pool, { at, row, share, free }: Reading): number {
  const series = pool === "shm" ? history.shm.real_used : seriesOf(history, row);
  if (series === null) return at;
  const total = free / Math.max(1 - share, Number.EPSILON);
  const mark = share >= NEARLY_FULL ? NEARLY_FULL * total : share * total;
  const start = startOfRun(history);
  let since = at;
  for (let i = series.at.length - 1; i >= 0; i--) {
    const begin = series.at[i] ?? at;
    if (begin < start || (series.max[i] ?? 0) < mark) break;
    since = Math.min(since, begin);
  }
  return since;
}

function seriesOf({ processes }: History, row: NewestProcess | null): Series | null {
  if (row === null) return null;
  const same = processes.filter(({ desc, rank }) => desc === row.desc && rank === row.rank);
  return (same.find(({ real_used }) => real_used.last.at(-1) === row.real_used) ?? same[0])?.real_used ?? null;
}

function round(share: number): number {
  return Math.round(share * 10_000) / 10_000;
}
