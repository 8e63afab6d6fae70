/** What is recorded about an instance that helps to read its counters: the release, which decides what was cut to 32 bits, and `-m`. */
import { LRUCache } from "lru-cache";
import type { Sighting } from "../../analysis/facts/evidence.js";
import { shown } from "../../analysis/facts/gather.js";
import type { Manager } from "../../kamailio/pool.js";
import type { Version } from "../../kamailio/version.js";
import type { Store } from "../../store/store.js";
import { instanceFacts } from "../facts/instance-facts.js";

export interface ReadingFacts {
  version: Version | null;
  shm_size_mb: number | null;
  pkg_size_mb: number | null;
  shm_manager: Manager | null;
  pkg_manager: Manager | null;
}

const NOTHING_KNOWN: ReadingFacts = { version: null, shm_size_mb: null, pkg_size_mb: null, shm_manager: null, pkg_manager: null };

/** Instances whose facts are kept ready. */
const CACHED_INSTANCES = 5_000;

/** Usage comes every minute, builds and settings hardly ever: the facts are worked out again only when something was recorded since. */
export class ReadingFactsCache {
  readonly #known = new LRUCache<string, { newest: string; facts: ReadingFacts }>({ max: CACHED_INSTANCES });

  async of(store: Store, instance: string): Promise<ReadingFacts> {
    const newest = await store.records.newestId(instance);
    if (newest === null) return NOTHING_KNOWN;
    const known = this.#known.get(instance);
    if (known?.newest === newest) return known.facts;
    const { version, settings } = await instanceFacts(store, instance);
    const facts: ReadingFacts = {
      version,
      shm_size_mb: shown(settings.shm_size_mb),
      pkg_size_mb: shown(settings.pkg_size_mb),
      shm_manager: shown(settings.shm_manager),
      pkg_manager: shown(settings.pkg_manager),
    };
    this.#known.set(instance, { newest, facts });
    return facts;
  }
}

/** Does the sighting say something that is not known? */
export function saysMore(sighting: Sighting, known: ReadingFacts): boolean {
  const news = <Value>(said: Value | null, already: Value | null) => said !== null && said !== already;
  return (
    news(sighting.version?.text ?? null, known.version?.text ?? null) ||
    news(sighting.shm_manager, known.shm_manager) ||
    news(sighting.pkg_manager, known.pkg_manager) ||
    news(sighting.shm_size_mb, known.shm_size_mb) ||
    news(sighting.pkg_size_mb, known.pkg_size_mb)
  );
}
