/** What the operating system says about memory: the host's figures, Kamailio's processes, the kernel's slab caches. All sizes in bytes. */

/** One reading of the host: /proc/meminfo or `free`. A figure that the text does not print is `null`. */
export interface HostFigures {
  source: "meminfo" | "free" | "top";
  total: number;
  free: number;
  /** Since Linux 3.14. */
  available: number | null;
  buffers: number | null;
  /** Page cache, shared memory included: Kamailio's shm pool counts here too. */
  cached: number | null;
  /** Shared memory: the shm pools of this host, tmpfs, other programs' shared memory. */
  shmem: number | null;
  slab: number | null;
  slab_reclaimable: number | null;
  slab_unreclaimable: number | null;
  anon_pages: number | null;
  swap_total: number | null;
  swap_free: number | null;
  committed_as: number | null;
}

/** One process, from /proc/PID/status, smaps, smaps_rollup or ps. */
export interface ProcessFigures {
  pid: number | null;
  name: string | null;
  virtual: number | null;
  /** Resident; pages shared with other processes count in each of them. */
  rss: number | null;
  /** Largest that rss ever was. */
  peak_rss: number | null;
  /** Parts of rss: private and copied-on-write memory, files, shared memory (the touched part of the shm pool). */
  rss_anon: number | null;
  rss_file: number | null;
  rss_shmem: number | null;
  /** Resident, with each shared page divided by the number of processes that share it: these add up. */
  pss: number | null;
  /** Pages that this process alone has. */
  private_bytes: number | null;
  swap: number | null;
  /** libc's heap grown with brk, from smaps. */
  heap: number | null;
  /** Size and resident part of the mapping of the shm pool (`/dev/zero (deleted)`, rw-s), from smaps. */
  shm_mapping: { size: number; rss: number } | null;
}

/** What a container, a pod or a service takes as a whole, against what it may take. */
export interface GroupFigures {
  source: "docker_stats" | "kubectl_top" | "systemd" | "cgroup";
  name: string | null;
  /** Page cache that can be dropped is left out of it by docker and kubectl, and counted by systemd and the cgroup files. */
  used: number;
  /** `null`: the text does not say, or there is no limit. */
  limit: number | null;
  peak: number | null;
  /** Processes and threads in it. */
  tasks: number | null;
  /** Processes that the kernel ended for the limit. */
  oom_kills: number | null;
  /** Anonymous memory, shared memory (the shm pool among it), page cache: memory.stat of the cgroup. */
  anon: number | null;
  shmem: number | null;
  file: number | null;
}

export const NO_GROUP: Omit<GroupFigures, "source" | "used"> = {
  name: null,
  limit: null,
  peak: null,
  tasks: null,
  oom_kills: null,
  anon: null,
  shmem: null,
  file: null,
};

export interface SlabCache {
  name: string;
  bytes: number;
}

export interface HostMemoryReading {
  /** In the order of the text: the last one is the latest. */
  hosts: HostFigures[];
  /** Kamailio's processes; a pid that was read twice is here as it was read last. */
  processes: ProcessFigures[];
  /** The same pids as they were read first, where they were read twice. */
  earlier_processes: ProcessFigures[];
  /** Containers, pods and services, each as it was read last. Missing in readings that releases before 0.2 stored. */
  groups?: GroupFigures[];
  /** Processes of other programs in a ps listing. */
  other_processes: number;
  /** Largest first. */
  slab_caches: SlabCache[];
  warnings: string[];
  unknown_lines: string[];
}

export const NO_PROCESS: ProcessFigures = {
  pid: null,
  name: null,
  virtual: null,
  rss: null,
  peak_rss: null,
  rss_anon: null,
  rss_file: null,
  rss_shmem: null,
  pss: null,
  private_bytes: null,
  swap: null,
  heap: null,
  shm_mapping: null,
};

export const NO_HOST: Omit<HostFigures, "source" | "total" | "free"> = {
  available: null,
  buffers: null,
  cached: null,
  shmem: null,
  slab: null,
  slab_reclaimable: null,
  slab_unreclaimable: null,
  anon_pages: null,
  swap_total: null,
  swap_free: null,
  committed_as: null,
};
