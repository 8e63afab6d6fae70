/** Out of memory: from the first log line to the pool, the process, the inventory before the restart, and the verdict that decides the cure. */
import type { Pool } from "../../kamailio/pool.js";
import { DAY, HOUR, timestamp } from "../../kamailio/units.js";
import type { IncidentFact } from "../facts.js";
import { address, curl, type Ground, logOf, text } from "../ground.js";
import { CONTAINER, type KindOfRunbook, PID } from "../kind.js";
import { word } from "../parameters.js";
import { doneAt, type Finding, failed, freshSince, type StepPlan, satisfied, step } from "../plan.js";
import { dumpStep, liftLogLimit } from "../steps/dumps.js";
import { decideByDiagnosis, phantomCheck } from "../steps/judgements.js";
import { findProcess, targetProcess } from "../steps/processes.js";
import { recordBuild, recordLog, recordService, recordSettings, recordUsage, report } from "../steps/records.js";
import { raisePool } from "../steps/restart.js";
import { needSites } from "../steps/sites.js";

/** Incidents older than this belong to another story. */
const STORY_MS = 7 * DAY;
/** No failure for so long after a restart with a bigger pool means that it holds for now; a leak comes back later. */
const QUIET_HOURS = 24;

export const outOfMemory: KindOfRunbook = {
  kind: "out_of_memory",
  title: "Out of memory",
  when_to_use:
    'The log says "out of memory", "no more shm/pkg memory" or "could not allocate", or Kamailio stops answering with 500.',
  parameters: [word("pool", ["shm", "pkg", "unknown"], "Which pool ran out, as far as it is known", "unknown"), PID, CONTAINER],
  plan: (g) => {
    const pool = poolOf(g);
    return { title: `Out of memory (${pool ?? "pool not known yet"}) on ${g.facts.instance}`, steps: steps(g, pool) };
  },
};

/** The failures of the last days, newest first. */
function failures(g: Ground): IncidentFact[] {
  return g.facts.incidents.filter(
    ({ ended_at, incident }) =>
      ended_at >= g.created_at - STORY_MS &&
      (incident.kind === "exhaustion" || incident.kind === "fragmentation" || incident.kind === "tls_low_memory"),
  );
}

function poolOf(g: Ground): Pool | null {
  const given = text(g, "pool");
  if (given === "shm" || given === "pkg") return given;
  const named = failures(g).find(({ incident }) => incident.pool !== null)?.incident.pool;
  if (named != null) return named;
  return null;
}

function steps(g: Ground, pool: Pool | null): StepPlan[] {
  const target = pool === "pkg" ? targetProcess(g) : null;
  const form = "sums";
  return [
    recordLog(g, linesFinding(g)),
    namePool(g, pool),
    recordBuild(g),
    recordSettings(g),
    recordService(g),
    ...(pool === "pkg" ? [findProcess(g, target)] : []),
    recordUsage(g, {
      id: "usage_now",
      phase: "triage",
      title: "Read the counters before anything is changed",
      why: "A full pool looks full only until the restart. Host memory (`free`, top) says nothing here: the pools are taken at start and never grow, so a host with free memory still runs out of shm or pkg.",
      since: freshSince(g),
    }),
    ...needSites(g),
    ...(pool === null
      ? []
      : [
          ...[liftLogLimit(g, { pool, target, form })].filter((one) => one !== null),
          dumpStep(g, {
            id: "dump_before_restart",
            phase: "collect",
            title: `Take the inventory of ${pool} before the restart`,
            why: "A restart destroys the evidence: only now does the pool hold what filled it. Minutes spent here save days until it is full again.",
            pool,
            target,
            form,
            since: freshSince(g),
          }),
          phantomCheck(g, pool, target, freshSince(g)),
          raisePool(g, pool, "Give it time: restart with a bigger pool"),
        ]),
    decideByDiagnosis(g, pool),
    noMore(g, pool),
    report(g),
  ].filter((one) => one !== null);
}

function linesFinding(g: Ground): Finding | null {
  const [newest] = failures(g);
  if (newest === undefined) return null;
  const { incident, ended_at, id } = newest;
  return satisfied(
    "incident",
    id,
    ended_at,
    `${incident.kind} of ${incident.pool ?? "an unnamed pool"}, ${incident.count} failures, pids ${incident.pids.slice(0, 5).join(", ") || "unknown"}: ${incident.quote.slice(0, 300)}`,
  );
}

function namePool(g: Ground, pool: Pool | null): StepPlan {
  const given = text(g, "pool");
  const from = failures(g).find(({ incident }) => incident.pool !== null);
  const finding =
    pool === null
      ? null
      : given === pool
        ? satisfied("person", null, g.created_at, `${pool} was given.`)
        : satisfied("incident", from?.id ?? null, from?.ended_at ?? null, `The log says ${pool}.`);
  return step({
    id: "name_pool",
    phase: "triage",
    title: "Name the pool",
    why: "Two pools, two options: shm is one zone for all processes (-m), pkg one zone a process (-M). Raising one does not help the other.",
    expect:
      '"shm", "share memory", "shared memory" or a size that no pkg pool could hold: shm. "pkg", "private memory": pkg. "could not allocate memory from system": neither, the host.',
    when_ok: "The steps below are for that pool.",
    when_not: `Two usage samples tell: ${pool === null ? "free of core.shmmem near 0 is shm; free of one process near 0 is pkg." : "compare free of core.shmmem and of pkg.stats."} Make the runbook again with pool=shm or pool=pkg.`,
    finding,
  });
}

/** Did it fail again since the restart? */
function noMore(g: Ground, pool: Pool | null): StepPlan {
  const restarted = doneAt(g, "raise_pool");
  const source = logOf(g, QUIET_HOURS * 60);
  const again =
    restarted === null
      ? undefined
      : g.facts.incidents.find(
          ({ ended_at, incident }) =>
            ended_at > restarted && incident.kind === "exhaustion" && (pool === null || incident.pool === pool),
        );
  const over = restarted !== null && g.facts.now >= restarted + QUIET_HOURS * HOUR;
  return step({
    id: "verify",
    phase: "verify",
    title: `See that it does not fail again for ${QUIET_HOURS} hours`,
    why: "A bigger pool cures an undersized one and only postpones a leak.",
    commands: [{ run_on: "anywhere", text: curl(g, address(g, "diagnosis")) }],
    expect: "No new line, and usage that comes down at night.",
    when_ok: "Size it from its peaks (sizing).",
    when_not: "It filled a bigger pool as well: make the runbook leak_hunt.",
    submit: `${source} | gzip | ${curl(g, `-H 'Content-Encoding: gzip' --data-binary @- ${address(g, "logs")}`)}`,
    finding:
      again !== undefined
        ? failed("incident", again.id, again.ended_at, `It failed again at ${timestamp(again.ended_at)}.`)
        : over && g.facts.usage.latest !== null && g.facts.usage.latest.at >= restarted
          ? satisfied("clock", null, restarted + QUIET_HOURS * HOUR, `No failure is recorded in the ${QUIET_HOURS} hours since.`)
          : null,
  });
}
