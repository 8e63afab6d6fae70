/** `POST .../usage`: whatever a command printed about memory goes into the history, as a stream. */
import { z } from "@hono/zod-openapi";
import { usageSighting } from "../../analysis/facts/sightings.js";
import { recognise, wrongEndpointHint } from "../../kamailio/recognise.js";
import { timestamp } from "../../kamailio/units.js";
import { createUsageReader, MAX_REJECTED, type UsageReport } from "../../kamailio/usage/reader.js";
import { refusalOf } from "../../kamailio/usage/refusal.js";
import { readZone } from "../../kamailio/usage/time-zone.js";
import { keepSighting } from "../../service/intake/keep-sighting.js";
import { ReadingFactsCache, saysMore } from "../../service/intake/reading-facts.js";
import { receiveUsage } from "../../service/intake/receive-usage.js";
import type { Recorded } from "../../store/usage/usage.js";
import { CreateQuery, existingOrAsked, withInstance } from "../instances/instances.js";
import { bodyKind, textChunks } from "../kernel/body.js";
import { InstanceParams } from "../kernel/fields.js";
import { type Api, handle, operation } from "../kernel/operation.js";
import { ProblemError } from "../kernel/problem.js";
import { notWhatIsReadHere } from "../kernel/recorded-text.js";
import { AtQuery, takenAt } from "../kernel/when.js";
import { UsageAcceptedSchema } from "./usage-schema.js";

const EXAMPLE = `### 2026-11-23T08:15:30Z
{
	total: 67108864
	free: 60841104
	used: 5480320
	real_used: 6267760
	max_used: 6402208
	fragments: 12
}
`;

const NDJSON_EXAMPLE = `{"at":"2026-11-23T08:15:30Z","uptime":86400,"shm":{"total":67108864,"free":60841104,"used":5480320,"real_used":6267760,"max_used":6402208,"fragments":12},"pkg":[{"pid":3931,"rank":1,"used":409600,"free":7700000,"real_used":688608,"total_size":8388608,"total_frags":4,"desc":"udp receiver child=0 sock=127.0.0.1:5060"}],"load":{"registered_users":1200}}
`;

const recordUsage = operation({
  operationId: "recordUsage",
  method: "post",
  path: "/v1/instances/{instance}/usage",
  tags: ["Usage"],
  summary: "Record memory counters",
  description:
    "Takes what `kamcmd core.shmmem`, `pkg.stats`, `shm.info`, `shm.stats`, `pkg.info`, `stats.get_statistics`, `stats.fetch`, `tm.stats`, `core.uptime`, `kamctl stats` and their JSON-RPC answers print, pages of xhttp_prom and of the exporters, and NDJSON samples `{at, uptime?, shm?: {total, free, used, real_used, max_used, fragments}, pkg?: [{pid, rank, used, free, real_used, total_size, total_frags, desc}], load?: {name: number}}`; several of them after one another, with or without lines that say the time; of any size, as a stream. Histories of other tools as well: Prometheus `query` and `query_range` answers, VictoriaMetrics exports, OpenMetrics with times, CSV of Grafana, Zabbix, InfluxDB and collectd, Influx line protocol, perfdata, statsd, Graphite, munin, `time key=value` lines, tables, and this service's own exports. A sample is identified by its time: sending it again changes nothing, and an upload that was cut can simply be sent again. `duplicates` counts the samples that were known already. What is not kept is in `rejected`, with its line and what to do. Samples more than a day ahead of the server's clock are refused.",
  scope: "ingest",
  request: {
    params: InstanceParams,
    query: AtQuery.extend(CreateQuery.shape).extend({
      timezone: z
        .string()
        .min(1)
        .max(64)
        .refine((name) => readZone(name) !== null, "no time zone: an IANA name such as Europe/Berlin, or +02:00")
        .optional()
        .openapi({
          param: { name: "timezone", in: "query", description: "The zone of local times in the text; UTC without it" },
          example: "Europe/Berlin",
        }),
    }),
  },
  body: {
    required: true,
    description: "What the commands printed, or samples",
    content: {
      "text/plain": { schema: z.string(), example: EXAMPLE },
      "application/x-ndjson": { schema: z.string(), example: NDJSON_EXAMPLE },
      "application/json": {
        schema: z.record(z.string(), z.unknown()).openapi("UsageJson", {
          description: "A sample, or the JSON-RPC answer of a command",
          example: JSON.parse(NDJSON_EXAMPLE),
        }),
      },
    },
  },
  responses: {
    201: { description: "Recorded", content: { "application/json": { schema: UsageAcceptedSchema } } },
  },
  problems: [404, 409, 413, 415, 422],
});

