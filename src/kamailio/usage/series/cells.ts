/** Takes a line of a table apart: CSV with any separator and quotes, Markdown and psql bars, columns of spaces under a rule. */

/** How the columns of a table are told apart. */
export type Layout =
  | { kind: "separated"; by: string }
  | { kind: "bars"; bar: string }
  | { kind: "columns"; starts: readonly number[] };

const BARS = ["|", "│", "┃"];
/** A metrics server has no more series in one table. */
const MAX_CELLS = 2_000;

/** The layouts that a header line may have, the likeliest first. */
export function layoutsOf(text: string): Layout[] {
  const bar = BARS.find((one) => text.startsWith(one));
  if (bar !== undefined) return [{ kind: "bars", bar }];
  const layouts: Layout[] = ["\t", ";", ","].filter((by) => text.includes(by)).map((by) => ({ kind: "separated", by }));
  return text.includes("|") ? [...layouts, { kind: "separated", by: "|" }] : layouts;
}

/** Is the line a rule between header and rows, or a frame? */
export function isRule(text: string): boolean {
  return RULE.test(text) && /[-=─═]{2}/.test(text);
}

const RULE = /^[-=+|:─═┼├┤┌┐└┘┬┴│ \t]{3,2000}$/;

/** Where the columns begin, by the groups of dashes of a rule under the header; `null` when it has less than two. */
export function columnsOf(rule: string): Layout | null {
  if (!/^[- ]{3,2000}$/.test(rule)) return null;
  const starts = [...rule.matchAll(/-{2,400}/g)].map(({ index }) => index);
  return starts.length < 2 ? null : { kind: "columns", starts };
}

/** The cells of a line, without quotes and the space around them. */
export function cellsOf(line: string, layout: Layout): string[] {
  if (layout.kind === "columns") return layout.starts.map((start, index) => line.slice(start, layout.starts[index + 1]).trim());
  if (layout.kind === "bars") {
    const inner = line.trim();
    const end = inner.endsWith(layout.bar) ? -layout.bar.length : undefined;
    return inner
      .slice(layout.bar.length, end)
      .split(layout.bar, MAX_CELLS)
      .map((cell) => cell.trim());
  }
  if (!line.includes('"')) return line.split(layout.by, MAX_CELLS).map((cell) => cell.trim());
  return quotedCells(line, layout.by);
}

/** RFC 4180 within a line: `"a ""b"" c"` is one cell. */
function quotedCells(line: string, by: string): string[] {
  const cells: string[] = [];
  let cell = "";
  let quoted = false;
  for (let at = 0; at < line.length && cells.length < MAX_CELLS; at++) {
    const char = line[at] ?? "";
    if (quoted) {
      if (char !== '"') cell += char;
      else if (line[at + 1] === '"') {
        cell += '"';
        at++;
      } else quoted = false;
    } else if (char === '"' && cell.trim() === "") {
      quoted = true;
      cell = "";
    } else if (char === by) {
      cells.push(cell.trim());
      cell = "";
    } else cell += char;
  }
  return [...cells, cell.trim()];
}
