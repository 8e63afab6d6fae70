/** Keeps what a log or an upload of counters shows of the running server in passing, so that nobody has to post it a second time as settings. */
import { createHash } from "node:crypto";
import type { Sighting } from "../../analysis/facts/evidence.js";
import type { Store } from "../../store/store.js";

/** Sightings among which one that is known already is looked for, newest first. */
const COMPARED = 20;

/**
 * Nothing is kept of what is known already.
 *
 * @param at epoch ms of what was seen
 */
export async function keepSighting(store: Store, instance: string, sighting: Sighting | null, at: number): Promise<void> {
  if (sighting === null) return;
  const known = await store.records.list<Sighting>(instance, ["sighting"], { after: null, limit: COMPARED });
  const text = JSON.stringify(sighting);
  // The newest says it, or it is the same moment of a log that was sent again.
  if (known.some(({ value, recorded_at }, index) => (index === 0 || recorded_at === at) && JSON.stringify(value) === text))
    return;
  await store.records.add<Sighting>({
    instance,
    kind: "sighting",
    recorded_at: at,
    content_hash: createHash("sha256").update(text).digest("base64url"),
    text: sighting.quote,
    value: sighting,
  });
}
