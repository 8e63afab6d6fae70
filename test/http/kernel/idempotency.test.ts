import { beforeAll, describe, expect, test } from "vitest";
import { testServer } from "../../support/server.js";

const server = testServer();
const RUNBOOK = '{"kind":"collect_dump"}';

beforeAll(() => server.fetch("/v1/instances/sip1", { method: "PUT" }));

const post = (key: string, body: string, path = "/v1/instances/sip1/runbooks") =>
  server.fetch(path, { method: "POST", headers: { "Idempotency-Key": key, "Content-Type": "application/json" }, body });

describe("Idempotency-Key", () => {
  test("a retried request gets the first one's answer", async () => {
    const first = await post("k1", RUNBOOK);
    const again = await post("k1", RUNBOOK);
    expect(first.status).toBe(201);
    expect(again.status).toBe(201);
    expect(again.headers.get("Idempotency-Replayed")).toBe("true");
    expect(await again.text()).toBe(await first.text());
  });

  test("another body under the same key is 422", async () => {
    await post("k2", RUNBOOK);
    const other = await post("k2", '{"kind":"quiet_test"}');
    expect(other.status).toBe(422);
    expect(await other.json()).toMatchObject({ code: "idempotency_key_reused" });
  });

  test("another operation under the same key is 422", async () => {
    await post("k3", RUNBOOK);
    expect((await post("k3", RUNBOOK, "/v1/instances/sip1/runbooks?x=1")).status).toBe(422);
  });

  test("a refused request is refused the same way again", async () => {
    expect((await post("k4", '{"kind":3}')).status).toBe(400);
    const again = await post("k4", '{"kind":3}');
    expect(again.status).toBe(400);
    expect(again.headers.get("Idempotency-Replayed")).toBe("true");
  });

  test("one of two at the same time works, the other is told to wait or gets the same answer", async () => {
    const answers = await Promise.all([post("k5", RUNBOOK), post("k5", RUNBOOK)]);
    const statuses = answers.map(({ status }) => status).sort();
    expect([201, 409]).toContain(statuses[1]);
    expect(statuses[0]).toBe(201);
  });

  test.each([
    ["", 400],
    ["x".repeat(256), 400],
  ])("a key of bad length is refused", async (key, status) => {
    if (key === "") return expect((await post(" ", RUNBOOK)).status).toBe(status);
    expect((await post(key, RUNBOOK)).status).toBe(status);
  });
});
