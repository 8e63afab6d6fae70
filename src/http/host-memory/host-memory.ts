/** Host memory: what the operating system's numbers mean for Kamailio. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { hostMemoryContext } from "../../analysis/facts/host-context.js";
import { judgeHostMemory } from "../../analysis/host-memory/host-memory.js";
import { readHostMemory } from "../../kamailio/host-memory/read.js";
import type { HostMemoryReading } from "../../kamailio/host-memory/reading.js";
import { removeSecrets } from "../../kamailio/secrets.js";
import { MB } from "../../kamailio/units.js";
import { instanceFacts } from "../../service/facts/instance-facts.js";
import { newestShmPeak } from "../../service/facts/shm-peak.js";
import type { StoredRecord } from "../../store/records.js";
import { hostMemoryDocument } from "../../web/host-memory-document.js";
import { CreateQuery, existingInstance, existingOrAsked, withInstance } from "../instances/instances.js";
import { bodyKind, bodyText } from "../kernel/body.js";
import { notFound } from "../kernel/conditional.js";
import type { ApiEnv } from "../kernel/env.js";
import { InstanceParams } from "../kernel/fields.js";
import { JudgementQuery, judgementAnswer, judgementResponses } from "../kernel/judgement.js";
import { type Api, handle, operation } from "../kernel/operation.js";
import { contentHash, notWhatIsReadHere, recordFields } from "../kernel/recorded-text.js";
import { AtQuery, takenAt } from "../kernel/when.js";
import { HostMemorySchema } from "./host-memory-schema.js";

/** smaps of some hundred processes is the longest of these texts. */
const TEXT_LIMIT = 32 * MB;

const EXAMPLE = `MemTotal:       16316412 kB
MemFree:          401232 kB
MemAvailable:   11892340 kB
Buffers:          302112 kB
Cached:          2401232 kB
Shmem:            512344 kB
SReclaimable:    8801232 kB
`;

const recordHostMemory = operation({
  operationId: "recordHostMemory",
  method: "post",
  path: "/v1/instances/{instance}/host-memory",
  tags: ["Dumps and logs"],
  summary: "What high memory on the host means",
  description:
    "Takes /proc/meminfo, `free`, `slabtop`, /proc/PID/status, smaps, smaps_rollup and `ps`, one or several after one another, of one moment or of two. Is it Kamailio's pool being touched for the first time, malloc outside the pools, page cache, reclaimable slab, or a real shortage? With the arithmetic. The sizes of the pools come from the recorded settings.",
  scope: "ingest",
  request: { params: InstanceParams, query: AtQuery.extend(CreateQuery.shape).extend(JudgementQuery) },
  body: { required: true, content: { "text/plain": { schema: z.string().max(TEXT_LIMIT), example: EXAMPLE } } },
  responses: {
    ...judgementResponses(HostMemorySchema, "The judgement; the latest text is the same"),
    201: {
      description: "Recorded, and the judgement",
      content: {
        "application/json": { schema: HostMemorySchema },
        "text/markdown": { schema: z.string().max(10_000_000) },
        "text/plain": { schema: z.string().max(10_000_000) },
      },
    },
  },
  problems: [404, 409, 413, 415],
});

const getHostMemory = operation({
  operationId: "getHostMemory",
  method: "get",
  path: "/v1/instances/{instance}/host-memory",
  tags: ["Dumps and logs"],
  summary: "The latest host memory, judged by what is recorded now",
  description: "The text that was posted last, against the settings and usage of today.",
  scope: "read",
  request: { params: InstanceParams, query: z.object(JudgementQuery) },
  responses: judgementResponses(HostMemorySchema, "The judgement"),
  problems: [404],
});

export function serveHostMemory(api: Api) {
  handle(api, recordHostMemory, async (c) => {
    const { instance } = c.req.valid("param");
    const query = c.req.valid("query");
    const { store, now } = c.get("services");
    const recorded_at = takenAt(query.at, now());
    bodyKind(c);
    const { text } = removeSecrets(await bodyText(c, TEXT_LIMIT));
    const reading = readHostMemory(text);
    if (isNothing(reading)) {
      await existingOrAsked(c, instance, query.create);
      throw notWhatIsReadHere(
        text,
        "host-memory",
        "memory of a host or a process (/proc/meminfo, free, /proc/PID/status, smaps)",
      );
    }
    const { created, record } = await withInstance(c, instance, query.create, () =>
      store.records.add<HostMemoryReading>({
        instance,
        kind: "host_memory",
        recorded_at,
        content_hash: contentHash(reading),
        text,
        value: reading,
      }),
    );
    return answer(c, query, record, created);
  });

  handle(api, getHostMemory, async (c) => {
    const { instance } = c.req.valid("param");
    await existingInstance(c, instance);
    const record = await c.get("services").store.records.latest<HostMemoryReading>(instance, "host_memory");
    if (record === null)
      throw notFound(
        "host memory",
        "latest",
        `cat /proc/meminfo | curl --data-binary @- .../v1/instances/${instance}/host-memory`,
      );
    return answer(c, c.req.valid("query"), record, false);
  });
}

async function answer(
  c: Context<ApiEnv>,
  query: Parameters<typeof judgementAnswer>[1],
  record: StoredRecord<HostMemoryReading>,
  created: boolean,
) {
  const { store } = c.get("services");
  const [facts, peak] = await Promise.all([instanceFacts(store, record.instance), newestShmPeak(store, record.instance)]);
  const judgement = judgeHostMemory(record.value, hostMemoryContext(facts, peak));
  const body = { ...recordFields(record), ...judgement, unknown_lines: record.value.unknown_lines };
  const response = judgementAnswer(c, query, body, () => hostMemoryDocument(judgement, record.instance));
  return created && response.status === 200 ? new Response(response.body, { status: 201, headers: response.headers }) : response;
}

function isNothing({ hosts, processes, other_processes, slab_caches, groups }: HostMemoryReading): boolean {
  return hosts.length + processes.length + other_processes + slab_caches.length + (groups?.length ?? 0) === 0;
}
