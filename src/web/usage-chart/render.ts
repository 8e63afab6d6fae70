/** Draws with Apache ECharts into SVG text: no DOM, no script, nothing that is loaded from elsewhere. Imported only when a picture is asked for. */
import { LineChart, type LineSeriesOption } from "echarts/charts";
import { GridComponent, LegendComponent, MarkAreaComponent, MarkLineComponent, TitleComponent } from "echarts/components";
import { type EChartsCoreOption, init, setPlatformAPI, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import type { Drawing, Line } from "./drawing.js";
import type { Palette } from "./palette.js";

use([LineChart, GridComponent, LegendComponent, MarkAreaComponent, MarkLineComponent, TitleComponent, SVGRenderer]);

/** Width of an average character of the fonts below, as a share of the font's size; of a square one, which also stands for the height of a line. */
const CHARACTER_WIDTH = 0.61;
const SQUARE_WIDTH = 1.05;
const FIRST_SQUARE = "\u2e80";

/** Nobody measures a text without a browser. */
function textWidth(text: string, fontSize: number): number {
  let width = 0;
  for (const character of text) width += character >= FIRST_SQUARE ? SQUARE_WIDTH : CHARACTER_WIDTH;
  return width * fontSize;
}

setPlatformAPI({
  measureText: (text, font) => ({ width: textWidth(text, Number.parseFloat(/([\d.]{1,8})px/.exec(font ?? "")?.[1] ?? "12")) }),
});

const FONT = "DejaVu Sans, Verdana, Arial, sans-serif";
/** More restarts than this are marked without a word each. */
const LABELLED_RESTARTS = 6;
const MOST_RESTARTS = 200;
const MOST_GAPS = 200;

/** SVG text of the drawing, of a size in pixels. `prefix` begins the ids in it. */
export function render(drawing: Drawing, palette: Palette, prefix: string, width: number, height: number): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    chart.setOption(optionOf(drawing, palette, width));
    return withoutScripting(chart.renderToSVGString(), prefix);
  } finally {
    chart.dispose();
  }
}

/**
 * Takes out what the library adds for a script in a page (data attributes, a style for the pointer), and its count of pictures from the ids: the
 * same drawing is to be the same text.
 */
