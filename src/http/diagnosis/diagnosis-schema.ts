/** Diagnosis on the wire. */
import { z } from "@hono/zod-openapi";
import type { Diagnosis } from "../../analysis/diagnosis/diagnosis.js";
import { Bytes, Count, Sentence, Timestamp } from "../kernel/fields.js";
import { KnownIssues } from "../known-issues/known-issue-schema.js";

const Rate = z.number().min(-Number.MAX_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER);

export const ExhaustionSchema = z
  .object({
    earliest: Timestamp,
    likely: Timestamp,
    latest: z.union([Timestamp, z.null()]).openapi({ description: "null: at the lower end of the slope it never fills" }),
  })
  .openapi("Exhaustion", { description: "When the pool is full, as a range" });

const Share = z.number().min(0).max(2).nullable().openapi({ description: "In use, of the pool", example: 0.978 });
const Moment = z.union([Timestamp, z.null()]);

/** A pool that is full now, in diagnosis and sizing. */
export const FullNowSchema = z
  .object({
    used_share: Share,
    free_bytes: z.union([Bytes, z.null()]),
    processes: z
      .array(
        z
          .object({
            pid: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).nullable(),
            rank: z.number().int().min(-1_000_000).max(1_000_000).nullable(),
            desc: z.string().max(2000).nullable(),
            used_share: Share,
          })
          .openapi("FullProcess"),
      )
      .max(200)
      .openapi({ description: "pkg: the processes that are full" }),
    failures: Count.openapi({ description: "Allocations that failed in this run of the server, as far as logs were recorded" }),
    failing: z.boolean().openapi({ description: "One failed within the last minutes" }),
    since: Moment,
    at: Moment.openapi({ description: "The newest sample, or the last failure" }),
    stale: z.boolean().openapi({ description: "The newest sample is too old to say now: it was full then" }),
  })
  .openapi("FullNow", { description: "The pool is full, as good as full, or refuses memory: stands above every verdict" });

/** State that is not reaped now. */
export const StuckNowSchema = z
  .object({ what: z.enum(["transactions"]), count: Count, since: Moment })
  .openapi("StuckNow", { description: "State that is created and not freed: no size helps" });

const EvidenceSchema = z.object({ rule: z.string().max(200), detail: Sentence, source: Sentence }).openapi("DiagnosisEvidence");

const PoolDiagnosisSchema = z
  .object({
    pool: z.enum(["shm", "pkg"]),
    verdict: z.enum([
      "healthy",
      "growth",
      "leak_suspected",
      "undersized",
      "fragmentation",
      "corruption",
      "stale_data",
      "insufficient_data",
      "inconclusive",
    ]),
    severity: z.enum(["info", "warning", "error", "critical"]),
    summary: Sentence,
    processes: z
      .array(z.string().max(500))
      .max(2000)
      .openapi({ description: "Classes of processes that the verdict is about (pkg)" }),
    evidence_for: z.array(EvidenceSchema).max(200),
    evidence_against: z.array(EvidenceSchema).max(200),
    slope_bytes_per_day: z.union([z.object({ low: Rate, likely: Rate, high: Rate }).openapi("SlopeRange"), z.null()]),
    exhaustion: z.union([ExhaustionSchema, z.null()]),
    next: z.array(z.object({ why: Sentence, command: Sentence }).openapi("NextStep")).max(100),
    began_at: Moment.openapi({
      description: "When a leak began, where that is within the history; evidence `rise_began` says what changed then",
    }),
    full_now: z.union([FullNowSchema, z.null()]),
    stuck_now: z.union([StuckNowSchema, z.null()]),
  })
  .openapi("PoolDiagnosis");

const DiagnosisFields = z.object({
  ok: z.boolean().openapi({ description: "Nothing was found that needs somebody" }),
  pools: z.array(PoolDiagnosisSchema).max(2),
  title: Sentence.openapi({ description: "For a ticket" }),
  dedup_key: z
    .string()
    .max(500)
    .openapi({ description: "The same while the verdict changes and when it is over", example: "sip1:pkg:verdict" }),
});

export const DiagnosisSchema = DiagnosisFields.extend({
  as_of: Timestamp.openapi({ description: "The moment that was judged for: now, or the last sample of a history that ended" }),
  known_issues: KnownIssues,
}).openapi("Diagnosis");

type Fits = Diagnosis extends z.input<typeof DiagnosisFields> ? true : never;
/** The compiler refuses this line when the judgement and the contract part. */
export const DIAGNOSIS_FITS_CONTRACT: Fits = true;
