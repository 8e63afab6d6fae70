/** Collects a struct as kamcmd prints it: `{`, a member a line, `}`. What is nested in it is passed over, and no deeper than MAX_NESTING. */
import { MAX_NESTING } from "../nesting.js";

export interface StructScan {
  /** The line where it began. */
  readonly line: number;
  /** Takes a trimmed line. `rest` is what followed, or the line itself when it begins something else (`cut`). */
  feed(
    text: string,
  ): { state: "open" } | { state: "done"; members: Map<string, unknown>; rest: string } | { state: "cut"; rest: string };
}

/** A struct with more members is no usage. */
const MAX_MEMBERS = 20_000;

export function createStructScan(line: number): StructScan {
  const members = new Map<string, unknown>();
  let depth = 1;

  function keep(text: string): void {
    const colon = text.indexOf(":");
    if (colon <= 0 || members.size >= MAX_MEMBERS) return;
    members.set(unquote(text.slice(0, colon)), unquote(text.slice(colon + 1)));
  }

  return {
    line,
    feed(text) {
      if (text.startsWith("}")) {
        depth--;
        return depth > 0 ? { state: "open" } : { state: "done", members, rest: afterBrace(text) };
      }
      if (text.startsWith("{") || text.startsWith("#") || text.startsWith("HTTP/1.") || depth > MAX_NESTING)
        return { state: "cut", rest: text.startsWith("{") ? afterBraces(text) : text };
      if (text.endsWith("{")) depth++;
      else if (depth === 1) keep(text);
      return { state: "open" };
    },
  };
}

function afterBrace(text: string): string {
  const rest = text.slice(1).trim();
  return rest === "," ? "" : rest;
}

/** Of braces in a row the last one alone can begin something. */
function afterBraces(text: string): string {
  let at = 0;
  while (text[at + 1] === "{" || text[at + 1] === " ") at++;
  return text.slice(text[at] === "{" ? at : at + 1);
}

function unquote(text: string): string {
  const word = text.trim().replace(/,$/, "");
  return /^(["']).{0,400}\1$/.test(word) ? word.slice(1, -1) : word;
}
