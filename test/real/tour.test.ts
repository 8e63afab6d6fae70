/** The tour of the README on a machine with a real Kamailio: what it prints goes in, and the answer is right for that release. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HAS_KAMAILIO, type RealKamailio, skipNote, startKamailio } from "../support/kamailio.js";
import { testServer } from "../support/server.js";

const server = testServer();
const post = (path: string, body: string | Uint8Array) =>
  server.fetch(`/v1/instances/sip1/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    body: body as RequestInit["body"],
  });

describe.skipIf(!HAS_KAMAILIO)(HAS_KAMAILIO ? "the tour with a real Kamailio" : skipNote("the tour with a real Kamailio"), () => {
  let kamailio: RealKamailio;
  beforeAll(async () => {
    kamailio = await startKamailio(["-m", "48", "-M", "6"]);
  });
  afterAll(() => kamailio.stop());

  test("records the build, the command line and the process, and judges readiness", async () => {
    const internals = execFileSync("kamailio", ["-I"], { encoding: "utf8" });
    const version = /Version: kamailio (\S+)/.exec(internals)?.[1];
    expect((await server.fetch("/v1/instances/sip1", { method: "PUT" })).status).toBe(201);

    const build = await post("builds", internals);
    expect(build.status).toBe(201);
    expect(await build.json()).toMatchObject({
      version: { text: version },
      memory: { debug: internals.includes("DBG_SR_MEMORY"), default_manager: "qm" },
      unknown_lines: [],
    });

    const settings = await post("settings", readFileSync(`/proc/${kamailio.pid}/cmdline`, "utf8").replaceAll("\0", " "));
    expect(settings.status).toBe(201);
    // With its NUL bytes it says the same.
    expect((await post("settings", readFileSync(`/proc/${kamailio.pid}/cmdline`))).status).toBe(200);
    for (const name of ["core.modules", "core.psx", "pkg.info", "shm.info"]) {
      const answer = await post("settings", `# kamcmd ${name}\n${kamailio.kamcmd(name)}`);
      expect([200, 201], `${name}: ${await answer.clone().text()}`).toContain(answer.status);
    }
    expect((await post("settings", `kamcmd> cfg.get core memlog\n${kamailio.kamcmd("cfg.get", "core", "memlog")}`)).status).toBe(
      201,
    );

    const process = await post("builds", kamailio.kamcmd("core.info"));
    expect(process.status).toBe(201);
    expect(await process.json()).toMatchObject({ from_running_process: true, running_process: { same: true } });

    const effective = (await (await server.fetch("/v1/instances/sip1/settings")).json()) as Record<
      string,
      { value: unknown; source: string }
    >;
    expect(effective).toMatchObject({
      shm_size_mb: { value: 48 },
      pkg_size_mb: { value: 6 },
      shm_manager: { value: "qm", source: "running_process" },
      pkg_manager: { value: "qm" },
      memlog: { value: Number(kamailio.kamcmd("cfg.get", "core", "memlog")) },
      modules: { value: expect.arrayContaining(["ctl", "kex", "corex", "cfg_rpc"]) },
    });

    const readiness = await server.fetch("/v1/instances/sip1/readiness?fail=true");
    expect(readiness.status).toBe(200);
    expect(await readiness.json()).toMatchObject({
      ok: true,
      level: "ready",
      capabilities: {
        allocation_sites: true,
        dump_to_log_shm: true,
        dump_to_log_pkg: true,
        usage_rpc_shm: true,
        usage_rpc_pkg: true,
      },
    });
    const text = await (await server.fetch("/v1/instances/sip1/readiness", { headers: { Accept: "text/plain" } })).text();
    expect(text).toContain("Memory debugging on sip1: ready");
  });

  test("the runtime fixes that readiness names work on that Kamailio, and so does their undo", async () => {
    const { checks } = (await (await server.fetch("/v1/instances/sip1/readiness")).json()) as {
      checks: { id: string; fix: { action: string; commands: string[]; undo: string[] } }[];
    };
    const fixes = checks.filter(
      ({ fix }) => fix.action === "runtime" && fix.undo.some((line) => line.startsWith("kamcmd cfg.set_now_int")),
    );
    expect(fixes.length).toBeGreaterThan(0);
    const run = (line: string) => kamailio.kamcmd(...line.replace(/^kamcmd\s+(?:--\s+)?/, "").split(" "));
    for (const { fix } of fixes) {
      for (const line of fix.commands.filter((command) => command.startsWith("kamcmd cfg.set_now_int"))) {
        const name = line.split(" ").at(-2) ?? "";
        const before = kamailio.kamcmd("cfg.get", "core", name);
        run(line);
        expect(kamailio.kamcmd("cfg.get", "core", name).trim()).toBe(line.split(" ").at(-1));
        for (const undo of fix.undo) run(undo);
        expect(kamailio.kamcmd("cfg.get", "core", name)).toBe(before);
      }
    }
  });
});
