/** Sizing and diagnosis: what the usage history says. */

import { z } from "@hono/zod-openapi";
import { diagnose } from "../../analysis/diagnosis/diagnose.js";
import { DEFAULT_HORIZON_DAYS, sizeInstance } from "../../analysis/sizing/size-instance.js";
import { timestamp } from "../../kamailio/units.js";
import { asOf, recordedHistory } from "../../service/facts/history.js";
import { instanceFacts } from "../../service/facts/instance-facts.js";
import { knownIssuesOf } from "../../service/facts/known-issues.js";
import { diagnosisDocument } from "../../web/diagnosis-document.js";
import { sizingDocument } from "../../web/sizing-document.js";
import { existingInstance } from "../instances/instances.js";
import { InstanceParams } from "../kernel/fields.js";
import { JudgementQuery, judgementAnswer, judgementResponses } from "../kernel/judgement.js";
import { type Api, handle, operation } from "../kernel/operation.js";
import { SizingSchema } from "../sizing/sizing-schema.js";
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
    }),
  },
  responses: judgementResponses(DiagnosisSchema, "The diagnosis"),
  problems: [404],
});

const Expected = (description: string, name: string) =>
  z.coerce
    .number()
    .int()
    .min(0)
    .max(1_000_000_000)
    .optional()
    .openapi({ param: { name, in: "query", description } });

const getSizing = operation({
  operationId: "getSizing",
  method: "get",
  path: "/v1/instances/{instance}/sizing",
  tags: ["Judgements"],
  summary: "-m and -M to run with, and why",
  description:
    "From the peaks of the history, with every factor, bounds and confidence. A leaking pool is not sized: the answer says what more memory would buy. Without a history an estimate from `contacts`, `calls`, `tls_connections` and `processes`, labelled insufficient_data.",
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
      contacts: Expected("Expected registered contacts", "contacts"),
      calls: Expected("Expected concurrent calls", "calls"),
      tls_connections: Expected("Expected TLS connections", "tls_connections"),
      processes: Expected("Processes, where they are not recorded", "processes"),
    }),
  },
  responses: judgementResponses(SizingSchema, "The sizing"),
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
    return judgementAnswer(c, c.req.valid("query"), diagnosis, () => diagnosisDocument(instance, diagnosis));
  });

  handle(api, getSizing, async (c) => {
    const { instance } = c.req.valid("param");
    const { horizon_days, contacts, calls, tls_connections, processes } = c.req.valid("query");
    await existingInstance(c, instance);
    const { store, now } = c.get("services");
    const recorded = await recordedHistory(store, await instanceFacts(store, instance), now());
    const expected = {
      contacts: contacts ?? null,
      calls: calls ?? null,
      tls_connections: tls_connections ?? null,
      processes: processes ?? null,
    };
    const sizing = {
      ...sizeInstance(recorded.history, recorded.as_of, { horizon_days, expected }, undefined, now()),
      generated_at: timestamp(now()),
    };
    return judgementAnswer(c, c.req.valid("query"), sizing, () => sizingDocument(instance, sizing));
  });
}
