/** What a caller is told of a field that is not there: no word of JavaScript. */
import { expect, test } from "vitest";
import { testServer } from "../../support/server.js";

const server = testServer();

test.each([
  ["marks", "/text: it is missing (expected string)"],
  ["runbooks", "/kind: it is missing (expected string)"],
])("an empty body to %s", async (endpoint, said) => {
  await server.fetch("/v1/instances/a", { method: "PUT" });
  const response = await server.fetch(`/v1/instances/a/${endpoint}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: "{}",
  });
  const { code, detail } = (await response.json()) as { code: string; detail: string };
  expect([response.status, code]).toEqual([400, "invalid_body"]);
  expect(detail).toContain(said);
  expect(detail).not.toContain("undefined");
});
