/**
 * Walks over a pool's fragments that a gdb script printed.
 *
 *     $1 = {size = 1024, u = {nxt_free = 0x0, is_free = 0}, file = 0x55.. "core: core/str_hash.h", func = 0x55.. <__func__.11>
 *         "str_hash_alloc", mname = 0x55.. "core", line = 59, check = 4042322160}          p *$a; mname since 4.4
 *
 *     manager: q_malloc block: 0x7fd5e13e2010                                              a walk with raw offsets
 *     size=8388608 used=509296 real_used=835760 max_real_used=842504 ffrags=4
 *     0 N address=0x7fd5e141b6d8 frag=0x7fd5e141b6a0 size=1024 core: core/str_hash.h: str_hash_alloc(59) mod=core check=f0f0f0f0
 *     fragments walked: 878
 *
 * gdb says whose process it was when it lets it go. The end is known only where the script says how many fragments it walked.
 */
import type { Manager } from "../pool.js";
import { phantom } from "./completeness.js";
import type { Dump } from "./dump.js";
import type { Finisher } from "./finish.js";
import { OpenDump } from "./open-dump.js";
import { readPlace, type SiteTable } from "./site-table.js";

/** A structure that gdb prints over several lines (`set print pretty on`) is put together up to this length. */
const MAX_STRUCT = 2_000;
const MAX_WALKS = 500;
/** `check = 4042322160`: 0xf0f0f0f0, the mark at the start of a q_malloc fragment. */
const START_CHECK = 0xf0f0f0f0;

