/** Changes to the lines of a configuration's files, and the text that they give. */
import type { ConfigReading, CoreAssignment } from "../../../kamailio/config/reading.js";

export interface Edit {
  file: string;
  /** The line that is replaced, or the one behind which `write` goes; 0 is before the first. */
  line: number;
  action: "replace" | "insert_after";
  write: string[];
  why: string;
}

/** A text with its edits; edits of one place keep their order. Line ends stay as the file has them. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const lines = text.split("\n");
  const ending = lines[0]?.endsWith("\r") ? "\r" : "";
  const last = lines.length > 1 && lines.at(-1) === "" ? lines.length - 1 : lines.length;
  const replaced = new Map<number, string>();
  const inserted = new Map<number, string[]>();
  for (const edit of edits) {
    const write = edit.write.map((line) => line + ending);
    if (edit.action === "replace") replaced.set(edit.line, write.join("\n"));
    else inserted.set(edit.line, [...(inserted.get(edit.line) ?? []), ...write]);
  }
  const out = [...(inserted.get(0) ?? [])];
  lines.forEach((line, index) => {
    const number = index + 1;
    if (number <= last) out.push(replaced.get(number) ?? line, ...(inserted.get(number) ?? []));
    else out.push(line);
  });
  return out.join("\n");
}

/** Sets a core parameter: in the line that is in force, else behind `debug`, else at the top of the main file. */
export function setCoreParameter(reading: ConfigReading, name: string, value: number, why: string): Edit | null {
  const assigned = reading.core.findLast((assignment) => assignment.name === name);
  if (assigned !== undefined) {
    const changed = withValue(reading, assigned, String(value));
    if (changed === null) return null;
    return { file: assigned.file, line: assigned.line, action: "replace", write: [changed], why };
  }
  const anchor = reading.core.findLast(
    (assignment) =>
      ["debug", "memlog", "memdbg", "log_stderror"].includes(assignment.name) &&
      assignment.depth === 0 &&
      standsAlone(reading, assignment),
  );
  const place = anchor === undefined ? topOf(reading) : { file: anchor.file, line: anchor.line };
  return { ...place, action: "insert_after", write: [`${name}=${value}`], why };
}

/** Loads modules behind the last `loadmodule` that is always read, else before the first route. */
export function loadModules(reading: ConfigReading, names: readonly string[], why: string): Edit | null {
  if (names.length === 0) return null;
  const write = names.map((name) => `loadmodule "${name}.so"`);
  const anchor = reading.modules.findLast((module) => {
    const line = lineOf(reading, module.file, module.line).trim();
    return (
      module.depth === 0 &&
      module.line === module.end_line &&
      isBare(line.slice(module.raw.length)) &&
      line.startsWith(module.raw)
    );
  });
  if (anchor !== undefined) return { file: anchor.file, line: anchor.line, action: "insert_after", write, why };
  const route = reading.routes.find(
    ({ file, line, kind }) => file === reading.main && lineOf(reading, file, line).startsWith(kind),
  );
  if (route !== undefined) return { file: route.file, line: route.line - 1, action: "insert_after", write, why };
  return { ...topOf(reading), action: "insert_after", write, why };
}

const SPLIT = new WeakMap<ConfigReading, Map<string, string[]>>();

/** The lines of a file, split once. */
export function linesOf(reading: ConfigReading, file: string): readonly string[] {
  const files = SPLIT.get(reading) ?? new Map<string, string[]>();
  SPLIT.set(reading, files);
  const lines = files.get(file) ?? (reading.texts[file] ?? "").split("\n");
  files.set(file, lines);
  return lines;
}

function lineOf(reading: ConfigReading, file: string, line: number): string {
  return linesOf(reading, file)[line - 1]?.replace(/\r$/, "") ?? "";
}

/** The line of an assignment with another value, its comment kept; `null` when the line does not read as it should. */
export function withValue(reading: ConfigReading, assigned: CoreAssignment, value: string): string | null {
  const line = lineOf(reading, assigned.file, assigned.line);
  const name = line.indexOf(assigned.written);
  // On disk it is another line: no patch can name it.
  if (reading.redacted_lines[assigned.file]?.includes(assigned.line)) return null;
  if (name < 0 || assigned.line !== assigned.end_line || assigned.raw === "") return null;
  const start = line.indexOf(assigned.raw, name + assigned.written.length);
  if (start < 0 || line.slice(name + assigned.written.length, start).trim() !== "=") return null;
  return line.slice(0, start) + value + line.slice(start + assigned.raw.length);
}

function standsAlone(reading: ConfigReading, assigned: CoreAssignment): boolean {
  const line = lineOf(reading, assigned.file, assigned.line);
  const end = line.indexOf(assigned.raw, line.indexOf(assigned.written) + assigned.written.length);
  return assigned.line === assigned.end_line && assigned.raw !== "" && end >= 0 && isBare(line.slice(end + assigned.raw.length));
}

/** Nothing but a semicolon or a comment of one line. */
function isBare(rest: string): boolean {
  const text = rest.trim().replace(/^;/, "").trim();
  return (
    text === "" ||
    text.startsWith("#") ||
    text.startsWith("//") ||
    (text.startsWith("/*") && text.indexOf("*/") === text.length - 2)
  );
}

/** Behind `#!KAMAILIO`, which has to be the first line. */
function topOf(reading: ConfigReading): { file: string; line: number } {
  const first = lineOf(reading, reading.main, 1);
  return { file: reading.main, line: /^(?:#|\/\/)!(?:KAMAILIO|SER|OPENSER|MAXCOMPAT|ALL)$/.test(first) ? 1 : 0 };
}
