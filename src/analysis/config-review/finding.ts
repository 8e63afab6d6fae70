/** What the review says about one place of a configuration. */
import type { ConfigPlace } from "../../kamailio/config/reading.js";

/** `error`: Kamailio refuses it, ignores it, or it is open to anybody. `warning`: it will bite. `info`: worth knowing. */
export type FindingSeverity = "info" | "warning" | "error";

export interface ConfigFinding {
  /** Stable name of the rule. */
  rule: string;
  severity: FindingSeverity;
  /** Where it is set; `null` for what is missing or a default. */
  file: string | null;
  line: number | null;
  message: string;
  /** What Kamailio does, with its source. */
  why: string;
  /** The line to write instead, or to add; `null` when the answer is not one line. */
  write: string | null;
  /** The command that does the same until the next restart; `null` when it takes one, or when there is no cfg_rpc to take it. */
  runtime_command: string | null;
}

type Words = Pick<ConfigFinding, "message" | "why"> & { write?: string | null };

export function finding(
  rule: string,
  severity: FindingSeverity,
  where: Pick<ConfigPlace, "file" | "line"> | null,
  words: Words,
): ConfigFinding {
  const { message, why, write = null } = words;
  return { rule, severity, file: where?.file ?? null, line: where?.line ?? null, message, why, write, runtime_command: null };
}
