/**
 * Which dumps are states of one pool or process after one another, and in which order: what can be compared shows whether something grows. The
 * comparisons of an analysis, the report and the known bugs look at the same series.
 */
import type { Dump } from "../../kamailio/dump/dump.js";
import { SECOND } from "../../kamailio/units.js";

/** What the order of a dump is told by. */
export type SeriesDump = Pick<
  Dump,
  "pool" | "pid" | "process" | "process_index" | "form" | "taken_at" | "max_used" | "chunks" | "allocated_bytes" | "complete"
>;

/** A dump, and the upload or text that it came with. */
export interface Placed<Of extends SeriesDump> {
  text: string;
  dump: Of;
}

export interface DumpSeries<Item> {
  /** Oldest first, one a moment. */
  dumps: Item[];
  /** What weakens the order, and what was left out. */
  warnings: string[];
}

/** Dumps of one process that were begun within so many milliseconds are one moment seen in two forms: the list and its sums. */
const ONE_MOMENT_MS = 5 * SECOND;

/** @param placed in the order in which they came @param nameOf how a warning names one */
export function dumpSeries<Item extends Placed<SeriesDump>>(
  placed: readonly Item[],
  nameOf: (item: Item) => string,
): DumpSeries<Item>[] {
  const groups = new Map<string, Item[]>();
  for (const one of placed) {
    const key = groupOf(one.dump);
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return [...groups.values()].map((group) => withoutShutdown(inOrder(oneAMoment(group)), nameOf));
}

/** Of one pool or process; the newest show whether it still grows. */
const DUMPS_OF_ONE = 6;
/** Dumps that are looked into: a shutdown alone leaves one of each process. */
const MOST_DUMPS = 40;

/** The newest dumps of each series, oldest first; those that can be compared with another one come first. */
export function chooseDumps<Item extends Placed<SeriesDump>>(placed: readonly Item[]): Item[] {
  return dumpSeries(placed, ({ text }) => text)
    .map(({ dumps }) => dumps.slice(-DUMPS_OF_ONE))
    .sort((a, b) => Number(b.length > 1) - Number(a.length > 1))
    .flat()
    .slice(0, MOST_DUMPS);
}

/** The shared pool is one; private pools are told apart by process. */
function groupOf({ pool, pid, process, process_index }: SeriesDump): string {
  return pool === "pkg" ? `pkg ${pid ?? process ?? process_index}` : (pool ?? "");
}

/**
 * By their times where all of them have one. Without, by max_used, a peak that never falls while a process lives: shells hand over files by name,
 * `dump-end` before `dump-start`. Where neither is there, as they were given.
 */
function inOrder<Item extends Placed<SeriesDump>>(group: readonly Item[]): DumpSeries<Item> {
  const byTime = sortedBy(group, ({ taken_at }) => (taken_at === null ? null : Date.parse(taken_at)));
  if (byTime.length === group.length) return { dumps: byTime, warnings: [] };
  const byPeak = sortedBy(group, ({ max_used }) => max_used);
  if (byPeak.length >= 2 && !showsRestart(byPeak)) {
    const turned = byPeak.some((one, index) => index > 0 && group.indexOf(one) < indexBefore(group, byPeak, index));
    return {
      dumps: withoutRepeats(byPeak),
      warnings: turned ? ["no times: the dumps were put in the order of max_used, which never falls"] : [],
    };
  }
  return { dumps: withoutRepeats(group), warnings: ["no times: the dumps were compared in the order in which they were given"] };
}

function indexBefore<Item>(group: readonly Item[], sorted: readonly Item[], index: number): number {
  const before = sorted[index - 1];
  return before === undefined ? -1 : group.indexOf(before);
}

/** Without times, two dumps with the same figures are one moment: an interval in which nothing happened would hide what grows in all others. */
function withoutRepeats<Item extends Placed<SeriesDump>>(group: readonly Item[]): Item[] {
  return group.filter((one, index) => {
    const before = group[index - 1]?.dump;
    return (
      before === undefined ||
      one.dump.max_used !== before.max_used ||
      one.dump.chunks !== before.chunks ||
      one.dump.allocated_bytes !== before.allocated_bytes
    );
  });
}

/** Those of the dumps that have the value, smallest first. */
function sortedBy<Item extends Placed<SeriesDump>>(group: readonly Item[], value: (dump: SeriesDump) => number | null): Item[] {
  return group
    .flatMap((one) => {
      const key = value(one.dump);
      return key === null ? [] : [{ one, key }];
    })
    .sort((a, b) => a.key - b.key)
    .map(({ one }) => one);
}

/** One process of Kamailio with two pids: it was started twice, and max_used begins again. */
function showsRestart(group: readonly Placed<SeriesDump>[]): boolean {
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
function withoutShutdown<Item extends Placed<SeriesDump>>(
  series: DumpSeries<Item>,
  nameOf: (item: Item) => string,
): DumpSeries<Item> {
  const { dumps, warnings } = series;
  const last = dumps.at(-1);
  const others = dumps.slice(0, -1);
  if (last === undefined || others.length < 2) return series;
  const held = others.flatMap(({ dump }) => dump.allocated_bytes ?? []);
  const holds = last.dump.allocated_bytes;
  if (holds === null || held.length < others.length || holds >= STOPPING_SHARE * Math.min(...held)) return series;
  const why = `${nameOf(last)} holds less than half of every dump before it, as at a shutdown or after a restart: it was left out`;
  return { dumps: others, warnings: [...warnings, why] };
}

/** Of the dumps of one moment, the one that says most. */
function oneAMoment<Item extends Placed<SeriesDump>>(group: readonly Item[]): Item[] {
  const kept: Item[] = [];
  for (const one of group) {
    const last = kept.at(-1);
    if (last === undefined || !isSameMoment(last, one)) kept.push(one);
    else if (saysMore(one.dump, last.dump)) kept[kept.length - 1] = one;
  }
  return kept;
}

function isSameMoment(a: Placed<SeriesDump>, b: Placed<SeriesDump>): boolean {
  if (a.text !== b.text || a.dump.form === b.dump.form) return false;
  if (a.dump.taken_at === null || b.dump.taken_at === null) return true;
  return Math.abs(Date.parse(b.dump.taken_at) - Date.parse(a.dump.taken_at)) <= ONE_MOMENT_MS;
}

function saysMore(a: SeriesDump, b: SeriesDump): boolean {
  if (a.complete !== b.complete) return a.complete;
  // `mod.stats` alone counts no chunks.
  return a.form !== "mod_stats" && b.form === "mod_stats";
}
