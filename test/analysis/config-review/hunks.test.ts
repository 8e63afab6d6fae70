/** The patches apply to the file on disk, where a removed secret is another line: with patch(1) and git, strictly. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { reviewConfig } from "../../../src/analysis/config-review/review-config.js";
import { readConfig } from "../../../src/kamailio/config/read-config.js";

const CASE = readFileSync(new URL("../../fixtures/configs/secret-beside-memlog.cfg", import.meta.url), "utf8");
const has = (program: string) => spawnSync(program, ["--version"]).status === 0;

const folder = mkdtempSync(join(tmpdir(), "hunks-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "kamailio.cfg");

const patchOf = (text: string) => reviewConfig({ reading: readConfig(text, { version: null }), version: null }).patch;

/** Without fuzz, without a guess where a hunk belongs. */
const strictly = (diff: string) =>
  execFileSync("patch", ["--batch", "--fuzz=0", "--no-backup-if-mismatch", "-p0"], {
    cwd: folder,
    input: diff,
    encoding: "utf8",
  });

/** Lines of a configuration, one of three with a secret. */
const LINE = fc.constantFrom(
  "debug=2",
  "memlog=9",
  "memdbg=1",
  "mem_summary=0",
  "log_stderror=no",
  'loadmodule "pv.so"',
  'loadmodule "ctl.so"',
  "# words",
  "",
  'modparam("usrloc", "db_url", "mysql://u:S3cret@h/d")',
  '#!define DBPASS "hunter22secret"',
  'modparam("auth", "secret", "k3yk3yk3yk3y")',
);
const CONFIG = fc
  .array(LINE, { minLength: 1, maxLength: 14 })
  .map((lines) => `#!KAMAILIO\n${lines.join("\n")}\nrequest_route {\n  exit;\n}\n`);

describe.skipIf(!has("patch"))("with patch(1)", () => {
  const thereAndBack = (text: string) => {
    const { debug_on, debug_off } = patchOf(text);
    expect(`${debug_on}${debug_off}`).not.toMatch(/\[removed\]|S3cret|hunter22secret|k3yk3yk3yk3y/);
    writeFileSync(file, text);
    if (debug_on === "") return null;
    expect(strictly(debug_on)).not.toMatch(/fuzz|offset|FAILED/);
    const on = readFileSync(file, "utf8");
    expect(on).not.toBe(text);
    expect(strictly(debug_off)).not.toMatch(/fuzz|offset|FAILED/);
    expect(readFileSync(file, "utf8")).toBe(text);
    return on;
  };

  test("a secret two lines above and one line above the changes", () => {
    const on = thereAndBack(CASE);
    expect(on).toContain("memlog=0");
    expect(on).toContain("mysql://u:S3cret@h/d");
  });

  test("any mixture of secrets and parameters, there and back", () => {
    fc.assert(
      fc.property(CONFIG, (text) => void thereAndBack(text)),
      { numRuns: 60 },
    );
  });

  test("a parameter in a line with a secret is left alone, and said", () => {
    const text = '#!KAMAILIO\ndebug=0\nmemlog=9 # password="hunter22secret"\nrequest_route { exit; }\n';
    const patch = patchOf(text);
    expect(patch.debug_on).not.toContain("memlog");
    expect(patch.warnings.join()).toContain("memlog");
  });
});

test.skipIf(!has("git"))("git apply takes them, too", () => {
  const { debug_on, debug_off } = patchOf(CASE);
  writeFileSync(file, CASE);
  const apply = (diff: string) => execFileSync("git", ["apply", "--unidiff-zero", "-p0", "-"], { cwd: folder, input: diff });
  apply(debug_on.replace(/^--- a\//m, "--- "));
  expect(readFileSync(file, "utf8")).toContain("memlog=0");
  apply(debug_off.replace(/^--- a\//m, "--- "));
  expect(readFileSync(file, "utf8")).toBe(CASE);
});
