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
import { ByteWords, word } from "./byte-words.js";
import { EXPECT_CHECK, EXPECT_FRAGMENT, EXPECT_SITE, type OpenDump } from "./open-dump.js";
import { hashToLineEnd, MAX_SITE_LENGTH, nextHistory, type SiteTable } from "./site-table.js";

/** Whose lines these are; `open` is the dump that the process is in the middle of. */
export interface FragmentStream {
  open: OpenDump | null;
}

/** How the lines of one process begin, joined with what the three lines of a fragment go on with. */
interface Prefix {
  /** The bytes before a time stamp; null when the line begins with it or has none. */
  head: ByteWords | null;
  /** The time stamp, which may differ from line to line: where it stands and how long it is. */
  skipAt: number;
  skip: number;
  /** Where the fixed part behind the time stamp begins. */
  tailAt: number;
  /** That part, up to the message; null when there is none (shm.rprint's file). */
  tail: ByteWords | null;
  tailAndSite: ByteWords;
  tailAndCheck: ByteWords;
  length: number;
  text: Buffer;
  stream: FragmentStream;
}

const MAX_PREFIX = 256;
/** Processes whose prefixes are remembered at a time. */
const MAX_PREFIXES = 64;
/** Bytes of a line behind its prefix that are looked at before its end is known. */
const REACH = MAX_SITE_LENGTH + 40;

const SITE = Buffer.from("          alloc'd from ");
const CHECK = Buffer.from("         start check=f0f0f0f0, end check= c0c0c0c0, abcdefed\n");
const ADDRESS = word("dress=0x");
const FRAGMENT = word(" frag=0x");
const USED = word(" used=1\n");
/** "size" as a 32-bit number. */
const SIZE = 0x657a6973;

