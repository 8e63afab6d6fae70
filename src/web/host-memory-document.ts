/** The judgement on a host's memory for people: what it is, the sums, what speaks for and against, what to look at next. */
import type { HostMemoryJudgement } from "../analysis/host-memory/host-memory.js";
import type { Block, Document } from "./document.js";

const DROP_CACHES = new Map<boolean | null, string>([
  [
    true,
    "Dropping the caches would show it as free; it comes back as soon as files are read again, and harms nothing but speed.",
  ],
  [false, "Dropping the caches would not make it free."],
  [null, "Whether dropping the caches would make it free cannot be told from this."],
]);

export function hostMemoryDocument(judgement: HostMemoryJudgement, instance: string): Document {
  const { verdict, summary, drop_caches_would_show, arithmetic, evidence_for, evidence_against, processes_beyond } = judgement;
  return [
    { kind: "heading", level: 1, text: `Host memory of ${instance}: ${verdict.replaceAll("_", " ")}` },
    { kind: "paragraph", text: summary },
    { kind: "paragraph", text: DROP_CACHES.get(drop_caches_would_show) ?? "" },
    ...table(
      "The sums",
      ["what", "bytes", "how"],
      arithmetic.map(({ label, bytes, detail }) => [label, `${bytes}`, detail]),
    ),
    ...list(
      "For",
      evidence_for.map(({ detail }) => detail),
    ),
    ...list(
      "Against",
      evidence_against.map(({ detail }) => detail),
    ),
    ...table(
      "Processes beyond their pools",
      ["pid", "name", "private bytes", "beyond"],
      processes_beyond.map(({ pid, name, private_bytes, beyond }) => [
        `${pid ?? ""}`,
        name ?? "",
        `${private_bytes}`,
        `${beyond}`,
      ]),
    ),
    ...list("Mind", judgement.warnings),
    ...(judgement.next.length === 0 ? [] : [{ kind: "heading", level: 2, text: "Next" } as const]),
    ...judgement.next.flatMap(({ why, command }): Block[] => [
      { kind: "paragraph", text: `${why.charAt(0).toUpperCase()}${why.slice(1)}:` },
      { kind: "code", language: "sh", text: command },
    ]),
  ];
}

function table(title: string, head: string[], rows: string[][]): Block[] {
  return rows.length === 0
    ? []
    : [
        { kind: "heading", level: 2, text: title },
        { kind: "table", head, rows },
      ];
}

function list(title: string, items: readonly string[]): Block[] {
  return items.length === 0
    ? []
    : [
        { kind: "heading", level: 2, text: title },
        { kind: "list", items: [...items] },
      ];
}
