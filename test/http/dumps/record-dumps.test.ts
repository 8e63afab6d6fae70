import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { leaking, pkgSums } from "../../support/dump-text.js";
import { fixture, jsonClient, STATUS } from "../../support/dump-upload.js";
import { runScenarios } from "../../support/scenario.js";
import { testServer } from "../../support/server.js";

const server = testServer();
const { post } = jsonClient(server);
const DUMPS = "/v1/instances/d1/dumps";

const heapSize = (bytes: string) =>
  [
    " 0(1) ALERT: qm_status: qm_status(): (0x7f62226a3000):",
    ` 0(1) ALERT: qm_status: qm_status(): heap size= ${bytes}`,
    " 0(1) ALERT: qm_status: qm_status(): used= 1, used+overhead=2, free=3",
    " 0(1) ALERT: qm_status: qm_status(): max used (+overhead)= 5",
    " 0(1) ALERT: qm_status: qm_status(): -----------------------------",
    "",
  ].join("\n");

describe("posting dumps", () => {
  runScenarios(server, [
    {
      name: "to an instance that nobody made",
      method: "POST",
      path: "/v1/instances/nobody/dumps",
      body: pkgSums(7, leaking(5)),
      status: 404,
      code: "instance_not_found",
    },
    {
      name: "that makes its instance",
      method: "POST",
      path: `${DUMPS}?create=true`,
      body: pkgSums(7, leaking(5)),
      status: 201,
      json: {
        dumps: [
          {
            pool: "pkg",
            pid: 7,
            process: null,
            manager: "qm",
            form: "summary",
            chunks: 219,
            sites: 2,
            complete: true,
            incomplete_reason: null,
            taken_at_source: "clock",
          },
        ],
        incidents: [],
        duplicates: 0,
      },
    },
    {
      name: "a real status list, packed",
      method: "POST",
      path: DUMPS,
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: STATUS,
      gzip: true,
      status: 201,
      json: { dumps: [{ pool: "pkg", form: "status", heap_size: 8_388_608, complete: true }, { form: "summary" }] },
    },
    {
      name: "mod.stats",
      method: "POST",
      path: DUMPS,
      body: "Module: core\n{\n\tparse_require(55): 320\n\tTotal: 320\n}\n",
      status: 201,
      json: { dumps: [{ form: "mod_stats", pid: null, chunks: null }] },
    },
    {
      name: "a log without dumps, but with an incident",
      method: "POST",
      path: DUMPS,
      body: "Nov 23 01:00:00 sip1 kamailio[12]: ERROR: tm [h_table.c:360]: build_cell(): could not allocate shared memory from shm pool\n",
      status: 201,
      json: { dumps: [], incidents: [{ kind: "exhaustion", pool: "shm" }] },
      has: ["there is no memory dump in this text"],
    },
    {
      name: "at a time in the future",
      method: "POST",
      path: `${DUMPS}?at=2999-01-01T00:00:00Z`,
      body: pkgSums(7, leaking(5)),
      status: 400,
      code: "time_in_future",
    },
  ]);
});

describe("bad input", () => {
  runScenarios(server, [
    {
      name: "cut in the middle of a line",
      before: [["PUT", "/v1/instances/bad"]],
      method: "POST",
      path: "/v1/instances/bad/dumps",
      body: STATUS.subarray(0, 3000),
      status: 201,
      json: { dumps: [{ complete: false }] },
      has: ["its closing line is missing"],
    },
    {
      name: "a header that claims 1 EB",
      method: "POST",
      path: "/v1/instances/bad/dumps",
      body: heapSize("1099511627776000"),
      status: 201,
      json: { dumps: [{ heap_size: 1_099_511_627_776_000 }] },
      has: ["more than Kamailio can be given"],
    },
    {
      name: "numbers beyond 2^53",
      method: "POST",
      path: "/v1/instances/bad/dumps",
      body: heapSize("99999999999999999999"),
      status: 201,
      json: { dumps: [{ heap_size: null }] },
      has: ["wrapped beyond 2^53"],
    },
    {
      name: "OpenSIPS' sums",
      method: "POST",
      path: "/v1/instances/none/dumps?create=true",
      body: "Nov 23 01:00:00 [12] qm_dump:   8192 : 4 x [mem/shm_mem.c: shm_malloc, line 123]\n",
      status: 422,
      code: "not_read_here",
      has: ["OpenSIPS"],
    },
    {
      name: "a gzip bomb",
      method: "POST",
      path: "/v1/instances/none/dumps?create=true",
      body: gzipSync(Buffer.alloc(100_000_000)),
      status: 413,
      code: "gzip_bomb",
    },
    {
      name: "a gzip that is cut",
      method: "POST",
      path: "/v1/instances/none/dumps?create=true",
      body: gzipSync(STATUS).subarray(0, 5000),
      status: 400,
      code: "bad_gzip",
    },
    {
      name: "megabytes without a newline",
      method: "POST",
      path: "/v1/instances/none/dumps?create=true",
      body: "a".repeat(3_000_000),
      status: 422,
      code: "not_read_here",
      has: ["longer than"],
    },
    {
      name: "binary",
      method: "POST",
      path: "/v1/instances/none/dumps?create=true",
      body: Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0]),
      status: 422,
      code: "not_read_here",
      has: ["executable"],
    },
    {
      name: "a build",
      method: "POST",
      path: "/v1/instances/none/dumps?create=true",
      body: fixture("5.6.3-debian-default/I.txt"),
      status: 422,
      code: "not_read_here",
      has: [".../builds"],
    },
    { name: "nothing", method: "POST", path: "/v1/instances/none/dumps?create=true", body: "", status: 422, code: "empty_body" },
    {
      name: "an image's content type",
      method: "POST",
      path: "/v1/instances/bad/dumps",
      headers: { "Content-Type": "image/png" },
      body: "x",
      status: 415,
      code: "unsupported_media_type",
    },
    {
      name: "none of which left anything behind, not even its instance",
      path: "/v1/instances/none",
      status: 404,
      code: "instance_not_found",
    },
  ]);

  test("two processes line by line in one log are two dumps, each with its own sites", async () => {
    const lines = [pkgSums(21, leaking(5)), pkgSums(22, leaking(9))].map((text) => text.split("\n"));
    const mixed = (lines[0] ?? []).flatMap((line, index) => [line, lines[1]?.[index] ?? ""]).join("\n");
    const { answer } = await post("/v1/instances/bad/dumps", mixed);
    expect(answer.dumps).toMatchObject([
      { pid: 21, chunks: 219, complete: true },
      { pid: 22, chunks: 223, complete: true },
    ]);
  });
});

