/** Memory dumps over HTTP. */
import type { Api } from "../api.js";
import { serveDumpComparison } from "./comparison.js";
import { serveRecordDumps } from "./record-dumps.js";
import { serveStoredDumps } from "./stored-dumps.js";

export function serveDumps(api: Api) {
  serveRecordDumps(api);
  serveStoredDumps(api);
  serveDumpComparison(api);
}
