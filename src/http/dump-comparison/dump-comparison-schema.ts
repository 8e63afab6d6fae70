/** The comparison of dumps on the wire. */
import { z } from "@hono/zod-openapi";
import type { DumpComparison } from "../../analysis/dump-comparison/dump-comparison.js";
import { Count } from "../dumps/dump-schema.js";
import { knowledgeOnTheWire, SiteKnowledgeSchema } from "../dumps/site-schema.js";
import { Bytes, Id, Sentence, Timestamp } from "../kernel/fields.js";
import { PoolSchema } from "../usage/usage-schema.js";

/** Dumps before the one that is asked for. */
export const MAX_BASES = 20;
const MAX_SITES_SHOWN = 500;

const Name = z.string().max(500).nullable();
const SourceLine = z.number().int().min(0).max(9_999_999).nullable();
const Delta = z.number().int().min(-Number.MAX_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER);
const Rate = z.number().min(-Number.MAX_VALUE).max(Number.MAX_VALUE).nullable();

const SiteDeltaSchema = z
  .object({
    site: z.string().max(2000),
    module: Name,
    file: Name,
    function: Name,
    line: SourceLine,
    matched: z
      .enum(["exact", "file_name", "line", "function"])
      .openapi({ description: "How it was found again: by its whole key, or by less where releases or forms differ" }),
    base_count: Count.nullable(),
    later_count: Count.nullable(),
    count_delta: Delta.nullable(),
    base_bytes: Bytes,
    later_bytes: Bytes,
    bytes_delta: Delta,
    count_per_hour: Rate.openapi({ description: "null: the dumps' times are not known" }),
    bytes_per_hour: Rate,
    counts: z
      .array(Count.nullable())
      .max(MAX_BASES + 1)
      .openapi({ description: "One value a dump" }),
    bytes: z.array(Bytes).max(MAX_BASES + 1),
    growth: z
      .object({
        shape: z.enum(["steady", "levelling_off", "step", "once", "back", "falling", "constant"]),
        by: z.enum(["count", "bytes"]),
        intervals: Count,
        grew_in: Count,
      })
      .openapi("SiteGrowth", { description: "once: two dumps alone cannot tell the shape" }),
    start_up: z.boolean().openapi({ description: "Part of what every start builds, or unchanged" }),
    knowledge: z.union([SiteKnowledgeSchema, z.null()]),
  })
  .openapi("SiteDelta");

const SuspectSchema = z
  .object({
    rank: z.number().int().min(1).max(1000),
    confidence: z.enum(["low", "medium", "high"]),
    site: z.string().max(2000),
    module: Name,
    file: Name,
    function: Name,
    line: SourceLine,
    count_delta: Delta.nullable(),
    bytes_delta: Delta,
    share_of_growth: z.number().min(0).max(1).openapi({ description: "Of the bytes of all sites that grew", example: 0.96 }),
    count_per_hour: Rate,
    bytes_per_hour: Rate,
    reasons: z.array(Sentence).max(50),
    against: z.array(Sentence).max(50),
    next: Sentence.nullable(),
  })
  .openapi("Suspect", { description: "Who allocated what grew; not who forgot to free" });

export const DumpComparisonSchema = z
  .object({
    ok: z.boolean().openapi({ description: "false: a suspect of medium or high confidence, or the dumps cannot be compared" }),
    comparable: z.boolean(),
    summary: Sentence,
    reading: Sentence.openapi({ description: "What a dump can and cannot name" }),
    dump_ids: z
      .array(Id)
      .max(MAX_BASES + 1)
      .openapi({ description: "In the order of the values in `counts` and `bytes`: oldest first" }),
    pool: z.union([PoolSchema, z.null()]),
    dumps: z
      .number()
      .int()
      .min(1)
      .max(MAX_BASES + 1),
    from: z.union([Timestamp, z.null()]),
    to: z.union([Timestamp, z.null()]),
    hours: z.number().min(0).max(10_000_000).nullable(),
    totals: z
      .object({
        base_count: Count.nullable(),
        later_count: Count.nullable(),
        count_delta: Delta.nullable(),
        base_bytes: Bytes,
        later_bytes: Bytes,
        bytes_delta: Delta,
      })
      .openapi("DumpTotals"),
    start_up: z.object({ sites: Count, count: Count.nullable(), bytes: Bytes }).openapi("StartUpFloor", {
      description: "What every start builds and what did not change: left out of `sites` unless start_up=show",
    }),
    suspects: z.array(SuspectSchema).max(100),
    sites: z.array(SiteDeltaSchema).max(MAX_SITES_SHOWN).openapi({ description: "By growth in bytes, largest first" }),
    sites_total: Count.openapi({ description: "How many sites changed, also those beyond `limit`" }),
    warnings: z.array(Sentence).max(200),
    next: z.array(z.object({ why: Sentence, command: Sentence }).openapi("NextStep")).max(20),
  })
  .openapi("DumpComparison");

export const ComparisonLimit = z.coerce.number().int().min(0).max(MAX_SITES_SHOWN).default(MAX_SITES_SHOWN);

/** The judgement as it is answered: which dumps, and the sites that are wanted. */
export function comparisonOnTheWire(
  comparison: DumpComparison,
  dump_ids: string[],
  wanted: { limit: number; start_up: "hide" | "show" },
): z.infer<typeof DumpComparisonSchema> {
  const sites = wanted.start_up === "show" ? comparison.sites : comparison.sites.filter(({ start_up }) => !start_up);
  const { ok, comparable, summary, ...rest } = comparison;
  return {
    ok,
    comparable,
    summary,
    dump_ids,
    ...rest,
    sites: sites.slice(0, wanted.limit).map((delta) => ({ ...delta, knowledge: knowledgeOnTheWire(delta.knowledge) })),
    sites_total: sites.length,
  };
}
