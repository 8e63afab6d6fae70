/** The bug report on the wire. */
import { z } from "@hono/zod-openapi";
import { REPORT_PARTS, type Report } from "../../analysis/report/report.js";
import { Count, Id, InstanceName, Sentence, Timestamp } from "../kernel/fields.js";

const ReportQuestionSchema = z
  .object({
    id: z.string().max(10).openapi({ example: "Q1" }),
    question: Sentence,
    answer: Sentence.nullable().openapi({ description: "null: nothing that is recorded tells" }),
    evidence_ids: z.array(Id).max(10).openapi({ description: "Records that the answer is taken from" }),
    missing: z.union([
      z
        .object({
          why: Sentence,
          commands: z.array(Sentence).max(50).openapi({ description: "For this release, in order" }),
          submit: Sentence.nullable().openapi({ description: "Records what they print; null: it goes into the issue by hand" }),
        })
        .openapi("MissingAnswer"),
      z.null(),
    ]),
  })
  .openapi("ReportQuestion", { description: "What maintainers ask first" });

const ReportSectionSchema = z
  .object({
    id: z.string().max(100),
    part: z.enum(REPORT_PARTS).openapi({ description: "The heading of Kamailio's bug_report.md that it stands under" }),
    title: Sentence,
    paragraphs: z.array(Sentence).max(500),
    list: z.array(Sentence).max(500),
    table: z.union([
      z.object({ head: z.array(Sentence).max(20), rows: z.array(z.array(Sentence).max(20)).max(500) }).openapi("ReportTable"),
      z.null(),
    ]),
    code: z.string().max(60_000).nullable().openapi({ description: "As it was printed" }),
    note: Sentence.nullable().openapi({ description: "What was cut" }),
  })
  .openapi("ReportSection", { description: "Shown in the order of its fields" });

export const ReportSchema = z
  .object({
    ok: z.boolean().openapi({ description: "The questions without which nobody can help (Q1, Q2, Q3, Q5, Q6, Q7) are answered" }),
    instance: InstanceName,
    generated_at: Timestamp,
    title: Sentence.openapi({ description: "For the issue" }),
    questions: z.array(ReportQuestionSchema).max(20),
    sections: z.array(ReportSectionSchema).max(50),
    redacted: z
      .object({ ip: Count, host: Count, user: Count, number: Count })
      .openapi("RedactionCounts", { description: "How many different originals were replaced by tokens" }),
    notes: z.array(Sentence).max(20),
  })
  .openapi("Report");

type Fits = Report extends z.input<typeof ReportSchema> ? true : never;
/** The compiler refuses this line when the judgement and the contract part. */
export const REPORT_FITS_CONTRACT: Fits = true;
