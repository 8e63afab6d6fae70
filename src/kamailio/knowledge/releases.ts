/**
 * What differs from release to release: the one table of facts. Each row holds from `since` to `until` (both inside, `null` = still so)
 * and names where the source says it. "3.3.5" is the oldest tag, so it also stands for everything older.
 */
import type { Manager } from "../pool.js";
import { compareVersions, readVersion, type Version, versionInRange } from "../version.js";

export interface Row<T> {
  since: string;
  until: string | null;
  value: T;
  source: string;
}

/** The value that holds for a release; `null` when the release is unknown or no row covers it. */
export function factAt<T>(rows: readonly Row<T>[], version: Version | null): T | null {
  return rowAt(rows, version)?.value ?? null;
}

/** The row that holds for a release, with its source; `null` when the release is unknown or no row covers it. */
export function rowAt<T>(rows: readonly Row<T>[], version: Version | null): Row<T> | null {
  if (version === null || version.major === null) return null;
  return rows.find((row) => versionInRange(version, row)) ?? null;
}

/** How a binary says that its allocators keep file, function and line. */
export interface DebugEvidence {
  /** The flag that proves it in `Compile flags:`; with `f_malloc` another one. */
  qm: "DBG_QM_MALLOC" | "DBG_SR_MEMORY";
  fm: "DBG_F_MALLOC" | "DBG_SR_MEMORY";
  /** `null`: this release prints no word for a tlsf build. */
  tlsf: "DBG_SR_MEMORY" | null;
  /** True while the manager is chosen when compiling (MEMMNG), false once `-x` and `-X` choose it. */
  compiled_in: boolean;
}

const FM_OR_QM: DebugEvidence = { qm: "DBG_QM_MALLOC", fm: "DBG_F_MALLOC", tlsf: null, compiled_in: true };
const SR_MEMORY: DebugEvidence = { qm: "DBG_SR_MEMORY", fm: "DBG_SR_MEMORY", tlsf: "DBG_SR_MEMORY", compiled_in: false };

/** Which word in the flags proves memory debugging. `DBG_QM_MALLOC` is printed again beside `DBG_SR_MEMORY` from 6.1.0 on. */
export const DEBUG_EVIDENCE: readonly Row<DebugEvidence>[] = [
  { since: "3.3.5", until: "4.3.7", value: FM_OR_QM, source: "ver_defs.h:337-351@3.3.7, Makefile.defs:672-690@4.3.7" },
  { since: "4.4.0", until: null, value: SR_MEMORY, source: "ver_defs.h:174,346@4.4.0, src/core/ver.c:22@6.1.0" },
];

/** The words that memory debugging adds to the flags when it is on: what to look for with `grep`. */
export const DEBUG_FLAGS_PRINTED: readonly Row<readonly string[]>[] = [
  { since: "3.3.5", until: "4.3.7", value: ["DBG_QM_MALLOC", "DBG_F_MALLOC"], source: "ver_defs.h:337-351@3.3.7" },
  { since: "4.4.0", until: "6.0.7", value: ["DBG_SR_MEMORY"], source: "ver_defs.h:174,346@4.4.0" },
  {
    since: "6.1.0",
    until: null,
    value: ["DBG_SR_MEMORY", "DBG_QM_MALLOC", "DBG_F_MALLOC", "DBG_TLSF_MALLOC"],
    source: "src/core/ver.c:22@6.1.0 (commit 8e02e0860d)",
  },
];

/** How the flags of a release that compiles one manager in (up to 4.3) tell which one. */
export interface CompiledInManager {
  /** MEMMNG chooses it; 3.3 knows MEMDBG alone (1: q_malloc with debugging, 0: f_malloc without). */
  has_memmng: boolean;
  /** MEMMNG=2 builds tlsf, which prints no word at all: flags without a memory word are q_malloc or tlsf. */
  silent_tlsf: boolean;
}

export const COMPILED_IN_MANAGER: readonly Row<CompiledInManager>[] = [
  { since: "3.3.5", until: "3.3.7", value: { has_memmng: false, silent_tlsf: false }, source: "Makefile.defs:170,717-723@3.3.7" },
  {
    since: "4.0.0",
    until: "4.2.8",
    value: { has_memmng: true, silent_tlsf: false },
    source: "Makefile.defs:171,175,723-736@4.0.7",
  },
  {
    since: "4.3.0",
    until: "4.3.7",
    value: { has_memmng: true, silent_tlsf: true },
    source: "Makefile.defs:672-690@4.3.7, ver_defs.h@4.3.7",
  },
];

