/** The diagnosis for people: the verdict and its reasons, what speaks against it, when the pool is full, and the next command. */
import type { Diagnosis, Evidence, ExhaustionRange, FullNow, PoolDiagnosis } from "../analysis/diagnosis/diagnosis.js";
import type { KnownIssueMatch } from "../analysis/known-issues/known-issue-match.js";
import { clock, mb, percent } from "../kamailio/units.js";
import type { Block, Document } from "./document.js";
import { knownIssueBlocks } from "./known-issue-blocks.js";

export function diagnosisDocument(
  instance: string,
  diagnosis: Diagnosis & { known_issues?: readonly KnownIssueMatch[] },
  { sources = false }: { sources?: boolean } = {},
): Document {
  return [
    {
      kind: "heading",
      level: 1,
      text: `Memory of ${instance}: ${diagnosis.pools.map((pool) => `${pool.pool} ${headWords(pool)}`).join(", ")}`,
    },
    ...diagnosis.pools.flatMap((pool) => poolBlocks(pool, sources)),
    ...knownIssueBlocks(diagnosis.known_issues ?? []),
    { kind: "paragraph", text: ["dedup_key: ", { code: diagnosis.dedup_key }] },
  ];
}

/** What is full or stuck now stands before the verdict. */
function headWords({ verdict, full_now, stuck_now }: PoolDiagnosis): string {
  const now = [
    ...(full_now === null ? [] : [full_now.stale ? `was full at ${full_now.at ?? "its last sample"}` : "full now"]),
    ...(stuck_now === null ? [] : [`${stuck_now.what} stuck now`]),
  ];
  return [...now, verdict.replaceAll("_", " ")].join(", ");
}

function poolBlocks(pool: PoolDiagnosis, sources: boolean): Block[] {
  const blocks: Block[] = [
    { kind: "heading", level: 2, text: `${pool.pool}: ${headWords(pool)} (${pool.severity})` },
    { kind: "paragraph", text: pool.summary },
  ];
  if (pool.processes.length > 0) blocks.push({ kind: "paragraph", text: `Processes: ${pool.processes.join(", ")}` });
  if (pool.full_now !== null && pool.full_now.processes.length > 0) blocks.push(fullProcesses(pool.full_now));
  if (pool.exhaustion !== null) blocks.push({ kind: "paragraph", text: exhaustionText(pool.exhaustion) });
  if (pool.slope_bytes_per_day !== null) {
    const { low, likely, high } = pool.slope_bytes_per_day;
    blocks.push({ kind: "paragraph", text: `Slope: ${mb(likely)} a day (${mb(low)} to ${mb(high)}).` });
  }
  return [
    ...blocks,
    ...evidenceBlocks("For it", pool.evidence_for, sources),
    ...evidenceBlocks("Against it", pool.evidence_against, sources),
    ...nextBlocks(pool),
  ];
}

/** The full processes of a table of hundreds: those first that are named in the headline. */
const PROCESSES_SHOWN = 20;

function fullProcesses({ processes }: FullNow): Block {
  return {
    kind: "table",
    head: ["pid", "process", "in use"],
    rows: processes
      .slice(0, PROCESSES_SHOWN)
      .map(({ pid, rank, desc, used_share }) => [
        `${pid ?? "unknown"}`,
        desc ?? (rank === null ? "unknown" : `rank ${rank}`),
        used_share === null ? "unknown" : percent(used_share),
      ]),
  };
}

/** Where a rule comes from is for those who ask. */
function evidenceBlocks(title: string, evidence: readonly Evidence[], sources: boolean): Block[] {
  if (evidence.length === 0) return [];
  return [
    { kind: "heading", level: 3, text: title },
    {
      kind: "list",
      items: evidence.map(({ rule, detail, source }) => [{ code: rule }, `: ${detail}${sources ? ` (${source})` : ""}`]),
    },
  ];
}

function nextBlocks({ next }: PoolDiagnosis): Block[] {
  if (next.length === 0) return [];
  return [
    { kind: "heading", level: 3, text: "Next" },
    ...next.flatMap(({ why, command }): Block[] => [
      { kind: "paragraph", text: why },
      { kind: "code", language: "sh", text: command },
    ]),
  ];
}

/** When the pool is full, to the minute, in dates that sort. */
export function exhaustionText({ earliest, likely, latest }: ExhaustionRange): string {
  const [soon, about] = [earliest, likely].map((at) => clock(Date.parse(at)));
  const until = latest === null ? "never at the lower end of the slope" : clock(Date.parse(latest));
  return `Full at about ${about} (earliest ${soon}, latest ${until}).`;
}
