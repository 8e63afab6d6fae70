/** Which classes of processes grow, as the known bugs of a class want to know it. */
import { processClass } from "../../kamailio/process-class.js";
import type { Diagnosis } from "../diagnosis/diagnosis.js";
import { processLabel } from "../diagnosis/process-label.js";
import type { ProcessHistory } from "../history/history.js";

/** The processes of a history, and what was said of them. */
export interface JudgedUsage {
  processes: readonly ProcessHistory[];
  diagnosis: Diagnosis;
}

/** The classes of the processes that the diagnosis of pkg is about, when it says that they grow; none where usage was not judged. */
export function growingClasses(usage: JudgedUsage | null): string[] {
  const pkg = usage?.diagnosis.pools.find(({ pool }) => pool === "pkg");
  if (usage === null || pkg === undefined || (pkg.verdict !== "leak_suspected" && pkg.verdict !== "growth")) return [];
  const names = pkg.processes.join(", ");
  const growing = usage.processes.filter(({ desc, rank }) => names.includes(processLabel(desc, rank)));
  return [...new Set(growing.map(({ desc, rank }) => processClass(desc, rank)))];
}
