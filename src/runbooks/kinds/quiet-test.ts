/**
 * The quiet test: stop the traffic, wait the longest lifetime, compare. What comes back was load; what stays was never given back. An experiment
 * with a verdict (wiki "Analysis of Memory Incidents": "stop sending traffic to that instance and watch").
 */
import type { Pool } from "../../kamailio/pool.js";
import { timestamp } from "../../kamailio/units.js";
import { answers, call, command, type Ground, text } from "../ground.js";
import { CONTAINER, type KindOfRunbook, PID, POOL } from "../kind.js";
import { quietWait, type Wait } from "../lifetimes.js";
import { integer } from "../parameters.js";
import { doneAt, freshSince, type StepPlan, satisfied, step } from "../plan.js";
import { judgeQuietTest } from "../quiet-verdict.js";
import { dumpStep, liftLogLimit } from "../steps/dumps.js";
import { findProcess, targetProcess } from "../steps/processes.js";
import { recordBuild, recordConfig, recordSettings, recordUsage, report } from "../steps/records.js";

export const quietTest: KindOfRunbook = {
  kind: "quiet_test",
  title: "Quiet test: does memory come back when traffic stops?",
  when_to_use: "Usage rises and it is not clear whether that is load or a leak, and traffic can be taken away for a while.",
  parameters: [
    POOL,
    PID,
    integer("wait_seconds", 1, 604_800, "How long to wait after the traffic stopped; computed from the timers by default"),
    integer("dialog_lifetime_seconds", 1, 604_800, "The longest call that will be left to end by itself"),
    integer("registration_expiry_seconds", 1, 31_536_000, "The longest expiry that phones ask for"),
    CONTAINER,
  ],
  plan: (g) => {
    const pool = (text(g, "pool") ?? "shm") as Pool;
    return {
      title: `Quiet test of ${pool} on ${g.facts.instance}`,
      steps: steps(g, pool),
      verdict: judgeQuietTest(g, pool, quietWait(g)),
    };
  },
};

function steps(g: Ground, pool: Pool): StepPlan[] {
  const wait = quietWait(g);
  const target = pool === "pkg" ? targetProcess(g) : null;
  const stopped = doneAt(g, "stop_traffic");
  const quietFrom = stopped === null ? null : stopped + wait.seconds * 1000;
  const form = "sums";
  return [
    recordBuild(g),
    recordSettings(g),
    recordConfig(g, "The wait is computed from it: tm's timers, registration expiry, dialog timeouts, hash tables."),
    ...(pool === "pkg" ? [findProcess(g, target)] : []),
    baseline(g),
    recordUsage(g, {
      id: "loaded",
      phase: "collect",
      title: "Take a sample under load",
      why: "The level that must come down. Take it at the top, just before the traffic goes.",
      since: freshSince(g),
    }),
    ...[liftLogLimit(g, { pool, target, form })].filter((one) => one !== null),
    dumpStep(g, {
      id: "dump_loaded",
      phase: "collect",
      title: "Dump under load",
      why: "The sites that hold memory now; the same dump after the wait shows which of them still do.",
      pool,
      target,
      form,
      since: freshSince(g),
      before: stopped,
    }),
    stopTraffic(g),
    waiting(g, wait, quietFrom),
    recordUsage(g, {
      id: "quiet",
      phase: "confirm",
      title: "Take a sample in the quiet",
      why: "Only memory that nothing needs any more is still held now.",
      since: quietFrom,
      when_ok: "The verdict is computed.",
      when_not: "Post it while the traffic is still away.",
    }),
    dumpStep(g, {
      id: "dump_quiet",
      phase: "confirm",
      title: "Dump in the quiet",
      why: "What is left beyond the start-up floor is the suspect: count, not bytes, against what there should be.",
      pool,
      target,
      form,
      since: quietFrom,
    }),
    resume(),
    report(g),
  ];
}

function baseline(g: Ground): StepPlan {
  const { start_up: found } = g.facts.usage;
  const plan = recordUsage(g, {
    id: "baseline",
    phase: "collect",
    title: "Know the level just after the start",
    why: "The level to come back to. A sample from after the last restart, before traffic, is best; without one, the verdict can only say how much came back.",
    since: null,
    when_not: "Skip it: restart for it only if you would restart anyway.",
  });
  if (found === null) return plan;
  return { ...plan, finding: satisfied("usage", null, found.at, "The first sample after the last restart.") };
}

function stopTraffic(g: Ground): StepPlan {
  const watch = ["tm.stats", "dlg.stats_active"].filter((name) => answers(g, name) === true);
  return step({
    id: "stop_traffic",
    phase: "confirm",
    title: "Take the traffic away, and mark this step done at that moment",
    why: "Redirect it in DNS, at the balancer or the SBC in front. A stopped network interface is no quiet: retransmissions and timeouts keep transactions alive.",
    commands: watch.map((name) => command(g, call(g, name))),
    expect: "current goes to 0 transactions, and no new requests come.",
    risk: "calls_dropped",
    risk_detail: "Calls and registrations that are not redirected are lost for the length of the test.",
    undo: ["# send the traffic back where it came from"],
    when_ok: "The wait is counted from the moment of the mark.",
    when_not: "If not all traffic can go, the verdict is weaker: say so in the note.",
  });
}

function waiting(g: Ground, wait: Wait, quietFrom: number | null): StepPlan {
  const over = quietFrom !== null && g.facts.now >= quietFrom;
  return step({
    id: "wait",
    phase: "confirm",
    title: `Wait ${wait.seconds} seconds`,
    why: `The longest lifetime of what traffic made, and a minute: ${wait.lifetimes.map(({ name, seconds, source }) => `${name} ${seconds} s (${source})`).join("; ")}. ${wait.notes.join(" ")}`.trim(),
    commands: [{ run_on: "anywhere", text: `sleep ${wait.seconds}` }],
    expect: quietFrom === null ? "It begins when stop_traffic is marked done." : `It ends at ${timestamp(quietFrom)}.`,
    when_ok: "Take the sample in the quiet.",
    when_not: "Too short a wait calls every transaction a leak.",
    finding: over ? satisfied("clock", null, quietFrom, `${wait.seconds} s have passed since the traffic stopped.`) : null,
  });
}

function resume(): StepPlan {
  return step({
    id: "resume",
    phase: "fix",
    title: "Send the traffic back",
    why: "The experiment is over.",
    expect: "Requests come again, answers go out.",
    when_ok: "Read the verdict: leak_hunt goes on when memory did not come back, resize when it did.",
    when_not: "If Kamailio does not take traffic, restart it.",
  });
}
