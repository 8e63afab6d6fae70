/** The commands that get what is missing, for this instance, and the curl that records their answers. */
import { factAt, hasRpc, VERSION_OPTION } from "../../kamailio/knowledge/releases.js";
import type { Pool } from "../../kamailio/pool.js";
import { quoteShellWord } from "../../kamailio/shell-words.js";
import { logOf } from "../commands/log.js";
import { commandLine } from "../commands/process.js";
import { canAsk, rpc, setCore, there } from "../commands/rpc.js";
import { submit, submitLarge, submitPlain } from "../commands/submit.js";
import { pidWord } from "../commands/words.js";
import { type Situation, situationOf } from "../readiness/situation.js";
import type { ReportInput } from "./input.js";
import type { MissingAnswer } from "./report.js";

/** How long back the log is asked for, minutes. */
const LOG_MINUTES = 60;

/** What the commands are made for. */
export interface Commands {
  situation: Situation;
  /** `printed`: the command whose output is recorded, where it is not that of `commands`; `endpoint`: where, `null` for nowhere. */
  missing: (why: string, commands: string[], endpoint: string | null, printed?: string) => MissingAnswer;
}

export function commandsFor(input: ReportInput): Commands {
  const { service } = input;
  const record = (commands: string[], endpoint: string, printed: string | undefined) => {
    if (printed !== undefined) return submitLarge(service, endpoint, printed);
    const [only] = commands;
    // Texts that say themselves what they are; answers of RPC come under their commands.
    const plain = endpoint === "builds" || endpoint === "configs" || endpoint === "logs" || endpoint === "host-memory";
    return plain && only !== undefined && commands.length === 1
      ? submitPlain(service, endpoint, only)
      : submit(service, endpoint, ...commands);
  };
  return {
    situation: situationOf(input),
    missing: (why, commands, endpoint, printed) => ({
      why,
      commands,
      submit: endpoint === null ? null : record(commands, endpoint, printed),
    }),
  };
}

/** `-I` says more than the version; the template asks for `-v` (`-V` in 3.3). */
export function versionCommands({ binary, version, reach }: Situation): string[] {
  return [factAt(VERSION_OPTION, version) ?? "-v", "-I"].map((option) => there(reach, `${quoteShellWord(binary)} ${option}`));
}

/** The counters of all pools and of what fills them, cheap enough for every minute. */
export function usageCommands({ reach }: Situation): string[] {
  return [...["core.uptime", "core.shmmem", "pkg.stats"].map((method) => rpc(reach, method)), ...populationCommands(reach)];
}

/** What fills the pools; where the release or the modules have no statistics, the transactions. */
export function populationCommands(reach: Situation["reach"]): string[] {
  if (canAsk(reach, "stats.get_statistics") !== false) return [rpc(reach, "stats.get_statistics", "all")];
  return canAsk(reach, "tm.stats") === false ? [] : [rpc(reach, "tm.stats")];
}

/** The command line of the process that runs. */
export function argumentsCommand({ reach }: Situation): string {
  return canAsk(reach, "core.arg") === false ? commandLine(reach) : rpc(reach, "core.arg");
}

/** Sums by allocation site: over RPC where shm has them, else by a dump into the log, from which they are recorded. */
export function missingDump({ situation: s, missing }: Commands, why: string, pool: Pool, pid: number | null): MissingAnswer {
  if (pool === "shm" && s.debug !== false)
    for (const method of ["mod.mem_statsx", "mod.stats"])
      if (hasRpc(method, s.version) !== false && canAsk(s.reach, method) !== false)
        return missing(why, [rpc(s.reach, method, "all", "shm")], "dumps");
  const ask =
    pool === "shm"
      ? setCore(s.reach, "mem_dump_shm", 1)
      : setCore(s.reach, "mem_dump_pkg", pidWord(pid, "pid of the process, from pkg.stats"));
  return missing(why, pid === null && pool === "pkg" ? [rpc(s.reach, "pkg.stats"), ask] : [ask], "dumps", logCommand(s));
}

/** The log of the last hour. */
export function logCommand({ reach }: Situation): string {
  return logOf(reach, LOG_MINUTES);
}
