/** Runbooks: made for one instance, brought up to date with what is recorded whenever they are read, marked by people step by step. */
import { createHash } from "node:crypto";
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { v7 as uuidv7 } from "uuid";
import { CATALOGUE, runbookKind } from "../../runbooks/catalogue.js";
import { advance, buildRunbook, markStep } from "../../runbooks/engine.js";
import { readParameters } from "../../runbooks/parameters.js";
import type { Runbook } from "../../runbooks/runbook.js";
import { runbookFacts } from "../../service/facts/runbook-facts.js";
import type { StoredRunbook } from "../../store/runbooks.js";
import { toMarkdown, toPlainText } from "../../web/document.js";
import { toHtml } from "../../web/document-html.js";
import { openSteps, runbookDocument, settledLine } from "../../web/runbook-document.js";
import { existingInstance } from "../instances/instances.js";
import { bodyJson, bodyKind } from "../kernel/body.js";
import { changeCondition, isNotModified, notFound, preconditionFailed } from "../kernel/conditional.js";
import type { ApiEnv } from "../kernel/env.js";
import { InstanceAndIdParams, InstanceParams } from "../kernel/fields.js";
import { nearNames } from "../kernel/near-names.js";
import { MEDIA_TYPES, preferredFormat } from "../kernel/negotiate.js";
import { type Api, handle, operation } from "../kernel/operation.js";
import { PageQuery, pageOf, readCursor, toPage } from "../kernel/page.js";
import { ProblemError } from "../kernel/problem.js";
import {
  RunbookBody,
  RunbookKindName,
  RunbookKindsSchema,
  RunbookRequestSchema,
  RunbookSchema,
  RunbookSummarySchema,
  StepId,
  StepMarkSchema,
} from "./runbook-schema.js";

const TEXT = z.string().max(10_000_000);

const listKinds = operation({
  operationId: "listRunbookKinds",
  method: "get",
  path: "/v1/runbook-kinds",
  tags: ["Runbooks"],
  summary: "The kinds of runbook, when to use each, and what it takes",
  description: "In the order in which somebody needs them.",
  scope: "read",
  responses: { 200: { description: "All kinds", content: { "application/json": { schema: RunbookKindsSchema } } } },
});

const createRunbook = operation({
  operationId: "createRunbook",
  method: "post",
  path: "/v1/instances/{instance}/runbooks",
  tags: ["Runbooks"],
  summary: "Make a runbook for this instance",
  description:
    "Steps with the commands that this release, its modules and its service manager have, quoted, each with its risk before it, its undo and both outcomes. What is recorded already satisfies steps at once. `GET /v1/runbook-kinds` lists the kinds and their parameters.",
  scope: "write",
  request: { params: InstanceParams },
  body: { required: true, content: { "application/json": { schema: RunbookRequestSchema } } },
  responses: { 201: { description: "Made", content: { "application/json": { schema: RunbookSchema } } } },
  problems: [404, 413, 415, 422],
});

const RunbookCursorSchema = z.object({ created_at: z.number().int(), id: z.string().max(64) });

const listRunbooks = operation({
  operationId: "listRunbooks",
  method: "get",
  path: "/v1/instances/{instance}/runbooks",
  tags: ["Runbooks"],
  summary: "The runbooks of an instance, newest first",
  description: "Without their steps, brought up to date with what is recorded.",
  scope: "read",
  request: {
    params: InstanceParams,
    query: PageQuery.extend({
      kind: RunbookKindName.optional().openapi({ param: { name: "kind", in: "query", description: "Of this kind alone" } }),
    }),
  },
  responses: {
    200: {
      description: "A page of runbooks",
      content: { "application/json": { schema: pageOf(RunbookSummarySchema, "RunbookPage") } },
    },
  },
  problems: [404],
});

