/** What the memory managers and their triggers can report, release by release: lists of chunks, sums by site, and through which door. */
import type { Manager } from "../pool.js";
import type { Version } from "../version.js";
import { factAt, type Row } from "./releases.js";

/** What a manager's reports show of what is allocated. */
export interface ManagerReport {
  /** Its status lists every allocated chunk (with its site in a debug build). */
  lists: boolean;
  /** Its sums name each site with count and bytes (debug builds only). */
  sums: boolean;
}

const LISTS_AND_SUMS: ManagerReport = { lists: true, sums: true };
const SUMS_ALONE: ManagerReport = { lists: false, sums: true };

const MANAGER_REPORTS: Record<Manager, readonly Row<ManagerReport>[]> = {
  qm: [{ since: "3.3.5", until: null, value: LISTS_AND_SUMS, source: "mem/q_malloc.c qm_status, qm_sums" }],
  // The code that would list f_malloc's allocated fragments is inside a comment in every release.
  fm: [{ since: "3.3.5", until: null, value: SUMS_ALONE, source: "mem/f_malloc.c fm_status, fm_sums" }],
  tlsf: [
    { since: "4.3.0", until: "4.3.7", value: LISTS_AND_SUMS, source: "mem/tlsf.c:1128-1163@4.3.7" },
    { since: "4.4.0", until: null, value: SUMS_ALONE, source: "mem/tlsf_malloc.c tlsf_status@4.4.0" },
  ],
};

/** What this manager's reports show; `null` when the manager is not known. The newest row stands for an unknown release. */
export function managerReports(manager: Manager | null, version: Version | null): ManagerReport | null {
  if (manager === null) return null;
  const rows = MANAGER_REPORTS[manager];
  return factAt(rows, version) ?? rows.at(-1)?.value ?? null;
}

/** Core variables can be set while the server runs (`cfg_rpc`). Older servers read them once, from the config. By analogy below 3.3. */
export const CFG_FRAMEWORK: readonly Row<boolean>[] = [
  { since: "0.0.1", until: "2.99.99", value: false, source: "the cfg framework came with sip-router 3.0" },
  { since: "3.0.0", until: null, value: true, source: "cfg/cfg_ctx.c@3.3.7" },
];

/**
 * The bits of `mem_summary` that SIGUSR1 and a stopping worker look at: 1 status and 4 (shm: 8) sums as documented, or 1 status and 2 sums
 * for both pools, as the code had it for a long time.
 */
export const SIGNAL_BITS_AS_DOCUMENTED: readonly Row<boolean>[] = [
  { since: "3.3.5", until: "4.4.5", value: false, source: "main.c sig_usr@4.4.5" },
  { since: "4.4.6", until: "4.4.7", value: true, source: "main.c sig_usr@4.4.7" },
  { since: "5.0.0", until: "5.0.1", value: false, source: "src/main.c sig_usr@5.0.1" },
  { since: "5.0.2", until: null, value: true, source: "src/main.c sig_usr@5.0.2" },
];

/** `mod.stats` walks the shared pool under its lock; before that it walked without. */
export const MOD_STATS_LOCKS_SHM: readonly Row<boolean>[] = [
  { since: "4.4.0", until: "5.4.9", value: false, source: "src/modules/kex/mod_stats.c@5.4.0" },
  { since: "5.5.0", until: null, value: true, source: "src/modules/kex/mod_stats.c@5.5.0" },
];

/** `core.modules` names the loaded modules. */
export const CORE_MODULES_RPC: readonly Row<boolean>[] = [
  { since: "3.3.5", until: "5.0.8", value: false, source: "src/core/core_cmd.c@5.0.8" },
  { since: "5.1.0", until: null, value: true, source: "src/core/core_cmd.c@5.1.0" },
];

/** `shm.stats` and `shm.info` print 64-bit figures; 5.5 cut them to 32. */
export const SHM_STATS_IS_64_BIT: readonly Row<boolean>[] = [
  { since: "5.5.0", until: "5.5.7", value: false, source: "src/modules/corex/corex_rpc_shm.c@5.5.0" },
  { since: "5.6.0", until: null, value: true, source: "src/modules/corex/corex_rpc_shm.c@5.6.0" },
];
