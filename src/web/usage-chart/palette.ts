/** The colours of the chart by what they stand for: on white, on black, or whichever the reader's machine prefers. */

export type Theme = "light" | "dark" | "auto";

export type Palette = Record<keyof typeof COLOURS, string>;

/** `[light, dark]`. The light ones all differ, so that a style sheet can tell them apart in the finished picture. */
const COLOURS = {
  background: ["#ffffff", "#16191d"],
  text: ["#1f2328", "#e6e8eb"],
  faint_text: ["#57606a", "#9aa4af"],
  grid: ["#e4e7eb", "#2c3238"],
  axis: ["#8c959f", "#6b7580"],
  size: ["#b42318", "#ff7b6b"],
  real_used: ["#0969da", "#58a6ff"],
  band: ["#a8cdf7", "#1f4a7d"],
  used: ["#1a7f37", "#3fb950"],
  peak: ["#8250df", "#c297ff"],
  restart: ["#6e7780", "#a5afba"],
  gap: ["#eceff2", "#23282e"],
  forecast: ["#bc4c00", "#ffa657"],
  others: ["#c4cad1", "#454c54"],
  process_1: ["#0a68d8", "#59a5fe"],
  process_2: ["#1b7f36", "#40b94f"],
  process_3: ["#8351de", "#c298fe"],
  process_4: ["#9a6700", "#e3b341"],
  process_5: ["#bf3989", "#f778ba"],
  process_6: ["#1b7c83", "#56d4dd"],
} as const;

const NAMES = Object.keys(COLOURS) as (keyof Palette)[];

/** The colours to draw with; `auto` draws in light ones. */
export function paletteOf(theme: Theme): Palette {
  const side = theme === "dark" ? 1 : 0;
  return Object.fromEntries(NAMES.map((name) => [name, COLOURS[name][side]])) as Palette;
}

/** For `auto`: rules that turn the light colours of a finished picture into the dark ones. */
export function darkRules(): string {
  const rules = NAMES.map((name) => {
    const [light, dark] = COLOURS[name];
    return `[fill="${light}"]{fill:${dark}}[stroke="${light}"]{stroke:${dark}}`;
  });
  return `@media (prefers-color-scheme:dark){${rules.join("")}}`;
}
