/** Where a host's memory is: reclaimable slab, page cache, anonymous memory, the rest of the kernel; and whether it is truly short. */
import type { HostFigures } from "../../kamailio/host-memory/reading.js";

export interface HostShares {
  /** total - free: what `free` and monitoring call used, caches included. */
  not_free: number;
  /** Page cache that can be dropped: Cached without shared memory, plus buffers; `null` when the text does not print them. */
  page_cache: number | null;
  reclaimable_slab: number | null;
  /** What can be had without swapping: MemAvailable, or an estimate on kernels before 3.14. */
  available: number;
  available_source: "MemAvailable" | "estimate";
  swap_used: number | null;
}

/**
 * Cached counts shared memory, which drop_caches cannot drop: Kamailio's shm pool is in it. `free` of today puts reclaimable slab into
 * buff/cache, so there the two cannot be told apart.
 */
export function hostShares(host: HostFigures): HostShares {
  const { total, free, cached, buffers, shmem, slab_reclaimable } = host;
  const page_cache = cached === null ? null : Math.max(0, cached - (shmem ?? 0)) + (buffers ?? 0);
  const estimate = free + (page_cache ?? 0) + (slab_reclaimable ?? 0);
  return {
    not_free: total - free,
    page_cache,
    reclaimable_slab: slab_reclaimable,
    available: host.available ?? estimate,
    available_source: host.available === null ? "estimate" : "MemAvailable",
    swap_used: host.swap_total === null || host.swap_free === null ? null : host.swap_total - host.swap_free,
  };
}
