/** What a run of words comes to: its place, its words in the file, its value. */
import { MAX_QUOTE, MAX_VALUE } from "./limits.js";
import type { ConfigPlace, ConfigValue } from "./reading.js";
import { items } from "./sockets.js";
import type { Token } from "./tokens.js";

export function placeOf(tokens: readonly Token[]): ConfigPlace {
  const first = tokens[0];
  const last = tokens.at(-1);
  const line = first?.line ?? 1;
  return { file: first?.file ?? "", line, end_line: last?.file === first?.file ? Math.max(line, last?.end_line ?? line) : line };
}

/** A list of flags goes on behind a comma or a colon, and behind the keyword. */
export function endsOpen(taken: readonly Token[]): boolean {
  const last = taken.at(-1)?.text ?? "";
  return taken.length === 1 || last === "," || last === ":";
}

/** Does a value run on into the next line? Behind or before a colon, a comma or an open bracket, and for another quoted or numeric item of a list. */
export function continuesOver(last: Token, next: Token): boolean {
  const open = last.kind === "sign" && [":", ",", "("].includes(last.text);
  const goesOn = next.kind === "sign" && [":", ",", ")"].includes(next.text);
  return open || goesOn || next.kind === "string" || next.kind === "number" || isListWord(next);
}

function isListWord(token: Token): boolean {
  return (
    token.kind === "word" && ["udp", "tcp", "tls", "sctp", "advertise", "name", "virtual"].includes(token.text.toLowerCase())
  );
}

/** One token is itself; several (`-1`, `10.0.0.1`) are joined as they stand. */
export function joinedValue(tokens: readonly Token[]): ConfigValue {
  const [first, second] = tokens;
  if (first === undefined) return null;
  if (tokens.length === 1)
    return first.kind === "number" ? first.number : first.kind === "variable" ? null : first.text.slice(0, MAX_VALUE);
  if (tokens.length === 2 && first.text === "-" && second?.kind === "number") return -second.number;
  return items(tokens).join(" ").slice(0, MAX_VALUE);
}

/** The words as they stand in their file; a bounded piece of them. */
export function quoteOf(taken: readonly Token[], texts: ReadonlyMap<string, string>): string {
  const [first] = taken;
  const last = taken.at(-1);
  if (first === undefined || last === undefined) return "";
  const text = texts.get(first.file);
  if (text === undefined || first.file !== last.file || last.end < first.start)
    return taken
      .map((token) => token.text)
      .join(" ")
      .slice(0, MAX_QUOTE);
  return text.slice(first.start, Math.min(last.end, first.start + MAX_QUOTE));
}
