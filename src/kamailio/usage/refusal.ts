/** Why a text of which no counter was kept gave none: the same words wherever it was posted. */
import type { Recognition } from "../recognise.js";
import type { Rejected } from "./model.js";
import type { UsageReport } from "./reader.js";

/** The first thing that the reader refused; `null` when it refused nothing, or the text belongs to another reader, which knows better. */
export function refusalOf(
  report: Pick<UsageReport, "rejected">,
  found: Pick<Recognition, "kind" | "endpoint" | "endpoints">,
): Rejected | null {
  const belongsElsewhere = found.endpoint !== null && !found.endpoints.includes("usage");
  return belongsElsewhere || found.kind === "nested" ? null : (report.rejected[0] ?? null);
}
