/** Runbooks on the wire. */
import { z } from "@hono/zod-openapi";
import { CATALOGUE } from "../../runbooks/catalogue.js";
import type { ParameterSpec } from "../../runbooks/parameters.js";
import { MARKED_STATUSES, PHASES, RISKS, RUNBOOK_KINDS, type Runbook, STEP_STATUSES } from "../../runbooks/runbook.js";
import { Id, InstanceName, Timestamp } from "../kernel/fields.js";

const Sentence = z.string().max(20_000);
/** A gdb script or a JSON of a dump comparison is the longest of these. */
const CommandText = z.string().max(50_000);

export const RunbookKindName = z.enum(RUNBOOK_KINDS).openapi("RunbookKindName", { example: "out_of_memory" });
export const StepId = z.string().min(1).max(100).openapi("StepId", { example: "dump_before_restart" });

const ParameterValue = z
  .union([z.string().max(1000), z.number().min(-1e15).max(1e15), z.boolean()])
  .openapi("RunbookParameterValue", { example: "pkg" });

const StepEvidenceSchema = z
  .object({
    kind: z
      .enum([
        "build",
        "settings",
        "config",
        "usage",
        "dump",
        "incident",
        "host_memory",
        "judgement",
        "release",
        "clock",
        "person",
      ])
      .openapi({ description: "What decided it; `person` is a PATCH" }),
    id: z.string().max(1000).nullable().openapi({ description: "The record, where there is one" }),
    at: z.union([Timestamp, z.null()]),
    detail: Sentence,
  })
  .openapi("StepEvidence");

export const StepSchema = z
  .object({
    id: StepId,
    phase: z.enum(PHASES),
    title: Sentence,
    why: Sentence,
    commands: z
      .array(
        z
          .object({
            run_on: z.enum(["server", "container_host", "kubectl", "build_host", "anywhere"]),
            text: CommandText,
          })
          .openapi("StepCommand"),
      )
      .max(100),
    expect: Sentence,
    risk: z.enum(RISKS),
    risk_detail: Sentence.nullable().openapi({ description: "What the risk amounts to here, with numbers" }),
    undo: z.array(CommandText).max(100).openapi({ description: "Commands that take it back, in order" }),
    when_ok: Sentence,
    when_not: Sentence,
    submit: CommandText.nullable().openapi({ description: "The curl that records the result" }),
    status: z.enum(STEP_STATUSES).openapi({ description: "`satisfied`: the records show it" }),
    satisfied_by: z.union([StepEvidenceSchema, z.null()]),
  })
  .openapi("RunbookStep");

const RunbookHead = {
  id: Id,
  kind: RunbookKindName,
  title: Sentence,
  instance: InstanceName,
  created_at: Timestamp,
  parameters: z.record(z.string().max(100), ParameterValue),
  status: z.enum(["open", "done"]),
  next_step: z.union([StepId, z.null()]).openapi({ description: "What to do next" }),
  verdict: z.union([
    z
      .object({ outcome: z.string().max(100), summary: Sentence, evidence: z.array(Sentence).max(100) })
      .openapi("RunbookVerdict", { description: "What an experiment came to" }),
    z.null(),
  ]),
};

export const RunbookSchema = z
  .object({
    ...RunbookHead,
    steps: z.array(StepSchema).max(200),
    settled: Sentence.nullable().optional().openapi({ description: "With ?open=true: one line for the steps that are left out" }),
  })
  .openapi("Runbook");

export const RunbookSummarySchema = z
  .object({
    ...RunbookHead,
    progress: z
      .object({ steps: z.number().int().min(0).max(200), waiting: z.number().int().min(0).max(200) })
      .openapi("RunbookProgress", { description: "Steps, and how many of them wait to be done" }),
  })
  .openapi("RunbookSummary");

const ParameterSpecSchema = z
  .object({
    name: z.string().max(100),
    type: z.enum(["string", "integer", "boolean"]),
    description: Sentence,
    values: z.array(z.string().max(100)).max(50).nullable(),
    minimum: z.number().int().min(-1_000_000_000_000).max(1_000_000_000_000).nullable(),
    maximum: z.number().int().min(-1_000_000_000_000).max(1_000_000_000_000).nullable(),
    max_length: z.number().int().min(1).max(10_000).nullable(),
    default: z.union([ParameterValue, z.null()]),
  })
  .openapi("RunbookParameter");

export const RunbookKindSchema = z
  .object({
    kind: RunbookKindName,
    title: Sentence,
    when_to_use: Sentence,
    parameters: z.array(ParameterSpecSchema).max(50),
  })
  .openapi("RunbookKind");

export const RunbookKindsSchema = z.object({ items: z.array(RunbookKindSchema).max(100) }).openapi("RunbookKinds");

/** What is documented of the body; the kind's own parameters decide what is taken. */
export const RunbookRequestSchema = z
  .object({ kind: RunbookKindName, ...documentedParameters() })
  .openapi("RunbookRequest", { example: { kind: "out_of_memory", pool: "unknown" } });

/** Every parameter of every kind, each optional: which of them a kind takes, `/v1/runbook-kinds` says. */
function documentedParameters(): Record<string, z.ZodType> {
  const all = new Map<string, ParameterSpec[]>();
  for (const { parameters } of CATALOGUE)
    for (const spec of parameters) all.set(spec.name, [...(all.get(spec.name) ?? []), spec]);
  return Object.fromEntries([...all].map(([name, specs]) => [name, documented(specs).optional()]));
}

function documented(specs: readonly ParameterSpec[]): z.ZodType {
  const [spec] = specs;
  if (spec === undefined) return z.string().max(200);
  const description = spec.description;
  if (spec.type === "boolean") return z.boolean().openapi({ description });
  if (spec.type === "integer")
    return z
      .number()
      .int()
      .min(spec.minimum ?? 0)
      .max(spec.maximum ?? 1_000_000_000)
      .openapi({ description });
  const values = [...new Set(specs.flatMap((one) => one.values ?? []))];
  if (values.length > 0) return z.enum(values as [string, ...string[]]).openapi({ description });
  return z
    .string()
    .max(spec.max_length ?? 200)
    .openapi({ description });
}

/** What is read: the kind is looked up, its parameters by their own rules. */
export const RunbookBody = z.object({ kind: z.string().max(200) }).catchall(z.unknown());

export const StepMarkSchema = z
  .strictObject({
    status: z.enum(MARKED_STATUSES).openapi({ description: "`open` takes an earlier mark back" }),
    note: z.string().max(4000).optional().openapi({ description: "What was seen; it stands in the runbook" }),
    evidence: z.string().max(1000).optional().openapi({ description: "Id of a record, or where to find it" }),
  })
  .openapi("StepMark", { example: { status: "done", note: "traffic moved to sip2" } });

type Fits = Runbook extends z.input<typeof RunbookSchema> ? true : never;
/** The compiler refuses this line when the runbook and the contract part. */
export const RUNBOOK_FITS_CONTRACT: Fits = true;
