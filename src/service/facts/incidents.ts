/** Loads the incidents of an instance, page by page: one that was left out could be the one that explains the rest. */
import type { IncidentCursor, StoredIncident } from "../../store/incidents.js";
import type { Store } from "../../store/store.js";

const PAGE = 500;
/**
 * Incidents of one instance that are looked at: kinds, places and hours of silence between them make one, so that a real instance has some
 * hundreds in years. Beyond it the newest count.
 */
const MOST = 20_000;

/** Newest first. */
export async function allIncidents(store: Store, instance: string): Promise<StoredIncident[]> {
  const found: StoredIncident[] = [];
  let after: IncidentCursor | null = null;
  while (found.length < MOST) {
    const page = await store.incidents.list(instance, {}, { after, limit: PAGE });
    found.push(...page);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    after = { ended_at: last.ended_at, id: last.id };
  }
  return found;
}
