/** With the packaged Kamailio and patch(1): the patches apply, `kamailio -c` takes both results, and the process estimate is what runs. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { reviewConfig } from "../../../src/analysis/config-review/review-config.js";
import { readConfig } from "../../../src/kamailio/config/read-config.js";
import { readVersion } from "../../../src/kamailio/version.js";

const printed = spawnSync("kamailio", ["-v"], { encoding: "utf8" }).stdout ?? "";
const installed = readVersion(/version: kamailio (\S+)/.exec(printed)?.[1] ?? "");
const hasPatch = spawnSync("patch", ["--version"]).status === 0;
const ready = installed !== null && hasPatch;

const packaged = (() => {
  try {
    return readFileSync("/etc/kamailio/kamailio.cfg", "utf8");
  } catch {
    return gunzipSync(
      readFileSync(new URL("../../fixtures/stock-configs/kamailio-5.6.3-debian.cfg.gz", import.meta.url)),
    ).toString("utf8");
  }
})();

/** Few modules, none of those that debugging needs, a secret beside every change. */
const BARE = `#!KAMAILIO
#!define DBURL "mysql://kamailio:s3cretpw@localhost/kamailio"
debug=2
#!define OTHERURL "mysql://kamailio:s3cretpw@localhost/other"
listen=udp:127.0.0.1:5060
loadmodule "pv.so"
#!define THIRDURL "mysql://kamailio:s3cretpw@localhost/third"
request_route {
  exit;
}
`;

describe.skipIf(!ready)("with the packaged Kamailio (to enable: apt install kamailio patch)", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "config-review-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const file = () => join(folder, "kamailio.cfg");
  const check = () => {
    const result = spawnSync("kamailio", ["-c", "-f", file(), "-Y", folder], { encoding: "utf8" });
    return {
      status: result.status,
      output: `${result.stdout}${result.stderr}`.split("\n").filter((line) => /ERROR|CRITICAL/.test(line)),
    };
  };
  const patch = (text: string, ...options: string[]) =>
    execFileSync("patch", ["--batch", "--no-backup-if-mismatch", ...options], { cwd: folder, input: text, encoding: "utf8" });

  describe.each([
    ["the packaged configuration", packaged],
    ["a bare one with secrets", BARE],
    ["one with old line ends", BARE.replaceAll("\n", "\r\n").replace("#!KAMAILIO\r\n", "#!KAMAILIO\n")],
  ])("%s", (_, text) => {
    test.each([["-p0"], ["-p1"]])("patch %s there and back, and kamailio -c takes both", (level) => {
      writeFileSync(file(), text);
      const review = reviewConfig({ reading: readConfig(text, { version: installed }), version: installed });
      expect(check()).toEqual({ status: 0, output: [] });
      expect(patch(review.patch.debug_on, level)).not.toMatch(/fuzz|FAILED/);
      const debugged = readFileSync(file(), "utf8");
      expect(check()).toEqual({ status: 0, output: [] });
      const settings = readConfig(debugged, { version: installed }).settings;
      expect(settings.memlog?.value).toBeLessThanOrEqual(settings.debug?.value ?? 0);
      expect(settings.modules?.value).toEqual(expect.arrayContaining(["ctl", "kex", "corex", "cfg_rpc"]));
      expect(patch(review.patch.debug_off, level)).not.toMatch(/fuzz|FAILED/);
      expect(readFileSync(file(), "utf8")).toBe(text);
      expect(check()).toEqual({ status: 0, output: [] });
    });
  });

  test.each([
    ["as packaged", packaged.replace(/^children=8$/m, "children=8\nlisten=127.0.0.1:PORT"), []],
    [
      "with NAT, flood protection and JSON-RPC",
      packaged.replace(/^children=8$/m, "children=3\nlisten=127.0.0.1:PORT"),
      ["WITH_NAT", "WITH_NATSIPPING", "WITH_ANTIFLOOD", "WITH_JSONRPC"],
    ],
    [
      "with async workers and TCP children",
      packaged.replace(/^children=8$/m, "children=2\ntcp_children=3\nasync_workers=2\nlisten=127.0.0.1:PORT"),
      [],
    ],
  ])("the estimate is the number that runs: %s", async (_, template, defines) => {
    const text = template.replaceAll("PORT", String(await freePort()));
    writeFileSync(file(), text);
    const version = installed;
    const reading = readConfig(text, { version, defines: new Map(defines.map((name) => [name, null])) });
    const { process_estimate: estimate } = reviewConfig({ reading, version });
    const announced = await startAndCount(file(), folder, defines);
    expect({ announced: estimate.announced, exact: estimate.exact }).toEqual({ announced, exact: true });
  });
});

/** A server that is told to stop while it still starts may miss it. */
const SETTLE_MS = 2000;
const GIVE_UP_MS = 15_000;

/** Starts Kamailio on the loopback, waits for "processes (at least): N" and stops it. */
function startAndCount(config: string, folder: string, defines: string[]): Promise<number | null> {
  const options = defines.flatMap((name) => ["-A", name]);
  const child = spawn("kamailio", ["-f", config, "-Y", folder, "-P", join(folder, "pid"), "-m", "32", "-DD", "-E", ...options], {
    detached: true,
  });
  const stop = (signal: "SIGTERM" | "SIGKILL") => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // It has stopped by itself.
    }
  };
  return new Promise((resolve) => {
    let log = "";
    let found: number | null = null;
    const giveUp = setTimeout(() => stop("SIGKILL"), GIVE_UP_MS);
    child.stderr.setEncoding("utf8");
    child.stderr.on("data", (chunk: string) => {
      if (found !== null) return;
      log += chunk;
      const match = /processes \(at least\): (\d+)/.exec(log);
      if (match === null) return;
      found = Number(match[1]);
      setTimeout(() => stop("SIGTERM"), SETTLE_MS);
    });
    child.on("exit", () => {
      clearTimeout(giveUp);
      stop("SIGKILL");
      resolve(found);
    });
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = address !== null && typeof address === "object" ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
