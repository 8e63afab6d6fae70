/**
 * Readiness rules: RPCs that answer with allocation sites. mod.stats sums by site (4.4+; mem_statsx with counts, 5.3+), shm.report names the
 * largest fragments (5.6+, q_malloc with debugging), shm.rprint writes the list to a file (5.8+, q_malloc).
 */
import { MOD_STATS_LOCKS_SHM } from "../../../kamailio/knowledge/memory-reports.js";
import { factAt, hasRpc } from "../../../kamailio/knowledge/releases.js";
import { rpc } from "../../commands/rpc.js";
import { atRuntime, type Check, nothing } from "../check.js";
import { restartWithLines } from "../costly-fixes.js";
import type { Situation } from "../situation.js";
import { all } from "../three-valued.js";
import { shmReport, type Ways } from "../ways.js";
import type { Rule } from "./rule.js";

/** mod.stats prints each sum as a signed 32-bit int (src/modules/kex/mod_stats.c:118,138,148@6.1.4). */
const MOD_STATS_LIMIT_MB = 2048;

export const siteStatisticsAnswer: Rule = (s, ways): Check | null => {
  if (s.is_kamailio === false || s.version === null) return null;
  const base = { id: "site_statistics_rpc", title: "RPC commands answer with bytes by allocation site", evidence: null };
  if (hasRpc("mod.stats", s.version) !== true)
    return {
      ...base,
      status: "warn",
      detail: `${s.version.text} has no such command: mod.stats came with 4.4. The sums of a dump say the same.`,
      fix: nothing(),
    };
  if (s.debug === false)
    return {
      ...base,
      status: "fail",
      detail: "Without debugging there are no sites: mod.stats and shm.report answer empty or with zeros.",
      fix: nothing(),
    };
  if (ways.site_rpcs === false)
    return {
      ...base,
      status: "warn",
      detail: "Neither kex (mod.stats) nor corex (shm.report) is loaded with a transport.",
      fix: restartWithLines(s, missingModules(s)),
    };
  return { ...base, status: ways.site_rpcs === true ? "pass" : "unknown", detail: explain(s), fix: atRuntime(commands(s, ways)) };
};

function missingModules(s: Situation): string[] {
  return [...(s.rpc === false ? ['loadmodule "ctl.so"'] : []), ...(s.has("kex") === false ? ['loadmodule "kex.so"'] : [])];
}

function commands(s: Situation, ways: Ways): string[] {
  const withCounts = hasRpc("mod.mem_statsx", s.version) === true;
  const kex = s.has("kex") === false ? [] : [rpc(s.reach, withCounts ? "mod.mem_statsx" : "mod.stats", "all", "shm")];
  const report =
    all(s.debug, shmReport(s)) === false || hasRpc("shm.report", s.version) !== true ? [] : [rpc(s.reach, "shm.report")];
  const rprint =
    hasRpc("shm.rprint", s.version) === true &&
    s.pools.shm.manager === "qm" &&
    s.has("corex") !== false &&
    ways.site_rpcs !== false
      ? [rpc(s.reach, "shm.rprint", "/tmp/kamailio-shm.txt", ".")]
      : [];
  return [...kex, ...report, ...rprint];
}

function explain(s: Situation): string {
  const parts: string[] = [];
  parts.push(
    hasRpc("mod.mem_statsx", s.version) === true
      ? `mod.mem_statsx gives bytes and counts by site; mod.stats has no counts and turns negative above ${MOD_STATS_LIMIT_MB} MB a site.`
      : `mod.stats gives bytes by site, without counts; above ${MOD_STATS_LIMIT_MB} MB a site it turns negative.`,
  );
  parts.push(
    factAt(MOD_STATS_LOCKS_SHM, s.version) === false
      ? "It walks shm without the lock in this release: on a busy server it can crash the process that answers."
      : "It walks the whole pool under the shm lock.",
  );
  if (hasRpc("shm.report", s.version) === true)
    parts.push(
      s.pools.shm.manager === "qm" || s.pools.shm.manager === null
        ? "shm.report (corex) names the largest chunks and the largest free fragment."
        : "shm.report and shm.rprint answer for q_malloc alone.",
    );
  return parts.join(" ");
}

/** kex/mod_stats.c:201@5.3.0: the pkg part is the pool of the process that answers. */
export const modStatsPkgIsOfTheRpcProcess: Rule = (s): Check | null => {
  if (s.is_kamailio === false || s.pkg_malloc === false || hasRpc("mod.stats", s.version) !== true) return null;
  return {
    id: "mod_stats_pkg",
    status: "warn",
    title: "`mod.stats all pkg` shows only the process that answers the RPC",
    detail:
      "It walks the pkg of the ctl handler (or the jsonrpcs or TCP process), never that of the SIP workers. Use mem_dump_pkg with the worker's pid.",
    evidence: { kind: "release", id: null, quote: "src/modules/kex/mod_stats.c:201@5.3.0" },
    fix: nothing(),
  };
};
