/** Does a reload leak? Reload several times under watch and see what each one leaves. An experiment with a verdict. */
import { isRemark } from "../../analysis/commands/words.js";
import type { Pool } from "../../kamailio/pool.js";
import { mb, timestamp } from "../../kamailio/units.js";
import { call, command, type Ground, number, placeholder, text } from "../ground.js";
import { CONTAINER, type KindOfRunbook } from "../kind.js";
import { integer, words } from "../parameters.js";
import { doneAt, freshSince, type StepPlan, satisfied, step } from "../plan.js";
import type { RunbookVerdict } from "../runbook.js";
import { dumpStep, liftLogLimit } from "../steps/dumps.js";
import { knownIssue } from "../steps/known-issues.js";
import { recordBuild, recordSettings, recordUsage, report } from "../steps/records.js";

const POOL: Pool = "shm";
/** The first reload may leave a second generation that the next ones replace, so several are needed. */
const REPEATS = 10;
/** An old generation is freed when nobody uses it any more: some modules wait seconds. */
const SETTLE_SECONDS = 60;
/**
 * dispatcher, dialplan (5.3+) and permissions (5.5+) refuse a reload within `reload_delta`, 5 s by default ("Ongoing reload"); a second more,
 * since the server counts whole ones.
 */
const PAUSE_SECONDS = 6;
/** What a reload may leave by chance (a bigger table, a moment's transactions), bytes. */
const NOISE_BYTES = 16_384;

export const reloadLeak: KindOfRunbook = {
  kind: "reload_leak",
  title: "Does a reload leak?",
  when_to_use:
    "Usage rises in steps, one at each reload (tls.reload, htable.reload, dispatcher.reload, permissions.addressReload, from cron).",
  parameters: [
    words("command", "The RPC that reloads, with its arguments: htable.reload mytable"),
    integer("repeats", 2, 1000, "How many times to reload", REPEATS),
    CONTAINER,
  ],
  plan: (g) => ({
    title: `Reload test on ${g.facts.instance}`,
    steps: steps(g).filter((one) => one !== null),
    verdict: judge(g),
  }),
};

function steps(g: Ground): (StepPlan | null)[] {
  const reloaded = doneAt(g, "reload");
  const settled = reloaded === null ? null : reloaded + SETTLE_SECONDS * 1000;
  const dump = (id: string, title: string, since: number | null, before: number | null) =>
    dumpStep(g, {
      id,
      phase: id === "dump_before" ? "collect" : "confirm",
      title,
      why: "The sites whose count grew by the number of reloads hold what each reload left.",
      pool: POOL,
      target: null,
      form: "sums",
      since,
      before,
    });
  return [
    recordBuild(g),
    recordSettings(g),
    knownIssue(g, POOL),
    recordUsage(g, {
      id: "before",
      phase: "collect",
      title: "Take a sample before",
      why: "At a quiet hour, so that traffic does not move the level.",
      since: freshSince(g),
    }),
    liftLogLimit(g, { pool: POOL, target: null, form: "sums" }),
    dump("dump_before", "Dump before", freshSince(g), reloaded),
    reload(g),
    settle(g, settled),
    recordUsage(g, {
      id: "after",
      phase: "confirm",
      title: `Take a sample ${SETTLE_SECONDS} seconds after the last reload`,
      why: "An old generation is freed when the last process lets go of it.",
      since: settled,
    }),
    dump("dump_after", "Dump after", settled, null),
    lessOften(),
    report(g),
  ];
}

