import { describe, expect, test } from "vitest";
import { runScenarios } from "../../support/scenario.js";
import { testServer } from "../../support/server.js";

const server = testServer();

describe("instances", () => {
  runScenarios(server, [
    {
      name: "PUT makes one",
      method: "PUT",
      path: "/v1/instances/sip1",
      status: 201,
      json: { name: "sip1", labels: {}, description: null },
      answerHeaders: { Location: "/v1/instances/sip1", ETag: /^".+"$/ },
    },
    { name: "PUT again changes nothing", method: "PUT", path: "/v1/instances/sip1", status: 200 },
    {
      name: "PUT keeps what is not given",
      before: [["PUT", "/v1/instances/kept", '{"labels":{"role":"edge"},"description":"x"}']],
      method: "PUT",
      path: "/v1/instances/kept",
      body: '{"description":"y"}',
      status: 200,
      json: { labels: { role: "edge" }, description: "y" },
    },
    {
      name: "curl's default content type is JSON here",
      method: "PUT",
      path: "/v1/instances/form",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: '{"labels":{"a":"b"}}',
      status: 201,
      json: { labels: { a: "b" } },
    },
    {
      name: "a gzip body",
      method: "PUT",
      path: "/v1/instances/gz",
      headers: { "Content-Type": "application/json" },
      body: '{"labels":{"a":"b"}}',
      gzip: true,
      status: 201,
      json: { labels: { a: "b" } },
    },
    { name: "GET answers it", path: "/v1/instances/sip1", status: 200, json: { name: "sip1" } },
    {
      name: "a typo gets the near names and the PUT",
      path: "/v1/instances/sip2",
      status: 404,
      code: "instance_not_found",
      has: ["sip1", "curl -X PUT", "/v1/instances/sip2"],
    },
    {
      name: "a name with a slash",
      method: "PUT",
      path: "/v1/instances/a/b",
      status: 404,
      code: "no_such_path",
      has: ["no slash"],
    },
    {
      name: "a name with an escaped slash",
      method: "PUT",
      path: "/v1/instances/a%2Fb",
      status: 400,
      code: "invalid_parameter",
      json: { errors: [{ parameter: "instance" }] },
    },
    { name: "a name with capitals", method: "PUT", path: "/v1/instances/SIP1", status: 400, code: "invalid_parameter" },
    { name: "a name of 128 characters", method: "PUT", path: `/v1/instances/${"a".repeat(128)}`, status: 201 },
    {
      name: "a name of 129 characters",
      method: "PUT",
      path: `/v1/instances/${"a".repeat(129)}`,
      status: 400,
      code: "invalid_parameter",
    },
    { name: "a broken percent escape", path: "/v1/instances/%E0%A4%A", status: 400, code: "invalid_parameter" },
    { name: "no JSON", method: "PUT", path: "/v1/instances/x", body: "{labels", status: 400, code: "malformed_json" },
    {
      name: "a label that is no string",
      method: "PUT",
      path: "/v1/instances/x",
      body: '{"labels":{"a":1}}',
      status: 400,
      code: "invalid_body",
      json: { errors: [{ pointer: "/labels/a" }] },
    },
    {
      name: "a field that does not exist",
      method: "PUT",
      path: "/v1/instances/x",
      body: '{"label":{}}',
      status: 400,
      code: "invalid_body",
    },
    {
      name: "a picture",
      method: "PUT",
      path: "/v1/instances/x",
      headers: { "Content-Type": "image/png" },
      body: "x",
      status: 415,
      code: "unsupported_media_type",
    },
    {
      name: "an unknown encoding",
      method: "PUT",
      path: "/v1/instances/x",
      headers: { "Content-Encoding": "br" },
      body: "x",
      status: 415,
      code: "unsupported_encoding",
    },
    {
      name: "a damaged gzip body",
      method: "PUT",
      path: "/v1/instances/x",
      headers: { "Content-Encoding": "gzip" },
      body: "not gzip",
      status: 400,
      code: "bad_gzip",
    },
    {
      name: "a gzip bomb",
      method: "PUT",
      path: "/v1/instances/x",
      body: new Uint8Array(30_000_000),
      gzip: true,
      status: 413,
      code: "body_too_large",
    },
    {
      name: "a body over the limit",
      method: "PUT",
      path: "/v1/instances/x",
      body: "x".repeat(1_100_000),
      status: 413,
      code: "body_too_large",
      has: ["1048576", "1100000"],
    },
    { name: "nothing of the refused was stored", path: "/v1/instances/x", status: 404, code: "instance_not_found" },
    {
      name: "If-Match of another state",
      method: "PUT",
      path: "/v1/instances/sip1",
      headers: { "If-Match": '"other"' },
      body: '{"description":"z"}',
      status: 412,
      code: "precondition_failed",
    },
    {
      name: "If-None-Match: * on an existing one",
      method: "PUT",
      path: "/v1/instances/sip1",
      headers: { "If-None-Match": "*" },
      status: 412,
      code: "precondition_failed",
    },
    {
      name: "DELETE with a wrong If-Match",
      method: "DELETE",
      path: "/v1/instances/sip1",
      headers: { "If-Match": '"other"' },
      status: 412,
      code: "precondition_failed",
    },
    { name: "DELETE of none", method: "DELETE", path: "/v1/instances/none", status: 404, code: "instance_not_found" },
    {
      name: "a method that is not served",
      method: "PATCH",
      path: "/v1/instances/sip1",
      status: 405,
      code: "method_not_allowed",
      answerHeaders: { Allow: /PUT/ },
    },
    {
      name: "a limit out of bounds",
      path: "/v1/instances?limit=501",
      status: 400,
      code: "invalid_parameter",
      json: { errors: [{ parameter: "limit" }] },
    },
    { name: "a made-up cursor", path: "/v1/instances?cursor=abc", status: 400, code: "invalid_cursor" },
    { name: "a typo in the path", path: "/v1/instance", status: 404, code: "no_such_path", has: ["/v1/instances"] },
  ]);

  test("a condition that holds lets the change pass, and the tag changes with it", async () => {
    const first = await server.fetch("/v1/instances/tagged", { method: "PUT" });
    const etag = first.headers.get("ETag") ?? "";
    expect((await server.fetch("/v1/instances/tagged", { headers: { "If-None-Match": etag } })).status).toBe(304);
    const changed = await server.fetch("/v1/instances/tagged", {
      method: "PUT",
      headers: { "If-Match": etag },
      body: '{"description":"new"}',
    });
    expect(changed.status).toBe(200);
    expect(changed.headers.get("ETag")).not.toBe(etag);
    expect((await server.fetch("/v1/instances/tagged", { headers: { "If-None-Match": etag } })).status).toBe(200);
    expect((await server.fetch("/v1/instances/tagged", { method: "DELETE" })).status).toBe(204);
    expect((await server.fetch("/v1/instances/tagged")).status).toBe(404);
  });

  test("lists are paged by a cursor, and filtered by every label", async () => {
    for (const n of [1, 2, 3])
      await server.fetch(`/v1/instances/page${n}`, {
        method: "PUT",
        body: JSON.stringify({ labels: { group: "paged", n: String(n) } }),
      });
    const first = (await (await server.fetch("/v1/instances?label=group:paged&limit=2")).json()) as {
      items: { name: string }[];
      next_cursor: string;
    };
    expect(first.items.map(({ name }) => name)).toEqual(["page1", "page2"]);
    const second = await (await server.fetch(`/v1/instances?label=group:paged&limit=2&cursor=${first.next_cursor}`)).json();
    expect(second).toMatchObject({ items: [{ name: "page3" }], next_cursor: null });
    const both = await (await server.fetch("/v1/instances?label=group:paged&label=n:2")).json();
    expect(both).toMatchObject({ items: [{ name: "page2" }], next_cursor: null });
  });

  test("the caller's request id comes back, a hostile one does not", async () => {
    expect((await server.fetch("/healthz", { headers: { "X-Request-Id": "ticket-17" } })).headers.get("X-Request-Id")).toBe(
      "ticket-17",
    );
    expect(
      (await server.fetch("/healthz", { headers: { "X-Request-Id": "<script>" } })).headers.get("X-Request-Id"),
    ).not.toContain("<");
  });
});
