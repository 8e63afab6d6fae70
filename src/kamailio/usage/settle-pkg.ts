/**
 * Judges the rows of `pkg.stats`: which are processes, and which counters can be believed.
 *
 * A process that never ran child_init has pid 0 or, from 4.2.6, its pid and rank -128 with zeros (pkg_stats.c); a build with MEMPKG=sys (system
 * malloc) prints zeros for every process. The numbers are 32 bits in all releases (`d` up to 5.4.4, `u` since).
 */
import type { PkgCounters } from "../sample.js";
import type { PkgReading } from "./model.js";

export type SettledRow =
  | { ok: true; row: PkgCounters }
  | { ok: false; ghost: true }
  | { ok: false; ghost: false; line: number; reason: string; hint: string };

const RIGHT_PKG_COMMAND =
  "pkg.stats prints 32 bits in every release; the header of a dump (`kamcmd cfg.set_now_int core mem_dump_pkg PID`) has the whole numbers";

/** One row, judged. `hasPid`: the source prints process ids (an exporter may print only the process' index, from 0). */
export function settlePkg({ line, ...row }: PkgReading, hasPid: boolean): SettledRow {
  const { used, free, real_used, total_size } = row;
  if ((row.pid === 0 && hasPid) || ((used ?? 0) === 0 && (free ?? 0) === 0 && (real_used ?? 0) === 0))
    return { ok: false, ghost: true };
  const refuse = (reason: string): SettledRow => ({
    ok: false,
    ghost: false,
    line,
    reason: `process ${row.pid}: ${reason}`,
    hint: RIGHT_PKG_COMMAND,
  });
  if (row.pid < 0 || (used ?? 0) < 0 || (real_used ?? 0) < 0 || (total_size ?? 0) < 0) return refuse("a negative counter");
  if (real_used === null && used === null) return refuse("neither used nor real_used is a number");
  if (used !== null && real_used !== null && used > real_used) return refuse("used is above real_used, of which it is a part");
  if (total_size === null || total_size === 0) return free !== null && free < 0 ? refuse("free is negative") : { ok: true, row };
  if (real_used !== null && real_used > total_size) return refuse("real_used is above total_size: a counter has wrapped around");
  // free = total_size - real_used in every manager, so a free that tlsf let run below zero is known all the same.
  const wrapped = free !== null && (free < 0 || free > total_size);
  if (wrapped && real_used === null) return refuse("free has wrapped around");
  return { ok: true, row: wrapped && real_used !== null ? { ...row, free: total_size - real_used } : row };
}
