/** The first 15 minutes: what to read before anything is changed, and which runbook to go on with. */
import { CORRUPTION_KINDS } from "../../kamailio/log/incident.js";
import { DAY } from "../../kamailio/units.js";
import { address, command, curl, type Ground } from "../ground.js";
import { CONTAINER, type KindOfRunbook } from "../kind.js";
import { type Finding, freshSince, type StepPlan, satisfied, step } from "../plan.js";
import type { RunbookKind, RunbookVerdict } from "../runbook.js";
import { decideByDiagnosis } from "../steps/judgements.js";
import { recordBuild, recordLog, recordService, recordSettings, recordUsage } from "../steps/records.js";

export const first15Minutes: KindOfRunbook = {
  kind: "first_15_minutes",
  title: "The first 15 minutes",
  when_to_use: "Something is wrong with memory and you do not know what yet. Everything here only reads.",
  parameters: [CONTAINER],
  plan: (g) => ({ title: `First 15 minutes on ${g.facts.instance}`, steps: steps(g), verdict: verdict(g) }),
};

function steps(g: Ground): StepPlan[] {
  return [
    alive(g),
    recordLog(g, incidentFinding(g)),
    recordBuild(g),
    recordSettings(g),
    recordService(g),
    recordUsage(g, {
      id: "usage_now",
      phase: "triage",
      title: "Read the counters",
      why: "Cheap, without a lock, and gone after a restart. They tell which pool, or that no pool is concerned.",
      since: freshSince(g),
    }),
    decideByDiagnosis(g, null),
    goOn(g),
  ];
}

function alive(g: Ground): StepPlan {
  return step({
    id: "alive",
    phase: "triage",
    title: "See what still works",
    why: "A service that answers gives you time: do not restart it before a dump was taken. One that does not answer must come back first.",
    commands: [command(g, "ps -eo pid,ppid,rss,etime,args | grep '[k]amailio'"), { run_on: "server", text: "uptime; free -m" }],
    expect: "All processes run since the same moment; a younger one means that all were restarted.",
    when_ok: "Go on reading.",
    when_not: "Restart now, but first save what costs a minute: the log, and `gcore` of the process that hangs.",
  });
}

function incidentFinding(g: Ground): Finding | null {
  const [newest] = g.facts.incidents;
  return newest === undefined || newest.ended_at < g.created_at - DAY
    ? null
    : satisfied(
        "incident",
        newest.id,
        newest.ended_at,
        `${newest.incident.kind} of ${newest.incident.pool ?? "no named pool"}: ${newest.incident.quote.slice(0, 300)}`,
      );
}

interface Choice {
  kind: RunbookKind;
  pool: string | null;
  because: string;
}

/** What the records point to, the most urgent first; `null` when they say nothing yet. */
function choose(g: Ground): Choice | null {
  const recent = g.facts.incidents.filter(({ ended_at }) => ended_at >= g.created_at - DAY);
  const find = (kinds: (kind: (typeof recent)[number]["incident"]["kind"]) => boolean) =>
    recent.find(({ incident }) => kinds(incident.kind));
  const damaged = find((kind) => CORRUPTION_KINDS.has(kind));
  if (damaged !== undefined) return { kind: "corruption", pool: null, because: damaged.incident.quote };
  const tls = find((kind) => kind === "tls_low_memory");
  if (tls !== undefined) return { kind: "tls_low_memory", pool: null, because: tls.incident.quote };
  const torn = find((kind) => kind === "fragmentation");
  if (torn !== undefined) return { kind: "fragmentation", pool: torn.incident.pool, because: torn.incident.quote };
  const full = find((kind) => kind === "exhaustion");
  if (full !== undefined) return { kind: "out_of_memory", pool: full.incident.pool ?? "unknown", because: full.incident.quote };
  const dead = find((kind) => kind === "child_died");
  if (dead !== undefined) return { kind: "corruption", pool: null, because: dead.incident.quote };
  for (const { pool, verdict: found, summary } of g.facts.diagnosis?.pools ?? []) {
    if (found === "leak_suspected") return { kind: "leak_hunt", pool, because: summary };
    if (found === "undersized" || found === "growth") return { kind: "resize", pool, because: summary };
    if (found === "fragmentation") return { kind: "fragmentation", pool, because: summary };
  }
  const host = g.facts.host_memory;
  if (host !== null && !host.judgement.ok) return { kind: "host_memory_high", pool: null, because: host.judgement.summary };
  return null;
}

function verdict(g: Ground): RunbookVerdict | null {
  const choice = choose(g);
  return choice === null
    ? null
    : { outcome: choice.kind, summary: `Go on with ${choice.kind}: ${choice.because.slice(0, 400)}`, evidence: [] };
}

function goOn(g: Ground): StepPlan {
  const choice = choose(g);
  const body =
    choice === null
      ? '{"kind":"out_of_memory"}'
      : JSON.stringify({ kind: choice.kind, ...(choice.pool === null ? {} : { pool: choice.pool }) });
  return step({
    id: "go_on",
    phase: "confirm",
    title: choice === null ? "Choose the runbook to go on with" : `Go on with ${choice.kind}`,
    why:
      choice?.because.slice(0, 600) ??
      "An allocation that failed: out_of_memory. Free memory that keeps falling: leak_hunt or quiet_test. `Free fragment not found!`: fragmentation. Overwritten, freed twice, a signal: corruption. Only the host looks full: host_memory_high.",
    commands: [
      { run_on: "anywhere", text: curl(g, `-H 'Content-Type: application/json' -d '${body}' ${address(g, "runbooks")}`) },
    ],
    expect: "A runbook whose first steps are satisfied by what you have just recorded.",
    when_ok: "Follow it.",
    when_not: "GET /v1/runbook-kinds says when to use each.",
  });
}
