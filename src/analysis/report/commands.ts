/** The commands that get what is missing, for this release, and the curl that records their answers. */
import { factAt, hasRpc, VERSION_OPTION } from "../../kamailio/knowledge/releases.js";
import type { Pool } from "../../kamailio/pool.js";
import { quoteShellWord } from "../../kamailio/shell-words.js";
import { rpc } from "../readiness/commands.js";
import { type Situation, situationOf } from "../readiness/situation.js";
import type { ReportInput } from "./input.js";
import type { MissingAnswer } from "./report.js";

/** What the commands are made for. */
export interface Commands {
  situation: Situation;
  /** `printed`: the command whose output is recorded, where it is not that of `commands`; `endpoint`: where, `null` for nowhere. */
  missing: (why: string, commands: string[], endpoint: string | null, printed?: string) => MissingAnswer;
}

export function commandsFor(input: ReportInput): Commands {
  const token = input.auth === "token" ? ' -H "Authorization: Bearer $KAMAILIO_ASSISTANT_TOKEN"' : "";
  const submit = (commands: readonly string[], endpoint: string) => {
    const source = commands.length === 1 ? commands[0] : `{ ${commands.join("; ")}; }`;
    return `${source} | curl -sS${token} --data-binary @- ${input.address}/${endpoint}`;
  };
  return {
    situation: situationOf(input),
    missing: (why, commands, endpoint, printed) => ({
      why,
      commands,
      submit: endpoint === null ? null : submit(printed === undefined ? commands : [printed], endpoint),
    }),
  };
}

/** `-I` says more than the version; the template asks for `-v` (`-V` in 3.3). */
export function versionCommands({ binary, version }: Situation): string[] {
  return [`${quoteShellWord(binary)} ${factAt(VERSION_OPTION, version) ?? "-v"}`, `${quoteShellWord(binary)} -I`];
}

/** The counters of all pools and of what fills them, cheap enough for every minute. */
export function usageCommands({ tool, version }: Situation): string[] {
  const stats = version === null || (version.major ?? 0) >= 4 ? [rpc(tool, "stats.get_statistics", "all")] : [];
  return [rpc(tool, "core.uptime"), rpc(tool, "core.shmmem"), rpc(tool, "pkg.stats"), ...stats];
}

/** Sums by allocation site: over RPC where shm has them, else by a dump into the log, from which they are recorded. */
export function missingDump({ situation: s, missing }: Commands, why: string, pool: Pool, pid: number | null): MissingAnswer {
  if (pool === "shm" && s.debug !== false)
    for (const method of ["mod.mem_statsx", "mod.stats"])
      if (hasRpc(method, s.version) !== false && s.has("kex") !== false)
        return missing(why, [rpc(s.tool, method, "all", "shm")], "dumps");
  const variable = pool === "shm" ? "mem_dump_shm" : "mem_dump_pkg";
  const ask = rpc(s.tool, "cfg.set_now_int", "core", variable, pool === "shm" ? 1 : (pid ?? "PID"));
  return missing(why, pid === null && pool === "pkg" ? [rpc(s.tool, "pkg.stats"), ask] : [ask], "dumps", logCommand(s));
}

/** The lines about memory in the log of the last hour. */
export function logCommand({ settings }: Situation): string {
  switch (settings.service_manager.value) {
    case "docker":
      return "docker logs --since 60m CONTAINER 2>&1";
    case "kubernetes":
      return "kubectl logs --since=60m POD";
    case "systemd":
      return "sudo journalctl -u kamailio --since -60min --no-pager -o short-iso";
    default:
      return "sudo sh -c 'grep -h kamailio /var/log/syslog /var/log/messages 2>/dev/null | tail -n 200000'";
  }
}