/** True where the flags show `MEM_JOIN_FREE`; before that its absence says nothing. */
export const JOIN_FREE_PRINTED: readonly Row<boolean>[] = [
  { since: "3.3.5", until: "5.6.6", value: false, source: "ver_defs.h@5.6.3" },
  { since: "5.7.0", until: null, value: true, source: "ver_defs.h:333@5.8.8" },
];

/** The manager of a process that was started without `-x` and `-X`; `null` while it is chosen when compiling. */
export const DEFAULT_MANAGER: readonly Row<Manager>[] = [
  { since: "4.4.0", until: "4.4.7", value: "fm", source: "main.c:507@4.4.7" },
  { since: "5.0.0", until: null, value: "qm", source: "src/main.c:511@5.0.0, 563@master" },
];

/** `-x` and `-X` exist. */
export const MANAGER_OPTIONS: readonly Row<boolean>[] = [
  { since: "3.3.5", until: "4.3.7", value: false, source: "main.c@4.3.7" },
  { since: "4.4.0", until: null, value: true, source: "main.c:1906-1910@4.4.7" },
];

/** The make variables and their defaults when Kamailio is compiled without naming them. `null`: the variable does not exist or is dead. */
export interface BuildDefaults {
  MEMMNG: 0 | 1 | null;
  MEMDBG: 0 | 1;
}

export const BUILD_DEFAULTS: readonly Row<BuildDefaults>[] = [
  { since: "3.3.5", until: "3.3.7", value: { MEMMNG: null, MEMDBG: 0 }, source: "Makefile.defs:170,717-723@3.3.7" },
  { since: "4.0.0", until: "4.0.7", value: { MEMMNG: 1, MEMDBG: 0 }, source: "Makefile.defs:171,175@4.0.7" },
  { since: "4.1.0", until: "4.1.9", value: { MEMMNG: 1, MEMDBG: 1 }, source: "Makefile.defs:173,177@4.1.9" },
  { since: "4.2.0", until: "4.2.6", value: { MEMMNG: 0, MEMDBG: 1 }, source: "Makefile.defs:173,177@4.2.0" },
  { since: "4.2.7", until: "4.2.8", value: { MEMMNG: 1, MEMDBG: 1 }, source: "commit 908c2699e1" },
  { since: "4.3.0", until: "4.3.2", value: { MEMMNG: 0, MEMDBG: 1 }, source: "Makefile.defs:106,110@4.3.0" },
  { since: "4.3.3", until: "4.3.7", value: { MEMMNG: 1, MEMDBG: 1 }, source: "commit 8bdb3f95d3" },
  {
    since: "4.4.0",
    until: null,
    value: { MEMMNG: null, MEMDBG: 1 },
    source: "Makefile.defs:690-699@4.4.7, src/Makefile.defs:753-767@5.8.8",
  },
];

/**
 * How a release is built: `sip-router` is make with FLAVOUR, `memmng` make with MEMMNG and MEMDBG, `memdbg` make with MEMDBG alone;
 * from 6.0 cmake stands beside make (`cmake_option` is its switch for memory debugging).
 */
export interface BuildSystem {
  make: "sip_router" | "memmng" | "memdbg";
  cmake_option: "DBG_SR_MEMORY" | "MEMDBG" | null;
  /** A cmake build of these releases never joins free neighbours: MEM_JOIN_FREE is declared but not turned into a define. */
  cmake_joins: boolean;
}

export const BUILD_SYSTEM: readonly Row<BuildSystem>[] = [
  {
    since: "3.3.5",
    until: "3.3.7",
    value: { make: "sip_router", cmake_option: null, cmake_joins: true },
    source: "Makefile.defs:126@3.3.7",
  },
  {
    since: "4.0.0",
    until: "4.3.7",
    value: { make: "memmng", cmake_option: null, cmake_joins: true },
    source: "Makefile.defs:126@4.0.7",
  },
  {
    since: "4.4.0",
    until: "5.8.8",
    value: { make: "memdbg", cmake_option: null, cmake_joins: true },
    source: "Makefile.defs:690-699@4.4.7",
  },
  {
    since: "6.0.0",
    until: "6.0.3",
    value: { make: "memdbg", cmake_option: "DBG_SR_MEMORY", cmake_joins: false },
    source: "cmake/defs.cmake:61-98@6.0.0",
  },
  {
    since: "6.0.4",
    until: null,
    value: { make: "memdbg", cmake_option: "MEMDBG", cmake_joins: true },
    source: "cmake/defs.cmake:99-122,215-223@6.0.7",
  },
];

