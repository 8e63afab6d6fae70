/** What memory debugging will cost this instance: bytes for the chunks seen, and the size to give the pool. */
import { debugCost } from "../../kamailio/knowledge/debug-cost.js";
import { factAt, QM_OVERHEAD } from "../../kamailio/knowledge/releases.js";
import type { Manager, Pool } from "../../kamailio/pool.js";
import type { Version } from "../../kamailio/version.js";

export interface PoolCost {
  pool: Pool;
  manager: Manager;
  per_chunk_bytes: number;
  /** The control block's growth; for pkg once a process. */
  per_pool_bytes: number;
  /** Chunks that the estimate is made for; `null` when none were seen. */
  chunks: number | null;
  /** chunks x per_chunk + per_pool; the floor `per_pool` alone when no chunks were seen. 64-bit. */
  total_bytes: number;
}

/** The cost of turning debugging on in one pool; `null` when release or manager is unknown. */
export function costOfDebugging(
  pool: Pool,
  manager: Manager | null,
  version: Version | null,
  chunks: number | null,
): PoolCost | null {
  const cost = debugCost(manager, version);
  if (cost === null || manager === null) return null;
  return { pool, manager, ...cost, chunks, total_bytes: cost.per_pool_bytes + cost.per_chunk_bytes * (chunks ?? 0) };
}

/**
 * The number of fragments (used and free) of a q_malloc pool, from its counters alone: real_used is used, plus the overhead of every
 * fragment, plus the control block. 5.6.3: (835760 - 509296 - 235152) / 104 = 878, which is what a walk counts.
 * `null` when it cannot be told, or when the counters do not add up (wrapped, or inflated by the realloc accounting bug).
 */
export function fragmentsFromCounters(
  counters: { used: number; real_used: number },
  version: Version | null,
  debug: boolean | null,
): number | null {
  const overhead = factAt(QM_OVERHEAD, version);
  if (overhead === null || debug === null) return null;
  const [fragment, block] = debug
    ? [overhead.debug_fragment, overhead.debug_block]
    : [overhead.release_fragment, overhead.release_block];
  const fragments = (counters.real_used - counters.used - block) / fragment;
  return fragments >= 1 && Number.isFinite(fragments) ? Math.round(fragments) : null;
}
