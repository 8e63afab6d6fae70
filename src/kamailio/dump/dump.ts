/** A dump: an inventory of what is allocated in one pool, in whatever form Kamailio printed it. */
import type { Manager, Pool } from "../pool.js";

/**
 * The forms a dump can have.
 *
 * - `status`: qm's (4.3: also tlsf's) list of fragments; `short_status`: its header lines alone (mem_summary 16);
 * - `summary`: sums by allocation site (qm_sums, fm_sums, tlsf_sums);
 * - `free_list`: fm's status (never lists allocated fragments); `matrix`: tlsf's status since 4.4;
 * - `rprint`: the file of `shm.rprint`; `report`: `shm.report`;
 * - `mod_stats`: `mod.stats`/`mod.mem_stats`; `mem_statsx`: with counts;
 * - `gdb_walk`: a gdb script's walk over the fragments.
 */
export type DumpForm =
  | "status"
  | "short_status"
  | "summary"
  | "free_list"
  | "matrix"
  | "rprint"
  | "report"
  | "mod_stats"
  | "mem_statsx"
  | "gdb_walk";

/** Who allocated: the dump names the allocator, never who forgot to free. A part that the form does not print is `null`. */
export interface Site {
  /** `core` for the core in every release (`<core>` up to 4.3). */
  module: string | null;
  file: string | null;
  function: string | null;
  line: number | null;
  /** Chunks; `null` where the form prints bytes alone (`mod.stats`). */
  count: number | null;
  bytes: number;
}

/** One dump out of a text. Sizes in bytes; what the text does not show is `null`. */
export interface Dump {
  pool: Pool | null;
  pid: number | null;
  /** Kamailio's process index from the log prefix (`%2d(%d)`), not the rank. */
  process_index: number | null;
  /** The description of the process, when the text itself shows it. */
  process: string | null;
  manager: Manager | null;
  form: DumpForm;
  /** RFC 3339 from the log's own time stamp, when it has an unambiguous one. */
  taken_at: string | null;
  heap_size: number | null;
  used: number | null;
  real_used: number | null;
  free: number | null;
  max_used: number | null;
  /** Allocated chunks. */
  chunks: number | null;
  /** Sum of the sizes of the allocated chunks that the dump lists; `null` when the form lists none. */
  allocated_bytes: number | null;
  /** Free fragments, as the free list counts them. */
  free_fragments: number | null;
  /** A size that the pool can surely still give in one piece: the largest `first` of the free list, or shm.report's max_free_frag_size. */
  largest_free_fragment: number | null;
  /** Ordered by bytes, largest first. */
  sites: Site[];
  complete: boolean;
  /** Why `complete` is false, in words; `null` when it is complete. */
  incomplete_reason: string | null;
  warnings: string[];
  /** Line numbers (from 1) of the text where the dump begins and ends. */
  first_line: number;
  last_line: number;
}

/** Orders sites by bytes, then count, largest first; equals by name, so that the order says nothing of how the lines came in. */
export function compareSites(a: Site, b: Site): number {
  return b.bytes - a.bytes || (b.count ?? 0) - (a.count ?? 0) || compareNames(a, b);
}

function compareNames(a: Site, b: Site): number {
  const [one, other] = [a, b].map(({ module, file, function: name, line }) => `${module} ${file} ${name} ${line}`);
  return (one ?? "") < (other ?? "") ? -1 : Number(one !== other);
}
