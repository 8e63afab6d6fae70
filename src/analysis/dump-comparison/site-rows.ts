/**
 * Lays the sites of several dumps side by side: the same site in each, although lines, paths or the form of the dump may have changed.
 *
 * Within one build the whole key is exact. Between releases lines move and 5.0 put `core/` before the core's files; `mod.mem_statsx` prints
 * no file, `mod.stats` neither file nor count. Then the finest key that all dumps agree on is taken, function by function.
 */
import type { Dump, Site } from "../../kamailio/dump/dump.js";
import { baseName, moduleLabel } from "../../kamailio/knowledge/sites.js";

/**
 * How a site was found again: by its whole key; by module, file name, function and line; by module, function and line; by module and
 * function alone, its lines added up.
 */
export type Match = "exact" | "file_name" | "line" | "function";

export interface SiteRow {
  module: string | null;
  file: string | null;
  function: string | null;
  /** `null` also when several lines were added up. */
  line: number | null;
  matched: Match;
  /** One value a dump, in the order given; 0 where the site is not in the dump. Counts are `null` where the form prints none. */
  counts: (number | null)[];
  bytes: number[];
}

const LEVELS: readonly { match: Match; key: (site: Site) => string | null }[] = [
  { match: "exact", key: (site) => (site.file === null || site.line === null ? null : `${site.file}:${site.line}`) },
  {
    match: "file_name",
    key: (site) => (site.file === null || site.line === null ? null : `${baseName(site.file)}:${site.line}`),
  },
  { match: "line", key: (site) => (site.line === null ? null : `${site.line}`) },
  { match: "function", key: () => "" },
];

/**
 * Two dumps of one build share nearly all of their sites: the start-up sites alone are most of them. Below this share the lines moved.
 * (Dumps of one process a few minutes apart share 93 to 100 % in the incidents at hand; two minor releases share under 40 %.)
 */
const SAME_BUILD_SHARE = 0.8;

/** Rows in no order. */
export function siteRows(dumps: readonly Dump[]): SiteRow[] {
  const oneBuild = dumps.every((dump, index) => index === 0 || sharedKeys(dumps[index - 1] as Dump, dump) >= SAME_BUILD_SHARE);
  return [...byFunction(dumps).values()].flatMap((sites) => rowsOfFunction(sites, oneBuild));
}

const fullKey = (site: Site) => `${moduleLabel(site.module ?? "")}|${site.function}|${site.file}|${site.line}`;

/** Share of the smaller dump's sites that the other one has with their whole key. */
function sharedKeys(a: Dump, b: Dump): number {
  const [few, many] = a.sites.length <= b.sites.length ? [a, b] : [b, a];
  if (few.sites.length === 0) return 1;
  const keys = new Set(many.sites.map(fullKey));
  return few.sites.filter((site) => keys.has(fullKey(site))).length / few.sites.length;
}

/** For each module and function: its sites in each dump. */
function byFunction(dumps: readonly Dump[]): Map<string, Site[][]> {
  const functions = new Map<string, Site[][]>();
  dumps.forEach((dump, index) => {
    for (const site of dump.sites) {
      const key = `${moduleLabel(site.module ?? "")}|${site.function}`;
      let sites = functions.get(key);
      if (!sites) {
        sites = dumps.map(() => []);
        functions.set(key, sites);
      }
      sites[index]?.push(site);
    }
  });
  return functions;
}

function rowsOfFunction(sites: readonly Site[][], oneBuild: boolean): SiteRow[] {
  const level = LEVELS.find(({ match, key }) => (match === "exact" && oneBuild ? printed(sites, key) : agrees(sites, key)));
  const { match, key } = level ?? (LEVELS[LEVELS.length - 1] as (typeof LEVELS)[number]);
  const rows = new Map<string, SiteRow>();
  sites.forEach((dumpSites, index) => {
    for (const site of dumpSites) {
      const name = key(site) ?? "";
      let row = rows.get(name);
      if (!row) {
        row = emptyRow(site, match, sites.length);
        rows.set(name, row);
      } else if (row.line !== site.line) row.line = null;
      row.file = site.file ?? row.file;
      row.bytes[index] = (row.bytes[index] ?? 0) + site.bytes;
      const before = row.counts[index];
      row.counts[index] = before === null || before === undefined || site.count === null ? null : before + site.count;
    }
  });
  return [...rows.values()];
}

const printed = (sites: readonly Site[][], key: (site: Site) => string | null) =>
  sites.every((ofDump) => ofDump.every((site) => key(site) !== null));

/**
 * A key is fine enough when no two neighbouring dumps each miss a site of the other: a site may come or go, but one that goes while
 * another comes has moved.
 */
function agrees(sites: readonly Site[][], key: (site: Site) => string | null): boolean {
  if (!printed(sites, key)) return false;
  return sites.every((later, index) => {
    const base = sites[index - 1];
    if (base === undefined) return true;
    const baseKeys = new Set(base.map(key));
    const laterKeys = new Set(later.map(key));
    return base.every((site) => laterKeys.has(key(site))) || later.every((site) => baseKeys.has(key(site)));
  });
}

function emptyRow(site: Site, matched: Match, dumps: number): SiteRow {
  return {
    module: site.module === null ? null : moduleLabel(site.module),
    file: site.file,
    function: site.function,
    line: site.line,
    matched,
    counts: Array.from({ length: dumps }, () => 0),
    bytes: Array.from({ length: dumps }, () => 0),
  };
}
