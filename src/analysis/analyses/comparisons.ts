/** The comparisons of the dumps of each pool and process. */
import type { Dump } from "../../kamailio/dump/dump.js";
import type { Reach } from "../commands/reach.js";
import { compareDumps } from "../dump-comparison/dump-comparison.js";
import { type DumpSeries, dumpSeries, type Placed } from "../facts/dump-series.js";
import type { AnalysedComparison } from "./analysis.js";

/** A dump and the text that it stands in. */
export type PlacedDump = Placed<Dump>;

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
  const comparisons: AnalysedComparison[] = [];
  const listing = placed.filter(({ dump }) => dump.sites.length > 0);
  for (const series of dumpSeries(listing, nameOf)) {
    const { dumps, warnings } = bounded(series);
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

/** Of a long row of dumps the first and the newest ones. */
function bounded({ dumps, warnings }: DumpSeries<PlacedDump>): DumpSeries<PlacedDump> {
  if (dumps.length <= MAX_DUMPS) return { dumps, warnings };
  const kept = [...dumps.slice(0, 1), ...dumps.slice(1 - MAX_DUMPS)];
  return {
    dumps: kept,
    warnings: [...warnings, `of ${dumps.length} dumps the first and the last ${MAX_DUMPS - 1} were compared`],
  };
}

function nameOf({ text, dump }: PlacedDump): string {
  return `${text}:${dump.first_line}`;
}
