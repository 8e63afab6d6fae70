/**
 * The fast way through a status dump: the three lines that qm_status prints for every fragment, read as bytes.
 *
 *      1. N  address=0x7f6224f8be00 frag=0x7f6224f8bdc0 size=256 used=1
 *              alloc'd from core: core/str_hash.h: str_hash_alloc(62)
 *             start check=f0f0f0f0, end check= c0c0c0c0, abcdefed
 *
 * A dump of a gigabyte is made of these. The general reader of lines sees the first ones of each process and says where in the line
 * the message begins (`learn`); from then on every line that begins with the same bytes is read here, where a time stamp may differ.
 * Whatever is not exactly as expected is left to the general reader, line by line.
 */
import { ByteWords } from "./byte-words.js";
import { EXPECT_CHECK, EXPECT_FRAGMENT, EXPECT_SITE, type OpenDump } from "./open-dump.js";
import { hashToLineEnd, MAX_SITE_LENGTH, type SiteTable } from "./site-table.js";

/** Whose lines these are; `open` is the dump that the process is in the middle of. */
export interface FragmentStream {
  open: OpenDump | null;
}

interface Prefix {
  head: ByteWords;
  /** Bytes of a time stamp between head and tail, which may differ from line to line. */
  skip: number;
  tail: ByteWords;
  length: number;
  stream: FragmentStream;
}

const MAX_PREFIX = 256;
/** Processes whose prefixes are remembered at a time. */
const MAX_PREFIXES = 64;
/** A line that begins this far before the end of the block surely ends inside it. */
const REACH = MAX_PREFIX + MAX_SITE_LENGTH + 160;

const text = (value: string) => new ByteWords(Buffer.from(value, "latin1"));
const ADDRESS = text("address=0x");
const FRAGMENT = text(" frag=0x");
const SIZE = text(" size=");
const USED = text(" used=1\n");
const ALLOCATED = text("          alloc'd from ");
const FREED = text("          freed from ");
const CHECK = text("         start check=f0f0f0f0, end check= c0c0c0c0, abcdefed\n");

const SPACE = 32;
const DOT = 46;
const ZERO = 48;
const UPPER_A = 65;
const UPPER_N = 78;
const LOWER_A = 97;
const LOWER_F = 102;
const LOWER_S = 115;
/** A number of up to 15 digits is exact as a double. */
const MAX_DIGITS = 15;

export class FragmentScanner {
  /** Lines read here, for the caller's line count. */
  lines = 0;
  private prefixes: Prefix[] = [];
  /** Digits of an address, as the last line had them. */
  private addressDigits = 12;

  constructor(private readonly sites: SiteTable) {}

  /** Remembers how lines of a process begin: `line[0..length)`, with a time stamp at `timeFrom..timeTo` (equal when there is none). */
  learn(line: Uint8Array, length: number, timeFrom: number, timeTo: number, stream: FragmentStream): void {
    if (length > MAX_PREFIX) return;
    const prefix: Prefix = {
      head: new ByteWords(line.subarray(0, timeFrom)),
      skip: timeTo - timeFrom,
      tail: new ByteWords(line.subarray(timeTo, length)),
      length,
      stream,
    };
    this.prefixes.unshift(prefix);
    if (this.prefixes.length > MAX_PREFIXES) this.prefixes.length = MAX_PREFIXES;
  }

  /** Forgets all prefixes: their streams may have been given up. */
  forget(): void {
    this.prefixes = [];
  }

  /** Reads lines from `start`, where a line begins, and returns where the first line begins that is not read here. */
  scan(bytes: Buffer, view: DataView, start: number, end: number, firstLine: number): number {
    this.lines = 0;
    const limit = end - REACH;
    let at = start;
    while (at < limit) {
      const prefix = this.prefixAt(view, at);
      if (prefix === null) break;
      const next = this.run(prefix, bytes, view, at, limit, firstLine);
      if (next === at) break;
      at = next;
    }
    return at;
  }

  private prefixAt(view: DataView, at: number): Prefix | null {
    for (let i = 0; i < this.prefixes.length; i++) {
      const prefix = this.prefixes[i] as Prefix;
      if (!prefix.stream.open?.listing || !isAt(prefix, view, at)) continue;
      if (i > 0) {
        this.prefixes.splice(i, 1);
        this.prefixes.unshift(prefix);
      }
      return prefix;
    }
    return null;
  }

