/**
 * Is a dump whole? An incomplete dump must never look like a smaller one.
 *
 * The end of a dump is a line (dashes; the last row of tlsf's matrix). Lines lost in between show in several ways, the sharpest for
 * q_malloc's list: the header itself tells how many chunks there are, because `used+overhead - used` is the control block plus a fixed
 * overhead for every fragment, used or free (q_malloc.c:qm_init@5.6.3; 835760 - 509296 = 235152 + 878 * 104 in a real dump), and the free list says
 * how many are free. That count also holds on releases whose `used` drifts by the realloc accounting bug, so it tells the two apart.
 */
import { counted } from "../units.js";
import type { OpenDump } from "./open-dump.js";

/** Rows of tlsf's matrix (SL_INDEX_COUNT, tlsf_malloc.c@4.4.0). */
export const MATRIX_ROWS = 32;
const ALL_ROWS = 0xffffffff | 0;

export interface Completeness {
  complete: boolean;
  incomplete_reason: string | null;
}

/** Judges a dump at its end; may add warnings to it. */
export function judgeCompleteness(dump: OpenDump): Completeness {
  const reasons = [...dump.losses, ...missingParts(dump), ...missingChunks(dump)];
  return { complete: reasons.length === 0, incomplete_reason: reasons.length === 0 ? null : reasons.join("; ") };
}

function missingParts(dump: OpenDump): string[] {
  const reasons: string[] = [];
  if (dump.headless) reasons.push("its beginning is missing");
  if (!dump.ended) reasons.push("its closing line is missing: the text was cut or the dump went on elsewhere");
  if (hasHeader(dump) && dump.headerLines < HEADER_LINES && !dump.headless) reasons.push("a line of its header is missing");
  if (dump.strayLines > 0) reasons.push(`${counted(dump.strayLines, "line")} missing or damaged inside the list`);
  if (dump.pendingHash !== null) reasons.push("a line of its free list is missing");
  if (dump.form === "matrix" && dump.matrixRows !== ALL_ROWS) reasons.push("rows of the free blocks matrix are missing");
  if (dump.form === "status" && dump.ended && dump.chunks > 0 && dump.manager !== "tlsf" && !dump.freeListSeen)
    reasons.push("its free list is missing");
  return reasons;
}

/** Lines with counters in every status header: heap size, used, max used. */
const HEADER_LINES = 3;

function hasHeader(dump: OpenDump): boolean {
  return (
    dump.form === "status" ||
    dump.form === "short_status" ||
    dump.form === "free_list" ||
    dump.form === "matrix" ||
    dump.form === "rprint"
  );
}

function missingChunks(dump: OpenDump): string[] {
  if (dump.form === "free_list") return missingFreeFragments(dump);
  if ((dump.form !== "status" && dump.form !== "rprint") || !dump.ended || dump.headless) return [];
  const reasons: string[] = [];
  const filtered = dump.form === "rprint" ? " (or the filter of shm.rprint left them out)" : "";
  if (dump.disorder > 0) reasons.push("the fragment numbers go back: lines of several processes or dumps are mixed");
  if (dump.namedChunks > 0 && dump.namedChunks < dump.chunks)
    reasons.push(`${counted(dump.chunks - dump.namedChunks, "chunk")} without the line that says who allocated`);
  if (dump.checkLines > 0 && dump.checkLines < dump.chunks + dump.freeListed)
    reasons.push(`${counted(dump.chunks + dump.freeListed - dump.checkLines, "check line")} missing`);
  const free = dump.freeFragments ?? 0;
  if (dump.manager !== "tlsf" && dump.skippedNumbers > Math.max(0, free - dump.freeListed))
    reasons.push(`the numbering skips ${dump.skippedNumbers} fragments, but only ${free} are free${filtered}`);
  const expected = dump.manager === "tlsf" ? null : chunksByHeader(dump);
  if (expected !== null && expected !== dump.chunks)
    reasons.push(
      expected > dump.chunks
        ? `the header accounts for ${expected} allocated chunks, ${dump.chunks} are listed${filtered}`
        : `${dump.chunks} chunks are listed, more than the ${expected} that the header accounts for: lines are repeated or mixed`,
    );
  if (reasons.length === 0) reasons.push(...compareWithUsed(dump, expected));
  return reasons;
}

/**
 * Allocated chunks by the header: (`used+overhead` - `used` - control block) / overhead of a fragment, less the free ones.
 * Null when the list shows no addresses to learn the two sizes from, or the numbers do not fit.
 */
function chunksByHeader(dump: OpenDump): number | null {
  const { used, real_used } = dump.counters;
  if (used === null || real_used === null || dump.blockAddress === null) return null;
  if (dump.firstFragment === null || dump.overhead === null || dump.freeFragments === null) return null;
  const block = dump.firstFragment - dump.blockAddress;
  const fragments = (real_used - used - block) / dump.overhead;
  return Number.isInteger(fragments) && fragments >= dump.freeFragments ? fragments - dump.freeFragments : null;
}

/** Compares the sum of the listed chunks with `used`; `expected` tells whether their number is proved. */
function compareWithUsed(dump: OpenDump, expected: number | null): string[] {
  const used = dump.counters.used;
  if (used === null || dump.bytes === used) return [];
  const numbers = `the listed chunks sum up to ${dump.bytes} bytes, used says ${used}`;
  if (dump.bytes > used) {
    dump.warn(`${numbers}: more than used, so one of the two is wrong`);
    return [];
  }
  if (dump.manager === "tlsf" || dump.manager === "fm") return [`${numbers}: lines are missing`];
  if (expected === null)
    return [`${numbers}: lines are missing, or it is q_malloc's realloc accounting bug (see the releases in its description)`];
  dump.warn(phantom(dump.bytes, used));
  return [];
}

/** The words for q_malloc's accounting bug (commit 412dcbfc9e, 2026-01-23). */
export function phantom(bytes: number, used: number): string {
  return (
    `allocated_bytes is ${bytes}, used is ${used}: ${used - bytes} bytes are counted as used that no chunk holds, and no line is missing. ` +
    "That is q_malloc's realloc accounting bug (3.3 to 5.8.7, 6.0.0 to 6.0.5; fixed in 5.8.8, 6.0.6, 6.1.0): no leak, but the pool refuses what it thinks it lacks"
  );
}

function missingFreeFragments(dump: OpenDump): string[] {
  if (!dump.ended || dump.headless) return [];
  if (dump.totalFreeFragments === null) return ["its TOTAL line is missing"];
  if (dump.totalFreeFragments !== (dump.freeFragments ?? 0))
    return [`the free list shows ${dump.freeFragments ?? 0} of ${dump.totalFreeFragments} free fragments`];
  return [];
}
