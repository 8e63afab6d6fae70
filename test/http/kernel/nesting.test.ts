/** Text that nests without end: every endpoint that takes text answers it, and none runs out of stack. */
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { testServer } from "../../support/server.js";

const server = testServer();

beforeAll(() => server.fetch("/v1/instances/nested", { method: "PUT" }));

/** What opens and what closes a level, in every notation that a reader follows down. */
const NOTATIONS: readonly (readonly [open: string, close: string])[] = [
  ["[", "]"],
  ['{"a":', "}"],
  ['[{"result":', "}]"],
  ['{"jsonrpc":"2.0","result":[', "]}"],
  ['{"error":[', "]}"],
  ['{"texts":[', "]}"],
  ['{"status":"success","data":{"result":[', "]}}"],
  ['{"services":{"sip":', "}}"],
  ["{", "}"],
  ["{}", ""],
  ["[{}]", ""],
  ["{} x ", ""],
  ["{\n", "\n}"],
  ["{'a': ", "}"],
  ["- ", ""],
  ["a: {b: ", "}"],
  ["services: [", "]"],
  ["'", "'"],
  ['sh -c "', '"'],
  ["sh -c '", "'"],
  ["$(", ")"],
  ["${A:-", "}"],
  ["<a>", "</a>"],
  ["children=(", ")\n"],
  ["children=-", ""],
  ["children=!(1+", ")"],
  ["if (1) {\n", "}\n"],
  ["#!ifdef A\n", "#!endif\n"],
  ["/* ", " */"],
  ["> ", ""],
];
/** Texts before the nesting that make a reader look. */
const HEADS: readonly string[] = [
  "",
  "kamailio ",
  "children=",
  "#!KAMAILIO\nrequest_route {\n",
  "services:\n  sip:\n    image: kamailio\n    command: ",
  "apiVersion: v1\nkind: Pod\nspec: ",
  "ExecStart=/usr/sbin/kamailio ",
  '{"jsonrpc":"2.0","result":',
  "# kamcmd core.shmmem\n",
  '[{"Config":{"Cmd":',
];
const ENDPOINTS: readonly string[] = [
  "/v1/instances/nested/usage",
  "/v1/instances/nested/settings",
  "/v1/instances/nested/builds",
  "/v1/instances/nested/configs",
  "/v1/instances/nested/dumps",
  "/v1/instances/nested/logs",
  "/v1/instances/nested/host-memory",
  "/v1/instances/nested/runbooks",
  "/v1/instances/nested/usage/imports",
  "/v1/analyses",
  "/v1/tokens",
];
const TYPES: readonly string[] = ["text/plain", "application/json"];

async function post(path: string, type: string, body: string): Promise<{ status: number; text: string }> {
  const answer = await server.fetch(path, { method: "POST", headers: { "Content-Type": type }, body });
  return { status: answer.status, text: await answer.text() };
}

describe("5,000 levels in 10 KB are answered", () => {
  const cases = ENDPOINTS.flatMap((path) => TYPES.map((type) => ({ path, type })));
  test.each(cases)("by POST $path as $type", async ({ path, type }) => {
    const failed: string[] = [];
    for (const [open, close] of NOTATIONS)
      for (const head of ["", "children=", "ExecStart=/usr/sbin/kamailio ", "apiVersion: v1\nkind: Pod\nspec: "]) {
        const { status, text } = await post(path, type, `${head}${open.repeat(5000)}1${close.repeat(5000)}`);
        if (status >= 500) failed.push(`${JSON.stringify([head, open])}: ${status} ${text.slice(0, 200)}`);
      }
    expect(failed).toEqual([]);
  });
});

test("any mixture of notations, closed or cut, is answered", async () => {
  const level = fc.constantFrom(...NOTATIONS);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...ENDPOINTS),
      fc.constantFrom(...TYPES),
      fc.constantFrom(...HEADS),
      fc.array(level, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 20_000 }),
      fc.boolean(),
      async (path, type, head, levels, depth, closed) => {
        const open = levels.map(([begins]) => begins).join("");
        const close = levels
          .map(([, ends]) => ends)
          .reverse()
          .join("");
        const body = `${head}${open.repeat(depth)}1${closed ? close.repeat(depth) : ""}`.slice(0, 900_000);
        const { status, text } = await post(path, type, body);
        expect(status, `${status} ${text.slice(0, 300)}`).toBeLessThan(500);
      },
    ),
    { numRuns: 150 },
  );
});

describe("the problem of what nests too deep", () => {
  const deep = `${"[".repeat(5000)}${"]".repeat(5000)}`;
  test.each(["usage", "settings", "builds", "configs", "dumps", "logs", "host-memory"])(
    "is named by .../%s",
    async (endpoint) => {
      const { status, text } = await post(`/v1/instances/nested/${endpoint}`, "text/plain", deep);
      const { code, hint } = JSON.parse(text) as { code: string; hint: string | null };
      expect({ status, code, hinted: hint !== null }).toEqual({ status: 422, code: "nested_too_deep", hinted: true });
    },
  );

  test.each(["settings", "usage", "configs"])("is the same for JSON to .../%s", async (endpoint) => {
    const { status, text } = await post(`/v1/instances/nested/${endpoint}`, "application/json", deep);
    expect([status, (JSON.parse(text) as { code: string }).code]).toEqual([422, "nested_too_deep"]);
  });

  test("is the same in analyses", async () => {
    const { status, text } = await post("/v1/analyses", "text/plain", deep);
    expect([status, (JSON.parse(text) as { code: string }).code]).toEqual([422, "nested_too_deep"]);
  });
});
