/**
 * Judges the readings of the shared pool that belong to one moment: which one to believe, what a counter that was cut to 32 bits really was,
 * and when nothing proves it.
 *
 * Up to 5.6 `core.shmmem` prints each figure modulo 2^32, signed (core_cmd.c:499@3.3.5; 64 bits from core_cmd.c:612@5.7.0): a pool of
 * 3000 MB reads as -1149239296 and one of 5000 MB as 947912704, a plausible wrong number. `free + real_used = total` still holds then, so
 * only another counter can tell: `stats.*` (longs in every release), the same in kB, `shm.info`'s size or the `-m` that it runs with.
 */
import { SHM_STATS_IS_64_BIT } from "../knowledge/memory-reports.js";
import { factAt, SHMMEM_IS_64_BIT } from "../knowledge/releases.js";
import { BYTES_SHM_COMMAND, RIGHT_SHM_COMMAND } from "../knowledge/usage-commands.js";
import type { ShmCounters } from "../sample.js";
import { KB, MB } from "../units.js";
import type { Version } from "../version.js";
import type { ShmReading } from "./model.js";

/** What else is known about the pool. */
export interface ShmFacts {
  version: Version | null;
  /** Bytes of the pool by `-m` and `shm.info`; a size that does not fit the printed total proves nothing. */
  sizes: readonly number[];
}

export type Settled =
  | { ok: true; counters: ShmCounters; warnings: string[] }
  | { ok: false; line: number; reason: string; hint: string | null };

const TWO_32 = 2 ** 32;
/** tlsf's total is the pool without its control block: 80 bytes to a few kB (tlsf_malloc.c). */
const CONTROL_BLOCK = 64 * KB;
/** Kamailio's smallest control block and its first allocations: less is used by no running server. */
const LEAST_USED = 128 * KB;
const SIZES = ["total", "free", "used", "real_used", "max_used"] as const;

/** The counters in bytes that the readings of one moment prove, or the reason why there are none. The list is not empty. */
export function settleShm(readings: readonly ShmReading[], facts: ShmFacts): Settled {
  const bytes = readings.filter((reading) => reading.scale === 1 && !looksScaled(reading));
  const scaled = readings.filter((reading) => !bytes.includes(reading));
  if (bytes.length === 0) return settleScaled(scaled);
  let refused: Settled | null = null;
  for (const reading of [...bytes].sort((a, b) => preference(a) - preference(b))) {
    const settled = settleReading(reading, readings, facts);
    if (settled.ok) return settled;
    refused ??= settled;
  }
  return refused ?? settleScaled(scaled);
}

/** Counters of one instant under the allocator's lock first; `stats.*` are a snapshot that is refreshed once per timer tick. */
function preference({ source }: ShmReading): number {
  return ["core.shmmem", "shm.stats", "sample", "statistics", "metrics"].indexOf(source);
}

/** No pool is smaller than 1 MB and no server uses less than its control block: such numbers are kB, MB or GB. */
function looksScaled({ source, counters }: ShmReading): boolean {
  if (source !== "core.shmmem" || counters.total === null || counters.total < 0) return false;
  if (counters.total < MB) return true;
  const { free, used, real_used, max_used, total } = counters;
  if (real_used === null || used === null || free === null || real_used < 0) return false;
  if (real_used < LEAST_USED) return true;
  // Shifted figures lose their last bits apart; bytes are multiples of the allocators' alignment.
  const odd = [free, used, real_used, max_used ?? 0].filter((value) => value % 4 !== 0).length;
  return odd >= 2 && total - free - real_used === 1;
}

function settleScaled(scaled: readonly ShmReading[]): Settled {
  const kb = scaled.find(({ scale }) => scale === KB);
  if (kb !== undefined) {
    const counters = { ...kb.counters };
    for (const field of SIZES) counters[field] = counters[field] === null ? null : counters[field] * KB;
    return checked(counters, kb, ["`core.shmmem kb` is exact to 1 kB only"], CONTROL_BLOCK);
  }
  const first = scaled[0];
  const unit = first?.scale === MB ? "megabytes" : first?.scale === 1024 * MB ? "gigabytes" : "kilo-, mega- or gigabytes";
  const reason = `core.shmmem printed ${unit}, cut to whole ones: these are no bytes`;
  return { ok: false, line: first?.line ?? 1, reason, hint: BYTES_SHM_COMMAND };
}

