import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { runScenarios } from "../../support/scenario.js";
import { testServer } from "../../support/server.js";

const server = testServer();
const fixture = (name: string) => readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), "utf8");
const record = (folder: string, instance: string): [string, string, string][] => [
  ["POST", `/v1/instances/${instance}/builds?create=true`, fixture(`${folder}/I.txt`)],
  ["POST", `/v1/instances/${instance}/settings`, fixture(`${folder}/cmdline.txt`)],
];

describe("readiness", () => {
  runScenarios(server, [
    { name: "of an instance that nobody made", path: "/v1/instances/nobody/readiness", status: 404, code: "instance_not_found" },
    {
      name: "of an instance without a build",
      before: [["PUT", "/v1/instances/empty"]],
      path: "/v1/instances/empty/readiness",
      status: 200,
      json: { ok: false, level: "unknown", capabilities: { allocation_sites: null } },
      has: ["kamailio -I"],
    },
    {
      name: "a script's gate",
      path: "/v1/instances/empty/readiness?fail=true",
      status: 422,
      json: { ok: false, level: "unknown" },
    },
    {
      name: "5.6.3 with q_malloc",
      before: record("5.6.3-debian-default", "ready"),
      path: "/v1/instances/ready/readiness?fail=true",
      status: 200,
      json: { ok: true, level: "ready", capabilities: { allocation_sites: true } },
    },
    {
      name: "3.3.7 as it is built by default",
      before: record("3.3.7-default-fm", "old"),
      path: "/v1/instances/old/readiness",
      status: 200,
      json: { ok: false, level: "rebuild_needed", capabilities: { allocation_sites: false } },
      has: ["FLAVOUR=kamailio", "MEMDBG=1"],
      hasNot: ['kamailio -v"'],
    },
    {
      name: "as Markdown by Accept",
      path: "/v1/instances/ready/readiness",
      headers: { Accept: "text/markdown" },
      status: 200,
      has: ["# Memory debugging on ready", "```sh", "cfg.set_now_int core mem_summary 15"],
      answerHeaders: { "Content-Type": /^text\/markdown/, Vary: "Accept" },
    },
    {
      name: "as plain text by Accept",
      path: "/v1/instances/ready/readiness",
      headers: { Accept: "text/plain" },
      status: 200,
      has: ["Memory debugging on ready"],
      hasNot: ["```"],
      answerHeaders: { "Content-Type": /^text\/plain/ },
    },
    {
      name: "?format= is stronger than Accept",
      path: "/v1/instances/ready/readiness?format=json",
      headers: { Accept: "text/plain" },
      status: 200,
      json: { ok: true },
    },
    {
      name: "Accept with weights",
      path: "/v1/instances/ready/readiness",
      headers: { Accept: "text/html, text/plain;q=0.5, application/json;q=0.9" },
      status: 200,
      json: { ok: true },
    },
    {
      name: "a format that it has not",
      path: "/v1/instances/ready/readiness",
      headers: { Accept: "image/png" },
      status: 406,
      code: "not_acceptable",
      has: ["text/markdown"],
    },
    { name: "an unknown format", path: "/v1/instances/ready/readiness?format=pdf", status: 400, code: "invalid_parameter" },
  ]);

  test("the formats say the same: every check of the JSON is in the Markdown and in the text", async () => {
    const { checks } = (await (await server.fetch("/v1/instances/ready/readiness")).json()) as {
      checks: { id: string; title: string; status: string; fix: { commands: string[] } }[];
    };
    const text = await (await server.fetch("/v1/instances/ready/readiness?format=text")).text();
    const markdown = await (await server.fetch("/v1/instances/ready/readiness?format=markdown")).text();
    expect(checks.length).toBeGreaterThan(10);
    for (const check of checks) {
      expect(text).toContain(check.title);
      if (check.status === "pass") continue;
      for (const answer of [text, markdown]) {
        expect(answer).toContain(check.id);
        for (const command of check.fix.commands) expect(answer).toContain(command.split("\n")[0]);
      }
    }
  });
});
