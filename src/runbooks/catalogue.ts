/** The catalogue: every kind of runbook, in the order in which somebody needs them. */
import type { Ground } from "./ground.js";
import type { KindOfRunbook } from "./kind.js";
import { collectDump } from "./kinds/collect-dump.js";
import { corruption } from "./kinds/corruption.js";
import { enableDebugging } from "./kinds/enable-debugging.js";
import { first15Minutes } from "./kinds/first-15-minutes.js";
import { fragmentation } from "./kinds/fragmentation.js";
import { gdbWalkKind } from "./kinds/gdb-walk.js";
import { hostMemoryHigh } from "./kinds/host-memory-high.js";
import { leakHunt } from "./kinds/leak-hunt.js";
import { outOfMemory } from "./kinds/out-of-memory.js";
import { preUpgradeCheck } from "./kinds/pre-upgrade-check.js";
import { quietTest } from "./kinds/quiet-test.js";
import { reloadLeak } from "./kinds/reload-leak.js";
import { resize } from "./kinds/resize.js";
import { tlsLowMemory } from "./kinds/tls-low-memory.js";
import type { RunbookPlan } from "./plan.js";
import type { RunbookKind } from "./runbook.js";

const KINDS: Record<RunbookKind, KindOfRunbook> = {
  first_15_minutes: first15Minutes,
  out_of_memory: outOfMemory,
  leak_hunt: leakHunt,
  quiet_test: quietTest,
  enable_debugging: enableDebugging,
  collect_dump: collectDump,
  gdb_walk: gdbWalkKind,
  resize,
  fragmentation,
  corruption,
  host_memory_high: hostMemoryHigh,
  tls_low_memory: tlsLowMemory,
  reload_leak: reloadLeak,
  pre_upgrade_check: preUpgradeCheck,
};

export const CATALOGUE: readonly KindOfRunbook[] = Object.values(KINDS);

/** A kind by its name; `null` when there is none. */
export function runbookKind(name: string): KindOfRunbook | null {
  return CATALOGUE.find(({ kind }) => kind === name) ?? null;
}

/** The steps of a kind on this ground. */
export function planOf(kind: RunbookKind, ground: Ground): RunbookPlan {
  return KINDS[kind].plan(ground);
}
