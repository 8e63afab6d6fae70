/** Fragmentation: plenty is free, and a large request still fails, or headers and holes take ever more while what is used does not. */
import { mb } from "../../../kamailio/units.js";
import { cellTime, column, type Grid } from "../../history/grid.js";
import type { HistoryIncident } from "../../history/history.js";
import { highestKnown } from "../../history/known-values.js";
import type { Case, Finding, Subject } from "../case.js";
import { riseOf } from "../level/rise.js";
import { steadyRise } from "../level/steady-rise.js";

/** Least rise of the overhead, as a share of the pool: a warm pool's overhead wanders by less. */
const LEAST_OVERHEAD_RISE = 0.03;
/** The overhead must outgrow what is used by this factor: a leak of small chunks drags its headers along (up to 112 bytes for 16). */
const OUTGROWS = 12;
/** Overhead that comes with one more free fragment: its header and the hole that is too small for anything. More is not fragments but chunks. */
const MOST_BYTES_A_FRAGMENT = 8_192;
/** Least growth of the number of free fragments over its start. */
const FRAGMENTS_GROW = 0.3;

/** `used` follows load while `real_used` and the free fragments ratchet up (O#1950, K#3841). */
export function overheadRatchet(kase: Case): Finding | null {
  const found = kase.subjects.filter((subject) => {
    const { capacity } = subject;
    const least = LEAST_OVERHEAD_RISE * capacity;
    // Overhead that ratchets up lifts real_used with it, far more than used.
    const real = steadyRise(subject.real_level, least / 2, least / 2);
    const used = real === null ? null : steadyRise(subject.used_level, 0, least);
    if (real === null || (used !== null && real.bytes < OUTGROWS * used.bytes)) return false;
    const overhead = subject.overhead_level;
    if (overhead === null) return false;
    const rise = steadyRise(overhead, LEAST_OVERHEAD_RISE * capacity, LEAST_OVERHEAD_RISE * capacity);
    if (rise === null) return false;
    return (used === null || rise.bytes > OUTGROWS * used.bytes) && fragmentsGrew(subject, rise.bytes);
  });
  if (found.length === 0) return null;
  return {
    subjects: found,
    evidence: found.slice(0, 3).map((subject) => {
      const bytes = subject.overhead_level === null ? 0 : (steadyRise(subject.overhead_level, 0, 0)?.bytes ?? 0);
      return {
        rule: "overhead_ratchets_up",
        detail: `${subject.label ?? "shm"}: headers and holes grew by ${mb(bytes)} and the free fragments with them, while used followed the load`,
        source: "O#1950, K#3841: used follows load, real_used ratchets up",
      };
    }),
  };
}

function fragmentsGrew({ fragments, real_level: { grid } }: Subject, overhead: number): boolean {
  const cells = [...fragments.keys()].filter((cell) => !Number.isNaN(fragments[cell]));
  if (cells.length === 0) return true;
  const rise = riseOf(
    cells.map((cell) => cellTime(grid, cell)),
    cells.map((cell) => fragments[cell] ?? Number.NaN),
  );
  const first = Math.max(1, fragments[cells[0] ?? 0] ?? 1);
  return rise !== null && rise.bytes >= FRAGMENTS_GROW * first && rise.bytes * MOST_BYTES_A_FRAGMENT >= overhead;
}

/** Free share of the pool above which a failed request was not refused for lack of memory: below it the last crumbs are fragments too. */
const PLENTY_FREE = 0.1;
/** A level is known for a moment when a sample was taken this near to it, in cells of the grid. */
const NEAR_CELLS = 2;

/**
 * A request found no fragment large enough although plenty was free when it failed. qm logs "Free fragment not found!" only when the pool has enough
 * in all but not in one piece (q_malloc.c:380@5.6.3), which is true of a full pool as well: what was free at that time decides. fm logs it always.
 */
export function bigRequestFailed(kase: Case): Finding | null {
  const failed = kase.incidents.filter((incident) => incident.kind === "fragmentation" && plentyWasFree(kase, incident));
  if (failed.length === 0) return null;
  const size = Math.max(0, ...failed.map((incident) => incident.size ?? 0));
  return {
    subjects: [],
    evidence: [
      {
        rule: "big_request_failed",
        detail: `${failed.reduce((sum, incident) => sum + incident.count, 0)} request(s)${size > 0 ? ` of up to ${size} bytes` : ""} found no free fragment large enough`,
        source: "q_malloc.c:380@5.6.3: on true exhaustion qm is silent; K#2942, K#562",
      },
    ],
  };
}

/** Was there room in all when it failed? Without its time, or a sample near it, the fullest that the pool ever was counts. */
function plentyWasFree({ grid, subjects, history, pool }: Case, { at, last_at, size }: HistoryIncident): boolean {
  const from = at ?? last_at;
  const to = last_at ?? at;
  if (subjects.length === 0) return true;
  const counter = pool === "shm" ? highestKnown(column(grid, history.shm.max_used, "max")) : 0;
  return subjects.every(({ peaks, highest, capacity }) => {
    const near =
      from === null || to === null
        ? Number.NaN
        : highestBetween(peaks, cellOf(grid, from) - NEAR_CELLS, cellOf(grid, to) + NEAR_CELLS);
    const level = Number.isNaN(near) ? Math.max(highest, counter) : near;
    const free = capacity - level;
    return free >= PLENTY_FREE * capacity && free > (size ?? 0);
  });
}

function cellOf(grid: Grid, at: number): number {
  return Math.floor((at - grid.from) / grid.cell_ms);
}

/** The highest value of the cells from one to the other, both included; NaN without any. */
function highestBetween(values: Float64Array, from: number, to: number): number {
  let most = Number.NaN;
  for (let cell = Math.max(0, from); cell <= Math.min(values.length - 1, to); cell++) {
    const value = values[cell] ?? Number.NaN;
    if (!Number.isNaN(value) && !(value <= most)) most = value;
  }
  return most;
}

/** A recorded dump or shm.report whose largest free fragment is below a size that was asked for. */
export function largestFragmentTooSmall(kase: Case): Finding | null {
  const dump = kase.facts.dumps.find((candidate) => candidate.pool === kase.pool && candidate.largest_free_fragment !== null);
  const wanted = Math.max(0, ...kase.incidents.map((incident) => incident.size ?? 0));
  const largest = dump?.largest_free_fragment ?? null;
  if (
    largest === null ||
    wanted === 0 ||
    wanted <= largest ||
    wanted > kase.subjects.reduce((sum, s) => Math.max(sum, s.capacity), 0)
  )
    return null;
  return {
    subjects: [],
    evidence: [
      {
        rule: "largest_free_fragment_too_small",
        detail: `${wanted} bytes were asked for, the largest free fragment is ${largest}`,
        source: "shm.report max_free_frag_size (corex, 5.6+); K#2943",
      },
    ],
  };
}
