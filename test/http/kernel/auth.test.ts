import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfig } from "../../../src/config.js";
import { createApp } from "../../../src/http/app.js";
import { type RunningServer, startServer } from "../../../src/http/server.js";
import { openApiDocument } from "../../../src/http/system/openapi.js";
import { createServices } from "../../../src/service/services.js";
import { openStore } from "../../../src/store/store.js";
import { SCOPES, type Scope } from "../../../src/store/tokens.js";

const silent = pino({ level: "silent" });

describe("every operation", () => {
  const store = openStore(":memory:");
  afterAll(() => store.close());
  const api = createApp({
    ...createServices({ store, log: silent, now: () => 0, auth: "token" }),
    version: "0",
    isStopping: () => false,
  });
  const operations = Object.entries(openApiDocument(api, "0").paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item as Record<string, { "x-required-scope"?: string; operationId?: string; responses?: object }>).map(
      ([method, operation]) => ({ path, method, operation }),
    ),
  );

  test.each(
    operations.map(({ path, method, operation }) => [`${method.toUpperCase()} ${path}`, path, method, operation] as const),
  )("%s declares its scope, and without a token is 401", async (_, path, method, operation) => {
    expect(["public", ...SCOPES]).toContain(operation["x-required-scope"]);
    const response = await api.request(path.replaceAll(/\{\w+\}/g, "x1"), { method: method.toUpperCase() });
    if (operation["x-required-scope"] === "public") expect(response.status).toBeLessThan(400);
    else {
      expect(response.status).toBe(401);
      expect(operation.responses).toHaveProperty("403");
    }
  });

  test("no route is served beside the declared ones and the documentation", () => {
    const declared = new Set(
      operations.map(({ path, method }) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`),
    );
    const served = api.routes
      .filter(({ method, path }) => method !== "ALL" && !path.startsWith("/docs") && path !== "/openapi.json")
      .map(({ method, path }) => `${method} ${path}`);
    expect(served.filter((route) => !declared.has(route))).toEqual([]);
  });
});

describe("AUTH=token", () => {
  const folder = mkdtempSync(join(tmpdir(), "assistant-"));
  const database = join(folder, "a.db");
  const secrets = new Map<string, string>();
  const ids = new Map<string, string>();
  let server: RunningServer;

  beforeAll(async () => {
    const store = openStore(database);
    const now = Date.now();
    for (const scope of SCOPES) {
      const token = await store.tokens.create({ name: scope, scopes: [scope], expires_at: null }, now);
      secrets.set(scope, token.secret);
    }
    const expired = await store.tokens.create({ name: "old", scopes: ["admin"], expires_at: now - 1 }, now - 1000);
    secrets.set("expired", expired.secret);
    const revoked = await store.tokens.create({ name: "revoked", scopes: ["admin"], expires_at: null }, now);
    await store.tokens.revoke(revoked.id, now);
    secrets.set("revoked", revoked.secret);
    ids.set("revoked", revoked.id);
    await store.close();
    server = await startServer(readConfig({ PORT: "0", DATABASE_URL: database, AUTH: "token" }), silent, "0");
  });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  const call = (secret: string | undefined, method: string, path: string, body?: string) =>
    fetch(`${server.url}${path}`, {
      method,
      headers: secret === undefined ? {} : { Authorization: `Bearer ${secret}` },
      body: body ?? null,
    });

  test.each<[Scope, string, string, number]>([
    ["read", "GET", "/v1/instances", 200],
    ["read", "PUT", "/v1/instances/a", 403],
    ["read", "GET", "/v1/tokens", 403],
    ["ingest", "GET", "/v1/instances", 403],
    ["ingest", "PUT", "/v1/instances/a", 403],
    ["write", "GET", "/v1/instances", 200],
    ["write", "PUT", "/v1/instances/a", 201],
    ["write", "POST", "/v1/tokens", 403],
    ["admin", "GET", "/v1/tokens", 200],
    ["admin", "PUT", "/v1/instances/a", 200],
  ])("a token with %s: %s %s is %i", async (scope, method, path, status) => {
    expect((await call(secrets.get(scope), method, path)).status).toBe(status);
  });

  test("unknown, expired and revoked tokens get the same answer, and nothing of the store", async () => {
    const answers = await Promise.all(
      [undefined, "kat_unknown", secrets.get("expired"), secrets.get("revoked")].map(async (secret) => {
        const response = await call(secret, "GET", "/v1/instances/a");
        const { request_id: _, ...problem } = (await response.json()) as Record<string, unknown>;
        return { status: response.status, challenge: response.headers.get("WWW-Authenticate"), problem };
      }),
    );
    expect(answers[0]).toMatchObject({
      status: 401,
      challenge: 'Bearer realm="kamailio-assistant"',
      problem: { code: "unauthorized" },
    });
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });

  test("a 403 names the scope and not the instance", async () => {
    const response = await call(secrets.get("ingest"), "GET", "/v1/instances/secret-name");
    expect(response.status).toBe(403);
    const text = await response.text();
    expect(text).toContain('\\"read\\"');
    expect(text).not.toContain("secret-name");
  });

  test("a token made over HTTP works until it is revoked; its secret is not kept", async () => {
    const created = await call(
      secrets.get("admin"),
      "POST",
      "/v1/tokens",
      '{"name":"bot","scopes":["read"],"expires_in_days":1}',
    );
    expect(created.status).toBe(201);
    const { id, secret } = (await created.json()) as { id: string; secret: string };
    expect((await call(secret, "GET", "/v1/instances")).status).toBe(200);
    const list = await (await call(secrets.get("admin"), "GET", "/v1/tokens")).text();
    expect(list).toContain(id);
    expect(list).not.toContain(secret);
    expect((await call(secrets.get("admin"), "DELETE", `/v1/tokens/${id}`)).status).toBe(200);
    expect((await call(secret, "GET", "/v1/instances")).status).toBe(401);
    expect((await call(secrets.get("admin"), "DELETE", "/v1/tokens/none")).status).toBe(404);
  });

  test("a new token's secret is not kept with its Idempotency-Key", async () => {
    const created = await fetch(`${server.url}/v1/tokens`, {
      method: "POST",
      headers: {
        Authorization: `Bearer ${secrets.get("admin")}`,
        "Content-Type": "application/json",
        "Idempotency-Key": "once",
      },
      body: '{"name":"kept?","scopes":["read"]}',
    });
    const { secret } = (await created.json()) as { secret: string };
    expect(secret).toMatch(/^kat_/);
    for (const suffix of ["", "-wal"]) expect(readFileSync(database + suffix).includes(secret)).toBe(false);
  });

  test.each(["/healthz", "/readyz", "/openapi.json", "/docs"])("%s needs no token", async (path) => {
    expect((await call(undefined, "GET", path)).status).toBe(200);
  });
});
