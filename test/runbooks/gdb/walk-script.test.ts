import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { readBuilds } from "../../../src/kamailio/binary/read-builds.js";
import type { Dump } from "../../../src/kamailio/dump/dump.js";
import { readDumps } from "../../../src/kamailio/dump/reader.js";
import { gdbLayout } from "../../../src/kamailio/knowledge/gdb-layouts.js";
import type { Manager, Pool } from "../../../src/kamailio/pool.js";
import { readVersion } from "../../../src/kamailio/version.js";
import { gdbWalkScript } from "../../../src/runbooks/gdb/walk-script.js";
import { record } from "../../support/readiness.js";
import { factsOf, make, stepOf } from "../../support/runbook-facts.js";

const layoutOf = (pool: Pool, manager: Manager, version: string, debug = true) =>
  gdbLayout(pool, manager, readVersion(version), debug);

describe("the layout of a release", () => {
  test.each<[string, Pool, Manager, string, string, number, number]>([
    ["pkg of 3.3", "pkg", "qm", "3.3.7", "mem_block", 32, 96],
    ["shm of 4.2", "shm", "qm", "4.2.8", "shm_block", 48, 96],
    ["pkg of 4.4", "pkg", "qm", "4.4.7", "_pkg_root", 48, 104],
    ["shm of 5.6", "shm", "qm", "5.6.3", "_shm_root", 48, 104],
    ["pkg of 5.8", "pkg", "qm", "5.8.8", "_pkg_root", 48, 112],
    ["pkg of 6.1", "pkg", "qm", "6.1.4", "_pkg_root", 48, 112],
    ["f_malloc of 4.4", "pkg", "fm", "4.4.7", "_pkg_root", 48, 72],
    ["f_malloc of 5.8", "shm", "fm", "5.8.8", "_shm_root", 56, 80],
  ])("%s", (_, pool, manager, version, root, first, overhead) => {
    const layout = layoutOf(pool, manager, version);
    expect(layout).toMatchObject({ root, block: { first_fragment: first } });
    expect((layout?.fragment.header_bytes ?? 0) + (layout?.fragment.end_bytes ?? 0)).toBe(overhead);
  });

  test("a walk that would not be certain is not offered", () => {
    expect(layoutOf("pkg", "tlsf", "5.6.3")).toBeNull();
    expect(layoutOf("pkg", "fm", "4.2.8")).toBeNull();
    expect(gdbLayout("pkg", "qm", null, true)).toBeNull();
    expect(gdbLayout("pkg", "qm", readVersion("5.6.3"), null)).toBeNull();
  });

  test("only master moved the check word", () => {
    expect(layoutOf("pkg", "qm", "6.1.4")?.fragment.check).toBe(48);
    expect(layoutOf("pkg", "qm", "6.2.0-dev1")?.fragment.check).toBe(56);
  });
});

