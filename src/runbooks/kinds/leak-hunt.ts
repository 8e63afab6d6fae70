/** Leak hunt: rule out what only looks like a leak, then three inventories over time, the site whose count grows, and the release that fixed it. */
import { compareDumps } from "../../analysis/dump-comparison/dump-comparison.js";
import type { Pool } from "../../kamailio/pool.js";
import { DAY, duration, MINUTE, timestamp } from "../../kamailio/units.js";
import { address, answers, call, command, curl, type Ground, number, submit, text } from "../ground.js";
import { CONTAINER, type KindOfRunbook, PID, POOL } from "../kind.js";
import { integer } from "../parameters.js";
import { type Finding, type StepPlan, satisfied, step } from "../plan.js";
import { asDump } from "../quiet-verdict.js";
import type { RunbookVerdict } from "../runbook.js";
import { dumpStep, liftLogLimit } from "../steps/dumps.js";
import { decideByDiagnosis, phantomCheck } from "../steps/judgements.js";
import { knownIssue } from "../steps/known-issues.js";
import { findProcess, type Target, targetProcess } from "../steps/processes.js";
import { recordBuild, recordConfig, recordSettings, recordUsage, report } from "../steps/records.js";
import { needSites } from "../steps/sites.js";

/** Between two dumps hundreds of the suspect operation must have run; an hour of traffic has them. Minutes. */
const BETWEEN_MINUTES = 60;
/** Dumps of the story: older ones are of other times, but a history from before the runbook is welcome. */
const DUMPS_COMPARED = 6;

export const leakHunt: KindOfRunbook = {
  kind: "leak_hunt",
  title: "Hunt a leak to its site",
  when_to_use:
    "Memory is not given back: diagnosis says leak_suspected, a quiet test did not return, or a bigger pool filled as well.",
  parameters: [
    POOL,
    PID,
    integer("between_minutes", 1, 10_080, "Minutes of traffic between two dumps", BETWEEN_MINUTES),
    CONTAINER,
  ],
  plan: (g) => {
    const pool = (text(g, "pool") ?? "shm") as Pool;
    const target = pool === "pkg" ? targetProcess(g) : null;
    return {
      title: `Leak hunt in ${pool} of ${g.facts.instance}`,
      steps: steps(g, pool, target).filter((one) => one !== null),
      verdict: judge(g, pool, target),
    };
  },
};

function steps(g: Ground, pool: Pool, target: Target | null): (StepPlan | null)[] {
  const minutes = betweenMinutes(g, pool);
  const gap = minutes * MINUTE;
  const dumps = story(g, pool, target).map(({ taken_at }) => taken_at);
  const second = dumps.find((at) => dumps[0] !== undefined && at >= dumps[0] + gap);
  const since = [g.created_at - DAY, dumps[0] === undefined ? null : dumps[0] + gap, second === undefined ? null : second + gap];
  const dump = (index: number, title: string, why: string) =>
    dumpStep(g, {
      id: `dump_${index + 1}`,
      phase: index === 0 ? "collect" : "confirm",
      title,
      why,
      pool,
      target,
      form: "sums",
      since: since[index] ?? null,
      before: index === 0 ? (since[1] ?? null) : index === 1 ? (since[2] ?? null) : null,
    });
  return [
    recordBuild(g),
    recordSettings(g),
    recordConfig(g, "Parameters bound what a site may hold: db_mode, hash table sizes, cache limits."),
    ...needSites(g),
    pool === "pkg" ? findProcess(g, target) : null,
    recordUsage(g, {
      id: "history",
      phase: "collect",
      title: "Keep a sample a minute",
      why: "The slope, not the level, shows a leak: troughs that rise from night to night. Load counters beside it tell a leak from growth.",
      since: g.created_at - DAY,
    }),
    stuck(g, pool),
    liftLogLimit(g, { pool, target, form: "sums" }),
    dump(
      0,
      "First dump",
      "What is there now. Start-up sites (init_*, fix_*, yyparse, cfg_*) do not count: their number is fixed.",
    ),
    phantomCheck(g, pool, target, g.created_at - DAY),
    between(g, "let_it_work", minutes, dumps[0] ?? null),
    dump(1, "Second dump, under the same load", "Count, not bytes, by site: what grew, and by how much an hour."),
    between(g, "let_it_work_again", minutes, second ?? null),
    dump(2, "Third dump, after as long again", "Two dumps cannot tell warm-up from a leak: a leak grows by as much again."),
    compare(g, pool, target),
    knownIssue(g, pool),
    decideByDiagnosis(g, pool),
    cure(g, pool),
    report(g),
  ];
}

/** Minutes between two dumps: three of them must be taken before the pool is full. */
function betweenMinutes(g: Ground, pool: Pool): number {
  const asked = number(g, "between_minutes") ?? BETWEEN_MINUTES;
  const found = g.facts.diagnosis?.pools.find((one) => one.pool === pool);
  if (found === undefined) return asked;
  if (found.full_now !== null) return 1;
  if (found.exhaustion === null) return asked;
  const left = Date.parse(found.exhaustion.earliest) - Math.max(g.created_at, story(g, pool, null)[0]?.taken_at ?? 0);
  return Math.max(1, Math.min(asked, Math.floor(left / 3 / MINUTE)));
}

/** The complete dumps of the pool or process, oldest first. */
function story(g: Ground, pool: Pool, target: Target | null) {
  const ours = g.facts.dumps.filter(
    (dump) =>
      dump.pool === pool &&
      dump.complete &&
      dump.sites !== null &&
      dump.sites.length > 0 &&
      dump.taken_at >= g.created_at - DAY &&
      (pool === "shm" || target === null || dump.pid === null || dump.pid === target.pid),
  );
  return ours.sort((a, b) => a.taken_at - b.taken_at);
}

