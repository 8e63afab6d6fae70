/** Instances: the caller's own names for Kamailio servers. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { timestamp } from "../../kamailio/units.js";
import type { Instance } from "../../store/instances.js";
import { requireScope } from "../kernel/auth.js";
import { instanceNotFound, mayCreate } from "../kernel/binding.js";
import { bodyJson, bodyKind } from "../kernel/body.js";
import { changeCondition, isNotModified, preconditionFailed } from "../kernel/conditional.js";
import type { ApiEnv } from "../kernel/env.js";
import { InstanceName, InstanceParams, Timestamp } from "../kernel/fields.js";
import { type Api, handle, operation } from "../kernel/operation.js";
import { PageQuery, pageOf, readCursor, toPage } from "../kernel/page.js";
import { ProblemError } from "../kernel/problem.js";

const MAX_LABELS = 64;

const Labels = z
  .record(
    z
      .string()
      .regex(
        /^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/,
        "a label's name has 1 to 63 letters, digits, dots, dashes, underscores or slashes",
      ),
    z.string().max(256),
  )
  .refine((labels) => Object.keys(labels).length <= MAX_LABELS, `at most ${MAX_LABELS} labels`)
  .openapi("Labels", { example: { role: "edge", site: "fra" } });

const Description = z.string().max(2000);

const InstanceSchema = z
  .object({
    name: InstanceName,
    labels: Labels,
    description: Description.nullable(),
    created_at: Timestamp,
    updated_at: Timestamp,
  })
  .openapi("Instance");

const InstancePutSchema = z
  .object({ labels: Labels.optional(), description: Description.nullable().optional() })
  .strict()
  .openapi("InstancePut", { example: { labels: { role: "edge" }, description: "SBC in Frankfurt" } });

const InstancePage = pageOf(InstanceSchema, "InstancePage");

/** `?create=true` on what is posted to an instance. */
export const CreateQuery = z.object({
  create: z
    .enum(["true", "false"])
    .optional()
    .openapi({
      param: { name: "create", in: "query", description: "Make the instance when it does not exist (wants the scope write)" },
      example: "true",
    }),
});

const putInstance = operation({
  operationId: "putInstance",
  method: "put",
  path: "/v1/instances/{instance}",
  tags: ["Instances"],
  summary: "Create or change an instance",
  description: "Idempotent. Labels and description that are not given stay as they are; the body can be left out.",
  scope: "write",
  request: { params: InstanceParams },
  body: { required: false, content: { "application/json": { schema: InstancePutSchema } } },
  responses: {
    200: { description: "It existed; it is now as given", content: { "application/json": { schema: InstanceSchema } } },
    201: { description: "It was created", content: { "application/json": { schema: InstanceSchema } } },
  },
  problems: [412, 413, 415],
});

const getInstance = operation({
  operationId: "getInstance",
  method: "get",
  path: "/v1/instances/{instance}",
  tags: ["Instances"],
  summary: "An instance",
  description: "With an `ETag`; `If-None-Match` answers 304.",
  scope: "read",
  request: { params: InstanceParams },
  responses: {
    200: { description: "The instance", content: { "application/json": { schema: InstanceSchema } } },
    304: { description: "It is as the caller has it" },
  },
  problems: [404],
});

const deleteInstance = operation({
  operationId: "deleteInstance",
  method: "delete",
  path: "/v1/instances/{instance}",
  tags: ["Instances"],
  summary: "Delete an instance and all that it recorded",
  description: "Builds, settings, usage, dumps, incidents and runbooks go with it.",
  scope: "write",
  request: { params: InstanceParams },
  responses: { 204: { description: "It is gone" } },
  problems: [404, 412],
});

const listInstances = operation({
  operationId: "listInstances",
  method: "get",
  path: "/v1/instances",
  tags: ["Instances"],
  summary: "The instances, by name",
  description: "`label=k:v` keeps those that have the label; several of them must all match.",
  scope: "read",
  request: {
    query: PageQuery.extend({
      label: z
        .union([z.string().max(400), z.array(z.string().max(400)).max(MAX_LABELS)])
        .optional()
        .openapi({
          param: {
            name: "label",
            in: "query",
            description: "name:value; can be repeated",
            schema: { type: "array", items: { type: "string" } },
          },
          example: ["role:edge"],
        }),
    }),
  },
  responses: { 200: { description: "A page of instances", content: { "application/json": { schema: InstancePage } } } },
});

