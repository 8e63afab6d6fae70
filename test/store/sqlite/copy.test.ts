/** Backup under write load, and restore after a crash, over the command's own functions; the files stay whole whatever is given. */
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { backupDatabase, restoreDatabase } from "../../../src/store/sqlite/copy.js";
import { openStore } from "../../../src/store/store.js";

const root = mkdtempSync(join(tmpdir(), "assistant-copy-"));
afterAll(() => rmSync(root, { recursive: true }));

let folder = "";
let database = "";
let copy = "";
beforeEach(() => {
  folder = mkdtempSync(join(root, "test-"));
  database = join(folder, "assistant.db");
  copy = join(folder, "copies", "backup.db");
});

const put = async (path: string, ...names: string[]) => {
  const store = openStore(path);
  for (const name of names) await store.instances.put({ name }, 1, null);
  await store.close();
};
const namesIn = async (path: string) => {
  const store = openStore(path);
  const names = await store.instances.names(10_000);
  await store.close();
  return names;
};

/** The files of a database whose process was killed: the log was not written back. */
const crashed = async (...names: string[]) => {
  const live = join(folder, "live.db");
  const store = openStore(live);
  for (const name of names) await store.instances.put({ name }, 1, null);
  for (const suffix of ["", "-wal", "-shm"]) copyFileSync(live + suffix, database + suffix);
  await store.close();
  expect(statSync(`${database}-wal`).size).toBeGreaterThan(0);
};

describe("backup", () => {
  test("is one whole file of its owner's alone", async () => {
    await put(database, "sip1");
    backupDatabase(database, copy);
    expect(readdirSync(join(folder, "copies"))).toEqual(["backup.db"]);
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    expect(await namesIn(copy)).toEqual(["sip1"]);
  });

  test("holds everything that was acknowledged before it, while writes go on", async () => {
    const store = openStore(database);
    await store.instances.put({ name: "before" }, 1, null);
    let writing = true;
    let written = 0;
    const load = (async () => {
      for (; writing; written++) await store.instances.put({ name: `load${written}` }, 1, null);
    })();
    for (let n = 0; n < 5; n++) {
      while (written < n * 20 + 20) await new Promise((resolve) => setImmediate(resolve));
      const acknowledged = written;
      backupDatabase(database, copy);
      const names = await namesIn(copy);
      expect(names).toContain("before");
      for (let i = 0; i < acknowledged; i++) expect(names).toContain(`load${i}`);
    }
    writing = false;
    await load;
    await store.close();
  });

  test("of a database that was left by a crash has what its log holds, and changes nothing", async () => {
    await crashed("sip1", "sip2");
    const before = readFileSync(database);
    backupDatabase(database, copy);
    expect(await namesIn(copy)).toEqual(["sip1", "sip2"]);
    expect(readFileSync(database)).toEqual(before);
  });

  test("of a path that is not there makes nothing", () => {
    expect(() => backupDatabase(join(folder, "typo.db"), copy)).toThrow("there is no database");
    expect(readdirSync(folder)).toEqual([]);
  });

  test("over an older copy replaces it; one that fails leaves it", async () => {
    await put(database, "one");
    backupDatabase(database, copy);
    await put(database, "two");
    backupDatabase(database, copy);
    expect(await namesIn(copy)).toEqual(["one", "two"]);
    const garbage = join(folder, "garbage.db");
    writeFileSync(garbage, "no database at all ".repeat(500));
    expect(() => backupDatabase(garbage, copy)).toThrow("cannot be read as a database");
    expect(await namesIn(copy)).toEqual(["one", "two"]);
    expect(() => backupDatabase(database, database)).toThrow("the database itself");
  });
});

describe("restore", () => {
  test("after a crash has the copy's content, not the old log's, and keeps what it replaced", async () => {
    await put(join(folder, "good.db"), "good");
    backupDatabase(join(folder, "good.db"), copy);
    await crashed("newer1", "newer2");
    const kept = restoreDatabase(copy, database, Date.UTC(2026, 10, 23, 8, 15));
    expect(kept).toEqual(["", "-wal", "-shm"].map((suffix) => `${database}.replaced-20261123T081500Z${suffix}`));
    expect(await namesIn(database)).toEqual(["good"]);
    expect(statSync(database).mode & 0o777).toBe(0o600);
    expect(await namesIn(`${database}.replaced-20261123T081500Z`)).toEqual(["newer1", "newer2"]);
    expect(readdirSync(folder).filter((name) => name.endsWith(".partial"))).toEqual([]);
  });

  test("makes the database where there is none", async () => {
    await put(database, "sip1");
    backupDatabase(database, copy);
    const fresh = join(folder, "new", "place.db");
    expect(restoreDatabase(copy, fresh, 0)).toEqual([]);
    expect(await namesIn(fresh)).toEqual(["sip1"]);
  });

  test("is refused while a service runs", async () => {
    await put(database, "sip1");
    backupDatabase(database, copy);
    const service = openStore(database, undefined, true);
    expect(() => restoreDatabase(copy, database, 0)).toThrow(`process ${process.pid}`);
    await service.instances.put({ name: "still" }, 1, null);
    await service.close();
    expect(await namesIn(database)).toEqual(["sip1", "still"]);
  });

  test.each<[string, (path: string) => void, string]>([
    ["is not there", () => {}, "there is no copy"],
    ["is text", (path) => writeFileSync(path, "words ".repeat(1000)), "cannot be read as a database"],
    ["is empty", (path) => writeFileSync(path, ""), "none of this service"],
    ["is another program's database", (path) => void new Sqlite(path).exec("CREATE TABLE x (y)").close(), "none of this service"],
    [
      "was written by a newer release",
      (path) =>
        void new Sqlite(path)
          .exec("CREATE TABLE migrations (name TEXT, applied_at TEXT); INSERT INTO migrations VALUES ('9999_future.sql', '')")
          .close(),
      "newer release",
    ],
    [
      "is cut",
      (path) => {
        backupDatabase(database, path);
        const whole = readFileSync(path);
        writeFileSync(path, whole.subarray(0, whole.length - 8192));
      },
      "cannot be read as a database",
    ],
    [
      "has a damaged page",
      (path) => {
        backupDatabase(database, path);
        const page = readFileSync(path);
        writeFileSync(path, page.fill(0x5a, 3 * 4096, 4 * 4096));
      },
      "damaged",
    ],
  ])("of a file that %s changes nothing", async (_, make, message) => {
    await put(database, "sip1");
    const bad = join(folder, "bad.db");
    make(bad);
    const before = readFileSync(database);
    expect(() => restoreDatabase(bad, database, 0)).toThrow(message);
    expect(readFileSync(database)).toEqual(before);
    expect(existsSync(`${database}.replaced-19700101T000000Z`)).toBe(false);
    expect(await namesIn(database)).toEqual(["sip1"]);
  });
});
