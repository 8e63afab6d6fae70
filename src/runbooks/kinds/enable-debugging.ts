/** Enable memory debugging, at the price that this build asks for: nothing (runtime), a restart, or a rebuild; and the way back. */
import { type BuildPlan, type BuildPlanStepId, buildPlan } from "../../analysis/build-plan/build-plan.js";
import { restartCommands } from "../../analysis/commands/service.js";
import type { Check } from "../../analysis/readiness/check.js";
import { DEBUG_FLAGS_PRINTED, factAt } from "../../kamailio/knowledge/releases.js";
import { mb } from "../../kamailio/units.js";
import {
  address,
  asTyped,
  binary,
  call,
  chunks,
  command,
  curl,
  type Ground,
  runOn,
  submit,
  submitPlain,
  there,
} from "../ground.js";
import { CONTAINER, type KindOfRunbook } from "../kind.js";
import { type Finding, failed, freshSince, type StepPlan, satisfied, step } from "../plan.js";
import type { Risk, StepCommand } from "../runbook.js";
import { recordBuild, recordConfig, recordService, recordSettings } from "../steps/records.js";
import { callsLost, checkAndRestart, restartLines } from "../steps/restart.js";

export const enableDebugging: KindOfRunbook = {
  kind: "enable_debugging",
  title: "Enable memory debugging",
  when_to_use: "readiness is not ok: a dump would name no sites, print nothing, or cannot be asked for.",
  parameters: [CONTAINER],
  plan: (g) => ({ title: `Enable memory debugging on ${g.facts.instance}`, steps: steps(g) }),
};

/** They have steps or runbooks of their own. */
const ELSEWHERE: ReadonlySet<string> = new Set(["gdb_walk", "log_rate_limit", "running_build", "pkg_dump", "shm_dump"]);

function steps(g: Ground): StepPlan[] {
  const { situation } = g;
  const plan = buildPlan({
    build: situation.build?.value ?? situation.judged?.value ?? null,
    version: situation.version,
    debug: situation.debug,
    settings: g.facts.settings,
    chunks: { shm: chunks(g, "shm"), pkg: chunks(g, "pkg") },
  });
  const checks = g.facts.readiness.checks.filter(
    ({ id, status }) => !ELSEWHERE.has(id) && (status === "fail" || status === "warn"),
  );
  return [
    recordBuild(g),
    recordSettings(g),
    recordService(g),
    recordConfig(g, "Modules and levels stand in it; the review writes the patch into debugging mode and the one back."),
    level(g),
    ...(plan.needed === true ? rebuild(g, plan) : []),
    ...restartFixes(g, checks),
    ...checks.filter(({ fix }) => fix.action === "runtime").map((check) => runtimeFix(g, check)),
    verify(g),
    tryIt(g),
  ];
}

/** What it will cost, said before anything is done. */
function level(g: Ground): StepPlan {
  const { level: found, summary, judged } = g.facts.readiness;
  return step({
    id: "level",
    phase: "triage",
    title: "Know what it will cost: nothing, a restart, or a rebuild",
    why: "The old test, `kamailio -I | grep DBG_QM_MALLOC`, is right up to 4.3 and from 6.1 on. From 4.4 to 6.0 the flag is DBG_SR_MEMORY, and every default build since 4.1 has debugging: most need no rebuild.",
    commands: [{ run_on: "anywhere", text: curl(g, `-H 'Accept: text/plain' ${address(g, "readiness")}`) }],
    expect: summary,
    when_ok: "The steps below are for this level.",
    when_not: "unknown: the first unknown check names the command that tells.",
    finding:
      found === "unknown"
        ? null
        : satisfied("judgement", judged.running_build_id ?? judged.build_id, null, `${found}: ${summary}`),
  });
}

/** What each step of a build plan risks. */
const RISKS: Partial<Record<BuildPlanStepId, Risk>> = { build: "load", switch: "restart" };
const ON_SERVER: readonly BuildPlanStepId[] = ["check", "switch"];

function rebuild(g: Ground, plan: BuildPlan): StepPlan[] {
  const room = plan.cost.filter(({ total_bytes }) => total_bytes > 0);
  const head = step({
    id: "rebuild_cost",
    phase: "triage",
    title: "Make room for what debugging costs",
    why: `${plan.reason} Each chunk then carries module, file, function and line: ${room.map(({ pool, manager, per_chunk_bytes, per_pool_bytes, chunks: count, total_bytes }) => `${pool} (${manager}) ${per_chunk_bytes} bytes a chunk and ${per_pool_bytes} once${pool === "pkg" ? " in each process" : ""}${count === null ? "" : `, ${mb(total_bytes)} for ${count} chunks`}`).join("; ") || "see the build plan"}.`,
    commands: [{ run_on: "anywhere", text: curl(g, `-H 'Accept: text/markdown' ${address(g, "build-plan")}`) }],
    expect: "The pools have that much free at their peak.",
    when_ok: "Build.",
    when_not: "Raise -m and -M in the same restart.",
  });
  const built = plan.steps.map(({ id, title, commands, expect }) =>
    step({
      id: `rebuild_${id}`,
      phase: id === "verify" || id === "check" ? "verify" : "fix",
      title,
      why:
        id === "configure"
          ? ["MEMDBG is read when configuring.", ...plan.notes].join(" ")
          : "A step of the build plan for this release.",
      commands: commands.map((text) => placed(g, id, text)),
      expect: expect ?? "No error.",
      risk: RISKS[id] ?? "none",
      risk_detail:
        id === "switch"
          ? callsLost()
          : id === "build"
            ? "It takes all cores for minutes: not on the server that carries traffic."
            : null,
      undo: id === "switch" ? plan.roll_back : [],
      when_ok: "Go on.",
      when_not:
        id === "check"
          ? "An mpath or a path in loadmodule still points to the old modules."
          : "Stop here: the old binary still runs.",
    }),
  );
  return [head, ...built];
}

