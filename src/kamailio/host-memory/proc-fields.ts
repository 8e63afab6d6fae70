/** The `Name: N kB` lines of /proc/meminfo, /proc/PID/status, smaps and smaps_rollup, and where each belongs. */
import type { HostFigures, ProcessFigures } from "./reading.js";

/** /proc/meminfo. `MemTotal` begins a new reading. */
export const MEMINFO: Readonly<Record<string, keyof HostFigures>> = {
  MemTotal: "total",
  MemFree: "free",
  MemAvailable: "available",
  Buffers: "buffers",
  Cached: "cached",
  Shmem: "shmem",
  Slab: "slab",
  SReclaimable: "slab_reclaimable",
  SUnreclaim: "slab_unreclaimable",
  AnonPages: "anon_pages",
  SwapTotal: "swap_total",
  SwapFree: "swap_free",
  Committed_AS: "committed_as",
};

/** Fields of meminfo that are of no use here; they must not count as unknown. */
export const MEMINFO_OTHER =
  /^(?:SwapCached|Active|Inactive|Active\(anon\)|Inactive\(anon\)|Active\(file\)|Inactive\(file\)|Unevictable|Mlocked|Zswap|Zswapped|Dirty|Writeback|Mapped|KReclaimable|KernelStack|PageTables|SecPageTables|NFS_Unstable|Bounce|WritebackTmp|CommitLimit|Vmalloc\w{1,20}|Percpu|HardwareCorrupted|\w{0,20}Huge\w{0,20}|\w{0,20}PmdMapped|Cma\w{1,10}|DirectMap\w{1,6}|Hugetlb|Unaccepted|Balloon|GPU\w{1,20}|HighTotal|HighFree|LowTotal|LowFree|Quicklists|MmapCopy)$/;

type SizeField =
  | "virtual"
  | "rss"
  | "peak_rss"
  | "rss_anon"
  | "rss_file"
  | "rss_shmem"
  | "pss"
  | "private_bytes"
  | "swap"
  | "heap";

/** /proc/PID/status: one figure a process. */
export const STATUS: Readonly<Record<string, SizeField & keyof ProcessFigures>> = {
  VmSize: "virtual",
  VmHWM: "peak_rss",
  VmRSS: "rss",
  RssAnon: "rss_anon",
  RssFile: "rss_file",
  RssShmem: "rss_shmem",
  VmSwap: "swap",
};

/** smaps: figures of one mapping, added up; smaps_rollup: their sums. */
export const SMAPS: Readonly<Record<string, SizeField & keyof ProcessFigures>> = {
  Rss: "rss",
  Pss: "pss",
  // Pages of the shm pool are shared memory, not anonymous, also where one process alone has touched them.
  Anonymous: "rss_anon",
  Private_Clean: "private_bytes",
  Private_Dirty: "private_bytes",
  Swap: "swap",
};

/** Lines of status and smaps that carry no size that is used. */
export const PROC_OTHER =
  /^(?:Umask|State|Tgid|Ngid|PPid|TracerPid|Uid|Gid|FDSize|Groups|NS\w{2,6}|Kthread|Vm\w{2,4}|Hugetlb\w{0,10}|CoreDumping|THP\w{0,20}|untag_mask|Threads|Sig\w{1,4}|Shd\w{1,4}|Cap\w{1,4}|NoNewPrivs|Seccomp\w{0,10}|Spec\w{0,60}|Speculation\w{0,60}|x86_\w{1,40}|Cpus_\w{1,20}|Mems_\w{1,20}|voluntary_ctxt_switches|nonvoluntary_ctxt_switches|Size|KernelPageSize|MMUPageSize|Pss_\w{1,10}|Shared_\w{1,10}|Referenced|KSM|LazyFree|AnonHugePages|ShmemPmdMapped|FilePmdMapped|SwapPss|Locked|ProtectionKey|VmFlags)$/;
