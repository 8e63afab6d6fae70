/**
 * The ways to see what is allocated while the server runs, each true, false or not known. What a runtime command can change first
 * (memlog, mem_summary) counts as open.
 */
import { SIGNAL_BITS_AS_DOCUMENTED } from "../../kamailio/knowledge/memory-reports.js";
import { factAt, hasRpc, PKG_DUMP, SIGUSR1_DUMPS_WORKER } from "../../kamailio/knowledge/releases.js";
import type { Pool } from "../../kamailio/pool.js";
import type { Situation } from "./situation.js";
import { all, any, type Known, not } from "./three-valued.js";

/** Bits of mem_summary, as documented. */
export const SUMMARY_BITS = { pkg: { status: 1, sums: 4 }, shm: { status: 2, sums: 8 }, short: 16 } as const;
/** Bits that signals looked at in older releases, the same for both pools. */
const OLD_SIGNAL_BITS = { status: 1, sums: 2 } as const;

export interface Ways {
  /** Core variables can be set at run time. */
  set_at_runtime: Known;
  /** The level gate is open, or a runtime command opens it. */
  memlog_opens: Known;
  /** The list of chunks, with or without their sites. */
  list: Record<Pool, Known>;
  /** The sums by site. */
  sums: Record<Pool, Known>;
  /** RPCs that answer with sites themselves: mod.stats, shm.report. */
  site_rpcs: Known;
  /** The allocation sites of a pool can be seen while it runs. */
  sites: Record<Pool, Known>;
}

export function waysOf(s: Situation): Ways {
  const setAtRuntime = all(s.rpc, s.has("cfg_rpc"), s.cfg_framework);
  const memlogOpens = any(s.memlog_visible, setAtRuntime);
  const list = { shm: shmList(s, setAtRuntime, memlogOpens), pkg: pkgList(s, setAtRuntime, memlogOpens) };
  const sums = { shm: shmSums(s, setAtRuntime, memlogOpens), pkg: pkgSums(s, setAtRuntime, memlogOpens) };
  const modStats = all(s.debug, s.rpc, hasRpc("mod.stats", s.version), s.has("kex"));
  return {
    set_at_runtime: setAtRuntime,
    memlog_opens: memlogOpens,
    list,
    sums,
    site_rpcs: any(modStats, all(s.debug, s.rpc, shmReport(s))),
    sites: {
      shm: all(s.debug, any(list.shm, sums.shm, modStats, shmFile(s))),
      pkg: all(s.debug, s.pkg_malloc, any(list.pkg, sums.pkg)),
    },
  };
}

/** `shm.report` answers for q_malloc with debugging alone (5.6+, xreport is set in q_malloc.c only). */
export function shmReport(s: Situation): Known {
  const manager = s.pools.shm.manager;
  return all(hasRpc("shm.report", s.version), s.has("corex"), manager === null ? null : manager === "qm");
}

/** `shm.rprint` (5.8+) writes q_malloc's list to a file; unlike `shm.report` it shows every chunk. */
function shmFile(s: Situation): Known {
  const manager = s.pools.shm.manager;
  return all(s.rpc, hasRpc("shm.rprint", s.version), s.has("corex"), manager === null ? null : manager === "qm");
}

function bitSet(s: Situation, bit: number): Known {
  const value = s.settings.mem_summary.value;
  return value === null ? null : (value & bit) !== 0;
}

/** A signal prints it: the gate is open and the bit is set, or both can be had at run time. */
function bySignal(s: Situation, pool: Pool, part: "status" | "sums", setAtRuntime: Known, memlogOpens: Known): Known {
  const documented = factAt(SIGNAL_BITS_AS_DOCUMENTED, s.version);
  const bit = documented === false ? OLD_SIGNAL_BITS[part] : SUMMARY_BITS[pool][part];
  return all(memlogOpens, any(bitSet(s, bit), setAtRuntime));
}

/** SIGUSR1 to a worker: since 4.4.3, unless compiled out (NO_SIG_DEBUG since 5.5). */
export function workerAnswersSigusr1(s: Situation): Known {
  const compiledOut = s.judged?.value.flags?.includes("NO_SIG_DEBUG") ?? false;
  return all(factAt(SIGUSR1_DUMPS_WORKER, s.version), not(compiledOut));
}

function corexPrints(s: Situation, method: string, memlogOpens: Known): Known {
  return all(s.rpc, s.has("corex"), hasRpc(method, s.version), memlogOpens);
}

function shmList(s: Situation, setAtRuntime: Known, memlogOpens: Known): Known {
  const lists = s.pools.shm.reports?.lists ?? null;
  return all(
    lists,
    any(
      setAtRuntime, // mem_dump_shm
      corexPrints(s, "corex.shm_status", memlogOpens),
      bySignal(s, "shm", "status", setAtRuntime, memlogOpens),
    ),
  );
}

/** `mem_dump_shm` never prints sums (pt.c:571@3.3.5, unchanged to master), so corex or the main process's SIGUSR1 must. */
function shmSums(s: Situation, setAtRuntime: Known, memlogOpens: Known): Known {
  const sums = s.pools.shm.reports?.sums ?? null;
  return all(
    s.debug,
    sums,
    any(corexPrints(s, "corex.shm_summary", memlogOpens), bySignal(s, "shm", "sums", setAtRuntime, memlogOpens)),
  );
}

/** `mem_dump_pkg` can be set: by cfg_rpc, or by corex.pkg_summary (4.4+), which sets the same variable. */
function pkgDumpCanBeAsked(s: Situation, setAtRuntime: Known): Known {
  return any(setAtRuntime, all(s.rpc, s.has("corex"), hasRpc("corex.pkg_summary", s.version)));
}

function pkgList(s: Situation, setAtRuntime: Known, memlogOpens: Known): Known {
  const obeys = factAt(PKG_DUMP, s.version)?.obeys_mem_summary ?? null;
  const bits = any(not(obeys), bitSet(s, SUMMARY_BITS.pkg.status), setAtRuntime);
  const lists = s.pools.pkg.reports?.lists ?? null;
  return all(
    s.pkg_malloc,
    lists,
    any(
      all(pkgDumpCanBeAsked(s, setAtRuntime), bits),
      all(workerAnswersSigusr1(s), bySignal(s, "pkg", "status", setAtRuntime, memlogOpens)),
    ),
  );
}

/** Up to 4.3.3 `mem_dump_pkg` prints the status alone: under f_malloc that names no site. */
function pkgSums(s: Situation, setAtRuntime: Known, memlogOpens: Known): Known {
  const obeys = factAt(PKG_DUMP, s.version)?.obeys_mem_summary ?? null;
  const bits = all(obeys, any(bitSet(s, SUMMARY_BITS.pkg.sums), setAtRuntime));
  const sums = s.pools.pkg.reports?.sums ?? null;
  return all(
    s.pkg_malloc,
    s.debug,
    sums,
    any(
      all(pkgDumpCanBeAsked(s, setAtRuntime), bits),
      all(workerAnswersSigusr1(s), bySignal(s, "pkg", "sums", setAtRuntime, memlogOpens)),
    ),
  );
}
