/** The step that lets a stop of the server write the dump, where a restart comes anyway or nothing else is open. */
import { SUMMARY_BITS } from "../../analysis/readiness/ways.js";
import { chunks, command, type Ground, logOf, setCoreLine, submitLarge } from "../ground.js";
import { type StepPlan, step } from "../plan.js";
import { dumpFinding } from "./dump-evidence.js";
import { type DumpWish, flood } from "./dumps.js";
import { callsLost, restartLines } from "./restart.js";

/** Lists and sums of both pools: right for every manager and for the releases whose signals mixed up the bits. */
const EVERYTHING = 15;

/**
 * The oldest way: a stopping server writes the pkg of every process and then shm, when memlog is not above debug and mem_summary has the bits.
 * It asks nothing of the process while it serves, and it is the only way without RPC before 4.4.3.
 */
export function dumpAtStop(g: Ground, wish: Pick<DumpWish, "pool" | "target" | "since">, form: "sums" | "list"): StepPlan {
  const { debug, memlog, mem_summary: summary } = g.facts.settings;
  const bits =
    form === "list" ? SUMMARY_BITS.pkg.status | SUMMARY_BITS.shm.status : SUMMARY_BITS.pkg.sums | SUMMARY_BITS.shm.sums;
  const visible = g.situation.memlog_visible === true;
  const shown = summary.value !== null && (summary.value & bits) === bits;
  const atRuntime = g.ways.set_at_runtime !== false && debug.value !== null;
  const gate = [
    ...(visible ? [] : [["memlog", debug.value ?? 0] as const]),
    ...(shown ? [] : [["mem_summary", EVERYTHING] as const]),
  ];
  const lines = atRuntime
    ? gate.map(([name, value]) => command(g, setCoreLine(g, name, value)))
    : gate.length === 0
      ? []
      : [
          command(
            g,
            `# kamailio.cfg, before the start whose stop is to write it: ${gate.map(([name, value]) => `${name}=${value}`).join(", ")}`,
          ),
        ];
  const finding = wish.since === null ? null : dumpFinding(g, wish, wish.since);
  return step({
    id: "dump_at_stop",
    phase: "collect",
    title: "Or let the next stop write it",
    why: `If a restart comes anyway: at its stop each process writes its pkg pool, then the main process pkg and shm. Printed only while memlog (${memlog.value ?? "unknown"}) is not above debug (${debug.value ?? "unknown"}) and mem_summary (${summary.value ?? "unknown"}) has the bits 1 and 2 for lists, 4 and 8 for sums; a stock configuration prints nothing.`,
    commands: [...lines, ...restartLines(g)],
    expect: "Dumps of all processes, interleaved in the log: each is told apart by its pid.",
    risk: "restart",
    risk_detail: `${callsLost()} ${form === "list" ? flood(g, "shm", chunks(g, "shm")) : "Sums take a line a site, for each process."} What was held only by traffic is gone when the dump is written: shm is dumped after the modules have cleaned up.`,
    undo: atRuntime ? [] : ["# take the lines out of kamailio.cfg again"],
    when_ok: "Post the log of the stop.",
    when_not: "Skip it when the dump above has come.",
    submit: submitLarge(g, "dumps", logOf(g, 15)),
    finding: finding?.status === "satisfied" ? finding : null,
  });
}
