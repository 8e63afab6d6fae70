/**
 * What the steps of one runbook stand on: the instance's facts, and the words of the commands that reach it. Commands are wrapped for a
 * container, quoted for a POSIX shell, and only named when this release and its modules have them.
 */

import { fragmentsFromCounters } from "../analysis/build-plan/cost.js";
import { type RpcTool, rpc } from "../analysis/readiness/commands.js";
import { type Situation, situationOf } from "../analysis/readiness/situation.js";
import { all, type Known } from "../analysis/readiness/three-valued.js";
import { type Ways, waysOf } from "../analysis/readiness/ways.js";
import { MEMORY_RPCS } from "../kamailio/knowledge/releases.js";
import type { Pool } from "../kamailio/pool.js";
import { quoteShellWord } from "../kamailio/shell-words.js";
import { versionInRange } from "../kamailio/version.js";
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
  return { facts, parameters, created_at, marks, situation, ways: waysOf(situation) };
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

/** Is it in a container, and how is that one named in a command? `"$CONTAINER"` when the caller did not say: a step asks for it. */
function container(g: Ground): { kind: "docker" | "kubernetes"; word: string } | null {
  const kind = g.facts.settings.service_manager.value;
  if (kind !== "docker" && kind !== "kubernetes") return null;
  const name = text(g, "container");
  const variable = kind === "docker" ? "CONTAINER" : "POD";
  return { kind, word: name === null ? placeholder(variable, `name of the ${variable.toLowerCase()}`) : quoteShellWord(name) };
}

export function inContainer(g: Ground): "docker" | "kubernetes" | null {
  return container(g)?.kind ?? null;
}

/** The container's or the pod's name as it stands in a command; empty outside of one. */
export function containerWord(g: Ground): string {
  return container(g)?.word ?? "";
}

/** One simple command (no pipes, no redirections) as it is typed to run where Kamailio runs. */
export function there(g: Ground, command: string): string {
  const box = container(g);
  if (box === null) return command;
  const bare = command.startsWith("sudo ") ? command.slice("sudo ".length) : command;
  return box.kind === "docker" ? `docker exec ${box.word} ${bare}` : `kubectl exec ${box.word} -- ${bare}`;
}

/** A line of shell where Kamailio runs. */
export function shellThere(g: Ground, line: string): string {
  return container(g) === null ? line : there(g, `sh -c ${quoteShellWord(line)}`);
}

export function runOn(g: Ground): StepCommand["run_on"] {
  const kind = inContainer(g);
  return kind === "docker" ? "container_host" : kind === "kubernetes" ? "kubectl" : "server";
}

/** A command line as a step shows it. */
export function command(g: Ground, line: string): StepCommand {
  return { run_on: runOn(g), text: line };
}

/** The tool that reaches RPC, with the socket that the config names for `ctl`. */
function tool(g: Ground): RpcTool {
  const known = g.situation.tool;
  if (known.command !== "kamcmd" && known.command !== "sercmd") return known;
  const socket = g.facts.module_parameters?.find(
    ({ module, name, value }) => module === "ctl" && name === "binrpc" && typeof value === "string" && /^unixs?:/.test(value),
  )?.value;
  return typeof socket === "string" ? { ...known, command: `${known.command} -s ${quoteShellWord(socket)}` } : known;
}

/** One RPC command line. */
export function call(g: Ground, method: string, ...parameters: (string | number)[]): string {
  const line = rpc(tool(g), method, ...parameters);
  return there(g, line);
}

/** A command line of a judgement as it is typed here: through the container, with the socket that the config names. */
export function asTyped(g: Ground, line: string): string {
  const bare = g.situation.tool.command;
  return there(g, line.startsWith(`${bare} `) ? `${tool(g).command}${line.slice(bare.length)}` : line);
}

/** A word that stands for a number that a person must fill in; the shell stops when it is not set. */
export function placeholder(variable: string, meaning: string): string {
  return `"\${${variable}:?${meaning}}"`;
}

/** Sets a core variable; `value` can be a placeholder. */
export function setCoreLine(g: Ground, name: string, value: number | string): string {
  const line = typeof value === "number" ? rpc(tool(g), "cfg.set_now_int", "core", name, value) : null;
  return there(g, line ?? `${tool(g).command} cfg.set_now_int core ${name} ${value}`);
}

