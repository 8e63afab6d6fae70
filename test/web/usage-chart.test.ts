import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Series } from "../../src/kamailio/history/series.js";
import type { Curve, UsageCurves } from "../../src/service/curves/curves.js";
import { drawingOf } from "../../src/web/usage-chart/drawing.js";
import { label } from "../../src/web/usage-chart/figures.js";
import { gapsIn } from "../../src/web/usage-chart/gaps.js";
import { darkRules, paletteOf } from "../../src/web/usage-chart/palette.js";
import { usageChart } from "../../src/web/usage-chart/usage-chart.js";

const MB = 1_048_576;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const BEGIN = Date.UTC(2026, 10, 1);

function series(rows: readonly [at: number, min: number, max: number, last: number][]): Series {
  return {
    at: Float64Array.from(rows, ([at]) => at),
    min: Float64Array.from(rows, ([, min]) => min),
    max: Float64Array.from(rows, ([, , max]) => max),
    last: Float64Array.from(rows, ([, , , last]) => last),
    count: Uint32Array.from(rows, () => 1),
  };
}

function curve(
  pool: "shm" | "pkg",
  name: string,
  rows: readonly [number, number, number, number][],
  process: string | null = null,
): Curve {
  return { pool, name, unit: "bytes", process, pid: null, rank: null, desc: process, points: series(rows) };
}

const hours = (count: number, value: (hour: number) => number): [number, number, number, number][] =>
  Array.from({ length: count }, (_, n) => [BEGIN + n * HOUR, value(n) - MB, value(n) + MB, value(n)]);

function usage(curves: Curve[], events: UsageCurves["events"] = []): UsageCurves {
  return { from: BEGIN, to: BEGIN + 10 * DAY, resolution: "hour", bucket_ms: HOUR, curves, events, warnings: [] };
}

const SHM = usage(
  [
    curve(
      "shm",
      "total",
      hours(200, () => 64 * MB),
    ),
    curve(
      "shm",
      "real_used",
      hours(200, (n) => (20 + n / 10) * MB),
    ),
    curve(
      "shm",
      "max_used",
      hours(200, (n) => (21 + n / 10) * MB),
    ),
  ],
  [{ kind: "restart", at: BEGIN + 2 * DAY, pool: null, detail: "" }],
);

describe("a drawing", () => {
  test("shows the size, the band, the peak and the restart of the shared pool", () => {
    const drawing = drawingOf({ instance: "sip1", pool: "shm", usage: SHM, forecast: null });
    expect(drawing.title).toBe("sip1: shm, 64 MB");
    expect(drawing.subtitle).toBe("39.9 MB in use, peak 41.9 MB (65 %)");
    expect(drawing.lines.map(({ name }) => name)).toEqual(["real_used", "max_used (peak)", "size (64 MB)"]);
    expect(drawing.band?.low[0]).toEqual([BEGIN, 19]);
    expect(drawing.band?.high[0]).toEqual([BEGIN, 21]);
    expect(drawing.restarts).toEqual([BEGIN + 2 * DAY]);
    expect(drawing.top_mb).toBeGreaterThan(64);
    expect(drawing.description).toContain("Restarts: 2026-11-03 00:00 UTC.");
  });

  test("leaves the size out when the curve would lie flat on the ground, and says so", () => {
    const flat = usage([
      curve(
        "shm",
        "total",
        hours(9, () => 4096 * MB),
      ),
      curve(
        "shm",
        "real_used",
        hours(9, () => 20 * MB),
      ),
    ]);
    const drawing = drawingOf({ instance: "sip1", pool: "shm", usage: flat, forecast: null });
    expect(drawing.subtitle).toContain("the size lies above the picture");
    expect(drawing.top_mb).toBeLessThan(30);
  });

  test("does not draw through a gap", () => {
    const holed = usage([curve("shm", "real_used", [...hours(20, () => 9 * MB), ...hours(60, () => 9 * MB).slice(40)])]);
    const drawing = drawingOf({ instance: "sip1", pool: "shm", usage: holed, forecast: null });
    expect(drawing.gaps).toEqual([{ from: BEGIN + 19 * HOUR, to: BEGIN + 40 * HOUR }]);
    expect(drawing.lines[0]?.points[20]).toEqual([BEGIN + 19 * HOUR + 1, null]);
    expect(drawing.description).toContain("Without data: 21 hours from 2026-11-01 19:00 UTC.");
  });

  test.each([
    ["near", 12, 14, "full between 2026-11-13 and 2026-11-15"],
    ["far beyond the picture", 90, 200, "full between 2027-01-30 and 2027-05-20"],
    ["open", 12, null, "full from 2026-11-13 on, or never"],
  ])("a forecast that is %s widens the picture, but no more than to twice its width", (_, first, last, words) => {
    const forecast = {
      earliest: BEGIN + first * DAY,
      likely: BEGIN + (first + 1) * DAY,
      latest: last === null ? null : BEGIN + last * DAY,
    };
    const drawing = drawingOf({ instance: "sip1", pool: "shm", usage: SHM, forecast });
    expect(drawing.subtitle).toContain(words);
    const span = 199 * HOUR;
    expect(drawing.to).toBeGreaterThan(BEGIN + span);
    expect(drawing.to).toBeLessThanOrEqual(BEGIN + 2 * span);
    for (const { points } of drawing.lines) for (const [at] of points) expect(at).toBeLessThanOrEqual(drawing.to);
  });

  test("names the fullest processes and greys the others", () => {
    const curves = Array.from({ length: 10 }, (_, n) =>
      curve(
        "pkg",
        "real_used",
        hours(5, () => (2 + n / 10) * MB),
        `process ${n}`,
      ),
    );
    const drawing = drawingOf({
      instance: "sip1",
      pool: "pkg",
      usage: usage([
        ...curves,
        curve(
          "pkg",
          "total_size",
          hours(5, () => 8 * MB),
          "process 0",
        ),
      ]),
      forecast: null,
    });
    expect(drawing.title).toBe("sip1: pkg, 8 MB a process");
    expect(drawing.lines.filter(({ inLegend }) => inLegend).map(({ name }) => name)).toEqual([
      ...[9, 8, 7, 6, 5, 4].map((n) => `process ${n}`),
      "size (8 MB)",
    ]);
    expect(drawing.lines.filter(({ inLegend }) => !inLegend)).toHaveLength(4);
  });
});