describe("the same dump again", () => {
  test("keeps its id, whatever stands around it in the log", async () => {
    const iso = "2026-11-20T10:00:00.000000+00:00 sip1 kamailio[31]: ";
    const text = pkgSums(31, leaking(40), iso);
    const first = await post("/v1/instances/again/dumps?create=true", text);
    const again = await post("/v1/instances/again/dumps", text);
    const later = await post("/v1/instances/again/dumps", `${iso}INFO: something else\n${text}`);
    expect([first.status, again.status, later.status]).toEqual([201, 200, 200]);
    expect(again.answer).toMatchObject({ duplicates: 1, dumps: [{ id: first.answer.dumps[0]?.id, taken_at_source: "log" }] });
    expect(later.answer.dumps[0]?.id).toBe(first.answer.dumps[0]?.id);
  });

  test("of a text without times is a retry, unless it is said to be of another time", async () => {
    const text = pkgSums(32, leaking(40));
    const first = await post("/v1/instances/again/dumps", text);
    const again = await post("/v1/instances/again/dumps", text);
    const monday = await post("/v1/instances/again/dumps?at=2026-11-16T10:00:00Z", text);
    const mondayAgain = await post("/v1/instances/again/dumps?at=2026-11-16T10:00:00Z", text);
    expect(again.answer.dumps[0]?.id).toBe(first.answer.dumps[0]?.id);
    expect(monday.answer.dumps[0]).toMatchObject({ taken_at: "2026-11-16T10:00:00.000Z", taken_at_source: "at" });
    expect(monday.answer.dumps[0]?.id).not.toBe(first.answer.dumps[0]?.id);
    expect(mondayAgain.answer.dumps[0]?.id).toBe(monday.answer.dumps[0]?.id);
  });
});

describe("the time of a dump", () => {
  test.each([
    [
      "a stamp with its zone",
      "2026-11-20T10:00:00.5+02:00 sip1 kamailio[41]: ",
      "2026-11-21T00:00:00Z",
      "2026-11-20T08:00:00.500Z",
      "log",
    ],
    ["a stamp without a year", "Nov 20 10:00:00 sip1 kamailio[41]: ", "2026-11-21T00:00:00Z", "2026-11-20T10:00:00.000Z", "log"],
    [
      "a stamp without a year, read in January",
      "Dec 31 10:00:00 sip1 kamailio[41]: ",
      "2026-01-02T00:00:00Z",
      "2025-12-31T10:00:00.000Z",
      "log",
    ],
    ["a stamp far ahead", "2031-11-20T10:00:00Z sip1 kamailio[41]: ", "2026-11-21T00:00:00Z", "2026-11-21T00:00:00.000Z", "at"],
    ["no stamp", " 1(41) ", "2026-11-21T00:00:00Z", "2026-11-21T00:00:00.000Z", "at"],
  ])("%s", async (name, prefix, at, taken_at, taken_at_source) => {
    const instance = name.replaceAll(/[^a-z]/g, "");
    const { answer } = await post(`/v1/instances/${instance}/dumps?create=true&at=${at}`, pkgSums(41, leaking(5), prefix));
    expect(answer.dumps).toMatchObject([{ taken_at, taken_at_source }]);
  });
});
