/** What another process, an operator or the disk can do to the database under a running service. */
import { execFileSync, fork } from "node:child_process";
import { chmodSync, mkdtempSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { openStore } from "../../../src/store/store.js";

const root = mkdtempSync(join(tmpdir(), "assistant-trouble-"));
afterAll(() => rmSync(root, { recursive: true }));
let path = "";
beforeEach(() => {
  path = join(mkdtempSync(join(root, "test-")), "assistant.db");
});

const refusal = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: { trouble?: string }) => error.trouble,
  );

describe("a write lock that another process holds", () => {
  test("lets everything else go on, and the write succeeds when it is released", async () => {
    const store = openStore(path);
    await store.instances.put({ name: "first" }, 1, null);
    const other = new Sqlite(path);
    other.exec("BEGIN IMMEDIATE");
    let turns = 0;
    const counting = setInterval(() => turns++, 1);
    const write = store.instances.put({ name: "second" }, 1, null);
    while (turns < 10)
      expect(await new Promise((resolve) => setTimeout(() => resolve(store.instances.names(10)), 2))).toEqual(["first"]);
    other.exec("COMMIT");
    other.close();
    await write;
    clearInterval(counting);
    expect(await store.instances.names(10)).toEqual(["first", "second"]);
    await store.close();
  });

  test("that stays is busy, nothing of the write is kept, and the next one works", async () => {
    const store = openStore(path);
    const other = new Sqlite(path);
    other.exec("BEGIN IMMEDIATE");
    expect(await Promise.all([refusal(store.instances.put({ name: "a" }, 1, null)), refusal(store.ping())])).toEqual([
      "busy",
      "busy",
    ]);
    other.exec("COMMIT");
    other.close();
    await store.ping();
    expect(await store.instances.names(10)).toEqual([]);
    await store.close();
  });
});

describe("a database that is deleted or replaced under a service", () => {
  test.each<[string, (file: string) => void]>([
    ["deleted", (file) => rmSync(file)],
    ["moved away", (file) => renameSync(file, `${file}.old`)],
    [
      "replaced",
      (file) => {
        renameSync(file, `${file}.old`);
        writeFileSync(file, "");
      },
    ],
    ["robbed of its log", (file) => rmSync(`${file}-wal`)],
  ])("%s: writes and ping say so, and nothing is acknowledged", async (_, harm) => {
    const store = openStore(path);
    await store.instances.put({ name: "kept" }, 1, null);
    await store.ping();
    harm(path);
    expect(await refusal(store.instances.put({ name: "lost" }, 1, null))).toBe("gone");
    expect(await refusal(store.ping())).toBe("gone");
    await store.close();
  });
});

describe("one service a database", () => {
  test("the second is refused and told who runs; commands are not", async () => {
    const first = openStore(path, undefined, true);
    expect(() => openStore(path, undefined, true)).toThrow(`another service (process ${process.pid}`);
    const link = join(root, `link-${Math.random()}.db`);
    symlinkSync(path, link);
    expect(() => openStore(link, undefined, true)).toThrow("another service");
    const command = openStore(path);
    await command.tokens.create({ name: "t", scopes: ["read"], expires_at: null }, 1);
    await command.close();
    await first.close();
    await openStore(path, undefined, true).close();
  });

  test("a service that was killed leaves no lock", async () => {
    const script = `const Sqlite = require("better-sqlite3"); const db = new Sqlite(process.argv[1]);
      db.exec("BEGIN IMMEDIATE"); process.send("held"); setInterval(() => {}, 1000)`;
    await openStore(path, undefined, true).close();
    const holder = fork("-e", [], { execArgv: ["-e", script, `${path}.lock`], stdio: "ignore" });
    await new Promise((resolve) => holder.once("message", resolve));
    expect(() => openStore(path, undefined, true)).toThrow("another service");
    const ended = new Promise((resolve) => holder.once("exit", resolve));
    holder.kill("SIGKILL");
    await ended;
    await openStore(path, undefined, true).close();
  });

  test("a lock file that is none is said", async () => {
    await openStore(path).close();
    writeFileSync(`${path}.lock`, "this is no lock ".repeat(100));
    expect(() => openStore(path, undefined, true)).toThrow(/lock file .* cannot be used/);
  });
});

describe("the files", () => {
  test("are their owner's alone, also those that were open to others", async () => {
    const store = openStore(path, undefined, true);
    await store.instances.put({ name: "a" }, 1, null);
    for (const suffix of ["", "-wal", "-shm", ".lock"]) expect(statSync(path + suffix).mode & 0o777).toBe(0o600);
    await store.close();
    chmodSync(path, 0o644);
    await openStore(path).close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});

const small = mountedSmall();
afterAll(() => small?.remove());

describe.skipIf(small === null)("a full disk (skipped where this user may not mount a tmpfs)", () => {
  test("refuses whole, and works again when there is space", async () => {
    const store = openStore(join(small?.folder ?? "", "small.db"));
    await store.instances.put({ name: "sip1" }, 1, null);
    const add = (n: number) => {
      const text = "x".repeat(300_000);
      return refusal(
        store.records.add({ instance: "sip1", kind: "build", recorded_at: n, content_hash: `${n}`, text, value: {} }),
      );
    };
    const kept: number[] = [];
    let outcome: unknown = "done";
    for (let n = 0; n < 40 && outcome === "done"; n++) {
      outcome = await add(n);
      if (outcome === "done") kept.push(n);
    }
    expect(outcome).toBe("full");
    const rows = await store.records.list<unknown>("sip1", ["build"], { after: null, limit: 100 });
    expect(rows.map(({ recorded_at }) => recorded_at).sort((a, b) => a - b)).toEqual(kept);
    small?.grow();
    expect(await add(99)).toBe("done");
    await store.ping();
    await store.close();
  });
});

/** A file system of 4 MB that can be made larger; `null` where this user may not mount. */
function mountedSmall(): { folder: string; grow(): void; remove(): void } | null {
  const folder = mkdtempSync(join(root, "small-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], { stdio: "ignore" });
  } catch {
    return null;
  }
  return {
    folder,
    grow: () => void execFileSync("mount", ["-o", "remount,size=16m", folder]),
    remove: () => void execFileSync("umount", [folder]),
  };
}
