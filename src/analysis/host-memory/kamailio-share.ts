/**
 * How much memory Kamailio's processes really hold, shared pages counted once, and how much of it its pools can explain.
 *
 * The shm pool is one mapping that every process shows in its own RSS: adding up RSS counts it once for each process. The pkg pool is
 * malloc'ed before the fork, so each process has its own copy of the pages it wrote to. Both are reserved at start and touched as they are
 * used: resident memory rises to the pools' sizes without any leak, and never falls again.
 */
import type { HostMemoryReading, ProcessFigures } from "../../kamailio/host-memory/reading.js";
import { MB } from "../../kamailio/units.js";

export interface PoolSizes {
  shm_size_bytes: number | null;
  pkg_size_bytes: number | null;
  processes: number | null;
}

export interface KamailioShare {
  processes: number;
  /** Resident, shared pages once; `null` when nothing of Kamailio's processes is known. */
  resident: number | null;
  /** How `resident` was found. From `rss` alone it is an estimate: the shm pool counted as fully shared; the truth lies in [lowest, rss_sum]. */
  method: "pss" | "anon_and_shmem" | "rss" | null;
  lowest: number | null;
  /** What adding up RSS would say. */
  rss_sum: number | null;
  /** Touched part of the shm pool. */
  shm_touched: number | null;
  /** Largest private memory of one process. */
  largest_private: { pid: number | null; bytes: number } | null;
  /** -m plus -M for each process; `null` when a size is not known. */
  pools_limit: number | null;
  /** Private memory beyond the pkg pool and what every process has (libraries, stacks, start-up), over all processes. */
  beyond_pools: number | null;
  /** False: -M is not recorded, and `beyond_pools` counts what no -M in use explains. */
  pkg_known: boolean;
  /** The processes that hold it. */
  processes_beyond: { pid: number | null; name: string | null; private_bytes: number; beyond: number }[];
  swapped: number | null;
}

/**
 * libc heap, stacks and relocated library data that a process has beside its pools: 3 to 6 MB measured with stock modules on 5.6.3, several
 * times that with an embedded Lua or Python. Only more than this counts as growth outside the pools.
 */
export const PRIVATE_BASE_BYTES = 32 * MB;

/** A pkg pool beyond this is not run anywhere: what a process has more of its own is no pool, whatever -M is. */
const LARGEST_PKG_BYTES = 512 * MB;

export function kamailioShare({ processes }: Pick<HostMemoryReading, "processes">, sizes: PoolSizes): KamailioShare {
  const { shm_size_bytes: shm, pkg_size_bytes: pkg } = sizes;
  const count = Math.max(sizes.processes ?? 0, processes.length);
  const privates = processes.flatMap((process) => {
    const bytes = privateOf(process, shm);
    return bytes === null ? [] : [{ pid: process.pid, name: process.name, bytes }];
  });
  const beyond = privates
    .map(({ pid, name, bytes }) => ({
      pid,
      name,
      private_bytes: bytes,
      beyond: bytes - (pkg ?? LARGEST_PKG_BYTES) - PRIVATE_BASE_BYTES,
    }))
    .filter((process) => process.beyond > 0)
    .sort((a, b) => b.beyond - a.beyond);
  const largest = privates.reduce<(typeof privates)[number] | null>(
    (best, one) => (best && best.bytes >= one.bytes ? best : one),
    null,
  );
  return {
    processes: count,
    ...residentOnce(processes, shm),
    rss_sum: sumOrNull(processes, "rss"),
    shm_touched: maxOrNull(processes.map((process) => process.shm_mapping?.rss ?? process.rss_shmem)),
    largest_private: largest && { pid: largest.pid, bytes: largest.bytes },
    pools_limit: shm === null || pkg === null || count === 0 ? null : shm + pkg * count,
    pkg_known: pkg !== null,
    beyond_pools:
      (pkg === null && beyond.length === 0) || privates.length === 0
        ? null
        : beyond.reduce((sum, process) => sum + process.beyond, 0),
    processes_beyond: beyond.slice(0, 10),
    swapped: sumOrNull(processes, "swap"),
  };
}

/** pss adds up; else private parts plus the largest shared part; else an estimate from plain RSS. */
function residentOnce(
  processes: readonly ProcessFigures[],
  shm: number | null,
): Pick<KamailioShare, "resident" | "method" | "lowest"> {
  const pss = sumOrNull(processes, "pss");
  if (pss !== null) return { resident: pss, method: "pss", lowest: pss };
  const anon = sumOrNull(processes, "rss_anon");
  if (anon !== null) {
    const shmem = maxOrNull(processes.map(({ rss_shmem }) => rss_shmem)) ?? 0;
    const files = maxOrNull(processes.map(({ rss_file }) => rss_file)) ?? 0;
    return { resident: anon + shmem + files, method: "anon_and_shmem", lowest: shmem };
  }
  const rss = sumOrNull(processes, "rss");
  if (rss === null) return { resident: null, method: null, lowest: null };
  const largest = maxOrNull(processes.map((process) => process.rss)) ?? 0;
  // As much as the smallest process shows, and at most the whole pool, can be the shared pool in every one of them.
  const smallest = Math.min(...processes.map((process) => process.rss ?? 0));
  const shared = Math.min(shm ?? 0, smallest);
  return { resident: rss - shared * (processes.length - 1), method: "rss", lowest: largest };
}

/**
 * Memory of one process alone: anonymous pages, else the private pages of smaps, else what its RSS exceeds the whole shm pool by (a lower
 * bound, libraries included).
 */
function privateOf({ private_bytes, rss_anon, rss }: ProcessFigures, shm: number | null): number | null {
  return rss_anon ?? private_bytes ?? (rss === null || shm === null ? null : Math.max(0, rss - shm));
}

function sumOrNull(processes: readonly ProcessFigures[], field: "pss" | "rss" | "rss_anon" | "swap"): number | null {
  if (processes.length === 0) return null;
  let sum = 0;
  for (const process of processes) {
    const value = process[field];
    if (value === null) return null;
    sum += value;
  }
  return sum;
}

function maxOrNull(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}
