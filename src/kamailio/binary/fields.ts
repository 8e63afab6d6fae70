/**
 * Reads the value behind one label into the build that is being read, or opens a new build: a second version, or a field that is already
 * there, means that another output has begun.
 */
import type { BuildLimits } from "./build.js";
import { type Draft, firstLine, newDraft, productOf, readRevision, readVersionLine, sizeMb } from "./draft.js";
import { type FollowedBy, readFlagList } from "./flag-list.js";
import type { Label, LabelAt } from "./labels.js";

export interface Field {
  /** The build that the field belongs to: the one given, a new one, or `null` when the output ends here. */
  draft: Draft | null;
  /** Offset behind what was understood. */
  understood_to: number;
  /** It begins an output of its own, whatever came before. */
  opens_strongly: boolean;
}

/** Where a value lies: the text between its label and the next one. */
interface Place {
  label: Label;
  value: string;
  start: number;
  next: Label | null;
}

/** `null` when what stands behind the label is not what the label promises (prose that has the same words). */
export function readField(text: string, at: LabelAt, end: number, next: Label | null, draft: Draft | null): Field | null {
  const place: Place = { label: at.label, value: text.slice(at.value, end), start: at.value, next };
  switch (at.label) {
    case "print_out":
      return opening(newDraft(), place, firstLine(place.value).length);
    case "version":
    case "bare_version":
    case "server":
      return versionField(place, draft);
    case "name":
      return nameField(place);
    case "flags":
    case "bare_flags":
      return flagsField(place, draft);
    case "end":
      return draft === null
        ? null
        : { draft: null, understood_to: at.value + firstLine(place.value).length, opens_strongly: false };
    case "usage":
      return null;
    default:
      return draft === null ? null : fieldOf(draft, place);
  }
}

function opening(draft: Draft, place: Place, length: number): Field {
  return { draft, understood_to: place.start + length, opens_strongly: true };
}

function filled(draft: Draft, place: Place, length: number): Field {
  return { draft, understood_to: place.start + length, opens_strongly: false };
}

/** "kamailio 5.6.3 (x86_64/linux)"; without the parentheses it is core.info of a running process, or "version: 6.1.4" of core.runinfo. */
function versionField(place: Place, draft: Draft | null): Field | null {
  if (draft !== null && draft.product !== null && draft.version === null && draft.from_running_process) {
    const named = readVersionLine(`${draft.product} ${place.value.trimStart()}`);
    if (named !== null) {
      draft.version = named.version;
      return filled(draft, place, firstLine(place.value).length);
    }
  }
  const line = readVersionLine(place.value);
  if (line === null) return null;
  const { length, ...fields } = line;
  const running = place.label !== "version" || line.architecture === null;
  if (draft !== null && draft.version === null && !running) return filled(Object.assign(draft, fields), place, length);
  return opening(newDraft({ ...fields, from_running_process: running }), place, length);
}

/** core.runinfo begins with "name: kamailio" and goes on with "version: 6.1.4". */
function nameField(place: Place): Field | null {
  const name = firstLine(place.value).trim();
  if (place.next !== "version" || !/^[A-Za-z][\w.-]{0,40}$/.test(name)) return null;
  return opening(newDraft({ product: productOf(name), from_running_process: true }), place, firstLine(place.value).length);
}

/** Prose and other tools have "flags:" too: a flag list has at least two words in capitals. */
const MIN_FLAGS = 2;

function flagsField(place: Place, draft: Draft | null): Field | null {
  const list = readFlagList(place.value, followedBy(place.next));
  if (list.flags.length < MIN_FLAGS) return null;
  if (place.label === "bare_flags") return opening(newDraft({ list, from_running_process: true }), place, list.end);
  if (draft === null || draft.list !== null) return opening(newDraft({ list }), place, list.end);
  draft.list = list;
  return filled(draft, place, list.end);
}

