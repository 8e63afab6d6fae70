/** What about memory differs between two releases: every row of the facts table on which they do not agree, in words. */
import type { Version } from "../version.js";
import {
  BUILD_DEFAULTS,
  BUILD_SYSTEM,
  CTL_TOOL,
  DEBUG_FLAGS_PRINTED,
  DEFAULT_MANAGER,
  GDB_ROOT,
  hasRpc,
  JOIN_FREE_PRINTED,
  MANAGER_OPTIONS,
  MEMORY_RPCS,
  PKG_DUMP,
  QM_OVERHEAD,
  REALLOC_ACCOUNTING_BUG,
  type Row,
  rowAt,
  SETTING_DEFAULTS,
  SHM_MEM_SIZE_WORKS,
  SHMMEM_IS_64_BIT,
  SIGUSR1_DUMPS_WORKER,
  SIZE_LIMITS,
} from "./releases.js";

export interface ReleaseChange {
  /** Stable, for scripts. */
  id: string;
  /** What it is about. */
  title: string;
  /** In the first release and in the second. */
  from: string;
  to: string;
  meaning: string;
  source: string;
}

interface Fact {
  id: string;
  title: string;
  read: (version: Version | null) => { text: string; source: string } | null;
  meaning: (from: string, to: string) => string;
}

/** A fact out of rows: `text` says a row's value in words. Unknown where no row covers the release. */
function fact<T>(
  id: string,
  title: string,
  rows: readonly Row<T>[],
  text: (value: T) => string,
  meaning: (from: string, to: string) => string,
): Fact {
  return {
    id,
    title,
    meaning,
    read: (version) => {
      const row = rowAt(rows, version);
      return row === null ? null : { text: text(row.value), source: row.source };
    },
  };
}

const yesNo = (value: boolean) => (value ? "yes" : "no");
const exists = (value: number | null) => (value === null ? "does not exist" : String(value));

