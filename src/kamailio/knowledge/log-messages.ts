/**
 * The messages about memory that Kamailio writes to its log, by release, and the words that modules use for a failed allocation.
 *
 * Texts were read in the source at the tags that each row names; `%` parts are cut out and the rest are anchors that must all appear in
 * their order. `since` and `until` are the first and last release that can print the row; they explain a row and do not restrict the
 * reader, since a log says nothing about its release. Corruption stands first: "out of memory block!" must not read as out of memory.
 */
import { createRequire } from "node:module";
import { z } from "zod";
import { INCIDENT_KINDS } from "../log/incident.js";
import type { Pool } from "../pool.js";

const logMessageSchema = z.strictObject({
  id: z.string(),
  kind: z.enum(INCIDENT_KINDS),
  /**
   * What a line is within its incident. One failed allocation writes up to three: the search for a piece, the allocator, its caller;
   * `detail` completes the incident before it and counts nothing.
   */
  role: z.enum(["search", "allocator", "realloc", "caller", "follow_on", "event", "detail"]),
  anchors: z.array(z.string()).nonempty(),
  pool: z.enum(["shm", "pkg"]).nullable(),
  manager: z.enum(["qm", "fm", "tlsf"]).nullable(),
  severity: z.enum(["info", "warning", "error", "critical"]),
  since: z.string(),
  until: z.string().nullable(),
  source: z.string(),
});
export const logMessagesSchema = z.array(logMessageSchema);
export type LogMessage = z.infer<typeof logMessageSchema>;
export type MessageRole = LogMessage["role"];

/** In the order in which they are tried. */
export const LOG_MESSAGES = createRequire(import.meta.url)("./log-messages.json") as readonly LogMessage[];

/** Lines that read like an incident and are none. Tried before the rows above and before the modules' words. */
export const LOOK_ALIKES: readonly { id: string; anchors: readonly string[]; why: string; source: string }[] = [
  {
    id: "free_of_null",
    anchors: ["free(0) called"],
    why: "free of a null pointer does nothing; it is a warning of the allocator about its caller, not damaged memory",
    source: "core/mem/q_malloc.c:487@5.6.3",
  },
  {
    id: "tls_start_up_notice",
    anchors: ["openssl bug #1491 (crash/mem leaks on low memory)"],
    why: "the tls module tells its thresholds at every start; it refused nothing",
    source: "modules/tls/tls_init.c:774@5.2.8",
  },
  {
    id: "realloc_to_nothing",
    anchors: ["no more pkg", "rtpp_socks"],
    why: "a list of no sockets was allocated with size zero, which answers NULL: no RTP proxy is configured or enabled",
    source: "modules/rtpengine/rtpengine.c:1721@5.2.8",
  },
];

/**
 * The modules' own words for a failed allocation, several hundred variants of them (counts in the tree of 3.3.7/4.4.7/5.6.3/master:
 * "no more pkg" 199/281/233/146, "no more shm" 113/204/163/130). Tested against the message in lower case.
 */
export const MODULE_WORDS: readonly RegExp[] = [
  /\b(?:no more|mo more|not more|not enough|no enough|no free|no|out of|insufficient|lack of|short of|cannot get|can't get)(?: free| available| more)? (?:(?:pkg|shm|private|shared?|package|system|sys|free)[ _-]?)?(?:mem(?:ory)?|shmem)\b(?! (?:block|manager|debug|leak|info|stat))/,
  /\b(?:no more|not enough|out of) (?:free )?(?:pkg|shm)\b|\bno (?:pkg|shm)(?: (?:left|more|for)\b|$)/,
  /(?:could not|couldn't|can not|cannot|can't|cant|failed to|fail to|unable to|failed|error|while) (?:re)?alloc[a-z]{0,8}\b[^\n]{0,60}?\b(?:mem(?:ory)?|shm|pkg|shmem|bytes|locks?|columns?|rows?|buffer)\b/,
  /\bmem(?:ory|\.)? allocation (?:fail|error)|\b[a-z]{0,3}alloc(?:ation)?(?:\(\))? fail|\be_out_of_mem\b/,
  /\b(?:pkg|shm)_[a-z]{0,12}alloc[a-z]{0,4}(?:\(\))? (?:has )?fail|(?:failed|failed to|error in|cannot) (?:pkg|shm)_[a-z]{0,12}alloc/,
];

/** The pool that such words name. */
export const POOL_WORDS: readonly { pool: Pool; words: RegExp }[] = [
  { pool: "pkg", words: /\bpkg|private mem|package mem/ },
  { pool: "shm", words: /\bshm|shared? mem|shmem/ },
];

/**
 * Functions that report what another one of their module could not get, without saying in which pool: the catalogue of sites does not know them,
 * since they allocate nothing themselves.
 */
export const POOLS_OF_REPORTERS: readonly { module: string; function: string; pool: Pool; source: string }[] = [
  { module: "tm", function: "new_t", pool: "shm", source: "modules/tm/t_lookup.c:1279@5.6.3: build_cell() gave NULL" },
];