/** "HAVE_RESOLV_RES, ADAPTIVE_WAIT_LOOPS=1024": on one line a comma leads to the limits and does not promise more flags. */
function followedBy(next: Label | null): FollowedBy {
  if (next === null || next === "version" || next === "print_out") return "nothing";
  return isLimit(next) ? "limits" : "field";
}

const LIMITS: ReadonlySet<string> = new Set<keyof BuildLimits>([
  "buf_size",
  "max_uri_size",
  "max_recv_buffer_size",
  "max_send_buffer_size",
  "max_listen",
  "adaptive_wait_loops",
]);

function isLimit(label: string): label is keyof BuildLimits {
  return LIMITS.has(label);
}

const NUMBER = /^[\s=:]{0,20}(\d{1,12})\s{0,9}(?:MB)?[ \t]*,?/i;

function fieldOf(draft: Draft, place: Place): Field | null {
  const { label, value } = place;
  if (isLimit(label) || label === "pkg_size" || label === "shm_size") {
    const match = NUMBER.exec(value);
    if (match === null) return null;
    const number = Number(match[1]);
    if (isLimit(label)) draft.limits[label] ??= number;
    else if (label === "pkg_size") draft.default_pkg_size_mb ??= sizeMb(number);
    else draft.default_shm_size_mb ??= sizeMb(number);
    return filled(draft, place, match[0].length);
  }
  if (label === "poll") {
    const { methods, length } = readPollMethods(value);
    draft.tcp_poll_methods ??= methods;
    return filled(draft, place, length);
  }
  if (label === "compiled_on" || label === "mi_compiled_on") return compiledOnField(draft, place);
  const line = wrappedLine(value, label);
  if (!readLine(draft, label, line)) return null;
  return filled(draft, place, line.length);
}

/** "17:11:29 Sep 12 2018 with gcc 4.8.5": the date can be missing, and any blank can be a line end. */
const DATE_AND_COMPILER = /^((?:\s{1,20}[\w:.,+-]{1,30}){0,8}?)\s{1,20}with\s{1,20}(\S{1,40}(?:\s{1,9}\d\S{0,40})?[^\n]{0,80})/;

function compiledOnField(draft: Draft, place: Place): Field {
  const match = DATE_AND_COMPILER.exec(place.value);
  const line = match?.[0] ?? firstLine(place.value);
  const [date, compiler] = match === null ? [line, ""] : [match[1] ?? "", match[2] ?? ""];
  // The time of mi_core.c is not that of main.c, which all other commands print.
  if (place.label === "compiled_on") draft.compiled_at ??= dateOf(date.replace(/\s+/g, " "));
  draft.compiler ??= compilerOf(compiler.replace(/\s+/g, " "));
  return filled(draft, place, line.length);
}

/** The value of one line; a list of directories that ends with its separator goes on in the next line, as does an empty value. */
function wrappedLine(value: string, label: Label): string {
  const line = firstLine(value);
  const trimmed = line.trimEnd();
  const goesOn = trimmed.endsWith(":") || (trimmed.trim() === "" && MAY_BE_WRAPPED.has(label));
  if (!goesOn || line.length === value.length) return line;
  const second = firstLine(value.slice(line.length + 1));
  if (
    (label === "id" || label === "revision") &&
    !/^\s{0,40}(?:unknown|[0-9a-f]{4,40})[ \t]{0,9}(?:-?dirty)?\s{0,9}$/.test(second)
  )
    return line;
  return value.slice(0, line.length + 1 + second.length);
}

const MAY_BE_WRAPPED: ReadonlySet<Label> = new Set<Label>(["config", "modules", "run_dir", "id", "revision"]);

/** Longest values that make sense: a path, a compiler's name. */
const MAX_PATH = 1024;
const MAX_WORDS = 120;

