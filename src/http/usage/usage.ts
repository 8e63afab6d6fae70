/** Usage: the history of the memory counters. */
import type { Api } from "../kernel/operation.js";
import { serveGetUsage } from "./get-usage.js";
import { serveUsageSvg } from "./get-usage-svg.js";
import { serveRecordUsage } from "./record-usage.js";

export function serveUsage(api: Api) {
  serveRecordUsage(api);
  serveGetUsage(api);
  serveUsageSvg(api);
}
