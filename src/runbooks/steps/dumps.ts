/**
 * Steps that get an inventory of a pool: the quietest way that this release, manager and its modules have, with what it costs said first.
 *
 * For shm an RPC that answers with sums beats a list in the log; for pkg the process itself must write, when it next wakes up.
 */
import { linesOfList } from "../../analysis/readiness/log-lines.js";
import { logKeepsUp } from "../../analysis/readiness/rules/log.js";
import { SUMMARY_BITS, workerAnswersSigusr1 } from "../../analysis/readiness/ways.js";
import { MOD_STATS_LOCKS_SHM, managerReports } from "../../kamailio/knowledge/memory-reports.js";
import { factAt, PKG_DUMP } from "../../kamailio/knowledge/releases.js";
import type { Pool } from "../../kamailio/pool.js";
import {
  answers,
  call,
  chunks,
  command,
  type Ground,
  inContainer,
  logOf,
  placeholder,
  setCoreLine,
  submit,
  submitLarge,
  there,
} from "../ground.js";
import { type StepPlan, step } from "../plan.js";
import type { Phase, Risk } from "../runbook.js";
import { dumpFinding } from "./dump-evidence.js";
import { gdbSteps } from "./gdb.js";
import { pidWord, type Target } from "./processes.js";

export interface DumpWish {
  id: string;
  phase: Phase;
  title: string;
  why: string;
  pool: Pool;
  /** Of a pkg dump. */
  target: Target | null;
  /** `sums`: bytes and chunks by site; `list`: every chunk. */
  form: "sums" | "list";
  /** From when on a dump counts (epoch ms); `null`: not yet. */
  since: number | null;
  /** Up to when (epoch ms, exclusive). */
  before?: number | null;
}

interface Way {
  lines: string[];
  undo: string[];
  risk: Risk;
  risk_detail: string;
  /** A line or more for every chunk goes into the log, which its rate limit can cut. */
  lists: boolean;
  expect: string;
  submit: string | null;
}

/** One step that takes the dump and posts it; where nothing but gdb is left, the steps of the walk. */
export function dumpStep(g: Ground, wish: DumpWish): StepPlan {
  const way = wayOf(g, wish);
  const finding = wish.since === null ? null : dumpFinding(g, wish, wish.since);
  const base = {
    id: wish.id,
    phase: wish.phase,
    title: wish.title,
    why: wish.why,
    when_ok: "The inventory is recorded: sites by bytes and count, and whether it is complete.",
    when_not:
      "Nothing in the log: check mem_summary and memlog (readiness), the pid, and whether the process has woken up. An incomplete dump must be taken again with the log's rate limit lifted.",
    finding,
  };
  if (way === null) return gdbStep(g, wish, base);
  return step({
    ...base,
    commands: way.lines.map((line) => command(g, line)),
    expect: way.expect,
    risk: way.risk,
    risk_detail: way.risk_detail,
    undo: way.undo,
    submit: way.submit,
  });
}

function wayOf(g: Ground, { pool, form, target }: Pick<DumpWish, "pool" | "form" | "target">): Way | null {
  return pool === "shm" ? shmWay(g, form) : pkgWay(g, form, target);
}

/** No RPC and no signal leads to a dump here: gdb reads the pool from outside. */
function gdbStep(
  g: Ground,
  wish: DumpWish,
  base: Pick<StepPlan, "id" | "phase" | "title" | "why" | "when_ok" | "when_not" | "finding">,
): StepPlan {
  const walk = gdbSteps(g, { pool: wish.pool, target: wish.target, skip: 0, stop: null, since: wish.since }).at(-1);
  if (walk === undefined || walk.commands.length === 0)
    return step({
      ...base,
      expect: "No way to a dump is open on this instance: enable_debugging names what is missing.",
      when_not: "Make the runbook enable_debugging.",
    });
  return { ...walk, ...base, why: `${wish.why} No RPC and no signal leads to a dump here, so gdb reads the pool from outside.` };
}

function shmWay(g: Ground, form: "sums" | "list"): Way | null {
  return form === "sums" ? (shmByRpc(g) ?? shmSummary(g) ?? shmList(g)) : (shmList(g) ?? shmByRpc(g));
}

function shmByRpc(g: Ground): Way | null {
  const { debug, version } = g.situation;
  if (debug === false || version === null) return null;
  const method = ["mod.mem_statsx", "mod.stats"].find((name) => answers(g, name) !== false && answersInRelease(g, name));
  if (method === undefined) return null;
  const line = call(g, method, "all", "shm");
  const locks = factAt(MOD_STATS_LOCKS_SHM, version) === true;
  return {
    lines: [line],
    undo: [],
    risk: locks ? "lock" : "load",
    risk_detail: locks
      ? `It walks ${countOf(g, "shm")} under the shm lock, ${summing(g)}: every SIP process that needs shared memory waits meanwhile. Not at the busy hour on a very large pool.`
      : `It walks ${countOf(g, "shm")} without the lock (up to 5.4): on a busy server it can meet a list that changes under it. Take traffic away first if you can.`,
    lists: false,
    expect: `Bytes${method === "mod.mem_statsx" ? " and chunks" : ""} by module, function and line, in the answer itself: nothing goes into the log.`,
    submit: submit(g, "dumps", line),
  };
}

