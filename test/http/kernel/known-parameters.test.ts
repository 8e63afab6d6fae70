import { describe, expect, test } from "vitest";
import { testServer } from "../../support/server.js";

const server = testServer();

describe("a query parameter that the operation does not know", () => {
  test.each([
    ["GET", "/v1/instances/none/sizing?contact=5", "contact", "Did you mean contacts"],
    ["GET", "/v1/instances?labels=a:b", "labels", "label"],
    ["GET", "/v1/instances/none?x=1", "x", "takes no parameters"],
    ["POST", "/v1/instances/none/usage?creat=true", "creat", "create"],
    ["GET", "/healthz?deep=1", "deep", "takes no parameters"],
    ["DELETE", "/v1/instances/none?force=true", "force", "takes no parameters"],
  ])("%s %s", async (method, path, name, hint) => {
    const answer = await server.fetch(path, { method });
    expect(answer.status).toBe(400);
    const problem = (await answer.json()) as { code: string; hint: string; errors: unknown[] };
    expect(problem.code).toBe("unknown_parameter");
    expect(problem.errors).toEqual([{ parameter: name, message: "unknown" }]);
    expect(problem.hint).toContain(hint);
  });

  test("what is declared passes, also twice", async () => {
    expect((await server.fetch("/v1/instances?label=a:b&label=c:d&limit=5")).status).toBe(200);
    expect((await server.fetch("/readyz?")).status).toBe(200);
  });
});
