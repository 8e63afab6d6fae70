/** The config review for people: the findings with the line to write, the processes, and the patch that turns debugging on. */
import type { ConfigFinding, ConfigReview } from "../analysis/config-review/review-config.js";
import type { Block, Document } from "./document.js";

export function configReviewDocument(instance: string, review: ConfigReview): Document {
  const { findings, process_estimate: estimate, patch } = review;
  const counts = (["error", "warning", "info"] as const)
    .map((severity) => `${findings.filter((finding) => finding.severity === severity).length} ${severity}`)
    .join(", ");
  return [
    { kind: "heading", level: 1, text: `Config review of ${instance}: ${review.ok ? "no error" : "errors"}` },
    {
      kind: "paragraph",
      text: `${counts}. The configuration starts ${estimate.exact ? "" : "about "}${estimate.processes} processes.`,
    },
    ...findings.flatMap(findingBlocks),
    { kind: "heading", level: 2, text: "Processes" },
    {
      kind: "table",
      head: ["processes", "what", "why"],
      rows: estimate.parts.map(({ count, what, detail }) => [String(count), what, detail]),
    },
    ...(estimate.unknown.length > 0 ? [{ kind: "list", items: estimate.unknown } as const] : []),
    ...patchBlocks("Patch: memory debugging on", patch.debug_on),
    ...patchBlocks("Patch: memory debugging off", patch.debug_off),
    ...(patch.warnings.length > 0 ? [{ kind: "list", items: patch.warnings } as const] : []),
  ];
}

function findingBlocks({ rule, severity, file, line, message, why, write, runtime_command }: ConfigFinding): Block[] {
  const place = file === null ? "" : ` at ${file}${line === null ? "" : `:${line}`}`;
  return [
    { kind: "heading", level: 3, text: [`${severity.toUpperCase()}: `, { code: rule }, place] },
    { kind: "paragraph", text: `${sentence(message)} ${sentence(why)}` },
    ...(write === null
      ? []
      : [{ kind: "paragraph", text: "Write:" } as const, { kind: "code", language: "text", text: write } as const]),
    ...(runtime_command === null
      ? []
      : [
          { kind: "paragraph", text: "Until the next restart:" } as const,
          { kind: "code", language: "sh", text: runtime_command } as const,
        ]),
  ];
}

function sentence(text: string): string {
  const first = text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

function patchBlocks(title: string, diff: string): Block[] {
  if (diff === "") return [];
  return [
    { kind: "heading", level: 2, text: title },
    { kind: "code", language: "diff", text: diff },
  ];
}
