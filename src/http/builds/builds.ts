/** Builds: what `kamailio -I`, `-V`, `-v` and `core.info` say about the binary. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { compareBuilds, runningDiffers } from "../../analysis/build-comparison.js";
import type { Build } from "../../kamailio/binary/build.js";
import { readBuilds } from "../../kamailio/binary/read-builds.js";
import { removeSecrets } from "../../kamailio/secrets.js";
import { MB } from "../../kamailio/units.js";
import type { NewRecord, RecordKind, RecordStore, StoredRecord } from "../../store/records.js";
import { CreateQuery, existingInstance, existingOrAsked, withInstance } from "../instances/instances.js";
import { bodyKind, bodyText } from "../kernel/body.js";
import { isNotModified, notFound } from "../kernel/conditional.js";
import type { ApiEnv } from "../kernel/env.js";
import { Id, InstanceAndIdParams, InstanceParams } from "../kernel/fields.js";
import { type Api, handle, operation } from "../kernel/operation.js";
import { PageQuery, pageOf, RecordCursorSchema, readCursor, toPage } from "../kernel/page.js";
import { contentHash, notWhatIsReadHere, recordEtag, recordFields, textAnswer } from "../kernel/recorded-text.js";
import { AtQuery, takenAt } from "../kernel/when.js";
import { BuildComparisonSchema, BuildSchema, RecordedBuildSchema } from "./build-schema.js";

const BUILD_KINDS: readonly RecordKind[] = ["build", "running_build"];

const EXAMPLE = `version: kamailio 5.6.3 (x86_64/linux)
flags: USE_TCP, USE_TLS, USE_SCTP, TLS_HOOKS, SHM_MMAP, PKG_MALLOC, Q_MALLOC, F_MALLOC, TLSF_MALLOC, DBG_SR_MEMORY, USE_FUTEX
ADAPTIVE_WAIT_LOOPS 1024, MAX_RECV_BUFFER_SIZE 262144, MAX_URI_SIZE 1024, BUF_SIZE 65535, DEFAULT PKG_SIZE 8MB
poll method support: poll, epoll_lt, epoll_et, sigio_rt, select.
id: unknown
compiled with gcc 12.2.0
`;

const recordBuild = operation({
  operationId: "recordBuild",
  method: "post",
  path: "/v1/instances/{instance}/builds",
  tags: ["Builds"],
  summary: "Record what the binary, or the running process, says of its build",
  description:
    "Takes the text of `kamailio -I`, `-V`, `-v`, `kamcmd core.info`, `core.flags`, or several pasted together. A text that equals the latest one is not recorded again: 200 instead of 201. When several builds are in the text, the answer is that of the binary and `also_recorded` names the others.",
  scope: "ingest",
  request: { params: InstanceParams, query: AtQuery.extend(CreateQuery.shape) },
  body: {
    required: true,
    description: "What the command printed",
    content: { "text/plain": { schema: z.string().max(MB), example: EXAMPLE } },
  },
  responses: {
    200: { description: "The latest build is the same", content: { "application/json": { schema: RecordedBuildSchema } } },
    201: { description: "Recorded", content: { "application/json": { schema: RecordedBuildSchema } } },
  },
  problems: [404, 409, 413, 415, 422],
});

const listBuilds = operation({
  operationId: "listBuilds",
  method: "get",
  path: "/v1/instances/{instance}/builds",
  tags: ["Builds"],
  summary: "The recorded builds, newest first",
  description: "Both of the binary on disk and of the running process (`from_running_process`).",
  scope: "read",
  request: { params: InstanceParams, query: PageQuery },
  responses: {
    200: { description: "A page of builds", content: { "application/json": { schema: pageOf(BuildSchema, "BuildPage") } } },
  },
  problems: [404],
});

const getBuild = operation({
  operationId: "getBuild",
  method: "get",
  path: "/v1/instances/{instance}/builds/{id}",
  tags: ["Builds"],
  summary: "A build",
  description: "With an `ETag`.",
  scope: "read",
  request: { params: InstanceAndIdParams },
  responses: {
    200: { description: "The build", content: { "application/json": { schema: BuildSchema } } },
    304: { description: "It is as the caller has it" },
  },
  problems: [404],
});

const getBuildText = operation({
  operationId: "getBuildText",
  method: "get",
  path: "/v1/instances/{instance}/builds/{id}/text",
  tags: ["Builds"],
  summary: "The text that a build was read from",
  description: "As it was posted, without its secrets.",
  scope: "read",
  request: { params: InstanceAndIdParams },
  responses: { 200: { description: "The text", content: { "text/plain": { schema: z.string().max(MB) } } } },
  problems: [404],
});

const getBuildComparison = operation({
  operationId: "compareBuilds",
  method: "get",
  path: "/v1/instances/{instance}/builds/{id}/comparison",
  tags: ["Builds"],
  summary: "What changes from one build to another",
  description: "Flags gained and lost and what each means for memory, changed defaults, and what the releases change.",
  scope: "read",
  request: {
    params: InstanceAndIdParams,
    query: z.object({ to: Id.openapi({ param: { name: "to", in: "query", description: "The other build's id" } }) }),
  },
  responses: { 200: { description: "The comparison", content: { "application/json": { schema: BuildComparisonSchema } } } },
  problems: [404],
});

export function serveBuilds(api: Api) {
  handle(api, recordBuild, async (c) => {
    const { instance } = c.req.valid("param");
    const { at, create } = c.req.valid("query");
    const { store, now } = c.get("services");
    const taken = takenAt(at, now());
    bodyKind(c);
    const { text } = removeSecrets(await bodyText(c));
    const { builds, warnings } = readBuilds(text);
    if (builds.length === 0) {
      await existingOrAsked(c, instance, create);
      throw notWhatIsReadHere(text, "builds", "a build (kamailio -I, -V, -v, core.info)");
    }
    const recorded = await withInstance(c, instance, create, () =>
      recordAll(store.records, builds, { instance, text, recorded_at: taken }),
    );
    // The binary first: that is what was asked for when both were pasted.
    const main = recorded.find(({ record }) => record.kind === "build") ?? recorded[0];
    if (main === undefined) throw notWhatIsReadHere(text, "builds", "a build (kamailio -I, -V, -v, core.info)");
    const body = {
      ...onTheWire(main.record),
      warnings,
      running_process: await comparedWithProcess(c, main.record),
      also_recorded: recorded.filter((other) => other !== main).map(({ record }) => record.id),
    };
    c.header("ETag", recordEtag(main.record));
    if (!main.created) return c.json(body, 200);
    c.header("Location", `/v1/instances/${instance}/builds/${main.record.id}`);
    return c.json(body, 201);
  });

  handle(api, listBuilds, async (c) => {
    const { instance } = c.req.valid("param");
    const { limit, cursor } = c.req.valid("query");
    await existingInstance(c, instance);
    const rows = await c
      .get("services")
      .store.records.list<Build>(instance, BUILD_KINDS, { after: readCursor(cursor, RecordCursorSchema), limit: limit + 1 });
    return c.json(
      toPage(rows, limit, onTheWire, ({ recorded_at, id }) => ({ recorded_at, id })),
      200,
    );
  });

  handle(api, getBuild, async (c) => {
    const { instance, id } = c.req.valid("param");
    const record = await existingBuild(c, instance, id);
    if (isNotModified(c, recordEtag(record))) return c.body(null, 304);
    return c.json(onTheWire(record), 200);
  });

  handle(api, getBuildText, async (c) => {
    const { instance, id } = c.req.valid("param");
    await existingBuild(c, instance, id);
    return textAnswer(c, (await c.get("services").store.records.text(instance, BUILD_KINDS, id)) ?? "");
  });

  handle(api, getBuildComparison, async (c) => {
    const { instance, id } = c.req.valid("param");
    const from = await existingBuild(c, instance, id);
    const to = await existingBuild(c, instance, c.req.valid("query").to);
    return c.json({ from_id: from.id, to_id: to.id, ...compareBuilds(from.value, to.value) }, 200);
  });
}

/** Each build of a text is a record of its own. `null`: there is no such instance. */
async function recordAll(
  records: RecordStore,
  builds: readonly Build[],
  posted: Pick<NewRecord, "instance" | "text" | "recorded_at">,
) {
  const outcomes: { created: boolean; record: StoredRecord<Build> }[] = [];
  for (const build of builds) {
    const kind = build.from_running_process ? "running_build" : "build";
    const outcome = await records.add<Build>({ ...posted, kind, content_hash: contentHash(build), value: build });
    if (outcome === null) return null;
    outcomes.push(outcome);
  }
  return outcomes;
}

async function existingBuild(c: Context<ApiEnv>, instance: string, id: string): Promise<StoredRecord<Build>> {
  await existingInstance(c, instance);
  const record = await c.get("services").store.records.get<Build>(instance, BUILD_KINDS, id);
  if (record === null) throw notFound("build", id, `GET /v1/instances/${instance}/builds lists them.`);
  return record;
}

/** The newest build of the binary against the newest of the process, from whichever side one looks. */
async function comparedWithProcess(c: Context<ApiEnv>, record: StoredRecord<Build>) {
  const other = await c
    .get("services")
    .store.records.latest<Build>(record.instance, record.kind === "build" ? "running_build" : "build");
  if (other === null) return null;
  const [binary, process] = record.kind === "build" ? [record, other] : [other, record];
  return { build_id: other.id, ...runningDiffers(binary.value, process.value) };
}

function onTheWire(record: StoredRecord<Build>): z.infer<typeof BuildSchema> {
  return { ...recordFields(record), ...record.value };
}
