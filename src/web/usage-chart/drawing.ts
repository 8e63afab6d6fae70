/** What a chart of usage shows, before it is drawn: lines, marks and words, in MB and epoch ms. */
import type { Pool } from "../../kamailio/pool.js";
import { between, clock, duration, MINUTE, mb } from "../../kamailio/units.js";
import type { Curve, UsageCurves } from "../../service/curves/curves.js";
import { label, toMb } from "./figures.js";
import { type Gap, gapsIn } from "./gaps.js";
import type { Palette } from "./palette.js";

/** When the pool is full, epoch ms; `latest` is `null` when it may never be. */
export interface Forecast {
  earliest: number;
  likely: number;
  latest: number | null;
}

export interface ChartSubject {
  instance: string;
  pool: Pool;
  usage: UsageCurves;
  forecast: Forecast | null;
  /** What somebody says that was done, at epoch ms. */
  marks?: readonly Mark[];
}

export interface Mark {
  at: number;
  text: string;
}

export interface Line {
  name: string;
  colour: keyof Palette;
  style: "solid" | "dashed" | "dotted";
  width: number;
  /** Drawn as steps: a value that holds until the next one. */
  step: boolean;
  inLegend: boolean;
  points: [at: number, value: number | null][];
}

export interface Drawing {
  title: string;
  subtitle: string;
  /** The whole picture in words. */
  description: string;
  /** Epoch ms. */
  from: number;
  to: number;
  /** Top of the vertical axis. */
  top_mb: number;
  /** Lowest and highest value around a line. */
  band: { low: [number, number | null][]; high: [number, number | null][] } | null;
  lines: Line[];
  restarts: number[];
  marks: Mark[];
  gaps: Gap[];
  /** From when to when the pool may be full. */
  full: Gap | null;
}

/** Processes with a line and a name of their own; the others are grey. */
const NAMED_PROCESSES = 6;
const GREY_PROCESSES = 60;
const LONGEST_NAME = 34;
/** A pool of which less is in use is drawn without its size: the curve would lie flat on the ground. */
const FLAT_BELOW = 0.2;
const HEADROOM = 1.06;
/** A forecast reaches over the right edge when it is farther away than this share of what is drawn. */
const FARTHEST_AHEAD = 1;
const NEAREST_AHEAD = 0.02;
/** Milliseconds; a shorter history is drawn as if it were that long. */
const LEAST_SPAN = 4 * MINUTE;

export function drawingOf(subject: ChartSubject): Drawing {
  return subject.pool === "shm" ? shmDrawing(subject) : pkgDrawing(subject);
}

function shmDrawing(subject: ChartSubject): Drawing {
  const find = (name: string) => subject.usage.curves.find((curve) => curve.pool === "shm" && curve.name === name);
  const real = find("real_used") ?? find("used");
  const used = real?.name === "used" ? undefined : find("used");
  const max = find("max_used");
  const total = find("total");
  const gaps = gapsIn(real?.points.at ?? []);
  const lines: Line[] = [];
  if (real !== undefined) lines.push(line(real, real.name, "real_used", gaps, { width: 1.6 }));
  if (used !== undefined) lines.push(line(used, "used", "used", gaps, { width: 1 }));
  if (max !== undefined) lines.push(line(max, "max_used (peak)", "peak", gaps, { style: "dotted", width: 1.4, step: true }));
  const band = real === undefined ? null : { low: valuesOf(real, "min", gaps), high: valuesOf(real, "max", gaps) };
  const peak = Math.max(highest(real), highest(max));
  return finish(subject, { lines, band, gaps, peak, size: total, now: lastOf(real), at: real?.points.at });
}

