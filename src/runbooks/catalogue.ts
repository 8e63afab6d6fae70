/** The catalogue: every kind of runbook, in the order in which somebody needs them. */
import type { Ground } from "./ground.js";
import type { KindOfRunbook } from "./kind.js";
import { collectDump } from "./kinds/collect-dump.js";
import { gdbWalkKind } from "./kinds/gdb-walk.js";
import { outOfMemory } from "./kinds/out-of-memory.js";
import { quietTest } from "./kinds/quiet-test.js";
import type { RunbookPlan } from "./plan.js";
import type { RunbookKind } from "./runbook.js";

export const CATALOGUE: readonly KindOfRunbook[] = [outOfMemory, quietTest, collectDump, gdbWalkKind];

/** A kind by its name; `null` when there is none. */
export function runbookKind(name: string): KindOfRunbook | null {
  return CATALOGUE.find(({ kind }) => kind === name) ?? null;
}

/** The steps of a kind on this ground. @throws when the kind is not in the catalogue */
export function planOf(kind: RunbookKind, ground: Ground): RunbookPlan {
  const found = runbookKind(kind);
  if (found === null) throw new Error(`no runbook of the kind ${kind}`);
  return found.plan(ground);
}
