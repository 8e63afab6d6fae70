/**
 * The words of "Compile flags:" (`kamailio -I`), what each means for memory, and where the source says it.
 *
 * The list is printed in the order of ver_defs.h, so a word that stands behind the memory words proves that the memory words were not cut off.
 */

import { type Version, type VersionRange, versionInRange } from "../version.js";

/** A word that says something about memory. */
export interface MemoryFlag {
  flag: string;
  /** What a binary with the word does. */
  present: string;
  /** What a binary of a release that knows the word, but was built without it, does. */
  absent: string;
  /** The releases that print the word when it holds; in others its absence says nothing. */
  printed: readonly VersionRange[];
  source: string;
}

const ALWAYS: readonly VersionRange[] = [{ since: null, until: null }];
const UP_TO_4_3: readonly VersionRange[] = [{ since: null, until: "4.3.7" }];
const SINCE_4_4: readonly VersionRange[] = [{ since: "4.4.0", until: null }];
const SINCE_5_7: readonly VersionRange[] = [{ since: "5.7.0", until: null }];
const SINCE_6_1: readonly VersionRange[] = [{ since: "6.1.0", until: null }];
const MASTER: readonly VersionRange[] = [{ since: "6.2.0", until: null }];

export const MEMORY_FLAGS: readonly MemoryFlag[] = [
  {
    flag: "DBG_SR_MEMORY",
    present: "the allocators keep file, function and line of each chunk, in every manager; each chunk costs more bytes",
    absent: "chunks carry no file, function and line: a dump cannot name who allocated",
    printed: SINCE_4_4,
    source: "ver_defs.h:174,346@4.4.0, mem/q_malloc.h:32@4.4.0",
  },
  {
    flag: "DBG_QM_MALLOC",
    present: "q_malloc keeps file, function and line of each chunk and checks its borders",
    absent: "q_malloc keeps no file, function and line",
    printed: [...UP_TO_4_3, ...SINCE_6_1],
    source: "ver_defs.h:337-351@3.3.7, src/core/ver.c:22@6.1.0",
  },
  {
    flag: "DBG_F_MALLOC",
    present: "f_malloc keeps file, function and line of each chunk",
    absent: "f_malloc keeps no file, function and line",
    printed: [...UP_TO_4_3, ...SINCE_6_1],
    source: "ver_defs.h:337-351@3.3.7, src/core/ver.c:22@6.1.0",
  },
  {
    flag: "DBG_TLSF_MALLOC",
    present: "tlsf keeps file, function and line of each chunk",
    absent: "tlsf keeps no file, function and line",
    printed: SINCE_6_1,
    source: "src/core/ver.c:22@6.1.0",
  },
  {
    flag: "DBG_SYS_MEMORY",
    present: "calls of the system allocator are traced (built with MEMPKG=sys)",
    absent: "calls of the system allocator are not traced",
    printed: SINCE_5_7,
    source: "src/Makefile.defs:658,710@5.0.3",
  },
  {
    flag: "DBG_SR_MEMORY_BACKTRACE",
    present: "each chunk keeps the backtrace of its allocation; q_malloc pays 176 instead of 112 bytes a chunk",
    absent: "chunks keep no backtrace",
    printed: MASTER,
    source: "src/Makefile.defs:768@master (commit 84294909f1)",
  },
  {
    flag: "DBG_QM_MALLOC_BACKTRACE",
    present: "q_malloc keeps the backtrace of each allocation; it pays 176 instead of 112 bytes a chunk",
    absent: "q_malloc keeps no backtrace",
    printed: MASTER,
    source: "ver_defs.h:348-362@master",
  },
  {
    flag: "MEM_JOIN_FREE",
    present: "free neighbours can be joined (mem_join), so the pool fragments less",
    absent: "free neighbours are never joined, whatever mem_join says, and the pool fragments",
    printed: SINCE_5_7,
    source: "ver_defs.h:333@5.8.8, cmake/defs.cmake:82@6.0.0",
  },
  {
    flag: "PKG_MALLOC",
    present: "pkg is Kamailio's own pool a process (-M) that can be dumped",
    absent: "pkg is the system's malloc: no pkg dump, no mem_dump_pkg, pkg.stats shows zeros, -M limits nothing",
    printed: ALWAYS,
    source: "src/Makefile.defs:658@5.0.3",
  },
  {
    flag: "Q_MALLOC",
    present: "the manager q_malloc is compiled in (-x qm)",
    absent: "the manager q_malloc is not compiled in",
    printed: SINCE_4_4,
    source: "Makefile.defs:690-699@4.4.7",
  },
  {
    flag: "F_MALLOC",
    present: "the manager f_malloc is compiled in; up to 4.3 it is the one that runs",
    absent: "the manager f_malloc is not compiled in",
    printed: ALWAYS,
    source: "Makefile.defs:672-690@4.3.7, 690-699@4.4.7",
  },
  {
    flag: "TLSF_MALLOC",
    present: "the manager tlsf is compiled in (-x tlsf)",
    absent: "the manager tlsf is not compiled in",
    printed: SINCE_4_4,
    source: "Makefile.defs:690-699@4.4.7",
  },
  {
    flag: "DL_MALLOC",
    present: "up to 4.3: pkg is Doug Lea's malloc, whose dumps this service does not know",
    absent: "Doug Lea's malloc is not used",
    printed: UP_TO_4_3,
    source: "ver_defs.h:337-351@3.3.7",
  },
  {
    flag: "SF_MALLOC",
    present: "up to 4.3: pkg is sf_malloc, whose dumps this service does not know",
    absent: "sf_malloc is not used",
    printed: UP_TO_4_3,
    source: "ver_defs.h:337-351@3.3.7",
  },
  {
    flag: "LL_MALLOC",
    present: "up to 4.3: shm is ll_malloc, whose dumps this service does not know",
    absent: "ll_malloc is not used",
    printed: UP_TO_4_3,
    source: "ver_defs.h:337-351@3.3.7",
  },
  {
    flag: "VQ_MALLOC",
    present: "SER 0.8 and 0.9: the manager is vqm_malloc, whose dumps this service does not know",
    absent: "vqm_malloc is not used",
    printed: UP_TO_4_3,
    source: "mem/vq_malloc.c of SER 0.8",
  },
  {
    flag: "SHM_MEM",
    present: "shared memory is compiled in, as in every build",
    absent: "shared memory is not compiled in",
    printed: [{ since: null, until: "5.2.8" }],
    source: "ver_defs.h:327@5.3.9",
  },
  {
    flag: "SHM_MMAP",
    present: "the shared pool is an mmap of /dev/zero",
    absent: "the shared pool is System V shared memory and obeys kernel.shmmax",
    printed: ALWAYS,
    source: "ver_defs.h:337-351@3.3.7",
  },
  {
    flag: "EXTRA_DEBUG",
    present: "more checks while running, also in the memory code",
    absent: "no extra checks",
    printed: ALWAYS,
    source: "ver_defs.h@3.3.7",
  },
];

