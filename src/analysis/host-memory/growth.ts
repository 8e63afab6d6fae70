/** What grew between the first and the last reading in one text. */
import type { HostMemoryReading, ProcessFigures } from "../../kamailio/host-memory/reading.js";
import { hostShares } from "./host-shares.js";

/** Bytes; `null` where there are not two readings. */
export interface Growth {
  slab_reclaimable: number | null;
  page_cache: number | null;
  /** Touched part of the shm pool. */
  shm_touched: number | null;
  /** Private memory of the processes that were read twice. */
  anon: number | null;
  /** What the host has free fell by so much. */
  free_fell: number | null;
  /** The largest growth of one process's address space, where its resident memory grew as well. */
  address_space: number | null;
}

/** The process whose address space grew most, and how its resident memory did; `null` when none was read twice. */
export function mostGrown({
  processes,
  earlier_processes,
}: Pick<HostMemoryReading, "processes" | "earlier_processes">): { pid: number | null; virtual: number; resident: number } | null {
  const grown = earlier_processes.flatMap((before) => {
    const after = processes.find(({ pid }) => pid === before.pid);
    const virtual = difference(before.virtual, after?.virtual);
    const resident = difference(before.rss, after?.rss);
    return virtual === null || resident === null ? [] : [{ pid: before.pid, virtual, resident }];
  });
  return grown.reduce<(typeof grown)[number] | null>((best, one) => (best && best.virtual >= one.virtual ? best : one), null);
}

export function growthBetween({ hosts, processes, earlier_processes }: HostMemoryReading): Growth {
  const first = hosts[0];
  const last = hosts[hosts.length - 1];
  const two = first !== undefined && last !== undefined && hosts.length > 1;
  const before = two ? hostShares(first) : null;
  const after = two ? hostShares(last) : null;
  const grown = mostGrown({ processes, earlier_processes });
  const latest = earlier_processes.flatMap(({ pid }) => processes.find((process) => process.pid === pid) ?? []);
  return {
    slab_reclaimable: difference(before?.reclaimable_slab, after?.reclaimable_slab),
    page_cache: difference(before?.page_cache, after?.page_cache),
    shm_touched: difference(touched(earlier_processes), touched(latest)) ?? (two ? difference(first.shmem, last.shmem) : null),
    anon: difference(privates(earlier_processes), privates(latest)),
    free_fell: two ? first.free - last.free : null,
    address_space: grown !== null && grown.resident > 0 ? grown.virtual : null,
  };
}

function difference(from: number | null | undefined, to: number | null | undefined): number | null {
  return from === null || from === undefined || to === null || to === undefined ? null : to - from;
}

function touched(processes: readonly ProcessFigures[]): number | null {
  const values = processes.map(({ rss_shmem, shm_mapping }) => shm_mapping?.rss ?? rss_shmem).filter((value) => value !== null);
  return values.length === 0 ? null : Math.max(...values);
}

function privates(processes: readonly ProcessFigures[]): number | null {
  const values = processes.map(({ rss_anon, private_bytes }) => rss_anon ?? private_bytes).filter((value) => value !== null);
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0);
}
