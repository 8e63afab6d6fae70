import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterAll, describe, expect, test } from "vitest";
import { openStore, type Store } from "../../src/store/store.js";

const folder = mkdtempSync(join(tmpdir(), "assistant-store-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The databases that the store runs on. Each must pass the same tests. */
const DATABASES: [string, () => Store][] = [
  ["SQLite in memory", () => openStore(":memory:")],
  ["SQLite in a file", () => openStore(join(folder, `${Math.random()}.db`))],
];

describe.each(DATABASES)("%s", (_, open) => {
  const store = open();
  afterAll(() => store.close());

  const add = (content_hash: string, recorded_at: number, kind: "build" | "settings" = "build") =>
    store.records.add<{ n: string }>({
      instance: "sip1",
      kind,
      recorded_at,
      content_hash,
      text: `text ${content_hash}`,
      value: { n: content_hash },
    });

  test("a record of an unknown instance is not kept", async () => {
    expect(
      await store.records.add({ instance: "nobody", kind: "build", recorded_at: 1, content_hash: "a", text: "", value: {} }),
    ).toBeNull();
  });

  test("a text that equals the latest of its kind is the same record, seen again", async () => {
    await store.instances.put({ name: "sip1" }, 1, null);
    const first = await add("a", 10);
    const again = await add("a", 20);
    expect(again).toMatchObject({ created: false, record: { id: first?.record.id, recorded_at: 10, last_seen_at: 20 } });
    expect(await add("a", 15, "settings")).toMatchObject({ created: true });
    expect(await add("b", 30)).toMatchObject({ created: true });
    expect(await add("a", 40)).toMatchObject({ created: true });
  });

  test("records are listed newest first, page by page, and read with their text", async () => {
    const all = await store.records.list<{ n: string }>("sip1", ["build"], { after: null, limit: 10 });
    expect(all.map(({ value }) => value.n)).toEqual(["a", "b", "a"]);
    const [newest] = all;
    if (newest === undefined) throw new Error("nothing was listed");
    const rest = await store.records.list<{ n: string }>("sip1", ["build"], { after: newest, limit: 10 });
    expect(rest.map(({ value }) => value.n)).toEqual(["b", "a"]);
    expect(await store.records.text("sip1", ["build"], newest.id)).toBe("text a");
    expect(await store.records.get("sip1", ["settings"], newest.id)).toBeNull();
    expect(await store.records.get("other", ["build"], newest.id)).toBeNull();
  });

  test("deleting an instance deletes its records", async () => {
    expect(await store.instances.delete("sip1", null)).toBe("deleted");
    expect(await store.records.latest("sip1", "build")).toBeNull();
    expect(await store.instances.delete("sip1", null)).toBe("absent");
  });

  test("a failing write leaves the others of its commit alone", async () => {
    const outcomes = await Promise.allSettled([
      store.instances.put({ name: "good1" }, 1, null),
      store.instances.put({ name: "bad" }, Number.NaN, null),
      store.instances.put({ name: "good2" }, 1, null),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(await store.instances.names(10)).toEqual(["good1", "good2"]);
  });

  test("many writers at once lose nothing", async () => {
    await Promise.all(Array.from({ length: 1500 }, (_, n) => store.instances.put({ name: `many${n}` }, n, null)));
    expect((await store.instances.names(5000)).filter((name) => name.startsWith("many"))).toHaveLength(1500);
  });
});

describe("a SQLite file", () => {
  test("keeps what was answered when it is closed and opened again", async () => {
    const path = join(folder, "kept.db");
    const first = openStore(path);
    await first.instances.put({ name: "kept", labels: { a: "b" } }, 5, null);
    await first.close();
    await expect(first.instances.put({ name: "late" }, 6, null)).rejects.toThrow("closed");
    const second = openStore(path);
    expect(await second.instances.get("kept")).toMatchObject({ labels: { a: "b" }, created_at: 5 });
    await second.close();
  });

  test("of a newer release is refused", () => {
    const path = join(folder, "newer.db");
    const db = new Sqlite(path);
    db.exec(
      "CREATE TABLE migrations (name TEXT PRIMARY KEY, applied_at TEXT); INSERT INTO migrations VALUES ('9999_future.sql', '')",
    );
    db.close();
    expect(() => openStore(path)).toThrow("newer release");
  });

  test("that is none is refused", () => {
    const path = join(folder, "text.db");
    writeFileSync(path, "this is no database, but it is long enough to look at ".repeat(20));
    expect(() => openStore(path)).toThrow();
  });
});
