/** What a log proves: the incidents that a Kamailio log's lines amount to, counted and not listed. */
import type { LogSite } from "../log-line/line.js";
import type { Manager, Pool } from "../pool.js";

/**
 * The kinds of incident.
 *
 * - `exhaustion`: an allocation failed; `fragmentation`: it failed although enough bytes were free (q_malloc alone says so);
 * - `tls_low_memory`: the tls module refused a connection or an operation to keep free shm; `startup_failure`: a pool could not be made;
 * - `overrun`, `underrun`: bytes written after or before a chunk; `double_free`; `bad_pointer`: a pointer from outside the pool was freed;
 * - `realloc_of_freed`; `broken_free_list`: its count does not agree with its length; `broken_fragment`: a fragment's sizes disagree;
 * - `absurd_request`: a size that no pool can have, such as a negative length;
 * - `child_died`: a process was ended by a signal; `host_out_of_memory`: the kernel killed Kamailio.
 */
export const INCIDENT_KINDS = [
  "exhaustion",
  "fragmentation",
  "tls_low_memory",
  "startup_failure",
  "overrun",
  "underrun",
  "double_free",
  "bad_pointer",
  "realloc_of_freed",
  "broken_free_list",
  "broken_fragment",
  "absurd_request",
  "child_died",
  "host_out_of_memory",
] as const;
export type IncidentKind = (typeof INCIDENT_KINDS)[number];

/** Kinds that mean damaged memory: no size of pool cures them. */
export const CORRUPTION_KINDS: ReadonlySet<IncidentKind> = new Set([
  "overrun",
  "underrun",
  "double_free",
  "bad_pointer",
  "realloc_of_freed",
  "broken_free_list",
  "broken_fragment",
  "absurd_request",
]);

export type Severity = "info" | "warning" | "error" | "critical";

/** The words that a check mark was found to hold instead of its own value. */
export interface Overwritten {
  where: "beginning" | "end" | "previous_end";
  /** Hexadecimal, as printed. */
  words: string[];
  expected: string[];
  /** How many bytes differ from the check mark. */
  changed_bytes: number;
  /** The differing bytes in the order of memory (little endian), hexadecimal. */
  bytes: string;
  /** The same as text; what cannot be printed shows as a dot. */
  ascii: string;
}

/** One incident: all lines of one kind, pool, class of message and site. Times are RFC 3339, `null` when the log shows none. */
export interface LogIncident {
  kind: IncidentKind;
  /** Row of the message table that recognised it. */
  class: string;
  severity: Severity;
  /** `null`: the text does not say which, and nothing else does. */
  pool: Pool | null;
  /** How the pool is known. */
  pool_source: "text" | "block_address" | "site" | null;
  manager: Manager | null;
  /** Who asked for or freed the memory. The line names the caller, never who used up the pool. */
  site: LogSite | null;
  /** Double free: who freed it first. Overrun and underrun: who allocated or freed the fragment last. */
  other_site: LogSite | null;
  /** Largest and smallest size asked for in one piece, bytes. */
  size: number | null;
  smallest_size: number | null;
  /** Failures, not lines: the allocator and its caller each write one for the same failure. */
  count: number;
  lines: number;
  /** True when the log says that messages were dropped. */
  count_is_lower_bound: boolean;
  /** The processes, at most 32 of them. */
  pids: number[];
  /** How many different processes, as far as they were told apart. */
  pid_count: number;
  first_at: string | null;
  last_at: string | null;
  first_line: number;
  last_line: number;
  /** The first line, at most 400 characters. */
  quote: string;
  overwritten: Overwritten | null;
  /** What Kamailio did about it: `ignoring` (mem_safety) or `aborting`. */
  action: "aborting" | "ignoring" | null;
  signal: { number: number; name: string; core_dumped: boolean | null; main_exited: boolean; preceded_by: IncidentKind[] } | null;
  tls: {
    threshold: 1 | 2 | null;
    threshold_bytes: number | null;
    lowest_free_bytes: number | null;
    processes: number | null;
  } | null;
  /** What it means, in a sentence or two. */
  explanation: string;
}

/** A line that reads like an incident and is none. */
export interface LookAlike {
  class: string;
  count: number;
  first_line: number;
  quote: string;
  why: string;
}

/** What the start-up line "processes (at least): N - shm size: S - pkg size: P" says; several mean restarts. */
export interface LogStart {
  at: string | null;
  line: number;
  processes: number;
  shm_size: number;
  pkg_size: number;
}

export interface LogReading {
  incidents: LogIncident[];
  look_alikes: LookAlike[];
  starts: LogStart[];
  warnings: string[];
  /** Earliest and latest time stamp that was read. */
  time_range: { from: string; to: string } | null;
  lines: number;
  bytes: number;
}
