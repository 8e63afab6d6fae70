/**
 * The allocation sites that a reading has met, each kept once.
 *
 * A dump of a million chunks names a few hundred sites, so a site's bytes are hashed and compared, and become a string only when they
 * are new. Chunks of one site tend to be followed by the same other site (a contact by its record), so each site remembers its successor.
 */
import { ByteWords } from "./byte-words.js";

/** Who allocated, as the dump prints it; `module` is null in dumps older than 3.3 (SER) and of relatives. */
export interface SiteName {
  module: string | null;
  file: string | null;
  function: string | null;
  line: number | null;
}

/** Distinct sites that are kept; Kamailio's whole source has about 8,000 places that allocate. */
export const MAX_SITES = 50_000;
/** A site's text in bytes; the longest real ones are about 90. */
export const MAX_SITE_LENGTH = 240;
/** The id of every site beyond `MAX_SITES`. */
export const OVERFLOW_SITE = 0;

const NEWLINE = 10;
/** Stands for texts too short to compare: these bytes read as a NaN, which equals nothing. */
const NO_LINE = new ByteWords(new Uint8Array(8).fill(0xff));

export class SiteTable {
  private readonly texts: string[] = ["(further sites)"];
  private readonly lines: ByteWords[] = [NO_LINE];
  private readonly names: SiteName[] = [{ module: null, file: null, function: null, line: null }];
  private hashes = new Int32Array(1024);
  private slots = new Int32Array(2048);
  private readonly followers = new Int32Array(HISTORIES);

  /** Ids are below this. */
  get size(): number {
    return this.texts.length;
  }

  get overflowed(): boolean {
    return this.texts.length > MAX_SITES;
  }

  name(id: number): SiteName {
    return this.names[id] ?? { module: null, file: null, function: null, line: null };
  }

  /** The id of the site that followed this history the last time. */
  foretold(history: number): number {
    return this.followers[history] ?? OVERFLOW_SITE;
  }

  /** `site` comes after `history`; returns the history with it. */
  follows(history: number, site: number): number {
    this.followers[history] = site;
    return nextHistory(history, site);
  }

  /** The site's text and the line's end after it. */
  lineOf(id: number): ByteWords {
    return this.lines[id] as ByteWords;
  }

  /** The id of the site whose text is `bytes[from..to)`. `hash` is `hashBytes` of it. */
  idOfBytes(bytes: Buffer, from: number, to: number, hash: number): number {
    const mask = this.slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const id = this.slots[slot] ?? 0;
      if (id === 0) return this.add(bytes.toString("latin1", from, to), hash);
      if (this.hashes[id] === hash && this.isText(id, bytes, from, to)) return id;
    }
  }

  idOfText(text: string): number {
    const bytes = Buffer.from(text.slice(0, MAX_SITE_LENGTH), "latin1");
    let hash = HASH_START;
    for (const byte of bytes) hash = hashByte(hash, byte);
    return this.idOfBytes(bytes, 0, bytes.length, hash);
  }

  private isText(id: number, bytes: Buffer, from: number, to: number): boolean {
    const text = this.texts[id] ?? "";
    if (text.length !== to - from) return false;
    for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[from + i]) return false;
    return true;
  }

  private add(text: string, hash: number): number {
    if (this.texts.length > MAX_SITES) return OVERFLOW_SITE;
    const id = this.texts.length;
    this.texts.push(text);
    this.lines.push(text.length < 8 ? NO_LINE : new ByteWords(Buffer.from(`${text}\n`, "latin1")));
    this.names.push(readSiteName(text));
    if (id >= this.hashes.length) this.hashes = grown(this.hashes);
    this.hashes[id] = hash;
    if (id * 2 > this.slots.length) this.rehash();
    else this.place(id, hash);
    return id;
  }

  private place(id: number, hash: number): void {
    const mask = this.slots.length - 1;
    let slot = hash & mask;
    while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
    this.slots[slot] = id;
  }

  private rehash(): void {
    this.slots = new Int32Array(this.slots.length * 2);
    for (let id = 1; id < this.texts.length; id++) this.place(id, this.hashes[id] ?? 0);
  }
}

/** A history is the last four sites, a few bits of each. */
const HISTORY_BITS = 14;
const HISTORIES = 1 << HISTORY_BITS;
const SITE_SHIFT = 4;

export function nextHistory(history: number, site: number): number {
  return ((history << SITE_SHIFT) ^ site) & (HISTORIES - 1);
}

function grown(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}

/** FNV-1a, 32 bits: start and step. */
export const HASH_START = 0x811c9dc5 | 0;
export function hashByte(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193);
}

/** Hashes the text up to the line's end; the caller has made sure that one follows within reach. */
export function hashToLineEnd(bytes: Buffer, from: number, limit: number): { hash: number; end: number } {
  let hash = HASH_START;
  let at = from;
  for (; at < limit; at++) {
    const byte = bytes[at] ?? NEWLINE;
    if (byte === NEWLINE) break;
    hash = hashByte(hash, byte);
  }
  return { hash, end: at };
}

const LINE_AT_END = /\((\d{1,9})\)$/;

/**
 * Reads a location: `core: core/str_hash.h: str_hash_alloc(62)`; `<core>: usr_avp.c: init_avps(89)` up to 4.3;
 * `core: core/mem/q_malloc.c:1463 / qm_shm_lock_init()` in the file of shm.rprint (5.8+); `timer.c: init_timer(52)` before 3.3.
 */
export function readSiteName(text: string): SiteName {
  const location = text.trim();
  const slash = location.endsWith("()") ? location.lastIndexOf(" / ") : -1;
  if (slash >= 0) {
    const place = location.slice(0, slash);
    const colon = place.lastIndexOf(":");
    const line = colon >= 0 ? Number(place.slice(colon + 1)) : Number.NaN;
    const known = Number.isSafeInteger(line);
    return {
      ...readPlace(known ? place.slice(0, colon) : place),
      function: location.slice(slash + 3, -2) || null,
      line: known ? line : null,
    };
  }
  const match = LINE_AT_END.exec(location);
  const rest = match ? location.slice(0, match.index) : location;
  const colon = rest.lastIndexOf(": ");
  if (colon < 0) return { module: null, file: null, function: rest || null, line: match ? Number(match[1]) : null };
  return { ...readPlace(rest.slice(0, colon)), function: rest.slice(colon + 2) || null, line: match ? Number(match[1]) : null };
}

/** `module: file`, or a file alone. */
export function readPlace(place: string): { module: string | null; file: string | null } {
  const colon = place.indexOf(": ");
  if (colon < 0) return { module: null, file: place || null };
  return { module: moduleName(place.slice(0, colon)), file: place.slice(colon + 2) || null };
}

/** The core is `<core>` up to 4.3 and `core` since. */
export function moduleName(name: string): string {
  return name === "<core>" ? "core" : name;
}
