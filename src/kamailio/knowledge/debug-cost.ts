/** What memory debugging costs in memory on a 64-bit machine, a chunk and a pool (sizes of the structures of each release's headers). */
import type { Manager } from "../pool.js";
import type { Version } from "../version.js";
import { factAt, QM_OVERHEAD, type Row } from "./releases.js";

/** Bytes that a debug build needs more than a release build. */
export interface DebugCost {
  /** For each chunk, allocated or free. */
  per_chunk_bytes: number;
  /** Once a pool: the control block. For pkg that is once a process. */
  per_pool_bytes: number;
}

const FM_DEBUG_CHUNK: readonly Row<number>[] = [
  { since: "3.3.5", until: "4.3.7", value: 32, source: "mem/f_malloc.h@4.3.7" },
  { since: "4.4.0", until: "5.7.7", value: 40, source: "mem/f_malloc.h@4.4.0" },
  { since: "5.8.0", until: null, value: 32, source: "src/core/mem/f_malloc.h@5.8.0" },
];

/** alloc_info_t: file, function, module, line (mem/tlsf.c@4.3.7). Beside it, chunks below 56 bytes grow to 56. */
const TLSF_DEBUG_CHUNK_BYTES = 32;

/** `null` when the release or the manager is not known. */
export function debugCost(manager: Manager | null, version: Version | null): DebugCost | null {
  if (manager === null || version === null) return null;
  if (manager === "tlsf") return { per_chunk_bytes: TLSF_DEBUG_CHUNK_BYTES, per_pool_bytes: 0 };
  if (manager === "fm") {
    const bytes = factAt(FM_DEBUG_CHUNK, version);
    return bytes === null ? null : { per_chunk_bytes: bytes, per_pool_bytes: 0 };
  }
  const qm = factAt(QM_OVERHEAD, version);
  if (qm === null) return null;
  return {
    per_chunk_bytes: qm.debug_fragment - qm.release_fragment,
    per_pool_bytes: qm.debug_block - qm.release_block,
  };
}
