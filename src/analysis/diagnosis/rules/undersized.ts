/** Undersized: the pool is full at the busy hour, and what filled it comes back when it is quiet. */

import type { Pool } from "../../../kamailio/pool.js";
import { mb, percent } from "../../../kamailio/units.js";
import { column } from "../../history/grid.js";
import type { HistoryIncident } from "../../history/history.js";
import { highestKnown, lowestKnown } from "../../history/known-values.js";
import type { Case, Finding, Subject } from "../case.js";
import type { Evidence } from "../diagnosis.js";
import { TLS_RESERVE_PER_PROCESS } from "../tls-reserve.js";

/** At this share of the pool the next large request fails. */
const NEAR_FULL = 0.97;
/** Once it is quiet, the level must be below this share of the pool. */
const CAME_BACK = 0.93;
/** A peak at this share of the pool met its end: what is left are crumbs. */
const MET_THE_POOL = 0.99;

/** The peak met the pool, and later the level was well below it again (maintainers' quiet test: field notes R6, R14). */
export function fullAtTheBusyHour(kase: Case): Finding | null {
  const found = kase.subjects.filter(cameBack);
  if (found.length === 0) return null;
  return {
    subjects: found,
    evidence: found.slice(0, 3).map((subject) => ({
      rule: "full_at_the_busy_hour",
      detail: `${subject.label ?? "shm"} reached ${percent(subject.highest / subject.capacity)} of ${mb(subject.capacity)} and came back to ${mb(lowestAfterFull(subject))}`,
      source: "falls back when quiet: too small, not leaking (wiki Troubleshooting Memory, quiet test; K#399)",
    })),
  };
}

/** The peak met the pool at some time, by the samples or by max_used, which misses none. */
export function peakMetThePool({ pool, history, grid, subjects }: Case): Finding | null {
  const counter = pool === "shm" ? highestKnown(column(grid, history.shm.max_used, "max")) : 0;
  const met = subjects.filter(({ highest, capacity }) => Math.max(highest, counter) >= MET_THE_POOL * capacity);
  if (met.length === 0) return null;
  return {
    subjects: met,
    evidence: met.slice(0, 3).map(({ label, highest, capacity }) => ({
      rule: "peak_met_the_pool",
      detail: `the peak of ${label ?? "shm"} is ${percent(Math.min(1, Math.max(highest, counter) / capacity))} of ${mb(capacity)}`,
      source: "max_used and real_used; a pool that met its size is too small or was filled",
    })),
  };
}

/** The log says that requests failed for want of memory while the level before and after is the same: one operation needed more than there was. */
export function allocationsFailed(incidents: readonly HistoryIncident[], pool: Pool): Evidence[] {
  const count = (kind: string) =>
    incidents
      .filter((incident) => incident.pool === pool && incident.kind === kind)
      .reduce((sum, incident) => sum + incident.count, 0);
  const failed = count("exhaustion");
  const refused = count("tls_low_memory");
  return [
    ...(failed > 0
      ? [
          {
            rule: "allocations_failed",
            detail: `${failed} allocation failure(s) in the log`,
            source: "pkg.h:202-216, shm.h:131-144; K#1513",
          },
        ]
      : []),
    ...(refused > 0
      ? [
          {
            rule: "tls_refused_connections",
            detail: `TLS refused work ${refused} time(s) to keep shm free`,
            source: "tls_init.c:969-978; K#4777",
          },
        ]
      : []),
  ];
}

/** New TLS connections are refused long before the pool is empty. */
export function belowTlsReserve(kase: Case, processes: number): Evidence | null {
  const subject = kase.subjects[0];
  if (kase.pool !== "shm" || kase.facts.tls !== true || subject === undefined) return null;
  const reserve = TLS_RESERVE_PER_PROCESS * processes;
  const peak = subject.highest;
  if (subject.capacity - peak > reserve) return null;
  return {
    rule: "tls_reserve_reached",
    detail: `${mb(subject.capacity - peak)} free at the peak; TLS refuses new connections below ${mb(reserve)} (512 KiB x ${processes} processes)`,
    source: "low_mem_threshold1, tls_init.c:969-978; K#4777",
  };
}

/** Was the level well below the ceiling after it was full, in the same run of the server (a restart empties any pool)? */
function cameBack(subject: Subject): boolean {
  const { grid } = subject.real_level;
  if (subject.highest < NEAR_FULL * subject.capacity) return false;
  let wasFull = -1;
  for (let cell = 0; cell < subject.real.length; cell++) {
    const run = grid.run[cell] ?? -1;
    if ((subject.peaks[cell] ?? 0) >= NEAR_FULL * subject.capacity) wasFull = run;
    else if (wasFull >= 0 && run === wasFull && (subject.real[cell] ?? Number.POSITIVE_INFINITY) < CAME_BACK * subject.capacity)
      return true;
  }
  return false;
}

function lowestAfterFull({ peaks, real, capacity }: Subject): number {
  return lowestKnown(
    real,
    Math.max(
      0,
      peaks.findIndex((peak) => peak >= NEAR_FULL * capacity),
    ),
  );
}
