/** JSON behind a prefix, on one line of text: Kamailio's engine through syslog, `@cee: {...}`, a container's log of a JSON logger. */
import { type Entry, entryLine } from "./entry.js";
import { readRecord } from "./record.js";

/** JSON in JSON in JSON: a container runtime's record around a collector's around Kamailio's engine. */
const MAX_NESTED = 4;
const OPENING = /\{ {0,2}"/;
/** Before 6.1 `--log-engine=json:a` writes a quote too many to stderr (core/dprint.c KSR_SLOG_STDERR_JSON_PFMT@5.6.3). */
const QUOTE_TOO_MANY = /("(?:kamailio\.)?function": ?"[^"]{0,100}")"/;

/** The line with the JSON at its end written as text; `null` when there is none that reads as an entry. */
export function openTail(line: string): string | null {
  return open(line, MAX_NESTED);
}

/** The entry as a line, opened further where its text is JSON itself. */
export function openedEntryLine(entry: Entry): string {
  return entryLine({ ...entry, text: open(entry.text, MAX_NESTED) ?? entry.text });
}

function open(line: string, deeper: number): string | null {
  const at = line.search(OPENING);
  if (at < 0) return null;
  const tail = line.slice(at).trimEnd();
  if (!tail.endsWith("}")) return null;
  const fields = parse(tail) ?? parse(tail.replace(QUOTE_TOO_MANY, "$1"));
  const entry = fields === null ? null : readRecord(fields);
  if (entry === null) return null;
  const text = deeper > 0 ? (open(entry.text, deeper - 1) ?? entry.text) : entry.text;
  return line.slice(0, at).replace(/@cee: ?$/, "") + entryLine({ ...entry, text });
}

function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
