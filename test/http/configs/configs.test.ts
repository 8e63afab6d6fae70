import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runScenarios } from "../../support/scenario.js";
import { testServer } from "../../support/server.js";

const server = testServer();
const fixture = (name: string) => readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), "utf8");
const CONFIG = fixture("5.6.3-debian-default/k.cfg");
const INSTANCE = "/v1/instances/c1";
const SECRET =
  'loadmodule "usrloc.so"\nmodparam("usrloc", "db_url", "mysql://kamailio:hunter2secret@db/kamailio")\nrequest_route {\n exit;\n}\n';

describe("configurations", () => {
  runScenarios(server, [
    {
      name: "of an instance that nobody made",
      method: "POST",
      path: "/v1/instances/nobody/configs",
      body: CONFIG,
      status: 404,
      code: "instance_not_found",
    },
    {
      name: "a review without one",
      before: [["PUT", INSTANCE]],
      path: `${INSTANCE}/config-review`,
      status: 404,
      code: "config_not_recorded",
      has: ["--data-binary @/etc/kamailio/kamailio.cfg"],
    },
    {
      name: "one text",
      method: "POST",
      path: `${INSTANCE}/configs`,
      body: CONFIG,
      status: 201,
      json: { main: "kamailio.cfg", unknown: [] },
      answerHeaders: { Location: /configs\// },
    },
    { name: "the same again", method: "POST", path: `${INSTANCE}/configs`, body: CONFIG, status: 200 },
    {
      name: "its values are settings",
      path: `${INSTANCE}/settings`,
      status: 200,
      json: { modules: { source: "config_file" }, children: { source: "config_file" } },
    },
    {
      name: "the review",
      path: `${INSTANCE}/config-review`,
      status: 200,
      json: { process_estimate: { processes: expect.any(Number) } },
    },
    {
      name: "the review as Markdown",
      path: `${INSTANCE}/config-review?format=markdown`,
      status: 200,
      has: ["# Config review of c1"],
    },
    {
      name: "a map of files",
      method: "POST",
      path: `${INSTANCE}/configs`,
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({
        "kamailio.cfg": 'children=3\ninclude_file "local.cfg"\nimport_file "gone.cfg"\nrequest_route {\n exit;\n}\n',
        "local.cfg": "tcp_children=5\n",
      }),
      status: 201,
      json: { main: "kamailio.cfg", missing_files: ["gone.cfg"] },
      has: ['"tcp_children"'],
    },
    {
      name: "a map that is none",
      method: "POST",
      path: `${INSTANCE}/configs`,
      headers: { "Content-Type": "application/json" },
      body: '{"kamailio.cfg": 3}',
      status: 400,
      code: "invalid_body",
    },
    {
      name: "an empty map",
      method: "POST",
      path: `${INSTANCE}/configs`,
      headers: { "Content-Type": "application/json" },
      body: "{}",
      status: 400,
      code: "invalid_body",
    },
    {
      name: "a damaged tar",
      method: "POST",
      path: `${INSTANCE}/configs`,
      body: Buffer.concat([Buffer.alloc(257, 65), Buffer.from("ustar"), Buffer.alloc(500, 66)]),
      status: 400,
      code: "bad_tar",
    },
    {
      name: "prose",
      method: "POST",
      path: `${INSTANCE}/configs`,
      body: "our server is slow\nand it crashed twice\n",
      status: 422,
      code: "not_read_here",
    },
    {
      name: "another command's output",
      method: "POST",
      path: `${INSTANCE}/configs`,
      body: fixture("5.6.3-debian-default/I.txt"),
      status: 422,
      code: "not_read_here",
      has: [".../builds"],
    },
    { name: "nothing", method: "POST", path: `${INSTANCE}/configs`, body: "", status: 422, code: "empty_body" },
    {
      name: "too much",
      method: "POST",
      path: `${INSTANCE}/configs`,
      body: "#".repeat(17_000_000),
      status: 413,
      code: "body_too_large",
    },
    { name: "one that is not there", path: `${INSTANCE}/configs/none`, status: 404, code: "config_not_found" },
    { name: "its files neither", path: `${INSTANCE}/configs/none/files`, status: 404, code: "config_not_found" },
    {
      name: "a build plan without a build",
      path: `${INSTANCE}/build-plan`,
      status: 200,
      json: { ok: false, needed: null, steps: [] },
    },
    {
      name: "a build plan that needs nothing",
      before: [["POST", `${INSTANCE}/builds`, fixture("5.6.3-debian-default/I.txt")]],
      path: `${INSTANCE}/build-plan?fail=true`,
      status: 200,
      json: { ok: true, needed: false },
    },
    {
      name: "a build plan in the build system of its release",
      before: [["POST", "/v1/instances/c2/builds?create=true", fixture("3.3.7-default-fm/I.txt")]],
      path: "/v1/instances/c2/build-plan?format=text",
      status: 200,
      has: ["FLAVOUR=kamailio", "MEMDBG=1"],
    },
  ]);

  test("a tar of the folder is read with its includes", async () => {
    const folder = mkdtempSync(join(tmpdir(), "config-"));
    writeFileSync(join(folder, "kamailio.cfg"), 'include_file "local.cfg"\nrequest_route {\n exit;\n}\n');
    writeFileSync(join(folder, "local.cfg"), "children=7\n");
    const tar = execFileSync("tar", ["-C", folder, "-c", "."]);
    rmSync(folder, { recursive: true });
    const response = await server.fetch("/v1/instances/c3/configs?create=true", { method: "POST", body: tar });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({
      missing_files: [],
      settings: expect.arrayContaining([expect.objectContaining({ name: "children", value: 7 })]),
    });
  });

  test("a secret is neither answered nor stored", async () => {
    const response = await server.fetch("/v1/instances/c4/configs?create=true", { method: "POST", body: SECRET });
    const { id, secrets_removed } = (await response.clone().json()) as { id: string; secrets_removed: number };
    expect(secrets_removed).toBe(1);
    const files = await server.fetch(`/v1/instances/c4/configs/${id}/files`);
    const review = await server.fetch("/v1/instances/c4/config-review");
    const list = await server.fetch("/v1/instances/c4/configs");
    for (const answer of [response, files, review, list]) {
      expect(answer.ok).toBe(true);
      expect(await answer.text()).not.toContain("hunter2secret");
    }
  });
});

describe("a configuration whose main file has another name", () => {
  const JSON_BODY = { "Content-Type": "application/json" };
  const ims = fixture("configs/ims-map.json");
  const path = "/v1/instances/pcscf/configs";
  const review = "/v1/instances/pcscf/config-review";
  runScenarios(server, [
    {
      name: "is found by what it includes",
      method: "POST",
      path: `${path}?create=true`,
      headers: JSON_BODY,
      body: ims,
      status: 201,
      json: { main: "kamailio_pcscf.cfg", modules: ["tm", "ctl", "kex", "corex", "cfg_rpc"] },
    },
    { name: "and its modules are not missing", path: review, status: 200, hasNot: ["module_ctl_missing"] },
    {
      name: "can be named",
      method: "POST",
      path: `${path}?main=pcscf.cfg`,
      headers: JSON_BODY,
      body: ims,
      status: 201,
      json: { main: "pcscf.cfg" },
    },
    {
      name: "but not one that was not sent",
      method: "POST",
      path: `${path}?main=other.cfg`,
      headers: JSON_BODY,
      body: ims,
      status: 422,
      code: "main_not_sent",
      has: ["kamailio_pcscf.cfg"],
    },
    {
      name: "of OpenSIPS is not judged",
      method: "POST",
      path,
      body: fixture("configs/opensips.cfg"),
      status: 422,
      code: "not_read_here",
      has: ["opensips.cfg", "not judged"],
    },
  ]);

  test("tar -C DIR -c . of it, onto a new instance", async () => {
    const tar = readFileSync(new URL("../../fixtures/configs/ims.tar", import.meta.url));
    const response = await fetch(`${server.url}/v1/instances/ims-tar/configs?create=true`, { method: "POST", body: tar });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ main: "kamailio_pcscf.cfg", missing_files: [] });
  });
});