function readLine(draft: Draft, label: Label, line: string): boolean {
  const text = line.replace(/\s+/g, " ").trim().slice(0, MAX_PATH);
  switch (label) {
    case "config":
      draft.config ??= text === "" ? null : text;
      return true;
    case "modules":
      draft.modules ??= text === "" ? null : text.split(/\s?:\s?/).filter((path) => path !== "");
      return true;
    case "run_dir":
      draft.run_dir ??= text === "" ? null : text;
      return true;
    case "revision":
    case "id":
      return readRevisionInto(draft, text);
    case "cvs_id":
      draft.source_revision ??= cvsRevision(text);
      return true;
    case "architecture":
      draft.architecture ??= text === "" ? null : text.slice(0, MAX_WORDS);
      return true;
    case "compiler":
      draft.compiler ??= compilerOf(text);
      return true;
    case "rpc_compiler":
      draft.compiler ??= compilerOf(text);
      draft.from_running_process = true;
      return true;
    case "rpc_compiled":
      draft.compiled_at ??= dateOf(text);
      draft.from_running_process = true;
      return true;
    case "date":
      draft.compiled_at ??= dateOf(text);
      return true;
    case "compiled_with":
      draft.compiler ??= compilerOf(text);
      return true;
    // Known words that say nothing about a build.
    case "sctp":
    case "build":
    case "clock":
      return true;
    default:
      return false;
  }
}

const POLL_METHOD =
  /[\s,]{0,40}(poll|epoll(?:_[le]t)?|sigio(?:_rt)?|select|kqueue|(?:\/dev\/|dev)poll|none)(?!\w)[ \t]{0,40}[,.]?/y;

/** "poll, epoll_lt, epoll_et, sigio_rt, select." wherever its lines end. */
function readPollMethods(value: string): { methods: string[] | null; length: number } {
  const methods = new Set<string>();
  let length = 0;
  POLL_METHOD.lastIndex = 0;
  for (let match = POLL_METHOD.exec(value); match !== null; match = POLL_METHOD.exec(value)) {
    if (match[1] !== undefined) methods.add(match[1]);
    length = POLL_METHOD.lastIndex;
  }
  return { methods: methods.size === 0 ? null : [...methods], length };
}

/** Subversion writes "2:4258M": M for modified. */
const SVN_REVISION = /^(?:\d{1,9}:)?(\d{1,9})([MSP]{0,3})$/;

function readRevisionInto(draft: Draft, text: string): boolean {
  const svn = SVN_REVISION.exec(text);
  if (svn !== null && /^\d{1,6}[:MSP]|:/.test(text)) {
    draft.source_revision ??= svn[1] ?? null;
    draft.source_dirty ??= (svn[2] ?? "").includes("M");
    return true;
  }
  const revision = readRevision(text);
  if (revision === null) return false;
  draft.source_revision ??= revision.source_revision;
  // The first line has the state glued to the hash, this one has it apart; either can be the only one that was copied.
  draft.source_dirty = revision.source_dirty || draft.source_dirty ? true : (draft.source_dirty ?? revision.source_dirty);
  return true;
}

/** SER: "main.c,v 1.168.4.8 2004/10/26 18:39:15 andrei Exp $"; OpenSER: "main.c 3687 2008-02-14 12:33:08Z henningw $". */
function cvsRevision(text: string): string | null {
  const match = /^[\w./-]{1,60}(?:,v)? ([\d.]{1,30}) /.exec(`${text} `);
  return match?.[1] ?? null;
}

/** The month can stick to the time. `null` for an empty date (VERSION_NODATE, as Debian builds). */
function dateOf(text: string): string | null {
  const date = text
    .trim()
    .replace(/,$/, "")
    .replace(/(\d)([A-Z][a-z]{2}\b)/, "$1 $2");
  return /\d/.test(date) ? date.slice(0, MAX_WORDS) : null;
}

function compilerOf(text: string): string | null {
  const compiler = text.trim().replace(/,$/, "");
  return compiler === "" ? null : compiler.slice(0, MAX_WORDS);
}
