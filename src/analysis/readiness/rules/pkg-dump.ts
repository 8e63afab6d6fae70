/**
 * Readiness rules: how the pkg dump of one process is asked for. The target runs it itself, the next time it reads its configuration: an idle
 * process prints nothing until an event wakes it. The variable holds one pid: a second pid set before the first woke loses the first dump
 * (pt.c:536@5.6.3).
 */
import { SIGNAL_BITS_AS_DOCUMENTED } from "../../../kamailio/knowledge/memory-reports.js";
import { factAt, rowAt, SIGUSR1_DUMPS_WORKER } from "../../../kamailio/knowledge/releases.js";
import { atRuntime, type Check, nothing, releaseEvidence } from "../check.js";
import { rpc } from "../commands.js";
import type { Situation } from "../situation.js";
import { workerAnswersSigusr1 } from "../ways.js";
import type { Rule } from "./rule.js";

export const idleProcessesDumpLate: Rule = (s): Check | null => {
  if (s.is_kamailio === false || s.pkg_malloc === false || s.cfg_framework === false || s.version === null) return null;
  return {
    id: "pkg_dump_idle_process",
    status: "warn",
    title: "A pkg dump appears only when the process wakes up",
    detail:
      'Timers and the ctl handler dump within a second. SIP receivers wait for a SIP message, TCP receivers and TCP main for a connection, the jsonrpcs processes for a request, the main process for a signal. Send a SIP OPTIONS to the socket of that process (again, until the right child takes it). One pid at a time: wait for its line "... (pkg) of process PID" before you set the next, or the first dump is lost. Pid 0 or a wrong pid prints nothing.',
    evidence: { kind: "release", id: null, quote: "mem_dump_pkg_cb, pt.c:544@3.3.5, src/core/pt.c:536@5.6.3" },
    fix: atRuntime([rpc(s.tool, "core.psx"), rpc(s.tool, "cfg.set_now_int", "core", "mem_dump_pkg", "PID")]),
  };
};

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
    fix: s.memlog_visible === true ? atRuntime(["kill -USR1 PID"]) : nothing(),
  };
};

function gate(s: Situation): string {
  if (s.memlog_visible === true) return "memlog <= debug holds, so it prints.";
  return s.memlog_visible === false ? "It prints nothing now: memlog is above debug." : "It prints only while memlog <= debug.";
}
