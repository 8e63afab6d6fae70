/** A kind of runbook: what it is for, what it takes, and the steps that it writes. */
import type { Ground } from "./ground.js";
import { integer, type ParameterSpec, word, words } from "./parameters.js";
import type { RunbookPlan } from "./plan.js";
import type { RunbookKind } from "./runbook.js";

export interface KindOfRunbook {
  kind: RunbookKind;
  title: string;
  /** When somebody wants this one. */
  when_to_use: string;
  parameters: ParameterSpec[];
  plan: (g: Ground) => RunbookPlan;
}

/** Every kind takes it: the name of the container or pod, for the commands. */
export const CONTAINER = words(
  "container",
  "Name of the container or pod that Kamailio runs in; its name stands in the commands",
);
export const PID = integer(
  "pid",
  1,
  4_194_304,
  "The process whose pkg pool is looked at; the one that failed, or the fullest, by default",
);
export const POOL = word("pool", ["shm", "pkg"], "Which pool: shared by all processes, or private to each", "shm");