const PRINTED = /^\$(\d{1,9}) = \{/;
const RAW =
  /^\s*(\d{1,9}) ([NAa]) address=0x[\da-f]{1,16} frag=0x[\da-f]{1,16} size=(\d{1,16}) (.{1,240}?\(\d{1,9}\))(?: mod=\S{1,60})?(?: check=([\da-f]{1,16}))?$/;
const MANAGER = /^manager: (q|f|tlsf)_malloc\b/;
const BLOCK = /block: (0x[\da-f]{1,16})/;
const TOTALS = /size=(\d{1,16}) used=(\d{1,16}) real_used=(\d{1,16}) max(?:_real_used)?=(\d{1,16}) ffrags=(\d{1,12})/;
const WALKED = /^(?:walked (\d{1,12}) fragments|fragments walked: (\d{1,12}))\s*$/;
const DETACHED = /^\[Inferior \d{1,6} \(process (\d{1,10})\) detached\]/;
const MANAGERS: Readonly<Record<string, Manager>> = { q: "qm", f: "fm", tlsf: "tlsf" };

export class GdbWalk {
  private readonly dumps: Dump[] = [];
  private open: OpenDump | null = null;
  private walked: number | null = null;
  private freeByHeader: number | null = null;
  private lastPrinted = 0;
  private partial = "";

  constructor(
    private readonly sites: SiteTable,
    private readonly finisher: Finisher,
  ) {}

  /** Takes a line if it is a part of a walk. */
  take(line: string, first: string, number: number): boolean {
    if (this.partial !== "") return this.takePart(line, number);
    switch (first) {
      case "$":
        return this.takeStruct(line, number);
      case "m":
        return this.takeManager(line, number);
      case "s":
        return this.open !== null && this.takeTotals(line);
      case "w":
      case "f":
        return this.takeEnd(line, number);
      case "[":
        return this.takeDetached(line);
      default:
        return first >= "0" && first <= "9" && this.takeRaw(line, number);
    }
  }

  end(): Dump[] {
    if (this.partial !== "" && this.open) this.open.strayLines++;
    this.finish();
    return this.dumps;
  }

  private takePart(line: string, number: number): boolean {
    this.partial += ` ${line.trim()}`;
    if (this.partial.length > MAX_STRUCT) {
      this.partial = "";
      if (this.open) this.open.strayLines++;
      return true;
    }
    if (depth(this.partial) > 0) return true;
    const whole = this.partial;
    this.partial = "";
    return this.takeStruct(whole, number);
  }

  private takeStruct(line: string, number: number): boolean {
    const match = PRINTED.exec(line);
    if (!match || !/^\$\d{1,9} = \{\s*(?:size\b|$)/.test(line)) return false;
    if (depth(line) > 0) {
      this.partial = line.slice(0, MAX_STRUCT);
      return true;
    }
    const printed = Number(match[1]);
    if (this.open === null || this.open.ended || printed <= this.lastPrinted) this.begin(number);
    const dump = this.open;
    if (dump === null) return true;
    dump.lastLine = number;
    if (this.lastPrinted > 0 && printed !== this.lastPrinted + 1) dump.strayLines += printed - this.lastPrinted - 1;
    this.lastPrinted = printed;
    this.addStruct(dump, line);
    return true;
  }

  private addStruct(dump: OpenDump, line: string): void {
    const size = Number(/[{ ]size = (\d{1,16})\b/.exec(line)?.[1] ?? Number.NaN);
    if (!Number.isSafeInteger(size)) {
      dump.strayLines++;
      return;
    }
    const isFree = /is_free = (-?\w{1,20})/.exec(line)?.[1];
    const nextFree = /nxt_free = (0x[\da-f]{1,16})/.exec(line)?.[1];
    const check = /check = (\d{1,12})/.exec(line)?.[1];
    dump.manager ??= check !== undefined ? "qm" : "fm";
    if (isFree === undefined)
      dump.warn("these fragments have no is_free (f_malloc up to 4.1): the last one of a free list looks used");
    if (isFree !== undefined ? isFree !== "0" : nextFree !== "0x0") {
      dump.freeListed++;
      return;
    }
    if (check !== undefined && Number(check) !== START_CHECK) {
      dump.damaged++;
      dump.warn(
        `a fragment's start check is ${Number(check).toString(16)}, not f0f0f0f0: overwritten, or the walk ran beyond the pool`,
      );
    }
    dump.chunks++;
    dump.bytes += size;
    const file = /\bfile = 0x[\da-f]{1,16} "([^"]{0,200})"/.exec(line)?.[1];
    const func = /\bfunc = 0x[\da-f]{1,16} (?:<[^>]{0,100}> )?"([^"]{0,100})"/.exec(line)?.[1];
    const place = /\bline = (\d{1,9})/.exec(line)?.[1];
    if (file === undefined || func === undefined || place === undefined) return;
    const module = readPlace(file).module ?? /\bmname = 0x[\da-f]{1,16} "([^"]{0,60})"/.exec(line)?.[1] ?? null;
    const named = readPlace(file).module === null && module !== null ? `${module}: ${file}` : file;
    dump.namedChunks++;
    dump.addChunks(this.sites.idOfText(`${named}: ${func}(${place})`), 1, size);
  }

  private takeManager(line: string, number: number): boolean {
    const match = MANAGER.exec(line);
    if (!match) return false;
    this.begin(number);
    const dump = this.open as OpenDump;
    dump.manager = MANAGERS[match[1] ?? ""] ?? null;
    const block = BLOCK.exec(line);
    if (block) {
      dump.blockAddress = Number.parseInt(block[1] ?? "", 16);
      if (dump.blockAddress % 4096 === 0) dump.pool = "shm";
      else if (dump.blockAddress % 4096 === 16) dump.pool = "pkg";
      if (dump.pool !== null) dump.poolSource = "address";
    }
    this.takeTotals(line);
    return true;
  }

  private takeTotals(line: string): boolean {
    const match = TOTALS.exec(line);
    if (!match || this.open === null) return false;
    const [heap, used, realUsed, maxUsed, free] = match.slice(1).map((text) => {
      const value = Number(text);
      return Number.isSafeInteger(value) ? value : null;
    });
    const heapSize = heap ?? null;
    const realUse = realUsed ?? null;
    this.open.counters = {
      heap_size: heapSize,
      used: used ?? null,
      real_used: realUse,
      free: heapSize !== null && realUse !== null ? heapSize - realUse : null,
      max_used: maxUsed ?? null,
    };
    this.freeByHeader = free ?? null;
    return true;
  }

  private takeRaw(line: string, number: number): boolean {
    if (!line.includes(" frag=0x")) return false;
    const match = RAW.exec(line);
    if (!match) return false;
    const index = Number(match[1]);
    const size = Number(match[3]);
    if (this.open === null || this.open.ended) {
      this.begin(number);
      if (this.open) this.open.headless = index !== 0;
    }
    const dump = this.open as OpenDump;
    dump.lastLine = number;
    if (index <= dump.lastNumber) dump.disorder++;
    else dump.skippedNumbers += index - dump.lastNumber - 1;
    dump.lastNumber = index;
    if (match[2] !== "N") {
      dump.freeListed++;
      return true;
    }
    if (match[5] !== undefined && match[5] !== "f0f0f0f0") {
      dump.damaged++;
      dump.warn(`fragment ${index} is overwritten: its start check is ${match[5]}`);
    }
    dump.chunks++;
    dump.bytes += size;
    dump.namedChunks++;
    dump.addChunks(this.sites.idOfText(match[4] ?? ""), 1, size);
    return true;
  }

  private takeEnd(line: string, number: number): boolean {
    const match = WALKED.exec(line);
    if (!match || this.open === null) return false;
    this.walked = Number(match[1] ?? match[2]);
    this.open.ended = true;
    this.open.lastLine = number;
    return true;
  }

  private takeDetached(line: string): boolean {
    const match = DETACHED.exec(line);
    if (!match || this.open === null) return false;
    this.open.pid = Number(match[1]);
    this.finish();
    return true;
  }

  private begin(number: number): void {
    this.finish();
    this.open = new OpenDump("gdb_walk", number, number);
    this.lastPrinted = 0;
  }

  private finish(): void {
    const dump = this.open;
    this.open = null;
    if (dump === null || (dump.chunks === 0 && dump.freeListed === 0 && !dump.ended)) return;
    const shown = dump.chunks + dump.freeListed;
    if (this.walked !== null) {
      dump.freeFragments = Math.max(0, this.walked - dump.chunks);
      if (this.walked < shown) dump.lost(`${shown} fragments are shown, but only ${this.walked} were walked: walks are mixed`);
      if (dump.lastNumber >= this.walked) dump.lost("fragment numbers go beyond the number walked");
    }
    if (dump.disorder > 0) dump.lost("the fragment numbers go back: walks are mixed");
    this.compare(dump);
    this.walked = null;
    this.freeByHeader = null;
    if (this.dumps.length < MAX_WALKS) this.dumps.push(this.finisher.finish(dump));
  }

  /** Header, number walked and list against one another. */
  private compare(dump: OpenDump): void {
    const { used } = dump.counters;
    if (this.walked === null || used === null) return;
    if (this.freeByHeader !== null && this.walked - this.freeByHeader !== dump.chunks)
      dump.lost(`${this.walked} fragments walked less ${this.freeByHeader} free ones are not the ${dump.chunks} that are listed`);
    else if (dump.bytes < used && dump.manager === "qm") dump.warn(phantom(dump.bytes, used));
    else if (dump.bytes !== used) dump.lost(`the listed chunks sum up to ${dump.bytes} bytes, used says ${used}`);
  }
}

function depth(text: string): number {
  let open = 0;
  for (const character of text) {
    if (character === "{") open++;
    else if (character === "}") open--;
  }
  return open;
}
