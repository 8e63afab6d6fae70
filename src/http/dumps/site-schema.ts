/** Allocation sites on the wire, with what the catalogue says of them. */
import { z } from "@hono/zod-openapi";
import type { SiteKnowledge } from "../../kamailio/knowledge/sites.js";
import { Bytes, Count, Sentence } from "../kernel/fields.js";

const Name = z.string().max(500).nullable();

export const SiteKnowledgeSchema = z
  .object({
    object: Sentence,
    what: Sentence,
    lifetime: z.enum([
      "startup",
      "data_load",
      "config_reload",
      "cache",
      "per_message",
      "per_rpc",
      "per_transaction",
      "per_dialog",
      "per_registration",
      "per_connection",
      "unbounded",
    ]),
    freed_when: Sentence.nullable(),
    population: z.union([
      z
        .object({ counter: Sentence, per_object: Sentence.nullable() })
        .openapi("SitePopulation", { description: "The counter that says how many objects there are, and chunks for each" }),
      z.null(),
    ]),
    grows_with: Sentence.nullable(),
    sized_by: z.array(Sentence).max(50),
    leak_hint: Sentence.nullable(),
    note: Sentence.nullable(),
    leak_fixes: z
      .array(
        z
          .object({ commit: z.string().max(100), subject: Sentence.nullable(), fixed_in: z.array(z.string().max(100)).max(50) })
          .openapi("LeakFix"),
      )
      .max(50),
  })
  .openapi("SiteKnowledge", { description: "What the catalogue says of this site; knowledge, not a verdict" });

export const SiteSchema = z
  .object({
    site: z
      .string()
      .max(2000)
      .openapi({ description: "As Kamailio prints it", example: "core: core/parser/parse_require.c: parse_require(55)" }),
    module: Name,
    file: Name,
    function: Name,
    line: z.number().int().min(0).max(9_999_999).nullable(),
    count: Count.nullable().openapi({ description: "Chunks; null where the form prints bytes alone" }),
    bytes: Bytes,
    share: z.number().min(0).max(1).openapi({ description: "Of the bytes that the dump lists" }),
    sites: Count.openapi({ description: "How many sites are added up here: 1 with by=site" }),
    start_up: z
      .boolean()
      .nullable()
      .openapi({ description: "Allocated once at start and kept; null where the catalogue does not know the site" }),
    knowledge: z.union([SiteKnowledgeSchema, z.null()]),
  })
  .openapi("Site", { description: "Who allocated; not who forgot to free" });

/** What of the catalogue's entry is shown. */
export function knowledgeOnTheWire(known: SiteKnowledge | null): z.infer<typeof SiteKnowledgeSchema> | null {
  if (known === null) return null;
  const { object, what, lifetime, freed_when, population, grows_with, sized_by, leak_hint, note, leak_fixes } = known;
  return { object, what, lifetime, freed_when, population, grows_with, sized_by, leak_hint, note, leak_fixes };
}
