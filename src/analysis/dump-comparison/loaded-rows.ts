/**
 * What loaded data (dispatcher lists, dialplan rules, an address table ...) may explain of a site's growth. A reload builds the new list beside the old
 * one, so it at most doubles what the rows need; and one row of a table has one chunk at each of its sites, so the sites of one table bound each other.
 *
 *     pack_dest        200 ->    400      the rows, twice after a reload
 *     ds_set_attrs     200 -> 39,200      at most 800 are explained: 38,400 chunks are nobody's row
 */
import type { SiteKnowledge } from "../../kamailio/knowledge/sites.js";
import type { SiteDelta } from "./site-deltas.js";

/** What a reload or a larger table explains. */
const LOADED: ReadonlySet<SiteKnowledge["lifetime"]> = new Set(["data_load", "config_reload"]);
/** The old list is freed at the next reload only. */
const LISTS_AFTER_A_RELOAD = 2;
/** Chunks beyond the prediction that are not worth a word. */
const SLACK = 10;
/** A table of fewer rows had not been loaded yet; its first load multiplies it by anything. */
const LEAST_ROWS_OF_A_TABLE = 10;

export interface LoadedRows {
  /**
   * - `explained`: no more than a reload makes of what was there;
   * - `larger_table`: more, but all sites of the table grew alike, or there was no table before: rows were added, or whole lists are kept;
   * - `beyond`: more than the rows and one reload can hold.
   */
  finding: "explained" | "larger_table" | "beyond";
  why: string;
}

/** `null` when the site holds no loaded data. `deltas`: all sites of the same comparison. */
export function loadedRows(delta: SiteDelta, deltas: readonly SiteDelta[]): LoadedRows | null {
  const { knowledge, base_count, later_count, base_bytes, later_bytes, growth } = delta;
  if (knowledge === null || !LOADED.has(knowledge.lifetime)) return null;
  const counted = base_count !== null && later_count !== null;
  const [before, after] = counted ? [base_count, later_count] : [base_bytes, later_bytes];
  const doubled = LISTS_AFTER_A_RELOAD * before;
  if (after <= doubled + (counted ? SLACK : 0))
    return {
      finding: "explained",
      why: "a reload or a larger table explains growth: the list before is freed at the next reload",
    };
  const rows = counted ? rowsBeside(delta, deltas) : null;
  if (rows !== null && after > LISTS_AFTER_A_RELOAD * rows.count + SLACK)
    return {
      finding: "beyond",
      why: `${after} chunks, but ${rows.site} of the same table has ${rows.count}, and a reload at most doubles the rows`,
    };
  const unit = counted ? "" : " bytes";
  if (growth.shape === "steady" && before > 0)
    return {
      finding: "beyond",
      why: `a reload at most doubles ${before}${unit} of loaded rows, yet ${after}${unit} are held and more with each dump`,
    };
  if (rows === null && counted && before >= LEAST_ROWS_OF_A_TABLE)
    return { finding: "beyond", why: `a reload at most doubles ${before} chunks of loaded rows, yet ${after} are held` };
  return {
    finding: "larger_table",
    why: "a much larger table explains growth; if its rows did not grow, whole lists are kept: compare with the number of rows",
  };
}

/** The most chunks of another site that has one for each row of the same table. */
function rowsBeside(
  { site, module, knowledge }: SiteDelta,
  deltas: readonly SiteDelta[],
): { site: string; count: number } | null {
  const table = tableOf(knowledge);
  if (table === null) return null;
  let most: { site: string; count: number } | null = null;
  for (const other of deltas) {
    if (other.site === site || other.module !== module || other.later_count === null || tableOf(other.knowledge) !== table)
      continue;
    if (most === null || other.later_count > most.count) most = { site: other.function ?? other.site, count: other.later_count };
  }
  return most;
}

/** The counter of the rows, without what the catalogue adds in brackets; `null` where a row has no fixed number of chunks. */
function tableOf(knowledge: SiteKnowledge | null): string | null {
  if (knowledge === null || !LOADED.has(knowledge.lifetime) || knowledge.population?.per_object !== "1") return null;
  return knowledge.population.counter.replace(/ \(.*\)$/, "");
}
