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

/**
 * SVG text.
 *
 * @param width pixels, LEAST_WIDTH to MOST_WIDTH; the picture is readable from 600 on
 * @param theme `auto` follows `prefers-color-scheme` of whoever looks at it
 */
export async function usageChart(subject: ChartSubject, { theme, width }: { theme: Theme; width: number }): Promise<string> {
  // The chart library is large: it is loaded with the first picture, not with the service.
  const { render } = await import("./render.js");
  const drawing = drawingOf(subject);
  const height = Math.round(Math.min(MOST_HEIGHT, Math.max(LEAST_HEIGHT, width * ASPECT)));
  // Several pictures can stand in one page.
  const prefix = `usage-${subject.pool}-${subject.instance.replaceAll(/[^A-Za-z0-9]/g, "-")}`;
  const svg = render(drawing, paletteOf(theme), prefix, width, height);
  const opening = svg.indexOf(">") + 1;
  const named = svg.slice(0, opening - 1).replace("<svg", `<svg role="img" aria-labelledby="${prefix}-title ${prefix}-desc"`);
  const style = theme === "auto" ? `<style>${darkRules()}</style>` : "";
  return `${named}><title id="${prefix}-title">${escaped(drawing.title)}</title><desc id="${prefix}-desc">${escaped(drawing.description)}</desc>${style}${svg.slice(opening)}\n`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
