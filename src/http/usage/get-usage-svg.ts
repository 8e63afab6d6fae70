/** `GET .../usage.svg`: the history of a pool as a picture for a ticket or a page. */
import { createHash } from "node:crypto";
import { z } from "@hono/zod-openapi";
import { diagnose } from "../../analysis/diagnosis/diagnose.js";
import type { Pool } from "../../kamailio/pool.js";
import { usageCurves } from "../../service/curves/usage-curves.js";
import type { MarkValue } from "../../service/facts/change-list.js";
import { type RecordedHistory, recordedHistory } from "../../service/facts/history.js";
import { instanceFacts } from "../../service/facts/instance-facts.js";
import { type Forecast, LEAST_WIDTH, MOST_WIDTH, usageCharts } from "../../web/usage-chart/usage-chart.js";
import { existingInstance } from "../instances/instances.js";
import { isNotModified } from "../kernel/conditional.js";
import { InstanceParams } from "../kernel/fields.js";
import { type Api, handle, operation } from "../kernel/operation.js";
import { StretchQuery, stretchOf } from "./selection.js";
import { PoolSchema } from "./usage-schema.js";

const DEFAULT_WIDTH = 800;
/** Pixels that a point of a curve has: finer than that nobody sees. */
const PIXELS_PER_POINT = 2;

const getUsageSvg = operation({
  operationId: "getUsageSvg",
  method: "get",
  path: "/v1/instances/{instance}/usage.svg",
  tags: ["Usage"],
  summary: "The history of a pool as a picture",
  description:
    "SVG that stands alone: the size of the pool, what is in use with its lowest and highest value, the peak, restarts, stretches without data, and when the pool is full where the diagnosis expects that. For pkg the fullest processes. Its words are in `title` and `desc`.",
  scope: "read",
  request: {
    params: InstanceParams,
    query: StretchQuery.omit({ pid: true }).extend({
      pool: PoolSchema.optional().openapi({
        param: {
          name: "pool",
          in: "query",
          description: "Without it the pool in trouble, both below one another where both are, shm where none is",
        },
      }),
      theme: z
        .enum(["light", "dark", "auto"])
        .default("auto")
        .openapi({
          param: { name: "theme", in: "query", description: "auto: as the reader's machine prefers (prefers-color-scheme)" },
        }),
      width: z.coerce
        .number()
        .int()
        .min(LEAST_WIDTH)
        .max(MOST_WIDTH)
        .default(DEFAULT_WIDTH)
        .openapi({ param: { name: "width", in: "query", description: "Pixels" }, example: 600 }),
    }),
  },
  responses: {
    200: { description: "The picture", content: { "image/svg+xml": { schema: z.string().max(10_000_000) } } },
    304: { description: "It is as the caller has it" },
  },
  problems: [404],
});

/** More of them would cover the curve. */
const MARKS_DRAWN = 100;

export function serveUsageSvg(api: Api) {
  handle(api, getUsageSvg, async (c) => {
    const { instance } = c.req.valid("param");
    const { theme, width, pool: asked, ...query } = c.req.valid("query");
    await existingInstance(c, instance);
    const { store, now } = c.get("services");
    const recorded = await recordedHistory(store, await instanceFacts(store, instance), now());
    const points = Math.floor(width / PIXELS_PER_POINT);
    const marks = (await store.records.list<MarkValue>(instance, ["mark"], { after: null, limit: MARKS_DRAWN })).map(
      ({ recorded_at, value }) => ({ at: recorded_at, text: value.text }),
    );
    const subjects = await Promise.all(
      (asked === undefined ? poolsInTrouble(recorded, now()) : [asked]).map(async (pool) => {
        const stretch = stretchOf({ ...query, pool });
        const usage = await usageCurves(store.usage, instance, { ...stretch, points }, now());
        return { instance, pool, usage, forecast: forecastOf(recorded, pool, stretch.to), marks };
      }),
    );
    const svg = await usageCharts(subjects, { theme, width });
    if (isNotModified(c, `"${createHash("sha1").update(svg).digest("base64url")}"`)) return c.body(null, 304);
    return c.text(svg, 200, {
      "Content-Type": "image/svg+xml; charset=utf-8",
      "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    });
  });
}

/** What the diagnosis expects; nothing for a picture that ends before the history does. */
function forecastOf({ history, as_of }: RecordedHistory, pool: Pool, to: number | null): Forecast | null {
  if (to !== null && to < as_of) return null;
  const exhaustion = diagnose(history, as_of, [pool]).pools[0]?.exhaustion ?? null;
  if (exhaustion === null) return null;
  const { earliest, likely, latest } = exhaustion;
  return { earliest: Date.parse(earliest), likely: Date.parse(likely), latest: latest === null ? null : Date.parse(latest) };
}

/** The pools whose diagnosis is a warning or worse, shm first; shm where there is none. */
function poolsInTrouble({ history, as_of }: RecordedHistory, now: number): Pool[] {
  const judged = diagnose(history, as_of, undefined, now).pools;
  const troubled = (["shm", "pkg"] as const).filter((name) =>
    judged.some(({ pool, severity }) => pool === name && severity !== "info"),
  );
  return troubled.length === 0 ? ["shm"] : troubled;
}
