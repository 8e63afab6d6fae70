/** Settings: what an instance is started and configured with, from whatever an operator pastes. */
import { z } from "@hono/zod-openapi";
import { removeSecrets } from "../../kamailio/secrets.js";
import { readSettings } from "../../kamailio/settings/read-settings.js";
import type { InstanceChoice, SettingsReading } from "../../kamailio/settings/settings.js";
import { MB } from "../../kamailio/units.js";
import { instanceFacts } from "../../service/facts/instance-facts.js";
import type { StoredRecord } from "../../store/records.js";
import { CreateQuery, existingInstance, existingOrAsked, withInstance } from "../instances/instances.js";
import { bodyKind, bodyText, parseJson } from "../kernel/body.js";
import { isNotModified, notFound } from "../kernel/conditional.js";
import { InstanceAndIdParams, InstanceParams } from "../kernel/fields.js";
import { type Api, handle, operation } from "../kernel/operation.js";
import { ProblemError } from "../kernel/problem.js";
import { contentHash, notWhatIsReadHere, recordEtag, recordFields, textAnswer } from "../kernel/recorded-text.js";
import { AtQuery, takenAt } from "../kernel/when.js";
import { EffectiveSettingsSchema, readingOnTheWire, SettingsInputSchema, SettingsRecordSchema } from "./settings-schema.js";

const PidQuery = z.object({
  pid: z.coerce
    .number()
    .int()
    .min(1)
    .max(4_194_304)
    .optional()
    .openapi({
      param: { name: "pid", in: "query", description: "The process that is meant where a listing shows several servers" },
      example: 3931,
    }),
});

const recordSettings = operation({
  operationId: "recordSettings",
  method: "post",
  path: "/v1/instances/{instance}/settings",
  tags: ["Settings"],
  summary: "Record what the instance runs with",
  description:
    "Takes a command line, /proc/PID/cmdline, `ps` output, a systemd unit with its drop-ins and files, /etc/default/kamailio, start scripts, `kamcmd cfg.get core …`, `core.info`, `pkg.info`, `shm.info`, start-up log lines, Dockerfiles, docker, compose, Kubernetes and ECS, supervisord, UCI, values of Ansible and Helm, or JSON. Memory limits of containers and units are read with them. Of a listing that shows several servers nothing is taken until `pid` says which one is meant. Secrets are removed before anything is stored. A text that equals the latest one is not recorded again: 200 instead of 201.",
  scope: "ingest",
  request: { params: InstanceParams, query: AtQuery.extend(CreateQuery.shape).extend(PidQuery.shape) },
  body: {
    required: true,
    content: {
      "text/plain": {
        schema: z.string().max(MB),
        example: "/usr/sbin/kamailio -P /run/kamailio/kamailio.pid -f /etc/kamailio/kamailio.cfg -m 256 -M 16",
      },
      "application/json": { schema: SettingsInputSchema },
    },
  },
  responses: {
    200: { description: "The latest text is the same", content: { "application/json": { schema: SettingsRecordSchema } } },
    201: { description: "Recorded", content: { "application/json": { schema: SettingsRecordSchema } } },
  },
  problems: [404, 409, 413, 415, 422],
});

const getSettings = operation({
  operationId: "getSettings",
  method: "get",
  path: "/v1/instances/{instance}/settings",
  tags: ["Settings"],
  summary: "The values in force",
  description:
    "Each with its source, when that was recorded, and the words that show it. What no text shows is the build's or the release's default; what depends on an unknown release is null.",
  scope: "read",
  request: { params: InstanceParams },
  responses: { 200: { description: "The settings", content: { "application/json": { schema: EffectiveSettingsSchema } } } },
  problems: [404],
});

const getSettingsRecord = operation({
  operationId: "getSettingsRecord",
  method: "get",
  path: "/v1/instances/{instance}/settings/{id}",
  tags: ["Settings"],
  summary: "What one posted text showed",
  description: "`evidence_id` of a setting in force names it.",
  scope: "read",
  request: { params: InstanceAndIdParams },
  responses: {
    200: { description: "The record", content: { "application/json": { schema: SettingsRecordSchema } } },
    304: { description: "It is as the caller has it" },
  },
  problems: [404],
});