describe("the script", () => {
  test("is bounded, and asks for the manager's name before it walks", () => {
    const layout = layoutOf("pkg", "qm", "5.6.3");
    const script = layout === null ? "" : gdbWalkScript(layout, { skip: 2000, stop: 10_000 });
    expect(script).toContain("$i < 10000");
    expect(script).toContain("if $i >= 2000");
    expect(script.indexOf("!= 'q'")).toBeLessThan(script.indexOf("while"));
    expect(script).not.toMatch(/mem_block|call |\$\w+\(/);
  });

  test("of a release without a manager's name does not ask for it", () => {
    const layout = layoutOf("pkg", "qm", "4.1.9");
    expect(layout === null ? "" : gdbWalkScript(layout, { skip: 0, stop: 10 })).not.toContain("$name");
  });
});

const missing = ["kamailio", "kamcmd", "gdb"].filter((program) => spawnSync("sh", ["-c", `command -v ${program}`]).status !== 0);
const why =
  missing.length > 0 ? `${missing.join(", ")} not installed` : mayAttach() ? "" : "gdb may not attach to processes here";
const build = why === "" ? readBuilds(execFileSync("kamailio", ["-I"], { encoding: "utf8" })).builds[0] : undefined;

/** Containers and hardened machines forbid it, to root as well. */
function mayAttach(): boolean {
  const probe = spawn("sleep", ["20"], { stdio: "ignore" });
  const { stderr } = spawnSync("gdb", ["-batch", "-nx", "-p", String(probe.pid)], { encoding: "utf8" });
  probe.kill();
  return !stderr.includes("ptrace");
}

describe.skipIf(build === undefined)(`a walk over the packaged Kamailio${why === "" ? "" : ` (skipped: ${why})`}`, () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "kamailio-walk-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  describe.each<Manager>(["qm", "fm"])("under %s", (manager) => {
    let server: ChildProcess | undefined;
    let worker = 0;
    const socket = () => `unixs:${folder}/${manager}/ctl`;
    const ask = (...words: string[]) =>
      execFileSync("kamcmd", ["-s", socket(), ...words], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

    beforeAll(async () => {
      const port = await freePort();
      const home = join(folder, manager);
      mkdirSync(home);
      writeFileSync(join(home, "k.cfg"), config(port, socket()));
      const options = ["-f", join(home, "k.cfg"), "-Y", home, "-m", "32", "-M", "8", "-x", manager, "-X", manager, "-DD", "-E"];
      server = spawn("kamailio", options, { stdio: "ignore" });
      await vi.waitFor(() => ask("core.uptime"), { timeout: 15_000, interval: 200 });
      worker = Number(/PID: (\d+)\n\tDSC: udp receiver child=0/.exec(ask("core.psx"))?.[1] ?? 0);
    }, 20_000);
    afterAll(async () => {
      const gone = new Promise((resolve) => server?.once("exit", resolve));
      server?.kill("SIGTERM");
      await gone;
    }, 20_000);

    /** Types what the runbook says, in this folder and without sudo. */
    function walk(pool: Pool, given: Record<string, unknown> = {}): Dump {
      const wish = { version: build?.version?.text ?? null, settings: { shm_manager: manager, pkg_manager: manager } };
      const facts = { ...factsOf(wish), build: build === undefined ? null : record(build) };
      const runbook = make("gdb_walk", facts, { pool, pid: worker, stop: 4000, ...given });
      for (const id of ["gdb_script", "gdb_walk"])
        for (const { text } of stepOf(runbook, id).commands)
          execFileSync("sh", ["-c", text.replaceAll("/tmp/kamailio-walk", `${folder}/walk`).replaceAll("sudo ", "")], {
            stdio: ["ignore", "pipe", "pipe"],
          });
      const [dump] = readDumps(execFileSync("cat", [`${folder}/walk-${pool}.txt`])).dumps;
      if (dump === undefined) throw new Error("the walk shows no dump");
      return dump;
    }

    test("the chunks of pkg add up to used of pkg.stats, each with its site", () => {
      const dump = walk("pkg");
      const used = Number(/used: (\d+)/.exec(ask("pkg.stats", "pid", String(worker)))?.[1]);
      expect(dump).toMatchObject({ pool: "pkg", pid: worker, manager, complete: true, used, allocated_bytes: used });
      expect(dump.sites.some(({ module, function: name }) => module === "core" && name === "pv_init_buffer")).toBe(true);
      expect(dump.sites.every(({ line, file }) => line !== null && file !== null)).toBe(true);
    }, 30_000);

    test("the chunks of shm add up to used of core.shmmem", () => {
      const dump = walk("shm");
      const used = Number(/\tused: (\d+)/.exec(ask("core.shmmem"))?.[1]);
      expect(dump).toMatchObject({ pool: "shm", manager, complete: true, used, allocated_bytes: used });
    }, 30_000);

    test("a bounded walk is never taken for a whole one", () => {
      const dump = walk("pkg", { skip: 20, stop: 100 });
      expect(dump.complete).toBe(false);
      expect(dump.chunks ?? 0).toBeLessThanOrEqual(80);
    }, 30_000);
  });
});

function config(port: number, socket: string): string {
  return `debug=0
log_stderror=yes
children=1
disable_tcp=yes
listen=udp:127.0.0.1:${port}
loadmodule "ctl.so"
loadmodule "kex.so"
loadmodule "pv.so"
modparam("ctl", "binrpc", "${socket}")
request_route {
  drop;
}
`;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createSocket("udp4");
    probe.once("error", reject);
    probe.bind(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
