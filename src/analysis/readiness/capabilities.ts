/** What can be had from this instance as it runs now, with at most runtime commands; `null` where no text tells. */
import { architectureIs64Bit } from "../../kamailio/knowledge/architectures.js";
import type { Situation } from "./situation.js";
import { all, any, type Known } from "./three-valued.js";
import type { Ways } from "./ways.js";

export interface Capabilities {
  /** The allocators keep module, file, function and line of each chunk. */
  allocation_sites: Known;
  /** A dump that shows what is allocated in shm can be brought into the log. */
  dump_to_log_shm: Known;
  /** The same for the pkg pool of one process. */
  dump_to_log_pkg: Known;
  /** An RPC answers with bytes by allocation site (mod.stats, shm.report). */
  site_statistics_rpc: Known;
  /** core.shmmem answers. */
  usage_rpc_shm: Known;
  /** pkg.stats answers, with figures that move. */
  usage_rpc_pkg: Known;
  /** gdb can walk a pool of this binary without debug symbols and name the sites. */
  gdb_walk: Known;
}

export function capabilitiesOf(s: Situation, ways: Ways): Capabilities {
  return {
    allocation_sites: s.debug,
    dump_to_log_shm: any(ways.list.shm, ways.sums.shm),
    dump_to_log_pkg: any(ways.list.pkg, ways.sums.pkg),
    site_statistics_rpc: ways.site_rpcs,
    usage_rpc_shm: s.rpc,
    usage_rpc_pkg: all(s.pkg_malloc, statsMove(s), s.rpc, s.has("kex")),
    gdb_walk: gdbWalk(s),
  };
}

/** The event that refreshes pkg.stats is raised by f_malloc.c and q_malloc.c alone: under tlsf the table keeps its start-up values. */
export function statsMove(s: Situation): Known {
  const manager = s.pools.pkg.manager;
  return manager === null ? null : manager !== "tlsf";
}

/** The walk follows q_malloc's fragments with the offsets of a 64-bit debug build; sizes and symbols are known for every release. */
export function gdbWalk(s: Situation): Known {
  const qm = (manager: string | null): Known => (manager === null ? null : manager === "qm");
  const pool = any(qm(s.pools.shm.manager), all(s.pkg_malloc, qm(s.pools.pkg.manager)));
  const offsets = s.architecture === null ? null : architectureIs64Bit(s.architecture) || null;
  return all(s.version === null ? null : true, s.debug, pool, offsets);
}
