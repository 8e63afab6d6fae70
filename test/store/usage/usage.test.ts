import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { UsageSample } from "../../../src/kamailio/sample.js";
import { DAY, HOUR } from "../../../src/kamailio/units.js";
import { openStore, type Store } from "../../../src/store/store.js";
import type { Entity } from "../../../src/store/usage/entity.js";
import { packSample, unpackSample } from "../../../src/store/usage/packed-sample.js";
import type { TimedSample } from "../../../src/store/usage/usage.js";

const NOW = Date.UTC(2026, 10, 23, 12);
const MB = 1_048_576;

function sample(at: number, real: number, over: Partial<UsageSample> = {}): TimedSample {
  return {
    at,
    sample: {
      at: new Date(at).toISOString(),
      uptime: null,
      shm: { total: 64 * MB, free: 64 * MB - real, used: real - 1000, real_used: real, max_used: real, fragments: 5 },
      pkg: [
        {
          pid: 100,
          rank: 0,
          used: 10,
          free: 8 * MB - 30,
          real_used: 30,
          total_size: 8 * MB,
          total_frags: 1,
          desc: "main process - attendant",
        },
        {
          pid: 101,
          rank: 1,
          used: 20,
          free: 8 * MB - 40,
          real_used: 40,
          total_size: 8 * MB,
          total_frags: 2,
          desc: "udp receiver child=0 sock=127.0.0.1:5060",
        },
      ],
      load: { registered_users: real / 1000 },
      ...over,
    },
  };
}

let store: Store;
beforeEach(async () => {
  store = openStore(":memory:", { raw_days: 14, rollup_days: 730 });
  await store.instances.put({ name: "sip1" }, 1, null);
});
afterEach(() => store.close());

async function shm(resolution: "hour" | "day" = "hour") {
  await store.usage.rollUp("sip1");
  const series = (await store.usage.series("sip1", resolution, 0, NOW + DAY))
    .find(({ entity }) => entity === null)
    ?.counters.get("real_used");
  if (series === undefined) return [];
  return [...series.at].map((at, row) => [at, series.min[row], series.max[row], series.last[row], series.count[row]]);
}