const getSettingsText = operation({
  operationId: "getSettingsText",
  method: "get",
  path: "/v1/instances/{instance}/settings/{id}/text",
  tags: ["Settings"],
  summary: "The text that settings were read from",
  description: "As it was posted, without its secrets.",
  scope: "read",
  request: { params: InstanceAndIdParams },
  responses: { 200: { description: "The text", content: { "text/plain": { schema: z.string().max(MB) } } } },
  problems: [404],
});

/** The 422 for a listing of several servers: which one this instance is, only the caller knows. */
function severalServers(instance: string, choices: readonly InstanceChoice[]): ProblemError {
  const said = choices.map(({ pid, command, rows }) => `${pid === null ? "" : `pid ${pid}: `}${command} (${rows} rows)`);
  const pid = choices[0]?.pid ?? "PID";
  return new ProblemError(422, "several_servers", {
    detail: `The listing shows ${choices.length} servers, told apart by -P, -Y or -f: ${said.join("; ")}`.slice(0, 4000),
    hint: `Say which one ${instance} is: post it again with ?pid=${pid}, or send its own line: tr '\\0' ' ' < /proc/${pid}/cmdline | curl --data-binary @- .../v1/instances/${instance}/settings`,
  });
}

export function serveSettings(api: Api) {
  handle(api, recordSettings, async (c) => {
    const { instance } = c.req.valid("param");
    const { at, create, pid } = c.req.valid("query");
    const { store, now } = c.get("services");
    const recorded_at = takenAt(at, now());
    const kind = bodyKind(c);
    const posted = await bodyText(c);
    if (kind === "json" && c.get("bodyWasString") !== true)
      parseJson(posted, z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]));
    // The reading counts the secrets, so it sees the text before they are gone from what is stored.
    const reading = readSettings(posted, { pid: pid ?? null });
    const { text } = removeSecrets(posted);
    if (reading.forms.length === 0) {
      await existingOrAsked(c, instance, create);
      throw notWhatIsReadHere(text, "settings", "settings (a command line, unit, default file, RPC answer)");
    }
    if (reading.choices.length > 0 && Object.keys(reading.values).length === 0) {
      await existingOrAsked(c, instance, create);
      throw severalServers(instance, reading.choices);
    }
    const { created, record } = await withInstance(c, instance, create, () =>
      store.records.add<SettingsReading>({
        instance,
        kind: "settings",
        recorded_at,
        content_hash: contentHash(reading),
        text,
        value: reading,
      }),
    );
    c.header("ETag", recordEtag(record));
    if (!created) return c.json(onTheWire(record), 200);
    c.header("Location", `/v1/instances/${instance}/settings/${record.id}`);
    return c.json(onTheWire(record), 201);
  });

  handle(api, getSettings, async (c) => {
    const { instance } = c.req.valid("param");
    await existingInstance(c, instance);
    return c.json((await instanceFacts(c.get("services").store, instance)).settings, 200);
  });

  handle(api, getSettingsRecord, async (c) => {
    const { instance, id } = c.req.valid("param");
    await existingInstance(c, instance);
    const record = await c.get("services").store.records.get<SettingsReading>(instance, ["settings"], id);
    if (record === null)
      throw notFound("settings record", id, `GET /v1/instances/${instance}/settings names them as evidence_id.`);
    if (isNotModified(c, recordEtag(record))) return c.body(null, 304);
    return c.json(onTheWire(record), 200);
  });

  handle(api, getSettingsText, async (c) => {
    const { instance, id } = c.req.valid("param");
    await existingInstance(c, instance);
    const text = await c.get("services").store.records.text(instance, ["settings"], id);
    if (text === null) throw notFound("settings record", id, `GET /v1/instances/${instance}/settings names them as evidence_id.`);
    return textAnswer(c, text);
  });
}

function onTheWire(record: StoredRecord<SettingsReading>): z.infer<typeof SettingsRecordSchema> {
  return { ...recordFields(record), ...readingOnTheWire(record.value) };
}
