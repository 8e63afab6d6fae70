/** One site through several dumps: deltas, rates, shape, and what the catalogue says about it. */
import type { Dump } from "../../kamailio/dump/dump.js";
import { type SiteKnowledge, siteKnowledge } from "../../kamailio/knowledge/sites.js";
import { HOUR } from "../../kamailio/units.js";
import { type Growth, growthOf } from "./growth.js";
import { type Match, type SiteRow, siteRows } from "./site-rows.js";

export interface SiteDelta {
  /** As Kamailio prints it: `module: file: function(line)`, without what is not known. */
  site: string;
  module: string | null;
  file: string | null;
  function: string | null;
  line: number | null;
  /** How it was found again in the other dumps. */
  matched: Match;
  base_count: number | null;
  later_count: number | null;
  count_delta: number | null;
  base_bytes: number;
  later_bytes: number;
  bytes_delta: number;
  /** `null` when the dumps carry no times. */
  count_per_hour: number | null;
  bytes_per_hour: number | null;
  /** One value a dump. */
  counts: (number | null)[];
  bytes: number[];
  growth: Growth;
  /** Part of the floor that every start builds: unchanged since the first dump, or known to be allocated at start alone. */
  start_up: boolean;
  knowledge: SiteKnowledge | null;
}

/** Ordered by growth in bytes, largest first. */
export function siteDeltas(dumps: readonly Dump[]): SiteDelta[] {
  const times = dumps.map(({ taken_at }) => (taken_at === null ? null : Date.parse(taken_at)));
  const hours = dumps.slice(1).map((_, index) => hoursBetween(times[index], times[index + 1]));
  const total = hoursBetween(times[0], times[times.length - 1]);
  const pool = dumps.find((dump) => dump.pool !== null)?.pool ?? null;
  return siteRows(dumps)
    .map((row) => deltaOf(row, hours, total, pool))
    .sort((a, b) => b.bytes_delta - a.bytes_delta || b.later_bytes - a.later_bytes || a.site.localeCompare(b.site));
}

/** Positive hours, or `null`: a base that is newer gives no rate. */
export function hoursBetween(from: number | null | undefined, to: number | null | undefined): number | null {
  if (from === null || from === undefined || to === null || to === undefined || !(to > from)) return null;
  return (to - from) / HOUR;
}

function deltaOf(row: SiteRow, hours: readonly (number | null)[], total: number | null, pool: Dump["pool"]): SiteDelta {
  const { module, file, line, matched, counts, bytes } = row;
  const base_count = counts[0] ?? null;
  const later_count = counts[counts.length - 1] ?? null;
  const count_delta = base_count === null || later_count === null ? null : later_count - base_count;
  const base_bytes = bytes[0] ?? 0;
  const later_bytes = bytes[bytes.length - 1] ?? 0;
  const bytes_delta = later_bytes - base_bytes;
  const knowledge = siteKnowledge({ module, function: row.function, file, pool });
  const growth = growthOf(row, hours);
  return {
    site: siteName(row),
    module,
    file,
    function: row.function,
    line,
    matched,
    base_count,
    later_count,
    count_delta,
    base_bytes,
    later_bytes,
    bytes_delta,
    count_per_hour: count_delta === null || total === null ? null : count_delta / total,
    bytes_per_hour: total === null ? null : bytes_delta / total,
    counts,
    bytes,
    growth,
    start_up: growth.shape === "constant" || (knowledge?.lifetime === "startup" && !knowledge.runtime_too && bytes_delta <= 0),
    knowledge,
  };
}

function siteName({ module, file, function: name, line }: SiteRow): string {
  const place = `${name ?? "?"}${line === null ? "()" : `(${line})`}`;
  return [module, file, place].filter((part) => part !== null).join(": ");
}
