/** The history of usage as a person reads it: where it began, its peak, where it is now, and how fast it changes. */

import { processKeys } from "../../kamailio/history/process-identity.js";
import type { Series } from "../../kamailio/history/series.js";
import { LOAD_COUNTERS } from "../../kamailio/knowledge/load-counters.js";
import type { UsageSample } from "../../kamailio/sample.js";
import { DAY, HOUR } from "../../kamailio/units.js";
import { processLabel } from "../diagnosis/process-label.js";
import type { History, ProcessHistory } from "../history/history.js";

/** One counter from the last start that was seen until now. Epoch ms, bytes. */
export interface Course {
  what: string;
  /** `null`: shm, or not known. */
  pid: number | null;
  total: number | null;
  from: number;
  to: number;
  first: number;
  lowest: number;
  peak: number;
  last: number;
  /** From the first value to the last; `null` when they are less than an hour apart. */
  per_day: number | null;
}

/** Shared memory's real_used, with its true peak where the server says it. */
export function shmCourse({ shm, events }: History): Course | null {
  const course = courseOf("shm real_used", null, shm.real_used, shm.total, lastStart(events));
  const peak = shm.max_used.max.at(-1);
  return course === null || peak === undefined ? course : { ...course, peak: Math.max(course.peak, peak) };
}

/** Every process's real_used, that which grew most first. `latest`: its pids are today's. */
export function processCourses({ processes, events }: History, latest: UsageSample | null): Course[] {
  const start = lastStart(events);
  const rows = latest?.pkg ?? [];
  const pids = new Map(processKeys(rows).map((key, index) => [key, rows[index]?.pid ?? null]));
  return processes
    .flatMap(
      (process) => courseOf(nameOf(process), pids.get(process.key) ?? null, process.real_used, process.total_size, start) ?? [],
    )
    .sort((a, b) => b.last - b.first - (a.last - a.first));
}

/** Load counters that say how much there is (not those that count on), fullest first. */
export function populations({ load, events }: History): Course[] {
  const start = lastStart(events);
  const counted = new Set(LOAD_COUNTERS.filter(({ kind }) => kind === "counter").map(({ name }) => name));
  return [...load]
    .filter(([name]) => !counted.has(name))
    .flatMap(([name, series]) => courseOf(name, null, series, null, start) ?? [])
    .sort((a, b) => b.peak - a.peak);
}

/** Values at a few moments between the first and the last. */
export function valuesAt(series: Series, moments: readonly number[]): (number | null)[] {
  let row = -1;
  return moments.map((at) => {
    while (row + 1 < series.at.length && (series.at[row + 1] ?? 0) <= at) row++;
    return row < 0 ? null : (series.last[row] ?? null);
  });
}

/** Keys tell processes of one description apart; a rank alone is said in words. */
function nameOf({ desc, rank, key }: ProcessHistory): string {
  return desc === null && rank !== null ? processLabel(null, rank) : key;
}

function lastStart(events: History["events"]): number {
  return events.reduce((last, { kind, at }) => (kind === "restart" ? Math.max(last, at) : last), Number.NEGATIVE_INFINITY);
}

function courseOf(what: string, pid: number | null, series: Series, total: Series | null, start: number): Course | null {
  let begin = 0;
  while (begin < series.at.length && (series.at[begin] ?? 0) < start) begin++;
  const end = series.at.length - 1;
  if (begin > end) begin = end;
  if (begin < 0) return null;
  let lowest = Number.POSITIVE_INFINITY;
  let peak = Number.NEGATIVE_INFINITY;
  for (let row = begin; row <= end; row++) {
    lowest = Math.min(lowest, series.min[row] ?? lowest);
    peak = Math.max(peak, series.max[row] ?? peak);
  }
  const from = series.at[begin] ?? 0;
  const to = series.at[end] ?? 0;
  const first = series.count[begin] === 1 ? (series.last[begin] ?? 0) : (series.min[begin] ?? 0);
  const last = series.last[end] ?? 0;
  return {
    what,
    pid,
    total: total?.last.at(-1) ?? null,
    from,
    to,
    first,
    lowest,
    peak,
    last,
    per_day: to - from < HOUR ? null : ((last - first) / (to - from)) * DAY,
  };
}
