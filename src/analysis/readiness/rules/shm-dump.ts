/**
 * Readiness rule: the shm dump on request. `mem_dump_shm` prints the status at once, in the process that runs the RPC, never sums
 * (pt.c:571@3.3.5, unchanged to master). It walks the pool under the shm lock and logs three lines a chunk: all SIP processes wait meanwhile.
 */
import { hasRpc } from "../../../kamailio/knowledge/releases.js";
import { signalMain } from "../../commands/process.js";
import { rpc, setCore } from "../../commands/rpc.js";
import { atRuntime, type Check, nothing } from "../check.js";
import { restartWithLines } from "../costly-fixes.js";
import { linesOfList } from "../log-lines.js";
import type { Situation } from "../situation.js";
import { any } from "../three-valued.js";
import type { Ways } from "../ways.js";
import type { Rule } from "./rule.js";

export const shmDumpOnRequest: Rule = (s, ways): Check | null => {
  if (s.is_kamailio === false || s.version === null || s.cfg_framework === false) return null;
  const reports = s.pools.shm.reports;
  const open = any(ways.list.shm, ways.sums.shm);
  const base = { id: "shm_dump", title: "What is allocated in shm can be dumped into the log", evidence: s.pools.shm.evidence };
  if (open === false)
    return {
      ...base,
      status: "fail",
      detail: cannotSum(s)
        ? "This manager lists no chunks, and without debugging it has no sums."
        : "No way is open: no RPC sets the variables, and memlog is above debug.",
      fix: cannotSum(s) ? nothing() : restartWithLines(s, missing(s)),
    };
  return {
    ...base,
    status: open === true ? "pass" : "unknown",
    detail: `${reports?.lists === false ? sumsWay(s) : listWay(s)} ${lockRisk(s)}`,
    fix:
      reports?.lists === false
        ? atRuntime(sumsCommands(s, ways), { undo: sumsUndo(s, ways) })
        : atRuntime([setCore(s.reach, "mem_dump_shm", 1)]),
  };
};

/** Neither a list nor sums: only another build helps, which the check of the build says. */
function cannotSum(s: Situation): boolean {
  return s.pools.shm.reports?.lists === false && s.debug === false;
}

function missing(s: Situation): string[] {
  return [
    ...(s.rpc === false ? ['loadmodule "ctl.so"'] : []),
    ...(s.has("cfg_rpc") === false ? ['loadmodule "cfg_rpc.so"'] : []),
    ...(s.pools.shm.reports?.lists === false && hasRpc("corex.shm_summary", s.version) === true ? ['loadmodule "corex.so"'] : []),
  ];
}

function listWay(s: Situation): string {
  return `mem_dump_shm prints the list at once (the value 1 is needed; the wiki leaves it out)${s.debug === false ? ", without allocation sites" : ""}.`;
}

function sumsWay(s: Situation): string {
  const corex = hasRpc("corex.shm_summary", s.version) === true;
  return `mem_dump_shm prints free lists alone under this manager: ${corex ? "corex.shm_summary" : "SIGUSR1 to the main process"} prints the sums, while memlog <= debug.`;
}

function sumsCommands(s: Situation, ways: Ways): string[] {
  const print =
    hasRpc("corex.shm_summary", s.version) === true && s.has("corex") !== false
      ? rpc(s.reach, "corex.shm_summary")
      : signalMain(s.reach, "USR1");
  return [...openGate(s, ways), print];
}

function openGate(s: Situation, ways: Ways): string[] {
  const { debug } = s.settings;
  if (s.memlog_visible !== false || debug.value === null || ways.set_at_runtime === false) return [];
  return [setCore(s.reach, "memlog", debug.value)];
}

function sumsUndo(s: Situation, ways: Ways): string[] {
  const { memlog } = s.settings;
  return openGate(s, ways).length === 0 || memlog.value === null ? [] : [setCore(s.reach, "memlog", memlog.value)];
}

function lockRisk(s: Situation): string {
  const chunks = s.runtime.chunks?.shm ?? null;
  const lines =
    chunks === null || s.pools.shm.reports?.lists !== true
      ? ""
      : ` About ${linesOfList(chunks, s.debug)} lines for ${chunks} chunks.`;
  return `The walk holds the shm lock, so all SIP processes wait for it: not on a large pool at the busy hour.${lines}`;
}