describe("the usage history", () => {
  test("keeps a sample and gives it back as it came", async () => {
    const one = sample(NOW, 5_000_000);
    expect(await store.usage.add("sip1", [one], NOW)).toEqual({ samples: 1, shm: 1, pkg: 2, load: 1, duplicates: 0 });
    expect(await store.usage.samples("sip1", 0, NOW + 1, 10)).toEqual([one]);
  });

  test("does not know an instance that nobody made", async () => {
    expect(await store.usage.add("other", [sample(NOW, 1)], NOW)).toBeNull();
  });

  test("a retried upload changes nothing", async () => {
    const samples = [sample(NOW, 5_000_000), sample(NOW + 60_000, 6_000_000)];
    await store.usage.add("sip1", samples, NOW);
    const before = await shm();
    expect(await store.usage.add("sip1", samples, NOW)).toEqual({ samples: 0, shm: 0, pkg: 0, load: 0, duplicates: 2 });
    expect(await shm()).toEqual(before);
  });

  test("the parts of one moment can come in several uploads", async () => {
    const whole = sample(NOW, 5_000_000);
    await store.usage.add("sip1", [{ at: NOW, sample: { ...whole.sample, pkg: [], load: {} } }], NOW);
    expect(await store.usage.add("sip1", [{ at: NOW, sample: { ...whole.sample, shm: null } }], NOW)).toMatchObject({
      samples: 1,
      shm: 0,
      pkg: 2,
      load: 1,
    });
    expect(await store.usage.samples("sip1", 0, NOW + 1, 10)).toEqual([whole]);
  });

  test("hours and days keep min, max, last and count", async () => {
    await store.usage.add(
      "sip1",
      [sample(NOW, 5), sample(NOW + 60_000, 9), sample(NOW + 120_000, 7), sample(NOW + HOUR, 3)],
      NOW,
    );
    expect(await shm()).toEqual([
      [NOW, 5, 9, 7, 3],
      [NOW + HOUR, 3, 3, 3, 1],
    ]);
    expect(await shm("day")).toEqual([[Date.UTC(2026, 10, 23), 3, 9, 3, 4]]);
  });

  test("a late sample lands in its hour", async () => {
    await store.usage.add("sip1", [sample(NOW, 5), sample(NOW + 120_000, 7)], NOW);
    await shm();
    await store.usage.add("sip1", [sample(NOW + 60_000, 20)], NOW);
    expect(await shm()).toEqual([[NOW, 5, 20, 7, 3]]);
  });

  test("old history goes straight into the roll-ups, in any order, and again without a change", async () => {
    const old = NOW - 100 * DAY;
    const samples = [sample(old, 5), sample(old + 60_000, 9), sample(old + 2 * HOUR, 4)];
    expect(await store.usage.add("sip1", samples, NOW)).toMatchObject({ samples: 3, shm: 3, pkg: 6, duplicates: 0 });
    const before = await shm();
    expect(before).toEqual([
      [old, 5, 9, 9, 2],
      [old + 2 * HOUR, 4, 4, 4, 1],
    ]);
    expect(await store.usage.add("sip1", [...samples].reverse(), NOW)).toMatchObject({ samples: 0, duplicates: 3 });
    expect(await shm()).toEqual(before);
    expect(await store.usage.samples("sip1", 0, NOW, 10)).toEqual([]);
    expect(await store.usage.span("sip1")).toMatchObject({ samples: 3, raw_from: null });
  });

  test("restarts are found, also when the sample that shows one comes late", async () => {
    const restarted = (at: number) =>
      sample(at, 50, {
        pkg: [
          {
            pid: 900,
            rank: 0,
            used: 1,
            free: 8 * MB - 2,
            real_used: 2,
            total_size: 8 * MB,
            total_frags: 1,
            desc: "main process - attendant",
          },
        ],
      });
    await store.usage.add("sip1", [sample(NOW, 5_000), restarted(NOW + HOUR)], NOW);
    await store.usage.rollUp("sip1");
    expect(await store.usage.events("sip1", 0, NOW + DAY)).toMatchObject([{ kind: "restart", at: NOW + HOUR }]);
    await store.usage.add("sip1", [restarted(NOW + 60_000)], NOW);
    await store.usage.rollUp("sip1");
    expect(await store.usage.events("sip1", 0, NOW + DAY)).toMatchObject([{ kind: "restart", at: NOW + 60_000 }]);
  });

  test("raw samples and roll-ups leave after their retention, and not before they were rolled up", async () => {
    await store.usage.add("sip1", [sample(NOW, 5), sample(NOW + 20 * DAY, 6)], NOW + 20 * DAY - 13 * DAY);
    await store.usage.purge(NOW + 20 * DAY);
    expect((await store.usage.samples("sip1", 0, NOW + 30 * DAY, 10)).map(({ at }) => at)).toEqual([NOW + 20 * DAY]);
    const series = async () => [
      ...((await store.usage.series("sip1", "hour", 0, NOW + 30 * DAY))[0]?.counters.get("real_used")?.at ?? []),
    ];
    expect(await series()).toEqual([NOW, NOW + 20 * DAY]);
    await store.usage.purge(NOW + 735 * DAY);
    expect(await series()).toEqual([NOW + 20 * DAY]);
  });

  test("deleting the instance deletes its history", async () => {
    await store.usage.add("sip1", [sample(NOW, 5)], NOW);
    await store.instances.delete("sip1", null);
    await store.instances.put({ name: "sip1" }, 1, null);
    expect(await store.usage.samples("sip1", 0, NOW + DAY, 10)).toEqual([]);
    expect(await shm()).toEqual([]);
  });

  test("the order of uploads does not matter", async () => {
    const all = Array.from({ length: 40 }, (_, n) => sample(NOW + n * 7 * 60_000, 1000 + ((n * 7919) % 500)));
    await store.usage.add("sip1", all, NOW);
    const expected = await shm();
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(all, { minLength: all.length }),
        fc.integer({ min: 1, max: 39 }),
        async (shuffled, cut) => {
          const other = openStore(":memory:");
          await other.instances.put({ name: "sip1" }, 1, null);
          await other.usage.add("sip1", shuffled.slice(0, cut), NOW);
          await other.usage.rollUp("sip1");
          await other.usage.add("sip1", shuffled.slice(cut), NOW);
          const [mine, theirs] = [store, other];
          store = theirs;
          const rows = await shm();
          store = mine;
          await other.close();
          expect(rows).toEqual(expected);
        },
      ),
      { numRuns: 15 },
    );
  });
});