const FACTS: readonly Fact[] = [
  fact(
    "default_manager",
    "The manager without -x and -X",
    DEFAULT_MANAGER,
    String,
    (from, to) => `pools are managed by ${to} instead of ${from} unless -x and -X say otherwise`,
  ),
  fact("manager_options", "-x and -X choose the manager", MANAGER_OPTIONS, yesNo, (_from, to) =>
    to === "yes"
      ? "all managers are compiled in; -x and -X choose when starting"
      : "the manager is chosen when compiling (MEMMNG)",
  ),
  fact(
    "debug_flags",
    "The flags that prove memory debugging",
    DEBUG_FLAGS_PRINTED,
    (flags) => flags.join(", "),
    (_from, to) => `look for ${to} in kamailio -I; other words prove nothing`,
  ),
  fact(
    "join_free_printed",
    "The flags show MEM_JOIN_FREE",
    JOIN_FREE_PRINTED,
    yesNo,
    () => "its absence from the flags only means something where it is printed",
  ),
  fact(
    "pkg_size_mb",
    "Default pkg size in MB",
    SETTING_DEFAULTS.pkg_size_mb,
    String,
    (from, to) => `each process of an instance without -M gets ${to} MB instead of ${from} MB`,
  ),
  fact(
    "shm_size_mb",
    "Default shm size in MB",
    SETTING_DEFAULTS.shm_size_mb,
    String,
    (from, to) => `an instance without -m gets ${to} MB instead of ${from} MB`,
  ),
  fact(
    "memlog",
    "Default of memlog",
    SETTING_DEFAULTS.memlog,
    String,
    (_from, to) => `a dump at shutdown needs debug >= ${to} unless memlog is set`,
  ),
  fact(
    "memdbg",
    "Default of memdbg",
    SETTING_DEFAULTS.memdbg,
    String,
    (_from, to) => `each call of the allocators is logged from debug >= ${to} on unless memdbg is set`,
  ),
  fact("mem_summary", "Default of mem_summary", SETTING_DEFAULTS.mem_summary, String, (_from, to) =>
    to === "12"
      ? "mem_dump_pkg prints sums by allocation site alone; set mem_summary to 1 or 15 for the list of chunks"
      : "mem_dump_pkg prints the list of chunks; set mem_summary to 12 for the sums",
  ),
  fact("mem_join", "Default of mem_join", SETTING_DEFAULTS.mem_join, String, (_from, to) =>
    to === "1"
      ? "free neighbours are joined: less fragmentation"
      : "free neighbours are not joined unless mem_join=1 is set: more fragmentation",
  ),
  fact("mem_safety", "Default of mem_safety", SETTING_DEFAULTS.mem_safety, String, (_from, to) =>
    to === "1"
      ? "a double free is logged and ignored instead of ending the process"
      : "a double free ends the process instead of being ignored",
  ),
  fact(
    "mem_status_mode",
    "mem_status_mode",
    SETTING_DEFAULTS.mem_status_mode,
    exists,
    () => "it decides whether a status dump lists free fragments too",
  ),
  fact(
    "mem_add_size",
    "mem_add_size",
    SETTING_DEFAULTS.mem_add_size,
    exists,
    () => "it adds bytes to each allocation of q_malloc",
  ),
  fact(
    "size_limits",
    "Bounds of -m and -M",
    SIZE_LIMITS,
    (limits) =>
      limits.zero_is_default
        ? "not checked, 0 is the default"
        : `up to ${limits.max_shm_size_mb} and ${limits.max_pkg_size_mb} MB, 0 is refused`,
    () => "a start script with -m 0 or -M 0 fails where 0 is refused",
  ),
  fact("shm_mem_size", "shm_mem_size in the config works", SHM_MEM_SIZE_WORKS, yesNo, (_from, to) =>
    to === "yes" ? "shm_mem_size in the config counts when -m is not given" : "shm_mem_size in the config is ignored: give -m",
  ),
  fact(
    "pkg_dump",
    "mem_dump_pkg obeys mem_summary",
    PKG_DUMP,
    (dump) => yesNo(dump.obeys_mem_summary),
    (_from, to) =>
      to === "yes"
        ? "mem_summary decides between the list of chunks and the sums"
        : "mem_dump_pkg always prints the list of chunks",
  ),
  fact("sigusr1_worker", "SIGUSR1 makes a worker dump", SIGUSR1_DUMPS_WORKER, yesNo, (_from, to) =>
    to === "yes" ? "kill -USR1 of a worker dumps its pkg" : "kill -USR1 of a worker does nothing",
  ),
  fact("shmmem_64_bit", "core.shmmem is 64 bit", SHMMEM_IS_64_BIT, yesNo, (_from, to) =>
    to === "yes"
      ? "core.shmmem is right for pools of any size"
      : "core.shmmem is wrong for pools from 4 GB and negative from 2 GB on: ask for core.shmmem mb",
  ),
  fact(
    "realloc_accounting_bug",
    "The q_malloc realloc accounting bug",
    REALLOC_ACCOUNTING_BUG,
    (bug) => (bug ? "present" : "fixed"),
    (_from, to) =>
      to === "fixed"
        ? "counters of q_malloc no longer grow without an allocation"
        : "q_malloc's used and real_used can grow for good although nothing is allocated: confirm a leak with a dump",
  ),
  fact(
    "qm_overhead",
    "Bytes that q_malloc adds to a chunk",
    QM_OVERHEAD,
    (cost) => `${cost.debug_fragment} with debugging, ${cost.release_fragment} without`,
    () => "the same load needs pools of another size",
  ),
  fact(
    "gdb_root",
    "The symbol of a gdb walk",
    GDB_ROOT,
    String,
    (from, to) => `a gdb script that starts at ${from} must start at ${to}`,
  ),
  fact("ctl_tool", "The control tool", CTL_TOOL, String, (from, to) => `scripts that call ${from} must call ${to}`),
  fact(
    "build_defaults",
    "Compiled without naming MEMMNG and MEMDBG",
    BUILD_DEFAULTS,
    ({ MEMMNG, MEMDBG }) =>
      `${MEMMNG === null ? "" : `${MEMMNG === 1 ? "q_malloc" : "f_malloc"}, `}memory debugging ${MEMDBG === 1 ? "on" : "off"}`,
    (_from, to) => `a build with default options has: ${to}`,
  ),
  fact(
    "build_system",
    "How it is built",
    BUILD_SYSTEM,
    ({ make, cmake_option, cmake_joins }) =>
      `make ${make.toUpperCase().replace("SIP_ROUTER", "FLAVOUR=kamailio MEMDBG").replace("MEMMNG", "MEMMNG, MEMDBG")}${cmake_option === null ? "" : `; cmake -D${cmake_option}`}${cmake_joins ? "" : " (a cmake build never joins free fragments)"}`,
    () => "the build commands of the other release do not fit",
  ),
];

/** What changes when going from one release to the other, in the order of the table; empty when one of them is unknown. */
export function releaseChanges(from: Version | null, to: Version | null): ReleaseChange[] {
  const changes = FACTS.flatMap(({ id, title, read, meaning }) => {
    const before = read(from);
    const after = read(to);
    if (before === null || after === null || before.text === after.text) return [];
    return [{ id, title, from: before.text, to: after.text, meaning: meaning(before.text, after.text), source: after.source }];
  });
  return [...changes, ...rpcChange(from, to)];
}

/** The RPC commands about memory that come or go. */
function rpcChange(from: Version | null, to: Version | null): ReleaseChange[] {
  const before = MEMORY_RPCS.filter(({ name }) => hasRpc(name, from) === true).map(({ name }) => name);
  const after = MEMORY_RPCS.filter(({ name }) => hasRpc(name, to) === true).map(({ name }) => name);
  // No release is without any: an empty list is an unknown release.
  if (before.length === 0 || after.length === 0 || before.length === after.length) return [];
  const gained = after.filter((name) => !before.includes(name));
  const lost = before.filter((name) => !after.includes(name));
  return [
    {
      id: "memory_rpcs",
      title: "RPC commands about memory",
      from: `${before.length} of them`,
      to: `${after.length} of them`,
      meaning: gained.length > 0 ? `new: ${gained.join(", ")}` : `gone: ${lost.join(", ")}`,
      source: "the RPC tables of core, kex and corex at each tag",
    },
  ];
}
