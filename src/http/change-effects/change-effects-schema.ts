/** Change effects on the wire. */
import { z } from "@hono/zod-openapi";
import type { PoolEffect } from "../../analysis/change-effects/change-effects.js";
import { Bytes, Sentence, Timestamp } from "../kernel/fields.js";
import { pageOf } from "../kernel/page.js";

const Signed = z.number().min(-Number.MAX_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER);

const PoolEffectSchema = z
  .object({
    pool: z.enum(["shm", "pkg"]),
    level_bytes: z.object({ before: z.union([Signed, z.null()]), after: z.union([Signed, z.null()]) }).openapi("LevelChange", {
      description: "In use without what the recorded populations take; of pkg the process that takes most",
    }),
    slope_bytes_per_day: z
      .object({ before: z.union([Signed, z.null()]), after: z.union([Signed, z.null()]) })
      .openapi("SlopeChange", { description: "null: too short to tell" }),
    costs: z
      .array(
        z
          .object({
            object: z.enum(["contact", "dialog", "transaction", "tcp_connection", "tls_connection"]),
            bytes: z
              .object({ before: z.union([Bytes, z.null()]), after: z.union([Bytes, z.null()]) })
              .openapi("CostPair", { description: "null: not measured on that side" }),
          })
          .openapi("CostChange"),
      )
      .max(10),
    verdict: z.enum(["no_effect", "step_up", "step_down", "leak_began", "leak_ended", "dearer", "cheaper", "cannot_tell"]),
    confidence: z.enum(["low", "medium", "high"]),
    evidence: Sentence,
  })
  .openapi("PoolEffect");

const ChangeEffectSchema = z
  .object({
    change: z
      .object({
        kind: z.enum(["build", "settings", "config", "restart", "mark"]),
        at: Timestamp,
        from: z.string().max(500).nullable(),
        to: z.string().max(500).nullable(),
        summary: Sentence,
      })
      .openapi("Change"),
    pools: z.array(PoolEffectSchema).max(2),
    suspects: z.array(Sentence).max(50).openapi({ description: "Known bugs and changed defaults between the two releases" }),
  })
  .openapi("ChangeEffect");

export const ChangeEffectPage = pageOf(ChangeEffectSchema, "ChangeEffectPage");

type Fits = PoolEffect extends z.input<typeof PoolEffectSchema> ? true : never;
/** The compiler refuses this line when the judgement and the contract part. */
export const POOL_EFFECT_FITS_CONTRACT: Fits = true;
