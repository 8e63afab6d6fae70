/** Memory dumps over HTTP. */

import { serveDumpComparison } from "../dump-comparison/dump-comparison.js";
import type { Api } from "../kernel/operation.js";
import { serveRecordDumps } from "./record-dumps.js";
import { serveStoredDumps } from "./stored-dumps.js";

export function serveDumps(api: Api) {
  serveRecordDumps(api);
  serveStoredDumps(api);
  serveDumpComparison(api);
}
