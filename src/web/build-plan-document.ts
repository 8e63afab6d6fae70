/** The build plan for people: is a rebuild needed, and its commands in order. */
import type { BuildPlan } from "../analysis/build-plan/build-plan.js";
import type { Document } from "./document.js";

const NEEDED = new Map<boolean | null, string>([
  [true, "a rebuild is needed"],
  [false, "you do not need to rebuild"],
  [null, "cannot be told yet"],
]);

export function buildPlanDocument(instance: string, plan: BuildPlan): Document {
  return [
    { kind: "heading", level: 1, text: `Build plan for ${instance}: ${NEEDED.get(plan.needed)}` },
    { kind: "paragraph", text: plan.reason },
    ...plan.steps.flatMap(({ title, commands, expect }, index) => [
      { kind: "heading", level: 2, text: `${index + 1}. ${title}` } as const,
      { kind: "code", language: "sh", text: commands.join("\n") } as const,
      ...(expect === null ? [] : [{ kind: "paragraph", text: `Expect: ${expect}` } as const]),
    ]),
    ...(plan.roll_back.length === 0
      ? []
      : [
          { kind: "heading", level: 2, text: "The way back" } as const,
          { kind: "code", language: "sh", text: plan.roll_back.join("\n") } as const,
        ]),
    ...(plan.cost.length === 0
      ? []
      : [
          { kind: "heading", level: 2, text: "What debugging costs" } as const,
          {
            kind: "table",
            head: ["pool", "manager", "bytes a chunk", "bytes a pool", "chunks seen", "in all"],
            rows: plan.cost.map(({ pool, manager, per_chunk_bytes, per_pool_bytes, chunks, total_bytes }) => [
              pool,
              manager,
              String(per_chunk_bytes),
              String(per_pool_bytes),
              chunks === null ? "unknown" : String(chunks),
              String(total_bytes),
            ]),
          } as const,
        ]),
    ...(plan.notes.length === 0
      ? []
      : [{ kind: "heading", level: 2, text: "Notes" } as const, { kind: "list", items: plan.notes } as const]),
  ];
}
