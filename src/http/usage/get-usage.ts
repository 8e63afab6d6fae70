/** `GET .../usage`: the history for charts and scripts, and every raw sample as a stream. */
import { createHash } from "node:crypto";
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { CurveCollector, type Selection } from "../../service/curves/collect-curves.js";
import { rawPages, usageCurves } from "../../service/curves/usage-curves.js";
import type { TimedSample, UsageStore } from "../../store/usage/usage.js";
import { CSV_HEADER, csvRows, ndjsonRows, sampleLine } from "../../web/usage-rows.js";
import { existingInstance } from "../instances/instances.js";
import { isNotModified } from "../kernel/conditional.js";
import type { ApiEnv } from "../kernel/env.js";
import { InstanceParams } from "../kernel/fields.js";
import { MEDIA_TYPES, preferredFormat } from "../kernel/negotiate.js";
import { type Api, handle, operation } from "../kernel/operation.js";
import { type Stretch, StretchQuery, stretchOf } from "./selection.js";
import { UsageSchema, usageOnTheWire } from "./usage-schema.js";

const DEFAULT_POINTS = 500;
const MAX_POINTS = 5_000;

const UsageQuery = StretchQuery.extend({
  points: z
    .union([z.literal("all"), z.coerce.number().int().min(1).max(MAX_POINTS)])
    .default(DEFAULT_POINTS)
    .openapi({
      param: {
        name: "points",
        in: "query",
        description: `Points of a series at the most, each with its lowest, highest and last value; all: every raw sample`,
      },
      example: 500,
    }),
  format: z
    .enum(["json", "csv", "ndjson"])
    .optional()
    .openapi({
      param: { name: "format", in: "query", description: "The representation; stronger than the Accept header" },
      example: "csv",
    }),
});

const Rows = z.string().max(Number.MAX_SAFE_INTEGER);

const getUsage = operation({
  operationId: "getUsage",
  method: "get",
  path: "/v1/instances/{instance}/usage",
  tags: ["Usage"],
  summary: "The history of the memory counters",
  description:
    "As series of points for charts and scripts. Down-sampling keeps peaks: a point has the lowest, the highest and the last value of its bucket, never an average. A long stretch is answered from hourly or daily roll-ups (`resolution`). As `text/csv` and `application/x-ndjson`, one point a row. With `points=all`: every raw sample of the stretch as NDJSON (or CSV), one a line in the form in which it can be posted, as a stream.",
  scope: "read",
  request: { params: InstanceParams, query: UsageQuery },
  responses: {
    200: {
      description: "The history",
      content: {
        "application/json": { schema: UsageSchema },
        "text/csv": { schema: Rows },
        "application/x-ndjson": { schema: Rows },
      },
    },
    304: { description: "It is as the caller has it" },
  },
  problems: [404],
});

export function serveGetUsage(api: Api) {
  handle(api, getUsage, async (c) => {
    const { instance } = c.req.valid("param");
    const { points, format: asked, ...query } = c.req.valid("query");
    const stretch = stretchOf(query);
    await existingInstance(c, instance);
    const { store, now } = c.get("services");
    c.header("Vary", "Accept");
    if (points === "all") return rawAnswer(c, store.usage, instance, stretch, asked);
    const format = preferredFormat(c, ["json", "csv", "ndjson"], asked);
    const usage = await usageCurves(store.usage, instance, { ...stretch, points }, now());
    const text =
      format === "json"
        ? JSON.stringify(usageOnTheWire(stretch.pool, usage))
        : format === "csv"
          ? CSV_HEADER + csvRows(usage.curves)
          : ndjsonRows(usage.curves);
    if (isNotModified(c, `"${createHash("sha1").update(text).digest("base64url")}"`)) return c.body(null, 304);
    return c.text(text, 200, { "Content-Type": contentType(format) });
  });
}

function contentType(format: "json" | "csv" | "ndjson"): string {
  return format === "csv" ? `${MEDIA_TYPES.csv}; charset=utf-8` : MEDIA_TYPES[format];
}

/** NDJSON unless CSV is asked for: raw samples have no other form, so a caller that prefers JSON gets them as JSON lines. */
function rawAnswer(
  c: Context<ApiEnv>,
  usage: UsageStore,
  instance: string,
  stretch: Stretch,
  asked: "json" | "csv" | "ndjson" | undefined,
) {
  const format = preferredFormat(c, ["ndjson", "json", "csv"], asked) === "csv" ? "csv" : "ndjson";
  const pages = rawPages(usage, instance, stretch.from ?? 0, stretch.to ?? Number.MAX_SAFE_INTEGER - 1);
  const texts = format === "csv" ? rawCsv(pages, stretch) : rawLines(pages, stretch);
  return c.body(bytesOf(texts), 200, { "Content-Type": contentType(format) }) as never;
}

async function* rawLines(pages: AsyncIterable<TimedSample[]>, selection: Selection): AsyncGenerator<string> {
  for await (const page of pages) yield page.map((sample) => sampleLine(sample, selection)).join("");
}

async function* rawCsv(pages: AsyncIterable<TimedSample[]>, selection: Selection): AsyncGenerator<string> {
  yield CSV_HEADER;
  for await (const page of pages) {
    const collector = new CurveCollector(selection, 0);
    for (const { at, sample } of page) collector.addSample(at, sample);
    yield csvRows(collector.build().curves, "by_time");
  }
}

/** Nothing is read from the database before the caller takes it. */
function bytesOf(texts: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      for (let next = await texts.next(); ; next = await texts.next()) {
        if (next.done) return controller.close();
        if (next.value === "") continue;
        return controller.enqueue(encoder.encode(next.value));
      }
    },
    async cancel() {
      await texts.return(undefined);
    },
  });
}
