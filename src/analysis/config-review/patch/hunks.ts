/**
 * Hunks of a unified diff without certain lines around their changes.
 *
 * GNU patch takes a hunk with less context before its change than behind it for one at the beginning of the file, and the other way round for
 * one at its end (`locate_hunk` in its `patch.c`); `git apply` does the same. So context is cut to the same length on both sides. A change that
 * is left without any is found by the line that it replaces; one that only adds lines replaces its neighbour by itself.
 */
import type { StructuredPatchHunk } from "diff";

/** A line of a hunk with its mark of a missing line end, if it has one. */
type HunkLine = string[];

interface Part {
  old_start: number;
  new_start: number;
  lines: HunkLine[];
}

/** @param unwanted told of each context line, with its blank before it */
export function hunksWithout(hunk: StructuredPatchHunk, unwanted: (line: string) => boolean): StructuredPatchHunk[] {
  const lines = linesOf(hunk);
  if (!lines.some((line) => isContext(line) && unwanted(line[0] ?? ""))) return [hunk];
  const parts: Part[] = [];
  let oldLine = hunk.oldStart;
  let newLine = hunk.newStart;
  let part: Part | null = null;
  for (const line of lines) {
    if (isContext(line) && unwanted(line[0] ?? "")) part = null;
    else if (part === null) {
      part = { old_start: oldLine, new_start: newLine, lines: [line] };
      parts.push(part);
    } else part.lines.push(line);
    oldLine += isAdded(line) ? 0 : 1;
    newLine += isRemoved(line) ? 0 : 1;
  }
  return parts.filter(({ lines }) => !lines.every(isContext)).map((changed) => toHunk(balanced(changed)));
}

function balanced(part: Part): Part {
  const { lines } = part;
  const before = lines.findIndex((line) => !isContext(line));
  const behind = lines.length - 1 - lines.findLastIndex((line) => !isContext(line));
  const context = Math.min(before, behind);
  if (context > 0 || !lines.slice(before, lines.length - behind).every(isAdded))
    return cut(part, before - context, behind - context);
  // Only added lines, and a neighbour on one side at the most.
  const neighbour = before > 0 ? lines[before - 1] : lines.at(-behind);
  if (neighbour === undefined || (before === 0 && behind === 0)) return part;
  const [removed, written] = ["-", "+"].map((mark) => [mark + (neighbour[0] ?? "").slice(1), ...neighbour.slice(1)]) as [
    HunkLine,
    HunkLine,
  ];
  const { lines: added, ...start } = cut(part, before, behind);
  return before > 0
    ? { old_start: start.old_start - 1, new_start: start.new_start - 1, lines: [removed, written, ...added] }
    : { ...start, lines: [...added, removed, written] };
}

/** Without so many context lines at either end. */
function cut({ old_start, new_start, lines }: Part, before: number, behind: number): Part {
  return { old_start: old_start + before, new_start: new_start + before, lines: lines.slice(before, lines.length - behind) };
}

function toHunk({ old_start, new_start, lines }: Part): StructuredPatchHunk {
  return {
    oldStart: old_start,
    oldLines: lines.filter((line) => !isAdded(line)).length,
    newStart: new_start,
    newLines: lines.filter((line) => !isRemoved(line)).length,
    lines: lines.flat(),
  };
}

/** `\ No newline at end of file` belongs to the line before it. */
function linesOf(hunk: StructuredPatchHunk): HunkLine[] {
  const lines: HunkLine[] = [];
  for (const line of hunk.lines) {
    if (line.startsWith("\\")) lines.at(-1)?.push(line);
    else lines.push([line]);
  }
  return lines;
}

function isContext(line: HunkLine): boolean {
  return !isAdded(line) && !isRemoved(line);
}

function isAdded(line: HunkLine): boolean {
  return line[0]?.startsWith("+") === true;
}

function isRemoved(line: HunkLine): boolean {
  return line[0]?.startsWith("-") === true;
}
