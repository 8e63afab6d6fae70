/** Compares recorded dumps: loads their sites, and the counters that say how many objects there should be. */
import type { Reach } from "../../analysis/commands/reach.js";
import { compareDumps, type DumpComparison } from "../../analysis/dump-comparison/dump-comparison.js";
import type { Dump } from "../../kamailio/dump/dump.js";
import { MINUTE } from "../../kamailio/units.js";
import type { StoredDump } from "../../store/dumps.js";
import type { Store } from "../../store/store.js";
import { trustedTimes } from "./dump-times.js";

/** `dumps`: oldest first, with the names of their processes. */
export async function compareStored(
  store: Store,
  instance: string,
  dumps: readonly StoredDump[],
  reach: Reach,
): Promise<{ comparison: DumpComparison; labels: string[] }> {
  const times = trustedTimes(dumps);
  const whole: Dump[] = [];
  for (const [index, dump] of dumps.entries()) {
    const sites = (await store.dumps.sites(instance, dump.id)) ?? [];
    whole.push({ ...dump, taken_at: times.taken_at[index] ?? null, sites });
  }
  const labels = dumps.map((dump) => dump.id);
  const populations = await populationsAt(store, instance, dumps.at(-1)?.taken_at ?? 0);
  const judged = compareDumps(whole, { labels, populations, reach });
  return { comparison: { ...judged, warnings: [...judged.warnings, ...times.warnings] }, labels };
}

/** A counter says how many objects a dump should hold only if it was read about when the dump was taken. Milliseconds. */
const SAME_MOMENT = 5 * MINUTE;

/** The load counters by their stable names; which of them counts the objects of a site, the catalogue of sites says. */
async function populationsAt(store: Store, instance: string, at: number): Promise<Record<string, number>> {
  const [sample] = await store.usage.latest(instance, at + SAME_MOMENT, 1);
  if (sample === undefined || Math.abs(sample.at - at) > SAME_MOMENT) return {};
  return sample.sample.load;
}
