/**
 * Readiness rules: does the level let a dump into the log?
 *
 * `memlog` is the level that dumps at shutdown, by SIGUSR1 and by corex.shm_status/shm_summary are written at, `debug` the highest level that is
 * written at all. The stock kamailio.cfg of every release has memlog=5 and debug=2, so nothing appears. `mem_dump_pkg` and `mem_dump_shm` do not
 * pass this gate: they are written at ALERT, -5 (core/pt.c:521-528@5.6.3).
 */

import { rpc, setCore } from "../../commands/rpc.js";
import { askWith, atRuntime, type Check, type Fix, isAssumed, named, nothing, settingEvidence } from "../check.js";
import { restartWithLines } from "../costly-fixes.js";
import type { Situation } from "../situation.js";
import type { Ways } from "../ways.js";
import type { Rule } from "./rule.js";

export const shutdownDumpIsVisible: Rule = (s, ways): Check | null => {
  if (s.is_kamailio === false) return null;
  const { memlog, debug } = s.settings;
  const base = { id: "shutdown_dump_visible", title: "Dumps at shutdown, by SIGUSR1 and by corex.shm_* reach the log" };
  if (memlog.value === null || debug.value === null)
    return {
      ...base,
      status: "unknown",
      detail: "memlog and debug are not recorded: these dumps are written only while memlog <= debug.",
      evidence: null,
      fix: askWith(rpc(s.reach, "cfg.get", "core", "memlog"), rpc(s.reach, "cfg.get", "core", "debug")),
    };
  const visible = memlog.value <= debug.value;
  if (!visible && (isAssumed(memlog) || isAssumed(debug)))
    return {
      ...base,
      status: "unknown",
      detail: `Not recorded; post kamailio.cfg. By default ${named("memlog", memlog)} is above ${named("debug", debug)}, and then they print nothing; stock configurations set both.`,
      evidence: null,
      fix: askWith(rpc(s.reach, "cfg.get", "core", "memlog"), rpc(s.reach, "cfg.get", "core", "debug")),
    };
  const says = `${named("memlog", memlog)} is ${visible ? "not above" : "above"} ${named("debug", debug)}`;
  return {
    ...base,
    status: visible ? "pass" : "fail",
    detail: visible
      ? `${says}: they are written.`
      : `${says}: they print nothing. mem_dump_pkg and mem_dump_shm print all the same, at ALERT; memlog does not matter to them.`,
    evidence: settingEvidence(memlog) ?? settingEvidence(debug),
    fix: visible ? nothing() : lowerMemlog(s, ways, memlog.value, debug.value),
  };
};

function lowerMemlog(s: Situation, ways: Ways, memlog: number, debug: number): Fix {
  const line = `memlog=${debug}`;
  if (ways.set_at_runtime === false) return restartWithLines(s, [line]);
  return atRuntime([setCore(s.reach, "memlog", debug)], { config_lines: [line], undo: [setCore(s.reach, "memlog", memlog)] });
}

/** LM_ALERT, the level of the mem_dump_* lines. */
const ALERT = -5;
/** L_WARN: what `debug` is without a config line. */
const WARN = 0;

export const requestedDumpIsVisible: Rule = (s, ways): Check | null => {
  if (s.is_kamailio === false) return null;
  const { debug } = s.settings;
  const base = { id: "requested_dump_visible", title: "Dumps asked for with mem_dump_pkg and mem_dump_shm reach the log" };
  if (s.cfg_framework === false)
    return {
      ...base,
      status: "fail",
      detail:
        "This server is older than the variables mem_dump_pkg and mem_dump_shm (sip-router 3.0): only SIGUSR1 and the shutdown dump.",
      evidence: null,
      fix: nothing(),
    };
  if (debug.value === null)
    return {
      ...base,
      status: "unknown",
      detail: "debug is not recorded: they print unless it is below -5.",
      evidence: null,
      fix: askWith(rpc(s.reach, "cfg.get", "core", "debug")),
    };
  const visible = debug.value >= ALERT;
  const raise =
    ways.set_at_runtime === false
      ? restartWithLines(s, [`debug=${WARN}`])
      : atRuntime([setCore(s.reach, "debug", WARN)], {
          config_lines: [`debug=${WARN}`],
          undo: [setCore(s.reach, "debug", debug.value)],
        });
  return {
    ...base,
    status: visible ? "pass" : "fail",
    detail: visible
      ? `They are written at ALERT (${ALERT}), and ${named("debug", debug)} lets that through, whatever memlog is.`
      : `They are written at ALERT (${ALERT}), and ${named("debug", debug)} is below even that.`,
    evidence: settingEvidence(debug),
    fix: visible ? nothing() : raise,
  };
};
