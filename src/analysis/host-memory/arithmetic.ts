/** The sums behind the judgement, so that they can be checked by hand. */
import { mb } from "../../kamailio/units.js";
import type { Case } from "./case.js";
import { PRIVATE_BASE_BYTES } from "./kamailio-share.js";

/** One sum: `bytes` is the result of `detail`. */
export interface Sum {
  label: string;
  bytes: number;
  detail: string;
}

/** A share in per cent, as docker prints it. */
export const share = (part: number) => `${(100 * part).toFixed(1)} %`;

export function arithmeticOf({ host, shares, groups, kamailio, growth, context }: Case): Sum[] {
  const lines: Sum[] = [];
  const add = (label: string, bytes: number | null | undefined, detail: string) => {
    if (bytes !== null && bytes !== undefined) lines.push({ label, bytes, detail });
  };
  add(
    "pools at most",
    kamailio.pools_limit,
    `-m ${mb(context.shm_size_bytes ?? 0)} once + -M ${mb(context.pkg_size_bytes ?? 0)} x ${kamailio.processes} processes`,
  );
  add("RSS added up", kamailio.rss_sum, `over ${kamailio.processes} processes; counts the shm pool in each of them`);
  add(
    "Kamailio resident",
    kamailio.resident,
    kamailio.method === "pss"
      ? "sum of Pss: shared pages divided among those who share them"
      : kamailio.method === "anon_and_shmem"
        ? "RssAnon of each process + the largest RssShmem + the largest RssFile: the shm pool once (pages not written since the fork still count in each)"
        : `RSS added up - the shm pool for all but one process: an estimate, between ${mb(kamailio.lowest ?? 0)} and ${mb(kamailio.rss_sum ?? 0)}`,
  );
  add(
    "shm pool touched",
    kamailio.shm_touched,
    context.shm_size_bytes == null ? "-m is not recorded" : `of ${mb(context.shm_size_bytes)}`,
  );
  add(
    "beyond the pools",
    kamailio.beyond_pools,
    kamailio.pkg_known
      ? `private memory - ${mb(context.pkg_size_bytes ?? 0)} - ${mb(PRIVATE_BASE_BYTES)}, where positive`
      : `private memory - the largest pkg pool in use anywhere - ${mb(PRIVATE_BASE_BYTES)}, where positive: -M is not recorded`,
  );
  for (const { name, source, used, limit } of groups)
    add(
      `${name ?? source} as a whole`,
      used,
      limit === null ? "no limit is shown" : `${share(used / limit)} of its limit of ${mb(limit)}`,
    );
  if (host && shares) {
    add("not free", shares.not_free, `${mb(host.total)} total - ${mb(host.free)} free`);
    add("page cache", shares.page_cache, "Cached - Shmem + Buffers");
    add("reclaimable slab", shares.reclaimable_slab, "SReclaimable");
    add(
      "available",
      shares.available,
      shares.available_source === "MemAvailable" ? "MemAvailable" : "free + page cache + reclaimable slab (estimate)",
    );
    add("swap used", shares.swap_used, "SwapTotal - SwapFree");
  }
  const { free_fell, ...grown } = growth;
  for (const [name, bytes] of Object.entries(grown))
    add(`growth of ${name.replaceAll("_", " ")}`, bytes, "last reading - first reading");
  add("fall of the host's free memory", free_fell, "first reading - last reading");
  return lines;
}
