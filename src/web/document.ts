/**
 * A document: what a judgement or a runbook says, in blocks, before it becomes Markdown (for tickets), plain text (for a terminal) or HTML.
 * One source for all, so that they say the same. Every printer escapes: a quote from a pasted log stays a quote.
 */

/** Words of a line; `code` is a command, a path or a name that is to be copied as it stands. */
export type Inline = string | readonly (string | { code: string })[];

export type Block =
  | { kind: "heading"; level: 1 | 2 | 3; text: Inline }
  | { kind: "paragraph"; text: Inline }
  | { kind: "list"; items: readonly Inline[] }
  | { kind: "code"; language: "sh" | "text" | "ini" | "diff" | "c"; text: string }
  | { kind: "table"; head: readonly string[]; rows: readonly (readonly Inline[])[] };

export type Document = Block[];

/** As GitHub and most ticket systems read it (CommonMark with tables). */
export function toMarkdown(document: Document): string {
  return `${document.map(markdownBlock).join("\n\n")}\n`;
}

function markdownBlock(block: Block): string {
  switch (block.kind) {
    case "heading":
      return `${"#".repeat(block.level)} ${markdownLine(block.text)}`;
    case "paragraph":
      return markdownLine(block.text);
    case "list":
      return block.items.map((item) => `- ${markdownLine(item)}`).join("\n");
    case "code":
      return fenced(block.language, block.text);
    case "table":
      return [block.head.map(escapeMarkdown), block.head.map(() => "---"), ...block.rows.map((row) => row.map(markdownWords))]
        .map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`)
        .join("\n");
  }
}

/** A fence longer than any run of backticks inside. */
function fenced(language: string, text: string): string {
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}${language}\n${text.replace(/\n$/, "")}\n${fence}`;
}

function longestRun(text: string): number {
  let longest = 0;
  let run = 0;
  for (const character of text) {
    run = character === "`" ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

function markdownLine(text: Inline): string {
  return escapeStart(markdownWords(text));
}

/** Within a line, where nothing can begin a block. */
function markdownWords(text: Inline): string {
  return parts(text)
    .map((part) => (typeof part === "string" ? escapeMarkdown(oneLine(part)) : markdownCode(oneLine(part.code))))
    .join("");
}

function markdownCode(code: string): string {
  if (code === "") return "";
  const ticks = "`".repeat(longestRun(code) + 1);
  const pad = code.startsWith("`") || code.endsWith("`") ? " " : "";
  return `${ticks}${pad}${code}${pad}${ticks}`;
}

/** An underscore inside a word is no markup, and Kamailio's names are full of them. */
function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*[\]<>~]/g, "\\$&").replace(/(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])/g, "\\_");
}

/** A line that would begin a heading, a quote or a list. */
function escapeStart(line: string): string {
  if (/^(?:#|-|\+)/.test(line)) return `\\${line}`;
  return line.replace(/^(\d{1,9})([.)])/, "$1\\$2");
}

/** For a terminal: no markup, tables in columns. */
export function toPlainText(document: Document): string {
  return `${document.map(textBlock).join("\n\n")}\n`;
}

function textBlock(block: Block): string {
  switch (block.kind) {
    case "heading": {
      const line = textLine(block.text);
      return block.level === 1
        ? `${line}\n${"=".repeat(line.length)}`
        : block.level === 2
          ? `${line}\n${"-".repeat(line.length)}`
          : line;
    }
    case "paragraph":
      return textLine(block.text);
    case "list":
      return block.items.map((item) => `  - ${textLine(item)}`).join("\n");
    case "code":
      return block.text
        .replace(/\n$/, "")
        .split("\n")
        .map((line) => `    ${printable(line)}`)
        .join("\n");
    case "table": {
      const rows = [block.head, ...block.rows.map((row) => row.map(textLine))];
      const widths = block.head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
      return rows
        .map((row) =>
          row
            .map((cell, column) => cell.padEnd(widths[column] ?? 0))
            .join("  ")
            .trimEnd(),
        )
        .join("\n");
    }
  }
}

function textLine(text: Inline): string {
  return parts(text)
    .map((part) => oneLine(typeof part === "string" ? part : part.code))
    .join("");
}

function parts(text: Inline): readonly (string | { code: string })[] {
  return typeof text === "string" ? [text] : text;
}

function oneLine(text: string): string {
  const joined = text.includes("\n")
    ? text
        .split("\n")
        .map((line) => line.trim())
        .join(" ")
    : text;
  return printable(joined);
}

/** Control characters could steer the reader's terminal. */
function printable(text: string): string {
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "\ufffd");
}
