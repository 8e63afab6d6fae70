/**
 * Reads what an operator pastes to say what an instance runs with, whatever it is: a command line, `ps`, a systemd unit, a default file,
 * container arguments, RPC answers, start-up log lines, JSON; several of them after one another.
 */
import { openText } from "../log-line/opened-lines.js";
import { removeSecrets } from "../secrets.js";
import { findCommand, hasPrompt } from "./command-line.js";
import { applyDocument, applyYaml } from "./containers.js";
import { applyDockerfile } from "./dockerfile.js";
import { applyJsonSettings } from "./json-settings.js";
import { jsonAt } from "./json-values.js";
import { applyKubectlDescribe } from "./kubectl-describe.js";
import { LineReader } from "./line-reader.js";
import { limitTroubles } from "./memory-limit.js";
import { applySupervisord, applyTemplateValues, applyUci } from "./named-values.js";
import { applyRows, type Row } from "./process-listing.js";
import { ReadingBuilder } from "./reading-builder.js";
import { applyResult, applyScalar, type Call, settlePools } from "./rpc-answers.js";
import type { SettingsReading } from "./settings.js";
import { applyStartupLine } from "./startup-log.js";

/**
 * Reads settings from a text. Never throws; `forms` is empty when nothing in it is a form of settings, and `warnings` then says what
 * it looks like. `pid`: the process that is meant where a listing shows several servers. Secrets are removed before anything is read, so no quote holds one.
 */
export function readSettings(text: string, { pid = null }: { pid?: number | null } = {}): SettingsReading {
  const { text: clean, removed } = removeSecrets(text.startsWith("\uFEFF") ? text.slice(1) : text);
  const builder = new ReadingBuilder(pid);
  if (clean.includes("\0")) readArguments(builder, clean);
  else readText(builder, withoutQuoteMarks(openText(clean)));
  settlePools(builder);
  if (builder.recognised === 0) sayWhatItIs(builder, clean);
  const reading = builder.reading(removed);
  reading.warnings.push(...limitTroubles(reading.values));
  return reading;
}

/** /proc/PID/cmdline as it is: words that end in NUL. Several files after one another are several command lines. */
function readArguments(builder: ReadingBuilder, text: string): void {
  const words = text.trimEnd().split("\0");
  if (words.at(-1) === "") words.pop();
  const rows: Row[] = [];
  let from = 0;
  for (let at = 1; at <= words.length; at++) {
    if (at < words.length && !startsCommand(words, at)) continue;
    const line = `${words.slice(from, at).join("\0")}\0`;
    const command = findCommand(line);
    if (command !== null) rows.push({ command, text: line, listed: false, pid: null, user: null });
    from = at;
  }
  applyRows(builder, rows, false);
}

function startsCommand(words: readonly string[], at: number): boolean {
  const word = words[at] ?? "";
  const option = words[at - 1]?.startsWith("-") ?? false;
  return !option && /(?:^|bin\/)kamailio$/.test(word) && (words[at + 1] ?? "").startsWith("-");
}

/** Mail and wiki quote lines with `> `; when most lines have it, it is not a prompt. */
function withoutQuoteMarks(text: string): string {
  const lines = text.split("\n");
  const filled = lines.filter((line) => line.trim() !== "");
  const quoted = filled.filter((line) => /^\s{0,10}>/.test(line)).length;
  if (filled.length < 2 || quoted * 2 < filled.length) return text;
  return lines.map((line) => line.replace(/^\s{0,10}>\s?/, "")).join("\n");
}

/** Forms that a text has as a whole, from the unmistakable to the vague. */
const WHOLE_TEXTS: readonly ((builder: ReadingBuilder, text: string) => boolean)[] = [
  applyKubectlDescribe,
  applyYaml,
  applyDockerfile,
  applyUci,
  applySupervisord,
];

