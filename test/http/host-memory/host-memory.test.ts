import { describe, expect, test } from "vitest";
import { fixture } from "../../support/dump-upload.js";
import { runScenarios } from "../../support/scenario.js";
import { testServer } from "../../support/server.js";

const server = testServer();
const HOST = "/v1/instances/h1/host-memory";

const meminfo = (available: number, slab: number) =>
  `MemTotal:       16316412 kB\nMemFree:          401232 kB\nMemAvailable:   ${available} kB\nBuffers:          302112 kB\nCached:          1401232 kB\nShmem:            512344 kB\nSReclaimable:    ${slab} kB\n`;

describe("host memory", () => {
  runScenarios(server, [
    {
      name: "of an instance that nobody made",
      method: "POST",
      path: "/v1/instances/nobody/host-memory",
      body: meminfo(9_000_000, 8_000_000),
      status: 404,
      code: "instance_not_found",
    },
    {
      name: "before anything was posted",
      before: [["PUT", "/v1/instances/h1"]],
      path: HOST,
      status: 404,
      code: "host_memory_not_found",
    },
    {
      name: "a slab that can be reclaimed",
      method: "POST",
      path: HOST,
      body: meminfo(11_892_340, 8_801_232),
      status: 201,
      json: { ok: true, verdict: "reclaimable_slab", drop_caches_would_show: true },
      has: ['"label":"reclaimable slab","bytes":9012461568'],
    },
    {
      name: "the same again is the same record",
      method: "POST",
      path: HOST,
      body: meminfo(11_892_340, 8_801_232),
      status: 200,
      json: { verdict: "reclaimable_slab" },
    },
    {
      name: "the latest, for people",
      path: HOST,
      headers: { Accept: "text/markdown" },
      status: 200,
      has: ["# Host memory of h1: reclaimable slab", "| reclaimable slab | 9012461568 |", "slabtop"],
    },
    {
      name: "a shortage is not ok, and a script can tell",
      method: "POST",
      path: `${HOST}?fail=true`,
      body: meminfo(300_000, 100_000),
      status: 422,
      json: { ok: false, verdict: "real_shortage", drop_caches_would_show: false },
    },
    { name: "what free prints", method: "POST", path: HOST, body: fixture("host-memory/free.txt"), status: 201 },
    {
      name: "a build",
      method: "POST",
      path: HOST,
      body: fixture("5.6.3-debian-default/I.txt"),
      status: 422,
      code: "not_read_here",
      has: [".../builds"],
    },
    { name: "nothing", method: "POST", path: HOST, body: "", status: 422, code: "empty_body" },
    { name: "a format that is none", path: `${HOST}?format=pdf`, status: 400, code: "invalid_parameter" },
  ]);

  test("the pools' sizes come from the recorded settings, also when those come later", async () => {
    const path = "/v1/instances/h2";
    await server.fetch(`${path}/host-memory?create=true`, { method: "POST", body: fixture("host-memory/5.6.3-status.txt") });
    const limits = async () => {
      const { arithmetic } = (await (await server.fetch(`${path}/host-memory`)).json()) as {
        arithmetic: { label: string; bytes: number }[];
      };
      return arithmetic.find(({ label }) => label === "pools at most")?.bytes;
    };
    expect(await limits()).toBeUndefined();
    await server.fetch(`${path}/settings`, { method: "POST", body: "/usr/sbin/kamailio -m 32 -M 8" });
    const processes =
      fixture("host-memory/5.6.3-status.txt")
        .toString()
        .match(/^Name:/gm)?.length ?? 0;
    expect(await limits()).toBe((32 + 8 * processes) * 1_048_576);
  });
});
