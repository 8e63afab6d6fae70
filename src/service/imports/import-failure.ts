/** Why an import ended. The time is past when its HTTP request could be answered with it. */
import type { KeptProblem, LabelSet } from "./import-state.js";

export class ImportFailure extends Error {
  override name = "ImportFailure";

  /** @param targets the servers to choose from */
  constructor(
    readonly problem: KeptProblem,
    readonly targets: LabelSet[] = [],
  ) {
    super(problem.detail);
  }
}

/** A problem with the source or the request; its owner can do something about it. */
export function failure(code: string, detail: string, hint: string, targets: LabelSet[] = []): ImportFailure {
  return new ImportFailure({ status: 422, code, detail, hint }, targets);
}