describe("the picture", () => {
  test("stands alone and says in words what it shows", async () => {
    const svg = await usageChart({ instance: "sip1", pool: "shm", usage: SHM, forecast: null }, { theme: "light", width: 600 });
    expect(svg.startsWith('<svg role="img" aria-labelledby="usage-shm-sip1-title usage-shm-sip1-desc"')).toBe(true);
    expect(svg).toContain('<title id="usage-shm-sip1-title">sip1: shm, 64 MB</title>');
    expect(svg).not.toMatch(/<script|<foreignObject|<image|<use|href=|url\((?!#)|@import|ecmeta|class=/);
    expect(await usageChart({ instance: "sip1", pool: "shm", usage: SHM, forecast: null }, { theme: "light", width: 600 })).toBe(
      svg,
    );
  });

  test("of every colour that it is drawn in there is a dark one", async () => {
    const rules = darkRules();
    const palette = paletteOf("light");
    expect(new Set(Object.values(palette)).size).toBe(Object.keys(palette).length);
    const svg = await usageChart({ instance: "sip1", pool: "shm", usage: SHM, forecast: null }, { theme: "light", width: 600 });
    const visible = svg
      .split("\n")
      .filter(
        (element) => !element.includes('fill-opacity="0"') && !element.includes('stroke-width="0"') && !element.includes('d=""'),
      )
      .flatMap((element) => [...element.matchAll(/(?:fill|stroke)="(#[0-9a-f]{6})"/g)].map((match) => match[1] ?? ""));
    expect(visible.length).toBeGreaterThan(10);
    for (const colour of visible) expect(rules).toContain(`"${colour}"`);
  });

  test("is well-formed whatever a process is called", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", maxLength: 60 }), async (process) => {
        const curves = [
          curve(
            "pkg",
            "real_used",
            hours(3, () => 2 * MB),
            process,
          ),
        ];
        const svg = await usageChart(
          { instance: "sip1", pool: "pkg", usage: usage(curves), forecast: null },
          { theme: "auto", width: 600 },
        );
        const text = svg.replaceAll(/<[a-zA-Z]+(?: [a-zA-Z:-]+="[^"<]*")*\s*\/?>|<\/[a-zA-Z]+>|<!\[CDATA\[.*?\]\]>/gs, "");
        expect(text).not.toContain("<");
        expect(svg).not.toMatch(/[\p{Cs}\uFFFE\uFFFF]|(?![\n\t])\p{Cc}/u);
      }),
      { numRuns: 60 },
    );
  });
});

describe("labels and gaps", () => {
  test("a label is one bounded line", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const shown = label(text, 20);
        expect(shown.length).toBeLessThanOrEqual(20);
        expect(shown).not.toMatch(/\p{Cc}/u);
      }),
    );
  });

  test("a missed sample is no gap, a missing hour of minutes is one", () => {
    const minutes = [0, 1, 2, 4, 5, 6, 66, 67].map((minute) => minute * 60_000);
    expect(gapsIn(minutes)).toEqual([{ from: 6 * 60_000, to: 66 * 60_000 }]);
    expect(gapsIn([])).toEqual([]);
    expect(gapsIn([5])).toEqual([]);
  });
});
