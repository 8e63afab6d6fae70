/** Imports: usage history that another server, a Prometheus, already has. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { type ImportRequest, type ImportState, newState, type UsageImport } from "../../service/imports/import-state.js";
import { OutgoingError } from "../../service/outgoing/outgoing-error.js";
import { CreateQuery, existingInstance, withInstance } from "../instances/instances.js";
import { bodyJson, bodyKind } from "../kernel/body.js";
import { isNotModified, notFound } from "../kernel/conditional.js";
import type { ApiEnv } from "../kernel/env.js";
import { InstanceAndIdParams, InstanceParams } from "../kernel/fields.js";
import { type Api, handle, operation } from "../kernel/operation.js";
import { PageQuery, pageOf, readCursor, toPage } from "../kernel/page.js";
import { ProblemError } from "../kernel/problem.js";
import { ImportCreateSchema, ImportSchema, onTheWire } from "./import-schema.js";

const createImport = operation({
  operationId: "createUsageImport",
  method: "post",
  path: "/v1/instances/{instance}/usage/imports",
  tags: ["Usage"],
  summary: "Take in the usage history that a Prometheus-compatible server has",
  description:
    "Answers at once; the import runs beside, and `GET .../usage/imports/{id}` shows how far it is. The metrics of xhttp_prom (with any prefix), florentchauveau/kamailio_exporter and voiplens/kamailio_exporter are found by themselves. Where the server has several Kamailio servers, `match` says which one is meant; without it the import fails and lists them. An interrupted import goes on when the service starts again. The same import posted again while it runs is that import; after it failed, it goes on where it stopped; what was taken in before is recognised and changes nothing. Addresses that are not public have to be listed in OUTGOING_ALLOW.",
  scope: "write",
  request: { params: InstanceParams, query: CreateQuery },
  body: { required: true, content: { "application/json": { schema: ImportCreateSchema } } },
  responses: {
    202: { description: "It is queued, or under way", content: { "application/json": { schema: ImportSchema } } },
  },
  problems: [404, 409, 413, 415, 422],
});

const listImports = operation({
  operationId: "listUsageImports",
  method: "get",
  path: "/v1/instances/{instance}/usage/imports",
  tags: ["Usage"],
  summary: "The imports of usage history, newest first",
  description: "Those that ended stay in the list.",
  scope: "read",
  request: { params: InstanceParams, query: PageQuery },
  responses: {
    200: {
      description: "A page of imports",
      content: { "application/json": { schema: pageOf(ImportSchema, "UsageImportPage") } },
    },
  },
  problems: [404],
});

const getImport = operation({
  operationId: "getUsageImport",
  method: "get",
  path: "/v1/instances/{instance}/usage/imports/{id}",
  tags: ["Usage"],
  summary: "An import and how far it is",
  description: "With an `ETag`.",
  scope: "read",
  request: { params: InstanceAndIdParams },
  responses: {
    200: { description: "The import", content: { "application/json": { schema: ImportSchema } } },
    304: { description: "It is as the caller has it" },
  },
  problems: [404],
});

const cancelImport = operation({
  operationId: "cancelUsageImport",
  method: "delete",
  path: "/v1/instances/{instance}/usage/imports/{id}",
  tags: ["Usage"],
  summary: "Cancel an import",
  description: "What it has taken in stays. One that has ended stays as it is.",
  scope: "write",
  request: { params: InstanceAndIdParams },
  responses: { 200: { description: "The import", content: { "application/json": { schema: ImportSchema } } } },
  problems: [404],
});

export function serveImports(api: Api) {
  handle(api, createImport, async (c) => {
    const { instance } = c.req.valid("param");
    const { create } = c.req.valid("query");
    const { store, outgoing, imports, now } = c.get("services");
    bodyKind(c);
    const { headers = {}, ...body } = await bodyJson(c, ImportCreateSchema);
    const request = readRequest(body, now());
    if (create !== "true") await existingInstance(c, instance);
    try {
      await outgoing.check(request.url);
    } catch (error) {
      throw error instanceof OutgoingError
        ? new ProblemError(422, error.code, { detail: error.message, hint: error.hint, cause: error })
        : error;
    }
    const wanted = { request, state: newState(c.get("requestId")), with_credentials: Object.keys(headers).length > 0 };
    const added = await withInstance(c, instance, create, () =>
      store.imports.add<ImportRequest, ImportState>(instance, wanted, now()),
    );
    if (added.outcome !== "under_way") imports.start(added.import, headers);
    c.header("Location", `/v1/instances/${instance}/usage/imports/${added.import.id}`);
    c.header("ETag", etagOf(added.import));
    return c.json(onTheWire(added.import), 202);
  });

  handle(api, listImports, async (c) => {
    const { instance } = c.req.valid("param");
    const { limit, cursor } = c.req.valid("query");
    await existingInstance(c, instance);
    const after = readCursor(cursor, z.string().max(64));
    const rows = await c.get("services").store.imports.list<ImportRequest, ImportState>(instance, { after, limit: limit + 1 });
    return c.json(
      toPage(rows, limit, onTheWire, ({ id }) => id),
      200,
    );
  });

  handle(api, getImport, async (c) => {
    const { instance, id } = c.req.valid("param");
    const found = await existingImport(c, instance, await c.get("services").store.imports.get(instance, id), id);
    if (isNotModified(c, etagOf(found))) return c.body(null, 304);
    return c.json(onTheWire(found), 200);
  });

  handle(api, cancelImport, async (c) => {
    const { instance, id } = c.req.valid("param");
    const { store, imports, now } = c.get("services");
    const cancelled = await existingImport(c, instance, await store.imports.cancel(instance, id, now()), id);
    imports.cancel(id);
    c.header("ETag", etagOf(cancelled));
    return c.json(onTheWire(cancelled), 200);
  });
}

async function existingImport(c: Context<ApiEnv>, instance: string, found: UsageImport | null, id: string): Promise<UsageImport> {
  if (found !== null) return found;
  await existingInstance(c, instance);
  throw notFound("import", id, `GET /v1/instances/${instance}/usage/imports lists them.`);
}

function etagOf({ id, revision }: UsageImport): string {
  return `"${id}-${revision}"`;
}

/** SER's first release; no history of it is older. */
const OLDEST = Date.UTC(2001, 8, 1);