describe("a packed sample", () => {
  const counter = fc.option(fc.integer({ min: 0, max: 2 ** 50 }), { nil: null });
  const arbitrary = fc.record({
    at: fc.constant(new Date(NOW).toISOString()),
    uptime: counter,
    shm: fc.option(
      fc.record({ total: counter, free: counter, used: counter, real_used: counter, max_used: counter, fragments: counter }),
      { nil: null },
    ),
    pkg: fc.array(
      fc.record({
        pid: fc.integer({ min: 1, max: 4_194_304 }),
        rank: fc.option(fc.integer({ min: -5, max: 3 }), { nil: null }),
        used: counter,
        free: counter,
        real_used: counter,
        total_size: counter,
        total_frags: counter,
        desc: fc.constant("d"),
      }),
      { maxLength: 20 },
    ),
    load: fc.dictionary(
      fc.constantFrom("a", "b", "c"),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    ),
  });

  test("is unpacked to what it was", () => {
    fc.assert(
      fc.property(arbitrary, (original) => {
        const entities = new Map<number, Entity>([
          [1, { id: 1, kind: "pkg" as const, key: "d", description: "d", rank: 1 }],
          ...["a", "b", "c"].map(
            (key, n) => [n + 2, { id: n + 2, kind: "load" as const, key, description: null, rank: null }] as const,
          ),
        ]);
        const names = Object.keys(original.load).map((name) => ({ a: 2, b: 3, c: 4 })[name] ?? null);
        const packed = packSample(
          original,
          original.pkg.map(() => 1),
          names,
          entities,
        );
        expect(unpackSample(packed, NOW, entities)).toEqual({ ...original, load: { ...original.load } });
      }),
    );
  });
});

describe("uploads in parts", () => {
  test("a restart between two parts of an old history is seen, and an hour that is cut counts all its samples", async () => {
    const old = NOW - 100 * DAY;
    const one = sample(old, 5_000);
    const two = sample(old + 60_000, 9_000, { pkg: [{ ...(sample(old, 1).sample.pkg[0] ?? never()), pid: 900 }] });
    await store.usage.add("sip1", [one], NOW);
    expect(await store.usage.add("sip1", [two], NOW, one)).toMatchObject({ samples: 1, duplicates: 0 });
    expect(await store.usage.events("sip1", 0, NOW)).toMatchObject([{ kind: "restart", at: old + 60_000 }]);
    expect(await shm()).toEqual([[old, 5_000, 9_000, 9_000, 2]]);
    await store.usage.add("sip1", [one], NOW);
    expect(await store.usage.add("sip1", [two], NOW, one)).toMatchObject({ samples: 0, duplicates: 1 });
    expect(await shm()).toEqual([[old, 5_000, 9_000, 9_000, 2]]);
  });

  test("an upload that only brings the uptime of a known moment is kept", async () => {
    await store.usage.add("sip1", [sample(NOW, 5)], NOW);
    const uptime = { at: NOW, sample: { at: new Date(NOW).toISOString(), uptime: 60, shm: null, pkg: [], load: {} } };
    expect(await store.usage.add("sip1", [uptime], NOW)).toMatchObject({ samples: 1, duplicates: 0 });
    expect((await store.usage.samples("sip1", 0, NOW + 1, 1))[0]?.sample.uptime).toBe(60);
  });

  test("the process list of a refused write is not remembered", async () => {
    const hostile = sample(NOW, 5, { load: { bad: Symbol("no number") as unknown as number } });
    await expect(store.usage.add("sip1", [hostile], NOW)).rejects.toThrow();
    expect(await store.usage.add("sip1", [sample(NOW, 5)], NOW)).toMatchObject({ samples: 1, pkg: 2 });
    expect(await store.usage.add("sip1", [sample(NOW + 1, 6)], NOW)).toMatchObject({ samples: 1, pkg: 2 });
    expect(await store.usage.samples("sip1", 0, NOW + 2, 10)).toEqual([sample(NOW, 5), sample(NOW + 1, 6)]);
  });

  test("series of one kind hold that kind alone", async () => {
    await store.usage.add("sip1", [sample(NOW, 5)], NOW);
    await store.usage.rollUp("sip1");
    const kinds = async (...wanted: ("shm" | "pkg" | "load")[]) =>
      (await store.usage.series("sip1", "hour", 0, NOW + DAY, wanted)).map(({ entity }) => entity?.kind ?? "shm");
    expect(await kinds("shm")).toEqual(["shm"]);
    expect(await kinds("pkg")).toEqual(["pkg", "pkg"]);
    expect(await kinds("load")).toEqual(["load"]);
  });
});

function never(): never {
  throw new Error("unreachable");
}
