/** Steps that a judgement of the records decides: is it a leak, growth, too small a pool, fragments; do counters and chunks agree. */
import type { FullNow, PoolDiagnosis, Verdict } from "../../analysis/diagnosis/diagnosis.js";
import { factAt, REALLOC_ACCOUNTING_BUG, REALLOC_ACCOUNTING_BUG_FIXED_IN } from "../../kamailio/knowledge/releases.js";
import type { Pool } from "../../kamailio/pool.js";
import { address, curl, type Ground } from "../ground.js";
import { type Finding, failed, type StepPlan, satisfied, step } from "../plan.js";
import type { Target } from "./processes.js";

/** What to do next, by verdict. */
const NEXT: Record<Verdict, string> = {
  healthy: "Nothing is wrong with the pools; look at the host (host_memory_high) or at the log again.",
  growth: "Load or data grew: make the runbook resize.",
  leak_suspected: "Memory is not given back: make the runbook leak_hunt. More memory only postpones it.",
  undersized: "The pool is too small for its peaks: make the runbook resize.",
  fragmentation: "Free memory is in pieces that are too small: make the runbook fragmentation.",
  corruption: "Memory was overwritten or freed twice: make the runbook corruption. More memory cures nothing.",
  stale_data: "The counters cannot be trusted: take a dump instead.",
  insufficient_data: "Post a sample a minute from here on, and ask again after a day with its busy hour and its night.",
  inconclusive: "Take traffic away and see whether memory comes back: make the runbook quiet_test.",
};
const UNDECIDED: readonly Verdict[] = ["insufficient_data", "inconclusive", "stale_data"];

/** A pool that is full now is served first, whatever its history says. */
function roomFirst({ stale }: FullNow): string {
  return `It ${stale ? "was full at its newest sample" : "is full now"}: make room before anything else (take the inventory, then restart with a bigger pool). `;
}

/** The verdict that decides what comes next: of the pool that is full now, else the one that names something. */
function deciding(verdicts: readonly PoolDiagnosis[]): PoolDiagnosis | undefined {
  const told = verdicts.filter(({ verdict }) => !UNDECIDED.includes(verdict));
  return told.find(({ verdict }) => verdict !== "healthy") ?? told[0];
}

export function decideByDiagnosis(g: Ground, pool: Pool | null): StepPlan {
  const verdicts = (g.facts.diagnosis?.pools ?? []).filter((one) => pool === null || one.pool === pool);
  const full = verdicts.filter(({ full_now }) => full_now !== null);
  const looked = full.length > 0 ? full : verdicts;
  const decided = deciding(looked);
  const shown = decided ?? looked[0];
  const urgent = shown?.full_now == null ? "" : roomFirst(shown.full_now);
  return step({
    id: "decide",
    phase: "confirm",
    title: "Decide: leak, growth, too small, or fragments",
    why: "Free memory that keeps falling with constant subscribers, constant traffic and no larger reload is very likely a leak; with growth of the service, it is growth. The cure differs.",
    commands: [{ run_on: "anywhere", text: curl(g, `-H 'Accept: text/markdown' ${address(g, "diagnosis")}`) }],
    expect:
      shown === undefined
        ? "A verdict for each pool, with what speaks for and against it."
        : `Now: ${shown.verdict} of ${shown.pool}. ${shown.summary}`,
    when_ok: `${urgent}${decided === undefined ? "Follow what the verdict names." : NEXT[decided.verdict]}`,
    when_not: `${urgent}${shown === undefined ? NEXT.insufficient_data : NEXT[shown.verdict]}`,
    finding:
      decided === undefined
        ? null
        : satisfied("judgement", null, null, `${decided.verdict} of ${decided.pool}: ${decided.summary}`),
  });
}

/** q_malloc with the bookkeeping bug: `used` grows although nothing is held. `null`: this release and manager cannot have it. */
export function phantomCheck(g: Ground, pool: Pool, target: Target | null, since: number | null): StepPlan | null {
  const { version } = g.situation;
  const { manager } = g.situation.pools[pool];
  if (manager !== "qm" || factAt(REALLOC_ACCOUNTING_BUG, version) !== true) return null;
  return step({
    id: "phantom",
    phase: "confirm",
    title: "Hold the counters against the chunks",
    why: `q_malloc of ${version?.text ?? "this release"} does not give back \`used\` and \`real_used\` when a realloc makes a chunk smaller: they grow although nothing is held, and the pool refuses at last. Fixed in ${REALLOC_ACCOUNTING_BUG_FIXED_IN.join(", ")}.`,
    expect: "The sum of the chunks of a dump equals `used` of its header.",
    when_ok: "The memory is really held: a leak, growth, or load.",
    when_not: "Less than `used`: no leak in a module. Upgrade to a fixed release, or run -x fm -X fm until then (from 4.4 on).",
    finding: since === null ? null : agree(g, pool, target, since),
  });
}

/** Bytes by which header and sum may differ while a pool moves: allocations of a moment, not of an hour. */
const MOVING_SHARE = 0.02;

function agree(g: Ground, pool: Pool, target: Target | null, since: number): Finding | null {
  const dump = g.facts.dumps.find(
    (one) =>
      one.pool === pool &&
      one.complete &&
      one.taken_at >= since &&
      one.allocated_bytes !== null &&
      (target === null || one.pid === null || one.pid === target.pid),
  );
  if (dump?.allocated_bytes == null) return null;
  const used = dump.used ?? usedNow(g, pool, target, dump.taken_at);
  if (used === null) return null;
  const missing = used - dump.allocated_bytes;
  const figures = `The chunks sum up to ${dump.allocated_bytes} bytes, used says ${used}.`;
  if (missing > Math.max(MOVING_SHARE * used, dump.used === null ? 65_536 : 0))
    return failed("dump", dump.id, dump.taken_at, `${figures} ${missing} bytes are the accounting bug's.`);
  return satisfied("dump", dump.id, dump.taken_at, figures);
}

/** `used` of the sample nearest to the dump, for forms without a header: within ten minutes. */
function usedNow(g: Ground, pool: Pool, target: Target | null, at: number): number | null {
  const near = [...g.facts.usage.recent].sort((a, b) => Math.abs(a.at - at) - Math.abs(b.at - at))[0];
  if (near === undefined || Math.abs(near.at - at) > 600_000) return null;
  if (pool === "shm") return near.sample.shm?.used ?? null;
  return near.sample.pkg.find(({ pid }) => pid === target?.pid)?.used ?? null;
}