function reload(g: Ground): StepPlan {
  const asked = text(g, "command");
  const [method, ...parameters] = (asked ?? "").split(" ").filter((word) => word !== "");
  const repeats = number(g, "repeats") ?? REPEATS;
  const line =
    method === undefined
      ? call(g, "METHOD").replace("METHOD", placeholder("METHOD", "the RPC that reloads"))
      : call(g, quoted(method), ...parameters);
  return step({
    id: "reload",
    phase: "confirm",
    title: `Reload ${repeats} times, then mark this step done`,
    why: "Growth at exactly each reload is a leak of the reload, or an old generation that somebody still refers to. +3.2 MB at each tls.reload has been seen.",
    commands: [command(g, isRemark(line) ? line : `for i in $(seq ${repeats}); do ${line}; sleep ${PAUSE_SECONDS}; done`)],
    expect: "Each answers without an error.",
    risk: "load",
    risk_detail:
      "Each reload reads the whole table or all certificates, and holds the old and the new one for a moment: twice the memory.",
    when_ok: `Wait ${SETTLE_SECONDS} seconds.`,
    when_not: "An error: a reload that fails half way leaks in its own way. Note it.",
  });
}

/** @param settled epoch ms from when on a level counts; `null`: the reloads are not done */
function settle(g: Ground, settled: number | null): StepPlan {
  return step({
    id: "settle",
    phase: "confirm",
    title: `Wait ${SETTLE_SECONDS} seconds`,
    why: "Some modules free what a reload replaced only seconds later, by a timer.",
    commands: [{ run_on: "anywhere", text: `sleep ${SETTLE_SECONDS}` }],
    expect: "Nothing: it is only to let the timers run.",
    when_ok: "Take the sample.",
    when_not: "A sample that is taken too early counts the old generation as leaked.",
    finding:
      settled !== null && g.facts.now >= settled
        ? satisfied("clock", null, settled, `${SETTLE_SECONDS} seconds have passed since the last reload.`)
        : null,
  });
}

/** A method's name has letters, digits, dots and underscores; anything else becomes one quoted word. */
function quoted(method: string): string {
  return /^[\w.]{1,100}$/.test(method) ? method : method.replaceAll(/[^\w.]/g, "_").slice(0, 100);
}

function lessOften(): StepPlan {
  return step({
    id: "less_often",
    phase: "mitigate",
    title: "Reload only when something changed",
    why: "A reload from cron each minute turns a few KB into a full pool within days.",
    expect: "The cron job compares before it reloads.",
    when_ok: "The leak is slowed by as much.",
    when_not: "Restart at a quiet hour instead of reloading, until a fixed release is in.",
  });
}

function judge(g: Ground): RunbookVerdict | null {
  const reloaded = doneAt(g, "reload");
  if (reloaded === null) return null;
  const repeats = number(g, "repeats") ?? REPEATS;
  const level = ({ sample }: Ground["facts"]["usage"]["recent"][number]) => sample.shm?.used ?? null;
  // The reloads lie between the last sample before them and the mark.
  const begun = reloaded - repeats * PAUSE_SECONDS * 1000;
  const before = g.facts.usage.recent.findLast((one) => one.at <= begun && one.at >= freshSince(g) && level(one) !== null);
  const after = g.facts.usage.recent.find((one) => one.at >= reloaded + SETTLE_SECONDS * 1000 && level(one) !== null);
  if (after === undefined) return null;
  if (before === undefined)
    return { outcome: "inconclusive", summary: "There is no sample from before the reloads.", evidence: [] };
  const grown = (level(after) ?? 0) - (level(before) ?? 0);
  const each = Math.round(grown / repeats);
  const evidence = [
    `${timestamp(before.at)} before: ${mb(level(before) ?? 0)}`,
    `${timestamp(after.at)} after ${repeats} reloads: ${mb(level(after) ?? 0)}`,
  ];
  if (each > NOISE_BYTES)
    return {
      outcome: "leaks",
      summary: `Each reload left about ${each} bytes (${mb(grown)} for ${repeats}): it leaks, or the old generation is still referred to.`,
      evidence,
    };
  return {
    outcome: "no_leak",
    summary: `${repeats} reloads left ${mb(Math.max(0, grown))} in all: no leak of this reload.`,
    evidence,
  };
}
