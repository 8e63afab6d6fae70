import { readFileSync } from "node:fs";
import { pino } from "pino";
import { afterAll, describe, expect, test } from "vitest";
import { createApp } from "../../src/http/app.js";
import { openApiDocument } from "../../src/http/system/openapi.js";
import { createServices } from "../../src/service/services.js";
import { openStore } from "../../src/store/store.js";

const read = (path: string) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), "utf8"));
const { version } = read("package.json") as { version: string };
const store = openStore(":memory:");
afterAll(() => store.close());
const document = openApiDocument(
  createApp({
    ...createServices({ store, log: pino({ level: "silent" }), now: () => 0, auth: "token" }),
    version,
    isStopping: () => false,
  }),
  version,
);

type Node = { [key: string]: unknown };

/** Every object of the document with the path to it. */
function* nodes(node: unknown, path = "#"): Generator<[string, Node]> {
  if (typeof node !== "object" || node === null) return;
  yield [path, node as Node];
  for (const [key, value] of Object.entries(node))
    if (key !== "example" && key !== "examples") yield* nodes(value, `${path}/${key}`);
}

const operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
  Object.entries(item as Record<string, Node>).map(
    ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
  ),
);

describe("the OpenAPI document", () => {
  test("is the committed one (npm run openapi writes it)", () => {
    expect(JSON.parse(JSON.stringify(document))).toEqual(read("openapi/openapi.json"));
  });

  test("bounds every integer", () => {
    const unbounded = [...nodes(document)].filter(
      ([, node]) => [node.type].flat().includes("integer") && (node.minimum === undefined || node.maximum === undefined),
    );
    expect(unbounded.map(([path]) => path)).toEqual([]);
  });

  test("has no reference beside which null is asked for, which no null would satisfy", () => {
    const wrong = [...nodes(document)].filter(
      ([, node]) => Array.isArray(node.allOf) && (node.allOf as Node[]).some((part) => [part.type].flat().includes("null")),
    );
    expect(wrong.map(([path]) => path)).toEqual([]);
  });

  test.each(operations)("%s has a name, texts, a success and problem details for its errors", (_, operation) => {
    expect(operation).toMatchObject({
      operationId: expect.stringMatching(/^[a-z][A-Za-z]+$/),
      summary: expect.any(String),
      description: expect.any(String),
      tags: [expect.any(String)],
    });
    const responses = operation.responses as Record<string, { content?: Node }>;
    expect(Object.keys(responses).some((status) => status.startsWith("2"))).toBe(true);
    const errors = Object.entries(responses).filter(([status]) => Number(status) >= 400);
    expect(errors.length).toBeGreaterThan(0);
    for (const [, { content }] of errors)
      expect(Object.keys(content ?? {})).toEqual(expect.arrayContaining([expect.stringMatching(/json/)]));
  });

  test("names every operation once", () => {
    const names = operations.map(([, { operationId }]) => operationId);
    expect(new Set(names).size).toBe(names.length);
  });

  test("gives an example of every body that is text", () => {
    const bodies = operations.flatMap(([name, operation]) =>
      Object.entries((operation.requestBody as { content?: Record<string, Node> } | undefined)?.content ?? {})
        .filter(([type]) => type === "text/plain")
        .map(([, media]) => [name, media.example ?? (media.schema as Node).example]),
    );
    expect(bodies.filter(([, example]) => example === undefined).map(([name]) => name)).toEqual([]);
  });
});
