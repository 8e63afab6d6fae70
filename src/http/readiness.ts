/** Readiness: can memory be debugged here and now, and what must change? */
import { z } from "@hono/zod-openapi";
import { judgeReadiness } from "../analysis/readiness/readiness.js";
import { readinessDocument } from "../web/readiness-document.js";
import { type Api, handle, InstanceParams, operation } from "./api.js";
import { instanceFacts } from "./instance-facts.js";
import { existingInstance } from "./instances.js";
import { JudgementQuery, judgementAnswer, judgementResponses } from "./judgement.js";
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
    const { build, running_build, settings } = await instanceFacts(c.get("services").store, instance);
    const readiness = judgeReadiness({ instance, build, running_build, settings });
    return judgementAnswer(c, c.req.valid("query"), readiness, () => readinessDocument(readiness));
  });
}