const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const DOT = 46;
const ZERO = 48;
const EQUALS = 61;
const UPPER_N = 78;
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
    // Eight bytes are compared at a time: shorter parts before a time stamp, or short prefixes, stay with the general reader.
    if (length > MAX_PREFIX || (timeFrom > 0 && timeFrom < 8 && timeTo > timeFrom)) return;
    const timed = timeTo > timeFrom;
    const tailAt = timed ? timeTo : 0;
    const tail = Buffer.from(line.subarray(tailAt, length));
    if (tail.length > 0 && tail.length < 8) return;
    const text = Buffer.from(line.subarray(0, length));
    if (this.prefixes.some((known) => known.stream === stream && known.text.equals(text))) return;
    this.prefixes.unshift({
      head: timed && timeFrom > 0 ? new ByteWords(line.subarray(0, timeFrom)) : null,
      skipAt: timed ? timeFrom : 0,
      skip: timed ? timeTo - timeFrom : 0,
      tailAt,
      tail: tail.length > 0 ? new ByteWords(tail) : null,
      tailAndSite: new ByteWords(Buffer.concat([tail, SITE])),
      tailAndCheck: new ByteWords(Buffer.concat([tail, CHECK])),
      length,
      text,
      stream,
    });
    if (this.prefixes.length > MAX_PREFIXES) this.prefixes.length = MAX_PREFIXES;
  }

  /** Reads lines from `start`, where a line begins, and returns where the first line begins that is not read here. */
  scan(bytes: Buffer, view: DataView, start: number, end: number, firstLine: number): number {
    this.lines = 0;
    let at = start;
    while (at < end) {
      const prefix = this.prefixAt(view, at, end);
      if (prefix === null) break;
      const next = this.run(prefix, bytes, view, at, end - prefix.length - REACH, firstLine);
      if (next === at) break;
      at = next;
    }
    return at;
  }

  private prefixAt(view: DataView, at: number, end: number): Prefix | null {
    for (let i = 0; i < this.prefixes.length; i++) {
      const prefix = this.prefixes[i] as Prefix;
      if (!prefix.stream.open?.listing || at >= end - prefix.length - REACH || !isAt(prefix, prefix.tail, view, at)) continue;
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
    let { expect, lastNumber, chunks, bytes: sum, checkLines, pendingSize, namedChunks, siteHistory } = dump;
    const { tail, tailAndSite, tailAndCheck, length } = prefix;
    const siteFrom = length + SITE.length;
    const checkLength = length + CHECK.length;
    const { sites } = this;
    const overheadUnknown = dump.overhead === null;
    for (; at < limit; lines++) {
      if (expect === EXPECT_CHECK) {
        if (!isAt(prefix, tailAndCheck, view, at)) break;
        checkLines++;
        expect = EXPECT_FRAGMENT;
        at += checkLength;
        continue;
      }
      if (expect === EXPECT_SITE && namedChunks > 0) {
        if (dump.pendingFree || !isAt(prefix, tailAndSite, view, at)) break;
        const from = at + siteFrom;
        let site = sites.foretold(siteHistory);
        const line = sites.lineOf(site);
        if (line.at(view, from)) {
          at = from + line.text.length;
        } else {
          const { hash, end } = hashToLineEnd(bytes, from, from + MAX_SITE_LENGTH);
          if (bytes[end] !== NEWLINE || bytes[end - 1] === RETURN) break;
          site = sites.idOfBytes(bytes, from, end, hash);
          sites.follows(siteHistory, site);
          at = end + 1;
        }
        dump.addChunks(site, 1, pendingSize);
        siteHistory = nextHistory(siteHistory, site);
        namedChunks++;
        expect = EXPECT_CHECK;
        continue;
      }
      // The first fragments go the general way, which learns the layout from their addresses.
      if (overheadUnknown || !isAt(prefix, tail, view, at)) break;
      let p = at + length;
      while (bytes[p] === SPACE) p++;
      let number = 0;
      let digits = 0;
      for (; digits < MAX_DIGITS; digits++, p++) {
        const digit = (bytes[p] as number) - ZERO;
        if (digit < 0 || digit > 9) break;
        number = number * 10 + digit;
      }
      if (digits === 0 || bytes[p] !== DOT || bytes[p + 2] !== UPPER_N || number <= lastNumber) break;
      // `. N  address=0x`, the address, ` frag=0x`, another address
      p += 15;
      if (view.getFloat64(p - 8, true) !== ADDRESS) break;
      p += this.addressDigits;
      if (view.getFloat64(p, true) !== FRAGMENT) {
        const width = hexDigits(bytes, p - this.addressDigits);
        if (width === 0 || width === this.addressDigits) break;
        this.addressDigits = width;
        lines--;
        continue;
      }
      p += 8 + this.addressDigits;
      if (view.getInt32(p + 1, true) !== SIZE || bytes[p + 5] !== EQUALS) break;
      p += 6;
      let size = 0;
      for (digits = 0; digits < MAX_DIGITS; digits++, p++) {
        const digit = (bytes[p] as number) - ZERO;
        if (digit < 0 || digit > 9) break;
        size = size * 10 + digit;
      }
      if (digits === 0 || view.getFloat64(p, true) !== USED) break;
      chunks++;
      sum += size;
      dump.pendingFree = false;
      if (number !== lastNumber + 1) dump.skippedNumbers += number - lastNumber - 1;
      lastNumber = number;
      pendingSize = size;
      expect = EXPECT_SITE;
      at = p + 8;
    }
    dump.expect = expect;
    if (dump.lastNumber !== lastNumber) dump.previousFragment = null;
    dump.lastNumber = lastNumber;
    dump.chunks = chunks;
    dump.bytes = sum;
    dump.checkLines = checkLines;
    dump.pendingSize = pendingSize;
    dump.namedChunks = namedChunks;
    dump.siteHistory = siteHistory;
    this.lines += lines;
    if (lines > 0) dump.lastLine = firstLine + this.lines - 1;
    return at;
  }
}

/** Does a line begin here with the prefix and, from behind its time stamp, with `words`? */
function isAt(prefix: Prefix, words: ByteWords | null, view: DataView, at: number): boolean {
  if (words !== null && !words.at(view, at + prefix.tailAt)) return false;
  if (prefix.skip === 0) return true;
  // The time stamp itself is not looked at, but a line must not have ended in its place.
  if (view.getUint8(at + prefix.skipAt) < SPACE || view.getUint8(at + prefix.skipAt + prefix.skip - 1) < SPACE) return false;
  return prefix.head === null || prefix.head.at(view, at);
}

/** How many hexadecimal digits begin at `from`, at most 16. */
function hexDigits(bytes: Buffer, from: number): number {
  let count = 0;
  for (; count <= 16; count++) {
    const byte = bytes[from + count] ?? 0;
    const hex = (byte >= ZERO && byte <= 57) || (byte >= 97 && byte <= 102);
    if (!hex) break;
  }
  return count > 16 ? 0 : count;
}