function answersInRelease(g: Ground, method: string): boolean {
  return answers(g, method) !== false && g.situation.version !== null && g.ways.site_rpcs !== false && method !== "";
}

function shmSummary(g: Ground): Way | null {
  if (g.situation.debug === false || answers(g, "corex.shm_summary") === false || g.situation.version === null) return null;
  const gate = openGate(g);
  if (gate === null) return null;
  return {
    lines: [...gate.lines, call(g, "corex.shm_summary")],
    undo: gate.undo,
    risk: "lock",
    risk_detail: `It sums ${countOf(g, "shm")} under the shm lock, with a search for each, ${summing(g)}; one log line a site.`,
    lists: false,
    expect: "`summarizing all alloc'ed. fragments:` and a line a site, up to a line of dashes.",
    submit: submitLarge(g, "dumps", logOf(g, 15)),
  };
}

function shmList(g: Ground): Way | null {
  const { shm } = g.situation.pools;
  if (shm.reports?.lists === false || g.ways.set_at_runtime === false) return null;
  const count = chunks(g, "shm");
  return {
    lines: [setCoreLine(g, "mem_dump_shm", 1)],
    undo: [],
    risk: "lock",
    risk_detail: `${flood(g, "shm", count)} All of it happens while the shm lock is held: every SIP process that needs shared memory waits. Lift the log's rate limit first, and not at the busy hour.`,
    lists: true,
    expect:
      "`Memory status (shm)`, the header with heap size and used, the fragments, and a closing line of dashes. The value 1 is needed (the wiki leaves it out); memlog does not matter: it prints at ALERT.",
    submit: submitLarge(g, "dumps", logOf(g, 15)),
  };
}

function pkgWay(g: Ground, form: "sums" | "list", target: Target | null): Way | null {
  if (g.situation.pkg_malloc === false) return null;
  return pkgBySetting(g, form, target) ?? pkgByCorex(g, target) ?? pkgBySignal(g, form, target);
}

const WAKES =
  "The process writes it when it next wakes up: timers and the ctl process by themselves within a second; a UDP receiver with its next SIP message; main, TCP and slow timer processes with their next event. One process at a time: asking for another before the first has written loses the first.";

function pkgBySetting(g: Ground, form: "sums" | "list", target: Target | null): Way | null {
  if (g.ways.set_at_runtime === false) return null;
  const { lines, undo } = summaryFor(g, form);
  const count = chunks(g, "pkg", target?.pid ?? null);
  const wanted = form === "list" && managerReports(g.situation.pools.pkg.manager, g.situation.version)?.lists !== false;
  const lists = wanted || !obeysSummary(g);
  const dump = target === null ? setCoreLine(g, "mem_dump_pkg", pidWord(null)) : setCoreLine(g, "mem_dump_pkg", target.pid);
  return {
    lines: [...lines, dump],
    undo,
    risk: lists ? "log_flood" : "load",
    risk_detail: lists
      ? `${flood(g, "pkg", count)} The process does nothing else meanwhile.`
      : `One log line a site, some hundreds; the process does nothing else while it walks ${countOf(g, "pkg", target?.pid ?? null)}.`,
    lists,
    expect: `A header with the pid (\`Memory ... (pkg) of process ${target?.pid ?? "PID"}\`) and a closing line of dashes. ${WAKES}`,
    submit: submitLarge(g, "dumps", logOf(g, 15)),
  };
}

function obeysSummary(g: Ground): boolean {
  return factAt(PKG_DUMP, g.situation.version)?.obeys_mem_summary ?? true;
}

/** mem_summary, where the release looks at it and its value hides what is wanted. */
function summaryFor(g: Ground, form: "sums" | "list"): { lines: string[]; undo: string[] } {
  if (!obeysSummary(g)) return { lines: [], undo: [] };
  const lists = managerReports(g.situation.pools.pkg.manager, g.situation.version)?.lists !== false;
  const bit = form === "list" && lists ? SUMMARY_BITS.pkg.status : SUMMARY_BITS.pkg.sums;
  const now = g.facts.settings.mem_summary.value;
  if (now !== null && (now & bit) !== 0 && (now & SUMMARY_BITS.short) === 0) return { lines: [], undo: [] };
  return {
    lines: [setCoreLine(g, "mem_summary", bit)],
    undo: [
      now === null
        ? setCoreLine(g, "mem_summary", placeholder("MEM_SUMMARY", "the value that cfg.get core mem_summary showed before"))
        : setCoreLine(g, "mem_summary", now),
    ],
  };
}

