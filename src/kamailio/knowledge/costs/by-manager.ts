/** What something costs under each memory manager: the managers differ in what they keep beside a chunk. */
import type { Manager } from "../../pool.js";

/** Bytes. */
export type ByManager = Readonly<Record<Manager, number>>;

/** The cost under a manager; of q_malloc, the dearest, where the manager is not known. */
export function costUnder(cost: ByManager, manager: Manager | null): number {
  return cost[manager ?? "qm"];
}

/** The same under every manager: one array in one chunk. */
export function same(bytes: number): ByManager {
  return { qm: bytes, fm: bytes, tlsf: bytes };
}

/**
 * What each chunk takes beside what was asked for, in a build that keeps file and line (every packaged one since 4.4): an htable item of 120 bytes
 * takes 224, 192 and 176 on 5.6.3.
 */
export const CHUNK_OVERHEAD: ByManager = { qm: 104, fm: 72, tlsf: 56 };
