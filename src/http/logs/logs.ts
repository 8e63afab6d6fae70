/** Logs: which incidents they prove; and the incidents of an instance, from all its logs and dumps. */
import { z } from "@hono/zod-openapi";
import type { LogReading } from "../../kamailio/log/incident.js";
import { recognise } from "../../kamailio/recognise.js";
import { removeSecrets } from "../../kamailio/secrets.js";
import { keepIncidents } from "../../service/intake/keep-incidents.js";
import { readUpload } from "../../service/intake/upload.js";
import { incidentListDocument } from "../../web/inventory-documents.js";
import { CreateQuery, existingInstance, existingOrAsked, withInstance } from "../instances/instances.js";
import { bodyKind, textChunks } from "../kernel/body.js";
import { Bytes, Count, InstanceParams, Sentence, Timestamp } from "../kernel/fields.js";
import { tableAnswer, tableResponse } from "../kernel/judgement.js";
import { FormatQuery } from "../kernel/negotiate.js";
import { type Api, handle, operation } from "../kernel/operation.js";
import { PageQuery, pageOf, readCursor, toPage } from "../kernel/page.js";
import { ProblemError } from "../kernel/problem.js";
import { notWhatIsReadHere } from "../kernel/recorded-text.js";
import { AtQuery, takenAt } from "../kernel/when.js";
import { PoolSchema } from "../usage/usage-schema.js";
import { IncidentKindSchema, IncidentSchema, incidentOnTheWire } from "./incident-schema.js";

const LookAlikeSchema = z
  .object({ class: z.string().max(100), count: Count, first_line: Count, quote: z.string().max(500), why: Sentence })
  .openapi("LookAlike", { description: "Lines that read like an incident and are none" });

const LogStartSchema = z
  .object({
    at: z.union([Timestamp, z.null()]),
    line: Count,
    processes: Count,
    shm_size: Bytes,
    pkg_size: Bytes,
  })
  .openapi("LogStart", { description: "Kamailio said at its start how many processes and how large the pools are" });

const LogUploadSchema = z
  .object({
    incidents: z
      .array(IncidentSchema)
      .max(1000)
      .openapi({ description: "As they are recorded now, with what earlier logs said of them" }),
    look_alikes: z.array(LookAlikeSchema).max(100),
    starts: z.array(LogStartSchema).max(1000),
    time_range: z.union([z.object({ from: Timestamp, to: Timestamp }).openapi("TimeRange"), z.null()]),
    duplicates: Count.openapi({ description: "Incidents that were known before; what overlaps is counted once" }),
    warnings: z.array(Sentence).max(200),
    lines: Count,
    bytes: Bytes,
  })
  .openapi("LogUpload");

const EXAMPLE =
  "2026-11-23T01:17:46.130840+00:00 sip1 kamailio[3931]: ERROR: <core> [core/mem/q_malloc.c:459]: qm_malloc(): qm_malloc(0x7f62226a3000, 65536) called from tm: h_table.c: build_cell(360), module: tm; Free fragment not found!\n";

const recordLog = operation({
  operationId: "recordLog",
  method: "post",
  path: "/v1/instances/{instance}/logs",
  tags: ["Dumps and logs"],
  summary: "Record the incidents that a log proves",
  description:
    "Takes syslog, journald or docker text of any size, read as a stream. Failures are counted by kind, pool and site, not listed; an hour of silence ends an incident. The ranges of time that logs covered are kept: a log that is posted twice, or within another, counts once; where logs overlap in part the larger count stays and is marked as a lower bound. Incidents without times are told by their first line. 200 instead of 201 when nothing was new.",
  scope: "ingest",
  request: { params: InstanceParams, query: AtQuery.extend(CreateQuery.shape) },
  body: { required: true, content: { "text/plain": { schema: z.string(), example: EXAMPLE } } },
  responses: {
    200: { description: "The log shows no new incident", content: { "application/json": { schema: LogUploadSchema } } },
    201: { description: "Recorded", content: { "application/json": { schema: LogUploadSchema } } },
  },
  problems: [404, 409, 413, 415, 422],
});

