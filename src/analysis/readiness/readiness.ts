/**
 * Readiness: can memory be debugged here and now, and what must change? Pure: records in, verdict with its checks out.
 * See level.ts for what `ok` and `level` mean, capabilities.ts for what each capability promises, rules/ for the checks.
 */
import type { Manager, Pool } from "../../kamailio/pool.js";
import { type Capabilities, capabilitiesOf } from "./capabilities.js";
import type { Check } from "./check.js";
import { type Level, levelOf } from "./level.js";
import { RULES } from "./rules/index.js";
import { type ReadinessInput, type Situation, situationOf } from "./situation.js";
import { type Ways, waysOf } from "./ways.js";

export interface Readiness {
  /** `level` is "ready". */
  ok: boolean;
  level: Level;
  /** One sentence: what holds, and what to do first. */
  summary: string;
  /** What was judged. */
  judged: {
    instance: string;
    /** The recorded binary and the record of the running process. */
    build_id: string | null;
    running_build_id: string | null;
    version: string | null;
    managers: Record<Pool, Manager | null>;
  };
  capabilities: Capabilities;
  checks: Check[];
}

export function judgeReadiness(input: ReadinessInput): Readiness {
  const s = situationOf(input);
  const ways = waysOf(s);
  const judgeable = s.is_kamailio === true && s.version !== null;
  const level = levelOf(s, ways);
  return {
    ok: level === "ready",
    level,
    summary: summaryOf(s, ways, level),
    judged: {
      instance: s.instance,
      build_id: s.build?.id ?? null,
      running_build_id: s.running?.id ?? null,
      version: s.version?.text ?? null,
      managers: { shm: s.pools.shm.manager, pkg: s.pools.pkg.manager },
    },
    capabilities: judgeable ? capabilitiesOf(s, ways) : NOTHING_KNOWN,
    checks: RULES.map((rule) => rule(s, ways)).filter((check) => check !== null),
  };
}

const NOTHING_KNOWN: Capabilities = {
  allocation_sites: null,
  dump_to_log_shm: null,
  dump_to_log_pkg: null,
  site_statistics_rpc: null,
  usage_rpc_shm: null,
  usage_rpc_pkg: null,
  gdb_walk: null,
};

function summaryOf(s: Situation, ways: Ways, level: Level): string {
  const name = s.version === null ? "this build" : `${s.version.text}`;
  switch (level) {
    case "unknown":
      return s.is_kamailio === false
        ? "Not judged: this is not a Kamailio."
        : "Cannot be told from what is recorded; the first unknown check names the command that tells.";
    case "rebuild_needed":
      return s.debug === false
        ? `${name} was built without memory debugging: build it again with it.`
        : `pkg of ${name} is libc's malloc, which Kamailio cannot show: build it again with its own pkg manager.`;
    case "restart_needed":
      return s.debug === false || s.pkg_malloc === false
        ? "The running process lacks what the binary on disk has: restart."
        : `${name} keeps allocation sites, but ${closed(ways)} cannot be seen while it runs: the failed checks say what to add before a restart.`;
    case "ready":
      return ways.set_at_runtime === null
        ? `Ready: ${name} keeps allocation sites. Which RPC modules are loaded is not recorded; without ctl and cfg_rpc a restart is needed for dumps.`
        : `Ready: ${name} keeps allocation sites, and they can be seen with at most runtime commands.`;
  }
}

function closed(ways: Ways): string {
  const pools = (["shm", "pkg"] as const).filter((pool) => ways.sites[pool] === false);
  return `those of ${pools.join(" and ")}`;
}
