/** The commands that would settle a verdict, as far as the recorded release has them. */

import { CTL_TOOL, factAt, hasRpc } from "../../kamailio/knowledge/releases.js";
import type { Pool } from "../../kamailio/pool.js";
import type { Version } from "../../kamailio/version.js";
import type { FullNow, NextStep, Verdict } from "./diagnosis.js";

/** An unknown release is taken to have everything: the answer of an old one ("command not found") says so itself. */
function has(version: Version | null, name: string): boolean {
  return hasRpc(name, version) !== false;
}

/** The one command while a pool is full: what takes the memory, asked before a restart throws the answer away. */
export function fullStep(full: FullNow, pool: Pool, version: Version | null): NextStep {
  const [process] = full.processes;
  return {
    ...sitesStep(pool, version, "", process?.pid ?? null),
    why: "it is full now: record what takes the memory before a restart throws the answer away",
  };
}

/** Stuck transactions: the process table says whether the timer that frees them still runs (K#1897). */
export function stuckStep(version: Version | null): NextStep {
  const tool = factAt(CTL_TOOL, version) ?? "kamcmd";
  return { why: "is the timer process alive that frees them?", command: `${tool} core.psx` };
}

/** What is allocated, by site. @param pid of the process to look at (pkg); `null`: `PID` is to be filled in. */
function sitesStep(pool: Pool, version: Version | null, where: string, pid: number | null): NextStep {
  const tool = factAt(CTL_TOOL, version) ?? "kamcmd";
  if (pool === "pkg")
    return {
      why: `a dump${where} names what is allocated there; the process writes it when it next wakes up`,
      command: `${tool} cfg.set_now_int core mem_dump_pkg ${pid ?? "PID"}`,
    };
  if (has(version, "mod.mem_statsx"))
    return {
      why: "bytes and chunks by allocation site; twice, hours apart, shows which count grows",
      command: `${tool} mod.mem_statsx all shm`,
    };
  return has(version, "mod.stats")
    ? { why: "bytes by allocation site; twice, hours apart, shows which grows", command: `${tool} mod.stats all shm` }
    : { why: "a dump of the shared pool names what is allocated", command: `${tool} cfg.set_now_int core mem_dump_shm 1` };
}

export function nextSteps(
  verdict: Verdict,
  pool: Pool,
  version: Version | null,
  phantomPossible: boolean,
  processes: readonly string[],
): NextStep[] {
  const tool = factAt(CTL_TOOL, version) ?? "kamcmd";
  const where = processes.length > 0 ? ` of a process of class ${processes.join(", ")}` : "";
  const sites = sitesStep(pool, version, where, null);
  const usage: NextStep = { why: "one sample a minute from here on", command: `${tool} core.shmmem; ${tool} pkg.stats` };
  switch (verdict) {
    case "leak_suspected":
      return [
        ...(phantomPossible
          ? [
              {
                why: "if the chunks of a dump add up to less than `used`, the rise is the accounting bug and no leak",
                command: sites.command,
              },
            ]
          : []),
        sites,
        {
          why: "the quiet test: stop traffic, wait the longest lifetime, compare; what comes back was no leak",
          command: `${tool} ${pool === "shm" ? "core.shmmem" : "pkg.stats"}`,
        },
        ...(pool === "shm"
          ? [{ why: "transactions created and never freed look like a leak", command: `${tool} tm.stats` }]
          : []),
      ];
    case "fragmentation":
      return pool === "shm" && has(version, "shm.report")
        ? [
            {
              why: "the largest free fragment, to compare with what failed (qm with debugging only)",
              command: `${tool} shm.report`,
            },
            { why: "are free neighbours joined?", command: `${tool} cfg.get core mem_join` },
          ]
        : [{ why: "are free neighbours joined?", command: `${tool} cfg.get core mem_join` }];
    case "undersized":
      return [{ why: "what the process was started with", command: `${tool} core.arg` }, usage];
    case "corruption":
      return [
        {
          why: "keep the core: the stack names who freed or overwrote",
          command: "gdb kamailio CORE -batch -ex 'bt full' -ex 'info locals'",
        },
      ];
    case "growth":
      return [{ why: "load beside memory keeps growth apart from a leak", command: `${tool} stats.get_statistics all` }];
    case "stale_data":
      return pool === "pkg"
        ? [{ why: "a dump shows what the counters do not", command: `${tool} cfg.set_now_int core mem_dump_pkg PID` }]
        : [{ why: "megabytes do not wrap in 32 bits", command: `${tool} core.shmmem m` }];
    case "insufficient_data":
    case "inconclusive":
      return [
        ...(verdict === "inconclusive" ? [sites] : []),
        usage,
        { why: "load counters tell growth from a leak", command: `${tool} stats.get_statistics all` },
      ];
    case "healthy":
      return [];
  }
}