  /** Reads the lines of one process that follow one another. */
  private run(prefix: Prefix, bytes: Buffer, view: DataView, start: number, limit: number, firstLine: number): number {
    const dump = prefix.stream.open;
    if (dump === null) return start;
    let at = start;
    let lines = 0;
    let { expect, lastNumber, chunks, bytes: sum, checkLines, pendingSize, namedChunks } = dump;
    let previousSite = dump.previousSite;
    while (at < limit && isAt(prefix, view, at)) {
      const body = at + prefix.length;
      const tenth = bytes[body + 10];
      if (bytes[body + 9] === LOWER_S) {
        if (expect !== EXPECT_CHECK || !CHECK.at(view, body)) break;
        checkLines++;
        expect = EXPECT_FRAGMENT;
        at = body + CHECK.length;
      } else if (tenth === LOWER_A && bytes[body + 9] === SPACE) {
        if (expect !== EXPECT_SITE || dump.pendingFree || !ALLOCATED.at(view, body)) break;
        const from = body + ALLOCATED.length;
        let site = this.sites.successor(previousSite);
        const line = this.sites.lineOf(site);
        if (site !== 0 && line.at(view, from)) {
          at = from + line.length;
        } else {
          const { hash, end } = hashToLineEnd(bytes, from, from + MAX_SITE_LENGTH);
          if (bytes[end] !== 10 || bytes[end - 1] === 13) break;
          site = this.sites.idOfBytes(bytes, from, end, hash);
          this.sites.follows(previousSite, site);
          at = end + 1;
        }
        dump.addChunks(site, 1, pendingSize);
        previousSite = site;
        namedChunks++;
        expect = EXPECT_CHECK;
      } else if (tenth === LOWER_F && FREED.at(view, body)) {
        if (expect !== EXPECT_SITE || !dump.pendingFree) break;
        const { end } = hashToLineEnd(bytes, body + FREED.length, body + FREED.length + MAX_SITE_LENGTH);
        if (bytes[end] !== 10) break;
        expect = EXPECT_CHECK;
        at = end + 1;
      } else {
        if (expect !== EXPECT_FRAGMENT && !(expect === EXPECT_SITE && namedChunks === 0)) break;
        // The first two fragments go the general way, which also reads their addresses.
        if (lastNumber < 1) break;
        let p = body;
        while (bytes[p] === SPACE && p < body + 16) p++;
        let number = 0;
        let digits = 0;
        for (; digits < MAX_DIGITS; digits++, p++) {
          const digit = (bytes[p] ?? 0) - ZERO;
          if (digit < 0 || digit > 9) break;
          number = number * 10 + digit;
        }
        if (digits === 0 || bytes[p] !== DOT || number <= lastNumber) break;
        const kind = bytes[p + 2];
        if (!ADDRESS.at(view, p + 5)) break;
        p += 5 + ADDRESS.length + this.addressDigits;
        if (!FRAGMENT.at(view, p)) {
          const width = hexDigits(bytes, p - this.addressDigits);
          if (width === 0 || width === this.addressDigits) break;
          this.addressDigits = width;
          continue;
        }
        p += FRAGMENT.length + this.addressDigits;
        if (!SIZE.at(view, p)) break;
        p += SIZE.length;
        let size = 0;
        for (digits = 0; digits < MAX_DIGITS; digits++, p++) {
          const digit = (bytes[p] ?? 0) - ZERO;
          if (digit < 0 || digit > 9) break;
          size = size * 10 + digit;
        }
        if (digits === 0 || !USED.at(view, p)) break;
        if (kind === UPPER_N) {
          chunks++;
          sum += size;
          dump.pendingFree = false;
        } else if (kind === UPPER_A || kind === LOWER_A) {
          dump.freeListed++;
          dump.pendingFree = true;
        } else break;
        if (number !== lastNumber + 1) dump.skippedNumbers += number - lastNumber - 1;
        lastNumber = number;
        pendingSize = size;
        expect = EXPECT_SITE;
        at = p + USED.length;
      }
      lines++;
    }
    dump.expect = expect;
    dump.lastNumber = lastNumber;
    dump.chunks = chunks;
    dump.bytes = sum;
    dump.checkLines = checkLines;
    dump.pendingSize = pendingSize;
    dump.namedChunks = namedChunks;
    dump.previousSite = previousSite;
    dump.previousFragment = null;
    this.lines += lines;
    if (lines > 0) dump.lastLine = firstLine + this.lines - 1;
    return at;
  }
}

function isAt(prefix: Prefix, view: DataView, at: number): boolean {
  if (!prefix.tail.at(view, at + prefix.head.length + prefix.skip) || !prefix.head.at(view, at)) return false;
  for (let i = 0; i < prefix.skip; i++) if (view.getUint8(at + prefix.head.length + i) < SPACE) return false;
  return true;
}

/** How many hexadecimal digits begin at `from`, at most 16. */
function hexDigits(bytes: Buffer, from: number): number {
  let count = 0;
  for (; count <= 16; count++) {
    const byte = bytes[from + count] ?? 0;
    const hex = (byte >= ZERO && byte <= 57) || (byte >= LOWER_A && byte <= 102);
    if (!hex) break;
  }
  return count > 16 ? 0 : count;
}
