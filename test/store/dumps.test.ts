import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readDumps } from "../../src/kamailio/dump/reader.js";
import type { NewDump } from "../../src/store/dumps.js";
import { openStore } from "../../src/store/store.js";
import { leaking, pkgSums } from "../support/dump-text.js";

const HOUR = 3_600_000;
const store = openStore(":memory:");
beforeAll(() => store.instances.put({ name: "sip1" }, 1, null));
afterAll(() => store.close());

function dumpOf(count: number, change: Partial<NewDump> = {}): NewDump {
  const [dump] = readDumps(pkgSums(7, leaking(count))).dumps;
  if (dump === undefined) throw new Error("no dump was read");
  return { dump, taken_at: 10 * HOUR, taken_at_source: "clock", process: null, ...change };
}

async function idOf(dump: NewDump, now: number): Promise<string | undefined> {
  return (await store.dumps.add("sip1", [dump], now))?.[0]?.dump.id;
}

describe("dumps", () => {
  test("of an unknown instance are not kept", async () => {
    expect(await store.dumps.add("nobody", [dumpOf(1)], 1)).toBeNull();
    expect(await store.dumps.add("nobody", [], 1)).toBeNull();
    expect(await store.incidents.add("nobody", [], 1)).toBeNull();
    expect(await store.incidents.add("sip1", [], 1)).toEqual([]);
  });

  test("give back the sites that they had, largest first", async () => {
    const dump = dumpOf(3);
    const id = (await idOf(dump, 1)) ?? "";
    expect(await store.dumps.sites("sip1", id)).toEqual(dump.dump.sites);
    expect(await store.dumps.sites("sip2", id)).toBeNull();
    expect(await store.dumps.get("sip2", id)).toBeNull();
  });

  test("without a time of their own are a retry for a minute, then a server where nothing moved", async () => {
    const first = await idOf(dumpOf(5), 10 * HOUR);
    expect(await idOf(dumpOf(5, { taken_at: 10.01 * HOUR }), 10.01 * HOUR)).toBe(first);
    expect(await idOf(dumpOf(5, { taken_at: 10.1 * HOUR }), 10.1 * HOUR)).not.toBe(first);
  });

  test("with a time of their own are the same for ever", async () => {
    const timed = dumpOf(6, { taken_at_source: "log" });
    const first = await idOf(timed, 10 * HOUR);
    expect(await idOf(timed, 1000 * HOUR)).toBe(first);
    expect(await idOf({ ...timed, taken_at: 11 * HOUR }, 1000 * HOUR)).not.toBe(first);
  });

  test("learn the name of their process when it becomes known, and keep it", async () => {
    const id = await idOf(dumpOf(7, { taken_at_source: "at" }), 1);
    await idOf(dumpOf(7, { taken_at_source: "at", process: "timer" }), 2);
    await idOf(dumpOf(7, { taken_at_source: "at" }), 3);
    expect(await store.dumps.get("sip1", id ?? "")).toMatchObject({ process: "timer", last_seen_at: 3 });
  });

  test("with more sites than a server can have keep the largest, and say so", async () => {
    const { dump, ...rest } = dumpOf(8);
    const sites = Array.from({ length: 20_500 }, (_, n) => ({
      module: "m",
      file: null,
      function: `f${n}`,
      line: n,
      count: 1,
      bytes: 30_000 - n,
    }));
    const [kept] = (await store.dumps.add("sip1", [{ ...rest, dump: { ...dump, sites } }], 1)) ?? [];
    expect(kept?.dump).toMatchObject({ sites: 20_000, warnings: [expect.stringContaining("20500 sites")] });
    expect((await store.dumps.sites("sip1", kept?.dump.id ?? ""))?.at(-1)?.bytes).toBe(30_000 - 19_999);
  });
});
