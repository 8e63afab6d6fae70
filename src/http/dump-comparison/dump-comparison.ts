/** Compares recorded dumps: what grew, how fast, and whom to suspect. */
import { z } from "@hono/zod-openapi";
import { reachOf } from "../../analysis/commands/reach.js";
import { compareStored } from "../../service/facts/dump-comparison.js";
import { instanceFacts } from "../../service/facts/instance-facts.js";
import type { StoredDump } from "../../store/dumps.js";
import { dumpComparisonDocument } from "../../web/dump-comparison-document.js";
import { existingDump } from "../dumps/stored-dumps.js";
import { Id, InstanceAndIdParams } from "../kernel/fields.js";
import { JudgementQuery, judgementAnswer, judgementResponses } from "../kernel/judgement.js";
import { type Api, handle, operation } from "../kernel/operation.js";
import { ProblemError } from "../kernel/problem.js";
import { ComparisonLimit, comparisonOnTheWire, DumpComparisonSchema, MAX_BASES } from "./dump-comparison-schema.js";

const compareDumpsOperation = operation({
  operationId: "compareDumps",
  method: "get",
  path: "/v1/instances/{instance}/dumps/{id}/comparison",
  tags: ["Dumps and logs"],
  summary: "What grew from earlier dumps to this one",
  description:
    "Sites with count and byte deltas and rates, and suspects, ranked. `base` names an earlier dump; repeated, several: growth in every interval is the strongest sign, and two dumps alone cannot tell warm-up from a leak. Sites are matched across releases and forms. `ok` is false when there is a suspect of medium or high confidence.",
  scope: "read",
  request: {
    params: InstanceAndIdParams,
    query: z.object({
      base: z.union([Id, z.array(Id).min(1).max(MAX_BASES)]).openapi({
        param: {
          name: "base",
          in: "query",
          required: true,
          description: "Id of an earlier dump; can be repeated",
          schema: { type: "array", items: { type: "string", maxLength: 64 }, minItems: 1, maxItems: MAX_BASES },
        },
      }),
      limit: ComparisonLimit.openapi({ param: { name: "limit", in: "query", description: "Sites shown" } }),
      start_up: z
        .enum(["hide", "show"])
        .default("hide")
        .openapi({
          param: { name: "start_up", in: "query", description: "show: also what every start builds and what did not change" },
        }),
      ...JudgementQuery,
    }),
  },
  responses: judgementResponses(DumpComparisonSchema, "The comparison"),
  problems: [404],
});

export function serveDumpComparison(api: Api) {
  handle(api, compareDumpsOperation, async (c) => {
    const { instance, id } = c.req.valid("param");
    const query = c.req.valid("query");
    const bases = [...new Set([query.base].flat())];
    if (bases.includes(id))
      throw new ProblemError(400, "same_dump", {
        detail: "A dump cannot be compared with itself.",
        hint: `GET /v1/instances/${instance}/dumps lists the others.`,
        errors: [{ parameter: "base", message: "is the dump itself" }],
      });
    const { store } = c.get("services");
    const later = await existingDump(c, instance, id);
    const earlier: StoredDump[] = [];
    for (const base of bases) earlier.push(await existingDump(c, instance, base));
    // Ids grow with time: they order what was taken at one moment, such as dumps of one text without times.
    earlier.sort((a, b) => a.taken_at - b.taken_at || (a.id < b.id ? -1 : 1));
    const { comparison, labels } = await compareStored(
      store,
      instance,
      [...earlier, later],
      reachOf(await instanceFacts(store, instance)),
    );
    const answer = comparisonOnTheWire(comparison, labels, query);
    return judgementAnswer(c, query, answer, () => dumpComparisonDocument(comparison, labels));
  });
}
