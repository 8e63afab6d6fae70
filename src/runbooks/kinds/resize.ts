/** Resize: the sizes that the history asks for, where this system writes them down, the host's room, the restart, and the proof. */
import type { Recommendation } from "../../analysis/sizing/sizing.js";
import type { Pool } from "../../kamailio/pool.js";
import { MB, mb } from "../../kamailio/units.js";
import { address, command, curl, type Ground, inContainer, number, submitPlain, text } from "../ground.js";
import { CONTAINER, type KindOfRunbook } from "../kind.js";
import { integer, word } from "../parameters.js";
import { type Finding, failed, freshSince, type StepPlan, satisfied, step } from "../plan.js";
import { decideByDiagnosis } from "../steps/judgements.js";
import { recordBuild, recordService, recordSettings, recordUsage } from "../steps/records.js";
import { callsLost, resizedFinding, restartLines, sizeLines, sizeUndo } from "../steps/restart.js";

export const resize: KindOfRunbook = {
  kind: "resize",
  title: "Resize the pools",
  when_to_use: "sizing or diagnosis says undersized, growth, or oversized; never against a leak.",
  parameters: [
    word("pool", ["shm", "pkg", "both"], "Which pool", "both"),
    integer("shm_size_mb", 1, 16_777_216, "-m to set; the recommendation by default"),
    integer("pkg_size_mb", 1, 1_048_576, "-M to set; the recommendation by default"),
    CONTAINER,
  ],
  plan: (g) => ({ title: `Resize the pools of ${g.facts.instance}`, steps: steps(g) }),
};

interface Size {
  pool: Pool;
  mb: number;
  current: number | null;
  recommendation: Recommendation | null;
}

function sizes(g: Ground): Size[] {
  const asked = text(g, "pool");
  const pools: Pool[] = asked === "shm" || asked === "pkg" ? [asked] : ["shm", "pkg"];
  return pools.flatMap((pool) => {
    const setting = pool === "shm" ? g.facts.settings.shm_size_mb : g.facts.settings.pkg_size_mb;
    const recommendation = g.facts.sizing?.recommendations.find((one) => one.pool === pool) ?? null;
    const given = number(g, pool === "shm" ? "shm_size_mb" : "pkg_size_mb");
    const size =
      given ??
      (recommendation?.finding === "undersized" || recommendation?.finding === "oversized"
        ? recommendation.recommended_mb
        : null);
    if (size === null || (size === setting.value && given === null)) return [];
    return [{ pool, mb: size, current: setting.value, recommendation }];
  });
}

function steps(g: Ground): StepPlan[] {
  const wanted = sizes(g);
  return [
    recordBuild(g),
    recordSettings(g),
    recordService(g),
    recordUsage(g, {
      id: "history",
      phase: "collect",
      title: "Have a history that holds the busy hour",
      why: "max_used is a true peak since the start; samples over days show whether it comes back down.",
      since: freshSince(g),
    }),
    decideByDiagnosis(g, null),
    sizing(g),
    ...(wanted.length === 0 ? [] : [hostRoom(g, wanted), apply(g, wanted)]),
    verify(g, wanted),
  ];
}

function sizing(g: Ground): StepPlan {
  const shown = g.facts.sizing?.recommendations ?? [];
  const known = shown.filter(({ finding }) => finding !== "insufficient_data" && finding !== "inconclusive");
  const leaking = shown.find(({ finding }) => finding === "leak_suspected");
  return step({
    id: "sizing",
    phase: "confirm",
    title: "Take the recommendation",
    why: "Pools fail hard, so they are sized for the peak, with what fragments, TLS and the largest request need on top.",
    commands: [{ run_on: "anywhere", text: curl(g, `-H 'Accept: text/markdown' ${address(g, "sizing")}`) }],
    expect: shown.length === 0 ? "-m and -M with their factors." : shown.map(describe).join(" "),
    when_ok: known.length === 0 ? "Not enough is recorded: give shm_size_mb and pkg_size_mb yourself." : "Write them down below.",
    when_not: "A pool that leaks is not sized: make the runbook leak_hunt.",
    finding:
      leaking !== undefined
        ? failed("judgement", null, null, `${leaking.pool} leaks: no size holds.`)
        : known.length > 0
          ? satisfied("judgement", null, g.facts.now, known.map(describe).join(" "))
          : null,
  });
}

