import { describe, expect, test } from "vitest";
import { runScenarios } from "../../support/scenario.js";
import { testServer } from "../../support/server.js";

const server = testServer();
const MB = 1_048_576;
const HOUR = 3_600_000;

/** A year-old leak: hourly samples of a pool that fills by the same amount every hour, with a busy hour each day. */
function history(days: number, bytesPerHour: number, from: number): string {
  const lines: string[] = [];
  for (let hour = 0; hour < days * 24; hour++) {
    const busy = 0.5 + 0.5 * Math.sin((hour / 24) * 2 * Math.PI);
    const real_used = Math.round(40 * MB + bytesPerHour * hour + busy * 12 * MB + ((hour * 7919) % 1000) * 100);
    const total = 256 * MB;
    lines.push(
      JSON.stringify({
        at: new Date(from + hour * HOUR).toISOString(),
        uptime: hour * 3600,
        shm: {
          total,
          free: total - real_used,
          used: Math.round(real_used * 0.9),
          real_used,
          max_used: Math.round(40 * MB + bytesPerHour * hour + 12.2 * MB),
          fragments: 300,
        },
        pkg: [
          {
            pid: 100,
            rank: 0,
            used: MB,
            free: 7 * MB,
            real_used: MB,
            total_size: 8 * MB,
            total_frags: 4,
            desc: "main process - attendant",
          },
        ],
        load: { current_transactions: Math.round(busy * 500), registered_users: 1000 },
      }),
    );
  }
  return `${lines.join("\n")}\n`;
}

const NDJSON = { "Content-Type": "application/x-ndjson" };
const OLD = Date.UTC(2025, 5, 1);

describe("diagnosis and sizing", () => {
  runScenarios(server, [
    {
      name: "a diagnosis of an instance that nobody made",
      path: "/v1/instances/nobody/diagnosis",
      status: 404,
      code: "instance_not_found",
    },
    {
      name: "a sizing of an instance that nobody made",
      path: "/v1/instances/nobody/sizing",
      status: 404,
      code: "instance_not_found",
    },
    {
      name: "a diagnosis without data",
      before: [["PUT", "/v1/instances/empty"]],
      path: "/v1/instances/empty/diagnosis",
      status: 200,
      json: {
        pools: [
          { pool: "shm", verdict: "insufficient_data" },
          { pool: "pkg", verdict: "insufficient_data" },
        ],
      },
    },
    {
      name: "a cold start",
      path: "/v1/instances/empty/sizing?contacts=100000&calls=2000&tls_connections=5000&processes=20",
      status: 200,
      json: {
        window: { samples: 0 },
        recommendations: [
          { pool: "shm", finding: "insufficient_data" },
          { pool: "pkg", finding: "insufficient_data" },
        ],
        host_impact: { processes: 20 },
      },
      has: ["SHM_MEMORY"],
    },
    {
      name: "a horizon out of bounds",
      path: "/v1/instances/empty/sizing?horizon_days=0",
      status: 400,
      code: "invalid_parameter",
    },
    { name: "an unknown pool", path: "/v1/instances/empty/diagnosis?pool=heap", status: 400, code: "invalid_parameter" },
    {
      name: "old history goes in",
      method: "POST",
      path: "/v1/instances/leak/usage?create=true",
      headers: NDJSON,
      body: history(30, 120_000, OLD),
      status: 201,
      json: { accepted: { samples: 720, shm: 720, pkg: 720 } },
    },
    {
      name: "and judges as well: a leak",
      path: "/v1/instances/leak/diagnosis",
      status: 200,
      json: {
        ok: false,
        dedup_key: "leak:shm:verdict",
        as_of: "2025-06-30T23:00:00.000Z",
        pools: [
          { pool: "shm", verdict: "leak_suspected" },
          { pool: "pkg", verdict: "healthy" },
        ],
      },
    },
    {
      name: "one pool alone",
      path: "/v1/instances/leak/diagnosis?pool=pkg&fail=true",
      status: 200,
      json: { ok: true, pools: [{ pool: "pkg", verdict: "healthy" }] },
    },
    { name: "a gate on the leak", path: "/v1/instances/leak/diagnosis?fail=true", status: 422, json: { ok: false } },
    {
      name: "a leak is not sized",
      path: "/v1/instances/leak/sizing",
      status: 200,
      json: { ok: false, recommendations: [{ pool: "shm", finding: "leak_suspected" }, { pool: "pkg" }] },
    },
    {
      name: "the ticket's text",
      path: "/v1/instances/leak/diagnosis?format=markdown",
      status: 200,
      has: ["# Memory of leak: shm leak suspected", "leak:shm:verdict", "Full at about"],
    },
    {
      name: "a steady pool",
      before: [["PUT", "/v1/instances/steady"]],
      method: "POST",
      path: "/v1/instances/steady/usage",
      headers: NDJSON,
      body: history(30, 0, OLD),
      status: 201,
    },
    {
      name: "is healthy",
      path: "/v1/instances/steady/diagnosis?fail=true",
      status: 200,
      json: { ok: true, pools: [{ verdict: "healthy" }, { verdict: "healthy" }] },
    },
    {
      name: "and its size says so, in lines to paste",
      path: "/v1/instances/steady/sizing?format=text",
      status: 200,
      has: ["Sizes for steady: -m", "To apply (at the next restart)", "Environment='SHM_MEMORY=64'"],
    },
  ]);

  test("recent samples are judged from the raw ones, however closely they were taken", async () => {
    const from = Date.now() - 30 * 60_000;
    const lines = Array.from({ length: 600 }, (_, n) => {
      const real_used = 10 * MB + n * 40_000;
      return JSON.stringify({
        at: new Date(from + n * 3000).toISOString(),
        uptime: 60 + n * 3,
        shm: {
          total: 64 * MB,
          free: 64 * MB - real_used,
          used: real_used - 500_000,
          real_used,
          max_used: real_used,
          fragments: 10,
        },
      });
    });
    await server.fetch("/v1/instances/fast/usage?create=true", { method: "POST", headers: NDJSON, body: lines.join("\n") });
    const diagnosis = (await (await server.fetch("/v1/instances/fast/diagnosis?pool=shm")).json()) as {
      pools: { slope_bytes_per_day: { likely: number } | null; verdict: string }[];
    };
    expect(diagnosis.pools[0]?.verdict).not.toBe("healthy");
  });
});
