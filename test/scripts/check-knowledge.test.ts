/** The check of the tables' sources, on a repository of three files: what holds passes, and each kind of fault is named. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "check-knowledge-"));
  const clone = join(folder, "clone");
  mkdirSync(join(clone, "src/core"), { recursive: true });
  mkdirSync(join(folder, "tables"));
  writeFileSync(join(clone, "src/core/cfg.lex"), 'TCP_OPT_X\t"tcp_x"\n');
  writeFileSync(join(clone, "src/core/cfg.y"), "| TCP_OPT_X EQUAL NUMBER\n");
  writeFileSync(join(clone, "src/core/main.c"), `${"\n".repeat(300)}LM_ERR("no "\n  "memory");\n`);
  const git = (...words: string[]) =>
    execFileSync("git", ["-C", clone, "-c", "user.name=test", "-c", "user.email=test@example.org", ...words], {
      stdio: "ignore",
    });
  git("init");
  git("add", ".");
  git("commit", "-m", "Begin");
  git("tag", "1.2.3");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function check(row: object) {
  writeFileSync(join(folder, "tables", "rows.json"), `[\n${JSON.stringify(row)}\n]\n`);
  const { status, stdout } = spawnSync(
    join(ROOT, "node_modules/.bin/tsx"),
    [join(ROOT, "scripts/check-knowledge.ts"), join(folder, "clone"), join(folder, "tables")],
    { encoding: "utf8" },
  );
  return { status, stdout };
}

test.each([
  ["a message cut over two lines", { anchors: ["no memory"], source: "core/main.c:301@1.2.3" }, 0, "1 hold"],
  ["a parameter that the grammar knows by its token", { name: "tcp_x", source: "cfg.y:1@1.2.3" }, 0, "1 hold"],
  ["a name that is far away", { anchors: ["no memory"], source: "core/main.c:10@1.2.3" }, 1, 'none of "no memory" is near'],
  ["a line beyond the end", { source: "core/main.c:900@1.2.3" }, 1, "the file ends at line"],
  ["a file that is not there", { source: "core/other.c:1@1.2.3" }, 1, "1.2.3 has no file core/other.c"],
  ["a tag that is not there", { source: "core/main.c:1@9.9.9" }, 1, "the clone has no tag 9.9.9"],
])("%s", (_what, row, status, words) => {
  const result = check(row);
  expect(result.stdout).toContain(words);
  expect(result.status).toBe(status);
});