const getRunbook = operation({
  operationId: "getRunbook",
  method: "get",
  path: "/v1/instances/{instance}/runbooks/{id}",
  tags: ["Runbooks"],
  summary: "A runbook, as the newest evidence makes it",
  description:
    "Steps that the records decide are marked so, with the record; `next_step` is what to do next. As JSON, Markdown (for a ticket), HTML (to print) or plain text. With an `ETag`.",
  scope: "read",
  request: {
    params: InstanceAndIdParams,
    query: z.object({
      format: z
        .enum(["json", "markdown", "html", "text"])
        .optional()
        .openapi({
          param: { name: "format", in: "query", description: "The representation; stronger than the Accept header" },
          example: "html",
        }),
      open: z
        .enum(["true", "false"])
        .optional()
        .openapi({
          param: {
            name: "open",
            in: "query",
            description:
              "true: the steps that are still to be done, and one line for what is settled; by default so as text and Markdown, and all steps as JSON and HTML",
          },
          example: "true",
        }),
    }),
  },
  responses: {
    200: {
      description: "The runbook",
      content: {
        "application/json": { schema: RunbookSchema },
        "text/markdown": { schema: TEXT },
        "text/html": { schema: TEXT },
        "text/plain": { schema: TEXT },
      },
    },
    304: { description: "It is as the caller has it" },
  },
  problems: [404],
});

const markRunbookStep = operation({
  operationId: "markRunbookStep",
  method: "patch",
  path: "/v1/instances/{instance}/runbooks/{id}/steps/{step}",
  tags: ["Runbooks"],
  summary: "Say what came of a step",
  description:
    "done, failed, skipped, or open to take that back. Newer records can still prove a step failed that was marked done. The answer is the whole runbook.",
  scope: "write",
  request: { params: InstanceAndIdParams.extend({ step: StepId.openapi({ param: { name: "step", in: "path" } }) }) },
  body: { required: true, content: { "application/json": { schema: StepMarkSchema } } },
  responses: { 200: { description: "The runbook", content: { "application/json": { schema: RunbookSchema } } } },
  problems: [404, 409, 412, 413, 415],
});

export function serveRunbooks(api: Api) {
  handle(api, listKinds, (c) =>
    c.json(
      { items: CATALOGUE.map(({ kind, title, when_to_use, parameters }) => ({ kind, title, when_to_use, parameters })) },
      200,
    ),
  );

  handle(api, createRunbook, async (c) => {
    const { instance } = c.req.valid("param");
    bodyKind(c);
    const { kind: name, ...given } = await bodyJson(c, RunbookBody);
    await existingInstance(c, instance);
    const kind = runbookKind(name) ?? null;
    if (kind === null) throw unknownKind(name);
    const { parameters, faults } = readParameters(kind.parameters, given);
    if (faults.length > 0)
      throw new ProblemError(400, "invalid_parameter", {
        detail: `${faults[0]?.name}: ${faults[0]?.message}`,
        hint: `GET /v1/runbook-kinds lists what ${kind.kind} takes.`,
        errors: faults.slice(0, 100).map(({ name: fault, message }) => ({ pointer: `/${fault.slice(0, 200)}`, message })),
      });
    const { store, now } = c.get("services");
    const created_at = now();
    const facts = await runbookFacts(store, instance, created_at, created_at, service(c));
    const runbook = buildRunbook(kind.kind, parameters, facts, uuidv7());
    const stored = { id: runbook.id, kind: kind.kind, created_at, value: runbook };
    // The instance can have been deleted while its facts were gathered: this answers 404 then.
    if (!(await store.runbooks.add(instance, stored))) await existingInstance(c, instance);
    c.header("Location", `/v1/instances/${instance}/runbooks/${runbook.id}`);
    c.header("ETag", etagOf({ runbook, revision: 1 }));
    return c.json(runbook, 201);
  });

  handle(api, listRunbooks, async (c) => {
    const { instance } = c.req.valid("param");
    const { limit, cursor, kind } = c.req.valid("query");
    await existingInstance(c, instance);
    const { store, now } = c.get("services");
    const rows = await store.runbooks.list(
      instance,
      { kind },
      { after: readCursor(cursor, RunbookCursorSchema), limit: limit + 1 },
    );
    const oldest = rows.at(-1)?.created_at ?? now();
    const facts = rows.length === 0 ? null : await runbookFacts(store, instance, oldest, now(), service(c));
    const shown = rows.map((row) => ({
      row,
      runbook: facts === null ? (row.value as Runbook) : advance(row.value as Runbook, facts),
    }));
    return c.json(
      toPage(
        shown,
        limit,
        ({ runbook }) => summaryOf(runbook),
        ({ row }) => ({ created_at: row.created_at, id: row.id }),
      ),
      200,
    );
  });

  handle(api, getRunbook, async (c) => {
    const { instance, id } = c.req.valid("param");
    const format = preferredFormat(c, ["json", "markdown", "html", "text"], c.req.valid("query").format);
    const current = await currentRunbook(c, instance, id);
    c.header("Vary", "Accept");
    if (isNotModified(c, etagOf(current, `${format}${c.req.valid("query").open ?? ""}`))) return c.body(null, 304);
    const { runbook } = current;
    const { open: asked } = c.req.valid("query");
    const open = asked === undefined ? format === "text" || format === "markdown" : asked === "true";
    if (format === "json")
      return c.json(open ? { ...runbook, steps: openSteps(runbook), settled: settledLine(runbook) } : runbook, 200);
    const document = runbookDocument(runbook, { open });
    const headers = { "Content-Type": `${MEDIA_TYPES[format]}; charset=utf-8` };
    if (format === "html") {
      // Nothing is fetched and nothing runs: the page is styled by the sheet inside it.
      c.header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
      return c.text(toHtml(document, runbook.title), 200, headers);
    }
    return c.text(format === "markdown" ? toMarkdown(document) : toPlainText(document), 200, headers);
  });

  handle(api, markRunbookStep, async (c) => {
    const { instance, id, step } = c.req.valid("param");
    bodyKind(c);
    const { status, note, evidence } = await bodyJson(c, StepMarkSchema);
    const current = await currentRunbook(c, instance, id);
    const condition = changeCondition<Current>(c, etagOf);
    if (condition !== null && !condition(current)) throw preconditionFailed();
    const { store, now } = c.get("services");
    const mark = { status, note: note ?? null, evidence: evidence ?? null, at: now() };
    const marked = markStep(current.runbook, step, mark);
    if (marked === null) {
      const near = nearNames(
        step,
        current.runbook.steps.map((one) => one.id),
      );
      throw notFound("step", step, near.length > 0 ? `Near names: ${near.join(", ")}.` : "GET the runbook for its steps.");
    }
    const runbook = advance(marked, current.facts);
    const stored = { ...current.stored, value: runbook };
    if ((await store.runbooks.replace(instance, stored)) === "conflict")
      throw new ProblemError(409, "runbook_changed", {
        detail: "Somebody marked another step of this runbook at the same moment.",
        hint: "Send it again.",
      });
    c.header("ETag", etagOf({ runbook, revision: current.stored.revision + 1 }));
    return c.json(runbook, 200);
  });
}

