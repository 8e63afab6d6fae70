/**
 * The newest readings of an instance, to the second and with the pids: what a judgement of the present needs and roll-ups have lost.
 *
 * One sample rarely shows everything (one command prints shm, another the processes), so each part is the newest that shows it.
 */
import { isGhost } from "../../kamailio/history/process-identity.js";
import type { UsageSample } from "../../kamailio/sample.js";
import { MINUTE } from "../../kamailio/units.js";
import { median } from "../statistics/quantile.js";
import type { History, Newest, NewestProcess, ProcessHistory } from "./history.js";

/** Samples that are looked at: enough for commands that take turns, and for a usual pause. */
export const NEWEST_SAMPLES = 20;
/** A command for one process at a time is completed by the readings of the others within this time. */
const SAME_ROUND = 15 * MINUTE;

/** @param samples the last ones, oldest first. */
export function newestOf(samples: readonly { at: number; sample: UsageSample }[]): Newest {
  const last = samples.slice(-NEWEST_SAMPLES);
  const shm = last.findLast(({ sample }) => sample.shm !== null && (sample.shm.real_used ?? sample.shm.free) !== null);
  const load = last.findLast(({ sample }) => Object.keys(sample.load).length > 0);
  const uptime = last.findLast(({ sample }) => sample.uptime !== null);
  const pauses = last.slice(1).map(({ at }, index) => at - (last[index]?.at ?? at));
  return {
    shm: shm?.sample.shm == null ? null : { at: shm.at, ...shm.sample.shm },
    processes: processesOf(last),
    load: load === undefined ? null : { at: load.at, counters: load.sample.load },
    uptime: uptime?.sample.uptime == null ? null : { at: uptime.at, seconds: uptime.sample.uptime },
    usual_pause: pauses.length === 0 ? 0 : median(pauses),
  };
}

/** The newest table of processes; a table of one process is filled up with the rows of its round. */
function processesOf(samples: readonly { at: number; sample: UsageSample }[]): Newest["processes"] {
  const tables = samples.flatMap(({ at, sample }) => {
    const rows = sample.pkg.filter((row) => !isGhost(row));
    return rows.length === 0 ? [] : [{ at, rows }];
  });
  const newest = tables.at(-1);
  if (newest === undefined) return null;
  const byPid = new Map<number, NewestProcess>();
  const round =
    newest.rows.length > 1 ? [newest] : tables.filter(({ at, rows }) => at >= newest.at - SAME_ROUND && rows.length === 1);
  for (const { rows } of round)
    for (const { pid, rank, desc, real_used, free, total_size } of rows)
      byPid.set(pid, { pid, rank, desc, real_used, free, total: total_size });
  return { at: newest.at, rows: [...byPid.values()] };
}

/** What roll-ups still tell when no raw sample is left: the last row of each counter. */
export function newestOfSeries({ shm, processes, load }: Pick<History, "shm" | "processes" | "load">): Newest {
  const real = shm.real_used.at.length - 1;
  const seen = processes.filter(({ real_used }) => real_used.at.length > 0);
  const end = Math.max(0, ...seen.map(({ real_used }) => real_used.at.at(-1) ?? 0));
  const counters = Object.fromEntries(
    [...load].flatMap(([name, series]) => (series.last.length > 0 ? [[name, series.last.at(-1) ?? 0]] : [])),
  );
  const loadEnd = Math.max(0, ...[...load.values()].map(({ at }) => at.at(-1) ?? 0));
  return {
    shm:
      real < 0
        ? null
        : {
            at: shm.real_used.at[real] ?? 0,
            real_used: shm.real_used.last[real] ?? null,
            free: null,
            total: shm.total.last.at(-1) ?? null,
          },
    processes:
      seen.length === 0 ? null : { at: end, rows: seen.filter(({ real_used }) => real_used.at.at(-1) === end).map(lastRow) },
    load: loadEnd === 0 ? null : { at: loadEnd, counters },
    uptime: null,
    usual_pause: 0,
  };
}

function lastRow({ rank, desc, real_used, total_size }: ProcessHistory): NewestProcess {
  return { pid: null, rank, desc, real_used: real_used.last.at(-1) ?? null, free: null, total: total_size.last.at(-1) ?? null };
}
