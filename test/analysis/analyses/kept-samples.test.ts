import { expect, test } from "vitest";
import { KeptSamples } from "../../../src/analysis/analyses/kept-samples.js";

const sample = (minute: number) => ({
  at: new Date(minute * 60_000).toISOString(),
  uptime: null,
  shm: { total: 1, free: 1, used: 1, real_used: minute, max_used: 1, fragments: 1 },
  pkg: [],
  load: {},
});

test("keeps everything while there is room", () => {
  const kept = new KeptSamples(10);
  kept.add([0, 1, 2].map(sample));
  expect(kept.samples.length).toBe(3);
  expect(kept.stride).toBe(1);
});

test("thins out evenly, counts all, and knows the first and the last", () => {
  const kept = new KeptSamples(10);
  for (let minute = 0; minute < 100; minute++) kept.add([sample(minute)]);
  expect(kept.samples.length).toBeLessThanOrEqual(10);
  expect(kept.accepted).toEqual({ samples: 100, shm: 100, pkg: 0, load: 0 });
  expect([kept.first, kept.last]).toEqual([sample(0).at, sample(99).at]);
  const minutes = kept.samples.map(({ shm }) => shm?.real_used ?? 0);
  const steps = new Set(minutes.slice(1).map((minute, index) => minute - (minutes[index] ?? 0)));
  expect([...steps]).toEqual([kept.stride]);
});
