import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bends, type CurveKind, RunCurves } from "../../../../src/analysis/history/course/curves.js";

const POOL = 1e8;

function fitted(y: (day: number) => number, days = 30) {
  const curves = new RunCurves(POOL);
  for (let day = 0; day < days; day++) curves.add(20_000 + day, y(day));
  const fits = curves.fits();
  if (fits === null) throw new Error("there are enough days");
  return [...fits.best.values()].reduce((a, b) => (b.bic < a.bic ? b : a));
}

/** Noise that a pool of POOL has, the same on each run. */
const noise = (day: number) => 2e5 * Math.sin(day * 12.9898 + 4.1) * Math.cos(day * 78.233);

describe("the curve that the troughs follow", () => {
  test.each<[CurveKind, (day: number) => number]>([
    ["flat", () => 3e7],
    ["line", (day) => 3e7 + 8e5 * day],
    ["begins", (day) => 3e7 + 15e5 * Math.max(0, day - 17)],
    ["stops", (day) => 3e7 + 15e5 * Math.min(day, 12)],
    ["step", (day) => 3e7 + (day >= 14 ? 1e7 : 0)],
    ["saturates", (day) => 3e7 + 2e7 * (1 - Math.exp(-day / 6))],
  ])("%s", (kind, y) => {
    expect(fitted(y).kind).toBe(kind);
    expect(fitted((day) => y(day) + noise(day)).kind).toBe(kind);
  });

  test("its knot is the day on which the rise begins, its level where a cache heads to", () => {
    expect(fitted((day) => 3e7 + 15e5 * Math.max(0, day - 17)).knot).toBe(20_017);
    expect(fitted((day) => 3e7 + 2e7 * (1 - Math.exp(-day / 6))).level).toBeCloseTo(5e7, -5);
  });

  test("fewer than six days say nothing", () => {
    const curves = new RunCurves(POOL);
    for (let day = 0; day < 5; day++) curves.add(day, day * 1e6);
    expect(curves.fits()).toBeNull();
  });

  test("no trough and no gap makes a figure that is none", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 1e9 })), { minLength: 6, maxLength: 60 }),
        (steps) => {
          const curves = new RunCurves(1e9);
          let day = 19_000;
          for (const [gap, trough] of steps) {
            day += gap;
            curves.add(day, trough);
          }
          for (const { bic, rise, slope_now, slope_rising } of curves.fits()?.best.values() ?? [])
            for (const figure of [bic, rise, slope_now, slope_rising]) expect(Number.isFinite(figure)).toBe(true);
        },
      ),
    );
  });
});

describe("a young level", () => {
  const minutes = Array.from({ length: 120 }, (_, minute) => minute * 60_000);
  test.each([
    ["that warms up bends", (minute: number) => 3e7 + 1e7 * (1 - Math.exp(-minute / 40)), true],
    ["that leaks does not", (minute: number) => 3e7 + 8e4 * minute, false],
    ["that is level does not", () => 3e7, false],
  ])("%s", (_, y, expected) => {
    expect(
      bends(
        minutes,
        minutes.map((at, minute) => y(minute) + noise(at)),
        POOL,
      ),
    ).toBe(expected);
  });
});