function pkgByCorex(g: Ground, target: Target | null): Way | null {
  if (answers(g, "corex.pkg_summary") !== true) return null;
  const line =
    target === null ? `${call(g, "corex.pkg_summary", "pid")} ${pidWord(null)}` : call(g, "corex.pkg_summary", "pid", target.pid);
  return {
    lines: [line],
    undo: [],
    risk: "log_flood",
    risk_detail: "What it prints follows mem_summary: a line a site, or three a chunk.",
    lists: false,
    expect: `It sets mem_dump_pkg. ${WAKES}`,
    submit: submitLarge(g, "dumps", logOf(g, 15)),
  };
}

/** Without RPC: a signal, gated by memlog and the bits of mem_summary. */
function pkgBySignal(g: Ground, form: "sums" | "list", target: Target | null): Way | null {
  const shown = g.ways[form === "sums" ? "sums" : "list"].pkg;
  if (workerAnswersSigusr1(g.situation) !== true || shown === false || g.situation.memlog_visible !== true) return null;
  return {
    lines: [there(g, `sudo kill -USR1 ${pidWord(target)}`)],
    undo: [],
    risk: "log_flood",
    risk_detail: `${flood(g, "pkg", chunks(g, "pkg", target?.pid ?? null))} It runs inside the signal handler, which is not safe: on a process that you can afford to lose.`,
    lists: true,
    expect: "`Memory status (pkg)` at once; no RPC and no traffic are needed.",
    submit: submitLarge(g, "dumps", logOf(g, 15)),
  };
}

/** memlog <= debug, with the way back. `null`: it cannot be set. */
function openGate(g: Ground): { lines: string[]; undo: string[] } | null {
  const { memlog, debug } = g.facts.settings;
  if (g.situation.memlog_visible === true) return { lines: [], undo: [] };
  if (g.ways.set_at_runtime === false || debug.value === null) return null;
  return {
    lines: [setCoreLine(g, "memlog", debug.value)],
    undo: memlog.value === null ? [] : [setCoreLine(g, "memlog", memlog.value)],
  };
}

/** Chunks a second that mod.mem_statsx, shm.report and corex.shm_summary walk (5.6.3: 50,039 chunks of 38 sites in 3 to 11 ms; many sites are slower). */
const CHUNKS_SUMMED_PER_SECOND = 4_000_000;
/** Lines a second that a list writes at best, to a file (5.6.3: 150,000 lines in 0.3 s). A log daemon takes a tenth of it. */
const LINES_PER_SECOND = 500_000;

function summing(g: Ground): string {
  const count = chunks(g, "shm");
  if (count === null) return "some milliseconds for 50,000 chunks";
  return `about ${Math.max(1, Math.ceil((1000 * count) / CHUNKS_SUMMED_PER_SECOND))} ms`;
}

function countOf(g: Ground, pool: Pool, pid: number | null = null): string {
  const count = chunks(g, pool, pid);
  return count === null ? "every chunk of the pool" : `about ${count} chunks`;
}

/** Three lines a chunk in a debug build, one without. */
export function flood(g: Ground, pool: Pool, count: number | null): string {
  if (count === null)
    return `It writes ${g.situation.debug === false ? "one log line" : "three log lines"} for each chunk of ${pool}; how many chunks there are is not recorded.`;
  const lines = linesOfList(count, g.situation.debug);
  const seconds = Math.max(0.1, lines / LINES_PER_SECOND).toFixed(1);
  return `It writes about ${lines} log lines for ${count} chunks: ${seconds} s into a file, ten times as long through a log daemon.`;
}

/** Lifts the log's rate limit before a dump that would meet it: one that lists, also where sums were wanted and only a list is to be had. */
export function liftLogLimit(g: Ground, wish: Pick<DumpWish, "pool" | "form" | "target">): StepPlan | null {
  if (wayOf(g, wish)?.lists !== true || inContainer(g) !== null) return null;
  const check = logKeepsUp(g.situation, g.ways);
  if (check === null || check.status === "pass") return null;
  return step({
    id: "lift_log_limit",
    phase: "collect",
    title: "Let the log take all lines",
    why: check.detail,
    commands: check.fix.commands.map((line) => command(g, line)),
    expect: 'journald restarts without a limit. For rsyslog: SysSock.RateLimit.Interval="0" in the imuxsock module line.',
    risk: "load",
    risk_detail: "While the limit is lifted, any program can fill the disk with log lines: take it back after the dump.",
    undo: check.fix.undo,
    when_ok: "Take the dump.",
    when_not: "Take sums instead of a list: a line a site.",
  });
}