/** The numbers that are in force when neither the command line nor the config sets them. Sizes in MB; levels as in `debug`. */
export interface SettingDefaults {
  pkg_size_mb: number;
  shm_size_mb: number;
  memlog: number;
  memdbg: number;
  mem_summary: number;
  mem_join: number;
  mem_safety: number;
  /** `null`: the parameter does not exist. */
  mem_status_mode: number | null;
  mem_add_size: number | null;
}

type DefaultRows = { [Key in keyof SettingDefaults]: readonly Row<SettingDefaults[Key]>[] };

export const SETTING_DEFAULTS: DefaultRows = {
  pkg_size_mb: [
    { since: "3.3.5", until: "4.1.9", value: 4, source: "config.h:144@3.3.7" },
    { since: "4.2.0", until: null, value: 8, source: "config.h:147@4.2.0, src/core/config.h:152@5.6.3" },
  ],
  shm_size_mb: [
    { since: "3.3.5", until: "4.1.9", value: 32, source: "config.h:148@3.3.7" },
    { since: "4.2.0", until: null, value: 64, source: "config.h:151@4.2.0, src/core/config.h:156@5.6.3" },
  ],
  memlog: [
    { since: "3.3.5", until: "4.1.9", value: 3, source: "cfg_core.c@3.3.7" },
    { since: "4.2.0", until: null, value: 4, source: "cfg_core.c:118@4.2.0" },
  ],
  memdbg: [
    { since: "3.3.5", until: "4.1.9", value: 3, source: "cfg_core.c@3.3.7" },
    { since: "4.2.0", until: null, value: 4, source: "cfg_core.c@4.2.0" },
  ],
  mem_summary: [
    { since: "3.3.5", until: "5.5.7", value: 3, source: "cfg_core.c@5.5.0" },
    { since: "5.6.0", until: null, value: 12, source: "src/core/cfg_core.c:113@5.6.0" },
  ],
  mem_join: [
    { since: "3.3.5", until: "5.2.8", value: 0, source: "cfg_core.c@5.2.0" },
    { since: "5.3.0", until: null, value: 1, source: "src/core/cfg_core.c:116@5.3.0" },
  ],
  mem_safety: [
    { since: "3.3.5", until: "5.0.8", value: 0, source: "cfg_core.c@5.0.0" },
    { since: "5.1.0", until: null, value: 1, source: "src/core/cfg_core.c:116@5.1.0" },
  ],
  mem_status_mode: [
    { since: "3.3.5", until: "4.4.2", value: null, source: "cfg_core.c@4.4.3" },
    { since: "4.4.3", until: null, value: 0, source: "cfg_core.c@4.4.3" },
  ],
  mem_add_size: [
    { since: "3.3.5", until: "5.7.7", value: null, source: "src/core/cfg_core.c@5.8.0" },
    { since: "5.8.0", until: null, value: 0, source: "src/core/cfg_core.c@5.8.0" },
  ],
};

/** `debug` without a config line: L_WARN, in every release. */
export const DEFAULT_DEBUG = 0;
/** Children a UDP socket without `children` and `-n` (CHILD_NO), in every release. */
export const DEFAULT_CHILDREN = 8;

/** Bounds that `-m` and `-M` enforce, in MB; `null`: not checked. Zero means "the default" where it is not refused. */
export interface SizeLimits {
  max_shm_size_mb: number | null;
  max_pkg_size_mb: number | null;
  zero_is_default: boolean;
}

export const SIZE_LIMITS: readonly Row<SizeLimits>[] = [
  {
    since: "3.3.5",
    until: "5.7.7",
    value: { max_shm_size_mb: null, max_pkg_size_mb: null, zero_is_default: true },
    source: "src/main.c@5.7.0",
  },
  {
    since: "5.8.0",
    until: null,
    value: { max_shm_size_mb: 16_777_216, max_pkg_size_mb: 1_048_576, zero_is_default: false },
    source: "src/main.c:2337@5.8.0",
  },
];