/** Commands that are not about memory alone, so not in the table of memory RPCs. */
const OTHER_RPCS: Record<string, { module: string; since: string }> = {
  "core.psx": { module: "core", since: "3.3.5" },
  "core.arg": { module: "core", since: "3.3.5" },
  "core.info": { module: "core", since: "3.3.5" },
  "core.uptime": { module: "core", since: "3.3.5" },
  "core.tcp_info": { module: "core", since: "3.3.5" },
  "core.modules": { module: "core", since: "5.1.0" },
  "cfg.list": { module: "cfg_rpc", since: "3.3.5" },
  "stats.get_statistics": { module: "kex", since: "4.2.0" },
  "dlg.stats_active": { module: "dialog", since: "4.2.0" },
  "tls.info": { module: "tls", since: "3.3.5" },
};

/** Does this release with its modules answer the command? `null`: nobody said which modules are loaded. */
export function answers(g: Ground, method: string): Known {
  const row = MEMORY_RPCS.find(({ name }) => name === method) ?? OTHER_RPCS[method];
  if (row === undefined) return null;
  const { version } = g.situation;
  const released = version === null ? null : versionInRange(version, { since: row.since, until: null });
  return all(released, g.situation.rpc, loaded(g, row.module));
}

/** Is the module loaded? The core always is. */
export function loaded(g: Ground, module: string): Known {
  if (module === "core") return true;
  const names = g.facts.settings.modules.value;
  if (names !== null) return names.some((name) => (name.split("/").at(-1) ?? name).replace(/\.so$/, "") === module);
  if (module === "cfg_rpc" || module === "kex" || module === "corex" || module === "ctl" || module === "jsonrpcs")
    return g.situation.has(module);
  return null;
}

/** The path of the instance at the service, for a command. */
export function address(g: Ground, path: string): string {
  return quoteShellWord(`${g.facts.service.url}/v1/instances/${g.facts.instance}/${path}`);
}

export function curl(g: Ground, options: string): string {
  const token = g.facts.service.auth === "token" ? ' -H "Authorization: Bearer $KAMAILIO_ASSISTANT_TOKEN"' : "";
  return `curl -sS${token} ${options}`;
}

/** Pipes what commands print to an endpoint of the instance. Several answers come under their commands: a list of words says not what it lists. */
export function submit(g: Ground, path: string, ...lines: string[]): string {
  const source =
    lines.length === 1 ? lines[0] : `{ ${lines.map((line) => `echo ${quoteShellWord(`# ${line}`)}; ${line}`).join("; ")}; }`;
  return `${source} | ${curl(g, `--data-binary @- ${address(g, path)}`)}`;
}

/** The same for texts that can be large. */
export function submitLarge(g: Ground, path: string, line: string): string {
  return `${line} | gzip | ${curl(g, `-H 'Content-Encoding: gzip' --data-binary @- ${address(g, path)}`)}`;
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
  const box = container(g);
  if (box?.kind === "docker") return `docker logs --since ${minutes}m ${box.word} 2>&1`;
  if (box?.kind === "kubernetes") return `kubectl logs --since=${minutes}m ${box.word}`;
  const manager = g.facts.settings.service_manager.value;
  const journal = `journalctl -u kamailio --since -${minutes}min --no-pager -o short-iso`;
  if (manager === "systemd") return `sudo ${journal}`;
  if (manager !== "openrc" && g.facts.settings.log_stderror.value === 1)
    return `tail -n ${LOG_LINES} ${placeholder("LOG", "the file that the standard error of Kamailio goes to")}`;
  const files = `grep -h kamailio /var/log/syslog /var/log/messages 2>/dev/null | tail -n ${LOG_LINES}`;
  const line = manager === null ? `if [ -d /run/systemd/system ]; then ${journal}; else ${files}; fi` : files;
  return `sudo sh -c ${quoteShellWord(line)}`;
}

/** A dump of a large pool has hundreds of thousands of lines; more would be another incident's. */
const LOG_LINES = 2_000_000;
