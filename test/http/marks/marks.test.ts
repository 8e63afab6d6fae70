import { beforeAll, expect, test } from "vitest";
import { testServer } from "../../support/server.js";

const server = testServer();
const post = (body: unknown, path = "marks") =>
  server.fetch(`/v1/instances/sip1/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });

beforeAll(async () => {
  await server.fetch("/v1/instances/sip1", { method: "PUT" });
});

test("a mark is kept, listed, drawn, and judged with the changes", async () => {
  const samples = Array.from({ length: 48 }, (_, hour) =>
    JSON.stringify({
      at: new Date(Date.UTC(2026, 9, 1, hour)).toISOString(),
      shm: {
        total: 67_108_864,
        real_used: 20_000_000 + (hour < 24 ? 0 : 8_000_000) + 1000 * (hour % 5),
        used: 19_000_000,
        free: 40_000_000,
      },
    }),
  ).join("\n");
  expect(
    (
      await server.fetch("/v1/instances/sip1/usage", {
        method: "POST",
        headers: { "Content-Type": "application/x-ndjson" },
        body: samples,
      })
    ).status,
  ).toBe(201);
  const made = await post({ at: "2026-10-02T00:00:00Z", text: "moved 2000 customers here" });
  expect(made.status).toBe(201);
  expect(await made.json()).toMatchObject({ at: "2026-10-02T00:00:00.000Z", text: "moved 2000 customers here" });
  expect((await post({ at: "2026-10-02T00:00:00Z", text: "moved 2000 customers here" })).status).toBe(200);
  const { items } = (await (await server.fetch("/v1/instances/sip1/marks")).json()) as { items: unknown[] };
  expect(items).toHaveLength(1);
  expect(await (await server.fetch("/v1/instances/sip1/usage.svg")).text()).toContain("moved 2000 customers here");
  const effects = (await (await server.fetch("/v1/instances/sip1/change-effects")).json()) as {
    items: { change: { kind: string; summary: string }; pools: { pool: string; verdict: string }[] }[];
    next_cursor: string | null;
  };
  expect(effects.items[0]).toMatchObject({
    change: { kind: "mark", summary: "moved 2000 customers here" },
    pools: [
      { pool: "shm", verdict: "step_up" },
      { pool: "pkg", verdict: "cannot_tell" },
    ],
  });
  expect(effects.next_cursor).toBeNull();
});

test("a mark needs a text, and secrets do not stay in it", async () => {
  expect((await post({ at: "2026-10-02T00:00:00Z" })).status).toBe(400);
  expect(await (await post({ text: "set DB_PASSWORD=hunter2" })).text()).not.toContain("hunter2");
});