function comparison(g: Ground, pool: Pool, target: Target | null) {
  const all = story(g, pool, target);
  if (all.length < 2) return null;
  const [first, ...rest] = all;
  const dumps = first === undefined ? rest : [first, ...rest.slice(1 - DUMPS_COMPARED)];
  const populations = g.facts.usage.latest?.sample.load ?? {};
  return { dumps, result: compareDumps(dumps.map(asDump), { labels: dumps.map(({ id }) => id), populations }) };
}

function judge(g: Ground, pool: Pool, target: Target | null): RunbookVerdict | null {
  const compared = comparison(g, pool, target);
  if (compared === null) return null;
  const { comparable, summary, suspects, reading } = compared.result;
  if (!comparable) return { outcome: "inconclusive", summary, evidence: [] };
  const named = suspects.filter(({ confidence }) => confidence !== "low");
  const evidence = suspects
    .slice(0, 5)
    .map(({ site, confidence, reasons }) => `${site} (${confidence}): ${reasons.slice(0, 3).join("; ")}`);
  const issue = g.facts.known_issues.find(({ certainty, pool: of }) => certainty === "likely" && (of === null || of === pool));
  if (issue !== undefined) evidence.push(`known: ${issue.title}; fixed in ${issue.fixed_in.join(", ") || "no release yet"}`);
  return named.length > 0
    ? { outcome: "site_named", summary: `${summary} ${reading}`, evidence }
    : { outcome: "no_suspect", summary, evidence };
}

function compare(g: Ground, pool: Pool, target: Target | null): StepPlan {
  const compared = comparison(g, pool, target);
  const [base] = compared?.dumps ?? [];
  const later = compared?.dumps.at(-1);
  const line =
    base === undefined || later === undefined
      ? curl(g, address(g, "dumps"))
      : curl(g, `-H 'Accept: text/markdown' ${address(g, `dumps/${later.id}/comparison?base=${base.id}`)}`);
  return step({
    id: "compare",
    phase: "confirm",
    title: "Compare the dumps",
    why: "A dump names who allocated, not who forgot to free: that is often the caller, or the code that should run at the object's end.",
    commands: [{ run_on: "anywhere", text: line }],
    expect:
      "A site whose count grows steadily and past the population that it belongs to (contacts, calls, connections, cache entries).",
    when_ok: "You have the site: look it up among the known bugs, then report it.",
    when_not:
      "Nothing grows but the counters do: the accounting bug. Everything grows: load did. One burst: a one-off. Take another dump later.",
    finding: compareFinding(compared),
  });
}

function compareFinding(compared: ReturnType<typeof comparison>): Finding | null {
  if (compared === null || !compared.result.comparable || compared.dumps.length < 3) return null;
  const later = compared.dumps.at(-1);
  return satisfied("dump", later?.id ?? null, later?.taken_at ?? null, compared.result.summary);
}

/** Objects that are never reaped look like a leak of whoever made them. */
function stuck(g: Ground, pool: Pool): StepPlan | null {
  if (pool === "pkg") return null;
  const lines = ["tm.stats", "dlg.stats_active", "core.psx", "core.tcp_info"]
    .filter((name) => answers(g, name) !== false && (name !== "dlg.stats_active" || answers(g, name) === true))
    .map((name) => call(g, name));
  return step({
    id: "stuck_state",
    phase: "triage",
    title: "Rule out state that is stuck",
    why: "Transactions that are made and never freed, dialogs that stay deleted, a slow timer that died: memory piles up although nothing leaks in the usual sense.",
    commands: lines.map((line) => command(g, line)),
    expect:
      "tm.stats: created minus freed is near current, delayed_free near 0. core.psx shows the timer and the slow timer. core.tcp_info has as many connections as `ss -t` shows.",
    when_ok: "Go on with dumps.",
    when_not:
      "created minus freed grows, or a timer process is missing: that is the bug. Restart, and report it with tm.stats of both moments.",
    submit: lines.length === 0 ? null : submit(g, "usage", ...lines),
  });
}

/** @param first epoch ms of the dump before; `null`: it is not taken */
function between(g: Ground, id: string, minutes: number, first: number | null): StepPlan {
  const until = first === null ? null : first + minutes * MINUTE;
  return step({
    id,
    phase: "collect",
    title: `Let it work for ${duration(minutes * MINUTE)}`,
    why: "Hundreds of the suspect operation make the signal larger than the noise. In a test system, run them with sipp.",
    commands: [{ run_on: "anywhere", text: `sleep ${minutes * 60}` }],
    expect: until === null ? "It begins with the dump before." : `The next dump counts from ${timestamp(until)} on.`,
    when_ok: "Take the next dump at a like load.",
    when_not: "No traffic: nothing can grow.",
    finding: until !== null && g.facts.now >= until ? satisfied("clock", null, until, `${minutes} minutes have passed.`) : null,
  });
}

function cure(g: Ground, pool: Pool): StepPlan {
  const best = g.facts.known_issues.find(
    ({ certainty, pool: of }) => certainty !== "release_only" && (of === null || of === pool),
  );
  return step({
    id: "cure",
    phase: "fix",
    title:
      best?.upgrade_to == null ? "Stop the loss until it is fixed" : `Upgrade to ${best.upgrade_to}, or stop the loss until then`,
    why: "More memory postpones a leak by as many days as it has more of; a restart at a quiet hour does the same without it.",
    commands: [],
    expect:
      best?.workaround ??
      "The operation that leaks is known from the site: a route, a module function, a reload. Leave it out, or make it rarer.",
    when_ok: "Make the runbook pre_upgrade_check before the new release goes in, and watch usage after.",
    when_not: "Not fixed in any release: open an issue with the report, the dumps and the traffic that it takes.",
  });
}
