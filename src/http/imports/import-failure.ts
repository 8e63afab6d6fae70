/** Why an import ended, as it is kept: the parts of a problem. The time is past when its HTTP request could be answered with it. */
import { ProblemError, type ProblemInit, type ProblemStatus } from "../problem.js";
import type { LabelSet } from "./import-state.js";

/** The parts of a problem that are kept. */
export type ProblemErrorInit = Pick<ProblemInit, "detail" | "hint"> & { status: ProblemStatus; code: string };

export class ImportFailure extends Error {
  override name = "ImportFailure";

  /** @param targets the servers to choose from */
  constructor(
    readonly problem: ProblemErrorInit,
    readonly targets: LabelSet[] = [],
  ) {
    super(problem.detail);
  }
}

/** A problem with the source or the request; its owner can do something about it. */
export function failure(code: string, detail: string, hint: string, targets: LabelSet[] = []): ImportFailure {
  return new ImportFailure({ status: 422, code, detail, hint }, targets);
}

/** The problem as it is on the wire. */
export function problemOf({ status, code, detail, hint }: ProblemErrorInit, requestId: string) {
  return new ProblemError(status, code, { detail, hint: hint ?? null }).toProblem(requestId);
}
