/** Fragmentation: a large request fails although much is free. Prove it with the largest piece, join neighbours, make requests smaller. */
import { BUILD_SYSTEM, factAt, MANAGER_OPTIONS } from "../../kamailio/knowledge/releases.js";
import type { Pool } from "../../kamailio/pool.js";
import { mb } from "../../kamailio/units.js";
import { answers, call, command, type Ground, setCoreLine, submit, text } from "../ground.js";
import { CONTAINER, type KindOfRunbook, PID, POOL } from "../kind.js";
import { type Finding, freshSince, type StepPlan, satisfied, step } from "../plan.js";
import { dumpStep } from "../steps/dumps.js";
import { decideByDiagnosis } from "../steps/judgements.js";
import { findProcess, type Target, targetProcess } from "../steps/processes.js";
import { recordBuild, recordConfig, recordLog, recordService, recordSettings, recordUsage, report } from "../steps/records.js";
import { callsLost, checkAndRestart, editLine, restartLines } from "../steps/restart.js";

export const fragmentation: KindOfRunbook = {
  kind: "fragmentation",
  title: "Free memory in pieces that are too small",
  when_to_use: 'The log says "Free fragment not found!", or an allocation fails while free is large.',
  parameters: [POOL, PID, CONTAINER],
  plan: (g) => {
    const pool = (text(g, "pool") ?? "shm") as Pool;
    return { title: `Fragmentation of ${pool} on ${g.facts.instance}`, steps: steps(g, pool).filter((one) => one !== null) };
  },
};

function steps(g: Ground, pool: Pool): (StepPlan | null)[] {
  const target = pool === "pkg" ? targetProcess(g) : null;
  return [
    recordLog(g, incidentFinding(g, pool)),
    recordBuild(g),
    recordSettings(g),
    recordService(g),
    recordConfig(
      g,
      "The buffers and tables that ask for large pieces stand in it: tcp_rd_buf_size, hash table sizes, db fetch sizes.",
    ),
    pool === "pkg" ? findProcess(g, target) : null,
    recordUsage(g, {
      id: "usage_now",
      phase: "triage",
      title: "Read free and the number of fragments",
      why: "free is the sum over all pieces, not the largest; fragments (total_frags) counts free pieces. used that follows load while real_used and fragments climb is fragmentation.",
      since: freshSince(g),
    }),
    largest(g, pool, target),
    join(g),
    smaller(g),
    manager(g, pool),
    decideByDiagnosis(g, pool),
    restart(g, pool),
    report(g),
  ];
}

function incidentFinding(g: Ground, pool: Pool): Finding | null {
  const found = g.facts.incidents.find(
    ({ incident }) => incident.kind === "fragmentation" && (incident.pool === null || incident.pool === pool),
  );
  if (found === undefined) return null;
  const { incident, id, ended_at } = found;
  return satisfied(
    "incident",
    id,
    ended_at,
    `${incident.count} requests${incident.size === null ? "" : ` of up to ${incident.size} bytes`} failed although as much was free: ${incident.quote.slice(0, 200)}`,
  );
}

/** shm.report says it in one answer (5.6+, q_malloc with debugging); else the free list at the end of a list. */
function largest(g: Ground, pool: Pool, target: Target | null): StepPlan | null {
  const base = {
    id: "largest_piece",
    phase: "confirm" as const,
    title: "Compare the largest free piece with what was asked for",
    why: "This alone proves it. A small request (below 100 bytes) that fails with much free memory is no fragmentation but a bookkeeping fault.",
  };
  const since = freshSince(g);
  if (
    pool === "shm" &&
    answers(g, "shm.report") !== false &&
    g.ways.site_rpcs !== false &&
    g.situation.version !== null &&
    g.situation.pools.shm.manager === "qm"
  ) {
    const line = call(g, "shm.report");
    return step({
      ...base,
      commands: [command(g, line)],
      expect: "max_free_frag_size, and how many fragments are free.",
      risk: "lock",
      risk_detail: "It walks the whole pool under the shm lock: all SIP processes wait meanwhile.",
      when_ok: "Smaller than the request: fragmentation.",
      when_not: "Larger than the request: the pool was full at that moment, and is not now. See out_of_memory.",
      submit: submit(g, "dumps", line),
      finding: largestFinding(g, pool, since),
    });
  }
  const dump = dumpStep(g, { ...base, pool, target, form: "list", since });
  return {
    ...dump,
    expect: `${dump.expect} The free list at the end shows the sizes of the buckets that still have pieces.`,
    finding: largestFinding(g, pool, since),
  };
}

function largestFinding(g: Ground, pool: Pool, since: number): Finding | null {
  const dump = g.facts.dumps.find((one) => one.pool === pool && one.taken_at >= since && one.largest_free_fragment !== null);
  if (dump?.largest_free_fragment == null) return null;
  return satisfied(
    "dump",
    dump.id,
    dump.taken_at,
    `The largest known free piece has ${dump.largest_free_fragment} bytes${dump.free === null ? "" : `, of ${mb(dump.free)} free in all`}.`,
  );
}