function placed(g: Ground, id: BuildPlanStepId, text: string): StepCommand {
  return { run_on: ON_SERVER.includes(id) ? runOn(g) : "build_host", text };
}

/** All that needs a restart, in one restart. */
function restartFixes(g: Ground, checks: readonly Check[]): StepPlan[] {
  const fixes = checks.filter(({ fix }) => fix.action === "restart");
  if (fixes.length === 0) return [];
  const restarts = new Set([...restartCommands(g.reach), `${binary(g)} -c`]);
  const isRestart = (line: string) => [...restarts].some((known) => line === known || line.startsWith(`${binary(g)} -c`));
  const edits = [...new Set(fixes.flatMap(({ fix }) => fix.commands.filter((line) => !isRestart(line))))];
  const lines = [...new Set(fixes.flatMap(({ fix }) => fix.config_lines))];
  const undo = [...new Set(fixes.flatMap(({ fix }) => fix.undo.filter((line) => !isRestart(line))))];
  const config: StepCommand[] =
    lines.length === 0
      ? []
      : [
          {
            run_on: runOn(g),
            text: ["# write into kamailio.cfg, above the routes:", ...lines.map((line) => `#   ${line}`)].join("\n"),
          },
        ];
  return [
    step({
      id: "restart_with_changes",
      phase: "fix",
      title: "Change what needs a restart, all at once",
      why: fixes.map(({ title, detail }) => `${title}: ${detail}`).join(" "),
      commands: [...config, ...edits.map((text) => ({ run_on: runOn(g), text })), ...checkAndRestart(g)],
      expect: "The check prints `config file ok, exiting...`, and the server starts.",
      risk: "restart",
      risk_detail: callsLost(),
      undo: [...undo, ...restartLines(g).map(({ text }) => text)],
      when_ok: "Post the settings and kamailio.cfg again.",
      when_not: "It does not start: take the changes out, restart, and read the first error of the log.",
    }),
  ];
}

function runtimeFix(g: Ground, { id, title, detail, fix }: Check): StepPlan {
  return step({
    id: `runtime_${id}`,
    phase: "fix",
    title,
    why: `${detail} It is set at run time and gone after the next restart.`,
    commands: fix.commands.map((line) => command(g, asTyped(g, line))),
    expect: "No answer, or the new value from cfg.get.",
    undo: fix.undo.map((line) => asTyped(g, line)),
    when_ok:
      fix.config_lines.length === 0 ? "Go on." : `To keep it over a restart: ${fix.config_lines.join(", ")} in kamailio.cfg.`,
    when_not: "`cfg_rpc` is not loaded, or the name is not known to this release.",
  });
}

function verify(g: Ground): StepPlan {
  const word = factAt(DEBUG_FLAGS_PRINTED, g.situation.version)?.[0] ?? null;
  const binaryLine = there(g, `${binary(g)} -I`);
  const running = call(g, "core.info");
  return step({
    id: "verify",
    phase: "verify",
    title: "See that the running process has it",
    why: `The binary on disk and the process can differ until the restart. ${word === null ? "" : `In this release the word is ${word}${word === "DBG_QM_MALLOC" ? "" : "; grepping for DBG_QM_MALLOC finds nothing here, although debugging is on"}.`}`.trim(),
    commands: [
      command(g, word === null ? binaryLine : `${binaryLine} | grep -ow -e ${word}`),
      ...(g.situation.rpc === false ? [] : [command(g, running)]),
    ],
    expect: word === null ? "The flags of the build." : `${word} in the flags of both.`,
    when_ok: "A dump now names its sites.",
    when_not: "Still the old binary, or modules of another build: check the path in the unit and mpath.",
    submit: g.situation.rpc === false ? submitPlain(g, "builds", binaryLine) : submit(g, "builds", binaryLine, running),
    finding: verifyFinding(g),
  });
}

function verifyFinding(g: Ground): Finding | null {
  const record = g.situation.judged;
  if (record === null || g.situation.debug === null) return null;
  const at = Date.parse(record.recorded_at);
  const flag = record.value.memory.debug_flag;
  if (g.situation.debug)
    return satisfied("build", record.id, at, flag === null ? "Built with memory debugging." : `${flag} is in its flags.`);
  const seen = Math.max(g.facts.last_seen.build ?? 0, g.facts.last_seen.running_build ?? 0);
  return seen > g.created_at
    ? failed("build", record.id, seen, `${record.value.version?.text ?? "The build"} still has no memory debugging.`)
    : null;
}

function tryIt(g: Ground): StepPlan {
  const dump = g.facts.dumps.find(
    ({ recorded_at, complete, sites }) => recorded_at >= freshSince(g) && complete && (sites?.length ?? 0) > 0,
  );
  return step({
    id: "try",
    phase: "verify",
    title: "Take a small dump to see it work",
    why: "Better now than at 3 a.m.: the pkg pool of a timer process is small, and it writes within a second.",
    commands: [
      {
        run_on: "anywhere",
        text: curl(g, `-H 'Content-Type: application/json' -d '{"kind":"collect_dump","pool":"pkg"}' ${address(g, "runbooks")}`),
      },
    ],
    expect: "A dump with sites, complete.",
    when_ok: "Leave debugging on: it is on in every default build since 4.1, and costs little.",
    when_not: "readiness says what is still closed.",
    finding: dump === undefined ? null : satisfied("dump", dump.id, dump.taken_at, "A dump with sites is recorded."),
  });
}
