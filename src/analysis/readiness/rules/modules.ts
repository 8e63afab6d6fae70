/**
 * Readiness rules: which modules the commands need. ctl (or jsonrpcs) is the transport, cfg_rpc brings cfg.*, kex brings pkg.stats and mod.*,
 * corex brings shm.* and corex.*. core.* needs the transport alone. A module cannot be loaded at run time.
 */

import { CORE_MODULES_RPC } from "../../../kamailio/knowledge/memory-reports.js";
import { factAt, hasRpc, MEMORY_RPCS } from "../../../kamailio/knowledge/releases.js";
import type { EffectiveValue } from "../../../kamailio/settings/settings.js";
import { quoteShellWord } from "../../../kamailio/shell-words.js";
import { versionInRange } from "../../../kamailio/version.js";
import { rpc, toolName } from "../../commands/rpc.js";
import { askWith, type Check, type Evidence, type Fix, nothing } from "../check.js";
import { restartWithLines } from "../costly-fixes.js";
import type { RpcModule, Situation } from "../situation.js";
import type { Rule } from "./rule.js";

export const rpcTransport: Rule = (s): Check | null => {
  if (s.is_kamailio === false) return null;
  const base = { id: "rpc_transport", title: "RPC commands can reach the server (ctl or jsonrpcs)" };
  if (s.rpc === null)
    return {
      ...base,
      status: "unknown",
      detail: `The loaded modules are not recorded. ${socketHint(s)}`,
      evidence: null,
      fix: howToTell(s),
    };
  if (!s.rpc)
    return {
      ...base,
      status: "fail",
      detail: `${s.reach.door.kind === "closed" ? s.reach.door.reason : "Neither ctl nor jsonrpcs is loaded"}: no RPC command works. It takes a restart to load a module.`,
      evidence: modulesEvidence(s.settings.modules),
      fix: restartWithLines(s, ['loadmodule "ctl.so"']),
    };
  const name = s.has("ctl") === true ? "ctl" : "jsonrpcs";
  return {
    ...base,
    status: "pass",
    detail: `${name} is loaded. ${socketHint(s)}`,
    evidence: modulesEvidence(s.settings.modules),
    fix: nothing(),
  };
};

function socketHint(s: Situation): string {
  const { door } = s.reach;
  if (door.kind !== "ctl") return `Commands go through ${toolName(s.reach)}.`;
  if (door.socket !== null) return `It listens on ${door.socket}.`;
  const folder = s.settings.run_dir.value;
  if (folder === null) return `If ${door.tool} does not connect, name the socket with -s (modparam "ctl" "binrpc").`;
  return `If ${door.tool} does not connect, name the socket: -s ${quoteShellWord(`unixs:${folder}/kamailio_ctl`)}.`;
}

function modulesEvidence(modules: EffectiveValue<string[]>): Evidence | null {
  return modules.value === null ? null : { kind: "settings", id: modules.evidence_id, quote: modules.quote };
}

/** core.modules names the loaded modules from 5.1 on; system.listMethods names the RPCs in every release. */
function howToTell(s: Situation): Fix {
  const config = s.settings.config_file.value ?? s.judged?.value.paths.config ?? null;
  const grep = config === null ? [] : [`grep -n loadmodule ${quoteShellWord(config)}`];
  const list = s.version !== null && factAt(CORE_MODULES_RPC, s.version) === true ? "core.modules" : "system.listMethods";
  return askWith(rpc(s.reach, list), ...grep);
}

export const cfgRpcIsLoaded: Rule = (s) =>
  s.cfg_framework === false
    ? null
    : moduleIsLoaded(s, "cfg_rpc", "cfg.set_now_int asks for dumps and changes memlog, debug and mem_summary at run time");
export const kexIsLoaded: Rule = (s) => moduleIsLoaded(s, "kex", "it brings pkg.stats and mod.stats");
export const corexIsLoaded: Rule = (s) => {
  const commands = MEMORY_RPCS.filter(
    (row) => row.module === "corex" && s.version !== null && versionInRange(s.version, { since: row.since, until: null }),
  ).map((row) => row.name);
  if (commands.length === 0 || hasRpc("corex.shm_status", s.version) !== true) return null;
  return moduleIsLoaded(s, "corex", `it brings ${commands.join(", ")}`);
};

/** Only cfg_rpc closes a way of its own; without kex and corex some figures are missing. */
function moduleIsLoaded(s: Situation, module: RpcModule, purpose: string): Check | null {
  if (s.is_kamailio === false) return null;
  const base = { id: `module_${module}`, title: `${module} is loaded: ${purpose}` };
  const loaded = s.has(module);
  if (loaded === null)
    return { ...base, status: "unknown", detail: "The loaded modules are not recorded.", evidence: null, fix: howToTell(s) };
  const evidence = modulesEvidence(s.settings.modules);
  if (loaded) return { ...base, status: "pass", detail: `${module} is loaded.`, evidence, fix: nothing() };
  return {
    ...base,
    status: module === "cfg_rpc" ? "fail" : "warn",
    detail: `${module} is not loaded, and a module cannot be loaded at run time.`,
    evidence,
    fix: restartWithLines(s, [`loadmodule "${module}.so"`]),
  };
}