function readText(builder: ReadingBuilder, text: string): void {
  if (WHOLE_TEXTS.some((apply) => apply(builder, text))) return;
  const reader = new LineReader(builder);
  let at = 0;
  let jsonFrom = 0;
  while (at < text.length) {
    const newline = text.indexOf("\n", at);
    const end = newline === -1 ? text.length : newline;
    const start = firstBracket(text, at, end);
    if (start !== -1 && start >= jsonFrom) {
      const found = jsonAt(text, start);
      if (found.kind === "json") {
        reader.settle();
        const call = applyJson(builder, found.value, reader.call);
        if (call !== undefined) reader.call = call;
        at = found.end;
        continue;
      }
      // Lines of a block of kamcmd are read one by one; nothing in them is tried as JSON again.
      jsonFrom = found.kind === "other" ? found.end : Number.POSITIVE_INFINITY;
    }
    reader.line(text.slice(at, end));
    at = end + 1;
  }
  reader.finish();
  if (builder.recognised === 0) applyTemplateValues(builder, text);
}

/** Where a JSON value may begin: the first character of a line; -1 otherwise. A section of a unit (`[Service]`) is none. */
function firstBracket(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && (text.charAt(at) === " " || text.charAt(at) === "\t")) at++;
  const character = text.charAt(at);
  if (at >= end || (character !== "{" && character !== "[")) return -1;
  return /^\[[A-Za-z@]/.test(text.slice(at, at + 2)) ? -1 : at;
}

/** Reads one JSON value. A request says which call the next answer belongs to; `undefined` leaves the call as it is. */
function applyJson(builder: ReadingBuilder, value: unknown, call: Call | null): Call | null | undefined {
  if (Array.isArray(value) && value.some((one) => isObject(one) && "jsonrpc" in one)) {
    let pending = call;
    for (const one of value.slice(0, 1000)) pending = applyJson(builder, one, pending) ?? null;
    return pending;
  }
  if (isObject(value) && typeof value.method === "string" && !("result" in value)) {
    const params = Array.isArray(value.params) ? value.params.map(String) : [];
    return { method: value.method, params };
  }
  if (isObject(value) && ("result" in value || "error" in value) && ("jsonrpc" in value || "id" in value)) {
    if ("error" in value && value.error !== null)
      builder.warn(`the server answered with an error: ${JSON.stringify(value.error).slice(0, 200)}`);
    else if (!applyResult(builder, value.result, call)) builder.notUnderstood(JSON.stringify(value.result ?? null).slice(0, 200));
    return null;
  }
  if (isObject(value) && applyLogEntry(builder, value)) return call;
  if (typeof value === "number") applyScalar(builder, String(value), call);
  else if (
    !applyDocument(builder, value) &&
    !(isObject(value) && applyJsonSettings(builder, value)) &&
    !applyResult(builder, value, call)
  )
    builder.notUnderstood(JSON.stringify(value).slice(0, 200));
  return null;
}

/** A line of a log in JSON: Kamailio's own (`--log-engine=json`), docker's, journald's. */
function applyLogEntry(builder: ReadingBuilder, entry: Record<string, unknown>): boolean {
  const message = entry.message ?? entry.log ?? entry.MESSAGE;
  if (typeof message !== "string") return false;
  applyStartupLine(builder, message);
  return true;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** How much of a text is looked at to say what it may be. */
const LOOK_AT = 20_000;

function sayWhatItIs(builder: ReadingBuilder, text: string): void {
  const head = text.slice(0, LOOK_AT);
  if (head.trim() === "") builder.warn("the text is empty");
  else if (/^\s{0,20}<(?:!doctype|html|\?xml)/i.test(head)) builder.warn("this is HTML or XML, not what a command printed");
  else if (
    /^(?:#!(?:KAMAILIO|SER|define|ifdef)|\s{0,20}(?:loadmodule\s{0,5}["(]|modparam\s{0,5}\(|(?:request_)?route\s{0,5}[{[]))/m.test(
      head,
    )
  )
    builder.warn("this is a kamailio.cfg: POST it to .../configs");
  else if (/^(?:version: |Print out of )|^\s{0,8}Compile flags: /m.test(head))
    builder.warn("this is `kamailio -V` or `kamailio -I`: POST it to .../builds");
  else if (/real_used|total_size|max_used|shmem:/.test(head)) builder.warn("these are memory counters: POST them to .../usage");
  else if (/^\s{0,8}-[mM]\s?\d/m.test(head) && !hasPrompt(head))
    builder.warn("options without the name of the binary: write them as `kamailio -m 64 -M 8`");
}
