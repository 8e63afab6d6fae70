/**
 * Which process of this sample is the same one as in the sample before, across restarts: pids change, descriptions and ranks stay.
 *
 * `pkg.stats` prints `desc` since 5.4.0 only, and several processes share one description ("Async Task Worker") or one rank (-1: every timer),
 * so equals are told apart by the order of their pids, which is the order in which the main process forked them.
 */
import type { PkgCounters } from "../sample.js";

/** Ranks of rows that are no process: filled in for one that never ran child_init (-128), seen since 4.2.6. */
const GHOST_RANK = -128;

/** Rows of the process table that describe no running process (pid 0; rank -128 without any counter). */
export function isGhost(row: PkgCounters): boolean {
  return row.pid <= 0 || (row.rank === GHOST_RANK && row.desc === null && (row.real_used ?? 0) === 0);
}

/** A stable key for each row, in the order of the rows: `udp receiver child=0 sock=...`, `rank -1 #2`. */
export function processKeys(rows: readonly PkgCounters[]): string[] {
  const order = rows.map((_, index) => index).sort((a, b) => (rows[a]?.pid ?? 0) - (rows[b]?.pid ?? 0));
  const seen = new Map<string, number>();
  const keys: string[] = new Array(rows.length).fill("");
  for (const index of order) {
    const row = rows[index];
    if (row === undefined) continue;
    const name = row.desc ?? `rank ${row.rank ?? "unknown"}`;
    const nth = (seen.get(name) ?? 0) + 1;
    seen.set(name, nth);
    keys[index] = nth === 1 ? name : `${name} #${nth}`;
  }
  return keys;
}
