/** The answer to an upload of usage. */
import { z } from "@hono/zod-openapi";
import { MAX_REJECTED } from "../../kamailio/usage/reader.js";
import { Timestamp } from "../api.js";

const Count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const Sentence = z.string().max(4000);

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
