/** Usage on the wire: the answer to an upload, and a stretch of the history. */
import { z } from "@hono/zod-openapi";
import { timestamp } from "../../kamailio/units.js";
import { MAX_REJECTED } from "../../kamailio/usage/reader.js";
import type { UsageCurves } from "../../service/curves/curves.js";
import { Count, Sentence, Timestamp } from "../kernel/fields.js";

const Value = z.number().min(-Number.MAX_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER);
const Milliseconds = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const Name = z.string().max(300);

export const PoolSchema = z
  .enum(["shm", "pkg"])
  .openapi("Pool", { description: "shm: shared by all processes; pkg: one a process" });

const UsagePointSchema = z
  .object({
    at: Timestamp.openapi({ description: "The sample's time, or the start of the bucket" }),
    min: Value,
    max: Value,
    last: Value,
    samples: z.number().int().min(1).max(4_294_967_295).openapi({ description: "Samples in the bucket" }),
  })
  .openapi("UsagePoint", {
    example: { at: "2026-11-23T08:00:00.000Z", min: 6_267_760, max: 6_402_208, last: 6_300_000, samples: 60 },
  });

const UsageSeriesSchema = z
  .object({
    pool: z.union([PoolSchema, z.null()]).openapi({ description: "null: a load counter" }),
    name: Name.openapi({ description: "Kamailio's name of the counter", example: "real_used" }),
    unit: z.enum(["bytes", "count"]),
    process: Name.nullable().openapi({
      description: "pkg: the process through all its restarts, by its description, or its rank where that is all that is known",
      example: "udp receiver child=0 sock=127.0.0.1:5060",
    }),
    pid: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).nullable().openapi({ description: "The pid that it had last" }),
    rank: z.number().int().min(-Number.MAX_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER).nullable(),
    desc: Name.nullable(),
    points: z.array(UsagePointSchema).max(100_000),
  })
  .openapi("UsageSeries");

const UsageEventSchema = z
  .object({
    at: Timestamp,
    kind: z.enum(["restart", "resize", "gap", "reload"]),
    pool: z.union([PoolSchema, z.null()]),
    detail: z.string().max(2000),
  })
  .openapi("UsageEvent", {
    example: { at: "2026-11-23T08:15:30.000Z", kind: "restart", pool: null, detail: "all processes have new pids" },
  });

export const UsageSchema = z
  .object({
    pool: z.union([PoolSchema, z.null()]).openapi({ description: "As asked; null: both, and the load" }),
    from: Timestamp,
    to: Timestamp,
    resolution: z.enum(["raw", "hour", "day"]).openapi({ description: "What the points were made of" }),
    bucket_ms: Milliseconds.openapi({ description: "Width of a point's bucket; 0: each point is a sample" }),
    series: z.array(UsageSeriesSchema).max(2_000),
    events: z.array(UsageEventSchema).max(100_000),
    warnings: z.array(z.string().max(2000)).max(10),
  })
  .openapi("Usage");

/** What the API answers for the curves. */
export function usageOnTheWire(pool: "shm" | "pkg" | null, usage: UsageCurves): z.infer<typeof UsageSchema> {
  const { from, to, resolution, bucket_ms, curves, events, warnings } = usage;
  return {
    pool,
    from: timestamp(from),
    to: timestamp(to),
    resolution,
    bucket_ms,
    series: curves.map(({ points, ...curve }) => ({
      ...curve,
      points: Array.from(points.at, (at, row) => pointOf(points, at, row)),
    })),
    events: events.map((event) => ({ ...event, at: timestamp(event.at) })),
    warnings,
  };
}

function pointOf({ min, max, last, count }: UsageCurves["curves"][number]["points"], at: number, row: number) {
  return { at: timestamp(at), min: min[row] ?? 0, max: max[row] ?? 0, last: last[row] ?? 0, samples: count[row] ?? 1 };
}

export const RejectedLineSchema = z
  .object({
    line: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).openapi({ description: "From 1" }),
    reason: Sentence,
    hint: Sentence.nullable().openapi({ description: "The command that gives the right value, or where this text belongs" }),
  })
  .openapi("RejectedLine", {
    example: {
      line: 7,
      reason: "core.shmmem printed kilo-, mega- or gigabytes, cut to whole ones: these are no bytes",
      hint: "kamcmd core.shmmem",
    },
  });

export const UsageAcceptedSchema = z
  .object({
    accepted: z
      .object({
        samples: Count.openapi({ description: "Moments that brought something new" }),
        shm: Count.openapi({ description: "Readings of the shared pool in them" }),
        pkg: Count.openapi({ description: "Rows of processes in them" }),
        load: Count.openapi({ description: "Load counters in them" }),
      })
      .openapi("UsageAcceptedCounts"),
    first_at: z.union([Timestamp, z.null()]).openapi({ description: "The earliest moment in the upload, known before or not" }),
    last_at: z.union([Timestamp, z.null()]),
    duplicates: Count.openapi({ description: "Moments that were known already and brought nothing new" }),
    rejected: z
      .array(RejectedLineSchema)
      .max(MAX_REJECTED)
      .openapi({ description: `The first ${MAX_REJECTED} parts that were not kept` }),
    rejected_total: Count,
    warnings: z.array(Sentence).max(100),
    read: z
      .array(z.string().max(200))
      .max(100)
      .openapi({ description: "What was recognised, in order", example: ["core.shmmem", "pkg.stats"] }),
  })
  .openapi("UsageAccepted");
