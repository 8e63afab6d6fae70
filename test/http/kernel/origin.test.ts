import { beforeAll, describe, expect, test } from "vitest";
import { rawRequest } from "../../support/raw-request.js";
import { testServer } from "../../support/server.js";

describe("a service without tokens", () => {
  const server = testServer({ ALLOWED_HOSTS: "assistant.example.org, Proxy.LAN:8443" });
  let port = "";
  beforeAll(() => {
    port = new URL(server.url).port;
  });
  const get = (host: string, path = "/v1/instances") => rawRequest(`${server.url}${path}`, "GET", { Host: host });

  test.each([
    "127.0.0.1",
    "127.0.0.1:8080",
    "localhost",
    "LOCALHOST:1",
    "localhost.",
    "app.localhost",
    "127.8.8.8",
    "[::1]",
    "[::1]:8080",
    "assistant.example.org",
    "Assistant.Example.org:443",
    "proxy.lan",
  ])("answers to Host: %s", async (host) => {
    expect((await get(host)).status).toBe(200);
  });

  test.each([
    "evil.example",
    "evil.example:8080",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "notlocalhost",
    "0.0.0.0",
    "10.0.0.1:8080",
    "[::]",
    "[fe80::1]",
    "sub.assistant.example.org",
  ])("refuses Host: %s, whatever is asked for", async (host) => {
    for (const path of ["/v1/instances", "/healthz", "/docs", "/nowhere"]) {
      const answer = await get(host, path);
      expect(answer.status).toBe(421);
      expect(JSON.parse(answer.text)).toMatchObject({ code: "host_not_allowed", hint: expect.stringContaining("ALLOWED_HOSTS") });
    }
  });

  test.each(["user@localhost", "localhost:80:80", "localhost/x", "[::1", "a b"])("has no host in Host: %s", async (host) => {
    expect([400, 421]).toContain((await get(host)).status);
  });

  const put = (headers: Record<string, string>) =>
    rawRequest(`${server.url}/v1/instances/sip1`, "PUT", { Host: `localhost:${port}`, ...headers }, '{"description":"x"}');

  test.each<[string, Record<string, string>]>([
    ["a program", {}],
    ["curl -d", { "Content-Type": "application/x-www-form-urlencoded" }],
    ["the service's own page", { Origin: "http://localhost:PORT", "Sec-Fetch-Site": "same-origin" }],
    ["its own page in a browser without Fetch Metadata", { Origin: "http://localhost:PORT" }],
    ["somebody who typed the address", { "Sec-Fetch-Site": "none" }],
    ["a page of an allowed host behind a proxy", { Origin: "https://assistant.example.org", "Sec-Fetch-Site": "same-origin" }],
  ])("takes a change from %s", async (_, headers) => {
    const answer = await put(Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, v.replace("PORT", port)])));
    expect([200, 201]).toContain(answer.status);
  });

  test.each<[string, Record<string, string>]>([
    ["another site", { Origin: "http://evil.example", "Sec-Fetch-Site": "cross-site" }],
    ["another site, in a browser without Fetch Metadata", { Origin: "http://evil.example" }],
    ["another site that hides itself", { Origin: "null" }],
    ["another site by a link or form", { "Sec-Fetch-Site": "Cross-Site" }],
    ["another port of this machine", { Origin: "http://localhost:1", "Sec-Fetch-Site": "same-site" }],
    ["a name that is not one", { Origin: "not a url" }],
    ["an allowed name's look-alike", { Origin: "https://assistant.example.org.evil.example" }],
  ])("refuses a change from %s", async (_, headers) => {
    for (const [method, path] of [
      ["PUT", "/v1/instances/evil"],
      ["POST", "/v1/instances/evil/builds?create=true"],
      ["DELETE", "/v1/instances/sip1"],
      ["POST", "/v1/analyses"],
    ] as const) {
      const answer = await rawRequest(`${server.url}${path}`, method, { Host: `localhost:${port}`, ...headers }, "{}");
      expect([method, path, answer.status]).toEqual([method, path, 403]);
      expect(JSON.parse(answer.text)).toMatchObject({ code: "cross_site" });
    }
    expect((await get("localhost", "/v1/instances/evil")).status).toBe(404);
    expect((await get("localhost", "/v1/instances/sip1")).status).toBe(200);
  });

  test("a link on another page may be followed", async () => {
    const answer = await rawRequest(`${server.url}/v1/instances`, "GET", {
      Host: "localhost",
      "Sec-Fetch-Site": "cross-site",
    });
    expect(answer.status).toBe(200);
    expect(answer.headers).not.toHaveProperty("access-control-allow-origin");
  });

  test("makes no tokens over HTTP", async () => {
    const answer = await rawRequest(`${server.url}/v1/tokens`, "POST", {}, '{"name":"x","scopes":["admin"]}');
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.text)).toMatchObject({
      code: "anonymous_token",
      hint: expect.stringContaining("kamailio-assistant token create"),
    });
  });
});

describe("a service with tokens", () => {
  const server = testServer({ AUTH: "token" });

  test("answers under any name: a browser sends no bearer token by itself", async () => {
    const answer = await rawRequest(`${server.url}/v1/instances`, "GET", { Host: "sip.example.org" });
    expect(answer.status).toBe(401);
    expect((await rawRequest(`${server.url}/healthz`, "GET", { Host: "10.0.0.1:8080" })).status).toBe(200);
  });
});
