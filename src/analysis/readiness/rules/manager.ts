/**
 * Readiness rules: which memory manager runs in each pool, and what it can list. q_malloc lists every chunk and sums by site; f_malloc
 * and tlsf (except 4.3) only sum. `-x` is shm and `-X` pkg, `-x` alone switches both (main.c:1906-1910@4.4.7); before 4.4 it is compiled in.
 */
import { DEBUG_EVIDENCE, DEFAULT_MANAGER, factAt, hasRpc, MANAGER_OPTIONS, rowAt } from "../../../kamailio/knowledge/releases.js";
import type { Manager, Pool } from "../../../kamailio/pool.js";
import { commandLine } from "../../commands/process.js";
import { rpc } from "../../commands/rpc.js";
import { askWith, type Check, type Fix, nothing, releaseEvidence } from "../check.js";
import { anotherBinary, restartWithOptions } from "../costly-fixes.js";
import type { Situation } from "../situation.js";
import type { Rule } from "./rule.js";

const NAMES: Record<Manager, string> = { qm: "q_malloc", fm: "f_malloc", tlsf: "tlsf" };

export const shmManagerLists: Rule = (s) => managerLists(s, "shm");
export const pkgManagerLists: Rule = (s) => (s.pkg_malloc === false ? null : managerLists(s, "pkg"));

function managerLists(s: Situation, pool: Pool): Check | null {
  if (s.version === null || s.is_kamailio === false) return null;
  const { manager, reports, evidence, by_default: byDefault } = s.pools[pool];
  const base = { id: `manager_${pool}`, title: `The manager of ${pool} lists each allocated chunk` };
  const shown = evidence ?? releaseEvidence(rowAt(DEFAULT_MANAGER, s.version)?.source);
  if (manager === null || reports === null)
    return {
      ...base,
      status: "unknown",
      detail: `It is not known which manager runs in ${pool}.`,
      evidence: null,
      fix: askWith(...whichManager(s, pool)),
    };
  const runs = `${NAMES[manager]} runs in ${pool}${byDefault ? ", by default" : ""}`;
  if (!reports.lists)
    return {
      ...base,
      status: "warn",
      detail: `${runs}: it never lists chunks, only sums by allocation site${s.debug === true ? "" : " (and those only with debugging)"}. q_malloc lists them.`,
      evidence: shown,
      fix: switchToQm(s, pool),
    };
  return {
    ...base,
    status: "pass",
    detail: `${runs}: it lists each chunk${s.debug === true ? " with its site" : ", without its site as long as debugging is not compiled in"}.`,
    evidence: shown,
    fix: nothing(),
  };
}

/** What tells the manager that runs: the RPC where the release has it, else the command line. */
function whichManager(s: Situation, pool: Pool): string[] {
  const method = pool === "shm" ? "shm.info" : "pkg.info";
  if (hasRpc(method, s.version) === true) return [rpc(s.reach, method)];
  return [rpc(s.reach, "core.arg"), commandLine(s.reach)];
}

function switchToQm(s: Situation, pool: Pool): Fix {
  if (factAt(MANAGER_OPTIONS, s.version) === true) {
    const both = s.pools.shm.manager !== "qm" && s.pools.pkg.manager !== "qm" && s.pkg_malloc !== false;
    return restartWithOptions(s, both ? "-x qm -X qm" : pool === "shm" ? "-x qm" : "-X qm");
  }
  if (factAt(DEBUG_EVIDENCE, s.version)?.compiled_in !== true) return nothing();
  return anotherBinary(s, "chunk_list");
}
