/** The stateless analysis on the wire. */
import { z } from "@hono/zod-openapi";
import type { Analysis } from "../../analysis/analyses/analysis.js";
import { BuildFields } from "../builds/build-schema.js";
import { ConfigReviewSchema } from "../configs/config-schema.js";
import { DiagnosisSchema } from "../diagnosis/diagnosis-schema.js";
import { DumpComparisonSchema } from "../dump-comparison/dump-comparison-schema.js";
import { DumpSchema } from "../dumps/dump-schema.js";
import { knowledgeOnTheWire, SiteKnowledgeSchema } from "../dumps/site-schema.js";
import { HostMemorySchema } from "../host-memory/host-memory-schema.js";
import { Bytes, Count, Sentence, Timestamp } from "../kernel/fields.js";
import { KnownIssues } from "../known-issues/known-issue-schema.js";
import { IncidentSchema } from "../logs/incident-schema.js";
import { ReadinessSchema } from "../readiness/readiness-schema.js";
import { EffectiveSettingsSchema } from "../settings/settings-schema.js";
import { SizingSchema } from "../sizing/sizing-schema.js";
import { RejectedLineSchema } from "../usage/usage-schema.js";

const Name = z.string().max(500).nullable();
const SourceLine = z.number().int().min(0).max(9_999_999).nullable();
const TextName = z.string().max(200).openapi({ description: "The name of the text", example: "kamailio.log" });

/** Sites of each dump that can be asked for. */
export const MAX_SITES = 5000;

export const AnalysisTexts = z
  .object({
    texts: z
      .array(
        z
          .object({
            name: z.string().min(1).max(200).optional().openapi({ example: "kamailio.log" }),
            text: z.string().openapi({ description: "As it was printed" }),
            taken_at: z.iso
              .datetime({ offset: true })
              .optional()
              .openapi({ description: "When it was taken, for what does not say it itself", example: "2026-11-23T08:15:30Z" }),
          })
          .openapi("AnalysisText"),
      )
      .min(1)
      .max(100)
      .openapi({ description: "All of one server; of dumps without times the oldest first" }),
  })
  .openapi("AnalysisTexts", {
    example: {
      texts: [{ name: "build", text: "version: kamailio 5.6.3 (x86_64/linux)\n" }, { text: "kamailio -m 256 -M 16\n" }],
    },
  });

const AnalysedSiteSchema = z
  .object({
    module: Name,
    file: Name,
    function: Name,
    line: SourceLine,
    count: Count.nullable().openapi({ description: "Chunks; null where the form prints bytes alone" }),
    bytes: z
      .number()
      .int()
      .min(-Number.MAX_SAFE_INTEGER)
      .max(Number.MAX_SAFE_INTEGER)
      .openapi({ description: "Negative where a release's counter wrapped; a warning says so" }),
    explanation: z
      .union([
        SiteKnowledgeSchema.pick({ object: true, lifetime: true, freed_when: true, grows_with: true, sized_by: true })
          .extend({
            start_up: z.boolean().openapi({ description: "Allocated at start and kept: no leak" }),
            counter: Sentence.nullable().openapi({ description: "It says how many objects there should be" }),
          })
          .openapi("SiteExplanation"),
        z.null(),
      ])
      .openapi({ description: "Of the largest sites; null where the catalogue does not know the site" }),
  })
  .openapi("AnalysedSite", { description: "Who allocated; not who forgot to free" });

const AnalysedDumpSchema = z
  .object({ text: TextName })
  .extend(
    DumpSchema.omit({
      id: true,
      instance: true,
      taken_at: true,
      taken_at_source: true,
      recorded_at: true,
      last_seen_at: true,
      sites: true,
    }).shape,
  )
  .extend({
    taken_at: z.union([Timestamp, z.null()]).openapi({ description: "null: its log carries no times" }),
    sites_total: Count.openapi({ description: "How many sites it has, also those beyond `sites` of the query" }),
    sites: z.array(AnalysedSiteSchema).max(MAX_SITES).openapi({ description: "By bytes, largest first" }),
  })
  .openapi("AnalysedDump");

const AnalysedComparisonSchema = z
  .object(DumpComparisonSchema.shape)
  .omit({ dump_ids: true })
  .extend({
    dump_names: z
      .array(z.string().max(300))
      .max(21)
      .openapi({ description: "Text and line of each dump, oldest first", example: ["kamailio.log:17", "kamailio.log:7668"] }),
  })
  .openapi("AnalysedComparison");

const AnalysedIncidentSchema = z
  .object({ text: TextName })
  .extend(IncidentSchema.omit({ id: true, instance: true, recorded_at: true, last_seen_at: true }).shape)
  .openapi("AnalysedIncident");

const AnalysedUsageSchema = z
  .object({
    accepted: z.object({ samples: Count, shm: Count, pkg: Count, load: Count }).openapi("AnalysedUsageCounts"),
    first_at: z.union([Timestamp, z.null()]),
    last_at: z.union([Timestamp, z.null()]),
    as_of: Timestamp.openapi({ description: "The moment that was judged for: the last sample" }),
    kinds: z
      .array(z.string().max(200))
      .max(500)
      .openapi({ example: ["core.shmmem", "pkg.stats"] }),
    rejected: z.array(z.object({ text: TextName }).extend(RejectedLineSchema.shape).openapi("AnalysedRejectedLine")).max(1000),
    rejected_total: Count,
    diagnosis: z.object(DiagnosisSchema.shape).omit({ as_of: true, known_issues: true }).openapi("AnalysedDiagnosis"),
    sizing: SizingSchema,
  })
  .openapi("AnalysedUsage");

