/** What is said of the very first sample, which everybody sees first. */
import { expect, test } from "vitest";
import { testServer } from "../../support/server.js";

const server = testServer();
const SHM = { total: 33_554_432, free: 25_000_000, used: 6_000_000, real_used: 8_554_432, max_used: 8_600_000, fragments: 20 };

test("one sample is one moment", async () => {
  await server.fetch("/v1/instances/a/usage?create=true", {
    method: "POST",
    headers: { "Content-Type": "application/x-ndjson" },
    body: `${JSON.stringify({ at: "2026-11-20T00:00:00Z", shm: SHM })}\n`,
  });
  const text = async (path: string) => (await server.fetch(`/v1/instances/a/${path}?format=text`)).text();
  expect(await text("diagnosis")).toContain("one moment is recorded; a judgement needs a busy hour and a night");
  expect(await text("sizing")).toContain("From 1 sample between");
});
