/** A step before it has a status: what a kind of runbook writes, and what the records say of it already. */
import { MINUTE, timestamp } from "../kamailio/units.js";
import type { Ground } from "./ground.js";
import type { RunbookVerdict, Step, StepEvidence } from "./runbook.js";

/** What the records say of a step. */
export interface Finding {
  status: "satisfied" | "failed";
  by: StepEvidence;
}

export interface StepPlan extends Omit<Step, "status" | "satisfied_by"> {
  finding: Finding | null;
}

/** A kind's steps, and its verdict where it has one. */
export interface RunbookPlan {
  title: string;
  steps: StepPlan[];
  verdict?: RunbookVerdict | null;
}

type Written = Pick<StepPlan, "id" | "phase" | "title" | "why" | "expect" | "when_ok" | "when_not"> & Partial<StepPlan>;

/** A step; what is not written is nothing. */
export function step(written: Written): StepPlan {
  return { commands: [], risk: "none", risk_detail: null, undo: [], submit: null, finding: null, ...written };
}

export function satisfied(kind: StepEvidence["kind"], id: string | null, at: number | null, detail: string): Finding {
  return { status: "satisfied", by: { kind, id, at: at === null ? null : timestamp(at), detail } };
}

export function failed(kind: StepEvidence["kind"], id: string | null, at: number | null, detail: string): Finding {
  return { status: "failed", by: { kind, id, at: at === null ? null : timestamp(at), detail } };
}

/** When a person marked the step done (epoch ms); `null` when nobody did. */
export function doneAt(g: Ground, id: string): number | null {
  const mark = g.marks.get(id);
  return mark?.status === "done" ? mark.at : null;
}

/** Evidence that came a little before the runbook was made still counts: it is what made somebody ask for it. */
export const FRESH_MS = 15 * MINUTE;

/** From when on evidence counts for this runbook. */
export function freshSince(g: Ground): number {
  return g.created_at - FRESH_MS;
}