const Moment = z.iso.datetime({ offset: true });

const listIncidents = operation({
  operationId: "listIncidents",
  method: "get",
  path: "/v1/instances/{instance}/incidents",
  tags: ["Dumps and logs"],
  summary: "The recorded incidents, newest first",
  description: "By their last failure. `from` and `to` keep those that were going on between.",
  scope: "read",
  request: {
    params: InstanceParams,
    query: PageQuery.extend({
      kind: z
        .union([IncidentKindSchema, z.array(IncidentKindSchema).max(20)])
        .optional()
        .openapi({
          param: {
            name: "kind",
            in: "query",
            description: "Can be repeated",
            schema: { type: "array", items: { $ref: "#/components/schemas/IncidentKind" } },
          },
        }),
      pool: PoolSchema.optional().openapi({ param: { name: "pool", in: "query" } }),
      from: Moment.optional().openapi({ param: { name: "from", in: "query" }, example: "2026-11-23T00:00:00Z" }),
      to: Moment.optional().openapi({ param: { name: "to", in: "query" }, example: "2026-11-24T00:00:00Z" }),
      format: FormatQuery,
    }),
  },
  responses: tableResponse(pageOf(IncidentSchema, "IncidentPage"), "A page of incidents"),
  problems: [404],
});

const IncidentCursorSchema = z.object({ ended_at: z.number().int(), id: z.string().max(64) });

export function serveLogs(api: Api) {
  handle(api, recordLog, async (c) => {
    const { instance } = c.req.valid("param");
    const { at, create } = c.req.valid("query");
    const { store, now } = c.get("services");
    const taken = takenAt(at, now());
    bodyKind(c);
    await existingOrAsked(c, instance, create);
    const { log, head } = await readUpload(textChunks(c, Number.POSITIVE_INFINITY), taken, "incidents");
    if (!isLog(log, head)) throw notWhatIsReadHere(head, "logs", "a log of Kamailio");
    const { incidents, warnings } = await withInstance(c, instance, create, () => keepIncidents(store, instance, log, taken));
    const anew = incidents.some(({ created }) => created);
    return c.json(
      {
        incidents: incidents.map(({ incident }) => incidentOnTheWire(incident)),
        look_alikes: log.look_alikes.map((alike) => ({ ...alike, quote: removeSecrets(alike.quote).text })),
        starts: log.starts,
        time_range: log.time_range,
        duplicates: incidents.filter(({ created }) => !created).length,
        warnings:
          recognise(head).endpoint === "dumps" ? [...warnings, "the memory dumps in this text are read by .../dumps"] : warnings,
        lines: log.lines,
        bytes: log.bytes,
      },
      anew ? 201 : 200,
    );
  });

  handle(api, listIncidents, async (c) => {
    const { instance } = c.req.valid("param");
    const { limit, cursor, kind, pool, from, to, format } = c.req.valid("query");
    await existingInstance(c, instance);
    const filter = { kinds: kind === undefined ? undefined : [kind].flat(), pool, from: epochOf(from), to: epochOf(to) };
    if (filter.from !== undefined && filter.to !== undefined && filter.from > filter.to)
      throw new ProblemError(400, "invalid_parameter", {
        detail: "from is after to.",
        hint: "Swap them.",
        errors: [{ parameter: "from", message: "is after to" }],
      });
    const after = readCursor(cursor, IncidentCursorSchema);
    const rows = await c.get("services").store.incidents.list(instance, filter, { after, limit: limit + 1 });
    const page = toPage(rows, limit, incidentOnTheWire, ({ ended_at, id }) => ({ ended_at, id }));
    return tableAnswer(c, format, page, () => incidentListDocument(instance, page.items, page.next_cursor !== null));
  });
}

/** A quiet log is a log too. */
function isLog({ incidents, look_alikes, starts }: LogReading, head: string): boolean {
  if (incidents.length > 0 || look_alikes.length > 0 || starts.length > 0) return true;
  const { endpoints, kind } = recognise(head);
  return endpoints.includes("logs") || kind === "log";
}

function epochOf(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time);
}
