/** Capacity on the wire. */
import { z } from "@hono/zod-openapi";
import type { Capacity } from "../../analysis/capacity/capacity.js";
import { Bytes, Count, Sentence, SizeMb } from "../kernel/fields.js";

const CountedObject = z.enum(["contact", "dialog", "transaction", "tcp_connection", "tls_connection"]);
const CostObject = z.enum([...CountedObject.options, "process_shm", "process_pkg"]);
const Pool = z.enum(["shm", "pkg"]);

const CostSchema = z
  .object({
    object: CostObject,
    bytes: z.object({ low: Bytes, likely: Bytes, high: Bytes }).openapi("CostRange"),
    source: z.enum(["measured", "configuration", "release_table"]).openapi({
      description: "measured on this server where its populations moved enough; else by its configuration; else by the release",
    }),
    evidence: Sentence,
  })
  .openapi("ObjectCost");

const FixedPartSchema = z
  .object({
    pool: Pool,
    what: Sentence,
    bytes: z.number().min(-Number.MAX_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER).openapi({ description: "pkg: of one process" }),
    source: Sentence,
    file: z.string().max(1000).optional(),
    line: Count.optional().openapi({ description: "The line that decides it; missing for a default" }),
    only: z
      .string()
      .max(200)
      .optional()
      .openapi({ description: "The one process that takes it; missing for what every one takes" }),
  })
  .openapi("FixedPart");

export const CapacitySchema = z
  .object({
    ok: z.boolean().openapi({ description: "It fits what is configured: both pools, and the host or its limit" }),
    costs: z.array(CostSchema).max(20),
    fixed: z
      .object({
        shm_bytes: Bytes,
        pkg_bytes: Bytes.openapi({ description: "Of the process that takes most" }),
        parts: z.array(FixedPartSchema).max(25_000),
        exact: z.boolean(),
        unknown: z.array(Sentence).max(100).openapi({ description: "What is not recorded and decides a part" }),
      })
      .openapi("FixedParts"),
    now: z
      .object({
        contact: Count.optional(),
        dialog: Count.optional(),
        transaction: Count.optional(),
        tcp_connection: Count.optional(),
        tls_connection: Count.optional(),
        processes: Count,
        shm_bytes: Bytes.optional(),
      })
      .openapi("Populations", { description: "At the newest sample; a population without a counter is missing" }),
    forecast: z
      .object({
        shm_mb: SizeMb,
        pkg_mb: SizeMb,
        host_bytes: Bytes.openapi({ description: "-m and -M of every process" }),
        factors: z
          .array(
            z
              .object({
                pool: Pool,
                name: z.string().max(100),
                detail: Sentence,
                value_bytes: z.number().min(-Number.MAX_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER),
              })
              .openapi("ForecastFactor"),
          )
          .max(200),
      })
      .openapi("CapacityForecast"),
    headroom: z
      .array(z.object({ object: CostObject, more: Count, limit: z.string().max(200) }).openapi("Headroom"))
      .max(20)
      .openapi({ description: "How many more of each alone, the others at their peak" }),
    configured: z
      .object({
        shm_mb: z.number().min(0).max(16_777_216).nullable(),
        pkg_mb: z.number().min(0).max(16_777_216).nullable(),
      })
      .openapi("ConfiguredSizes"),
  })
  .openapi("Capacity");

type Fits = Capacity extends z.input<typeof CapacitySchema> ? true : never;
/** The compiler refuses this line when the judgement and the contract part. */
export const CAPACITY_FITS_CONTRACT: Fits = true;
