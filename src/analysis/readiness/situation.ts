/**
 * What all rules look at: the binary, the process that runs, the managers, levels and modules in force, gathered once from what was recorded.
 * Nothing here judges; a value that no text shows and no release fixes stays `null`.
 */
import type { Build } from "../../kamailio/binary/build.js";
import { CFG_FRAMEWORK, type ManagerReport, managerReports } from "../../kamailio/knowledge/memory-reports.js";
import { DEFAULT_MANAGER, factAt } from "../../kamailio/knowledge/releases.js";
import type { Manager, Pool } from "../../kamailio/pool.js";
import type { EffectiveSettings, EffectiveValue } from "../../kamailio/settings/settings.js";
import type { Version } from "../../kamailio/version.js";
import { bareName, type Reach, reachOf } from "../commands/reach.js";
import { type Evidence, settingEvidence } from "./check.js";
import { any, type Known } from "./three-valued.js";

/** A recorded build. */
export interface BuildRecord {
  id: string;
  /** RFC 3339. */
  recorded_at: string;
  value: Build;
}

/** What other records say about the moment; all of it optional. */
export interface RuntimeFacts {
  /** Allocated chunks of each pool, from a dump or estimated from the counters. */
  chunks?: { shm?: number | null; pkg?: number | null };
  /** Where the log goes, when it is known: "journald", "rsyslog", "stderr", a path. */
  log_destination?: string | null;
  /** The machine's architecture, when the build does not say. */
  architecture?: string | null;
}

export interface ReadinessInput {
  instance: string;
  /** The binary on disk (`-I`, `-V`). */
  build: BuildRecord | null;
  /** What the running process said of itself (`core.info`, `core.flags`). */
  running_build: BuildRecord | null;
  settings: EffectiveSettings;
  runtime?: RuntimeFacts;
}

export interface PoolSituation {
  pool: Pool;
  manager: Manager | null;
  /** Nobody chose it with -x or -X, as far as the records show. */
  by_default: boolean;
  evidence: Evidence | null;
  /** What this manager can report in this release; `null` fields are not known. */
  reports: ManagerReport | null;
}

/** Loaded modules that bring the RPCs for memory. */
export type RpcModule = "ctl" | "jsonrpcs" | "cfg_rpc" | "kex" | "corex";

export interface Situation {
  instance: string;
  build: BuildRecord | null;
  running: BuildRecord | null;
  /** What is judged: the running process where it spoke, else the binary on disk. */
  judged: BuildRecord | null;
  /** False for OpenSIPS and strangers; `null` without a build. */
  is_kamailio: Known;
  version: Version | null;
  /** Do the allocators of the running process keep file, function and line? */
  debug: Known;
  /** False when pkg is libc's malloc (MEMPKG=sys). */
  pkg_malloc: Known;
  pools: Record<Pool, PoolSituation>;
  architecture: string | null;
  settings: EffectiveSettings;
  runtime: RuntimeFacts;
  /** How commands get there. */
  reach: Reach;
  /** An RPC transport is loaded, and a tool speaks it. */
  rpc: Known;
  has: (module: RpcModule) => Known;
  /** Core variables can be set at run time once `cfg_rpc` is there (not before sip-router 3.0). */
  cfg_framework: Known;
  /** Dumps at shutdown, by SIGUSR1 and by corex.shm_* are written: memlog <= debug. */
  memlog_visible: Known;
  /** The binary as it is called, e.g. "/usr/sbin/kamailio". */
  binary: string;
}

/** Variables that only `cfg.get` and `cfg.list` show of a running process: whoever pasted their answer has cfg_rpc and a transport. */
const CFG_VARIABLES = ["memlog", "memdbg", "mem_summary", "mem_join", "mem_safety"] as const;

