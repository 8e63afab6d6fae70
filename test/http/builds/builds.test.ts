import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { runScenarios } from "../../support/scenario.js";
import { testServer } from "../../support/server.js";

const server = testServer();
const fixture = (name: string) => readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), "utf8");
const I_563 = fixture("5.6.3-debian-default/I.txt");
const V_447 = fixture("4.4.7-default-fm/V.txt");
const CORE_INFO = fixture("5.6.3-debian-default/idle/kamcmd/core.info.txt");
const NEW: [string, string] = ["PUT", "/v1/instances/b1"];

describe("builds", () => {
  runScenarios(server, [
    {
      name: "an instance that nobody made",
      method: "POST",
      path: "/v1/instances/nobody/builds",
      body: I_563,
      status: 404,
      code: "instance_not_found",
      has: ["curl -X PUT", "create=true"],
    },
    {
      name: "?create=true makes it",
      method: "POST",
      path: "/v1/instances/made/builds?create=true",
      body: I_563,
      status: 201,
      json: { instance: "made", version: { text: "5.6.3" } },
    },
    {
      name: "nothing is made for a text that is no build",
      method: "POST",
      path: "/v1/instances/unmade/builds?create=true",
      body: "hello",
      // The text is what is wrong: a hint to create what was asked to be created would lead in a circle.
      status: 422,
      json: { code: "not_read_here" },
    },
    {
      name: "-I as curl sends it",
      before: [NEW],
      method: "POST",
      path: "/v1/instances/b1/builds",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: I_563,
      status: 201,
      json: {
        product: "kamailio",
        memory: { debug: true, debug_flag: "DBG_SR_MEMORY", default_manager: "qm" },
        default_shm_size_mb: 64,
        from_running_process: false,
      },
    },
    { name: "the same again is the same record", method: "POST", path: "/v1/instances/b1/builds", body: I_563, status: 200 },
    {
      name: "the same with Windows line ends",
      method: "POST",
      path: "/v1/instances/b1/builds",
      body: I_563.replaceAll("\n", "\r\n"),
      status: 200,
    },
    {
      name: "gzip",
      method: "POST",
      path: "/v1/instances/b1/builds",
      body: V_447,
      gzip: true,
      status: 201,
      json: { version: { text: "4.4.7" }, memory: { default_manager: "fm" }, default_shm_size_mb: null },
    },
    {
      name: "the running process differs from the recorded binary",
      method: "POST",
      path: "/v1/instances/b1/builds",
      body: CORE_INFO,
      status: 201,
      json: { from_running_process: true, running_process: { same: false } },
      has: ["version: 4.4.7 and 5.6.3"],
    },
    {
      name: "a text in the future",
      method: "POST",
      path: "/v1/instances/b1/builds?at=2999-01-01T00:00:00Z",
      body: I_563,
      status: 400,
      code: "time_in_future",
    },
    {
      name: "a time that is none",
      method: "POST",
      path: "/v1/instances/b1/builds?at=yesterday",
      body: I_563,
      status: 400,
      code: "invalid_parameter",
    },
    {
      name: "nothing",
      method: "POST",
      path: "/v1/instances/b1/builds",
      body: "",
      status: 422,
      code: "empty_body",
      has: ["kamailio -I"],
    },
    {
      name: "a help text",
      method: "POST",
      path: "/v1/instances/b1/builds",
      body: fixture("5.6.3-debian-default/h.txt"),
      status: 422,
      code: "not_read_here",
      has: ["help text", "kamailio -I"],
    },
    {
      name: "another command's output",
      method: "POST",
      path: "/v1/instances/b1/builds",
      body: fixture("4.4.7-default-qm/after/kamcmd/pkg.stats.txt"),
      status: 422,
      code: "not_read_here",
      has: ["pkg.stats", ".../usage"],
    },
    {
      name: "HTML",
      method: "POST",
      path: "/v1/instances/b1/builds",
      body: "<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>",
      status: 422,
      code: "not_read_here",
      has: ["HTML"],
    },
    {
      name: "binary",
      method: "POST",
      path: "/v1/instances/b1/builds",
      body: Uint8Array.from({ length: 5000 }, (_, n) => (n * 7919) % 256),
      status: 422,
      code: "not_read_here",
    },
    { name: "NUL bytes", method: "POST", path: "/v1/instances/b1/builds", body: new Uint8Array(5000), status: 422 },
    {
      name: "invalid UTF-8 around a build",
      method: "POST",
      path: "/v1/instances/b1/builds",
      body: Buffer.concat([
        Buffer.from([0xff, 0xfe, 0xfd, 0x0a]),
        Buffer.from(fixture("6.0.7-default-qm/I.txt")),
        Buffer.from([0xc3, 0x28]),
      ]),
      status: 201,
      json: { version: { text: "6.0.7" } },
    },
    {
      name: "a gzip bomb",
      method: "POST",
      path: "/v1/instances/b1/builds",
      body: new Uint8Array(50_000_000),
      gzip: true,
      status: 413,
      code: "body_too_large",
    },
    {
      name: "a form upload",
      method: "POST",
      path: "/v1/instances/b1/builds",
      headers: { "Content-Type": "multipart/form-data; boundary=x" },
      body: "--x",
      status: 415,
      code: "unsupported_media_type",
      has: ["--data-binary"],
    },
    {
      name: "OpenSIPS is said to be so",
      method: "POST",
      path: "/v1/instances/b1/builds",
      body: "version: opensips 3.4.2 (x86_64/linux)\nflags: STATS: On, DISABLE_NAGLE, USE_MCAST, SHM_MMAP, PKG_MALLOC, Q_MALLOC, F_MALLOC, HP_MALLOC, DBG_MALLOC, FAST_LOCK-FUTEX-ADAPTIVE_WAIT\nADAPTIVE_WAIT_LOOPS=1024, MAX_RECV_BUFFER_SIZE 262144, MAX_LISTEN 16, MAX_URI_SIZE 1024, BUF_SIZE 65535\npoll method support: poll, epoll, sigio_rt, select.\ngit revision: 1234abcd\nmain.c compiled on 10:10:10 Jan  1 2024 with gcc 12\n",
      status: 201,
      json: { product: "opensips", memory: { debug: null } },
      has: ["OpenSIPS, not Kamailio"],
    },
    { name: "a build that is not there", path: "/v1/instances/b1/builds/none", status: 404, code: "build_not_found" },
    {
      name: "a comparison without the other build",
      path: "/v1/instances/b1/builds/none/comparison",
      status: 400,
      code: "invalid_parameter",
      json: { errors: [{ parameter: "to" }] },
    },
  ]);

  test("are listed newest first, read one by one with their text, and compared", async () => {
    await server.fetch("/v1/instances/b2", { method: "PUT" });
    const ids: string[] = [];
    for (const [index, text] of [V_447, I_563].entries()) {
      const response = await server.fetch(`/v1/instances/b2/builds?at=2026-01-0${index + 1}T00:00:00Z`, {
        method: "POST",
        body: text,
      });
      const { id } = (await response.json()) as { id: string };
      expect(response.headers.get("Location")).toBe(`/v1/instances/b2/builds/${id}`);
      ids.push(id);
    }
    const [older, newer] = ids;
    const list = (await (await server.fetch("/v1/instances/b2/builds?limit=1")).json()) as {
      items: { id: string }[];
      next_cursor: string;
    };
    expect(list.items.map(({ id }) => id)).toEqual([newer]);
    const rest = await (await server.fetch(`/v1/instances/b2/builds?limit=1&cursor=${list.next_cursor}`)).json();
    expect(rest).toMatchObject({ items: [{ id: older, recorded_at: "2026-01-01T00:00:00.000Z" }], next_cursor: null });
    const one = await server.fetch(`/v1/instances/b2/builds/${newer}`);
    const etag = one.headers.get("ETag") ?? "";
    expect((await server.fetch(`/v1/instances/b2/builds/${newer}`, { headers: { "If-None-Match": etag } })).status).toBe(304);
    expect(await (await server.fetch(`/v1/instances/b2/builds/${newer}/text`)).text()).toBe(I_563);
    const comparison = await (await server.fetch(`/v1/instances/b2/builds/${older}/comparison?to=${newer}`)).json();
    expect(comparison).toMatchObject({ from_id: older, to_id: newer, direction: "upgrade", same: false });
    expect(JSON.stringify(comparison)).toContain("default_manager");
  });

  test("a secret in the text is neither stored nor answered", async () => {
    const text = `DBURL=mysql://kamailio:hunter2secret@db/kamailio\n${fixture("5.8.8-default-qm/I.txt")}`;
    const response = await server.fetch("/v1/instances/b3/builds?create=true", { method: "POST", body: text });
    const answer = await response.text();
    expect(response.status).toBe(201);
    expect(answer).not.toContain("hunter2secret");
    expect(
      await (await server.fetch(`/v1/instances/b3/builds/${(JSON.parse(answer) as { id: string }).id}/text`)).text(),
    ).not.toContain("hunter2secret");
  });
});
