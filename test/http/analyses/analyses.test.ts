import { describe, expect, test } from "vitest";
import { AnalysisSchema } from "../../../src/http/analyses/analyses-schema.js";
import { fixture } from "../../analysis/analyses/analyse.js";
import { runScenarios } from "../../support/scenario.js";
import { testServer } from "../../support/server.js";

const server = testServer();
const PATH = "/v1/analyses";
const C2 = "incidents/c2-leak-pkg-require-async-5.6.3-debian";
const BUILD = fixture("5.6.3-debian-default/I.txt").toString();
const JSON_TYPE = { "Content-Type": "application/json" };
const texts = (...list: { name?: string; text: string }[]) => JSON.stringify({ texts: list });

describe("analyses", () => {
  runScenarios(server, [
    {
      name: "a build",
      method: "POST",
      path: PATH,
      body: BUILD,
      status: 200,
      json: { ok: true, recognised: [{ text: "text", kind: "build", parts: ["builds"] }], readiness: { level: "ready" } },
    },
    {
      name: "curl's default content type",
      method: "POST",
      path: PATH,
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: BUILD,
      status: 200,
      json: { builds: [{ version: { text: "5.6.3" } }] },
    },
    {
      name: "a packed dump",
      method: "POST",
      path: PATH,
      body: fixture(`${C2}/dump-end-pkg-Async.log.gz`),
      gzip: true,
      status: 200,
      json: { dumps: [{ pool: "pkg", complete: true }, {}] },
      has: ["parse_require"],
    },
    {
      name: "the sites that are asked for",
      method: "POST",
      path: `${PATH}?sites=2`,
      body: fixture(`${C2}/dump-start-shm.log`),
      status: 200,
      json: { dumps: [{ sites: [{}, {}], sites_total: 62 }] },
    },
    {
      name: "several texts, each with its name",
      method: "POST",
      path: PATH,
      headers: JSON_TYPE,
      body: texts({ name: "build", text: BUILD }, { text: "kamailio -m 256 -M 16\n" }),
      status: 200,
      json: {
        recognised: [{ text: "build" }, { text: "text 2", kind: "command_line" }],
        settings: { values: { shm_size_mb: { value: 256, evidence_id: "text 2" } } },
      },
    },
    {
      name: "the answer of an RPC command is JSON, too",
      method: "POST",
      path: PATH,
      headers: JSON_TYPE,
      body: fixture("more/5.6.3-debian/jsonrpc-http-core.shmmem.txt"),
      status: 200,
      json: { recognised: [{ parts: ["usage"] }] },
    },
    {
      name: "samples as NDJSON",
      method: "POST",
      path: PATH,
      headers: { "Content-Type": "application/x-ndjson" },
      body: fixture(`${C2}/usage.ndjson.gz`),
      status: 200,
      json: { ok: false, usage: { diagnosis: { pools: [{}, { verdict: "leak_suspected" }] } } },
    },
    {
      name: "as Markdown",
      method: "POST",
      path: PATH,
      headers: { Accept: "text/markdown" },
      body: BUILD,
      status: 200,
      has: ["# Analysis: ok", "| text | release |"],
      answerHeaders: { "Content-Type": /^text\/markdown/, Vary: "Accept" },
    },
    {
      name: "as plain text",
      method: "POST",
      path: `${PATH}?format=text`,
      body: BUILD,
      status: 200,
      has: ["Analysis: ok\n====="],
      hasNot: ["# Analysis"],
    },
    {
      name: "an incident is not ok, and a script can tell",
      method: "POST",
      path: `${PATH}?fail=true`,
      body: fixture("more/5.6.3-debian/oom-pkg-qm.txt"),
      status: 422,
      json: { ok: false, recognised: [{}] },
      has: ['"kind":"exhaustion"'],
    },
    { name: "fail=true of what is ok", method: "POST", path: `${PATH}?fail=true`, body: BUILD, status: 200, json: { ok: true } },
    { name: "nothing", method: "POST", path: PATH, status: 422, code: "empty_body" },
    { name: "blanks", method: "POST", path: PATH, body: " \n\n", status: 422, code: "empty_body" },
    {
      name: "what nothing reads",
      method: "POST",
      path: PATH,
      body: "bash: kamcmd: command not found\n",
      status: 422,
      code: "not_recognised",
      has: ["an error of the shell", "sudo"],
    },
    {
      name: "an executable",
      method: "POST",
      path: PATH,
      headers: { "Content-Type": "application/octet-stream" },
      body: Buffer.from("\x7fELF\x02\x01\x01\0\0"),
      status: 422,
      code: "not_recognised",
    },
    { name: "no texts", method: "POST", path: PATH, headers: JSON_TYPE, body: texts(), status: 400, code: "invalid_body" },
    {
      name: "texts that are none",
      method: "POST",
      path: PATH,
      headers: JSON_TYPE,
      body: '{"texts": [{"text": 7}]}',
      status: 400,
      code: "invalid_body",
      has: ["/texts/0/text"],
    },
    {
      name: "broken JSON",
      method: "POST",
      path: PATH,
      headers: JSON_TYPE,
      body: '{"texts": [',
      status: 400,
      code: "malformed_json",
    },
    {
      name: "a broken packed body",
      method: "POST",
      path: PATH,
      headers: { "Content-Encoding": "gzip" },
      body: "plain",
      status: 400,
      code: "bad_gzip",
    },
    {
      name: "another media type",
      method: "POST",
      path: PATH,
      headers: { "Content-Type": "image/png" },
      body: "x",
      status: 415,
      code: "unsupported_media_type",
    },
    { name: "too many sites", method: "POST", path: `${PATH}?sites=100000`, body: BUILD, status: 400, code: "invalid_parameter" },
    {
      name: "an unknown format",
      method: "POST",
      path: `${PATH}?format=pdf`,
      body: BUILD,
      status: 400,
      code: "invalid_parameter",
    },
    { name: "another method", path: PATH, status: 405 },
  ]);

  test.each([
    [
      "dumps, counters and a build",
      [
        `${C2}/dump-end-pkg-Async.log.gz`,
        `${C2}/dump-middle-pkg-Async.log.gz`,
        `${C2}/usage.ndjson.gz`,
        "5.6.3-debian-default/I.txt",
      ],
    ],
    ["a configuration and what runs it", ["5.6.3-debian-default/k.cfg", "5.6.3-debian-default/kamailio.service"]],
    [
      "corruption",
      [
        "incidents/g2-corruption-induced-with-gdb/4.2.8-qm-doublefree.log",
        "incidents/g2-corruption-induced-with-gdb/6.0.7-fm-overrun.log",
      ],
    ],
    ["the host", ["host-memory/meminfo.txt", "host-memory/slabtop.txt", "host-memory/5.6.3-status.txt"]],
  ])("the answer fits the contract: %s", async (_, names) => {
    const body = texts(...names.map((name) => ({ name, text: fixture(name).toString() })));
    const response = await server.fetch(PATH, { method: "POST", headers: JSON_TYPE, body });
    const answer = await response.json();
    expect(response.status).toBe(200);
    const parsed = AnalysisSchema.safeParse(answer);
    expect(parsed.error?.issues ?? []).toEqual([]);
    expect((answer as { recognised: unknown[] }).recognised.length).toBe(names.length);
  });

  test("nothing is stored", async () => {
    const { items } = (await (await server.fetch("/v1/instances")).json()) as { items: unknown[] };
    expect(items).toEqual([]);
  });
});
