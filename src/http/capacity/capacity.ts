/** Capacity: what things cost on this instance, what a load needs, and how much more fits. */
import { z } from "@hono/zod-openapi";
import { judgeCapacity } from "../../analysis/capacity/capacity.js";
import { recordedHistory } from "../../service/facts/history.js";
import { instanceFacts } from "../../service/facts/instance-facts.js";
import { capacityDocument } from "../../web/capacity-document.js";
import { existingInstance } from "../instances/instances.js";
import { InstanceParams } from "../kernel/fields.js";
import { JudgementQuery, judgementAnswer, judgementResponses } from "../kernel/judgement.js";
import { type Api, handle, operation } from "../kernel/operation.js";
import { CapacitySchema } from "./capacity-schema.js";
import { expectedLoad, LoadQuery } from "./load-query.js";

const getCapacity = operation({
  operationId: "getCapacity",
  method: "get",
  path: "/v1/instances/{instance}/capacity",
  tags: ["Judgements"],
  summary: "What things cost here, what a load needs, and how much more fits",
  description:
    "The cost of a contact, dialog, transaction and connection: measured on this server where its populations moved, else by its configuration, else by its release. The fixed parts of both pools with the line that decides them. For the load of the parameters (totals afterwards, not additions) or `load_factor` times the recorded peaks: -m, -M and the host's bytes, from the same numbers as sizing.",
  scope: "read",
  request: { params: InstanceParams, query: z.object({ ...JudgementQuery, ...LoadQuery }) },
  responses: judgementResponses(CapacitySchema, "The capacity"),
  problems: [404],
});

export function serveCapacity(api: Api) {
  handle(api, getCapacity, async (c) => {
    const { instance } = c.req.valid("param");
    const query = c.req.valid("query");
    await existingInstance(c, instance);
    const { store, now } = c.get("services");
    const recorded = await recordedHistory(store, await instanceFacts(store, instance), now());
    const capacity = judgeCapacity(recorded.history, recorded.as_of, expectedLoad(query), undefined, now());
    return judgementAnswer(c, query, capacity, () => capacityDocument(instance, capacity));
  });
}
