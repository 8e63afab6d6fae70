import { describe, expect, test } from "vitest";
import { runScenarios } from "../../support/scenario.js";
import { testServer } from "../../support/server.js";

const server = testServer();
const INSTANCE = "/v1/instances/s1";

describe("settings", () => {
  runScenarios(server, [
    {
      name: "an instance that nobody made",
      method: "POST",
      path: "/v1/instances/nobody/settings",
      body: "kamailio -m 64",
      status: 404,
      code: "instance_not_found",
    },
    {
      name: "a command line as curl sends it",
      before: [["PUT", INSTANCE]],
      method: "POST",
      path: `${INSTANCE}/settings`,
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: "/usr/sbin/kamailio -f /etc/kamailio/kamailio.cfg -m 256 -M 16 -x fm",
      status: 201,
      json: { forms: ["command_line"] },
      has: ['"name":"shm_size_mb","value":256'],
    },
    {
      name: "the same again is the same record",
      method: "POST",
      path: `${INSTANCE}/settings`,
      body: "/usr/sbin/kamailio -f /etc/kamailio/kamailio.cfg -m 256 -M 16 -x fm",
      status: 200,
    },
    {
      name: "the values in force, each with its source",
      path: `${INSTANCE}/settings`,
      status: 200,
      json: {
        shm_size_mb: { value: 256, source: "command_line" },
        pkg_manager: { value: "fm", source: "command_line" },
        memlog: { value: null, source: null },
      },
    },
    {
      name: "with a build, the release's defaults",
      before: [
        [
          "POST",
          `${INSTANCE}/builds`,
          "version: kamailio 5.6.3 (x86_64/linux)\nflags: USE_TCP, SHM_MMAP, PKG_MALLOC, Q_MALLOC, F_MALLOC, TLSF_MALLOC, DBG_SR_MEMORY, USE_FUTEX\n",
        ],
      ],
      path: `${INSTANCE}/settings`,
      status: 200,
      json: { memlog: { value: 4, source: "release_default" }, mem_summary: { value: 12 } },
    },
    {
      name: "a NUL-separated command line",
      method: "POST",
      path: "/v1/instances/s2/settings?create=true",
      body: Buffer.from("/usr/sbin/kamailio\0-m\x0064\0-M\x008\0"),
      status: 201,
      has: ['"name":"pkg_size_mb","value":8'],
    },
    {
      name: "JSON",
      method: "POST",
      path: "/v1/instances/s3/settings?create=true",
      headers: { "Content-Type": "application/json" },
      body: '{"shm_size_mb":512,"memlog":0}',
      status: 201,
      json: { forms: ["json"] },
    },
    {
      name: "JSON that is none",
      method: "POST",
      path: "/v1/instances/s3/settings",
      headers: { "Content-Type": "application/json" },
      body: "{shm",
      status: 400,
      code: "malformed_json",
    },
    {
      name: "JSON about something else",
      method: "POST",
      path: "/v1/instances/s3/settings",
      headers: { "Content-Type": "application/json" },
      body: '{"color":"red"}',
      status: 422,
      code: "not_read_here",
    },
    {
      name: "a build",
      method: "POST",
      path: `${INSTANCE}/settings`,
      body: "version: kamailio 5.6.3 (x86_64/linux)\nflags: USE_TCP, PKG_MALLOC, DBG_SR_MEMORY\nid: unknown\ncompiled with gcc 12\n",
      status: 422,
      code: "not_read_here",
      has: [".../builds"],
    },
    {
      name: "prose",
      method: "POST",
      path: `${INSTANCE}/settings`,
      body: "our server is slow",
      status: 422,
      code: "not_read_here",
      has: ["cmdline"],
    },
    { name: "nothing", method: "POST", path: `${INSTANCE}/settings`, body: "", status: 422, code: "empty_body" },
    { name: "a record that is not there", path: `${INSTANCE}/settings/none`, status: 404, code: "settings_record_not_found" },
    { name: "its text neither", path: `${INSTANCE}/settings/none/text`, status: 404, code: "settings_record_not_found" },
  ]);

  test("secrets are gone from the answer, the record and the text", async () => {
    const posted = "DB_PASSWORD=topsecret99\nSHM_MEMORY=128\nPKG_MEMORY=16\nDBURL=mysql://kamailio:hunter2secret@db/kamailio\n";
    const response = await server.fetch("/v1/instances/s4/settings?create=true", { method: "POST", body: posted });
    expect(response.status).toBe(201);
    const { id, secrets_removed } = (await response.clone().json()) as { id: string; secrets_removed: number };
    expect(secrets_removed).toBe(2);
    const record = await server.fetch(`/v1/instances/s4/settings/${id}`);
    const text = await server.fetch(`/v1/instances/s4/settings/${id}/text`);
    for (const answer of [await response.text(), await record.text(), await text.clone().text()]) {
      expect(answer).not.toContain("topsecret99");
      expect(answer).not.toContain("hunter2secret");
    }
    expect(await text.text()).toContain("SHM_MEMORY=128");
    expect(
      (await server.fetch(`/v1/instances/s4/settings/${id}`, { headers: { "If-None-Match": record.headers.get("ETag") ?? "" } }))
        .status,
    ).toBe(304);
  });
});

test("a version of OpenSIPS gets no defaults of a Kamailio release", async () => {
  const opensips =
    "version: opensips 3.4.2 (x86_64/linux)\nflags: STATS: On, SHM_MMAP, PKG_MALLOC, Q_MALLOC, DBG_MALLOC\ngit revision: 1234abcd\nmain.c compiled on 10:10:10 Jan  1 2024 with gcc 12\n";
  await server.fetch("/v1/instances/s5/builds?create=true", { method: "POST", body: opensips });
  const settings = (await (await server.fetch("/v1/instances/s5/settings")).json()) as Record<string, { value: unknown }>;
  expect(settings.memlog?.value).toBeNull();
  expect(settings.mem_summary?.value).toBeNull();
});

describe("a listing of several servers", () => {
  const listing =
    "USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND\nkamailio 71 0 0 9 9 ? S 10:00 0:00 /usr/sbin/kamailio -P /run/a.pid -f /etc/a.cfg -m 64\nkamailio 91 0 0 9 9 ? S 10:00 0:00 /usr/sbin/kamailio -P /run/b.pid -f /etc/b.cfg -m 128\n";
  runScenarios(server, [
    {
      name: "is asked about",
      before: [["PUT", "/v1/instances/two"]],
      method: "POST",
      path: "/v1/instances/two/settings",
      body: listing,
      status: 422,
      code: "several_servers",
      has: ["pid 71: ", "/etc/b.cfg", "?pid=71"],
    },
    {
      name: "and read for the one that is meant",
      method: "POST",
      path: "/v1/instances/two/settings?pid=91",
      body: listing,
      status: 201,
      has: ['"value":128', "/etc/b.cfg"],
      hasNot: ["/etc/a.cfg"],
    },
  ]);
});
