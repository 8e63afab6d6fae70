/** Parts of a line that are replaced. */
import { REMOVED } from "./names.js";

/** From `start` to before `end`. */
export interface Cut {
  start: number;
  end: number;
}

/** Puts the mark where the cuts are; overlapping cuts, empty ones and ones that already hold the mark are left out. */
export function applyCuts(line: string, cuts: Cut[]): { text: string; removed: number } {
  let text = "";
  let from = 0;
  let removed = 0;
  for (const cut of cuts.toSorted((a, b) => a.start - b.start)) {
    if (cut.start < from || cut.end <= cut.start || line.startsWith(REMOVED, cut.start)) continue;
    text += line.slice(from, cut.start) + REMOVED;
    from = cut.end;
    removed++;
  }
  return removed === 0 ? { text: line, removed } : { text: text + line.slice(from), removed };
}

/** The first place from `start` to before `end` where one of the characters stands; `end` when none does. */
export function indexOfAny(line: string, characters: string, start: number, end = line.length): number {
  for (let at = start; at < end; at++) if (characters.includes(line.charAt(at))) return at;
  return end;
}

/** Where the text after an opening quote ends: at the same quote, not escaped by a backslash; -1 when it is never closed. */
export function endOfQuoted(line: string, start: number, quote: string): number {
  for (let at = start; at < line.length; at++) {
    const character = line.charAt(at);
    if (character === quote) return at;
    if (character === "\\") at++;
  }
  return -1;
}
