import fc from "fast-check";
import { expect, test } from "vitest";
import { Regression } from "../../../src/analysis/statistics/least-squares.js";
import { median, quantile } from "../../../src/analysis/statistics/quantile.js";
import { theilSen } from "../../../src/analysis/statistics/theil-sen.js";

test("a third of wild values does not move the Theil-Sen slope", () => {
  const x = Array.from({ length: 31 }, (_, i) => i);
  const y = x.map((value) => (value % 4 === 0 ? 1e6 : 3 * value + 7));
  const slope = theilSen(x, y);
  expect(slope?.likely).toBeCloseTo(3, 6);
  expect(slope?.intercept).toBeCloseTo(7, 6);
});

test("the interval holds the slope", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 5, maxLength: 60 }), (y) => {
      const slope = theilSen(
        y.map((_, i) => i),
        y,
      );
      if (slope === null) return;
      expect(slope.low).toBeLessThanOrEqual(slope.likely);
      expect(slope.likely).toBeLessThanOrEqual(slope.high);
    }),
  );
});

test.each([
  ["fewer than three points", [1, 2], [1, 2]],
  ["no spread in x", [1, 1, 1, 1], [1, 2, 3, 4]],
])("no slope for %s", (_, x, y) => {
  expect(theilSen(x, y)).toBeNull();
});

test("least squares finds what a level was made of, in two groups with levels of their own", () => {
  const n = 60;
  const load = Float64Array.from({ length: n }, (_, i) => Math.sin(i) * 5 + i / 9);
  const clock = Float64Array.from({ length: n }, (_, i) => i % 30);
  const group = Int32Array.from({ length: n }, (_, i) => (i < 30 ? 0 : 1));
  const y = load.map((value, i) => 4 * value + 0.5 * (clock[i] ?? 0) + (i < 30 ? 100 : -700));
  const regression = new Regression(y, group);
  const columns = [regression.add(clock), regression.add(load)];
  const fit = regression.fit(columns);
  expect(fit?.coefficients[0]).toBeCloseTo(0.5, 5);
  expect(fit?.coefficients[1]).toBeCloseTo(4, 5);
  expect(regression.solve(columns)?.coefficients).toEqual(fit?.coefficients);
});

test("a column without spread cannot be fitted", () => {
  const regression = new Regression(Float64Array.of(1, 2, 3, 4, 5), new Int32Array(5));
  expect(regression.fit([regression.add(new Float64Array(5).fill(3))])).toBeNull();
});

test("quantiles leave unknown values out", () => {
  expect(median([Number.NaN, 3, 1, 2])).toBe(2);
  expect(quantile([0, 10], 0.25)).toBe(2.5);
  expect(quantile([], 0.5)).toBeNaN();
});
