/**
 * Keeps a report below the size that an issue tracker takes, whatever was recorded: the section that takes most gives half of its lines, again and
 * again, and says so. GitHub refuses more than 65,536 characters.
 */
import type { Report, ReportSection } from "./report.js";

/** What a report may take in any of its forms, bytes; under 60 KB with room for what the forms add. */
export const MAX_REPORT_BYTES = 52_000;
/** Longest cell, and line of what was printed. */
const MAX_CELL = 600;
const MAX_TEXT = 4_000;
/** What the forms add to a line and to a cell: markup, field names, quotes. */
const LINE_EXTRA = 12;
const SECTION_EXTRA = 260;

export function fitted(report: Report): Report {
  const sections = report.sections.map(withShortLines);
  const questions = report.questions.map((question) => ({ ...question, evidence_ids: question.evidence_ids.slice(0, 10) }));
  const fixed = questions.reduce((sum, question) => sum + cost(JSON.stringify(question)), 0);
  const costs = sections.map(costOf);
  const cut = new Set<number>();
  let total = fixed + costs.reduce((sum, value) => sum + value, 0);
  while (total > MAX_REPORT_BYTES) {
    const largest = costs.indexOf(Math.max(...costs));
    const before = sections[largest];
    const halved = before === undefined ? null : halve(before);
    if (before === undefined || halved === null) break;
    sections[largest] = halved;
    const now = costOf(halved);
    total += now - (costs[largest] ?? 0);
    costs[largest] = now;
    cut.add(largest);
  }
  return {
    ...report,
    questions,
    sections: sections.map((one, index) =>
      cut.has(index) ? { ...one, note: [one.note, CUT].filter((text) => text !== null).join(" ") } : one,
    ),
  };
}

const CUT = "Cut to keep the report below 60 KB.";

function withShortLines(one: ReportSection): ReportSection {
  return {
    ...one,
    paragraphs: one.paragraphs.map((text) => short(text, MAX_TEXT)),
    list: one.list.map((text) => short(text, MAX_CELL)),
    table:
      one.table === null
        ? null
        : {
            head: one.table.head.map((cell) => short(cell, MAX_CELL)),
            rows: one.table.rows.map((row) => row.map((cell) => short(cell, MAX_CELL))),
          },
  };
}

const short = (text: string, most: number) => (text.length > most ? `${text.slice(0, most)}...` : text);

/** Without the later half of its longest part; `null` when nothing is left to give. */
function halve(one: ReportSection): ReportSection | null {
  const { table, list, code, paragraphs } = one;
  const parts = [
    {
      size: table === null ? 0 : tableCost(table.rows),
      cut: () => ({ table: table === null ? null : { ...table, rows: half(table.rows) } }),
    },
    { size: code === null ? 0 : cost(code), cut: () => ({ code: code === null ? null : halfText(code) }) },
    { size: linesCost(list), cut: () => ({ list: half(list) }) },
    {
      size: linesCost(paragraphs),
      cut: () => ({ paragraphs: paragraphs.length > 1 ? half(paragraphs) : paragraphs.map(halfText) }),
    },
  ].sort((a, b) => b.size - a.size);
  const [largest] = parts;
  return largest === undefined || largest.size < LINE_EXTRA * 2 ? null : { ...one, ...largest.cut() };
}

const half = <Item>(items: readonly Item[]) => items.slice(0, Math.floor(items.length / 2));

function halfText(text: string): string {
  const lines = text.split("\n");
  return lines.length > 1 ? half(lines).join("\n") : text.slice(0, Math.floor(text.length / 2));
}

function costOf({ title, paragraphs, list, table, code, note }: ReportSection): number {
  return (
    SECTION_EXTRA +
    cost(title) +
    linesCost(paragraphs) +
    linesCost(list) +
    (table === null ? 0 : tableCost([table.head, ...table.rows])) +
    cost(code ?? "") +
    cost(note ?? "")
  );
}

const linesCost = (lines: readonly string[]) => lines.reduce((sum, line) => sum + cost(line) + LINE_EXTRA, 0);

/** In columns as wide as their widest cell, as plain text has them; the last one is not padded. */
function tableCost(rows: readonly (readonly string[])[]): number {
  const columns = rows[0]?.length ?? 0;
  let total = 0;
  for (let column = 0; column < columns; column++) {
    const sizes = rows.map((row) => cost(row[column] ?? "") + LINE_EXTRA);
    total += column === columns - 1 ? sizes.reduce((sum, size) => sum + size, 0) : Math.max(...sizes) * rows.length;
  }
  return total;
}

/** Bytes in the form that takes most: UTF-8, with what JSON or Markdown escapes. */
function cost(text: string): number {
  let size = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20) size += 6;
    else if (code < 0x80) size += ESCAPED.has(code) ? 2 : 1;
    else size += 3;
  }
  return size;
}

const ESCAPED = new Set([...'\\`*[]<>~_|"#'].map((character) => character.charCodeAt(0)));
