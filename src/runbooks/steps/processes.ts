/** Which process to look at: the one that failed, the one that the caller names, or the fullest. Never a guess: without any, a step asks. */
import { processLabel } from "../../analysis/diagnosis/process-label.js";
import type { UsageSample } from "../../kamailio/sample.js";
import { HOUR, mb } from "../../kamailio/units.js";
import type { TimedUsage } from "../facts.js";
import { answers, call, command, type Ground, number, placeholder } from "../ground.js";
import { type Finding, type StepPlan, satisfied, step } from "../plan.js";

export interface Target {
  pid: number;
  /** Why this one. */
  reason: string;
  finding: Finding;
}

/** The process whose pkg pool is looked at; `null` when nothing recorded names one. */
export function targetProcess(g: Ground): Target | null {
  const given = number(g, "pid");
  if (given !== null)
    return {
      pid: given,
      reason: "named when this runbook was made",
      finding: satisfied("person", null, g.created_at, `pid ${given} was given`),
    };
  const shown = newestProcesses(g);
  const rows = shown?.sample.pkg ?? [];
  const living = new Set(rows.map(({ pid }) => pid));
  for (const { id, ended_at, incident } of g.facts.incidents) {
    if (incident.pool !== "pkg" || (incident.kind !== "exhaustion" && incident.kind !== "fragmentation")) continue;
    const pid = incident.pids.find((one) => living.size === 0 || living.has(one));
    if (pid === undefined) continue;
    return {
      pid,
      reason: "it wrote the failure into the log",
      finding: satisfied("incident", id, ended_at, `pid ${pid} wrote: ${incident.quote.slice(0, 200)}`),
    };
  }
  const fullest = worthALook(rows);
  if (fullest === null) return null;
  const before = dumpedTwin(g, fullest, rows);
  if (before !== null) return before;
  const detail = `pid ${fullest.pid}${fullest.desc === null ? "" : ` (${fullest.desc})`} uses most pkg: ${mb(fullest.real_used ?? 0)}`;
  return {
    pid: fullest.pid,
    reason: "its pkg pool is the fullest",
    finding: satisfied("usage", null, shown?.at ?? null, detail),
  };
}

/** The newest sample that lists processes: the answers of one command may have none. */
export function newestProcesses(g: Ground): TimedUsage | null {
  const { latest, recent } = g.facts.usage;
  const lists = (one: TimedUsage) => one.sample.pkg.length > 0;
  return latest !== null && lists(latest) ? latest : (recent.findLast(lists) ?? latest);
}

/** The main process holds what the start left, and writes no dump until a signal wakes it. */
const MAIN_RANK = 0;
/** Processes that sleep until somebody asks them, so that a dump waits for ever (src/modules/jsonrpcs; core/tcp_main.c). */
const SLEEPERS = /^(?:main process|JSONRPCS|tcp main|MI )/i;
/** Below this share of its pool nobody asks what a sleeper holds. */
const CONCERNING_SHARE = 0.5;

/** The fullest process; a sleeper only where its own pool fills up, since it writes no dump by itself. */
function worthALook(rows: readonly Row[]): Row | null {
  const ordered = rows.filter(({ real_used }) => real_used !== null).sort((a, b) => (b.real_used ?? 0) - (a.real_used ?? 0));
  const concerns = ({ real_used, total_size }: Row) => total_size !== null && (real_used ?? 0) >= CONCERNING_SHARE * total_size;
  const wakes = ({ rank, desc }: Row) => rank !== MAIN_RANK && !SLEEPERS.test(desc ?? "");
  return ordered.find((row) => wakes(row) || concerns(row)) ?? ordered[0] ?? null;
}

/** A dump so far back still belongs to the story. */
const STORY_MS = 24 * HOUR;

type Row = UsageSample["pkg"][number];

/** One of the same class that was dumped already: only dumps of one process can be compared, and its twin is as full by chance. */
function dumpedTwin(g: Ground, fullest: Row, rows: readonly Row[]): Target | null {
  const name = processLabel(fullest.desc, null);
  const twins = new Set(
    rows
      .filter(({ desc, rank }) => desc !== null && rank !== MAIN_RANK && processLabel(desc, null) === name)
      .map(({ pid }) => pid),
  );
  const dump = g.facts.dumps.findLast(
    ({ pool, pid, complete, taken_at }) =>
      pool === "pkg" && complete && pid !== null && twins.has(pid) && taken_at >= g.facts.now - STORY_MS,
  );
  if (dump?.pid == null) return null;
  return {
    pid: dump.pid,
    reason: "its pkg pool was dumped before, and only dumps of one process can be compared",
    finding: satisfied("dump", dump.id, dump.taken_at, `pid ${dump.pid} (${name}) was dumped already`),
  };
}

/** The pid as it stands in a command. */
export function pidWord(target: Target | null): string {
  return target === null ? placeholder("PID", "pid of the process, from the step find_process") : String(target.pid);
}

export function findProcess(g: Ground, target: Target | null): StepPlan {
  return step({
    id: "find_process",
    phase: "triage",
    title: "Choose the process",
    why: "pkg is private: each process has its own pool, and only a dump of the one that fills up (or failed) says something. Growth in one class of process alone names the code path: all UDP receivers, the slow timer, the RPC process.",
    commands:
      g.situation.rpc === false
        ? [command(g, "ps -eo pid,args | grep '[k]amailio'")]
        : ["core.psx", "pkg.stats"].filter((method) => answers(g, method) !== false).map((method) => command(g, call(g, method))),
    expect: "pid and description of each process, and how full its pool is. `kamctl ps` shows the pids as well.",
    when_ok: "The later commands carry its pid.",
    when_not:
      "Without kex there is no pkg.stats: take the pid that stands before the log line that complains, and set it: PID=12345",
    finding: target?.finding ?? null,
  });
}
