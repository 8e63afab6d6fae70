import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { fixture } from "../analysis/analyses/analyse.js";

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "analyze-"));
afterAll(() => rmSync(directory, { recursive: true }));

function analyze(args: string[], input: string | Buffer = "") {
  return spawnSync(process.execPath, ["--import", "tsx", path("src/cli/cli.ts"), "analyze", ...args], {
    input,
    encoding: "utf8",
    cwd: path("."),
    maxBuffer: 64 * 1_048_576,
  });
}

function file(name: string, content: string | Buffer): string {
  const whole = join(directory, name);
  writeFileSync(whole, content);
  return whole;
}

const DUMP = path("test/fixtures/incidents/c2-leak-pkg-require-async-5.6.3-debian/dump-start-shm.log");
const BUILD = path("test/fixtures/5.6.3-debian-default/I.txt");

describe("analyze", () => {
  test("writes a dump as JSON, its sites by bytes", () => {
    const { status, stdout } = analyze([DUMP, "--format", "json"]);
    expect(status).toBe(0);
    const { dumps } = JSON.parse(stdout);
    expect(dumps).toMatchObject([{ text: DUMP, pool: "shm", complete: true }]);
    expect(Object.keys(dumps[0].sites[0])).toEqual(
      expect.arrayContaining(["module", "file", "function", "line", "count", "bytes"]),
    );
  });

  test("reads several files, names each, and compares across them", () => {
    const c2 = path("test/fixtures/incidents/c2-leak-pkg-require-async-5.6.3-debian");
    const { status, stdout } = analyze([BUILD, `${c2}/dump-end-pkg-Async.log.gz`, `${c2}/dump-middle-pkg-Async.log.gz`]);
    // The sites that grow are a judgement that is not ok.
    expect(status).toBe(3);
    for (const part of [BUILD, "parse_require(55)", "KI-", "5.6.4", "Memory debugging on"]) expect(stdout).toContain(part);
  });

  test.each([
    ["standard input", [], fixture("5.6.3-debian-default/I.txt")],
    ["standard input named -", ["-"], fixture("5.6.3-debian-default/I.txt")],
    ["standard input, packed", [], gzipSync(fixture("5.6.3-debian-default/I.txt"))],
  ])("reads %s", (_, args, input) => {
    const { status, stdout } = analyze([...args, "--format", "markdown"], input);
    expect(status).toBe(0);
    expect(stdout).toContain("# Analysis");
    expect(stdout).toContain("kamailio 5.6.3");
  });

  test("reads what stands before the damage of a packed file, and says so", () => {
    const packed = gzipSync(fixture("incidents/c2-leak-pkg-require-async-5.6.3-debian/dump-end-pkg-Async.log.gz"));
    const { status, stdout, stderr } = analyze([file("cut.gz", packed.subarray(0, packed.length / 2)), "--format", "json"]);
    expect(status).toBe(0);
    expect(stderr).toContain("damaged or cut");
    const { dumps, warnings } = JSON.parse(stdout);
    expect(dumps.some(({ complete }: { complete: boolean }) => !complete)).toBe(true);
    expect(warnings[0]).toContain("damaged or cut");
  });

  test.each([
    ["1 when nothing is recognised", ["-"], "Dear all,\n", 1],
    ["1 for nothing at all", [], "", 1],
    ["2 for a file that is not there", ["/nowhere/kamailio.log"], "", 2],
    ["2 for a directory", [directory], "", 2],
    ["2 for an unknown format", ["--format", "xml"], "", 2],
    ["2 for an unknown option", ["--frobnicate"], "", 2],
    ["3 when a pool is full now", [path("test/fixtures/full-now/pkg-full-one-paste.txt")], "", 3],
    ["3 when transactions are stuck now", [path("test/fixtures/full-now/tm-stuck-one-paste.txt")], "", 3],
    ["0 for help", ["--help"], "", 0],
  ])("exits with %s", (_, args, input, status) => {
    expect(analyze(args, input).status).toBe(status);
  });

  test("says on standard error which file it cannot read, and nothing on standard output", () => {
    const { stdout, stderr } = analyze([BUILD, "/nowhere/kamailio.log"]);
    expect(stderr).toContain("/nowhere/kamailio.log: there is no such file");
    expect(stdout).toBe("");
  });
});
