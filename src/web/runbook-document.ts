/** A runbook for people: where it stands and what is next, then each step with its risk before its commands. */
import type { Runbook, Step, StepCommand } from "../runbooks/runbook.js";
import type { Block, Document, Inline } from "./document.js";

const STATUS: Record<Step["status"], string> = {
  open: "open",
  done: "done",
  skipped: "skipped",
  failed: "FAILED",
  satisfied: "satisfied",
};

const RISK: Record<Step["risk"], string> = {
  none: "none",
  load: "load",
  log_flood: "many log lines",
  lock: "the shm lock is held: all processes wait",
  restart: "a restart",
  calls_dropped: "calls are dropped",
};

const PLACE: Record<StepCommand["run_on"], string> = {
  server: "On the Kamailio server",
  container_host: "On the container host",
  kubectl: "Where kubectl works",
  build_host: "On the build host",
  anywhere: "Anywhere",
};

/** Is there something left to do? A step that a person marked as failed is settled; one that the records refuse is not. */
function isOpen({ status, satisfied_by: by }: Step): boolean {
  return status === "open" || (status === "failed" && by?.kind !== "person");
}

/** One line for the steps that are settled; `null` when none is. */
export function settledLine({ steps }: Pick<Runbook, "steps">): string | null {
  const settled = steps.filter((step) => !isOpen(step));
  if (settled.length === 0) return null;
  return `Settled, ${settled.length} of ${steps.length}: ${settled.map(({ id, status }) => (status === "satisfied" ? id : `${id} (${STATUS[status]})`)).join(", ")}.`;
}

/** The steps that are still to be done. */
export function openSteps({ steps }: Pick<Runbook, "steps">): Step[] {
  return steps.filter(isOpen);
}

/** `open`: what is still to be done, with one line for the rest. */
export function runbookDocument(runbook: Runbook, { open = false }: { open?: boolean } = {}): Document {
  const { title, instance, created_at, kind, id, parameters, next_step, verdict, steps } = runbook;
  const next = steps.find((step) => step.id === next_step);
  const given = Object.entries(parameters).map(([name, value]) => `${name}=${String(value)}`);
  const header: Block[] = [
    { kind: "heading", level: 1, text: title },
    {
      kind: "paragraph",
      text: [
        "Runbook ",
        { code: kind },
        ` of ${instance}, made ${created_at}, id `,
        { code: id },
        given.length > 0 ? `, with ${given.join(", ")}.` : ".",
      ],
    },
    ...(verdict === null ? [] : verdictBlocks(verdict)),
    {
      kind: "paragraph",
      text: next === undefined ? "Nothing is left to do." : ["Next: ", next.title, " (", { code: next.id }, ")"],
    },
    ...(open ? settledBlocks(runbook) : [stepTable(steps)]),
  ];
  const shown = open ? steps.filter(isOpen) : steps;
  return [...header, ...shown.flatMap((step) => stepBlocks(step, steps.indexOf(step) + 1, step.id === next_step))];
}

function settledBlocks(runbook: Runbook): Block[] {
  const line = settledLine(runbook);
  return line === null ? [] : [{ kind: "paragraph", text: line }];
}

function stepTable(steps: readonly Step[]): Block {
  return {
    kind: "table",
    head: ["#", "step", "phase", "status", "risk"],
    rows: steps.map((step, index): Inline[] => [String(index + 1), step.title, step.phase, STATUS[step.status], RISK[step.risk]]),
  };
}

function verdictBlocks({ outcome, summary, evidence }: NonNullable<Runbook["verdict"]>): Block[] {
  return [
    { kind: "heading", level: 2, text: ["Verdict: ", { code: outcome }] },
    { kind: "paragraph", text: summary },
    ...(evidence.length === 0 ? [] : [{ kind: "list", items: [...evidence] } as const]),
  ];
}

function stepBlocks(step: Step, number: number, isNext: boolean): Block[] {
  const { id, title, status, satisfied_by: by, why, risk, risk_detail, commands, expect, submit, when_ok, when_not, undo } = step;
  const blocks: Block[] = [
    { kind: "heading", level: 2, text: prose(`Step ${number}: ${title}`) },
    {
      kind: "paragraph",
      text: [{ code: id }, `: ${STATUS[status]}${isNext ? ", next" : ""}${by === null ? "" : evidenceText(by)}`],
    },
    { kind: "paragraph", text: prose(why) },
  ];
  if (risk !== "none")
    blocks.push({ kind: "paragraph", text: `RISK: ${RISK[risk]}.${risk_detail === null ? "" : ` ${risk_detail}`}` });
  for (const place of new Set(commands.map(({ run_on }) => run_on))) {
    const lines = commands.filter(({ run_on }) => run_on === place).map(({ text }) => text);
    blocks.push({ kind: "paragraph", text: `${PLACE[place]}:` }, { kind: "code", language: "sh", text: lines.join("\n") });
  }
  blocks.push({ kind: "paragraph", text: prose(`Expect: ${expect}`) });
  if (submit !== null)
    blocks.push({ kind: "paragraph", text: "Record the result:" }, { kind: "code", language: "sh", text: submit });
  blocks.push({ kind: "list", items: [prose(`If so: ${when_ok}`), prose(`If not: ${when_not}`)] });
  if (undo.length > 0)
    blocks.push({ kind: "paragraph", text: "To take it back:" }, { kind: "code", language: "sh", text: undo.join("\n") });
  return blocks;
}

function evidenceText({ kind, id, at, detail }: NonNullable<Step["satisfied_by"]>): string {
  const source = kind === "person" ? "a person" : `${kind.replaceAll("_", " ")}${id === null ? "" : ` ${id}`}`;
  return ` by ${source}${at === null ? "" : ` at ${at}`}${detail === "" ? "" : `: ${detail}`}`;
}

/** Words between backticks are code in the texts of the steps; a backtick without its partner stays one. */
function prose(text: string): Inline {
  const pieces = text.split("`");
  if (pieces.length % 2 === 0) return text;
  return pieces.map((piece, index) => (index % 2 === 0 ? piece : { code: piece }));
}
