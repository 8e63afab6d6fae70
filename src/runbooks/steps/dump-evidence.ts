/** Whether the recorded dumps answer what a step asked for. */
import type { Pool } from "../../kamailio/pool.js";
import type { DumpFact } from "../facts.js";
import type { Ground } from "../ground.js";
import { type Finding, failed, satisfied } from "../plan.js";
import type { Target } from "./processes.js";

export interface DumpAsked {
  pool: Pool;
  target: Target | null;
  /** Epoch ms, exclusive: a later dump belongs to a later step. */
  before?: number | null;
}

/** Does a dump since then answer the wish? A wrong pool, a wrong process or an incomplete one fails it. */
export function dumpFinding(g: Ground, wish: DumpAsked, since: number): Finding | null {
  const recent = g.facts.dumps.filter(
    (dump) => dump.recorded_at >= since && dump.taken_at >= since && (wish.before == null || dump.taken_at < wish.before),
  );
  const good = recent.filter((dump) => fits(dump, wish));
  const complete = good.find(({ complete }) => complete);
  if (complete !== undefined) return satisfied("dump", complete.id, complete.taken_at, describeDump(complete));
  const [half] = good;
  if (half !== undefined)
    return failed("dump", half.id, half.taken_at, `The dump is incomplete: ${half.incomplete_reason ?? "its end is missing"}.`);
  // One from before this runbook was not meant for it.
  const other = recent.find(({ recorded_at }) => recorded_at >= g.created_at);
  if (other === undefined) return null;
  return failed(
    "dump",
    other.id,
    other.taken_at,
    `A dump came, but of ${other.pool ?? "an unknown pool"}${other.pid === null ? "" : ` of pid ${other.pid}`}, not of ${wish.pool}${wish.pool === "pkg" && wish.target !== null ? ` of pid ${wish.target.pid}` : ""}.`,
  );
}

/** A dump that does not say its pid (a gdb walk over a core, a signal's dump) is taken for the one that was asked for. */
function fits(dump: DumpFact, { pool, target }: DumpAsked): boolean {
  return dump.pool === pool && (pool === "shm" || target === null || dump.pid === null || dump.pid === target.pid);
}

export function describeDump(dump: DumpFact): string {
  const parts = [
    `${dump.form.replaceAll("_", " ")} of ${dump.pool ?? "a pool"}${dump.pool === "pkg" && dump.pid !== null ? ` of pid ${dump.pid}` : ""}`,
  ];
  if (dump.chunks !== null) parts.push(`${dump.chunks} chunks`);
  if (dump.used !== null) parts.push(`used ${dump.used}`);
  const [top] = dump.sites ?? [];
  if (top !== undefined) parts.push(`largest site ${top.module ?? "?"}: ${top.function ?? "?"} with ${top.bytes} bytes`);
  return parts.join(", ");
}
