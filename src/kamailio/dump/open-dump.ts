/**
 * A dump while it is being read: what its lines have said so far, and what looked wrong on the way.
 *
 * Fields are plain numbers, filled by the line readers and by the scanner of fragment lines; `completeness.ts` judges them at the end.
 */
import type { Manager, Pool } from "../pool.js";
import type { DumpForm } from "./dump.js";

/** How the pool is known: printed, by the alignment of the block's address, assumed, or not at all. */
export type PoolSource = "printed" | "address" | "assumed" | null;

/** What a fragment list expects next: a fragment, the line that says who allocated it, or its check line. */
export const EXPECT_FRAGMENT = 0;
export const EXPECT_SITE = 1;
export const EXPECT_CHECK = 2;
export type Expectation = 0 | 1 | 2;

/** Warnings kept for one dump; the rest are counted. */
const MAX_WARNINGS = 20;
/** Length of one warning. */
const MAX_WARNING_LENGTH = 300;

/** Counters that a header prints; `null` where it has not (yet). */
export interface Counters {
  heap_size: number | null;
  used: number | null;
  real_used: number | null;
  free: number | null;
  max_used: number | null;
}

export class OpenDump {
  manager: Manager | null = null;
  pool: Pool | null = null;
  poolSource: PoolSource = null;
  pid: number | null = null;
  processIndex: number | null = null;
  takenAt: string | null = null;
  blockAddress: number | null = null;
  counters: Counters = { heap_size: null, used: null, real_used: null, free: null, max_used: null };
  /** The header line that names the counter was seen, even if its number could not be kept. */
  headerLines = 0;

  /** Inside the list of fragments (qm and 4.3's tlsf). */
  listing = false;
  chunks = 0;
  bytes = 0;
  /** Two numbers a site id: count and bytes. */
  cells = new Float64Array(128);
  /** Free fragments that the list itself shows (mem_status_mode=1). */
  freeListed = 0;
  lastNumber = -1;
  /** Numbers that the list skips; free fragments when nothing is lost. */
  skippedNumbers = 0;
  /** Numbers that did not rise. */
  disorder = 0;
  expect: Expectation = EXPECT_FRAGMENT;
  pendingSize = 0;
  pendingFree = false;
  /** The sites of the last chunks, for `SiteTable.foretold`. */
  siteHistory = 0;
  namedChunks = 0;
  checkLines = 0;
  damaged = 0;
  /** Lines that do not fit the order fragment, site, check. */
  strayLines = 0;
  /** Address of fragment 0, and the bytes that a fragment takes beyond its size; null until the list shows them. */
  firstFragment: number | null = null;
  overhead: number | null = null;
  previousFragment: { number: number; address: number; size: number } | null = null;

  freeListSeen = false;
  freeFragments: number | null = null;
  largestFirst: number | null = null;
  /** The hash of a free list line whose bucket line has not come yet. */
  pendingHash: number | null = null;
  /** fm: what its TOTAL line says. */
  totalFreeFragments: number | null = null;
  totalFreeBytes: number | null = null;
  /** tlsf: which rows of the matrix were seen. */
  matrixRows = 0;

  ended = false;
  /** A line that only a later place in the dump explains came first: the beginning is missing. */
  headless = false;
  /** The text itself says that messages were dropped meanwhile. */
  readonly losses: string[] = [];
  readonly warnings: string[] = [];
  private unspoken = 0;

  constructor(
    public form: DumpForm,
    readonly firstLine: number,
    public lastLine: number,
  ) {}

  addChunks(site: number, count: number, bytes: number): void {
    const at = site * 2;
    if (at + 1 >= this.cells.length) {
      const larger = new Float64Array(Math.max(this.cells.length * 2, at + 2));
      larger.set(this.cells);
      this.cells = larger;
    }
    this.cells[at] = (this.cells[at] ?? 0) + count;
    this.cells[at + 1] = (this.cells[at + 1] ?? 0) + bytes;
  }

  warn(text: string): void {
    if (this.warnings.includes(text)) return;
    if (this.warnings.length < MAX_WARNINGS) this.warnings.push(text.slice(0, MAX_WARNING_LENGTH));
    else this.unspoken++;
  }

  lost(reason: string): void {
    if (this.losses.length < MAX_WARNINGS && !this.losses.includes(reason)) this.losses.push(reason);
  }

  allWarnings(): string[] {
    return this.unspoken === 0 ? [...this.warnings] : [...this.warnings, `and ${this.unspoken} more warnings`];
  }
}
