/**
 * Makes a runbook for one instance and keeps it up to date: `buildRunbook` writes the steps, `advance` writes them again for what is recorded
 * now and marks what the records decide, `markStep` adds what a person says. Pure: the same facts give the same runbook.
 */
import { timestamp } from "../kamailio/units.js";
import { planOf } from "./catalogue.js";
import type { RunbookFacts } from "./facts.js";
import { type Ground, groundOf, type Mark } from "./ground.js";
import type { RunbookPlan, StepPlan } from "./plan.js";
import type { MarkedStatus, Runbook, RunbookKind, RunbookParameters, Step } from "./runbook.js";

/** @param id of the new runbook. @param parameters as `readParameters` gave them */
export function buildRunbook(kind: RunbookKind, parameters: RunbookParameters, facts: RunbookFacts, id: string): Runbook {
  return assemble(
    { id, kind, instance: facts.instance, created_at: timestamp(facts.now), parameters, steps: [] },
    facts,
    new Map(),
  );
}

/** The runbook as the newest evidence makes it. What a person marked stays, unless newer evidence says that it failed. */
export function advance(runbook: Runbook, facts: RunbookFacts): Runbook {
  return assemble(runbook, facts, marksOf(runbook));
}

export interface StepMark {
  status: MarkedStatus;
  note: string | null;
  /** The id of a record, or words that lead to it. */
  evidence: string | null;
  /** Epoch ms. */
  at: number;
}

/** The runbook with a person's word on one step; `null`: there is no such step. `advance` it afterwards. */
export function markStep(runbook: Runbook, stepId: string, { status, note, evidence, at }: StepMark): Runbook | null {
  if (!runbook.steps.some(({ id }) => id === stepId)) return null;
  const steps = runbook.steps.map((step): Step => {
    if (step.id !== stepId) return step;
    if (status === "open") return { ...step, status, satisfied_by: null };
    return { ...step, status, satisfied_by: { kind: "person", id: evidence, at: timestamp(at), detail: note ?? "" } };
  });
  return { ...runbook, steps };
}

function marksOf({ steps }: Runbook): Map<string, Mark> {
  const marks = new Map<string, Mark>();
  for (const { id, status, satisfied_by: by } of steps) {
    if (by?.kind !== "person" || status === "open" || status === "satisfied") continue;
    marks.set(id, { status, at: by.at === null ? 0 : Date.parse(by.at), note: by.detail, evidence: by.id });
  }
  return marks;
}

type Base = Pick<Runbook, "id" | "kind" | "instance" | "created_at" | "parameters" | "steps">;

function assemble(base: Base, facts: RunbookFacts, marks: ReadonlyMap<string, Mark>): Runbook {
  const ground: Ground = groundOf(facts, base.parameters, Date.parse(base.created_at), marks);
  const plan: RunbookPlan = planOf(base.kind, ground);
  const fresh = plan.steps.map((step) => settle(step, marks.get(step.id)));
  const steps = withEarlier(fresh, base.steps);
  const next = steps.find(isWaiting)?.id ?? null;
  return {
    id: base.id,
    kind: base.kind,
    title: plan.title,
    instance: base.instance,
    created_at: base.created_at,
    parameters: base.parameters,
    status: next === null ? "done" : "open",
    next_step: next,
    verdict: plan.verdict ?? null,
    steps,
  };
}

/** What is to be done: an open step, or one that the records refuse (its `when_not` says what then). */
function isWaiting({ status, satisfied_by: by }: Step): boolean {
  return status === "open" || (status === "failed" && by?.kind !== "person");
}

/** A person's word and the records' word: the newer one counts; what is skipped stays skipped. */
function settle({ finding, ...step }: StepPlan, mark: Mark | undefined): Step {
  if (mark === undefined) {
    return finding === null
      ? { ...step, status: "open", satisfied_by: null }
      : { ...step, status: finding.status, satisfied_by: finding.by };
  }
  const found = finding?.by.at == null ? null : Date.parse(finding.by.at);
  const contradicts =
    (mark.status === "done" && finding?.status === "failed") || (mark.status === "failed" && finding?.status === "satisfied");
  if (finding !== null && contradicts && found !== null && found > mark.at)
    return { ...step, status: finding.status, satisfied_by: finding.by };
  return {
    ...step,
    status: mark.status,
    satisfied_by: { kind: "person", id: mark.evidence, at: timestamp(mark.at), detail: mark.note ?? "" },
  };
}

/**
 * Steps that were there and are no longer written: what was decided stays to be read; what was open is no longer needed, since the records
 * show what it was for (a rebuild, once the new build is recorded).
 */
function withEarlier(fresh: Step[], earlier: readonly Step[]): Step[] {
  const steps = [...fresh];
  for (const [index, old] of earlier.entries()) {
    if (steps.some(({ id }) => id === old.id)) continue;
    const before = earlier.slice(0, index).map(({ id }) => id);
    const at = steps.findLastIndex(({ id }) => before.includes(id)) + 1;
    const kept: Step = isWaiting(old)
      ? {
          ...old,
          status: "satisfied",
          satisfied_by: { kind: "judgement", id: null, at: null, detail: "No longer needed: the records show what it was for." },
        }
      : old;
    steps.splice(at, 0, kept);
  }
  return steps;
}
