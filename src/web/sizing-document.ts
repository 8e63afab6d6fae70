/** The sizing for people: the sizes, why, and the lines to paste. */
import type { Recommendation, Sizing } from "../analysis/sizing/sizing.js";
import { counted, mb } from "../kamailio/units.js";
import { exhaustionText } from "./diagnosis-document.js";
import type { Block, Document } from "./document.js";

export function sizingDocument(instance: string, sizing: Sizing): Document {
  const { window, host_impact: host, apply } = sizing;
  return [
    { kind: "heading", level: 1, text: `Sizes for ${instance}: ${sizing.recommendations.map(({ flag }) => flag).join(" ")}` },
    {
      kind: "table",
      head: ["pool", "now", "recommended", "bounds", "finding", "confidence"],
      rows: sizing.recommendations.map((one) => [
        one.pool,
        one.current_mb === null ? "unknown" : `${one.current_mb} MB`,
        `${one.recommended_mb} MB`,
        `${one.lower_mb} to ${one.upper_mb} MB`,
        `${one.full_now === null ? "" : one.full_now.stale ? "was full, " : "full now, "}${one.finding.replaceAll("_", " ")}`,
        one.confidence,
      ]),
    },
    {
      kind: "paragraph",
      text:
        window.from === null
          ? "No usage history is recorded."
          : `From ${counted(window.samples, "sample")} between ${window.from} and ${window.to}, ${Math.round(window.coverage * 100)} % of the time covered, ${counted(window.restarts, "restart")}.`,
    },
    ...sizing.recommendations.flatMap(recommendationBlocks),
    { kind: "heading", level: 2, text: "On the host" },
    {
      kind: "paragraph",
      text: `shm ${mb(host.shm_bytes)} and pkg ${mb(host.pkg_bytes_total)} for ${host.processes} processes: ${mb(host.total_bytes)}${host.host_total_bytes === null ? "; the host's memory is not recorded (post /proc/meminfo to .../host-memory)" : ` of the host's ${mb(host.host_total_bytes)}`}${limitText(sizing)}.`,
    },
    { kind: "heading", level: 2, text: "To apply (at the next restart)" },
    { kind: "paragraph", text: "Command line:" },
    { kind: "code", language: "sh", text: apply.command_line },
    { kind: "paragraph", text: "systemd drop-in:" },
    { kind: "code", language: "ini", text: apply.systemd_drop_in },
    { kind: "paragraph", text: "/etc/default/kamailio:" },
    { kind: "code", language: "sh", text: apply.default_file },
    { kind: "paragraph", text: "docker:" },
    { kind: "code", language: "sh", text: apply.docker_args },
    { kind: "paragraph", text: "Kubernetes:" },
    { kind: "code", language: "text", text: apply.kubernetes_args },
  ];
}

/** A limit is held against the sum: the pools are touched little by little, and the kernel ends whoever passes it. */
export function limitText({ host_impact: { limit_bytes, limit_source, total_bytes } }: Pick<Sizing, "host_impact">): string {
  if (limit_bytes === null) return "";
  const over = total_bytes > limit_bytes ? ": more than it, so the kernel ends it (OOM) once the pools are used" : "";
  return `; the limit is ${mb(limit_bytes)} (${limit_source})${over}`;
}

function recommendationBlocks(one: Recommendation): Block[] {
  return [
    { kind: "heading", level: 2, text: `${one.pool}: why ${one.flag}` },
    {
      kind: "list",
      items: one.factors.map(({ name, detail, value_bytes }) => [{ code: name }, ` ${mb(value_bytes)}: ${detail}`]),
    },
    ...(one.reason_codes.length === 0 ? [] : [{ kind: "paragraph", text: `Reasons: ${one.reason_codes.join(", ")}` } as const]),
    ...(one.exhaustion === null ? [] : [{ kind: "paragraph", text: exhaustionText(one.exhaustion) } as const]),
  ];
}