const UNIT_SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };
const DAY_SECONDS = 86_400;

/**
 * The request as it is kept: two that mean the same are equal.
 *
 * @throws ProblemError 400 for times that are none
 */
function readRequest(body: Omit<z.output<typeof ImportCreateSchema>, "headers">, now: number): ImportRequest {
  const from = body.from === undefined ? null : Date.parse(body.from);
  const to = body.to === undefined ? null : Date.parse(body.to);
  if (from !== null && (from < OLDEST || from >= (to ?? now)))
    throw invalid("/from", "from is after to, in the future or before the first release");
  if (from === null && to !== null && to < OLDEST) throw invalid("/to", "to is before the first release");
  const step_s =
    typeof body.step === "string"
      ? Number(body.step.slice(0, -1)) * (UNIT_SECONDS[body.step.slice(-1)] ?? 1)
      : (body.step ?? null);
  if (step_s !== null && step_s > DAY_SECONDS) throw invalid("/step", "the step is at most a day");
  return {
    source: body.source,
    url: new URL(body.url).href,
    from,
    to,
    step_s,
    match: Object.entries(body.match ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)),
  };
}

function invalid(pointer: string, message: string): ProblemError {
  return new ProblemError(400, "invalid_body", {
    detail: `The body does not fit. ${pointer}: ${message}`,
    hint: "See /docs for what this operation takes.",
    errors: [{ pointer, message }],
  });
}
