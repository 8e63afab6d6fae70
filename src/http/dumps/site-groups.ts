/** The sites of a dump in the order and at the grain that a caller wants: by site, function or module. */
import type { z } from "@hono/zod-openapi";
import type { Site } from "../../kamailio/dump/dump.js";
import { moduleLabel, siteKnowledge } from "../../kamailio/knowledge/sites.js";
import type { Pool } from "../../kamailio/pool.js";
import { knowledgeOnTheWire, type SiteSchema } from "./site-schema.js";

export type Grain = "site" | "function" | "module";
export type SiteOrder = "bytes" | "count";

/** A site, or several that were added up. A part that differs among them is `null`. */
interface Group extends Site {
  sites: number;
}

/** Groups with the most bytes, or chunks, first. */
export function groupSites(sites: readonly Site[], by: Grain, order: SiteOrder): Group[] {
  const groups = new Map<string, Group>();
  for (const [index, site] of sites.entries()) {
    const key = by === "site" ? `${index}` : groupKey(site, by);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, firstOf(site, by));
    else {
      group.bytes += site.bytes;
      group.count = group.count === null || site.count === null ? null : group.count + site.count;
      group.sites++;
      if (group.file !== site.file) group.file = null;
      if (group.line !== site.line) group.line = null;
    }
  }
  const other = order === "bytes" ? "count" : "bytes";
  return [...groups.values()].sort((a, b) => (b[order] ?? -1) - (a[order] ?? -1) || (b[other] ?? -1) - (a[other] ?? -1));
}

function groupKey(site: Site, by: Grain): string {
  const module = site.module === null ? "" : moduleLabel(site.module);
  return by === "module" ? module : `${module}\n${site.function}`;
}

function firstOf(site: Site, by: Grain): Group {
  const module = site.module === null ? null : moduleLabel(site.module);
  if (by === "module") return { ...site, module, file: null, function: null, line: null, sites: 1 };
  return { ...site, module, sites: 1 };
}

/** A group with what the catalogue knows. `total`: the bytes of all sites. */
export function siteOnTheWire(group: Group, pool: Pool | null, total: number): z.infer<typeof SiteSchema> {
  const { module, file, function: name, line, count, bytes, sites } = group;
  const known = name === null ? null : siteKnowledge({ module, function: name, file, pool });
  return {
    site: siteName(group),
    module,
    file,
    function: name,
    line,
    count,
    bytes,
    share: total > 0 ? Math.min(1, bytes / total) : 0,
    sites,
    start_up: known === null ? null : known.lifetime === "startup" && !known.runtime_too,
    knowledge: knowledgeOnTheWire(known),
  };
}

/** As Kamailio prints it: `module: file: function(line)`, without what is not known. */
function siteName({ module, file, function: name, line }: Site): string {
  if (name === null) return [module, file].filter((part) => part !== null).join(": ") || "unknown";
  return [module, file, line === null ? `${name}()` : `${name}(${line})`].filter((part) => part !== null).join(": ");
}
