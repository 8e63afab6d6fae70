/** What the service exports it reads: CSV, NDJSON and JSON of one instance, posted to another, are the same history. */
import { beforeAll, describe, expect, test } from "vitest";
import type { UsageSample } from "../../../src/kamailio/sample.js";
import { testServer } from "../../support/server.js";
import { linesOf, MB, MINUTE, sampleAt } from "./samples.js";

const server = testServer();
const SINCE = Date.now() - 200 * MINUTE;
const NDJSON = { "Content-Type": "application/x-ndjson" };

async function rawOf(instance: string): Promise<UsageSample[]> {
  const answer = await server.fetch(`/v1/instances/${instance}/usage?points=all`);
  return (await answer.text())
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as UsageSample);
}

/** What every export shows; pkg's free is what the total leaves. */
function shown(samples: readonly UsageSample[]) {
  return samples.map(({ at, shm, pkg, load }) => ({
    at,
    shm,
    pkg: pkg.map(({ pid, rank, desc, used, real_used, total_size }) => ({ pid, rank, desc, used, real_used, total_size })),
    load,
  }));
}

beforeAll(async () => {
  const samples = Array.from({ length: 180 }, (_, minute) => sampleAt(SINCE + minute * MINUTE, 5 * MB + minute * 4096));
  await server.fetch("/v1/instances/first/usage?create=true", { method: "POST", headers: NDJSON, body: linesOf(samples) });
});

describe("an export can be posted", () => {
  test.each([
    ["every raw sample as CSV", "points=all&format=csv", "text/plain"],
    ["every raw sample as NDJSON", "points=all&format=ndjson", "application/x-ndjson"],
    ["points as CSV", "points=500&format=csv", "text/plain"],
    ["points as NDJSON", "points=500&format=ndjson", "application/x-ndjson"],
    ["the history as JSON", "points=500", "application/json"],
  ])("%s", async (what, query, type) => {
    const name = what.toLowerCase().replaceAll(" ", "-");
    const text = await (await server.fetch(`/v1/instances/first/usage?${query}`)).text();
    const answer = await server.fetch(`/v1/instances/${name}/usage?create=true`, {
      method: "POST",
      headers: { "Content-Type": type },
      body: text,
    });
    expect(await answer.json()).toMatchObject({ accepted: { samples: 180, shm: 180, pkg: 360, load: 180 }, rejected: [] });
    expect(shown(await rawOf(name))).toEqual(shown(await rawOf("first")));
  });
});
