/** Steps that record what the service must know first: the build, the settings, the counters, the log. Records that are there satisfy them. */

import { commandLine } from "../../analysis/commands/process.js";
import { showCommandLine } from "../../analysis/commands/service.js";
import { factAt } from "../../kamailio/knowledge/releases.js";
import { CFG_GET_ANSWERS_GROUP } from "../../kamailio/knowledge/rpc-commands.js";
import { quoteShellWord } from "../../kamailio/shell-words.js";
import { mb } from "../../kamailio/units.js";
import {
  address,
  answers,
  binary,
  call,
  command,
  configFile,
  curl,
  type Ground,
  logOf,
  placeholder,
  submit,
  submitLarge,
  submitPlain,
  there,
} from "../ground.js";
import { type Finding, failed, type StepPlan, satisfied, step } from "../plan.js";
import type { Phase } from "../runbook.js";

/** The binary's own words. `-I` in every release: `-v` starts the server in 3.3. */
export function recordBuild(g: Ground): StepPlan {
  const line = there(g, `${binary(g)} -I`);
  return step({
    id: "record_build",
    phase: "triage",
    title: "Record the build",
    why: "The release decides every later command: which flags prove debugging, which RPCs exist, how a dump is asked for. An old minor release may also have the bug that a newer one fixed.",
    commands: [command(g, line)],
    expect: "A version line and compile flags. Use -I, not -v: -v starts the server in 3.3.",
    when_ok: "The next steps are written for this release.",
    when_not: "If the binary is not found, `ls -l /proc/PID/exe` of a running Kamailio names it.",
    submit: submitPlain(g, "builds", line),
    finding: buildFinding(g),
  });
}

function buildFinding(g: Ground): Finding | null {
  const record = g.facts.build ?? g.facts.running_build;
  if (record === null) return null;
  const { version, memory, product } = record.value;
  if (product === "opensips")
    return failed("build", record.id, Date.parse(record.recorded_at), "This is OpenSIPS, not Kamailio.");
  if (version === null) return null;
  const flag = memory.debug_flag === null ? "" : `, ${memory.debug_flag}`;
  return satisfied("build", record.id, Date.parse(record.recorded_at), `${product} ${version.text}${flag}`);
}

/** Sizes, managers, levels, modules of the running process. */
export function recordSettings(g: Ground): StepPlan {
  const lines = settingsLines(g);
  const missing = missingSettings(g);
  return step({
    id: "record_settings",
    phase: "triage",
    title: "Record what it runs with",
    why: "-m, -M, -x and -X of the running process, memlog, debug and mem_summary, and the loaded modules decide what a dump will print and whether it can be asked for. The unit file can differ from what runs.",
    commands: lines.map((line) => command(g, line)),
    expect:
      missing.length === 0 ? "The command line and the values of the group core." : `Still not known: ${missing.join(", ")}.`,
    when_ok: "Commands below are chosen for the modules that are loaded.",
    when_not: "Without RPC (no ctl, no jsonrpcs) the command line alone tells the sizes; post kamailio.cfg for the rest.",
    submit: submit(g, "settings", ...lines),
    finding: missing.length > 0 ? null : settingsFinding(g),
  });
}

function settingsLines(g: Ground): string[] {
  if (g.situation.rpc === false) return [commandLine(g.reach)];
  const lines = [call(g, "core.arg")];
  if (answers(g, "cfg.get") !== false) lines.push(...coreValues(g));
  if (answers(g, "core.modules") !== false && g.situation.version !== null) lines.push(call(g, "core.modules"));
  return lines;
}

/** What decides whether a dump is printed and what it holds. */
const CORE_VALUES = ["debug", "memlog", "mem_summary", "mem_join"];

/** The values of the group core in one answer, variable by variable before 5.0. `cfg.list` has the names alone. */
function coreValues(g: Ground): string[] {
  return factAt(CFG_GET_ANSWERS_GROUP, g.situation.version) === true
    ? [call(g, "cfg.get", "core")]
    : CORE_VALUES.map((name) => call(g, "cfg.get", "core", name));
}

function missingSettings({ facts: { settings } }: Ground): string[] {
  const missing: string[] = [];
  if (settings.shm_size_mb.evidence_id === null) missing.push("the size of shm (-m)");
  if (settings.pkg_size_mb.evidence_id === null) missing.push("the size of pkg (-M)");
  if (settings.modules.value === null) missing.push("the loaded modules");
  return missing;
}

function settingsFinding({ facts: { settings } }: Ground): Finding {
  const { shm_size_mb: shm, pkg_size_mb: pkg, shm_manager, pkg_manager, modules } = settings;
  return satisfied(
    "settings",
    shm.evidence_id,
    shm.recorded_at === null ? null : Date.parse(shm.recorded_at),
    `-m ${shm.value} (${shm_manager.value ?? "manager unknown"}), -M ${pkg.value} (${pkg_manager.value ?? "manager unknown"}), ${modules.value?.length ?? 0} modules`,
  );
}

/** How it is started: where its command line is written down, and what restarts it. */
export function recordService(g: Ground): StepPlan {
  const { service_manager: found } = g.facts.settings;
  const line = showCommandLine(g.reach);
  return step({
    id: "record_service",
    phase: "triage",
    title: "Record how it is started",
    why: "The unit, the init script or the container's arguments hold -m and -M; a restart command for the wrong one does nothing, or too much.",
    commands: [command(g, line)],
    expect:
      "A unit file with ExecStart. The packages set SHM_MEMORY and PKG_MEMORY in /etc/default/kamailio or /etc/sysconfig/kamailio.",
    when_ok: "Restart and edit commands below are for it.",
    when_not:
      "No unit: post /etc/init.d/kamailio or /etc/conf.d/kamailio, what `docker inspect` shows, or the pod's YAML (kubectl get pod NAME -o yaml).",
    submit: submitPlain(g, "settings", line),
    finding:
      found.value === null
        ? null
        : satisfied(
            "settings",
            found.evidence_id,
            found.recorded_at === null ? null : Date.parse(found.recorded_at),
            `Started by ${found.value}.`,
          ),
  });
}

