/** Sizing on the wire. */
import { z } from "@hono/zod-openapi";
import type { Sizing } from "../../analysis/sizing/sizing.js";
import { ExhaustionSchema, FullNowSchema, StuckNowSchema } from "../diagnosis/diagnosis-schema.js";
import { Bytes, Count, Sentence, SizeMb, Timestamp } from "../kernel/fields.js";

const RecommendationSchema = z
  .object({
    pool: z.enum(["shm", "pkg"]),
    flag: z.string().max(100).openapi({ example: "-m 512" }),
    current_mb: z.number().min(0).max(16_777_216).nullable(),
    current_source: z.string().max(500).nullable(),
    recommended_mb: SizeMb,
    lower_mb: SizeMb,
    upper_mb: SizeMb,
    finding: z.enum(["right_sized", "undersized", "oversized", "leak_suspected", "insufficient_data", "inconclusive"]),
    reason_codes: z.array(z.string().max(100)).max(50),
    confidence: z.enum(["low", "medium", "high"]),
    factors: z
      .array(
        z
          .object({
            name: z.string().max(100),
            detail: Sentence,
            value_bytes: z.number().min(-Number.MAX_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER),
          })
          .openapi("SizingFactor"),
      )
      .max(100)
      .openapi({ description: "Each step of the sum" }),
    exhaustion: z.union([ExhaustionSchema, z.null()]),
    full_now: z.union([FullNowSchema, z.null()]),
    stuck_now: z.union([StuckNowSchema, z.null()]),
  })
  .openapi("Recommendation");

export const SizingSchema = z
  .object({
    ok: z.boolean(),
    generated_at: Timestamp,
    window: z
      .object({
        from: z.union([Timestamp, z.null()]),
        to: z.union([Timestamp, z.null()]),
        samples: Count,
        coverage: z.number().min(0).max(1),
        restarts: Count,
      })
      .openapi("SizingWindow"),
    recommendations: z.array(RecommendationSchema).max(2),
    host_impact: z
      .object({
        processes: Count,
        shm_bytes: Bytes,
        pkg_bytes_total: Bytes,
        total_bytes: Bytes,
        host_total_bytes: z.union([Bytes, z.null()]),
        limit_bytes: z.union([Bytes, z.null()]).openapi({
          description: "What the container or the service may take before the kernel ends it; null: none is recorded",
        }),
        limit_source: z.string().max(500).nullable(),
      })
      .openapi("HostImpact"),
    apply: z
      .object({
        command_line: Sentence,
        systemd_drop_in: Sentence,
        default_file: Sentence,
        docker_args: Sentence,
        kubernetes_args: Sentence,
      })
      .openapi("SizingLines", { description: "To paste" }),
  })
  .openapi("Sizing");

type Fits = Sizing extends z.input<typeof SizingSchema> ? true : never;
/** The compiler refuses this line when the judgement and the contract part. */
export const SIZING_FITS_CONTRACT: Fits = true;
