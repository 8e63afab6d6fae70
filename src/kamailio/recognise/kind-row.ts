/** A row of the recogniser's table. */
import type { Endpoint, Kind } from "./kinds.js";
import type { Sign } from "./signs.js";

export interface KindRow {
  kind: Kind;
  /** Any of these recognises it. */
  when: readonly Sign[];
  /** Completes "this looks like ...". */
  title: string;
  /** Where it belongs; `null`: nowhere as it is. */
  endpoint: Endpoint | null;
  /** Other endpoints that read it too. */
  also?: readonly Endpoint[];
  /** The command that prints it, for the hint. */
  command?: string;
  /** It is known by its bytes: the readers of texts do not see it, its endpoint does. */
  by_bytes?: boolean;
  /** What to do, where `endpoint` is `null` or needs a word more. */
  hint?: string;
}
