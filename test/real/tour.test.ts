/** The tour of the README on a machine with a real Kamailio: what it prints goes in, and the answer is right for that release. */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HAS_KAMAILIO, type RealKamailio, skipNote, startKamailio } from "../support/kamailio.js";
import { testServer } from "../support/server.js";

const KAMCMD = HAS_KAMAILIO ? execFileSync("sh", ["-c", "command -v kamcmd"], { encoding: "utf8" }).trim() : "";

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

    expect((await post("configs", readFileSync(join(kamailio.folder, "kamailio.cfg")))).status).toBe(201);

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
      ({ fix }) => fix.action === "runtime" && fix.undo.some((line) => line.includes(" cfg.set_now_int ")),
    );
    expect(fixes.length).toBeGreaterThan(0);
    // The commands name the socket that kamailio.cfg names.
    const run = (line: string) =>
      kamailio.kamcmd(
        ...line
          .replace(`kamcmd -s unixs:${kamailio.folder}/kamailio_ctl `, "")
          .replace(/^--\s+/, "")
          .split(" "),
      );
    for (const { fix } of fixes) {
      for (const line of fix.commands.filter((command) => command.includes(" cfg.set_now_int "))) {
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

describe.skipIf(!HAS_KAMAILIO)(HAS_KAMAILIO ? "the README, line by line" : skipNote("the README, line by line"), () => {
  let kamailio: RealKamailio;
  beforeAll(async () => {
    kamailio = await startKamailio(["-m", "32", "-M", "4"], 'loadmodule "tm.so"\nmemlog=5\ndebug=2');
  });
  afterAll(() => kamailio.stop());

  test("its commands work as they stand there, and record what they promise", async () => {
    const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
    const five = readme.slice(readme.indexOf("## Five minutes"), readme.indexOf("\n## ", readme.indexOf("## Five minutes") + 5));
    const lines = [
      ...five.matchAll(/^ {4}(?:\* \* \* \* \* )?((?:curl|kamailio|tr|kamcmd|\()\S*[^\n]*(?:localhost:8080)[^\n]*)$/gm),
    ].map((match) => match[1] ?? "");
    expect(lines.length).toBeGreaterThanOrEqual(9);
    const bin = join(kamailio.folder, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "kamcmd"), `#!/bin/sh\nexec ${KAMCMD} -s unix:${kamailio.folder}/kamailio_ctl "$@"\n`, {
      mode: 0o755,
    });
    writeFileSync(join(bin, "journalctl"), `#!/bin/sh\nexec cat ${kamailio.folder}/log\n`, { mode: 0o755 });
    const here = (line: string) =>
      line
        .replaceAll("localhost:8080", server.url.replace("http://", ""))
        .replaceAll("sip1", "readme")
        .replaceAll("/etc/kamailio/kamailio.cfg", `${kamailio.folder}/kamailio.cfg`)
        .replaceAll("/run/kamailio/kamailio.pid", `${kamailio.folder}/kamailio.pid`);
    for (const line of lines) {
      const { code, out } = await shell(here(line), { PATH: `${bin}:${process.env.PATH}` }, kamailio.folder);
      expect(code, `${line}\n${out}`).toBe(0);
      // A log without incidents is refused by name; everything else is taken.
      if (!line.includes("/logs")) expect(out, line).not.toContain("/docs/problems");
    }
    const readiness = (await (await server.fetch("/v1/instances/readme/readiness")).json()) as {
      checks: { id: string; status: string; detail: string }[];
    };
    expect(readiness.checks.find(({ id }) => id === "shutdown_dump_visible")).toMatchObject({
      status: "fail",
      detail: expect.stringContaining("memlog=5 (config file) is above debug=2 (config file)"),
    });
    const usage = await (await server.fetch("/v1/instances/readme/usage?points=all")).text();
    expect(usage).toMatch(/"rcv_requests":.*"current_transactions":|"current_transactions":.*"rcv_requests":/);
  });

  test("a default that nobody recorded is no failure", async () => {
    await server.fetch("/v1/instances/assumed", { method: "PUT" });
    const internals = execFileSync("kamailio", ["-I"], { encoding: "utf8" });
    await server.fetch("/v1/instances/assumed/builds", { method: "POST", body: internals });
    const { checks } = (await (await server.fetch("/v1/instances/assumed/readiness")).json()) as {
      checks: { id: string; status: string; detail: string }[];
    };
    expect(checks.find(({ id }) => id === "shutdown_dump_visible")).toMatchObject({
      status: "unknown",
      detail: expect.stringContaining("Not recorded; post kamailio.cfg"),
    });
  });
});

/** Runs a line without stopping this process, which is the service that it calls. */
function shell(line: string, env: Record<string, string>, cwd: string): Promise<{ code: number | null; out: string }> {
  return new Promise((resolve) => {
    const child = spawn("sh", ["-c", line], { cwd, env: { ...process.env, ...env } });
    let out = "";
    child.stdout.on("data", (chunk) => {
      out += chunk;
    });
    child.stderr.on("data", (chunk) => {
      out += chunk;
    });
    child.once("close", (code) => resolve({ code, out }));
  });
}
