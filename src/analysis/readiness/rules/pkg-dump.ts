/**
 * Readiness rules: how the pkg dump of one process is asked for. The target runs it itself, the next time it reads its configuration: an idle
 * process prints nothing until an event wakes it. The variable holds one pid: a second pid set before the first woke loses the first dump
 * (pt.c:536@5.6.3).
 */
import { SIGNAL_BITS_AS_DOCUMENTED } from "../../../kamailio/knowledge/memory-reports.js";
import { factAt, hasRpc, PKG_DUMP, rowAt, SIGUSR1_DUMPS_WORKER } from "../../../kamailio/knowledge/releases.js";
import { rpc, setCore, there } from "../../commands/rpc.js";
import { restartCommands } from "../../commands/service.js";
import { placeholder } from "../../commands/words.js";
import { atRuntime, type Check, nothing, releaseEvidence } from "../check.js";
import { restartWithLines } from "../costly-fixes.js";
import type { Situation } from "../situation.js";
import { type Ways, workerAnswersSigusr1 } from "../ways.js";
import type { Rule } from "./rule.js";

export const pkgDumpOnRequest: Rule = (s, ways): Check | null => {
  if (s.is_kamailio === false || s.pkg_malloc === false || s.cfg_framework === false || s.version === null) return null;
  const base = {
    id: "pkg_dump",
    title: "What is allocated in the pkg of one process can be dumped into the log",
    evidence: releaseEvidence(rowAt(PKG_DUMP, s.version)?.source),
  };
  if (ways.list.pkg === false && ways.sums.pkg === false) return { ...base, status: "fail", ...closedWay(s, ways) };
  const open = ways.list.pkg === true || ways.sums.pkg === true;
  return {
    ...base,
    status: open ? "warn" : "unknown",
    detail: `${whatItPrints(s)} ${WAKING}`,
    fix: atRuntime([rpc(s.reach, "core.psx"), askForDump(s)]),
  };
};

const WAKING =
  'The process prints it when it wakes up: timers and the ctl handler within a second; SIP receivers at the next SIP message, TCP receivers and TCP main at the next connection, jsonrpcs processes at the next request, the main process at a signal. To wake a receiver send SIP OPTIONS to its socket, again until the right child takes it. One pid at a time: wait for "... (pkg) of process PID" before you set the next, or the first dump is lost. Pid 0 or a wrong pid prints nothing.';

function whatItPrints(s: Situation): string {
  if (s.pools.pkg.reports?.lists === false) return "mem_dump_pkg prints the sums by allocation site.";
  return s.debug === false
    ? "mem_dump_pkg prints the chunks, without allocation sites."
    : "mem_dump_pkg prints the chunks and their sums, as mem_summary says.";
}

/** One process at a time; which one, nobody has said here. */
const PID = placeholder("PID", "pid of the process, from core.psx");

/** corex.pkg_summary (4.4+) sets the same variable as cfg.set_now_int core mem_dump_pkg. */
function askForDump(s: Situation): string {
  const byCorex = s.has("cfg_rpc") === false && hasRpc("corex.pkg_summary", s.version) === true;
  return byCorex ? rpc(s.reach, "corex.pkg_summary", "pid", PID) : rpc(s.reach, "cfg.set_now_int", "core", "mem_dump_pkg", PID);
}

function closedWay(s: Situation, ways: Ways): Pick<Check, "detail" | "fix"> {
  if (s.pools.pkg.reports?.lists === false && s.debug === false)
    return { detail: "This manager lists no chunks, and without debugging it has no sums.", fix: nothing() };
  if (ways.set_at_runtime !== false && s.pools.pkg.reports?.lists === false)
    return {
      detail: `mem_dump_pkg of ${s.version?.text} prints the status alone, which names no site under this manager. The sums of all processes come when the server stops, while memlog <= debug.`,
      fix: {
        action: "restart",
        commands: [...sumsAtStop(s), ...restartCommands(s.reach)],
        config_lines: ["mem_summary=15"],
        undo: [],
      },
    };
  return {
    detail:
      "No way is open: nothing sets mem_dump_pkg (cfg_rpc with ctl or jsonrpcs does), and memlog is above debug for SIGUSR1.",
    fix: restartWithLines(s, [...(s.rpc === false ? ['loadmodule "ctl.so"'] : []), 'loadmodule "cfg_rpc.so"']),
  };
}

function sumsAtStop(s: Situation): string[] {
  const { debug } = s.settings;
  const gate = s.memlog_visible === true || debug.value === null ? [] : [setCore(s.reach, "memlog", debug.value)];
  return [...gate, setCore(s.reach, "mem_summary", 15)];
}

export const sigusr1DumpsWorkers: Rule = (s): Check | null => {
  if (s.is_kamailio === false || s.pkg_malloc === false || s.version === null) return null;
  const answers = workerAnswersSigusr1(s);
  const base = {
    id: "sigusr1",
    title: "SIGUSR1 makes a worker dump its pkg at once",
    evidence: releaseEvidence(rowAt(SIGUSR1_DUMPS_WORKER, s.version)?.source),
  };
  const documented = factAt(SIGNAL_BITS_AS_DOCUMENTED, s.version);
  const bits =
    documented === false ? " This release looks at bit 1 of mem_summary for the list and bit 2 for the sums, of both pools." : "";
  if (answers !== true)
    return {
      ...base,
      status: "warn",
      detail: `Workers of ${s.version.text} ignore SIGUSR1; the main process dumps its own pkg and shm, while memlog <= debug.${bits}`,
      fix: nothing(),
    };
  const risk =
    "It runs inside the signal handler, which is not safe: a process in the middle of an allocation can hang or crash.";
  return {
    ...base,
    status: s.memlog_visible === true ? "pass" : "warn",
    detail: `It needs no RPC and no traffic. ${risk} ${gate(s)}${bits}`,
    fix: s.memlog_visible === true ? atRuntime([there(s.reach, `kill -USR1 ${PID.shell}`)]) : nothing(),
  };
};

function gate(s: Situation): string {
  if (s.memlog_visible === true) return "memlog <= debug holds, so it prints.";
  return s.memlog_visible === false ? "It prints nothing now: memlog is above debug." : "It prints only while memlog <= debug.";
}
