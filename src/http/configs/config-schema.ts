/** Configurations and their review on the wire. */
import { z } from "@hono/zod-openapi";
import type { BuildPlan } from "../../analysis/build-plan/build-plan.js";
import type { ConfigReview } from "../../analysis/config-review/review-config.js";
import { ManagerSchema } from "../builds/build-schema.js";
import { Bytes, Count, Id, InstanceName, Sentence, Timestamp } from "../kernel/fields.js";
import { ReadSettingSchema } from "../settings/settings-schema.js";

const Path = z.string().max(1000);
const Line = z.number().int().min(1).max(10_000_000);

export const ConfigRecordSchema = z
  .object({
    id: Id,
    instance: InstanceName,
    recorded_at: Timestamp,
    last_seen_at: Timestamp,
    main: Path,
    files: z
      .array(
        z
          .object({ path: Path, lines: Count, read: z.boolean().openapi({ description: "false: no include leads to it" }) })
          .openapi("ConfigFile"),
      )
      .max(500),
    settings: z.array(ReadSettingSchema).max(100).openapi({ description: "The values that are settings" }),
    modules: z.array(z.string().max(200)).max(1000),
    missing_files: z.array(Path).max(500).openapi({ description: "Included files that were not sent" }),
    unknown: z.array(z.object({ file: Path, line: Line, text: Sentence, reason: Sentence }).openapi("UnknownStatement")).max(500),
    warnings: z.array(Sentence).max(500),
    secrets_removed: Count,
  })
  .openapi("ConfigRecord");

const FindingSchema = z
  .object({
    rule: z.string().max(100).openapi({ example: "memlog_against_debug" }),
    severity: z.enum(["info", "warning", "error"]),
    file: Path.nullable(),
    line: Line.nullable(),
    message: Sentence,
    why: Sentence.openapi({ description: "What Kamailio does, with its source" }),
    write: Sentence.nullable().openapi({ description: "The line to write instead, or to add" }),
    runtime_command: Sentence.nullable().openapi({ description: "Does the same until the next restart" }),
  })
  .openapi("ConfigFinding");

const ReviewFields = z.object({
  ok: z.boolean().openapi({ description: "No finding is an error" }),
  findings: z.array(FindingSchema).max(1000),
  process_estimate: z
    .object({
      processes: Count,
      announced: Count.openapi({ description: 'What the log line "processes (at least)" says' }),
      parts: z
        .array(z.object({ what: Sentence, count: Count, detail: Sentence, source: Sentence }).openapi("ProcessPart"))
        .max(500),
      exact: z.boolean(),
      unknown: z.array(Sentence).max(100),
    })
    .openapi("ProcessEstimate"),
  patch: z
    .object({
      debug_on: z
        .string()
        .max(20_000_000)
        .openapi({ description: "Unified diff into memory-debugging mode; empty when it is in that mode" }),
      debug_off: z.string().max(20_000_000),
      changes: z
        .array(z.object({ file: Path, line: Line, write: z.array(Sentence).max(100), why: Sentence }).openapi("ConfigChange"))
        .max(100),
      warnings: z.array(Sentence).max(100),
    })
    .openapi("ConfigPatch"),
});

export const ConfigReviewSchema = z.object({ config_id: Id }).extend(ReviewFields.shape).openapi("ConfigReview");

type ReviewFits = ConfigReview extends z.input<typeof ReviewFields> ? true : never;
/** The compiler refuses this line when the judgement and the contract part. */
export const REVIEW_FITS_CONTRACT: ReviewFits = true;

const PlanFields = z.object({
  needed: z.boolean().nullable().openapi({ description: "null: the recorded texts cannot tell" }),
  reason: Sentence,
  tool: z.enum(["makefile_defs", "make_flavour", "make_memmng", "make_memdbg", "cmake"]).nullable(),
  modules: z
    .object({ names: z.array(z.string().max(100)).max(1000).nullable(), include_modules: Sentence, source: Sentence })
    .openapi("ModulePlan", { description: "The modules that are built today and are to be kept" }),
  steps: z
    .array(
      z
        .object({
          id: z.enum([
            "packages_debian",
            "packages_redhat",
            "source",
            "configure",
            "build",
            "install",
            "verify",
            "switch",
            "check",
          ]),
          title: Sentence,
          commands: z.array(Sentence).max(100),
          expect: Sentence.nullable(),
        })
        .openapi("BuildPlanStep"),
    )
    .max(50),
  roll_back: z.array(Sentence).max(100),
  cost: z
    .array(
      z
        .object({
          pool: z.enum(["shm", "pkg"]),
          manager: ManagerSchema,
          per_chunk_bytes: Bytes,
          per_pool_bytes: Bytes,
          chunks: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).nullable(),
          total_bytes: Bytes,
        })
        .openapi("DebugCost"),
    )
    .max(10),
  notes: z.array(Sentence).max(100),
});

export const BuildPlanSchema = z
  .object({
    ok: z.boolean().openapi({ description: "Nothing has to be built" }),
    instance: InstanceName,
    build_id: z.union([Id, z.null()]),
  })
  .extend(PlanFields.shape)
  .openapi("BuildPlan");

type PlanFits = BuildPlan extends z.input<typeof PlanFields> ? true : never;
/** The compiler refuses this line when the judgement and the contract part. */
export const PLAN_FITS_CONTRACT: PlanFits = true;
