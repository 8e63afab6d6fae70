/** The build plan: the commands that build this Kamailio again with memory debugging, or why that is not needed. */
import { z } from "@hono/zod-openapi";
import { buildPlan } from "../../analysis/build-plan/build-plan.js";
import { instanceFacts } from "../../service/facts/instance-facts.js";
import { buildPlanDocument } from "../../web/build-plan-document.js";
import { BuildPlanSchema } from "../configs/config-schema.js";
import { existingInstance } from "../instances/instances.js";
import { InstanceParams } from "../kernel/fields.js";
import { JudgementQuery, judgementAnswer, judgementResponses } from "../kernel/judgement.js";
import { type Api, handle, operation } from "../kernel/operation.js";

const getBuildPlan = operation({
  operationId: "getBuildPlan",
  method: "get",
  path: "/v1/instances/{instance}/build-plan",
  tags: ["Judgements"],
  summary: "The commands that build it again with memory debugging on",
  description:
    "In the build system of its release, with today's modules, the packages to install first, how to verify, the way back, and what debugging will cost in memory. Or: no rebuild is needed, and why.",
  scope: "read",
  request: { params: InstanceParams, query: z.object(JudgementQuery) },
  responses: judgementResponses(BuildPlanSchema, "The plan"),
  problems: [404],
});

export function serveBuildPlan(api: Api) {
  handle(api, getBuildPlan, async (c) => {
    const { instance } = c.req.valid("param");
    await existingInstance(c, instance);
    const { build, running_build, version, settings } = await instanceFacts(c.get("services").store, instance);
    const judged = build ?? running_build;
    const plan = buildPlan({ build: judged?.value ?? null, settings, version });
    return judgementAnswer(
      c,
      c.req.valid("query"),
      { ok: plan.needed === false, instance, build_id: judged?.id ?? null, ...plan },
      () => buildPlanDocument(instance, plan),
    );
  });
}
