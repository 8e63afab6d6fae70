/** What each line inside a dump adds to it. */
import type { Message } from "./message.js";
import { EXPECT_CHECK, EXPECT_FRAGMENT, EXPECT_SITE, type OpenDump } from "./open-dump.js";
import type { SiteTable } from "./site-table.js";

/** Adds one message to the dump that it belongs to. */
export function readListMessage(dump: OpenDump, message: Message, sites: SiteTable): void {
  switch (message.kind) {
    case "heap":
      dump.headerLines++;
      dump.counters.heap_size = kept(dump, "heap size", message.size);
      return;
    case "used":
      dump.headerLines++;
      dump.counters.used = kept(dump, "used", message.used);
      dump.counters.real_used = kept(dump, "used+overhead", message.real_used);
      dump.counters.free = kept(dump, "free", message.free);
      if (message.fragments !== null) dump.freeFragments = kept(dump, "fragments", message.fragments);
      return;
    case "max_used":
      dump.headerLines++;
      dump.counters.max_used = kept(dump, "max used", message.size);
      return;
    case "list":
      dump.listing = true;
      return;
    case "fragment":
      readFragment(dump, message);
      return;
    case "tlsf_fragment":
      readTlsfFragment(dump, message, sites);
      return;
    case "site":
      readSite(dump, message, sites);
      return;
    case "check":
      readCheck(dump, message);
      return;
    case "overwritten":
      dump.warn(`fragment ${dump.lastNumber}: ${message.text}`);
      return;
    case "free_list":
      endOfList(dump);
      dump.freeListSeen = true;
      dump.freeFragments ??= 0;
      return;
    case "bucket_of":
      readBucketOf(dump, message);
      return;
    case "total":
      dump.totalFreeFragments = message.fragments;
      dump.totalFreeBytes = message.bytes;
      if (dump.counters.free !== null && message.bytes !== dump.counters.free)
        dump.warn(`the free fragments sum up to ${message.bytes} bytes, the header says ${dump.counters.free}`);
      return;
    case "count":
      readCount(dump, message, sites);
      return;
    case "matrix":
      dump.form = "matrix";
      return;
    case "row":
      readRow(dump, message);
      return;
    case "end":
      endOfList(dump);
      dump.ended = true;
      return;
  }
}

/** A number that a double cannot hold is left out and said: `18446744073705361512` is a negative number that wrapped. */
function kept(dump: OpenDump, name: string, value: number): number | null {
  if (!Number.isNaN(value)) return value;
  dump.warn(`${name} is no number that can be: negative, or wrapped beyond 2^53; it is left out`);
  return null;
}

function readFragment(dump: OpenDump, message: Message & { kind: "fragment" }): void {
  dump.listing = true;
  closeFragment(dump);
  const { number, size } = message;
  if (Number.isNaN(size) || Number.isNaN(number)) {
    dump.warn("a fragment's size is beyond 2^53: it is left out");
    dump.strayLines++;
    return;
  }
  if (number <= dump.lastNumber) dump.disorder++;
  else dump.skippedNumbers += number - dump.lastNumber - 1;
  learnLayout(dump, message);
  dump.lastNumber = number;
  dump.pendingSize = size;
  dump.pendingFree = message.free;
  dump.expect = EXPECT_SITE;
  if (message.free) dump.freeListed++;
  else {
    dump.chunks++;
    dump.bytes += size;
  }
}

/** The lines of the fragment before should all have come by now. A build without debugging prints the first of the three alone. */
function closeFragment(dump: OpenDump): void {
  if (dump.expect === EXPECT_CHECK && dump.checkLines > 0) dump.strayLines++;
  else if (dump.expect === EXPECT_SITE && dump.namedChunks > 0) dump.strayLines++;
}

function endOfList(dump: OpenDump): void {
  if (dump.listing) closeFragment(dump);
  dump.expect = EXPECT_FRAGMENT;
  dump.listing = false;
}

