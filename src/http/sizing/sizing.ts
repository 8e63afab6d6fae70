/** Sizing: -m and -M to run with. */
import { z } from "@hono/zod-openapi";
import { DEFAULT_HORIZON_DAYS, sizeInstance } from "../../analysis/sizing/size-instance.js";
import { timestamp } from "../../kamailio/units.js";
import { recordedHistory } from "../../service/facts/history.js";
import { instanceFacts } from "../../service/facts/instance-facts.js";
import { sizingDocument } from "../../web/sizing-document.js";
import { expectedLoad, LoadQuery } from "../capacity/load-query.js";
import { existingInstance } from "../instances/instances.js";
import { InstanceParams } from "../kernel/fields.js";
import { JudgementQuery, judgementAnswer, judgementResponses } from "../kernel/judgement.js";
import { type Api, handle, operation } from "../kernel/operation.js";
import { SizingSchema } from "./sizing-schema.js";

const getSizing = operation({
  operationId: "getSizing",
  method: "get",
  path: "/v1/instances/{instance}/sizing",
  tags: ["Judgements"],
  summary: "-m and -M to run with, and why",
  description:
    "From the peaks of the history, with every factor, bounds and confidence. A leaking pool is not sized: the answer says what more memory would buy. Without a history, or for a load that is asked about, from the fixed parts of the configuration and what the load costs; without a history labelled insufficient_data.",
  scope: "read",
  request: {
    params: InstanceParams,
    query: z.object({
      ...JudgementQuery,
      horizon_days: z.coerce
        .number()
        .int()
        .min(1)
        .max(3650)
        .default(DEFAULT_HORIZON_DAYS)
        .openapi({
          param: { name: "horizon_days", in: "query", description: "For how many days the sizes must hold" },
          example: 90,
        }),
      ...LoadQuery,
    }),
  },
  responses: judgementResponses(SizingSchema, "The sizing"),
  problems: [404],
});

export function serveSizing(api: Api) {
  handle(api, getSizing, async (c) => {
    const { instance } = c.req.valid("param");
    const query = c.req.valid("query");
    await existingInstance(c, instance);
    const { store, now } = c.get("services");
    const recorded = await recordedHistory(store, await instanceFacts(store, instance), now());
    const request = { horizon_days: query.horizon_days, expected: expectedLoad(query) };
    const sizing = {
      ...sizeInstance(recorded.history, recorded.as_of, request, undefined, now()),
      generated_at: timestamp(now()),
    };
    return judgementAnswer(c, query, sizing, () => sizingDocument(instance, sizing));
  });
}