const Kind = z.string().max(100).openapi({ description: "What it looks like", example: "kamailio_log" });
const Title = z.string().max(500).openapi({ description: 'Completes "this looks like ..."', example: "a log of Kamailio" });

export const AnalysisSchema = z
  .object({
    ok: z.boolean().openapi({ description: "No error among the incidents, and each judgement that was made is ok" }),
    summary: z.string().max(20_000).openapi({ description: "What matters most, in a few sentences" }),
    recognised: z
      .array(
        z
          .object({
            text: TextName,
            kind: Kind,
            title: Title,
            parts: z
              .array(z.enum(["dumps", "incidents", "log", "builds", "settings", "usage", "host_memory", "config"]))
              .max(10)
              .openapi({ description: "What was read of it" }),
            bytes: Bytes,
            lines: Count,
          })
          .openapi("RecognisedText"),
      )
      .max(100),
    unrecognised: z
      .array(
        z
          .object({
            text: TextName,
            kind: Kind,
            title: Title,
            reason: Sentence.nullable().openapi({
              description: "Why its reader kept nothing of it; null where no reader knows it",
            }),
            hint: Sentence.openapi({ description: "What to do instead" }),
            bytes: Bytes,
          })
          .openapi("UnrecognisedText"),
      )
      .max(100),
    dumps: z.array(AnalysedDumpSchema).max(100_000),
    comparison: z
      .union([AnalysedComparisonSchema, z.null()])
      .openapi({ description: "The most telling one of the dumps that can be compared" }),
    other_comparisons: z.array(AnalysedComparisonSchema).max(20).openapi({ description: "Of other pools and processes" }),
    incidents: z.array(AnalysedIncidentSchema).max(1000).openapi({ description: "The worst first" }),
    look_alikes: z
      .array(
        z
          .object({
            text: TextName,
            class: z.string().max(100),
            count: Count,
            first_line: Count,
            quote: z.string().max(500),
            why: Sentence,
          })
          .openapi("AnalysedLookAlike"),
      )
      .max(10_000)
      .openapi({ description: "Lines that read like incidents and are none" }),
    starts: z
      .array(
        z
          .object({
            text: TextName,
            at: z.union([Timestamp, z.null()]),
            line: Count,
            processes: Count,
            shm_size: Bytes,
            pkg_size: Bytes,
          })
          .openapi("AnalysedStart"),
      )
      .max(100_000)
      .openapi({ description: "Starts of Kamailio that a log shows" }),
    builds: z.array(z.object({ text: TextName }).extend(BuildFields.shape).openapi("AnalysedBuild")).max(10_000),
    settings: z.union([
      z
        .object({
          forms: z.array(z.string().max(100)).max(50),
          values: EffectiveSettingsSchema,
          refused: z
            .array(
              z
                .object({ name: z.string().max(100), source: z.string().max(100), quote: Sentence, reason: Sentence })
                .openapi("AnalysedRefusedOption"),
            )
            .max(1000),
        })
        .openapi("AnalysedSettings"),
      z.null(),
    ]),
    readiness: z
      .union([z.object(ReadinessSchema.shape).omit({ known_issues: true }).openapi("AnalysedReadiness"), z.null()])
      .openapi({ description: "Where a build was found" }),
    usage: z.union([AnalysedUsageSchema, z.null()]),
    host_memory: z.union([
      z
        .object(HostMemorySchema.shape)
        .omit({ id: true, instance: true, recorded_at: true, last_seen_at: true, unknown_lines: true })
        .openapi("AnalysedHostMemory"),
      z.null(),
    ]),
    known_issues: KnownIssues,
    config: z.union([
      z
        .object(ConfigReviewSchema.shape)
        .omit({ config_id: true })
        .extend({
          files: z.array(TextName).max(100),
          unknown: z
            .array(z.object({ file: TextName, line: Count, text: Sentence, reason: Sentence }).openapi("AnalysedStatement"))
            .max(500),
          warnings: z.array(Sentence).max(1000),
        })
        .openapi("AnalysedConfig"),
      z.null(),
    ]),
    warnings: z.array(Sentence).max(500),
    secrets_removed: Count,
  })
  .openapi("Analysis");

type Fits = Analysis extends z.input<typeof AnalysisSchema> ? true : never;
/** The compiler refuses this line when the analysis and the contract part. */
export const ANALYSIS_FITS_CONTRACT: Fits = true;

/** What of the catalogue's entries is shown. */
export function analysisOnTheWire(analysis: Analysis): z.input<typeof AnalysisSchema> {
  const shown = (comparison: Analysis["other_comparisons"][number]) => ({
    ...comparison,
    sites: comparison.sites.map((delta) => ({ ...delta, knowledge: knowledgeOnTheWire(delta.knowledge) })),
  });
  return {
    ...analysis,
    comparison: analysis.comparison === null ? null : shown(analysis.comparison),
    other_comparisons: analysis.other_comparisons.map(shown),
  };
}