/** Words that ver_defs.h prints behind the memory words: one of them in a list shows that the list was not cut before. */
const BEHIND_MEMORY = [
  "DBG_LOCK",
  "NOSMP",
  "USE_FUTEX",
  "USE_PTHREAD_MUTEX",
  "USE_POSIX_SEM",
  "USE_SYSV_SEM",
  "FAST_LOCK",
  "FAST_LOCK-ADAPTIVE_WAIT",
  "FAST_LOCK-FUTEX-ADAPTIVE_WAIT",
  "USE_COMP",
  "USE_DNS_CACHE",
  "USE_DNS_FAILOVER",
  "DNS_WATCHDOG_SUPPORT",
  "USE_NAPTR",
  "USE_DST_BLACKLIST",
  "USE_DST_BLOCKLIST",
  "HAVE_RESOLV_RES",
  "TLS_PTHREAD_MUTEX_SHARED",
] as const;

/** The other words that Kamailio and its relatives print. */
const OTHER = [
  "STATS: Off",
  "STATS: On",
  "USE_IPV6",
  "USE_TCP",
  "USE_TLS",
  "CORE_TLS",
  "TLS_HOOKS",
  "USE_SCTP",
  "USE_STUN",
  "USE_RAW_SOCKS",
  "DISABLE_NAGLE",
  "USE_MCAST",
  "NO_DEBUG",
  "NO_LOG",
  "NO_SIG_DEBUG",
  "DNS_IP_HACK",
  "HONOR_MADDR",
  "USE_SHM_MEM",
  "DEBUG_DMALLOC",
  "DBG_SF_MALLOC",
  "HP_MALLOC",
  "DBG_MALLOC",
] as const;

const BEHIND_MEMORY_SET: ReadonlySet<string> = new Set(BEHIND_MEMORY);
const MEMORY_FLAGS_BY_WORD: ReadonlyMap<string, MemoryFlag> = new Map(MEMORY_FLAGS.map((row) => [row.flag, row]));

/** Every word of a flag list that is known, to tell a word that was broken in two from two words. */
export const KNOWN_FLAGS: ReadonlySet<string> = new Set([...MEMORY_FLAGS.map((row) => row.flag), ...BEHIND_MEMORY, ...OTHER]);

/** What the word means for memory; `null` when it says nothing about it. */
export function memoryFlag(flag: string): MemoryFlag | null {
  return MEMORY_FLAGS_BY_WORD.get(flag) ?? null;
}

/** Does this release print the word when it holds? `null` when the release is unknown. */
export function printsFlag(row: MemoryFlag, version: Version | null): boolean | null {
  if (version === null) return null;
  return row.printed.some((range) => versionInRange(version, range));
}

/** True when the list goes on behind the place where the memory words stand. */
export function reachesBehindMemory(flags: readonly string[]): boolean {
  return flags.some((flag) => BEHIND_MEMORY_SET.has(flag));
}