function pkgDrawing(subject: ChartSubject): Drawing {
  const real = subject.usage.curves.filter((curve) => curve.pool === "pkg" && curve.name === "real_used");
  const sizes = subject.usage.curves.filter((curve) => curve.pool === "pkg" && curve.name === "total_size");
  const fullest = real.toSorted((a, b) => highest(b) - highest(a));
  const longest = real.reduce<Curve | undefined>(
    (most, curve) => (most === undefined || curve.points.at.length > most.points.at.length ? curve : most),
    undefined,
  );
  const gaps = gapsIn(longest?.points.at ?? []);
  const colours = ["process_1", "process_2", "process_3", "process_4", "process_5", "process_6"] as const;
  const named = fullest.slice(0, NAMED_PROCESSES).map((curve, index) =>
    line(curve, label(curve.process ?? "", LONGEST_NAME), colours[index % colours.length] ?? "others", gaps, {
      width: 1.5,
      column: "max",
    }),
  );
  const others = fullest
    .slice(NAMED_PROCESSES, NAMED_PROCESSES + GREY_PROCESSES)
    .map((curve) => line(curve, "other processes", "others", gaps, { width: 0.8, inLegend: false, column: "max" }));
  const size = sizes.reduce<Curve | undefined>(
    (largest, curve) => (largest === undefined || highest(curve) > highest(largest) ? curve : largest),
    undefined,
  );
  const [first] = fullest;
  return finish(subject, {
    lines: [...others, ...named],
    band: null,
    gaps,
    peak: highest(first),
    size,
    now: lastOf(first),
    at: longest?.points.at,
  });
}

interface Parts {
  lines: Line[];
  band: Drawing["band"];
  gaps: Gap[];
  /** Bytes. */
  peak: number;
  now: number | null;
  size: Curve | undefined;
  at: ArrayLike<number> | undefined;
}

function finish(
  { instance, pool, usage, forecast, marks = [] }: ChartSubject,
  { lines, band, gaps, peak, now, size, at }: Parts,
): Drawing {
  const first = at?.[0] ?? usage.from;
  const last = at?.[at.length - 1] ?? usage.to;
  // A single sample stands in the middle of a few minutes.
  const around = last - first < LEAST_SPAN ? LEAST_SPAN / 2 : 0;
  const begin = first - around;
  const end = last + around;
  const bytes = lastOf(size);
  const showsSize = bytes !== null && (peak >= FLAT_BELOW * bytes || forecast !== null);
  const ahead = forecast === null ? null : aheadOf(forecast, begin, end, bytes);
  const all = [...lines];
  if (size !== undefined && bytes !== null && showsSize) {
    const drawn = line(size, `size (${mb(bytes)})`, "size", [], { width: 1.6, step: true });
    all.push(ahead === null ? drawn : { ...drawn, points: [...drawn.points, [ahead.edge, toMb(bytes)]] });
  }
  // The forecast of pkg is that of one class of processes, which need not be the fullest one: its dates are shown without a line.
  if (ahead !== null && bytes !== null && now !== null && pool === "shm") all.push(...forecastLines(ahead, end, now, bytes));
  const title = `${label(instance, 60)}: ${pool}${bytes === null ? "" : `, ${mb(bytes)}${pool === "pkg" ? " a process" : ""}`}`;
  const restarts = usage.events.filter(({ kind }) => kind === "restart").map((event) => event.at);
  const shown = marks
    .filter(({ at: time }) => time >= begin && time <= end)
    .map(({ at: time, text }) => ({ at: time, text: label(text, 40) }));
  const subtitle =
    now === null
      ? "no usage is recorded in this stretch"
      : `${pool === "pkg" ? "fullest process: " : ""}${mb(now)} in use, peak ${mb(peak)}${bytes === null || bytes === 0 ? "" : ` (${Math.round((peak / bytes) * 100)} %)`}${showsSize || bytes === null ? "" : "; the size lies above the picture"}${ahead === null ? "" : `; ${ahead.label}`}`;
  return {
    title,
    subtitle,
    description: [
      `${title}.`,
      `${subtitle}.`,
      now === null ? "" : `From ${clock(first)} to ${clock(last)}.`,
      restarts.length === 0
        ? ""
        : `Restarts: ${restarts.slice(0, 5).map(clock).join(", ")}${restarts.length > 5 ? ` and ${restarts.length - 5} more` : ""}.`,
      shown.length === 0
        ? ""
        : `Marks: ${shown
            .slice(0, 5)
            .map((mark) => `${mark.text} at ${clock(mark.at)}`)
            .join(", ")}.`,
      gaps.length === 0
        ? ""
        : `Without data: ${gaps
            .slice(0, 3)
            .map((gap) => `${duration(gap.to - gap.from)} from ${clock(gap.from)}`)
            .join(", ")}.`,
    ]
      .filter((sentence) => sentence !== "")
      .join(" "),
    from: begin,
    to: ahead?.edge ?? end,
    top_mb: toMb(HEADROOM * (showsSize && bytes !== null ? Math.max(bytes, peak) : peak)),
    band,
    lines: all,
    restarts: restarts.filter((restart) => restart >= begin && restart <= end),
    marks: shown,
    gaps,
    full: ahead === null ? null : { from: Math.min(ahead.earliest, ahead.edge), to: ahead.to },
  };
}