interface Current {
  runbook: Runbook;
  revision: number;
}

/** @throws ProblemError 404 */
async function currentRunbook(c: Context<ApiEnv>, instance: string, id: string) {
  await existingInstance(c, instance);
  const { store, now } = c.get("services");
  const stored: StoredRunbook | null = await store.runbooks.get(instance, id);
  if (stored === null) throw notFound("runbook", id, `GET /v1/instances/${instance}/runbooks lists them.`);
  const facts = await runbookFacts(store, instance, stored.created_at, now(), service(c));
  return { stored, facts, runbook: advance(stored.value as Runbook, facts), revision: stored.revision };
}

/** What people did and what the records say are both in it. */
function etagOf({ runbook, revision }: Current, format = "json"): string {
  const content = createHash("sha256").update(JSON.stringify(runbook)).digest("base64url").slice(0, 16);
  return `"${revision}-${content}${format === "json" ? "" : `-${format}`}"`;
}

function service(c: Context<ApiEnv>) {
  return { url: new URL(c.req.url).origin, auth: c.get("services").auth };
}

function summaryOf({ steps, ...runbook }: Runbook): z.infer<typeof RunbookSummarySchema> {
  const waiting = steps.filter(
    ({ status, satisfied_by: by }) => status === "open" || (status === "failed" && by?.kind !== "person"),
  );
  return { ...runbook, progress: { steps: steps.length, waiting: waiting.length } };
}

function unknownKind(name: string): ProblemError {
  const kinds = CATALOGUE.map(({ kind }) => kind);
  const near = nearNames(name, kinds);
  return new ProblemError(422, "unknown_runbook_kind", {
    detail: `There is no runbook of the kind "${name.slice(0, 100)}".${near.length > 0 ? ` Near names: ${near.join(", ")}.` : ""}`,
    hint: `Kinds: ${kinds.join(", ")}. GET /v1/runbook-kinds says when to use each.`,
    errors: [{ pointer: "/kind", message: "not a kind of runbook" }],
  });
}
