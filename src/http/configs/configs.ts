/** Configurations: kamailio.cfg with its includes, and what the review says about it. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { reviewConfig } from "../../analysis/config-review/review-config.js";
import { reviewInput } from "../../analysis/facts/review-input.js";
import { readConfig } from "../../kamailio/config/read-config.js";
import type { ConfigReading } from "../../kamailio/config/reading.js";
import { recognise } from "../../kamailio/recognise.js";
import { type ConfigRecordValue, instanceFacts } from "../../service/facts/instance-facts.js";
import type { StoredRecord } from "../../store/records.js";
import { configReviewDocument } from "../../web/config-review-document.js";
import { CreateQuery, existingInstance, existingOrAsked, withInstance } from "../instances/instances.js";
import { isNotModified, notFound } from "../kernel/conditional.js";
import type { ApiEnv } from "../kernel/env.js";
import { InstanceAndIdParams, InstanceParams } from "../kernel/fields.js";
import { JudgementQuery, judgementAnswer, judgementResponses } from "../kernel/judgement.js";
import { type Api, handle, operation } from "../kernel/operation.js";
import { PageQuery, pageOf, RecordCursorSchema, readCursor, toPage } from "../kernel/page.js";
import { ProblemError } from "../kernel/problem.js";
import { contentHash, notWhatIsReadHere, recordEtag, recordFields } from "../kernel/recorded-text.js";
import { AtQuery, takenAt } from "../kernel/when.js";
import { ConfigRecordSchema, ConfigReviewSchema } from "./config-schema.js";
import { CONFIG_LIMIT, ConfigFilesSchema, readConfigUpload } from "./config-upload.js";

/** What is kept of a configuration beside its files: enough to list it without reading it again. */
type StoredConfig = ConfigRecordValue &
  Omit<z.infer<typeof ConfigRecordSchema>, "id" | "instance" | "recorded_at" | "last_seen_at" | "settings">;

const EXAMPLE =
  '#!KAMAILIO\ndebug=2\nmemlog=5\nchildren=8\nlisten=udp:127.0.0.1:5060\nloadmodule "ctl.so"\nrequest_route {\n  exit;\n}\n';

const MainQuery = z.object({
  main: z
    .string()
    .min(1)
    .max(1000)
    .optional()
    .openapi({
      param: {
        name: "main",
        in: "query",
        description:
          "The path of the file that Kamailio is started with (-f); without it the one that includes others and that none includes",
      },
      example: "kamailio_pcscf.cfg",
    }),
});

/** The 422 for a `main` that is not among the files. */
function mainNotSent(main: string, posted: string | Record<string, string>): ProblemError {
  const names = typeof posted === "string" ? [] : Object.keys(posted).slice(0, 20);
  return new ProblemError(422, "main_not_sent", {
    detail:
      names.length === 0
        ? `main=${main} names a file, but one text was sent.`
        : `There is no file "${main}" in the upload; it has: ${names.join(", ")}.`,
    hint: "Send several files as a JSON map of paths to texts or as a tar, and name one of their paths.",
    errors: [{ parameter: "main", message: "names none of the files" }],
  });
}

const recordConfig = operation({
  operationId: "recordConfig",
  method: "post",
  path: "/v1/instances/{instance}/configs",
  tags: ["Settings"],
  summary: "Record the kamailio.cfg",
  description:
    "One text, a JSON map of paths to texts, or a tar (`tar -C /etc/kamailio -c . | curl --data-binary @- …`). Secrets are removed before anything is stored. What equals the latest one is not recorded again: 200 instead of 201.",
  scope: "ingest",
  request: { params: InstanceParams, query: AtQuery.extend(CreateQuery.shape).extend(MainQuery.shape) },
  body: {
    required: true,
    content: {
      "text/plain": { schema: z.string().max(CONFIG_LIMIT), example: EXAMPLE },
      "application/json": {
        schema: ConfigFilesSchema.openapi("ConfigFiles", {
          example: { "kamailio.cfg": 'include_file "local.cfg"\n', "local.cfg": "children=4\n" },
        }),
      },
      "application/x-tar": { schema: z.string().openapi({ format: "binary" }) },
    },
  },
  responses: {
    200: { description: "The latest configuration is the same", content: { "application/json": { schema: ConfigRecordSchema } } },
    201: { description: "Recorded", content: { "application/json": { schema: ConfigRecordSchema } } },
  },
  problems: [404, 409, 413, 415, 422],
});