interface Ahead extends Forecast {
  /** Right edge of the picture. */
  edge: number;
  /** Where the range ends inside the picture. */
  to: number;
  label: string;
}

/** Widens the picture to the forecast, but not so far that the past is a sliver. */
function aheadOf(forecast: Forecast, begin: number, end: number, size: number | null): Ahead | null {
  if (size === null) return null;
  const span = Math.max(end - begin, 1);
  const last = forecast.latest ?? forecast.likely;
  const edge = Math.min(Math.max(last + span * NEAREST_AHEAD, end + span * NEAREST_AHEAD), end + span * FARTHEST_AHEAD);
  const label = `full ${between(forecast.earliest, forecast.latest, end)}`;
  return { ...forecast, edge, to: Math.min(forecast.latest ?? edge, edge), label };
}

function forecastLines({ earliest, likely, latest, edge }: Ahead, end: number, now: number, size: number): Line[] {
  const towards = (at: number, name: string, width: number, inLegend: boolean): Line => {
    const share = at <= end ? 1 : Math.min(1, (edge - end) / (at - end));
    return {
      name,
      colour: "forecast",
      style: "dashed",
      width,
      step: false,
      inLegend,
      points: [
        [end, toMb(now)],
        [Math.max(end, end + (at - end) * share), toMb(now + (size - now) * share)],
      ],
    };
  };
  const lines = [towards(likely, "forecast", 1.6, true), towards(earliest, "forecast, earliest", 0.8, false)];
  if (latest !== null) lines.push(towards(latest, "forecast, latest", 0.8, false));
  return lines;
}

function line(
  curve: Curve,
  name: string,
  colour: keyof Palette,
  gaps: readonly Gap[],
  {
    style = "solid",
    width = 1.5,
    step = false,
    inLegend = true,
    column = "last",
  }: Partial<Pick<Line, "style" | "width" | "step" | "inLegend">> & { column?: "last" | "max" },
): Line {
  return { name, colour, style, width, step, inLegend, points: valuesOf(curve, column, gaps) };
}

/** The points in MB; a gap is an empty point, so that no line is drawn through it. */
function valuesOf(curve: Curve, column: "min" | "max" | "last", gaps: readonly Gap[]): [number, number | null][] {
  const starts = new Set(gaps.map(({ from }) => from));
  const points: [number, number | null][] = [];
  for (const [row, at] of curve.points.at.entries()) {
    points.push([at, toMb(curve.points[column][row] ?? 0)]);
    if (starts.has(at)) points.push([at + 1, null]);
  }
  return points;
}

function highest(curve: Curve | undefined): number {
  return curve === undefined ? 0 : curve.points.max.reduce((most, value) => Math.max(most, value), 0);
}

function lastOf(curve: Curve | undefined): number | null {
  return curve?.points.last.at(-1) ?? null;
}
