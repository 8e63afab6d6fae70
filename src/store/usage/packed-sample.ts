/** A raw sample as one packed row: MessagePack of numbers alone, with what can be computed left out, a few hundred bytes for a dozen processes. */
import { pack, unpack } from "msgpackr";
import type { PkgCounters, ShmCounters, UsageSample } from "../../kamailio/sample.js";
import { timestamp } from "../../kamailio/units.js";
import type { Entity } from "./entity.js";

type N = number | null;
/** total, free less what follows from the others, used, real_used, max_used, fragments */
type PackedShm = [N, N, N, N, N, N];
/**
 * uptime, shm, then flat: seven numbers a process, two a load counter; and two, place and rank, for each process whose rank is not the one of
 * its entity (a process keeps its description when a changed configuration moves its rank)
 */
type PackedSample = [N, PackedShm | null, N[], N[], N[]?];

const PKG_WIDTH = 7;

/** `processes` and `load` are entity numbers in the order of the sample's rows and counters; `null` leaves one out. */
export function packSample(
  sample: UsageSample,
  processes: readonly N[],
  load: readonly N[],
  entities: ReadonlyMap<number, Entity>,
): Uint8Array {
  const { shm } = sample;
  const packedShm: PackedShm | null =
    shm === null
      ? null
      : [shm.total, lessExpected(shm.free, shm.total, shm.real_used), shm.used, shm.real_used, shm.max_used, shm.fragments];
  const rows: N[] = [];
  const ranks: N[] = [];
  let pid = 0;
  let size = 0;
  for (const [index, row] of sample.pkg.entries()) {
    const entity = processes[index] ?? null;
    if (entity === null) continue;
    if (row.rank !== (entities.get(entity)?.rank ?? null)) ranks.push(rows.length / PKG_WIDTH, row.rank);
    const free = lessExpected(row.free, row.total_size, row.real_used);
    rows.push(
      entity,
      row.pid - pid,
      row.used,
      free,
      row.real_used,
      row.total_size === null ? null : row.total_size - size,
      row.total_frags,
    );
    pid = row.pid;
    size = row.total_size ?? size;
  }
  const counters: N[] = [];
  for (const [index, value] of Object.values(sample.load).entries()) {
    const entity = load[index] ?? null;
    if (entity !== null) counters.push(entity, value);
  }
  const packed: PackedSample = [sample.uptime, packedShm, rows, counters];
  if (ranks.length > 0) packed.push(ranks);
  return pack(packed);
}

export function unpackSample(packed: Uint8Array, at: number, entities: ReadonlyMap<number, Entity>): UsageSample {
  const [uptime, shm, rows, counters, ranks = []] = unpack(packed) as PackedSample;
  return {
    at: timestamp(at),
    uptime,
    shm: shm === null ? null : unpackShm(shm),
    pkg: withRanks(unpackRows(rows, entities), ranks),
    load: unpackLoad(counters, entities),
  };
}

function unpackShm([total, free, used, real_used, max_used, fragments]: PackedShm): ShmCounters {
  return { total, free: plusExpected(free, total, real_used), used, real_used, max_used, fragments };
}

function unpackRows(rows: readonly N[], entities: ReadonlyMap<number, Entity>): PkgCounters[] {
  const pkg: PkgCounters[] = [];
  let pid = 0;
  let size = 0;
  for (let start = 0; start + PKG_WIDTH <= rows.length; start += PKG_WIDTH) {
    const entity = entities.get(rows[start] ?? -1);
    pid += rows[start + 1] ?? 0;
    const sizeStep = rows[start + 5] ?? null;
    if (sizeStep !== null) size += sizeStep;
    const total_size = sizeStep === null ? null : size;
    const real_used = rows[start + 4] ?? null;
    pkg.push({
      pid,
      rank: entity?.rank ?? null,
      used: rows[start + 2] ?? null,
      free: plusExpected(rows[start + 3] ?? null, total_size, real_used),
      real_used,
      total_size,
      total_frags: rows[start + 6] ?? null,
      desc: entity?.description ?? null,
    });
  }
  return pkg;
}

function withRanks(pkg: PkgCounters[], ranks: readonly N[]): PkgCounters[] {
  for (let start = 0; start + 1 < ranks.length; start += 2) {
    const row = pkg[ranks[start] ?? -1];
    if (row !== undefined) row.rank = ranks[start + 1] ?? null;
  }
  return pkg;
}

function unpackLoad(counters: readonly N[], entities: ReadonlyMap<number, Entity>): Record<string, number> {
  const load: Record<string, number> = {};
  for (let start = 0; start + 1 < counters.length; start += 2) {
    const name = entities.get(counters[start] ?? -1)?.key;
    const value = counters[start + 1] ?? null;
    if (name !== undefined && value !== null) load[name] = value;
  }
  return load;
}

/** `free` is nearly always what the pool's size leaves, and then packs into one byte. */
function lessExpected(free: N, total: N, realUsed: N): N {
  return free === null || total === null || realUsed === null ? free : free - (total - realUsed);
}

function plusExpected(free: N, total: N, realUsed: N): N {
  return free === null || total === null || realUsed === null ? free : free + (total - realUsed);
}