const listConfigs = operation({
  operationId: "listConfigs",
  method: "get",
  path: "/v1/instances/{instance}/configs",
  tags: ["Settings"],
  summary: "The recorded configurations, newest first",
  description: "Without the files themselves.",
  scope: "read",
  request: { params: InstanceParams, query: PageQuery },
  responses: {
    200: {
      description: "A page of configurations",
      content: { "application/json": { schema: pageOf(ConfigRecordSchema, "ConfigPage") } },
    },
  },
  problems: [404],
});

const getConfig = operation({
  operationId: "getConfig",
  method: "get",
  path: "/v1/instances/{instance}/configs/{id}",
  tags: ["Settings"],
  summary: "A recorded configuration",
  description: "With an `ETag`.",
  scope: "read",
  request: { params: InstanceAndIdParams },
  responses: {
    200: { description: "The configuration", content: { "application/json": { schema: ConfigRecordSchema } } },
    304: { description: "It is as the caller has it" },
  },
  problems: [404],
});

const getConfigFiles = operation({
  operationId: "getConfigFiles",
  method: "get",
  path: "/v1/instances/{instance}/configs/{id}/files",
  tags: ["Settings"],
  summary: "The files of a configuration",
  description: "A map of paths to texts, without their secrets and with the same number of lines.",
  scope: "read",
  request: { params: InstanceAndIdParams },
  responses: {
    200: {
      description: "The files",
      content: {
        "application/json": { schema: z.record(z.string().max(1000), z.string().max(CONFIG_LIMIT)).openapi("StoredConfigFiles") },
      },
    },
  },
  problems: [404],
});

const getConfigReview = operation({
  operationId: "getConfigReview",
  method: "get",
  path: "/v1/instances/{instance}/config-review",
  tags: ["Judgements"],
  summary: "Findings on the latest kamailio.cfg, with the line to write",
  description:
    "Each finding with its place and source; the processes that the configuration starts; a patch that puts it into memory-debugging mode, and one that takes it back.",
  scope: "read",
  request: { params: InstanceParams, query: z.object(JudgementQuery) },
  responses: judgementResponses(ConfigReviewSchema, "The review"),
  problems: [404],
});

export function serveConfigs(api: Api) {
  handle(api, recordConfig, async (c) => {
    const { instance } = c.req.valid("param");
    const { at, create, main } = c.req.valid("query");
    const { store, now } = c.get("services");
    const recorded_at = takenAt(at, now());
    const posted = await readConfigUpload(c);
    if (main !== undefined && (typeof posted === "string" || !Object.hasOwn(posted, main))) throw mainNotSent(main, posted);
    const upload = typeof posted === "string" ? posted : { main, files: posted };
    const reading = readConfig(upload);
    if (!saysAnything(reading) || recognise(reading.texts[reading.main] ?? "").kind === "opensips_cfg") {
      await existingOrAsked(c, instance, create);
      throw notWhatIsReadHere(reading.texts[reading.main] ?? "", "configs", "a kamailio.cfg");
    }
    const { version } = await instanceFacts(store, instance);
    const value = storedConfig(version === null ? reading : readConfig(upload, { version }));
    const text = JSON.stringify({ main: reading.main, files: reading.texts });
    const { created, record } = await withInstance(c, instance, create, () =>
      store.records.add<StoredConfig>({
        instance,
        kind: "config",
        recorded_at,
        content_hash: contentHash([reading.texts, value.settings]),
        text,
        value,
      }),
    );
    c.header("ETag", recordEtag(record));
    if (!created) return c.json(onTheWire(record), 200);
    c.header("Location", `/v1/instances/${instance}/configs/${record.id}`);
    return c.json(onTheWire(record), 201);
  });

  handle(api, listConfigs, async (c) => {
    const { instance } = c.req.valid("param");
    const { limit, cursor } = c.req.valid("query");
    await existingInstance(c, instance);
    const rows = await c.get("services").store.records.list<StoredConfig>(instance, ["config"], {
      after: readCursor(cursor, RecordCursorSchema),
      limit: limit + 1,
    });
    return c.json(
      toPage(rows, limit, onTheWire, ({ recorded_at, id }) => ({ recorded_at, id })),
      200,
    );
  });

  handle(api, getConfig, async (c) => {
    const { instance, id } = c.req.valid("param");
    await existingInstance(c, instance);
    const record = await c.get("services").store.records.get<StoredConfig>(instance, ["config"], id);
    if (record === null) throw configNotFound(instance, id);
    if (isNotModified(c, recordEtag(record))) return c.body(null, 304);
    return c.json(onTheWire(record), 200);
  });

  handle(api, getConfigFiles, async (c) => {
    const { instance, id } = c.req.valid("param");
    await existingInstance(c, instance);
    const stored = await c.get("services").store.records.text(instance, ["config"], id);
    if (stored === null) throw configNotFound(instance, id);
    return c.json(storedFiles(stored).files, 200);
  });

  handle(api, getConfigReview, async (c) => {
    const { instance } = c.req.valid("param");
    await existingInstance(c, instance);
    const { id, stored } = await latestConfig(c, instance);
    const { store } = c.get("services");
    const facts = await instanceFacts(store, instance);
    const review = reviewConfig(reviewInput(facts, readConfig(stored, { version: facts.version })));
    return judgementAnswer(c, c.req.valid("query"), { config_id: id, ...review }, () => configReviewDocument(instance, review));
  });
}

