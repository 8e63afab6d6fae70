/** Kamailio's two kinds of memory and its three managers, in its own words. */

/** `shm`: one pool for all processes (`-m`). `pkg`: one pool a process (`-M`). */
export type Pool = "shm" | "pkg";

/** The memory managers: q_malloc, f_malloc, tlsf_malloc. */
export type Manager = "qm" | "fm" | "tlsf";
