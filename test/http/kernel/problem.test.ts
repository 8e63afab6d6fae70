/** Problems are what the OpenAPI document says of them, however long what they quote is. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { Problem, ProblemError, validationProblem } from "../../../src/http/kernel/problem.js";
import { EffectiveSettingsSchema } from "../../../src/http/settings/settings-schema.js";
import { testServer } from "../../support/server.js";

describe("a problem fits its schema", () => {
  const long = "x".repeat(100_000);

  test("with long texts", () => {
    const errors = Array.from({ length: 500 }, () => ({ pointer: `/${long}`, parameter: long, message: long }));
    const problem = new ProblemError(400, "code", { detail: long, hint: long, errors }).toProblem("id");
    expect(Problem.safeParse(problem).error).toBeUndefined();
    expect(problem.detail.endsWith("…")).toBe(true);
  });

  test("with what a schema refuses", () => {
    const parsed = z
      .object({ a: z.enum(Array.from({ length: 400 }, (_, n) => `value-${n}`) as [string]) })
      .strict()
      .safeParse({ a: 1, [long]: 2 });
    if (parsed.success) throw new Error("it must not fit");
    const problem = validationProblem(parsed.error, "json").toProblem("id");
    expect(Problem.safeParse(problem).error).toBeUndefined();
  });
});

type Responses = Record<string, { content?: Record<string, unknown> }>;

describe("the OpenAPI document", () => {
  const server = testServer();
  const operations = async () => {
    const document = (await (await server.fetch("/openapi.json")).json()) as {
      paths: Record<string, Record<string, { operationId: string; responses: Responses }>>;
    };
    return Object.values(document.paths).flatMap((item) => Object.entries(item));
  };

  test("says of every operation what it can answer with", async () => {
    for (const [method, { operationId, responses }] of await operations()) {
      const problems = Object.keys(responses).filter((status) => responses[status]?.content?.["application/problem+json"]);
      expect([operationId, problems]).toEqual([operationId, expect.arrayContaining(["400", "421", "500", "503"])]);
      // An Idempotency-Key that is in use, or came with another request.
      if (method === "post") expect([operationId, problems]).toEqual([operationId, expect.arrayContaining(["409", "422"])]);
    }
  });

  test("says that 422 of a judgement that is posted is either a judgement or a problem", async () => {
    const found = (await operations()).find(([, { operationId }]) => operationId === "recordHostMemory");
    expect(Object.keys(found?.[1].responses["422"]?.content ?? {})).toEqual(
      expect.arrayContaining(["application/json", "application/problem+json"]),
    );
    await server.fetch("/v1/instances/a", { method: "PUT" });
    const answer = await server.fetch("/v1/instances/a/host-memory", { method: "POST", body: "nothing of the kind" });
    expect([answer.status, answer.headers.get("Content-Type")]).toEqual([422, "application/problem+json"]);
  });

  test.each([5000, -5000, 2_147_483_647])("holds what a kamailio.cfg may set: memlog=%i", async (memlog) => {
    await server.fetch("/v1/instances/a/configs?create=true", {
      method: "POST",
      body: `#!KAMAILIO\nmemlog=${memlog}\nmem_summary=-1\nrequest_route { exit; }\n`,
    });
    const settings = await (await server.fetch("/v1/instances/a/settings")).json();
    expect(EffectiveSettingsSchema.safeParse(settings).error).toBeUndefined();
    expect(settings).toMatchObject({ memlog: { value: memlog }, mem_summary: { value: -1 } });
  });
});
