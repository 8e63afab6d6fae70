import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { krr, vpa } from "../../../bench/yardsticks.js";
import { NO_EXPECTED_LOAD } from "../../../src/analysis/capacity/load.js";
import { historyFromSamples } from "../../../src/analysis/history/from-samples.js";
import type { InstanceFacts } from "../../../src/analysis/history/history.js";
import { sizeInstance } from "../../../src/analysis/sizing/size-instance.js";
import { MB } from "../../../src/kamailio/units.js";
import { SIZED_CLASSES } from "../../support/sized-classes.js";
import { makeTrace } from "../../support/traces.js";
import { incidentUsage, lastTime } from "../diagnosis/usage-fixture.js";

function size(name: string, facts: Partial<InstanceFacts> = {}, days = 21) {
  const { samples } = makeTrace(name, 42, { days, interval_s: 3_600 });
  return sizeInstance(historyFromSamples(samples, facts), lastTime(samples));
}

describe("the backtest: two thirds decide, one third has to be held", () => {
  const pasts = SIZED_CLASSES.flatMap((name) =>
    [1, 2, 3].map((seed) => {
      const { samples, truth } = makeTrace(name, seed, { days: 30, interval_s: 3_600 });
      return { past: samples.slice(0, truth.past), peak: truth.future_peak };
    }),
  );
  const ratios = pasts.map(
    ({ past, peak }) =>
      ((sizeInstance(historyFromSamples(past), lastTime(past)).recommendations[0]?.recommended_mb ?? 0) * MB) / peak,
  );
  const exhausted = (rule: (past: (typeof pasts)[number]["past"]) => number) =>
    pasts.filter(({ past, peak }) => rule(past) < peak).length;

  test("nothing is exhausted, where KRR's and VPA's rules exhaust some", () => {
    expect(Math.min(...ratios)).toBeGreaterThanOrEqual(1);
    expect(exhausted(krr)).toBeGreaterThan(0);
    expect(exhausted(vpa)).toBeGreaterThan(0);
  });

  test("and little is wasted", () => {
    expect(ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length).toBeLessThan(1.35);
  });
});

describe("a recommendation", () => {
  test.each(["healthy", "growth", "undersized", "burst", "fragmentation"])("for %s shows factors that add up to it", (name) => {
    for (const { factors, recommended_mb: recommended, lower_mb: lower, upper_mb: upper } of size(name).recommendations) {
      expect(Math.abs(factors.reduce((sum, { value_bytes: value }) => sum + value, 0) - recommended * MB)).toBeLessThan(20);
      expect(lower).toBeLessThanOrEqual(recommended);
      expect(recommended).toBeLessThanOrEqual(upper);
    }
  });

  test("raises an undersized pool beyond what the load would have needed", () => {
    const { samples } = makeTrace("undersized", 42, { days: 21, interval_s: 3_600 });
    const sizing = sizeInstance(historyFromSamples(samples), lastTime(samples));
    const shm = sizing.recommendations[0];
    expect(shm?.finding).toBe("undersized");
    expect(shm?.reason_codes).toContain("peak_reached_the_pool");
    expect(shm?.factors.map(({ name }) => name)).toContain("unseen_peak");
    expect(shm?.recommended_mb).toBeGreaterThan(shm?.current_mb ?? 0);
    expect(sizing.ok).toBe(false);
  });

  test("never sizes a leak: it says what more memory buys", () => {
    const shm = size("leak_by_the_clock").recommendations[0];
    expect(shm?.finding).toBe("leak_suspected");
    expect(shm?.recommended_mb).toBe(shm?.current_mb);
    expect(shm?.factors.at(-1)?.detail).toMatch(/^\d+ MB more would buy [\d.]+ days/);
    expect(shm?.exhaustion).not.toBeNull();
  });

  test("keeps a leak in pkg apart from the size of shm", () => {
    const sizing = size("leak_pkg_workers");
    expect(sizing.recommendations[1]?.finding).toBe("leak_suspected");
    expect(sizing.recommendations[0]?.finding).not.toBe("leak_suspected");
  });

  test("adds the TLS reserve of every process", () => {
    const factor = size("healthy", { tls: true, processes: 33 }).recommendations[0]?.factors.find(
      ({ name }) => name === "tls_reserve",
    );
    expect(factor?.value_bytes).toBe(17_301_504);
  });

  test("does not shrink on two days of history", () => {
    const shm = size("healthy", {}, 2).recommendations[0];
    expect(shm?.recommended_mb).toBe(shm?.current_mb);
    expect(shm?.confidence).not.toBe("high");
  });

  test("a real pool that was too small for its contacts is raised, and no leak", () => {
    const usage = incidentUsage("a1-shm-exhaustion-usrloc-6.0.7-qm");
    const shm = sizeInstance(historyFromSamples(usage), lastTime(usage)).recommendations[0];
    expect([shm?.finding, shm?.current_mb]).toEqual(["undersized", 8]);
    expect(shm?.recommended_mb).toBeGreaterThanOrEqual(12);
  });
});

describe("without history", () => {
  const cold = (expected: Partial<typeof NO_EXPECTED_LOAD>) =>
    sizeInstance(historyFromSamples([]), 0, { horizon_days: 90, expected: { ...NO_EXPECTED_LOAD, ...expected } });

  test("the expected load gives a guess that is called one", () => {
    const sizing = cold({ contacts: 100_000, calls: 1_000, tls_connections: 5_000, processes: 33 });
    const shm = sizing.recommendations[0];
    expect([shm?.finding, shm?.confidence, shm?.current_mb]).toEqual(["insufficient_data", "low", null]);
    expect(shm?.reason_codes).toContain("cold_start_estimate");
    // 100,000 x 1,770 + 1,000 x 4,200 + 200 x 24,866 + 5,000 x 107,000 bytes, a tenth more, and the TLS reserve of 33 processes.
    expect(shm?.recommended_mb).toBeGreaterThan(750);
    expect(shm?.recommended_mb).toBeLessThan(900);
    expect(sizing.host_impact.processes).toBe(33);
    expect(sizing.host_impact.pkg_bytes_total).toBe(33 * 8 * MB);
  });

  test("nothing expected: the release's defaults", () => {
    expect(cold({}).apply.command_line).toBe("kamailio -m 64 -M 8");
  });

  test("more load never asks for less", () => {
    const load = fc.record({
      contacts: fc.nat(1_000_000),
      calls: fc.nat(50_000),
      tls_connections: fc.nat(50_000),
      processes: fc.integer({ min: 1, max: 200 }),
    });
    fc.assert(
      fc.property(load, fc.constantFrom("contacts", "calls", "tls_connections", "processes"), (expected, more) => {
        const before = cold(expected).recommendations[0]?.recommended_mb ?? 0;
        const after = cold({ ...expected, [more]: expected[more] * 2 }).recommendations[0]?.recommended_mb ?? 0;
        expect(after).toBeGreaterThanOrEqual(before);
      }),
      { numRuns: 50 },
    );
  });
});

test("the lines to paste all say the same sizes", () => {
  const { apply, recommendations } = size("undersized");
  const [shm, pkg] = recommendations.map(({ recommended_mb: mb }) => mb);
  for (const line of Object.values(apply)) {
    expect(line).toContain(String(shm));
    expect(line).toContain(String(pkg));
  }
});