function join(g: Ground): StepPlan {
  const { mem_join: setting } = g.facts.settings;
  const joins = g.situation.judged?.value.memory.join_free ?? null;
  const cmakeTrap = factAt(BUILD_SYSTEM, g.situation.version)?.cmake_joins === false;
  const can = g.ways.set_at_runtime !== false;
  const lines = can
    ? [call(g, "cfg.get", "core", "mem_join"), ...(setting.value === 1 ? [] : [setCoreLine(g, "mem_join", 1)])]
    : [];
  return step({
    id: "join_neighbours",
    phase: "fix",
    title: "Join free neighbours",
    why: `mem_join=1 joins free neighbours when memory is freed (default since 5.3.0); it needs a build with MEM_JOIN_FREE.${cmakeTrap ? " cmake builds of 6.0.0 to 6.0.3 never join, whatever mem_join says: build with make, or take 6.0.4." : ""}${joins === false ? " This build has no MEM_JOIN_FREE: only another build helps." : ""}`,
    commands: can
      ? lines.map((line) => command(g, line))
      : [{ run_on: "server", text: "# kamailio.cfg: mem_join=1" }, ...checkAndRestart(g)],
    expect: "mem_join is 1.",
    risk: can ? "none" : "restart",
    risk_detail: can ? null : callsLost(),
    undo: setting.value === 0 && can ? [setCoreLine(g, "mem_join", 0)] : [],
    when_ok:
      "What is free stays in larger pieces from here on; what is torn already heals as it is freed. Write mem_join=1 into kamailio.cfg.",
    when_not: "A build without MEM_JOIN_FREE: make the runbook enable_debugging, whose build has it.",
    finding:
      setting.value === 1 && joins !== false && !cmakeTrap
        ? satisfied(
            "settings",
            setting.evidence_id,
            setting.recorded_at === null ? null : Date.parse(setting.recorded_at),
            "mem_join is 1 already.",
          )
        : null,
  });
}

/** Above this a read buffer is a large request of every connection (default 4096; facts: 256000 failed with 200 MB free). */
const LARGE_BUFFER = 65_536;

function smaller(g: Ground): StepPlan {
  const buffer = g.facts.module_parameters?.find(({ name }) => name === "tcp_rd_buf_size")?.value ?? null;
  return step({
    id: "smaller_requests",
    phase: "fix",
    title: "Ask for smaller pieces",
    why: `A request of some hundred KB finds no place long before the pool is full. The usual ones: tcp_rd_buf_size (one for each TCP connection; above ${LARGE_BUFFER} is a lot${buffer === null ? "" : `, here ${buffer}`}), a whole database result at once (fetch_rows), hash tables with very large sizes, RPCs that build the whole answer (ul.dump).`,
    expect: "The site of the failing request names the one to change.",
    when_ok: "Change it at the next restart.",
    when_not: "The size cannot be smaller: see the manager, or give the pool more room so that large pieces survive.",
  });
}

function manager(g: Ground, pool: Pool): StepPlan | null {
  if (factAt(MANAGER_OPTIONS, g.situation.version) !== true) return null;
  const now = g.situation.pools[pool].manager;
  const other = now === "qm" ? "fm" : "qm";
  const option = pool === "shm" ? `-x ${other} -X ${g.situation.pools.pkg.manager ?? other}` : `-X ${other}`;
  return step({
    id: "other_manager",
    phase: "fix",
    title: "Try another manager",
    why: `Now ${now ?? "unknown"} (q_malloc is the default since 5.0, f_malloc in 4.4). -x chooses the one of shm and, without -X, of pkg as well; -X that of pkg. f_malloc joins only with the next piece and lists no chunks; tlsf keeps fragmentation low and answers every request in constant time, but pkg.stats stands still with it. -x sm ends without a word.`,
    commands: [editLine(g, `add ${option}`), ...restartLines(g)],
    expect: "pkg.info and shm.info (5.5 and newer) name it.",
    risk: "restart",
    risk_detail: callsLost(),
    undo: [editLine(g, `take out ${option}`).text, ...restartLines(g).map((line) => line.text)],
    when_ok: "Compare fragments and free at the same hour of the next days.",
    when_not: "No better: the requests are too large for the pool.",
  });
}

function restart(g: Ground, pool: Pool): StepPlan {
  return step({
    id: "restart",
    phase: "mitigate",
    title: "Restart at a quiet hour",
    why: `Only a restart makes ${pool} one piece again. It mends today and proves nothing.`,
    commands: restartLines(g),
    expect: "fragments near 0.",
    risk: "restart",
    risk_detail: callsLost(),
    when_ok: "Watch how fast fragments climb again.",
    when_not: "It fails with no traffic at all: the pool is too small for the configuration (resize).",
  });
}
