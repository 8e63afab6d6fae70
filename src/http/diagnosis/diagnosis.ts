/** Diagnosis: what the usage history says. */
import { z } from "@hono/zod-openapi";
import { diagnose } from "../../analysis/diagnosis/diagnose.js";
import { asOf, recordedHistory } from "../../service/facts/history.js";
import { instanceFacts } from "../../service/facts/instance-facts.js";
import { knownIssuesOf } from "../../service/facts/known-issues.js";
import { diagnosisDocument } from "../../web/diagnosis-document.js";
import { existingInstance } from "../instances/instances.js";
import { InstanceParams } from "../kernel/fields.js";
import { JudgementQuery, judgementAnswer, judgementResponses, SourcesQuery } from "../kernel/judgement.js";
import { type Api, handle, operation } from "../kernel/operation.js";
import { DiagnosisSchema } from "./diagnosis-schema.js";

const getDiagnosis = operation({
  operationId: "getDiagnosis",
  method: "get",
  path: "/v1/instances/{instance}/diagnosis",
  tags: ["Judgements"],
  summary: "Leak, growth, undersized, fragmented, corrupted, or healthy?",
  description:
    "From the usage history, incidents and dumps, with evidence for and against, the date when a pool is full as a range, and the next command.",
  scope: "read",
  request: {
    params: InstanceParams,
    query: z.object({
      ...JudgementQuery,
      pool: z
        .enum(["shm", "pkg"])
        .optional()
        .openapi({ param: { name: "pool", in: "query", description: "Both by default" }, example: "pkg" }),
      sources: SourcesQuery,
    }),
  },
  responses: judgementResponses(DiagnosisSchema, "The diagnosis"),
  problems: [404],
});

export function serveDiagnosis(api: Api) {
  handle(api, getDiagnosis, async (c) => {
    const { instance } = c.req.valid("param");
    const { pool } = c.req.valid("query");
    await existingInstance(c, instance);
    const { store, now } = c.get("services");
    const facts = await instanceFacts(store, instance);
    const recorded = await recordedHistory(store, facts, now());
    const judged = diagnose(recorded.history, recorded.as_of, pool === undefined ? undefined : [pool], now());
    const usage = { processes: recorded.history.processes, diagnosis: judged };
    const diagnosis = { as_of: asOf(recorded), ...judged, known_issues: await knownIssuesOf(store, facts, usage, pool) };
    return judgementAnswer(c, c.req.valid("query"), diagnosis, () =>
      diagnosisDocument(instance, diagnosis, { sources: c.req.valid("query").sources === "true" }),
    );
  });
}
