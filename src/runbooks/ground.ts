/**
 * What the steps of one runbook stand on: the instance's facts, and the commands that reach it (`analysis/commands/`), bound to it.
 */

import { fragmentsFromCounters } from "../analysis/build-plan/cost.js";
import { logOf as logOfReach } from "../analysis/commands/log.js";
import { type Reach, reachOf } from "../analysis/commands/reach.js";
import { rpc, setCore, shellThere as shellThereOf, there as thereOf } from "../analysis/commands/rpc.js";
import {
  address as addressAt,
  curl as curlTo,
  type Service,
  serviceOf,
  submitLarge as submitLargeTo,
  submitPlain as submitPlainTo,
  submit as submitTo,
} from "../analysis/commands/submit.js";
import { type CommandWord, placeholder as shellPlaceholder } from "../analysis/commands/words.js";
import { type Situation, situationOf } from "../analysis/readiness/situation.js";
import { all, type Known } from "../analysis/readiness/three-valued.js";
import { type Ways, waysOf } from "../analysis/readiness/ways.js";
import { moduleOfRpc, releaseHasRpc } from "../kamailio/knowledge/rpc-commands.js";
import type { Pool } from "../kamailio/pool.js";
import { quoteShellWord } from "../kamailio/shell-words.js";
import type { RunbookFacts } from "./facts.js";
import type { MarkedStatus, ParameterValue, RunbookParameters, StepCommand } from "./runbook.js";

/** What a person said of a step, and when (epoch ms). */
export interface Mark {
  status: MarkedStatus;
  at: number;
  note: string | null;
  evidence: string | null;
}

export interface Ground {
  facts: RunbookFacts;
  parameters: RunbookParameters;
  /** Epoch ms. */
  created_at: number;
  marks: ReadonlyMap<string, Mark>;
  situation: Situation;
  ways: Ways;
  /** How commands reach the instance, with the container's name that the caller gave. */
  reach: Reach;
  service: Service;
}

export function groundOf(
  facts: RunbookFacts,
  parameters: RunbookParameters,
  created_at: number,
  marks: ReadonlyMap<string, Mark>,
): Ground {
  const { instance, build, running_build, settings } = facts;
  const bare = situationOf({ instance, build, running_build, settings });
  const chunks = { shm: chunksOf(facts, bare, "shm", null), pkg: chunksOf(facts, bare, "pkg", null) };
  const situation = { ...bare, runtime: { ...bare.runtime, chunks } };
  const container = typeof parameters.container === "string" ? parameters.container : null;
  const version = situation.is_kamailio === false ? null : situation.version;
  return {
    facts,
    parameters,
    created_at,
    marks,
    situation,
    ways: waysOf(situation),
    reach: reachOf({ version, settings }, container),
    service: serviceOf(facts.service.url, instance, facts.service.auth),
  };
}

/** Chunks of a pool as its newest complete dump lists them, or as its counters imply (q_malloc alone). */
function chunksOf(facts: RunbookFacts, s: Situation, pool: Pool, pid: number | null): number | null {
  const dump = facts.dumps.find(
    (one) => one.pool === pool && one.complete && one.chunks !== null && (pid === null || one.pid === pid),
  );
  if (dump?.chunks != null) return dump.chunks;
  if (s.pools[pool].manager !== "qm") return null;
  const sample = facts.usage.latest?.sample;
  if (pool === "shm") {
    const shm = sample?.shm;
    return shm?.used == null || shm.real_used == null
      ? null
      : fragmentsFromCounters({ used: shm.used, real_used: shm.real_used }, s.version, s.debug);
  }
  const counts = (sample?.pkg ?? [])
    .filter((row) => pid === null || row.pid === pid)
    .map((row) =>
      row.used === null || row.real_used === null
        ? null
        : fragmentsFromCounters({ used: row.used, real_used: row.real_used }, s.version, s.debug),
    )
    .filter((count) => count !== null);
  return counts.length === 0 ? null : Math.max(...counts);
}

/** Fragments that a walk or a list of this pool will meet; `null` when nothing tells. */
export function chunks(g: Ground, pool: Pool, pid: number | null = null): number | null {
  return chunksOf(g.facts, g.situation, pool, pid);
}

