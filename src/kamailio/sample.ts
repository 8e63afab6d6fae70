/**
 * What one reading of the counters of a running Kamailio holds: the usage sample, with Kamailio's own field names.
 *
 * Bytes, except `fragments` and `total_frags`, which count FREE fragments in every memory manager (qm_info, fm_info, tlsf_meminfo).
 */

/** The counters of the shared pool, as `core.shmmem` and `shm.stats` name them. `null`: the text did not show it, or showed it wrapped. */
export interface ShmCounters {
  total: number | null;
  free: number | null;
  used: number | null;
  real_used: number | null;
  max_used: number | null;
  fragments: number | null;
}

/** The counters of one process's private pool, a row of `pkg.stats`. */
export interface PkgCounters {
  pid: number;
  /** 0 main, 1.. SIP workers, -1 timers, -2 RPC, -4 TCP main (sr_module.h:145-181@5.6.3). */
  rank: number | null;
  used: number | null;
  free: number | null;
  real_used: number | null;
  /** Printed since 4.2.0. */
  total_size: number | null;
  /** Printed since 4.2.0. */
  total_frags: number | null;
  /** Printed since 5.4.0. */
  desc: string | null;
}

/** A usage sample: everything that one moment's output shows. */
export interface UsageSample {
  /** RFC 3339, or `null` when the text does not say when it was taken. */
  at: string | null;
  /** Seconds since the server started. */
  uptime: number | null;
  shm: ShmCounters | null;
  pkg: PkgCounters[];
  /** Load counters that explain memory: `registered_users`, `current_transactions`, `rcv_requests`, ... */
  load: Record<string, number>;
}
