/** A build: what `kamailio -I`, `-V` or `core.info` says about a binary. What the text does not show is `null`, never a guess. */
import type { Manager } from "../pool.js";
import type { Version } from "../version.js";

/** Who printed it. OpenSIPS and SER print look-alikes. */
export type Product = "kamailio" | "ser" | "sip-router" | "opensips" | "openser" | "other";

export interface BuildMemory {
  /** The managers that are compiled in. */
  managers: Manager[];
  /** The manager that runs without `-x`/`-X`; `null` where the text cannot tell (4.3 without memory words may be tlsf). */
  default_manager: Manager | null;
  /** Do the allocators keep file, function and line of each chunk? */
  debug: boolean | null;
  /** The word that proves it. */
  debug_flag: string | null;
  /** `null` in releases that do not print MEM_JOIN_FREE. */
  join_free: boolean | null;
}

export interface BuildLimits {
  buf_size: number | null;
  max_uri_size: number | null;
  max_recv_buffer_size: number | null;
  max_send_buffer_size: number | null;
  max_listen: number | null;
  adaptive_wait_loops: number | null;
}

export interface Build {
  product: Product;
  version: Version | null;
  architecture: string | null;
  operating_system: string | null;
  /** The words of "Compile flags:" in their order; `null` when the text does not show them (or elides some). */
  flags: string[] | null;
  memory: BuildMemory;
  default_pkg_size_mb: number | null;
  default_shm_size_mb: number | null;
  limits: BuildLimits;
  compiler: string | null;
  compiled_at: string | null;
  source_revision: string | null;
  source_dirty: boolean | null;
  paths: { config: string | null; modules: string[] | null; run_dir: string | null };
  tcp_poll_methods: string[] | null;
  /** Inferred from the flags; `null` where the text cannot tell. */
  build_variables: { MEMMNG: 0 | 1 | 2 | null; MEMDBG: 0 | 1 | null };
  /** True when the text was printed by a running process (`core.info`, `core.flags`), not by the binary on disk. */
  from_running_process: boolean;
  unknown_lines: string[];
}
