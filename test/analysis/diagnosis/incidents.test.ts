import { describe, expect, test } from "vitest";
import { diagnose } from "../../../src/analysis/diagnosis/diagnose.js";
import { historyFromSamples } from "../../../src/analysis/history/from-samples.js";
import { incidentUsage, lastTime, stretched } from "./usage-fixture.js";

const CASES = [
  ["a1-shm-exhaustion-usrloc-6.0.7-qm", "undersized", "healthy", []],
  ["b-steady-5.8.8-qm", "healthy", "healthy", []],
  ["c1-leak-pkg-subst_hf-4.4.0-dev5-fm", "healthy", "leak_suspected", ["SIP worker rank 1, 2"]],
  ["c2-leak-pkg-require-async-5.6.3-debian", "healthy", "leak_suspected", ["Async Task Worker - default"]],
  ["c2-control-fixed-require-async-5.8.8", "healthy", "healthy", []],
  ["d1-pkg-exhaustion-by-leak-4.4.0-dev5", "healthy", "leak_suspected", ["SIP worker rank 1, 2"]],
  ["d2-pkg-exhaustion-burst-uldump-6.0.7", "healthy", "healthy", []],
  ["e1-step-dispatcher-reload-6.0.7", "healthy", "healthy", []],
  ["f-restart-5.5.7-qm", "healthy", "healthy", []],
] as const;

describe.each(CASES)("the real incident %s", (name, shm, pkg, processes) => {
  const usage = incidentUsage(name);
  test.each([
    ["as it was recorded, two seconds apart", usage],
    ["stretched to an hour", stretched(usage, 1 / 24)],
    ["stretched to a week", stretched(usage, 7)],
    ["stretched to a month", stretched(usage, 30)],
  ])("%s", (_, samples) => {
    const { pools } = diagnose(historyFromSamples(samples), lastTime(samples));
    expect(pools.map(({ pool, verdict }) => [pool, verdict])).toEqual([
      ["shm", shm],
      ["pkg", pkg],
    ]);
    expect(pools[1]?.processes).toEqual(processes);
  });
});

test("a leak that filled the pool is dated when it did", () => {
  const usage = incidentUsage("d1-pkg-exhaustion-by-leak-4.4.0-dev5");
  const { pools } = diagnose(historyFromSamples(usage), lastTime(usage));
  const range = pools[1]?.exhaustion;
  expect(Date.parse(range?.earliest ?? "")).toBeLessThanOrEqual(Date.parse("2026-11-23T01:14:56Z"));
  expect(Date.parse(range?.latest ?? "")).toBeGreaterThanOrEqual(Date.parse("2026-11-23T01:14:56Z"));
});

test("the restart in the middle is found by its pids and counters", () => {
  const { events } = historyFromSamples(incidentUsage("f-restart-5.5.7-qm"));
  expect(events.map(({ kind }) => kind)).toEqual(["restart"]);
});