export function situationOf(input: ReadinessInput): Situation {
  const { build, running_build: running, settings } = input;
  const judged = running ?? build;
  const version = known(running?.value.version) ?? known(build?.value.version);
  const modules = settings.modules.value === null ? null : new Set(settings.modules.value.map(bareName));
  const cfgAnswered = CFG_VARIABLES.some((name) => settings[name].source === "running_process");
  const has = (module: RpcModule): Known => modules?.has(module) ?? (module === "cfg_rpc" && cfgAnswered ? true : null);
  const rpcAnswered = cfgAnswered || running?.value.from_running_process === true || null;
  const isKamailio = judged === null ? null : isKamailioLike(judged.value);
  const ofKamailio = isKamailio === false ? null : version;
  const reach = reachOf({ version: ofKamailio, settings });
  return {
    instance: input.instance,
    build,
    running,
    judged,
    is_kamailio: isKamailio,
    version,
    debug: debugOf(build, running),
    pkg_malloc: pkgMalloc(judged),
    pools: {
      shm: poolOf("shm", settings.shm_manager, input, ofKamailio),
      pkg: poolOf("pkg", settings.pkg_manager, input, ofKamailio),
    },
    architecture: build?.value.architecture ?? running?.value.architecture ?? input.runtime?.architecture ?? null,
    settings,
    runtime: input.runtime ?? {},
    reach,
    rpc: reach.door.kind === "closed" ? false : any(has("ctl"), has("jsonrpcs"), modules === null ? rpcAnswered : false),
    has,
    cfg_framework: version === null ? null : factAt(CFG_FRAMEWORK, version),
    memlog_visible: atMost(settings.memlog.value, settings.debug.value),
    binary: settings.binary.value ?? "kamailio",
  };
}

function known<T>(value: T | null | undefined): T | null {
  return value ?? null;
}

function atMost(left: number | null, right: number | null): Known {
  return left === null || right === null ? null : left <= right;
}

/** Words that only Kamailio's allocators put into the flags: a renamed Kamailio (`NAME=`) is still one. */
const KAMAILIO_WORDS = ["DBG_SR_MEMORY", "TLSF_MALLOC"];

function isKamailioLike(build: Build): boolean {
  if (build.product === "opensips") return false;
  if (build.product !== "other") return true;
  return KAMAILIO_WORDS.some((word) => build.flags?.includes(word) ?? false);
}

/**
 * The running process decides. When its text cannot tell (flags without a version), the binary does, as long as both show the same flags.
 */
function debugOf(build: BuildRecord | null, running: BuildRecord | null): Known {
  if (running === null) return build?.value.memory.debug ?? null;
  if (running.value.memory.debug !== null) return running.value.memory.debug;
  if (running.value.flags?.includes("DBG_SR_MEMORY")) return true;
  if (build === null || running.value.flags === null) return build?.value.memory.debug ?? null;
  return sameFlags(build.value, running.value) ? build.value.memory.debug : null;
}

/** The same words, in any order; `null` where one of them shows none. */
export function sameFlags(one: Build, other: Build): Known {
  if (one.flags === null || other.flags === null) return null;
  const words = new Set(one.flags);
  return words.size === new Set(other.flags).size && other.flags.every((flag) => words.has(flag));
}

/** `PKG_MALLOC` stands in the flags of every build that has its own pkg manager (facts of ver_defs.h, all releases). */
function pkgMalloc(judged: BuildRecord | null): Known {
  return judged?.value.flags?.includes("PKG_MALLOC") ?? null;
}

function poolOf(
  pool: Pool,
  setting: EffectiveValue<Manager>,
  { build, running_build: running }: ReadinessInput,
  version: Version | null,
): PoolSituation {
  const builtIn = running?.value.memory.default_manager ?? build?.value.memory.default_manager ?? null;
  const manager = setting.value ?? builtIn ?? factAt(DEFAULT_MANAGER, version);
  const byDefault = setting.source === null || setting.source === "release_default" || setting.source === "build_default";
  return { pool, manager, by_default: byDefault, evidence: settingEvidence(setting), reports: managerReports(manager, version) };
}
