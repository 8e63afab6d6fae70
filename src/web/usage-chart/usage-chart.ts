/** A picture of a pool's usage that fits into a ticket: SVG that stands alone, with its words for those who cannot see it. */
import { type ChartSubject, drawingOf } from "./drawing.js";
import { darkRules, paletteOf, type Theme } from "./palette.js";

export type { ChartSubject, Forecast } from "./drawing.js";
export type { Theme } from "./palette.js";

export const LEAST_WIDTH = 320;
export const MOST_WIDTH = 2_000;

const LEAST_HEIGHT = 280;
const MOST_HEIGHT = 560;
/** Height of the picture by its width. */
const ASPECT = 0.52;

export interface ChartOptions {
  theme: Theme;
  width: number;
}

/**
 * SVG text.
 *
 * @param width pixels, LEAST_WIDTH to MOST_WIDTH; the picture is readable from 600 on
 * @param theme `auto` follows `prefers-color-scheme` of whoever looks at it
 */
export async function usageChart(subject: ChartSubject, { theme, width }: ChartOptions): Promise<string> {
  // The chart library is large: it is loaded with the first picture, not with the service.
  const { render } = await import("./render.js");
  const drawing = drawingOf(subject);
  const height = heightOf(width);
  // Several pictures can stand in one page.
  const prefix = `usage-${subject.pool}-${subject.instance.replaceAll(/[^A-Za-z0-9]/g, "-")}`;
  const svg = render(drawing, paletteOf(theme), prefix, width, height);
  const opening = svg.indexOf(">") + 1;
  const named = svg.slice(0, opening - 1).replace("<svg", `<svg role="img" aria-labelledby="${prefix}-title ${prefix}-desc"`);
  const style = theme === "auto" ? `<style>${darkRules()}</style>` : "";
  return `${named}><title id="${prefix}-title">${escaped(drawing.title)}</title><desc id="${prefix}-desc">${escaped(drawing.description)}</desc>${style}${svg.slice(opening)}\n`;
}

/** One picture of several subjects, below one another: each keeps its own title and words. */
export async function usageCharts(subjects: readonly ChartSubject[], options: ChartOptions): Promise<string> {
  const charts = await Promise.all(subjects.map((subject) => usageChart(subject, options)));
  const [only] = charts;
  if (only !== undefined && charts.length === 1) return only;
  const { width } = options;
  const height = heightOf(width);
  const placed = charts.map((chart, index) => chart.replace("<svg", `<svg y="${index * height}"`)).join("");
  const size = `width="${width}" height="${height * charts.length}" viewBox="0 0 ${width} ${height * charts.length}"`;
  return `<svg ${size} xmlns="http://www.w3.org/2000/svg">${placed}</svg>\n`;
}

function heightOf(width: number): number {
  return Math.round(Math.min(MOST_HEIGHT, Math.max(LEAST_HEIGHT, width * ASPECT)));
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
