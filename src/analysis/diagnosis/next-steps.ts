/** The commands that would settle a verdict, as far as the recorded release and modules have them. */
import type { Pool } from "../../kamailio/pool.js";
import type { Reach } from "../commands/reach.js";
import { canAsk, rpc, setCore } from "../commands/rpc.js";
import { pidWord } from "../commands/words.js";
import type { FullNow, NextStep, Verdict } from "./diagnosis.js";

export interface NextStepsFor {
  verdict: Verdict;
  pool: Pool;
  reach: Reach;
  /** The rise may be q_malloc's accounting bug. */
  phantom: boolean;
  /** Classes of the processes whose pkg is concerned. */
  processes: readonly string[];
  /** The process to look at (pkg); `null` when none is known. */
  pid: number | null;
}

/** The one command while a pool is full: what takes the memory, asked before a restart throws the answer away. */
export function fullStep(full: FullNow, pool: Pool, reach: Reach): NextStep {
  return {
    ...sitesOf(reach, pool, [], full.processes[0]?.pid ?? null),
    why: "it is full now: record what takes the memory before a restart throws the answer away",
  };
}

/** Stuck transactions: the process table says whether the timer that frees them still runs (K#1897). */
export function stuckStep(reach: Reach): NextStep {
  return { why: "is the timer process alive that frees them?", command: rpc(reach, "core.psx") };
}

export function nextSteps({ verdict, pool, reach, phantom, processes, pid }: NextStepsFor): NextStep[] {
  const sites = sitesOf(reach, pool, processes, pid);
  const usage: NextStep = {
    why: "one sample a minute from here on",
    command: [rpc(reach, "core.shmmem"), rpc(reach, "pkg.stats")].join("\n"),
  };
  switch (verdict) {
    case "leak_suspected":
      return [
        ...(phantom
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
          command: rpc(reach, pool === "shm" ? "core.shmmem" : "pkg.stats"),
        },
        ...(pool === "shm"
          ? [{ why: "transactions created and never freed look like a leak", command: rpc(reach, "tm.stats") }]
          : []),
      ];
    case "fragmentation":
      return pool === "shm" && canAsk(reach, "shm.report") !== false
        ? [
            {
              why: "the largest free fragment, to compare with what failed (qm with debugging only)",
              command: rpc(reach, "shm.report"),
            },
            joined(reach),
          ]
        : [joined(reach)];
    case "undersized":
      return [{ why: "what the process was started with", command: rpc(reach, "core.arg") }, usage];
    case "corruption":
      return [
        {
          why: "keep the core: the stack names who freed or overwrote",
          command: `gdb -batch -nx -ex 'bt full' -ex 'info locals' kamailio "\${CORE:?path of the core file}"`,
        },
      ];
    case "growth":
      return [{ why: "load beside memory keeps growth apart from a leak", command: populations(reach) }];
    case "stale_data":
      return pool === "pkg"
        ? [{ why: "a dump shows what the counters do not", command: pkgDump(reach, pid) }]
        : [{ why: "megabytes do not wrap in 32 bits", command: rpc(reach, "core.shmmem", "m") }];
    case "insufficient_data":
    case "inconclusive":
      return [
        ...(verdict === "inconclusive" ? [sites] : []),
        usage,
        { why: "load counters tell growth from a leak", command: populations(reach) },
      ];
    case "healthy":
      return [];
  }
}

/** What is allocated, by site. */
function sitesOf(reach: Reach, pool: Pool, processes: readonly string[], pid: number | null): NextStep {
  if (pool === "pkg") {
    const where = processes.length > 0 ? ` of a process of class ${processes.join(", ")}` : "";
    return {
      why: `a dump${where} names what is allocated there; the process writes it when it next wakes up`,
      command: pkgDump(reach, pid),
    };
  }
  if (canAsk(reach, "mod.mem_statsx") !== false)
    return {
      why: "bytes and chunks by allocation site; twice, hours apart, shows which count grows",
      command: rpc(reach, "mod.mem_statsx", "all", "shm"),
    };
  if (canAsk(reach, "mod.stats") !== false)
    return {
      why: "bytes by allocation site; twice, hours apart, shows which grows",
      command: rpc(reach, "mod.stats", "all", "shm"),
    };
  return { why: "a dump of the shared pool names what is allocated", command: setCore(reach, "mem_dump_shm", 1) };
}

function pkgDump(reach: Reach, pid: number | null): string {
  return setCore(reach, "mem_dump_pkg", pidWord(pid, "pid of the process, from pkg.stats"));
}

function joined(reach: Reach): NextStep {
  return { why: "are free neighbours joined?", command: rpc(reach, "cfg.get", "core", "mem_join") };
}

/** What fills the pools: statistics where kex is there, transactions otherwise. */
function populations(reach: Reach): string {
  return canAsk(reach, "stats.get_statistics") === false ? rpc(reach, "tm.stats") : rpc(reach, "stats.get_statistics", "all");
}