/** Is a source free of the 32-bit cut? `null`: it depends on the release, which is not known. */
function isWide(reading: ShmReading, version: Version | null): boolean | null {
  if ((reading.counters.total ?? 0) >= TWO_32) return true;
  if (reading.source === "core.shmmem") return factAt(SHMMEM_IS_64_BIT, version);
  return reading.source === "shm.stats" ? factAt(SHM_STATS_IS_64_BIT, version) : true;
}

function settleReading(reading: ShmReading, all: readonly ShmReading[], facts: ShmFacts): Settled {
  if (isWide(reading, facts.version) === true) return checked(mendFree(reading.counters), reading, [], 0);
  const negative = SIZES.some((field) => (reading.counters[field] ?? 0) < 0);
  for (const other of all) {
    if (other === reading) continue;
    for (const scale of scalesOf(other, facts.version)) {
      const completed = completeFrom(reading.counters, { ...other, scale });
      if (completed === null) continue;
      const how = scale === 1 ? other.source : "core.shmmem in a larger unit";
      return checked(completed.counters, reading, completed.changed ? [`the 32-bit figures were completed from ${how}`] : [], 0);
    }
  }
  for (const size of facts.sizes) {
    const completed = completeFromSize(reading, size);
    if (completed !== null) return completed;
  }
  if (negative)
    return refuseCut(
      reading,
      "a negative counter: the figures are cut to 32 bits, and nothing else in the text tells what they were",
    );
  return checked(reading.counters, reading, [], 0);
}

/** The units in which another reading may prove something: none when it is cut itself, every one when no command says which it was. */
function scalesOf(reading: ShmReading, version: Version | null): readonly number[] {
  if (reading.scale !== 1) return [reading.scale];
  if (looksScaled(reading)) return [KB, MB, 1024 * MB];
  return isWide(reading, version) === true ? [1] : [];
}

function refuseCut({ line }: ShmReading, reason: string): Settled {
  return { ok: false, line, reason, hint: RIGHT_SHM_COMMAND };
}

/** Each figure plus the multiple of 2^32 that comes nearest to what another reading says; `null` when the two are not of the same pool. */
function completeFrom(cut: ShmCounters, other: ShmReading): { counters: ShmCounters; changed: boolean } | null {
  const counters = { ...cut };
  let changed = false;
  for (const field of SIZES) {
    const printed = cut[field];
    const near = other.counters[field];
    if (printed === null || near === null || near < 0) continue;
    const full = nearest(printed, near * other.scale + (other.scale - 1) / 2);
    if (field === "total" && Math.abs(full - near * other.scale) > Math.max(other.scale, CONTROL_BLOCK)) return null;
    changed ||= full !== printed;
    counters[field] = full;
  }
  return cut.total === null || other.counters.total === null ? null : { counters, changed };
}

function nearest(printed: number, target: number): number {
  const low = unsigned(printed);
  return low + Math.max(0, Math.round((target - low) / TWO_32)) * TWO_32;
}

function unsigned(printed: number): number {
  return ((printed % TWO_32) + TWO_32) % TWO_32;
}

/**
 * The counters when the pool's size is known: the total by congruence, free and real_used by `free + real_used = total`. When more than one
 * pair of them fits, nothing is proven and the reading is refused. `null` when the size belongs to another pool (the text wins then).
 */