export function serveRecordUsage(api: Api) {
  const facts = new ReadingFactsCache();

  handle(api, recordUsage, async (c) => {
    const { instance } = c.req.valid("param");
    const { at, timezone, create } = c.req.valid("query");
    const { store, now } = c.get("services");
    const received_at = now();
    const taken = takenAt(at, received_at);
    bodyKind(c);
    const known = await facts.of(store, instance);
    const reader = createUsageReader({
      now: received_at,
      at: at === undefined ? null : taken,
      timezone: timezone ?? null,
      version: known.version,
      shm_size_mb: known.shm_size_mb,
    });
    let wanted = create;
    const { report, recorded, first_at, last_at, head } = await receiveUsage(
      textChunks(c, Number.POSITIVE_INFINITY),
      reader,
      (samples, previous) => {
        const asked = wanted;
        // Only the first write may make the instance: one that is deleted during the upload stays deleted.
        wanted = undefined;
        return withInstance(c, instance, asked, () => store.usage.add(instance, samples, received_at, previous));
      },
    );
    if (first_at === null) {
      await existingOrAsked(c, instance, create);
      throw nothingKept(report, head);
    }
    const sighting = usageSighting(report);
    if (sighting !== null && saysMore(sighting, known)) await keepSighting(store, instance, sighting, last_at ?? received_at);
    const body = {
      accepted: countsOf(recorded),
      first_at: timestamp(first_at),
      last_at: last_at === null ? null : timestamp(last_at),
      duplicates: recorded.duplicates,
      ...whatWasNotKept(report),
      warnings: report.warnings,
      read: report.kinds,
    };
    return c.json(body, 201);
  });
}

function countsOf({ samples, shm, pkg, load }: Recorded) {
  return { samples, shm, pkg, load };
}

/** What was refused and the lines that no reader knew, in their order. */
function whatWasNotKept({ rejected, rejected_total, unrecognized }: UsageReport) {
  const unread = unrecognized.first.map(({ line, text }) => ({
    line,
    reason: `this is no line of a known output: ${printable(text)}`,
    hint: null,
  }));
  return {
    rejected: [...rejected, ...unread].sort((a, b) => a.line - b.line).slice(0, MAX_REJECTED),
    rejected_total: rejected_total + unrecognized.total,
  };
}

/** A line of the upload inside an answer: without what a terminal would obey. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "�");
}

/** The 422 for an upload of which nothing was kept: why, or where the text belongs. */
function nothingKept(report: UsageReport, head: string): ProblemError {
  const first = refusalOf(report, recognise(head));
  if (first === null)
    return notWhatIsReadHere(head, "usage", "usage (kamcmd core.shmmem, pkg.stats, stats.get_statistics, NDJSON samples)");
  return new ProblemError(422, "nothing_kept", {
    detail: `Nothing in this text could be kept. Line ${first.line}: ${first.reason}.`,
    hint: first.hint ?? wrongEndpointHint(recognise(head), "usage"),
    errors: report.rejected.slice(0, 100).map(({ line, reason }) => ({ message: `line ${line}: ${reason}` })),
  });
}
