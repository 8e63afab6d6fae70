import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { runScenarios } from "../../support/scenario.js";
import { testServer } from "../../support/server.js";

const server = testServer();
const KB_60 = 60_000;

/** The incident: `Require: foo` in an async worker of the packaged 5.6.3 (fixed by 6c372bf644). */
const C2 = new URL("../../fixtures/incidents/c2-leak-pkg-require-async-5.6.3-debian/", import.meta.url);

function fixture(name: string): string {
  const bytes = readFileSync(new URL(name, C2));
  return (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
}

async function post(path: string, body: string, type = "text/plain"): Promise<unknown> {
  const response = await server.fetch(`/v1/instances/${path}`, { method: "POST", body, headers: { "Content-Type": type } });
  const text = await response.text();
  expect(response.status, `${path}: ${text}`).toBeLessThan(300);
  return JSON.parse(text);
}

async function get(path: string, accept = "application/json"): Promise<string> {
  const response = await server.fetch(`/v1/instances/${path}`, { headers: { Accept: accept } });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return text;
}

describe("the report", () => {
  runScenarios(server, [
    { name: "of an instance that nobody made", path: "/v1/instances/nobody/report", status: 404, code: "instance_not_found" },
    {
      name: "of an instance without records asks for everything",
      before: [["PUT", "/v1/instances/empty"]],
      path: "/v1/instances/empty/report",
      status: 200,
      has: [
        "# Memory of Kamailio",
        "## Description",
        "## Missing",
        "kamailio -I",
        "| curl -sS --data-binary @- http://127.0.0.1",
      ],
      answerHeaders: { "Content-Type": /^text\/markdown/ },
    },
    {
      name: "gates a script that wants to send it",
      path: "/v1/instances/empty/report?fail=true&format=json",
      status: 422,
      json: {
        ok: false,
        questions: [{ id: "Q1", answer: null }, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, { id: "Q15" }],
      },
    },
    {
      name: "in plain text",
      path: "/v1/instances/empty/report",
      headers: { Accept: "text/plain" },
      status: 200,
      answerHeaders: { "Content-Type": /^text\/plain/ },
      hasNot: ["## "],
    },
    { name: "in no other form", path: "/v1/instances/empty/report", headers: { Accept: "text/csv" }, status: 406 },
    {
      name: "knows the tools of an old release",
      before: [
        ["PUT", "/v1/instances/old"],
        [
          "POST",
          "/v1/instances/old/builds",
          "version: kamailio 3.3.7 (x86_64/linux) \nflags: STATS: Off, USE_TCP, PKG_MALLOC, F_MALLOC\n",
        ],
      ],
      path: "/v1/instances/old/report",
      status: 200,
      has: ["sercmd core.shmmem", "sercmd pkg.stats"],
      hasNot: ["mem_statsx", "kamcmd"],
    },
  ]);
});

describe("from the records of a leak to the fixed release", () => {
  test("everything that the incident left names the site and the fix", async () => {
    expect((await server.fetch("/v1/instances/c2", { method: "PUT" })).status).toBe(201);
    await post("c2/builds", fixture("I.txt"));
    await post("c2/settings", fixture("cmdline.txt"));
    await post("c2/configs", fixture("k.cfg"));
    await post("c2/usage", fixture("series.txt.gz"));
    await post("c2/dumps?at=2026-11-23T01:08:35Z", fixture("dump-start-shm-summary.log"));
    for (const [at, moment] of [
      ["2026-11-23T01:10:17Z", "middle"],
      ["2026-11-23T01:11:54Z", "end"],
    ]) {
      await post(`c2/dumps?at=${at}`, fixture(`dump-${moment}-pkg-Async.log.gz`));
      await post(`c2/dumps?at=${at}`, fixture(`dump-${moment}-shm-summary.log`));
    }
    await post("c2/logs?at=2026-11-23T01:12:30Z", fixture("kamailio-without-dumps.log"));

    const diagnosis = JSON.parse(await get("c2/diagnosis"));
    const pkg = diagnosis.pools.find(({ pool }: { pool: string }) => pool === "pkg");
    expect(pkg).toMatchObject({ verdict: "leak_suspected", processes: ["Async Task Worker - default"] });
    expect(diagnosis.known_issues[0]).toMatchObject({ certainty: "likely", upgrade_to: "5.6.4" });
    expect(diagnosis.known_issues[0].fixed_in).toContain("5.6.4");
    expect(diagnosis.known_issues[0].fix_commit).toMatch(/^6c372bf644/);

    const readiness = JSON.parse(await get("c2/readiness"));
    expect(readiness.known_issues).toEqual(diagnosis.known_issues);
    expect(await get("c2/readiness", "text/markdown")).toContain(diagnosis.known_issues[0].id);
    expect(await get("c2/diagnosis", "text/markdown")).toContain(diagnosis.known_issues[0].id);

    const { items } = JSON.parse(await get("c2/dumps?pool=pkg"));
    const [later, base] = items.filter(({ form }: { form: string }) => form === "summary");
    const comparison = JSON.parse(await get(`c2/dumps/${later.id}/comparison?base=${base.id}`));
    expect(comparison.suspects[0].function).toBe("parse_require");

    const markdown = await get("c2/report", "*/*");
    for (const part of [
      "5.6.3",
      "parse_require",
      "Async Task Worker",
      "5.6.4",
      diagnosis.known_issues[0].id,
      "DBG_SR_MEMORY",
      "-m 32",
      "-M 8",
      "memlog=1",
    ])
      expect(markdown).toContain(part);
    const report = JSON.parse(await get("c2/report"));
    expect(report.ok).toBe(true);
    expect(report.title).toContain("leak suspected in Async Task Worker");
    expect(report.questions.map(({ id }: { id: string }) => id)).toEqual(
      Array.from({ length: 15 }, (_, index) => `Q${index + 1}`),
    );
    for (const { answer, missing } of report.questions) expect(answer === null && missing === null).toBe(false);
  });
});

describe("a crash", () => {
  test("is answered with its lines, and asks for the backtrace", async () => {
    const g = new URL("../../fixtures/incidents/g-double-free-jsonrpcs-5.3.0-dev-qm/", import.meta.url);
    await server.fetch("/v1/instances/crashed", { method: "PUT" });
    await post("crashed/builds", readFileSync(new URL("I.txt", g), "utf8"));
    await post("crashed/logs?at=2026-11-23T02:00:00Z", readFileSync(new URL("kamailio-without-dumps.log", g), "utf8"));
    const report = JSON.parse(await get("crashed/report"));
    const crash = report.questions.find(({ id }: { id: string }) => id === "Q13");
    expect(crash.answer).toContain("SIGSEGV");
    expect(crash.missing.commands.join("\n")).toContain("bt full");
    expect(crash.evidence_ids.length).toBeGreaterThan(0);
    expect(await get("crashed/report", "text/markdown")).toContain("### Log Messages");
  });
});

/** Text of any length in every place that takes one, with names in it. */
const NAMES = ["alice", "198.51.100.77", "2001:db8::77", "sbc.provider.example", "+4930123456789", "db-17"];
const LOUD = `Nov 23 01:17:46 db-17 kamailio[3931]: ERROR: <core> [core/mem/q_malloc.c:459]: qm_malloc(): qm_malloc(0x7f62226a3000, 65536) called from tm: h_table.c: build_cell(360), module: tm; Free fragment not found! sip:alice@198.51.100.77 sip:+4930123456789@sbc.provider.example [2001:db8::77]:5060 alice@sbc.provider.example ${"x".repeat(300)}`;

describe("whatever is recorded", () => {
  test("it stays under 60 KB in every form, and names nobody", async () => {
    await server.fetch("/v1/instances/loud", { method: "PUT" });
    const filler = "| ` * _ \\ <b> é ".repeat(20);
    await post(
      "loud/builds",
      `${fixture("I.txt")}\n${Array.from({ length: 300 }, (_, index) => `made by alice@sbc.provider.example ${index} ${filler}`).join("\n")}`,
    );
    await post(
      "loud/configs",
      `#!KAMAILIO\n${Array.from({ length: 900 }, (_, index) => `loadmodule "module_with_a_long_name_${index}_${"y".repeat(60)}.so"`).join("\n")}\n`,
    );
    for (let restart = 0; restart < 40; restart++)
      await post(
        "loud/settings",
        `/usr/sbin/kamailio -f /etc/kamailio/${"z".repeat(150)}${restart}.cfg -m ${32 + restart} -M ${8 + restart}`,
      );
    const lines = Array.from({ length: 60 }, (_, index) =>
      LOUD.replace("3931", `${4000 + index}`)
        .replace("build_cell(360)", `function_${index}(${index})`)
        .replace("01:17", `01:${10 + (index % 50)}`),
    );
    await post("loud/logs?at=2026-11-23T02:00:00Z", lines.join("\n"));
    const samples = Array.from({ length: 30 }, (_, minute) =>
      JSON.stringify({
        at: new Date(Date.UTC(2026, 10, 23, 0, minute)).toISOString(),
        shm: { total: 33554432, free: 1e6, used: 2e7, real_used: 2e7 + minute * 100_000, max_used: 3e7, fragments: 10 },
        pkg: Array.from({ length: 60 }, (_, index) => ({
          pid: 100 + index,
          rank: index,
          used: 1e6,
          free: 7e6,
          real_used: 1e6 + minute * 1000 * index,
          total_size: 8388608,
          total_frags: 3,
          desc: `udp receiver child=${index} sock=198.51.100.77:5060 (sbc.provider.example) ${"w".repeat(100)}`,
        })),
        load: Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`location${index}_contacts`, minute * index])),
      }),
    );
    await post("loud/usage", samples.join("\n"), "application/x-ndjson");
    const dump = (scale: number) =>
      [
        ...Array.from(
          { length: 600 },
          (_, index) =>
            ` 8(8284) NOTICE: qm_sums: qm_sums():  count= ${index * scale + 1} size= ${index * scale * 1000 + 8} bytes from module_${index}: some/very/long/path/of/a/file_${"v".repeat(60)}.c: function_with_a_name_${index}(${index})`,
        ),
      ].join("\n");
    for (const scale of [1, 2, 3])
      await post(
        `loud/dumps?at=2026-11-23T0${scale}:00:00Z`,
        ` 8(8284) NOTICE: qm_sums: qm_sums(): summarizing all alloc'ed. fragments:\n${dump(scale)}\n 8(8284) NOTICE: qm_sums: qm_sums(): -----------------------------\n`,
      );

    for (const accept of ["text/markdown", "text/plain", "application/json"]) {
      const text = await get("loud/report", accept);
      expect(Buffer.byteLength(text), accept).toBeLessThan(KB_60);
      expect(Buffer.byteLength(text), accept).toBeGreaterThan(KB_60 / 5);
      for (const name of NAMES) expect(text, accept).not.toContain(name);
      expect(text).toContain("q_malloc.c:459");
      expect(text).toContain("Cut to keep the report below 60 KB.");
    }
    const report = JSON.parse(await get("loud/report"));
    expect(report.redacted.ip).toBeGreaterThanOrEqual(2);
  });
});
