/** Turns a dump that was read into the dump that is handed out. */
import { MB } from "../units.js";
import { judgeCompleteness } from "./completeness.js";
import { compareSites, type Dump, type DumpForm, type Site } from "./dump.js";
import type { OpenDump } from "./open-dump.js";
import type { SiteTable } from "./site-table.js";

/** Sites of all dumps of one reading together; beyond it a dump keeps its sums but not its sites. */
const MAX_SITE_ROWS = 300_000;

export class Finisher {
  private rows = 0;

  constructor(private readonly sites: SiteTable) {}

  finish(open: OpenDump): Dump {
    checkCounters(open);
    const verdict = judgeCompleteness(open);
    const lists = LISTING_FORMS.has(open.form);
    let rows = lists ? this.siteRows(open) : [];
    let reason = verdict.incomplete_reason;
    if (this.rows + rows.length > MAX_SITE_ROWS) {
      rows = [];
      reason = [reason, "too many dumps in one text: its sites were left out"].filter((part) => part !== null).join("; ");
    }
    this.rows += rows.length;
    if (lists && open.chunks > 0 && rows.length === 0 && reason === null)
      open.warn("the chunks carry no allocation sites: this build has no memory debugging");
    if (rows.some((site) => site.module === null && site.file !== null))
      open.warn("locations name no module: this is a dump of SER before 3.3, or of OpenSIPS");
    if (open.poolSource === "address")
      open.warn("no header names the pool: it is taken from the alignment of the block's address");
    if (open.poolSource === "assumed")
      open.warn("no header names the pool: corex.shm_summary prints none, so it is taken as shm");
    if (open.damaged > 0) open.warn(`${open.damaged} chunks have overwritten check values: memory corruption`);
    return {
      pool: open.pool,
      pid: open.pid,
      process_index: open.processIndex,
      process: null,
      manager: open.manager,
      form: open.form,
      taken_at: open.takenAt,
      ...open.counters,
      chunks: lists ? open.chunks : null,
      allocated_bytes: lists ? open.bytes : null,
      free_fragments: open.freeFragments,
      largest_free_fragment: open.largestFirst,
      sites: rows,
      complete: reason === null,
      incomplete_reason: reason,
      warnings: open.allWarnings(),
      first_line: open.firstLine,
      last_line: open.lastLine,
    };
  }

  /** Sites of one dump; texts that name the same place (`<core>` and `core`) are one. */
  private siteRows(open: OpenDump): Site[] {
    const byName = new Map<string, Site>();
    for (let id = 0; id * 2 < open.cells.length; id++) {
      const count = open.cells[id * 2] ?? 0;
      const bytes = open.cells[id * 2 + 1] ?? 0;
      if (count === 0 && bytes === 0) continue;
      const name = this.sites.name(id);
      const key = `${name.module}\n${name.file}\n${name.function}\n${name.line}`;
      const known = byName.get(key);
      if (known) {
        known.bytes += bytes;
        known.count = (known.count ?? 0) + count;
      } else byName.set(key, { ...name, count, bytes });
    }
    return [...byName.values()].sort(compareSites);
  }
}

const LISTING_FORMS: ReadonlySet<DumpForm> = new Set(["status", "summary", "rprint", "gdb_walk"]);

/** Numbers that cannot be: they are kept, and said. */
function checkCounters(open: OpenDump): void {
  const { heap_size, used, real_used, free, max_used } = open.counters;
  if (heap_size === null) return;
  if (heap_size > MAX_POOL) open.warn(`heap size= ${heap_size} is more than Kamailio can be given (-m allows 16 TB)`);
  for (const [name, value] of Object.entries({ used, real_used, free, max_used }))
    if (value !== null && value > heap_size) open.warn(`${name} (${value}) is above heap_size (${heap_size})`);
  if (open.bytes > heap_size) open.warn(`the listed chunks sum up to ${open.bytes} bytes, more than the heap of ${heap_size}`);
  if (real_used !== null && free !== null && real_used + free !== heap_size)
    open.warn(`used+overhead and free sum up to ${real_used + free}, not to the heap size ${heap_size}`);
}

/** The upper limit of -m (src/main.c:2337@5.8.0): 16,777,216 MB. */
const MAX_POOL = 16_777_216 * MB;
