/** One incident of a log for people. */
import type { LogIncident } from "../kamailio/log/incident.js";
import type { LogSite } from "../kamailio/log-line/line.js";
import type { Block } from "./document.js";

export function incidentBlocks(incident: LogIncident & { text: string }): Block[] {
  const { kind, pool, severity, count, explanation, quote, overwritten } = incident;
  const facts = [
    `${count}${incident.count_is_lower_bound ? " or more" : ""} ${count === 1 ? "time" : "times"}${span(incident)}, ${processes(incident)}`,
    ...(incident.size === null ? [] : [`largest size asked for: ${incident.size} bytes`]),
    ...(incident.site === null ? [] : [`asked for or freed by ${siteName(incident.site)}`]),
    ...(incident.other_site === null ? [] : [`the other side: ${siteName(incident.other_site)}`]),
    ...(overwritten === null
      ? []
      : [
          `${overwritten.changed_bytes} bytes at the ${overwritten.where.replaceAll("_", " ")} read ${overwritten.bytes} ("${overwritten.ascii}")`,
        ]),
  ];
  return [
    {
      kind: "heading",
      level: 3,
      text: `${severity.toUpperCase()}: ${kind.replaceAll("_", " ")}${pool === null ? "" : ` of ${pool}`}`,
    },
    { kind: "paragraph", text: explanation },
    { kind: "list", items: facts },
    { kind: "code", language: "text", text: quote },
    { kind: "paragraph", text: `First in ${incident.text}, line ${incident.first_line}.` },
  ];
}

function span({ first_at, last_at }: LogIncident): string {
  if (first_at === null || last_at === null) return "";
  return first_at === last_at ? ` at ${first_at}` : ` from ${first_at} to ${last_at}`;
}

function processes({ pids, pid_count }: LogIncident): string {
  if (pid_count === 0) return "in a process that the log does not name";
  return pid_count === 1 && pids.length === 1 ? `in process ${pids[0]}` : `in ${pid_count} processes`;
}

function siteName({ module, file, function: name, line }: LogSite): string {
  return [module, file, line === null ? name : `${name ?? "?"}(${line})`].filter((part) => part !== null).join(": ");
}
