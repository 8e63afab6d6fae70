/** Known issues on the wire. */
import { z } from "@hono/zod-openapi";
import { MAX_MATCHES } from "../../analysis/facts/known-issues.js";
import type { KnownIssueMatch } from "../../analysis/known-issues/known-issue-match.js";
import { HOW_TO_READ } from "../../analysis/known-issues/match.js";
import { Sentence } from "../kernel/fields.js";

const Release = z.string().max(100);

export const KnownIssueMatchSchema = z
  .object({
    id: z.string().max(20).openapi({ example: "KI-0001" }),
    title: Sentence,
    summary: Sentence,
    kind: z.enum(["leak", "growth", "corruption", "accounting", "fragmentation"]),
    pool: z.enum(["shm", "pkg", "system"]).nullable(),
    certainty: z.enum(["likely", "possible", "release_only"]).openapi({
      description:
        "likely: its signature was seen and the release has it. possible: something stays open. release_only: the release has it, nothing that was recorded shows it",
    }),
    why: z.array(Sentence).max(500),
    evidence: z
      .array(
        z.object({ kind: z.enum(["site", "incident", "counters", "processes"]), detail: Sentence }).openapi("KnownIssueEvidence"),
      )
      .max(500),
    needs: Sentence.openapi({ description: "What traffic, function or setting it takes" }),
    affected: Sentence,
    fixed_in: z.array(Release).max(100).openapi({ description: "First release of each series with the fix; empty: none has it" }),
    upgrade_to: Release.nullable(),
    fix_commit: z.string().max(100).nullable(),
    urls: z.array(z.string().max(1000)).max(100),
    workaround: Sentence.nullable(),
  })
  .openapi("KnownIssueMatch", { description: HOW_TO_READ });

export const KnownIssues = z
  .array(KnownIssueMatchSchema)
  .max(MAX_MATCHES)
  .openapi({ description: "Known bugs of Kamailio that fit what is recorded, the surest first" });

type Fits = KnownIssueMatch extends z.input<typeof KnownIssueMatchSchema> ? true : never;
/** The compiler refuses this line when the judgement and the contract part. */
export const KNOWN_ISSUE_FITS_CONTRACT: Fits = true;
