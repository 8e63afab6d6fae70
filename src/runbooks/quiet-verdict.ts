/** The verdict of a quiet test: how much of what load took came back, and which sites kept theirs. */
import { compareDumps } from "../analysis/dump-comparison/dump-comparison.js";
import type { Dump } from "../kamailio/dump/dump.js";
import type { Pool } from "../kamailio/pool.js";
import type { UsageSample } from "../kamailio/sample.js";
import { duration, mb, timestamp } from "../kamailio/units.js";
import type { DumpFact, TimedUsage } from "./facts.js";
import type { Ground } from "./ground.js";
import type { Wait } from "./lifetimes.js";
import { doneAt, freshSince } from "./plan.js";
import type { RunbookVerdict } from "./runbook.js";
import { targetProcess } from "./steps/processes.js";

/** The load must have taken at least this share of the pool, or nothing can be said about its return: below it start-up noise decides. */
const MIN_LOAD_SHARE = 0.01;
/** When at least so much of it came back, it was load; fragments and caches keep a little. */
const RETURNED_SHARE = 0.8;
/** When at most so much came back, it did not. Between the two a person must look. */
const KEPT_SHARE = 0.5;

/** Sites that every server holds in the quiet. */
const STARTS: ReadonlySet<string> = new Set(["startup", "data_load", "config_reload"]);
const SITES_SHOWN = 8;

interface Levels {
  used: number;
  size: number | null;
}

/** `null` while the experiment is not over. */
export function judgeQuietTest(g: Ground, pool: Pool, wait: Wait): RunbookVerdict | null {
  const stopped = doneAt(g, "stop_traffic");
  if (stopped === null) return null;
  const samples = g.facts.usage.recent;
  const pid = pool === "pkg" ? (targetProcess(g)?.pid ?? null) : null;
  const loaded = top(
    samples.filter(({ at }) => at >= freshSince(g) && at <= stopped),
    pool,
    pid,
  );
  const quiet = samples.findLast(({ at, sample }) => at >= stopped + wait.seconds * 1000 && level(sample, pool, pid) !== null);
  if (quiet === undefined) return null;
  const after = level(quiet.sample, pool, pid);
  if (after === null) return null;
  if (loaded === null)
    return {
      outcome: "inconclusive",
      summary: "There is no sample from under load: nothing to compare the quiet with.",
      evidence: [],
    };
  const start = g.facts.usage.start_up;
  const before = start !== null && start.at < loaded.at ? level(start.sample, pool, pid) : null;
  const evidence = [
    ...(before === null || start === null ? [] : [`${timestamp(start.at)} after the start: ${mb(before.used)}`]),
    `${timestamp(loaded.at)} under load: ${mb(loaded.used)}`,
    `${timestamp(quiet.at)} in the quiet, ${duration(quiet.at - stopped)} after the traffic stopped: ${mb(after.used)}`,
    ...stillHeld(g, pool, pid, stopped, stopped + wait.seconds * 1000),
  ];
  return { ...decide(before?.used ?? null, loaded.used, after.used, loaded.size), evidence };
}

function decide(before: number | null, loaded: number, after: number, size: number | null): Omit<RunbookVerdict, "evidence"> {
  const came = loaded - after;
  if (before === null)
    return {
      outcome: "inconclusive",
      summary: `${mb(came)} of ${mb(loaded)} came back. Without a level from after the start it cannot be said whether that is all of what load took.`,
    };
  const took = loaded - before;
  if (took <= 0 || (size !== null && took < MIN_LOAD_SHARE * size))
    return {
      outcome: "inconclusive",
      summary: `Load had taken ${mb(Math.max(0, took))} only: too little to see whether it comes back.`,
    };
  const share = came / took;
  const figures = `${mb(Math.max(0, came))} of the ${mb(took)} that load had taken came back (${Math.round(100 * Math.max(0, share))}%).`;
  if (share >= RETURNED_SHARE)
    return { outcome: "returned", summary: `${figures} It was load, not a leak: size the pool for its peak.` };
  if (share <= KEPT_SHARE)
    return {
      outcome: "not_returned",
      summary: `${figures} What nothing needs any more is still held: a leak, or state that is stuck.`,
    };
  return {
    outcome: "inconclusive",
    summary: `${figures} Too much stayed for load, too little for a clear leak: wait once more as long, and look at the sites.`,
  };
}

/** The used bytes of the pool; the fullest process where no pid is named. */
function level(sample: UsageSample, pool: Pool, pid: number | null): Levels | null {
  if (pool === "shm") return sample.shm?.used == null ? null : { used: sample.shm.used, size: sample.shm.total };
  const rows = sample.pkg.filter((row) => row.used !== null && (pid === null || row.pid === pid));
  const fullest = [...rows].sort((a, b) => (b.used ?? 0) - (a.used ?? 0))[0];
  return fullest?.used == null ? null : { used: fullest.used, size: fullest.total_size };
}

function top(samples: readonly TimedUsage[], pool: Pool, pid: number | null): (Levels & { at: number }) | null {
  let highest: (Levels & { at: number }) | null = null;
  for (const { at, sample } of samples) {
    const found = level(sample, pool, pid);
    if (found !== null && (highest === null || found.used >= highest.used)) highest = { ...found, at };
  }
  return highest;
}

/** The sites that hold as much in the quiet as under load, from the two dumps; empty without them. */
function stillHeld(g: Ground, pool: Pool, pid: number | null, stopped: number, quietFrom: number): string[] {
  const ours = g.facts.dumps.filter(
    (dump) => dump.pool === pool && dump.sites !== null && (pid === null || dump.pid === null || dump.pid === pid),
  );
  const loaded = ours.find(({ taken_at }) => taken_at <= stopped && taken_at >= freshSince(g));
  const quiet = ours.find(({ taken_at }) => taken_at >= quietFrom);
  if (loaded === undefined || quiet === undefined) return [];
  const { comparable, summary, sites } = compareDumps([asDump(loaded), asDump(quiet)], { labels: [loaded.id, quiet.id] });
  if (!comparable) return [summary];
  // A leak does not change in the quiet, so what is unchanged is no start-up floor here: only the catalogue tells that.
  const kept = sites
    .filter(
      ({ knowledge, later_bytes, base_bytes }) =>
        !STARTS.has(knowledge?.lifetime ?? "") && later_bytes >= KEPT_SHARE * base_bytes,
    )
    .sort((a, b) => b.later_bytes - a.later_bytes)
    .slice(0, SITES_SHOWN);
  return [
    `dumps ${loaded.id} and ${quiet.id}: ${summary}`,
    ...kept.map(
      ({ site, later_bytes, later_count }) =>
        `still held: ${site}, ${later_bytes} bytes${later_count === null ? "" : ` in ${later_count} chunks`}`,
    ),
  ];
}

export function asDump({ sites, taken_at, ...header }: DumpFact): Dump {
  return { ...header, taken_at: timestamp(taken_at), sites: sites ?? [] };
}
