/**
 * Memory bugs of Kamailio itself that a running server can meet: which releases have them, how they show, where they are fixed.
 *
 * Made from the public history up to master 38711a3e78 (2026-08-21). For each row a script checked at all 137 release tags that the fix
 * commits exist, that the tags in `affected` lack at least one of them and those in `fixed_in` hold all (backports by their own commits),
 * and that the named functions are in the affected source and allocate. Left out: start-up, test modules, clean-ups once memory is out.
 */
import { createRequire } from "node:module";
import { z } from "zod";
import { INCIDENT_KINDS } from "../log/incident.js";
import { PROCESS_CLASSES } from "./process-classes.js";

const siteSchema = z.strictObject({
  /** `null`: shows under the module that calls (inline helpers, lib/srdb1). */
  module: z.string().nullable(),
  /** Without its path: paths moved with 5.0. */
  file: z.string(),
  function: z.string(),
});

const release = z.string().regex(/^\d+\.\d+\.\d+(?:\.\d+)?$/);

const knownIssueSchema = z.strictObject({
  id: z.string().regex(/^KI-\d{4}$/),
  title: z.string(),
  /** What an operator sees, and when. */
  summary: z.string(),
  kind: z.enum(["leak", "growth", "corruption", "accounting", "fragmentation"]),
  defect: z.enum([
    "leak",
    "unbounded_growth",
    "use_after_free",
    "buffer_overrun",
    "double_free",
    "phantom_usage",
    "counter_overflow",
    "fragmentation",
  ]),
  /** `system`: libc memory, outside both pools. `null`: not one pool (a stack buffer, counters, the allocator). */
  pool: z.enum(["shm", "pkg", "system"]).nullable(),
  /** 3: hits ordinary servers; 2: hits whoever uses the feature; 1: needs rare input or an error path. */
  weight: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  /** First and last affected release tags. A range ends at the newest tag of a living series that was known; later ones may be fixed. */
  affected: z.array(z.strictObject({ since: release, until: release })).nonempty(),
  /** First release of each series with the fix, up to the first series that has it from its .0 on. Empty: in no release. */
  fixed_in: z.array(release),
  /** When the fix came to master, and the version that master called itself then (`null`: it was not marked as a snapshot). */
  fixed_on_master: z.strictObject({ version: z.string().nullable(), date: z.iso.date() }).nullable(),
  /** The commit on master; with several, the last one. `null`: not fixed. */
  fix_commit: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .nullable(),
  /** Backports, and what else the fix needed. */
  fix_commits: z.array(z.string().regex(/^[0-9a-f]{12}$/)),
  urls: z.array(z.url()),
  /** One of these must be loaded (a renamed module has two names); empty: the core. */
  modules: z.array(z.string()),
  /** Only with one of these managers; empty: any. */
  managers: z.array(z.enum(["qm", "fm", "tlsf"])),
  /** Only on this architecture. */
  architecture: z.string().nullable(),
  /** `false`: only in builds that never join free neighbours. */
  joins_free: z.boolean().nullable(),
  signature: z.strictObject({
    /** Who allocates what stays: these sites grow in dumps. */
    sites: z.array(siteSchema),
    /** The faulty functions: corruption messages may name them. */
    functions: z.array(z.string()),
    /** The processes whose private memory grows; empty: whichever runs the code. */
    process_classes: z.array(z.enum(PROCESS_CLASSES)),
    log_message: z.string().nullable(),
    /** Incidents that are its sign even though they name no function. */
    incidents: z.array(z.enum(INCIDENT_KINDS)),
    counter_pattern: z.string().nullable(),
    /** What traffic, function or setting it takes. */
    config_needed: z.string(),
  }),
  workaround: z.string().nullable(),
  /** False: effect or lower bound is not confirmed in every detail, or it is an open report. */
  certain: z.boolean(),
});
export const knownIssuesSchema = z.array(knownIssueSchema);
export type KnownIssue = z.infer<typeof knownIssueSchema>;

/** The newest tag of each series that still got releases when the table was made: what came later is not known. */
export const NEWEST_KNOWN_RELEASES = ["5.8.8", "6.0.7", "6.1.4"] as const;

let table: readonly KnownIssue[] | null = null;

/** The whole table, read at first use. */
export function knownIssues(): readonly KnownIssue[] {
  table ??= createRequire(import.meta.url)("./known-issues.json") as readonly KnownIssue[];
  return table;
}