/** kamailio.cfg, for lifetimes, sockets and modules. */
export function recordConfig(g: Ground, why: string): StepPlan {
  const file = configFile(g);
  const path = file === null ? placeholder("CFG", "path of kamailio.cfg") : quoteShellWord(file);
  const source = there(g, `cat ${path}`);
  const seen = g.facts.last_seen.config;
  return step({
    id: "record_config",
    phase: "collect",
    title: "Record kamailio.cfg",
    why,
    commands: [command(g, source)],
    expect: "The file; passwords and database URLs are removed before anything is stored.",
    when_ok: "Lifetimes and limits are taken from it.",
    when_not: "If the file includes others, post them together as a JSON map of path to text.",
    submit: submitPlain(g, "configs", source),
    finding: seen === null ? null : satisfied("config", null, seen, "A kamailio.cfg is recorded."),
  });
}

/** The RPC lines that give one sample of everything that is cheap: they are O(1) and hold no lock for long. */
export function usageLines(g: Ground): string[] {
  const { version } = g.situation;
  const lines = ["core.shmmem", "pkg.stats", "tm.stats"]
    .filter((name) => answers(g, name) !== false)
    .map((name) => call(g, name));
  if (version !== null && answers(g, "stats.get_statistics") !== false) lines.push(call(g, "stats.get_statistics", "all"));
  return lines;
}

export interface UsageStep {
  id: string;
  phase: Phase;
  title: string;
  why: string;
  when_ok?: string;
  when_not?: string;
  /** Epoch ms from which a sample counts; `null`: it cannot count yet. */
  since: number | null;
}

export function recordUsage(g: Ground, { id, phase, title, why, since, when_ok, when_not }: UsageStep): StepPlan {
  const lines = usageLines(g);
  return step({
    id,
    phase,
    title,
    why,
    commands: lines.map((line) => command(g, line)),
    expect:
      lines.length === 0
        ? "No RPC transport is loaded (ctl, jsonrpcs): the counters cannot be read while it runs. Load ctl and kex at the next restart."
        : "real_used of shm and of each process, beside their sizes. `kamctl stats shmem` and `kamcmd pkg.stats` give the same; one zone for shm, one line a process for pkg.",
    when_ok: when_ok ?? "Keep one sample a minute from here on: a history tells what one value cannot.",
    when_not: when_not ?? "If the tool is refused, check that ctl is loaded and that you are root or Kamailio's user.",
    submit: lines.length === 0 ? null : submit(g, "usage", ...lines),
    finding: since === null ? null : usageFinding(g, since),
  });
}

export function usageFinding(g: Ground, since: number): Finding | null {
  const { latest, recent } = g.facts.usage;
  const newest = latest !== null && latest.at >= since ? latest : (recent.findLast(({ at }) => at >= since) ?? null);
  if (newest === null) return null;
  return satisfied("usage", null, newest.at, describe(newest.sample.shm, newest.sample.pkg));
}

type Shm = NonNullable<Ground["facts"]["usage"]["latest"]>["sample"]["shm"];
type Pkg = NonNullable<Ground["facts"]["usage"]["latest"]>["sample"]["pkg"];

function describe(shm: Shm, pkg: Pkg): string {
  const parts: string[] = [];
  if (shm?.real_used != null) parts.push(`shm ${mb(shm.real_used)}${shm.total === null ? "" : ` of ${mb(shm.total)}`}`);
  const worst = [...pkg].sort((a, b) => (b.real_used ?? 0) - (a.real_used ?? 0))[0];
  if (worst?.real_used != null)
    parts.push(`fullest pkg ${mb(worst.real_used)} (pid ${worst.pid}${worst.desc === null ? "" : `, ${worst.desc}`})`);
  return parts.length === 0 ? "a sample" : parts.join(", ");
}

/** The log lines that made somebody worry. */
export function recordLog(g: Ground, finding: Finding | null, minutes = 60): StepPlan {
  const source = logOf(g, minutes);
  return step({
    id: "find_lines",
    phase: "triage",
    title: "Find the log lines, and which process wrote them",
    why: "The text says which pool ran out, and the pid says whose pkg it was: a dump of another process proves nothing. The line names who asked, never who used up the pool.",
    commands: [
      {
        run_on: command(g, "").run_on,
        text: `${source} | grep -iE 'memory|shm|pkg|overwritten|already freed|bad pointer|exited by a signal' | tail -n 50`,
      },
    ],
    expect: "Lines such as `could not allocate shared memory from shm pool`, with the pid in front.",
    when_ok: "The incident says pool, size of the request and pids.",
    when_not: "No such line: the trouble is not an allocation that failed. `host_memory_high` is for a host that looks full.",
    submit: submitLarge(g, "logs", source),
    finding,
  });
}

/** The maintainers' questions, answered from the records. */
export function report(g: Ground): StepPlan {
  return step({
    id: "report",
    phase: "report",
    title: "Take the report",
    why: "It answers what the maintainers ask first (version, pool, sizes, dumps over time, load), with addresses taken out. An issue without it is closed as stale after two months.",
    commands: [{ run_on: "anywhere", text: curl(g, `-H 'Accept: text/markdown' ${address(g, "report")}`) }],
    expect: "Markdown under 60 KB; what is missing is marked with the command that gets it.",
    when_ok: "Attach it to the ticket.",
    when_not: "Run the commands that it marks as missing, then take it again.",
  });
}