function describe({ flag, finding, current_mb, confidence, lower_mb, upper_mb }: Recommendation): string {
  return `${flag} (${finding.replaceAll("_", " ")}, now ${current_mb ?? "unknown"}, between ${lower_mb} and ${upper_mb}, confidence ${confidence}).`;
}

function hostRoom(g: Ground, wanted: readonly Size[]): StepPlan {
  const processes = g.facts.settings.processes.value ?? g.facts.usage.latest?.sample.pkg.length ?? null;
  const more = wanted.reduce(
    (sum, { pool, mb: size, current }) => sum + (size - (current ?? 0)) * (pool === "shm" ? 1 : (processes ?? 1)),
    0,
  );
  return step({
    id: "host_room",
    phase: "confirm",
    title: "See that the host can give it",
    why: `-m is taken once, -M by each process${processes === null ? " (how many there are is not recorded)" : ` (${processes} of them)`}: ${mb(Math.max(0, more) * MB)} more than now. In a container the limit of the container counts.`,
    commands: [
      { run_on: "server", text: "free -m" },
      ...(inContainer(g) === null
        ? []
        : [command(g, inContainer(g) === "docker" ? "docker stats --no-stream" : "kubectl top pod")]),
    ],
    expect: `More than ${Math.max(0, more)} MB in the column available.`,
    when_ok: "Apply.",
    when_not: "Raise the host's or the container's memory first: the kernel would kill Kamailio when the pages are touched.",
    submit: submitPlain(g, "host-memory", "cat /proc/meminfo"),
  });
}

function apply(g: Ground, wanted: readonly Size[]): StepPlan {
  return step({
    id: "apply",
    phase: "fix",
    title: `Set ${wanted.map(({ pool, mb: size }) => `${pool === "shm" ? "-m" : "-M"} ${size}`).join(" and ")}, and restart`,
    why: "The sizes are read at the start alone; there is no parameter in kamailio.cfg for pkg, and shm_mem_size loses against -m in most releases.",
    commands: [...wanted.flatMap(({ pool, mb: size }) => sizeLines(g, pool, size)), ...restartLines(g)],
    expect: "The server starts; `processes (at least): N - shm size: ... - pkg size: ...` in its log.",
    risk: "restart",
    risk_detail: callsLost(),
    undo: sizeUndo(g),
    when_ok: "Post settings and usage.",
    when_not: "`out of limits` (5.8 and newer refuse 0 and absurd sizes) or `could not attach shared memory`: take it back.",
    finding: wanted.map(({ pool }) => resizedFinding(g, pool)).find((one) => one !== null) ?? null,
  });
}

function verify(g: Ground, wanted: readonly Size[]): StepPlan {
  const plan = recordUsage(g, {
    id: "verify",
    phase: "verify",
    title: "See the new size in the counters",
    why: "total of shm and total_size of each process are what really was taken; the unit file only says what was asked for.",
    since: null,
    when_ok: "Watch max_used at the next busy hour.",
    when_not: "The old size: the running process was not restarted, or another file sets it.",
  });
  return { ...plan, finding: verifyFinding(g, wanted) };
}

function verifyFinding(g: Ground, wanted: readonly Size[]): Finding | null {
  const sample = g.facts.usage.latest;
  if (sample === null || sample.at <= g.created_at || wanted.length > 0) return null;
  return resizedFinding(g, "shm") ?? resizedFinding(g, "pkg");
}