function withoutScripting(svg: string, prefix: string): string {
  const begin = svg.indexOf("<style ><![CDATA[");
  const end = svg.indexOf("</style>", begin);
  return (begin < 0 || end < 0 ? svg : svg.slice(0, begin) + svg.slice(end + "</style>".length))
    .replaceAll(/ (?:ecmeta_[a-z_]{1,40}|class|pointer-events)="[^"]*"/g, "")
    .replaceAll(/(?<=["#])zr\d{1,9}-/g, `${prefix}-`);
}

function optionOf(drawing: Drawing, palette: Palette, width: number): EChartsCoreOption {
  const named = [...new Set(drawing.lines.filter(({ inLegend }) => inLegend).map(({ name }) => name))];
  return {
    animation: false,
    useUTC: true,
    backgroundColor: palette.background,
    textStyle: { fontFamily: FONT, fontSize: 12, color: palette.text },
    title: [
      {
        text: drawing.title,
        subtext: drawing.subtitle,
        left: 12,
        top: 8,
        itemGap: 4,
        textStyle: { fontFamily: FONT, fontSize: 15, fontWeight: "bold", color: palette.text },
        subtextStyle: { fontFamily: FONT, fontSize: 12, color: palette.faint_text },
      },
      {
        text: "UTC",
        right: 20,
        top: 44,
        padding: 0,
        textStyle: { fontFamily: FONT, fontSize: 11, fontWeight: "normal", color: palette.faint_text },
      },
    ],
    legend: {
      bottom: 6,
      left: 12,
      width: width - 24,
      itemWidth: 18,
      itemHeight: 8,
      itemGap: 14,
      selectedMode: false,
      data: named,
      textStyle: { fontFamily: FONT, fontSize: LEGEND_FONT, color: palette.text },
    },
    grid: { left: 66, right: 22, top: 62, bottom: 36 + LEGEND_ROW * legendRows(named, width - 24), containLabel: false },
    xAxis: {
      type: "time",
      min: drawing.from,
      max: Math.max(drawing.to, drawing.from + 1),
      splitNumber: Math.max(2, Math.floor(width / 130)),
      axisLine: { lineStyle: { color: palette.axis } },
      axisTick: { lineStyle: { color: palette.axis } },
      axisLabel: { fontFamily: FONT, fontSize: 11.5, color: palette.faint_text, hideOverlap: true },
      splitLine: { show: false },
    },
    yAxis: {
      type: "value",
      min: 0,
      max: drawing.top_mb > 0 ? drawing.top_mb : 1,
      axisLabel: {
        fontFamily: FONT,
        fontSize: 11.5,
        color: palette.faint_text,
        showMaxLabel: false,
        formatter: (value: number) => `${Number(value.toFixed(3))} MB`,
      },
      splitLine: { lineStyle: { color: palette.grid } },
    },
    series: [
      ...marks(drawing, palette),
      ...bandSeries(drawing, palette),
      ...drawing.lines.map((line) => lineSeries(line, palette)),
    ],
  };
}

const LEGEND_FONT = 11.5;
const LEGEND_ROW = 22;
/** Sign, space and distance to the next entry. */
const LEGEND_SIGN = 40;

/** Rows that the legend breaks into. */
function legendRows(names: readonly string[], width: number): number {
  let rows = 1;
  let taken = 0;
  for (const name of names) {
    const entry = LEGEND_SIGN + textWidth(name, LEGEND_FONT);
    if (taken > 0 && taken + entry > width) {
      rows++;
      taken = 0;
    }
    taken += entry;
  }
  return rows;
}

const QUIET = { type: "line", silent: true, symbol: "none", emphasis: { disabled: true } } as const;

function lineSeries({ name, colour, style, width, step, points }: Line, palette: Palette): LineSeriesOption {
  return {
    ...QUIET,
    name,
    data: points.map(([at, value]) => [at, value ?? "-"]),
    step: step ? "end" : false,
    // A lone point has no line: it is drawn as a dot.
    showSymbol: true,
    symbol: points.length <= 2 ? "circle" : "none",
    symbolSize: 4,
    color: palette[colour],
    lineStyle: { color: palette[colour], width, type: style },
    itemStyle: { color: palette[colour] },
    z: 3,
  };
}

/** The lowest values, unseen, and on top of them the distance to the highest. */
function bandSeries({ band }: Drawing, palette: Palette): LineSeriesOption[] {
  if (band === null) return [];
  const between = band.low.map(([at, low], row): [number, number | "-"] => {
    const high = band.high[row]?.[1] ?? null;
    return [at, low === null || high === null ? "-" : high - low];
  });
  const unseen = { ...QUIET, stack: "band", stackStrategy: "all", lineStyle: { width: 0, color: palette.band }, z: 2 } as const;
  return [
    { ...unseen, data: band.low.map(([at, low]) => [at, low ?? "-"]) },
    { ...unseen, data: between, color: palette.band, areaStyle: { color: palette.band, opacity: 0.7 } },
  ];
}

/** A stretch of time with a colour, for `markArea`. */
type Area = [{ xAxis: number; itemStyle: { color: string; opacity?: number } }, { xAxis: number }];

/** Restarts, gaps and the forecast's range hang on a line without points. */
function marks({ restarts, marks: said, gaps, full }: Drawing, palette: Palette): LineSeriesOption[] {
  const areas: Area[] = gaps
    .slice(0, MOST_GAPS)
    .map(({ from, to }) => [{ xAxis: from, itemStyle: { color: palette.gap } }, { xAxis: to }]);
  if (full !== null)
    areas.push([{ xAxis: full.from, itemStyle: { color: palette.forecast, opacity: 0.18 } }, { xAxis: full.to }]);
  return [
    {
      ...QUIET,
      data: [],
      z: 1,
      markLine: {
        silent: true,
        symbol: "none",
        lineStyle: { color: palette.restart, type: "dashed", width: 1 },
        label: {
          show: restarts.length <= LABELLED_RESTARTS,
          formatter: "restart",
          position: "end",
          distance: 2,
          fontFamily: FONT,
          fontSize: 11,
          color: palette.faint_text,
        },
        data: [
          ...restarts.slice(0, MOST_RESTARTS).map((at) => ({ xAxis: at })),
          ...said.slice(0, MOST_RESTARTS).map(({ at, text }) => ({
            xAxis: at,
            lineStyle: { type: "dotted" as const },
            label: { show: said.length <= LABELLED_RESTARTS, formatter: text },
          })),
        ],
      },
      markArea: { silent: true, label: { show: false }, data: areas },
    },
  ];
}
