import { describe, expect, test } from "vitest";
import { leaking, pkgSums, REQUIRE } from "../../support/dump-text.js";
import { type DumpOnTheWire, fixture, jsonClient } from "../../support/dump-upload.js";
import { testServer } from "../../support/server.js";

const server = testServer();
const { post, get } = jsonClient(server);
const LEAK = "incidents/c2-leak-pkg-require-async-5.6.3-debian";

describe("comparing dumps", () => {
  interface Comparison {
    ok: boolean;
    dump_ids: string[];
    hours: number | null;
    suspects: { site: string; confidence: string; count_delta: number; count_per_hour: number | null }[];
    sites: { site: string }[];
    start_up: { sites: number };
    warnings: string[];
  }
  const series = async (instance: string, counts: number[], at: (n: number) => string) => {
    const ids: string[] = [];
    for (const [n, count] of counts.entries()) {
      const { answer } = await post(`/v1/instances/${instance}/dumps?create=true${at(n)}`, pkgSums(81, leaking(count)));
      ids.push(answer.dumps[0]?.id ?? "");
    }
    return ids;
  };
  const hourly = (n: number) => `&at=2026-11-20T1${n}:00:00Z`;

  test("three over time: the one that grows in each interval is the suspect, with its rate", async () => {
    const [first, second, third] = await series("leak", [100, 1100, 2100], hourly);
    const path = `/v1/instances/leak/dumps/${third}/comparison?base=${second}&base=${first}`;
    const comparison = await get<Comparison>(path);
    expect(comparison).toMatchObject({ ok: false, dump_ids: [first, second, third], hours: 2, start_up: { sites: 1 } });
    expect(comparison.suspects).toMatchObject([{ site: REQUIRE, confidence: "high", count_delta: 2000, count_per_hour: 1000 }]);
    expect(comparison.sites.map(({ site }) => site)).toEqual([REQUIRE]);
    expect((await get<Comparison>(`${path}&start_up=show`)).sites).toHaveLength(2);
    expect((await server.fetch(`${path}&fail=true`)).status).toBe(422);
  });

  test("dumps that came in together without times have no rates, and say why", async () => {
    const [first, second] = await series("untimed", [100, 1100], () => "");
    const comparison = await get<Comparison>(`/v1/instances/untimed/dumps/${second}/comparison?base=${first}`);
    expect(comparison.hours).toBeNull();
    expect(comparison.suspects[0]?.count_per_hour).toBeNull();
    expect(comparison.warnings.join()).toContain("?at=");
  });

  test("in Markdown and as text it says the same", async () => {
    const [first, second] = await series("words", [100, 1100], hourly);
    const path = `/v1/instances/words/dumps/${second}/comparison?base=${first}`;
    for (const accept of ["text/markdown", "text/plain"]) {
      const response = await server.fetch(path, { headers: { Accept: accept } });
      expect(response.headers.get("Content-Type")).toBe(`${accept}; charset=utf-8`);
      const text = await response.text();
      for (const part of [REQUIRE, "+1000", first ?? "", "not who forgot to free", "mem_dump_pkg 81"])
        expect(text).toContain(part);
    }
  });

  test("the real leak is found across the dumps of one process", async () => {
    const posted: DumpOnTheWire[] = [];
    for (const [name, at] of [
      ["middle", "10"],
      ["end", "11"],
    ] as const)
      posted.push(
        ...(
          await post(
            `/v1/instances/real/dumps?create=true&at=2026-11-20T${at}:00:00Z`,
            fixture(`${LEAK}/dump-${name}-pkg-Async.log.gz`),
          )
        ).answer.dumps,
      );
    const [base, later] = posted.filter(({ form }) => form === "status");
    const { suspects } = await get<Comparison>(`/v1/instances/real/dumps/${later?.id}/comparison?base=${base?.id}`);
    expect(suspects[0]?.site).toContain("parse_require");
  });

  test("other pools are not comparable, and a script can tell", async () => {
    const [pkg] = await series("pools", [100], hourly);
    const { answer } = await post("/v1/instances/pools/dumps?at=2026-11-20T12:00:00Z", fixture(`${LEAK}/dump-start-shm.log`));
    expect(await get(`/v1/instances/pools/dumps/${answer.dumps[0]?.id}/comparison?base=${pkg}`)).toMatchObject({
      ok: false,
      comparable: false,
      sites: [],
    });
  });

  test.each([
    ["without a base", "", 400, "invalid_parameter"],
    ["with itself", "?base=SELF", 400, "same_dump"],
    ["with a dump that is not there", "?base=none", 404, "dump_not_found"],
  ])("%s", async (_, query, status, code) => {
    const [id = ""] = await series("faults", [100], hourly);
    const response = await server.fetch(`/v1/instances/faults/dumps/${id}/comparison${query.replace("SELF", id)}`);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code });
  });
});