/** @throws ProblemError 404 with the command that records one */
async function latestConfig(
  c: Context<ApiEnv>,
  instance: string,
): Promise<{ id: string; stored: { main: string; files: Record<string, string> } }> {
  const { records } = c.get("services").store;
  const latest = await records.latest<StoredConfig>(instance, "config");
  const text = latest === null ? null : await records.text(instance, ["config"], latest.id);
  if (latest === null || text === null)
    throw new ProblemError(404, "config_not_recorded", {
      detail: `No kamailio.cfg is recorded for "${instance}".`,
      hint: `curl --data-binary @/etc/kamailio/kamailio.cfg ${new URL(c.req.url).origin}/v1/instances/${instance}/configs`,
    });
  return { id: latest.id, stored: storedFiles(text) };
}

function storedFiles(text: string): { main: string; files: Record<string, string> } {
  return JSON.parse(text) as { main: string; files: Record<string, string> };
}

/** Prose and other commands' output read as unknown statements alone. */
function saysAnything({
  core,
  modules,
  modparams,
  sockets,
  routes,
  script_type,
  includes,
  defines,
  unknown,
}: ConfigReading): boolean {
  const understood =
    core.length +
    modules.length +
    modparams.length +
    sockets.length +
    routes.length +
    includes.length +
    (script_type === null ? 0 : 1);
  const defined = defines.filter(({ kind }) => kind !== "predefined").length;
  return understood + defined > unknown.length / 2;
}

function storedConfig(reading: ConfigReading): StoredConfig {
  const read = new Set(reading.files_read);
  return {
    main: reading.main,
    files: Object.entries(reading.texts).map(([path, text]) => ({ path, lines: text.split("\n").length, read: read.has(path) })),
    settings: reading.settings,
    modules: [...new Set(reading.modules.map(({ name }) => name))],
    missing_files: reading.includes.filter(({ found }) => found === null).map(({ path }) => path),
    unknown: reading.unknown.map(({ file, line, text, reason }) => ({ file, line, text, reason })),
    warnings: reading.warnings,
    secrets_removed: reading.secrets_removed,
  };
}

function configNotFound(instance: string, id: string): ProblemError {
  return notFound("config", id, `GET /v1/instances/${instance}/configs lists them.`);
}

function onTheWire(record: StoredRecord<StoredConfig>): z.infer<typeof ConfigRecordSchema> {
  const { settings, ...value } = record.value;
  return {
    ...recordFields(record),
    ...value,
    settings: Object.entries(settings).map(([name, { value: shown, source, quote }]) => ({ name, value: shown, source, quote })),
  };
}
