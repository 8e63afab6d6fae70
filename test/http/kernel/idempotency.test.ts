import { describe, expect, test } from "vitest";
import { testServer } from "../../support/server.js";

const server = testServer();
const TOKEN = '{"name":"bot","scopes":["read"]}';

const post = (key: string, body: string, path = "/v1/tokens") =>
  server.fetch(path, { method: "POST", headers: { "Idempotency-Key": key, "Content-Type": "application/json" }, body });

describe("Idempotency-Key", () => {
  test("a retried request gets the first one's answer", async () => {
    const first = await post("k1", TOKEN);
    const again = await post("k1", TOKEN);
    expect(first.status).toBe(201);
    expect(again.status).toBe(201);
    expect(again.headers.get("Idempotency-Replayed")).toBe("true");
    expect(await again.text()).toBe(await first.text());
  });

  test("another body under the same key is 422", async () => {
    await post("k2", TOKEN);
    const other = await post("k2", '{"name":"other","scopes":["read"]}');
    expect(other.status).toBe(422);
    expect(await other.json()).toMatchObject({ code: "idempotency_key_reused" });
  });

  test("another operation under the same key is 422", async () => {
    await post("k3", TOKEN);
    expect((await post("k3", TOKEN, "/v1/tokens?x=1")).status).toBe(422);
  });

  test("a refused request is refused the same way again", async () => {
    expect((await post("k4", '{"name":""}')).status).toBe(400);
    const again = await post("k4", '{"name":""}');
    expect(again.status).toBe(400);
    expect(again.headers.get("Idempotency-Replayed")).toBe("true");
  });

  test("one of two at the same time works, the other is told to wait or gets the same answer", async () => {
    const answers = await Promise.all([post("k5", TOKEN), post("k5", TOKEN)]);
    const statuses = answers.map(({ status }) => status).sort();
    expect([201, 409]).toContain(statuses[1]);
    expect(statuses[0]).toBe(201);
  });

  test.each([
    ["", 400],
    ["x".repeat(256), 400],
  ])("a key of bad length is refused", async (key, status) => {
    if (key === "") return expect((await post(" ", TOKEN)).status).toBe(status);
    expect((await post(key, TOKEN)).status).toBe(status);
  });
});