function completeFromSize(reading: ShmReading, size: number): Settled | null {
  const { total, free, used, real_used, max_used, fragments } = reading.counters;
  if (total === null || free === null || real_used === null) return null;
  const whole = nearest(total, size);
  if (size - whole < 0 || size - whole > CONTROL_BLOCK) return null;
  const missing = (whole - unsigned(free) - unsigned(real_used)) / TWO_32;
  if (!Number.isInteger(missing) || missing < 0) return refuseCut(reading, "free and real_used do not add up to the pool's size");
  const fits = candidates(real_used, 0, Math.min(whole, unsigned(real_used) + missing * TWO_32));
  const [real] = fits;
  if (real === undefined) return refuseCut(reading, "real_used does not fit into the pool");
  if (fits.length > 1) {
    return refuseCut(reading, "the figures are cut to 32 bits, and more than one real_used fits into the pool");
  }
  const peaks = max_used === null ? [] : candidates(max_used, real, whole);
  const counters: ShmCounters = {
    total: whole,
    free: whole - real,
    used: used === null ? null : (candidates(used, 0, real).at(-1) ?? null),
    real_used: real,
    max_used: peaks.length === 1 ? (peaks[0] ?? null) : null,
    fragments,
  };
  const warnings = whole === total ? [] : ["the 32-bit figures were completed from the size of the pool"];
  if (peaks.length > 1) warnings.push("max_used is cut to 32 bits and was left out");
  return checked(counters, reading, warnings, 0);
}

/** The numbers between two bounds that print as this one. */
function candidates(printed: number, from: number, to: number): number[] {
  const fits: number[] = [];
  for (let value = unsigned(printed); value <= to && fits.length < MAX_CANDIDATES; value += TWO_32) {
    if (value >= from) fits.push(value);
  }
  return fits;
}

/** Two are already too many; pools of 16 TB (the limit of `-m`) would have thousands. */
const MAX_CANDIDATES = 5000;

/** tlsf prints free below zero as 2^64 minus it: the other two say what it is. */
function mendFree(counters: ShmCounters): ShmCounters {
  const { total, free, real_used } = counters;
  if (free === null || free >= 0 || total === null || real_used === null || real_used < 0 || real_used > total) return counters;
  return { ...counters, free: total - real_used };
}

/** Statistics are read one after the other: a tick in between moves them apart. More than this is no such race. */
const RACE_SHARE = 0.01;

/** 64-bit figures that contradict each other are the memory manager's own: no other command knows better, a dump counts anew. */
const BROKEN_COUNTERS =
  "compare with `kamcmd core.shmmem`; if it says the same, the manager's accounting is broken and a dump (`kamcmd corex.shm_summary`) counts anew";

/** Refuses counters that contradict each other; drops a peak that cannot be (fm without MALLOC_STATS prints 0, OpenSIPS one above the heap). */
function checked(found: ShmCounters, reading: ShmReading, warnings: string[], slack: number): Settled {
  const counters = { ...found };
  const { total, free, used, real_used, max_used } = counters;
  const hint = reading.source === "core.shmmem" ? RIGHT_SHM_COMMAND : BROKEN_COUNTERS;
  const wrong = (reason: string): Settled => ({ ok: false, line: reading.line, reason, hint });
  if (total !== null && real_used !== null && real_used > total + slack)
    return wrong("real_used is above total: a counter has wrapped around");
  for (const field of SIZES) if ((counters[field] ?? 0) < 0) return wrong(`${field} is negative: the counter has wrapped around`);
  if (total !== null && used !== null && used > total) return wrong("used is above total: a counter has wrapped around");
  if (total !== null && free !== null && free > total) return wrong("free is above total: a counter has wrapped around");
  if (used !== null && real_used !== null && used > real_used) return wrong("used is above real_used, of which it is a part");
  if (total !== null && free !== null && real_used !== null) {
    const apart = Math.abs(free + real_used - total);
    if (apart > Math.max(slack, total * RACE_SHARE, MB)) return wrong("free and real_used do not add up to total");
    if (apart > slack) warnings.push("free and real_used do not add up to total: they were read or rounded apart");
  }
  if (max_used !== null && ((real_used !== null && max_used < real_used) || (total !== null && max_used > total + slack))) {
    counters.max_used = null;
    if (max_used !== 0) warnings.push("max_used is below real_used or above total: it was left out");
  }
  return { ok: true, counters, warnings };
}
