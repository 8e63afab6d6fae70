/** Which of the dumps can be compared, and their comparisons: of each pool, of each process, oldest first, one dump a moment. */
import type { Dump } from "../../kamailio/dump/dump.js";
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

/** The most telling one first: what is not ok before what is, shm before pkg, then by growth. */
export function compareAll(placed: readonly PlacedDump[]): AnalysedComparison[] {
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
    const moments = oneAMoment(inOrder(group));
    if (moments.length < 2) continue;
    const names = moments.map(({ text, dump }) => `${text}:${dump.first_line}`);
    comparisons.push({ ...compareDumps(moments.map(({ dump }) => dump), { labels: names }), dump_names: names });
  }
  return comparisons
    .sort((a, b) => Number(a.ok) - Number(b.ok) || rank(a) - rank(b) || b.totals.bytes_delta - a.totals.bytes_delta)
    .slice(0, MAX_COMPARISONS);
}

function rank({ pool }: AnalysedComparison): number {
  return pool === "shm" ? 0 : 1;
}

/** The shared pool is one; private pools are told apart by process. */
function groupOf(dump: Dump): string {
  if (dump.pool === "pkg") return `pkg ${dump.process ?? dump.process_index ?? dump.pid}`;
  return dump.pool ?? "";
}

/** By their times where all of them have one; else as they were given. */
function inOrder(group: readonly PlacedDump[]): PlacedDump[] {
  if (group.some(({ dump }) => dump.taken_at === null)) return [...group];
  return [...group].sort((a, b) => Date.parse(a.dump.taken_at ?? "") - Date.parse(b.dump.taken_at ?? ""));
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
