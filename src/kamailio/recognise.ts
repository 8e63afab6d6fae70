/**
 * Says what any posted text looks like and where it belongs, so that a wrong post is answered with the right command instead of "bad request".
 * It looks at the first part of the text alone, never throws, and is linear.
 */
import { openText } from "./log-line/opened-lines.js";
import { nestsTooDeep } from "./nesting.js";
import { binaryKind } from "./recognise/binary.js";
import type { KindRow } from "./recognise/kind-row.js";
import { ENDPOINT_EXAMPLES, type Endpoint, type Kind } from "./recognise/kinds.js";
import { headOf, holds } from "./recognise/signs.js";
import { KIND_TABLE, OTHER_KINDS } from "./recognise/table.js";
import { KB } from "./units.js";
import { looksLikeUsage } from "./usage/reader.js";
import { HISTORY_FORMS } from "./usage/series/forms.js";

export { ENDPOINT_EXAMPLES, type Endpoint, type Kind } from "./recognise/kinds.js";

export interface Recognition {
  kind: Kind;
  /** Completes "this looks like ...". */
  title: string;
  /** The sub-path that reads it; `null`: none does. */
  endpoint: Endpoint | null;
  /** All sub-paths that read it, the first one being `endpoint`. */
  endpoints: Endpoint[];
  /** A sentence for whoever posted it: what to do, with the command. */
  hint: string;
  /** What to do where the reader it belongs to made nothing of it: never a way back to that reader. */
  unread_hint: string;
}

/** What is looked at: enough to see through a long preamble. */
export const HEAD_LENGTH = 64 * KB;

/** Recognises a text by its first 64 KB. */
export function recognise(text: string): Recognition {
  const head = text.slice(0, HEAD_LENGTH);
  if (head.trim() === "") return other("empty");
  const binary = binaryKind(head);
  if (binary !== null) return other(binary);
  if (nestsTooDeep(head)) return other("nested");
  // A log is the same log in JSON, in an answer of a log store, in a web page.
  const opened = openText(head);
  const row = rowOf(opened) ?? (opened === head ? undefined : rowOf(head));
  if (row === undefined || VAGUE.has(row.kind)) {
    // What the reader of counters knows of other tools' histories is asked of itself: no sign here could be wider.
    const usage = looksLikeUsage(head);
    if (usage !== null && (row?.endpoint !== "usage" || HISTORY_FORMS.has(usage.kind)))
      return recognition("usage_history", { ...HISTORY, title: `a history of counters (${usage.kind})` });
  }
  return row === undefined ? other("prose") : recognition(row.kind, row);
}

/** Kinds that a text is taken for when nothing better is known of it, or because it has the names of their counters. */
const VAGUE: ReadonlySet<Kind> = new Set([
  "log",
  "number",
  "rpc_answer",
  "json",
  "yaml",
  "statistics",
  "shm_counters",
  "pkg_stats",
]);
const HISTORY = { endpoint: "usage", command: "cat history.csv" } as const;

function rowOf(text: string): KindRow | undefined {
  const prepared = headOf(text);
  return KIND_TABLE.find((candidate) => candidate.when.some((sign) => holds(sign, prepared)));
}

function other(kind: Kind): Recognition {
  return recognition(kind, OTHER_KINDS[kind] ?? { title: kind, endpoint: null });
}

function recognition(kind: Kind, row: Omit<KindRow, "kind" | "when">): Recognition {
  const endpoints = row.endpoint === null ? [] : [row.endpoint, ...(row.also ?? [])];
  return { kind, title: row.title, endpoint: row.endpoint, endpoints, hint: hintOf(row), unread_hint: unreadHintOf(row) };
}

function hintOf(row: Omit<KindRow, "kind" | "when">): string {
  const sentences = [`This looks like ${row.title}`];
  if (row.endpoint !== null && row.command !== undefined)
    sentences.push(`POST it to .../${row.endpoint}: ${curl(row.command, row.endpoint)}`);
  else if (row.endpoint !== null) sentences.push(`POST it to .../${row.endpoint}`);
  if (row.hint !== undefined) sentences.push(row.hint);
  return sentences.join("; ");
}

function unreadHintOf(row: Omit<KindRow, "kind" | "when">): string {
  if (row.endpoint === null || row.by_bytes === true) return hintOf(row);
  const again = curl(row.command ?? ENDPOINT_EXAMPLES[row.endpoint], row.endpoint);
  const sentences = [
    `This looks like ${row.title}, but nothing of it could be read: it may be cut, or changed on its way`,
    `send all that the command prints, as it is: ${again}`,
    ...(row.hint === undefined ? [] : [row.hint]),
  ];
  return sentences.join("; ");
}

/** The pipe that posts what a command prints. */
function curl(command: string, endpoint: Endpoint): string {
  return `${command} | curl --data-binary @- .../v1/instances/{instance}/${endpoint}`;
}

/** For an endpoint that cannot read a text: what the text looks like and where it belongs, or what this endpoint wants. */
export function wrongEndpointHint(found: Recognition, wanted: Endpoint): string {
  if (found.endpoints.includes(wanted)) return found.unread_hint;
  if (found.endpoint !== null) return found.hint;
  return `${found.hint}; .../${wanted} reads for example: ${curl(ENDPOINT_EXAMPLES[wanted], wanted)}`;
}