/** From two neighbours' addresses: the overhead of a fragment; from the first one: where the block's own part ends. */
function learnLayout(dump: OpenDump, { number, frag, size }: { number: number; frag: number; size: number }): void {
  const previous = dump.previousFragment;
  if (number === 0) dump.firstFragment = frag;
  if (previous !== null && previous.number === number - 1 && dump.overhead === null) {
    const overhead = frag - previous.address - previous.size;
    if (overhead > 0 && overhead <= MAX_OVERHEAD) dump.overhead = overhead;
  }
  dump.previousFragment = { number, address: frag, size };
}

/** 176 in builds with MEMDBG_BACKTRACE; everything else is smaller. */
const MAX_OVERHEAD = 512;

function readSite(dump: OpenDump, message: Message & { kind: "site" }, sites: SiteTable): void {
  if (dump.expect !== EXPECT_SITE || message.freed !== dump.pendingFree) {
    // Without its fragment line a site has no size; with another's it would get a wrong one.
    dump.strayLines++;
    dump.expect = EXPECT_CHECK;
    return;
  }
  if (!message.freed) {
    const site = sites.idOfText(message.location);
    dump.addChunks(site, 1, dump.pendingSize);
    dump.siteHistory = sites.follows(dump.siteHistory, site);
    dump.namedChunks++;
  }
  dump.expect = EXPECT_CHECK;
}

function readCheck(dump: OpenDump, message: Message & { kind: "check" }): void {
  if (dump.expect !== EXPECT_CHECK) dump.strayLines++;
  dump.checkLines++;
  dump.expect = EXPECT_FRAGMENT;
  if (message.intact) return;
  dump.damaged++;
  dump.warn(`fragment ${dump.lastNumber} is overwritten: ${message.text}`);
}

/** tlsf of 4.3 lists all blocks on one line each (mem/tlsf.c:1128@4.3.7). */
function readTlsfFragment(dump: OpenDump, message: Message & { kind: "tlsf_fragment" }, sites: SiteTable): void {
  dump.listing = true;
  dump.manager ??= "tlsf";
  if (!message.used) {
    dump.freeListed++;
    return;
  }
  if (Number.isNaN(message.size)) {
    dump.strayLines++;
    return;
  }
  dump.chunks++;
  dump.bytes += message.size;
  if (message.location === null) return;
  dump.namedChunks++;
  dump.addChunks(sites.idOfText(message.location), 1, message.size);
}

function readBucketOf(dump: OpenDump, message: Message & { kind: "bucket_of" }): void {
  if (!dump.freeListSeen) endOfList(dump);
  dump.freeListSeen = true;
  if (dump.pendingHash !== null) dump.strayLines++;
  if (Number.isNaN(message.fragments)) dump.strayLines++;
  else dump.freeFragments = (dump.freeFragments ?? 0) + message.fragments;
  dump.pendingHash = message.first === null ? message.hash : null;
  if (message.first !== null && !Number.isNaN(message.first)) dump.largestFirst = Math.max(dump.largestFirst ?? 0, message.first);
}

function readCount(dump: OpenDump, message: Message & { kind: "count" }, sites: SiteTable): void {
  if (Number.isNaN(message.count) || Number.isNaN(message.bytes)) {
    dump.warn("a site's count or size is beyond 2^53: it is left out");
    dump.strayLines++;
    return;
  }
  dump.chunks += message.count;
  dump.bytes += message.bytes;
  dump.namedChunks += message.count;
  dump.addChunks(sites.idOfText(message.location), message.count, message.bytes);
}

/**
 * A row of tlsf's matrix: the row is the second level, the column the first (tlsf_malloc.c:tlsf_status@5.6.3).
 * Column c > 0 holds blocks from 2^(c+7) + row * 2^(c+2) bytes; column 0 those below 256 bytes in steps of 8.
 */
function readRow(dump: OpenDump, { row, cells }: Message & { kind: "row" }): void {
  dump.form = "matrix";
  if (row > 31) return;
  dump.matrixRows |= 1 << row;
  for (let column = cells.length - 1; column >= 0; column--) {
    if (cells[column] === ".") continue;
    const atLeast = column === 0 ? row * 8 : 2 ** (column + 7) + row * 2 ** (column + 2);
    dump.largestFirst = Math.max(dump.largestFirst ?? 0, atLeast);
    break;
  }
  if (row === 31) dump.ended = true;
}