export function serveInstances(api: Api) {
  handle(api, putInstance, async (c) => {
    const { instance: name } = c.req.valid("param");
    bodyKind(c);
    const { labels, description } = await bodyJson(c, InstancePutSchema);
    const { store, now } = c.get("services");
    if (labels !== undefined && c.get("caller").binding !== null) await keepsLabels(c, name, labels);
    const put = await store.instances.put({ name, labels, description }, now(), changeCondition(c, etagOf));
    if (put.outcome === "precondition_failed") throw preconditionFailed();
    c.header("ETag", etagOf(put.instance));
    if (put.outcome !== "created") return c.json(onTheWire(put.instance), 200);
    c.header("Location", `/v1/instances/${name}`);
    return c.json(onTheWire(put.instance), 201);
  });

  handle(api, getInstance, async (c) => {
    const instance = await existingInstance(c, c.req.valid("param").instance);
    if (isNotModified(c, etagOf(instance))) return c.body(null, 304);
    return c.json(onTheWire(instance), 200);
  });

  handle(api, deleteInstance, async (c) => {
    const { instance: name } = c.req.valid("param");
    const outcome = await c.get("services").store.instances.delete(name, changeCondition(c, etagOf));
    if (outcome === "precondition_failed") throw preconditionFailed();
    if (outcome === "absent") throw await instanceNotFound(c, name);
    return c.body(null, 204);
  });

  handle(api, listInstances, async (c) => {
    const { limit, cursor, label } = c.req.valid("query");
    const labels = Object.fromEntries([label ?? []].flat().map(readLabel));
    const after = readCursor(cursor, z.string().max(128));
    const rows = await c
      .get("services")
      .store.instances.list({ labels, within: c.get("caller").binding, after, limit: limit + 1 });
    return c.json(
      toPage(rows, limit, onTheWire, ({ name }) => name),
      200,
    );
  });
}

/** The instance. @throws ProblemError 404 with the near names */
export async function existingInstance(c: Context<ApiEnv>, name: string): Promise<Instance> {
  const instance = await c.get("services").store.instances.get(name);
  if (instance === null) throw await instanceNotFound(c, name);
  return instance;
}

/** Refuses an unknown instance, unless what was sent is to make it: then what is wrong with the text is all there is to say. @throws ProblemError 404 */
export async function existingOrAsked(c: Context<ApiEnv>, name: string, create: "true" | "false" | undefined): Promise<void> {
  if (create !== "true") await existingInstance(c, name);
}

/**
 * Runs what needs the instance. When it answers `null` because there is none, makes the instance if the caller asked for that, and runs it again.
 *
 * @throws ProblemError 404 when there is none and none was asked for; 403 when the caller may not make one
 */
export async function withInstance<T>(
  c: Context<ApiEnv>,
  name: string,
  create: "true" | "false" | undefined,
  work: () => Promise<T | null>,
): Promise<T> {
  const result = await work();
  if (result !== null) return result;
  if (create === "true") {
    if (!mayCreate(c, name)) requireScope(c.get("caller"), "write");
    const { store, now } = c.get("services");
    await store.instances.put({ name }, now(), null);
    const again = await work();
    if (again !== null) return again;
  }
  throw await instanceNotFound(c, name);
}

function readLabel(text: string): [string, string] {
  const colon = text.indexOf(":");
  return colon < 0 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1)];
}

function etagOf(instance: Instance): string {
  return `"${instance.created_at.toString(36)}-${instance.revision}"`;
}

function onTheWire({ name, labels, description, created_at, updated_at }: Instance): z.infer<typeof InstanceSchema> {
  return { name, labels, description, created_at: timestamp(created_at), updated_at: timestamp(updated_at) };
}

/** Labels say which instances a token is bound to: who is bound may not move one from token to token. @throws ProblemError 403 */
async function keepsLabels(c: Context<ApiEnv>, name: string, labels: Record<string, string>): Promise<void> {
  const current = (await c.get("services").store.instances.get(name))?.labels ?? {};
  const keys = new Set([...Object.keys(current), ...Object.keys(labels)]);
  if ([...keys].every((key) => current[key] === labels[key])) return;
  throw new ProblemError(403, "labels_bound", {
    detail: "A token that is bound to instances does not change labels: tokens are bound by them.",
    hint: "Leave the labels out, or use a token with write that is bound to nothing.",
  });
}