export function text(g: Ground, name: string): string | null {
  const value = g.parameters[name];
  return typeof value === "string" ? value : null;
}

export function number(g: Ground, name: string): number | null {
  const value: ParameterValue | undefined = g.parameters[name];
  return typeof value === "number" ? value : null;
}

export function inContainer(g: Ground): "docker" | "kubernetes" | null {
  return g.reach.box?.kind ?? null;
}

/** The container's or the pod's name as it stands in a command; empty outside of one. */
export function containerWord(g: Ground): string {
  return g.reach.box?.word.shell ?? "";
}

/** One simple command (no pipes, no redirections) as it is typed to run where Kamailio runs. */
export function there(g: Ground, line: string): string {
  return thereOf(g.reach, line);
}

/** A line of shell where Kamailio runs. */
export function shellThere(g: Ground, line: string): string {
  return shellThereOf(g.reach, line);
}

export function runOn(g: Ground): StepCommand["run_on"] {
  const kind = inContainer(g);
  return kind === "docker" ? "container_host" : kind === "kubernetes" ? "kubectl" : "server";
}

/** A command line as a step shows it. */
export function command(g: Ground, line: string): StepCommand {
  return { run_on: runOn(g), text: line };
}

/** One RPC command line. */
export function call(g: Ground, method: string, ...parameters: CommandWord[]): string {
  return rpc(g.reach, method, ...parameters);
}

/** A command line of a judgement, which did not know the container's name, as it is typed here. */
export function asTyped(g: Ground, line: string): string {
  const unnamed = g.situation.reach.box?.word.shell;
  return unnamed === undefined ? line : line.replaceAll(unnamed, containerWord(g));
}

/** A word that stands for what a person must fill in; the shell stops when it is not set. */
export function placeholder(variable: string, meaning: string): string {
  return shellPlaceholder(variable, meaning).shell;
}

/** Sets a core variable; `value` can be a placeholder. */
export function setCoreLine(g: Ground, name: string, value: number | string): string {
  return setCore(g.reach, name, typeof value === "number" ? value : { shell: value });
}

/** Does this release with its modules answer the command? `null`: nobody said which modules are loaded. */
export function answers(g: Ground, method: string): Known {
  const module = moduleOfRpc(method);
  return module === null ? null : all(releaseHasRpc(method, g.situation.version), g.situation.rpc, loaded(g, module));
}

/** Is the module loaded? The core always is. */
export function loaded(g: Ground, module: string): Known {
  if (module === "core") return true;
  if (g.reach.modules !== null) return g.reach.modules.has(module);
  if (module === "cfg_rpc" || module === "kex" || module === "corex" || module === "ctl" || module === "jsonrpcs")
    return g.situation.has(module);
  return null;
}

/** The path of the instance at the service, for a command. */
export function address(g: Ground, path: string): string {
  return addressAt(g.service, path);
}

export function curl(g: Ground, options: string): string {
  return curlTo(g.service, options);
}

/** Pipes what RPC commands print to an endpoint of the instance, each answer under its command; `null` where there is nothing to run. */
export function submit(g: Ground, path: string, ...lines: string[]): string | null {
  return submitTo(g.service, path, ...lines);
}

/** The same for one text that says itself what it is. */
export function submitPlain(g: Ground, path: string, line: string): string | null {
  return submitPlainTo(g.service, path, line);
}

/** The same for texts that can be large. */
export function submitLarge(g: Ground, path: string, line: string): string {
  return submitLargeTo(g.service, path, line);
}

/** The binary, quoted. */
export function binary(g: Ground): string {
  return quoteShellWord(g.situation.binary);
}

/** The config file, when a text shows it. */
export function configFile(g: Ground): string | null {
  return g.facts.settings.config_file.value ?? g.situation.judged?.value.paths.config ?? null;
}

/** The log of the last minutes, where this service manager keeps it; where nobody said which one, the machine is asked. */
export function logOf(g: Ground, minutes: number): string {
  return logOfReach(g.reach, minutes);
}
