import { describe, expect, test } from "vitest";
import { diagnose } from "../../../src/analysis/diagnosis/diagnose.js";
import { historyFromSamples } from "../../../src/analysis/history/from-samples.js";
import { makeTrace, TRACE_CLASSES } from "../../support/traces.js";
import { lastTime } from "./usage-fixture.js";

const SHAPES = [
  { days: 8, interval_s: 3_600 },
  { days: 30, interval_s: 1_800 },
];

describe.each(SHAPES)("labelled traces of $days days, $interval_s s apart", (shape) => {
  test.each(Object.keys(TRACE_CLASSES))("%s", (name) => {
    for (const seed of [3, 104, 205]) {
      const { samples, truth } = makeTrace(name, seed, shape);
      const { pools } = diagnose(historyFromSamples(samples), lastTime(samples));
      const judged = pools.find(({ pool }) => pool === truth.pool);
      expect([seed, judged?.verdict]).toEqual([seed, truth.verdict]);
      if (truth.process_class !== null) expect(judged?.processes).toEqual([truth.process_class]);
      // The pool that nothing happens in is left in peace.
      const other = pools.find(({ pool }) => pool !== truth.pool);
      expect([seed, other?.verdict]).toEqual([seed, name === "short" ? "insufficient_data" : "healthy"]);
    }
  });
});

describe("without load counters", () => {
  test.each(["healthy", "noisy", "restarts", "gaps", "burst", "daily_spike", "warm_up"])("%s is no leak", (name) => {
    for (const seed of [1, 2, 3, 4]) {
      const { samples } = makeTrace(name, seed, { days: 30, interval_s: 3_600, without_load: true });
      const { pools } = diagnose(historyFromSamples(samples), lastTime(samples));
      expect(pools.map(({ verdict }) => verdict)).not.toContain("leak_suspected");
    }
  });

  test.each(["leak_in_calls", "leak_by_the_clock", "leak_at_reloads", "leak_pkg_workers"])(
    "%s is found, and the doubt said",
    (name) => {
      const { samples, truth } = makeTrace(name, 5, { days: 30, interval_s: 3_600, without_load: true });
      const judged = diagnose(historyFromSamples(samples), lastTime(samples)).pools.find(({ pool }) => pool === truth.pool);
      expect(judged?.verdict).toBe("leak_suspected");
      expect(judged?.evidence_against.map(({ rule }) => rule)).toContain("load_not_recorded");
    },
  );
});

test.each(["growth", "leak_in_calls", "leak_slow", "leak_pkg_workers"])(
  "%s: the true date of exhaustion is inside the range",
  (name) => {
    for (const seed of [11, 12, 13]) {
      const { samples, truth } = makeTrace(name, seed, { days: 30, interval_s: 3_600, run_on: 12 });
      const range = diagnose(historyFromSamples(samples), lastTime(samples)).pools.find(
        ({ pool }) => pool === truth.pool,
      )?.exhaustion;
      expect(truth.full_at).not.toBeNull();
      expect(Date.parse(range?.earliest ?? "")).toBeLessThanOrEqual(truth.full_at ?? 0);
      expect(Date.parse(range?.latest ?? "9999-12-31")).toBeGreaterThanOrEqual(truth.full_at ?? Number.NaN);
    }
  },
);

test("the verdict does not depend on how often somebody sampled", () => {
  for (const name of ["healthy", "growth", "leak_slow"]) {
    const verdicts = [300, 900, 3_600].map((interval) => {
      const { samples } = makeTrace(name, 21, { days: 14, interval_s: interval });
      return diagnose(historyFromSamples(samples), lastTime(samples)).pools[0]?.verdict;
    });
    expect(new Set(verdicts).size).toBe(1);
  }
});
