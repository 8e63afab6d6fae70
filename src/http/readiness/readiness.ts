/** Readiness: can memory be debugged here and now, and what must change? */
import { z } from "@hono/zod-openapi";
import { diagnose } from "../../analysis/diagnosis/diagnose.js";
import { judgeReadiness } from "../../analysis/readiness/readiness.js";
import { recordedHistory } from "../../service/facts/history.js";
import { instanceFacts } from "../../service/facts/instance-facts.js";
import { knownIssuesOf } from "../../service/facts/known-issues.js";
import { readinessDocument } from "../../web/readiness-document.js";
import { existingInstance } from "../instances/instances.js";
import { InstanceParams } from "../kernel/fields.js";
import { JudgementQuery, judgementAnswer, judgementResponses } from "../kernel/judgement.js";
import { type Api, handle, operation } from "../kernel/operation.js";
import { ReadinessSchema } from "./readiness-schema.js";

const getReadiness = operation({
  operationId: "getReadiness",
  method: "get",
  path: "/v1/instances/{instance}/readiness",
  tags: ["Judgements"],
  summary: "Can memory be debugged here and now, and what must change?",
  description:
    "From the recorded builds and settings and the table of facts by release. Each check that does not pass carries the exact commands or lines that fix it, what they cost (nothing, a restart, a rebuild), and how to take them back.",
  scope: "read",
  request: { params: InstanceParams, query: z.object(JudgementQuery) },
  responses: judgementResponses(ReadinessSchema, "The judgement"),
  problems: [404],
});

export function serveReadiness(api: Api) {
  handle(api, getReadiness, async (c) => {
    const { instance } = c.req.valid("param");
    await existingInstance(c, instance);
    const { store, now } = c.get("services");
    const facts = await instanceFacts(store, instance);
    const { history, as_of } = await recordedHistory(store, facts, now());
    const usage = { processes: history.processes, diagnosis: diagnose(history, as_of, ["pkg"]) };
    const known_issues = await knownIssuesOf(store, facts, usage);
    const readiness = { ...judgeReadiness(facts), known_issues };
    return judgementAnswer(c, c.req.valid("query"), readiness, () => readinessDocument(readiness));
  });
}
