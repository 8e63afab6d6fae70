/** Readiness for people: what holds first, then what to do, in order of cost, then what is in order. */

import type { KnownIssueMatch } from "../analysis/known-issues/known-issue-match.js";
import type { Check } from "../analysis/readiness/check.js";
import type { Readiness } from "../analysis/readiness/readiness.js";
import type { Block, Document } from "./document.js";
import { knownIssueBlocks } from "./known-issue-blocks.js";

const LEVELS: Record<Readiness["level"], string> = {
  ready: "ready",
  restart_needed: "a restart is needed",
  rebuild_needed: "a rebuild is needed",
  unknown: "cannot be told yet",
};

const COSTS: Record<Check["fix"]["action"], string> = {
  runtime: "at run time",
  restart: "with a restart",
  rebuild: "with a rebuild and a restart",
  none: "",
};

const CAPABILITIES: Record<keyof Readiness["capabilities"], string> = {
  allocation_sites: "who allocated each chunk",
  dump_to_log_shm: "a dump of shm into the log",
  dump_to_log_pkg: "a dump of pkg into the log",
  site_statistics_rpc: "sums by site over RPC",
  usage_rpc_shm: "counters of shm over RPC",
  usage_rpc_pkg: "counters of pkg over RPC",
  gdb_walk: "a walk with gdb",
};

const WORDS = new Map<boolean | null, string>([
  [true, "yes"],
  [false, "no"],
  [null, "unknown"],
]);

/** What is wrong comes before what is not known. */
const URGENCY = ["fail", "warn", "unknown"] as const;

export function readinessDocument(readiness: Readiness & { known_issues?: readonly KnownIssueMatch[] }): Document {
  const { judged } = readiness;
  const todo = URGENCY.flatMap((urgency) => readiness.checks.filter(({ status }) => status === urgency));
  const passed = readiness.checks.filter(({ status }) => status === "pass");
  return [
    { kind: "heading", level: 1, text: `Memory debugging on ${judged.instance}: ${LEVELS[readiness.level]}` },
    { kind: "paragraph", text: readiness.summary },
    {
      kind: "table",
      head: ["what", "answer"],
      rows: [
        ["version", judged.version ?? "unknown"],
        ["manager of shm, of pkg", `${judged.managers.shm ?? "unknown"}, ${judged.managers.pkg ?? "unknown"}`],
        ...Object.entries(CAPABILITIES).map(([id, title]) => [
          title,
          WORDS.get(readiness.capabilities[id as keyof Readiness["capabilities"]]) ?? "unknown",
        ]),
      ],
    },
    ...(todo.length === 0
      ? []
      : [{ kind: "heading", level: 2, text: "To do and to know" } as const, ...todo.flatMap(checkBlocks)]),
    ...(passed.length === 0
      ? []
      : [
          { kind: "heading", level: 2, text: "In order" } as const,
          { kind: "list", items: passed.map(({ title, detail }) => `${title}: ${detail}`) } as const,
        ]),
    ...knownIssueBlocks(readiness.known_issues ?? []),
  ];
}

function checkBlocks({ id, status, title, detail, fix }: Check): Block[] {
  const blocks: Block[] = [
    { kind: "heading", level: 3, text: [`${status.toUpperCase()}: ${title} (`, { code: id }, ")"] },
    { kind: "paragraph", text: detail },
  ];
  if (fix.commands.length > 0) {
    const lead = status === "unknown" ? "This tells:" : `Fix ${COSTS[fix.action]}:`;
    blocks.push({ kind: "paragraph", text: lead }, { kind: "code", language: "sh", text: fix.commands.join("\n") });
  }
  if (fix.config_lines.length > 0)
    blocks.push(
      { kind: "paragraph", text: "Lines to write:" },
      { kind: "code", language: "text", text: fix.config_lines.join("\n") },
    );
  if (fix.undo.length > 0)
    blocks.push({ kind: "paragraph", text: "To take it back:" }, { kind: "code", language: "sh", text: fix.undo.join("\n") });
  return blocks;
}
