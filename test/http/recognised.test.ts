/**
 * No circles: what is said to belong to an endpoint is read by it, or the endpoint says why not and what to run instead. Over every fixture and every
 * kind of text that the recogniser knows, through the service itself; and the stateless analysis says the same.
 */
import { readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { KIND_TABLE } from "../../src/kamailio/recognise/table.js";
import { recognise } from "../../src/kamailio/recognise.js";
import { KIND_TEXTS } from "../support/kind-texts.js";
import { testServer } from "../support/server.js";

const server = testServer();

beforeAll(async () => {
  await server.fetch("/v1/instances/any", { method: "PUT" });
});

const FIXTURES = new URL("../fixtures/", import.meta.url);
/** A thousand posts, on a machine that has other work: ms. */
const MANY_POSTS = 180_000;
/** What a person posts; captures of gigabytes are tested where they are read. */
const MAX_BYTES = 700_000;

function fixtures(folder = ""): { name: string; text: Buffer }[] {
  return readdirSync(new URL(folder, FIXTURES), { withFileTypes: true }).flatMap((entry) => {
    const name = `${folder}${entry.name}`;
    if (entry.isDirectory()) return fixtures(`${name}/`);
    const bytes = readFileSync(new URL(name, FIXTURES));
    const text = name.endsWith(".gz") ? gunzipSync(bytes) : bytes;
    return text.length > MAX_BYTES ? [] : [{ name, text }];
  });
}

interface Problem {
  code: string;
  detail: string;
  hint: string | null;
}

async function post(path: string, text: Buffer | string) {
  const answer = await server.fetch(path, {
    method: "POST",
    headers: { "Content-Type": "text/plain" },
    body: new Uint8Array(Buffer.from(text)),
  });
  const body = (await answer.json()) as Problem;
  return { status: answer.status, body };
}

/** What is wrong with the answer to a text that was said to belong here; `null`: nothing. */
function circle(endpoint: string, { status, body }: Awaited<ReturnType<typeof post>>): string | null {
  if (status === 200 || status === 201) return null;
  if (status !== 422) return `${status}: ${body.detail}`;
  if (body.hint === null) return `no hint: ${body.detail}`;
  const pointsBack = new RegExp(`POST it to [^ ]*/${endpoint}(?![\\w-])`).test(body.hint);
  return pointsBack ? `back to itself: ${body.detail} ${body.hint}` : null;
}

describe("what belongs to an endpoint is read there, or is told why not", () => {
  test(
    "every fixture",
    async () => {
      const wrong: string[] = [];
      for (const { name, text } of fixtures()) {
        const { endpoints, kind } = recognise(text.toString("utf8"));
        for (const endpoint of endpoints) {
          const fault = circle(endpoint, await post(`/v1/instances/any/${endpoint}`, text));
          if (fault !== null) wrong.push(`${name} (${kind}): ${endpoint}: ${fault}`);
        }
      }
      expect(wrong).toEqual([]);
    },
    MANY_POSTS,
  );

  test.each(KIND_TEXTS)("kind %s", async (kind, _endpoint, text) => {
    const found = recognise(text);
    expect(found.kind).toBe(kind);
    for (const endpoint of found.endpoints)
      expect(circle(endpoint, await post(`/v1/instances/any/${endpoint}`, text)), `${endpoint}: ${text.slice(0, 80)}`).toBeNull();
  });

  test("no kind is left out", () => {
    const seen = new Set<string>(KIND_TEXTS.map(([kind]) => kind));
    for (const { text } of fixtures()) seen.add(recognise(text.toString("utf8")).kind);
    const missing = KIND_TABLE.filter(({ kind, endpoint }) => endpoint !== null && !seen.has(kind)).map(({ kind }) => kind);
    expect(missing).toEqual([]);
  });
});

/** What nothing is read of: cut, in units that are none, from another product, errors. */
const REFUSED: readonly (readonly [what: string, text: string])[] = [
  ["megabytes", readFileSync(new URL("usage-texts/shmmem-m.txt", FIXTURES), "utf8")],
  ["a socket that nobody listens on", readFileSync(new URL("usage-texts/kamcmd-socket-error.txt", FIXTURES), "utf8")],
  ["a command that is not there", "error: 500 - command pkg.stats not found\n"],
  ["a reply that is too big", "# kamcmd pkg.stats\nERROR: reply too big\n"],
  [
    "a build with the system's malloc",
    "{\n\tentry: 0\n\tpid: 7\n\trank: 0\n\tused: 0\n\tfree: 0\n\treal_used: 0\n\ttotal_size: 0\n\ttotal_frags: 0\n}\n",
  ],
  ["a struct that was cut", "{\n\ttotal: 67108864\n\tfree: 60841104\n\tused: 5480320\n\treal_used: 6267760\n"],
  [
    "series without names",
    '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"instance":"a"},"values":[[1716500000,"5"]]}]}}',
  ],
  ["an error of Prometheus", '{"status":"error","errorType":"bad_data","error":"parse error: unexpected end of input"}'],
];

describe("the reason is the same wherever it is posted", () => {
  test.each(REFUSED)("%s", async (_what, text) => {
    const usage = await post("/v1/instances/any/usage", text);
    const analysis = await post("/v1/analyses", text);
    expect([usage.status, analysis.status]).toEqual([422, 422]);
    expect(usage.body.hint).not.toBeNull();
    expect(analysis.body.hint).toBe(usage.body.hint);
    const reason = /Line (\d+): (.*)\.$/.exec(usage.body.detail);
    expect(analysis.body.detail).toContain(`line ${reason?.[1]}: ${reason?.[2]}`);
    expect(usage.body.hint).not.toContain("POST it to .../usage");
  });
});
