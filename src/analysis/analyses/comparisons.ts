/** Which of the dumps can be compared, and their comparisons: of each pool, of each process, oldest first, one dump a moment. */
import type { Dump } from "../../kamailio/dump/dump.js";
import type { Reach } from "../commands/reach.js";
import { compareDumps } from "../dump-comparison/dump-comparison.js";
import type { AnalysedComparison } from "./analysis.js";

/** A dump and the text that it stands in. */
export interface PlacedDump {
  text: string;
  dump: Dump;
}

/** Dumps of one process that were begun within so many milliseconds are one moment seen in two forms: the list and its sums. */
const ONE_MOMENT_MS = 5_000;
/** A shutdown writes a dump of each of hundreds of processes, twice with a restart: more comparisons than these help nobody. */
const MAX_COMPARISONS = 20;
/** Dumps of one comparison. */
const MAX_DUMPS = 21;

/**
 * The most telling one first: what is not ok before what is, shm before pkg, then by growth.
 *
 * @param most sites that are listed of each
 */
export function compareAll(placed: readonly PlacedDump[], most: number, reach: Reach): AnalysedComparison[] {
  const groups = new Map<string, PlacedDump[]>();
  for (const one of placed) {
    if (one.dump.sites.length === 0) continue;
    const key = groupOf(one.dump);
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  const comparisons: AnalysedComparison[] = [];
  for (const group of groups.values()) {
    const { dumps, warnings } = bounded(withoutShutdown(inOrder(oneAMoment(group))));
    if (dumps.length < 2) continue;
    const names = dumps.map(nameOf);
    comparisons.push(comparisonOf(dumps, names, warnings, most, reach));
  }
  return comparisons
    .sort((a, b) => Number(a.ok) - Number(b.ok) || rank(a) - rank(b) || b.totals.bytes_delta - a.totals.bytes_delta)
    .slice(0, MAX_COMPARISONS);
}

function comparisonOf(
  dumps: readonly PlacedDump[],
  labels: string[],
  warnings: readonly string[],
  most: number,
  reach: Reach,
): AnalysedComparison {
  const compared = compareDumps(
    dumps.map(({ dump }) => dump),
    { labels, reach },
  );
  const changed = compared.sites.filter(({ start_up }) => !start_up);
  return {
    ...compared,
    warnings: [...warnings, ...compared.warnings],
    dump_names: labels,
    sites: changed.slice(0, most),
    sites_total: changed.length,
  };
}

function rank({ pool }: AnalysedComparison): number {
  return pool === "shm" ? 0 : 1;
}

/** The shared pool is one; private pools are told apart by process. */
function groupOf(dump: Dump): string {
  if (dump.pool === "pkg") return `pkg ${dump.process ?? dump.process_index ?? dump.pid}`;
  return dump.pool ?? "";
}

interface Ordered {
  dumps: PlacedDump[];
  /** What weakens the order. */
  warnings: string[];
}

/**
 * By their times where all of them have one. Without, by max_used, a peak that never falls while a process lives: shells hand over files by name,
 * `dump-end` before `dump-start`. Where neither is there, as they were given.
 */
function inOrder(group: readonly PlacedDump[]): Ordered {
  const byTime = sortedBy(group, ({ taken_at }) => (taken_at === null ? null : Date.parse(taken_at)));
  if (byTime.length === group.length) return { dumps: byTime, warnings: [] };
  const byPeak = sortedBy(group, ({ max_used }) => max_used);
  if (byPeak.length >= 2 && !showsRestart(byPeak)) {
    const turned = byPeak.some((one, index) => index > 0 && group.indexOf(one) < group.indexOf(byPeak[index - 1] ?? one));
    return {
      dumps: withoutRepeats(byPeak),
      warnings: turned ? ["no times: the dumps were put in the order of max_used, which never falls"] : [],
    };
  }
  return { dumps: withoutRepeats(group), warnings: ["no times: the dumps were compared in the order in which they were given"] };
}

/** Without times, two dumps with the same figures are one moment: an interval in which nothing happened would hide what grows in all others. */
function withoutRepeats(group: readonly PlacedDump[]): PlacedDump[] {
  return group.filter((one, index) => {
    const before = group[index - 1]?.dump;
    return (
      before === undefined ||
      one.dump.max_used !== before.max_used ||
      one.dump.chunks !== before.chunks ||
      listed(one.dump) !== listed(before)
    );
  });
}

/** Those of the dumps that have the value, smallest first. */
function sortedBy(group: readonly PlacedDump[], value: (dump: Dump) => number | null): PlacedDump[] {
  return group
    .flatMap((one) => {
      const key = value(one.dump);
      return key === null ? [] : [{ one, key }];
    })
    .sort((a, b) => a.key - b.key)
    .map(({ one }) => one);
}

/** One process of Kamailio with two pids: it was started twice, and max_used begins again. */
function showsRestart(group: readonly PlacedDump[]): boolean {
  const pids = new Map<number, number>();
  return group.some(({ dump: { process_index, pid } }) => {
    if (process_index === null || pid === null) return false;
    const known = pids.get(process_index);
    pids.set(process_index, pid);
    return known !== undefined && known !== pid;
  });
}

/** Less than this share of what every other dump holds: Kamailio had freed it, since it was stopping, or it was started anew. */
const STOPPING_SHARE = 0.5;

/** The dump at a shutdown is no later state of the same server: after the others it would hide all that grew. */
function withoutShutdown({ dumps, warnings }: Ordered): Ordered {
  const last = dumps.at(-1);
  const others = dumps.slice(0, -1);
  if (last === undefined || others.length < 2) return { dumps, warnings };
  const least = Math.min(...others.map(({ dump }) => listed(dump)));
  if (listed(last.dump) >= STOPPING_SHARE * least) return { dumps, warnings };
  const why = `${nameOf(last)} holds less than half of every dump before it, as at a shutdown or after a restart: it was left out`;
  return { dumps: others, warnings: [...warnings, why] };
}

function listed(dump: Dump): number {
  return dump.allocated_bytes ?? dump.sites.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Of a long row of dumps the first and the newest ones. */
function bounded({ dumps, warnings }: Ordered): Ordered {
  if (dumps.length <= MAX_DUMPS) return { dumps, warnings };
  const kept = [...dumps.slice(0, 1), ...dumps.slice(1 - MAX_DUMPS)];
  return {
    dumps: kept,
    warnings: [...warnings, `of ${dumps.length} dumps the first and the last ${MAX_DUMPS - 1} were compared`],
  };
}

/** Of the dumps of one moment, the one that says most. */
function oneAMoment(group: readonly PlacedDump[]): PlacedDump[] {
  const kept: PlacedDump[] = [];
  for (const one of group) {
    const last = kept.at(-1);
    if (last === undefined || !isSameMoment(last, one)) kept.push(one);
    else if (saysMore(one.dump, last.dump)) kept[kept.length - 1] = one;
  }
  return kept;
}

function nameOf({ text, dump }: PlacedDump): string {
  return `${text}:${dump.first_line}`;
}

function isSameMoment(a: PlacedDump, b: PlacedDump): boolean {
  if (a.text !== b.text || a.dump.form === b.dump.form) return false;
  if (a.dump.taken_at === null || b.dump.taken_at === null) return true;
  return Math.abs(Date.parse(b.dump.taken_at) - Date.parse(a.dump.taken_at)) <= ONE_MOMENT_MS;
}

function saysMore(a: Dump, b: Dump): boolean {
  if (a.complete !== b.complete) return a.complete;
  return countsChunks(a) && !countsChunks(b);
}

const countsChunks = (dump: Dump) => dump.sites.every(({ count }) => count !== null);