/** `shm_mem_size` in the config has an effect (4.4 parses it and ignores it). */
export const SHM_MEM_SIZE_WORKS: readonly Row<boolean>[] = [
  { since: "3.3.5", until: "4.3.7", value: true, source: "cfg.y@4.3.7" },
  { since: "4.4.0", until: "4.4.7", value: false, source: "main.c:2086, cfg.y:1427@4.4.7" },
  { since: "5.0.0", until: null, value: true, source: "src/main.c@5.0.0" },
];

/**
 * `shm_mem_size` in the config also replaces a `-m` that equals the compiled default, since the server cannot tell it from none: the
 * packaged units with their `-m 64` obey the config. (Checked on 5.6.3: `-m 64` with `shm_mem_size=128` gives 128 MB, `-m 32` gives 32.)
 */
export const SHM_MEM_SIZE_REPLACES_DEFAULT_M: readonly Row<boolean>[] = [
  { since: "3.3.5", until: "4.4.7", value: false, source: "cfg.y:1492@4.3.7, cfg.y:1427@4.4.7" },
  { since: "5.0.0", until: null, value: true, source: "src/core/cfg.y:1433@5.0.0, src/core/cfg.y:1967@master" },
];

/** `--debug=N` exists. */
export const DEBUG_OPTION: readonly Row<boolean>[] = [
  { since: "3.3.5", until: "5.3.9", value: false, source: "src/main.c:1973@5.3.9" },
  { since: "5.4.0", until: null, value: true, source: "src/main.c:2026@5.4.8" },
];

/** `async_workers` exists (0 without a config line). */
export const ASYNC_WORKERS: readonly Row<boolean>[] = [
  { since: "3.3.5", until: "4.1.9", value: false, source: "cfg.lex@4.1.9" },
  { since: "4.2.0", until: null, value: true, source: "async_task.c@4.2.0" },
];

/** What `cfg.set_now_int core mem_dump_pkg PID` prints. */
export interface PkgDump {
  /** It obeys the `mem_summary` bits 1 (list) and 4 (sums); before that it always prints the list. */
  obeys_mem_summary: boolean;
}

export const PKG_DUMP: readonly Row<PkgDump>[] = [
  { since: "3.3.5", until: "4.3.3", value: { obeys_mem_summary: false }, source: "pt.c:544@3.3.5" },
  { since: "4.3.4", until: null, value: { obeys_mem_summary: true }, source: "pt.c:517,531,535@4.3.4, src/core/pt.c:536@5.6.3" },
];

/** What SIGUSR1 does to a worker (not the main process). */
export const SIGUSR1_DUMPS_WORKER: readonly Row<boolean>[] = [
  { since: "3.3.5", until: "4.4.2", value: false, source: "main.c:834@4.4.3" },
  { since: "4.4.3", until: null, value: true, source: "main.c:834@4.4.3, src/main.c:892@5.5.0" },
];

/** The command line tool that talks to `ctl`. */
export const CTL_TOOL: readonly Row<"sercmd" | "kamcmd">[] = [
  { since: "3.3.5", until: "3.3.7", value: "sercmd", source: "utils/sercmd@3.3.7" },
  { since: "4.0.0", until: null, value: "kamcmd", source: "Makefile:1061@4.0.7" },
];

/** The option that prints the version; in 3.3 `-v` starts the server. */
export const VERSION_OPTION: readonly Row<"-V" | "-v">[] = [
  { since: "3.3.5", until: "3.3.7", value: "-V", source: "main.c:2161@3.3.7" },
  { since: "4.0.0", until: null, value: "-v", source: "main.c:1970ff@4.0.7" },
];

/** How the core and kex print the shared pool's counters. */
export const SHMMEM_IS_64_BIT: readonly Row<boolean>[] = [
  { since: "3.3.5", until: "5.6.6", value: false, source: "core_cmd.c:499@3.3.5" },
  { since: "5.7.0", until: null, value: true, source: "src/core/core_cmd.c:612@5.7.0" },
];

/** The global symbol that a gdb walk starts from. */
export const GDB_ROOT: readonly Row<"mem_block" | "_pkg_root">[] = [
  { since: "3.3.5", until: "4.3.7", value: "mem_block", source: "mem/mem.c:51-55@4.3.7" },
  { since: "4.4.0", until: null, value: "_pkg_root", source: "mem/pkg.c:30@4.4.0" },
];

/** q_malloc on 64 bit: bytes that one fragment costs beside its payload, and the control block, with and without debugging. */
export interface QmOverhead {
  debug_fragment: number;
  release_fragment: number;
  debug_block: number;
  release_block: number;
}

