import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { diagnose } from "../../../src/analysis/diagnosis/diagnose.js";
import { cellWidth } from "../../../src/analysis/history/cell-width.js";
import { historyFromSamples } from "../../../src/analysis/history/from-samples.js";
import { sizeInstance } from "../../../src/analysis/sizing/size-instance.js";
import type { UsageSample } from "../../../src/kamailio/sample.js";

const shm = { total: 64 << 20, free: 1, used: 1_000_000, real_used: 2_000_000, max_used: 3_000_000, fragments: 3 };
const at = (minute: number) => new Date(Date.UTC(2026, 0, 5) + minute * 60_000).toISOString();
const sample = (minute: number, more: Partial<UsageSample> = {}): UsageSample => ({
  at: at(minute),
  uptime: null,
  shm,
  pkg: [],
  load: {},
  ...more,
});

describe("a history from samples", () => {
  test("keeps min, max and last of each cell, in time order", () => {
    const samples = [2, 0, 1].map((minute, index) =>
      sample(minute / 60_000, { shm: { ...shm, real_used: [20, 10, 40][index] ?? 0 } }),
    );
    const { shm: kept, samples: count } = historyFromSamples(samples);
    expect(count).toBe(3);
    expect([kept.real_used.min[0], kept.real_used.max[0], kept.real_used.last[0], kept.real_used.count[0]]).toEqual([
      10, 40, 20, 3,
    ]);
  });

  test("a sample without a time has no place", () => {
    expect(historyFromSamples([sample(0), { ...sample(1), at: null }]).samples).toBe(1);
  });

  test("rows without a process are left out", () => {
    const row = { rank: -128, used: 0, free: 0, real_used: 0, total_size: 0, total_frags: 0, desc: null };
    const history = historyFromSamples([
      sample(0, {
        pkg: [
          { ...row, pid: 0 },
          { ...row, pid: 7, rank: 1, real_used: 9 },
        ],
      }),
    ]);
    expect(history.processes.map(({ key }) => key)).toEqual(["rank 1"]);
  });
});

test("the width of a cell grows with the span alone", () => {
  const hour = 3_600_000;
  expect([hour / 20, hour, 24 * hour, 7 * 24 * hour, 365 * 24 * hour].map(cellWidth)).toEqual([
    1_000,
    15_000,
    300_000,
    hour,
    hour,
  ]);
});

test("any samples are judged without an error, and say so in numbers", () => {
  const counter = fc.option(fc.oneof(fc.nat(2 ** 31), fc.constant(0), fc.integer({ min: -(2 ** 31), max: -1 })), { nil: null });
  const counters = fc.record({
    total: counter,
    free: counter,
    used: counter,
    real_used: counter,
    max_used: counter,
    fragments: counter,
  });
  const row = fc.record({
    pid: fc.integer({ min: -1, max: 9 }),
    rank: fc.option(fc.integer({ min: -128, max: 9 }), { nil: null }),
    used: counter,
    free: counter,
    real_used: counter,
    total_size: counter,
    total_frags: counter,
    desc: fc.option(fc.constantFrom("timer", "udp receiver child=0", ""), { nil: null }),
  });
  const any = fc.record({
    at: fc.nat(60 * 24 * 40).map(at),
    uptime: fc.option(fc.nat(1_000_000), { nil: null }),
    shm: fc.option(counters, { nil: null }),
    pkg: fc.array(row, { maxLength: 4 }),
    load: fc.dictionary(fc.constantFrom("registered_users", "x"), fc.integer(), { maxKeys: 2 }),
  });
  fc.assert(
    fc.property(fc.array(any, { maxLength: 60 }), (samples) => {
      const history = historyFromSamples(samples);
      const now = Date.UTC(2026, 3, 1);
      const text = JSON.stringify([diagnose(history, now), sizeInstance(history, now)]);
      expect(text).not.toContain("NaN");
      for (const { recommended_mb: mb, lower_mb: lower, upper_mb: upper } of sizeInstance(history, now).recommendations) {
        expect(Number.isFinite(mb) && mb > 0 && lower <= mb && mb <= upper).toBe(true);
      }
    }),
    { numRuns: 150 },
  );
});
