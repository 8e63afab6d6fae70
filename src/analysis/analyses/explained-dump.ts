/** A dump as it is shown: its largest sites with what the catalogue knows of them. */
import type { Dump, Site } from "../../kamailio/dump/dump.js";
import { siteKnowledge } from "../../kamailio/knowledge/sites.js";
import type { Pool } from "../../kamailio/pool.js";
import type { AnalysedDump, AnalysedSite, SiteExplanation } from "./analysis.js";

/** Sites of a dump that are explained: nobody reads further down, and the words would be longer than the figures. */
const EXPLAINED_SITES = 50;

/** @param most sites that are listed. */
export function explainedDump(dump: Dump, text: string, most: number): AnalysedDump {
  const sites = dump.sites.slice(0, most).map(
    (site, index): AnalysedSite => ({
      ...site,
      explanation: index < EXPLAINED_SITES ? explanationOf(site, dump.pool) : null,
    }),
  );
  return { text, ...dump, sites_total: dump.sites.length, sites };
}

function explanationOf(site: Site, pool: Pool | null): SiteExplanation | null {
  const known = siteKnowledge({ ...site, pool });
  if (known === null) return null;
  const { object, lifetime, freed_when, grows_with, sized_by, population, runtime_too } = known;
  const counter = population?.counter ?? null;
  return { object, lifetime, freed_when, grows_with, sized_by, start_up: lifetime === "startup" && !runtime_too, counter };
}