export const QM_OVERHEAD: readonly Row<QmOverhead>[] = [
  {
    since: "3.3.5",
    until: "4.1.9",
    value: { debug_fragment: 96, release_fragment: 32, debug_block: 218_344, release_block: 43_048 },
    source: "mem/q_malloc.h@3.3.7",
  },
  {
    since: "4.2.0",
    until: "4.3.7",
    value: { debug_fragment: 96, release_fragment: 32, debug_block: 218_360, release_block: 43_064 },
    source: "mem/q_malloc.h@4.2.0",
  },
  {
    since: "4.4.0",
    until: "5.7.7",
    value: { debug_fragment: 104, release_fragment: 32, debug_block: 235_152, release_block: 43_064 },
    source: "mem/q_malloc.h@4.4.0",
  },
  {
    since: "5.8.0",
    until: null,
    value: { debug_fragment: 112, release_fragment: 32, debug_block: 268_608, release_block: 100_768 },
    source: "src/core/mem/q_malloc.h@5.8.0",
  },
];

/**
 * Does q_malloc of this release inflate `used` and `real_used` when a realloc shrinks a chunk? Fixed in 5.8.8, 6.0.6 and 6.1.0
 * (commit 412dcbfc9e); f_malloc and tlsf never had it. `null` when the release is unknown.
 */
export function hasReallocAccountingBug(version: Version | null): boolean | null {
  return factAt(REALLOC_ACCOUNTING_BUG, version);
}

/** True while the bug is there. */
export const REALLOC_ACCOUNTING_BUG: readonly Row<boolean>[] = [
  { since: "3.3.5", until: "5.8.7", value: true, source: "q_malloc.c:591@3.3.7, 660@5.6.3" },
  { since: "5.8.8", until: "5.8.99", value: false, source: "commit 412dcbfc9e" },
  { since: "6.0.0", until: "6.0.5", value: true, source: "src/core/mem/q_malloc.c:695@6.0.5" },
  { since: "6.0.6", until: null, value: false, source: "commit 412dcbfc9e" },
];

/** The releases that fixed the accounting bug, for the text of an answer. */
export const REALLOC_ACCOUNTING_BUG_FIXED_IN = ["5.8.8", "6.0.6", "6.1.0"] as const;

/** RPC commands about memory: the module that brings each, and since when. `core` needs no module of its own (but `ctl` or `jsonrpcs` to be called). */
export interface MemoryRpc {
  name: string;
  module: "core" | "kex" | "corex" | "cfg_rpc" | "tm";
  since: string;
}

export const MEMORY_RPCS: readonly MemoryRpc[] = [
  { name: "core.shmmem", module: "core", since: "3.3.5" },
  { name: "pkg.stats", module: "kex", since: "3.3.5" },
  { name: "cfg.set_now_int", module: "cfg_rpc", since: "3.3.5" },
  { name: "tm.stats", module: "tm", since: "3.3.5" },
  { name: "corex.shm_status", module: "corex", since: "4.2.0" },
  { name: "corex.shm_summary", module: "corex", since: "4.2.0" },
  { name: "corex.pkg_summary", module: "corex", since: "4.4.0" },
  { name: "mod.stats", module: "kex", since: "4.4.0" },
  { name: "mod.mem_stats", module: "kex", since: "5.3.0" },
  { name: "mod.mem_statsx", module: "kex", since: "5.3.0" },
  { name: "shm.info", module: "corex", since: "5.5.0" },
  { name: "shm.stats", module: "corex", since: "5.5.0" },
  { name: "pkg.info", module: "kex", since: "5.5.0" },
  { name: "shm.report", module: "corex", since: "5.6.0" },
  { name: "shm.rprint", module: "corex", since: "5.8.0" },
];

/** Does this release have the RPC command (when its module is loaded)? `null` when the release is unknown. */
export function hasRpc(name: string, version: Version | null): boolean | null {
  const rpc = MEMORY_RPCS.find((row) => row.name === name);
  if (rpc === undefined || version === null || version.major === null) return null;
  return versionInRange(version, { since: rpc.since, until: null });
}

/** Older than the oldest release that the facts were read from: what is said of it is by analogy. */
export function isOlderThanFacts(version: Version): boolean {
  const oldest = readVersion("3.3.0");
  return oldest !== null && compareVersions(version, oldest) < 0;
}
