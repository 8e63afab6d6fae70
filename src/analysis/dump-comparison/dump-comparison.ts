/**
 * Compares dumps of one pool: two, or better three and more over time. Says which sites grew, how fast, and which of them to suspect.
 *
 * The wording is exact: a dump names who allocated. Who forgot to free is often another function, the caller or the one after it.
 */

import type { Dump } from "../../kamailio/dump/dump.js";
import { duration, HOUR, percent } from "../../kamailio/units.js";
import { type Reach, UNKNOWN_REACH } from "../commands/reach.js";
import { setCore } from "../commands/rpc.js";
import { pidWord } from "../commands/words.js";
import { comparability } from "./comparable.js";
import { hoursBetween, type SiteDelta, siteDeltas } from "./site-deltas.js";
import { rankSuspects, type Suspect } from "./suspects.js";

export interface DumpComparisonOptions {
  /** Names for the dumps in summary and warnings (ids); "dump 1", "dump 2" when missing. */
  labels?: readonly string[];
  /** What counters said when the last dump was taken, by name: `{"tm.stats current": 12}`. */
  populations?: Readonly<Record<string, number>>;
  /** How commands reach the instance. */
  reach?: Reach;
}

export interface DumpComparison {
  /** False when a suspect of medium or high confidence was found, or the dumps cannot be compared. */
  ok: boolean;
  comparable: boolean;
  summary: string;
  /** What a dump can and cannot name. */
  reading: string;
  pool: Dump["pool"];
  dumps: number;
  from: string | null;
  to: string | null;
  hours: number | null;
  totals: {
    base_count: number | null;
    later_count: number | null;
    count_delta: number | null;
    base_bytes: number;
    later_bytes: number;
    bytes_delta: number;
  };
  /** What every start builds and what did not change: not shown among the suspects. */
  start_up: { sites: number; count: number | null; bytes: number };
  /** All sites, ordered by growth in bytes. */
  sites: SiteDelta[];
  suspects: Suspect[];
  warnings: string[];
  next: { why: string; command: string }[];
}

/** How a suspect is to be read. */
const READING =
  "A dump names who allocated, not who forgot to free: the missing free is often in the function that called the one named, or in the code that should run when the object ends.";

/** `dumps`: oldest first. Their order is not changed; a base that is newer than the later one is reported. */
export function compareDumps(dumps: readonly Dump[], options: DumpComparisonOptions = {}): DumpComparison {
  const labels = dumps.map((_, index) => options.labels?.[index] ?? `dump ${index + 1}`);
  const { comparable, restarted, warnings } = comparability(dumps, labels);
  const sites = comparable ? siteDeltas(dumps) : [];
  const suspects = rankSuspects(sites, options.populations ?? {});
  const first = dumps[0];
  const last = dumps[dumps.length - 1];
  const quiet = sites.filter(({ start_up }) => start_up);
  const comparison: Omit<DumpComparison, "summary"> = {
    ok: comparable && suspects.every(({ confidence }) => confidence === "low"),
    comparable,
    reading: READING,
    pool: dumps.find(({ pool }) => pool !== null)?.pool ?? null,
    dumps: dumps.length,
    from: first?.taken_at ?? null,
    to: last?.taken_at ?? null,
    hours: hoursBetween(epoch(first), epoch(last)),
    totals: totalsOf(sites),
    start_up: {
      sites: quiet.length,
      count: sumOrNull(quiet.map(({ later_count }) => later_count)),
      bytes: sum(quiet.map(({ later_bytes }) => later_bytes)),
    },
    sites,
    suspects,
    warnings: restarted ? [...warnings, "what grew since the restart is seen only by comparing dumps after it"] : warnings,
    next: nextSteps(dumps, suspects, options.reach ?? UNKNOWN_REACH),
  };
  return { ...comparison, summary: summarize(comparison) };
}

const epoch = (dump: Dump | undefined) => (dump?.taken_at ? Date.parse(dump.taken_at) : null);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const sumOrNull = (values: readonly (number | null)[]) =>
  values.every((value) => value !== null) ? sum(values as number[]) : null;

function totalsOf(sites: readonly SiteDelta[]): DumpComparison["totals"] {
  const base_count = sumOrNull(sites.map((site) => site.base_count));
  const later_count = sumOrNull(sites.map((site) => site.later_count));
  const base_bytes = sum(sites.map((site) => site.base_bytes));
  const later_bytes = sum(sites.map((site) => site.later_bytes));
  return {
    base_count,
    later_count,
    count_delta: base_count === null || later_count === null ? null : later_count - base_count,
    base_bytes,
    later_bytes,
    bytes_delta: later_bytes - base_bytes,
  };
}

function summarize({ comparable, dumps, suspects, totals, hours, warnings }: Omit<DumpComparison, "summary">): string {
  if (!comparable) return `These dumps cannot be compared: ${warnings[0] ?? "no sites"}.`;
  const span = hours === null ? "" : ` in ${duration(hours * HOUR)}`;
  const change = `${totals.bytes_delta >= 0 ? "+" : ""}${totals.bytes_delta} bytes${totals.count_delta === null ? "" : ` in ${totals.count_delta >= 0 ? "+" : ""}${totals.count_delta} chunks`}${span}`;
  const [first] = suspects;
  if (!first) return `${change} over ${dumps} dumps; no site grew in a way that needs explaining.`;
  const top = first.confidence === "low" ? largest(suspects) : first;
  const grew = `allocated by ${top.site}: ${top.count_delta === null ? "" : `${top.count_delta} chunks, `}${top.bytes_delta} bytes more, ${percent(top.share_of_growth)} of all growth`;
  if (top.confidence === "low")
    return `${change} over ${dumps} dumps; the largest growth was ${grew}, which alone proves no leak.`;
  return `${change} over ${dumps} dumps; first suspect, ${top.confidence} confidence: memory ${grew} (${top.reasons[0]}).`;
}

function largest(suspects: readonly Suspect[]): Suspect {
  return suspects.reduce((a, b) => (b.bytes_delta > a.bytes_delta ? b : a));
}

function nextSteps(dumps: readonly Dump[], suspects: readonly Suspect[], reach: Reach): DumpComparison["next"] {
  const steps: DumpComparison["next"] = [];
  if (dumps.length < 3 && suspects.length > 0)
    steps.push({
      why: "two dumps cannot tell warm-up from a leak: take a third after as long again, under like load",
      command: dumpCommand(dumps[0], reach),
    });
  if (suspects.length > 0)
    steps.push({
      why: "stop the traffic, wait the longest lifetime (transactions, dialogs, registrations), dump again: what stays is the leak",
      command: dumpCommand(dumps[0], reach),
    });
  return steps;
}

/** mem_dump_* write at ALERT whatever memlog says; a pkg dump runs in the process named when it next works. */
function dumpCommand(dump: Dump | undefined, reach: Reach): string {
  return dump?.pool === "pkg" ? setCore(reach, "mem_dump_pkg", pidWord(dump.pid)) : setCore(reach, "mem_dump_shm", 1);
}
