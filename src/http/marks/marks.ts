/** Marks: what somebody did at a moment. Change effects judge what it did to memory, and charts show it. */
import { z } from "@hono/zod-openapi";
import { removeSecrets } from "../../kamailio/secrets.js";
import { timestamp } from "../../kamailio/units.js";
import type { MarkValue } from "../../service/facts/change-list.js";
import type { StoredRecord } from "../../store/records.js";
import { CreateQuery, existingInstance, withInstance } from "../instances/instances.js";
import { bodyJson, bodyKind } from "../kernel/body.js";
import { Id, InstanceName, InstanceParams, Timestamp } from "../kernel/fields.js";
import { type Api, handle, operation } from "../kernel/operation.js";
import { PageQuery, pageOf, RecordCursorSchema, readCursor, toPage } from "../kernel/page.js";
import { contentHash } from "../kernel/recorded-text.js";
import { takenAt } from "../kernel/when.js";

const MarkTextSchema = z.string().trim().min(1).max(500).openapi({ example: "moved 2000 customers here" });

const NewMarkSchema = z
  .object({
    at: z.iso.datetime({ offset: true }).optional().openapi({ description: "When it was done; now without it" }),
    text: MarkTextSchema,
  })
  .openapi("NewMark");

const MarkSchema = z.object({ id: Id, instance: InstanceName, at: Timestamp, text: MarkTextSchema }).openapi("Mark");

const recordMark = operation({
  operationId: "recordMark",
  method: "post",
  path: "/v1/instances/{instance}/marks",
  tags: ["Usage"],
  summary: "Say what was done",
  description:
    "A customer moved here, a carrier switched, a patch applied: change effects judge what it did, and charts show it.",
  scope: "ingest",
  request: { params: InstanceParams, query: CreateQuery },
  body: { required: true, content: { "application/json": { schema: NewMarkSchema } } },
  responses: {
    200: { description: "The latest mark is the same", content: { "application/json": { schema: MarkSchema } } },
    201: { description: "Recorded", content: { "application/json": { schema: MarkSchema } } },
  },
  problems: [404, 409, 413, 415],
});

const listMarks = operation({
  operationId: "listMarks",
  method: "get",
  path: "/v1/instances/{instance}/marks",
  tags: ["Usage"],
  summary: "The marks, newest first",
  description: "What somebody said that was done.",
  scope: "read",
  request: { params: InstanceParams, query: PageQuery },
  responses: {
    200: { description: "A page of marks", content: { "application/json": { schema: pageOf(MarkSchema, "MarkPage") } } },
  },
  problems: [404],
});

export function serveMarks(api: Api) {
  handle(api, recordMark, async (c) => {
    const { instance } = c.req.valid("param");
    const { create } = c.req.valid("query");
    const { store, now } = c.get("services");
    bodyKind(c);
    const mark = await bodyJson(c, NewMarkSchema);
    const recorded_at = takenAt(mark.at, now());
    const { text } = removeSecrets(mark.text);
    const { created, record } = await withInstance(c, instance, create, () =>
      store.records.add<MarkValue>({
        instance,
        kind: "mark",
        recorded_at,
        content_hash: contentHash([mark.at === undefined ? null : recorded_at, text]),
        text,
        value: { text },
      }),
    );
    return c.json(onTheWire(record), created ? 201 : 200);
  });

  handle(api, listMarks, async (c) => {
    const { instance } = c.req.valid("param");
    const { limit, cursor } = c.req.valid("query");
    await existingInstance(c, instance);
    const rows = await c.get("services").store.records.list<MarkValue>(instance, ["mark"], {
      after: readCursor(cursor, RecordCursorSchema),
      limit: limit + 1,
    });
    return c.json(
      toPage(rows, limit, onTheWire, ({ recorded_at, id }) => ({ recorded_at, id })),
      200,
    );
  });
}

function onTheWire({ id, instance, recorded_at, value }: StoredRecord<MarkValue>) {
  return { id, instance, at: timestamp(recorded_at), text: value.text };
}
