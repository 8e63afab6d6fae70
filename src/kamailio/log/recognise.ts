/** Says what one opened log line is: a part of an incident, a look-alike, or nothing that concerns memory. */
import {
  LOG_MESSAGES,
  LOOK_ALIKES,
  type LogMessage,
  type MessageRole,
  MODULE_WORDS,
  POOL_WORDS,
} from "../knowledge/log-messages.js";
import { moduleLabel } from "../knowledge/sites.js";
import type { LogLine, LogSite } from "../log-line/line.js";
import type { Manager, Pool } from "../pool.js";
import { KB } from "../units.js";
import type { IncidentKind, LogIncident, Overwritten, Severity } from "./incident.js";
import { explainOomKill } from "./oom-kill.js";
import { readOverwritten } from "./overwritten.js";

/** What one line contributes. */
export interface Finding {
  kind: IncidentKind;
  class: string;
  role: MessageRole;
  severity: Severity;
  pool: Pool | null;
  manager: Manager | null;
  site: LogSite | null;
  other_site: LogSite | null;
  size: number | null;
  /** Address of the pool's block, as the allocators print it. */
  block: string | null;
  overwritten: Overwritten | null;
  action: LogIncident["action"];
  signal: number | null;
  core_dumped: boolean | null;
  main_exited: boolean;
  tls: LogIncident["tls"];
  /** The process that it is about, when that is not the one that wrote the line. */
  pid: number | null;
  /** What the lines say beyond their kind, for the explanation. */
  note: string | null;
}

export interface LookAlikeFinding {
  look_alike: string;
  why: string;
}

/**
 * Every line that can be recognised contains one of these: one pass over a gigabyte of other lines costs no more than a search.
 * The lines of a dump ("alloc'd from", "start check=") contain none.
 */
export const CANDIDATE =
  /emory|EMORY|o more |ot more |o mem|o shm|o pkg|ut of |enough |short of |get free mem|get shm|get pkg|(?:[dtreo]|not) (?:re)?alloc|e allocat|r allocat|alloc failed|alloc\(\) failed|allocation fail|allocation err|in shm_|in pkg_|_alloc|_m?alloc |_OF_MEM|overwritten|lready freed|freeing a free|ad pointer|ragment not found|free frag\. count|bad size:|does not match|by a signal|core was |SIGCHLD|hmem size|private mem|Killed process|at least\):|rror while initializing module|server_name callback|Thank you for fl|AddressSanitizer|LeakSanitizer|^==\d{1,10}==\s+(?:definitely|still|LEAK)|#\d{1,3}:? {1,3}0x|uppressed |epeated |messages lost|lost \d|rate-lim|not open \/dev|free\(0\)/gm;

/** Levels at which a module's words about memory are a failure and not a remark. */
const FAILURE_LEVELS: ReadonlySet<LogLine["level"]> = new Set(["ALERT", "BUG", "CRITICAL", "ERROR", "WARNING", "", null]);
const KAMAILIO_NAME = /kamailio|openser|sip-?router|(?:^|\/)ser$|ngcp/;
/** A size that no pool has: the address space of today's machines. */
const ABSURD_SIZE = 2 ** 47;
/** tls keeps these many bytes of shm a process (modules/tls/tls_init.c:766@5.2.8). */
const TLS_THRESHOLD_BYTES = { 1: 512 * KB, 2: 256 * KB } as const;

export function recognise(line: LogLine): Finding | LookAlikeFinding | null {
  const { message } = line;
  if (isBare(line)) {
    const row = LOG_MESSAGES.find(({ anchors }) => contains(message, anchors) && saysAtOnce(message, anchors[0] ?? ""));
    return row === undefined ? null : fromRow(row, line);
  }
  for (const row of LOOK_ALIKES) if (contains(message, row.anchors)) return { look_alike: row.id, why: row.why };
  for (const row of LOG_MESSAGES) if (contains(message, row.anchors)) return fromRow(row, line);
  return fromModuleWords(line);
}

/** Nothing stands around the text: a message that was pasted alone, or a sentence that quotes one. */
const isBare = ({ level, location, program, pid, time_to }: LogLine) =>
  level === null && location === null && program === null && pid === null && time_to === 0;

/** What may stand before a message that was pasted alone: the kernel's words, a level, the function. */
const LABEL =
  /^[\s*|-]{0,8}(?:(?:Out of memory|Memory cgroup out of memory|BUG|CRITICAL|ERROR|PANIC|WARNING): ?){0,2}(?:[a-z_0-9]{1,40}(?:\(\))?: ?){0,2}(?:\*{0,3} ?)?$/;

/** Does the text begin with the message? A sentence about one is no incident. */
const saysAtOnce = (message: string, anchor: string) => LABEL.test(message.slice(0, Math.min(200, message.indexOf(anchor))));

function contains(text: string, anchors: readonly string[]): boolean {
  let from = 0;
  for (const anchor of anchors) {
    const at = text.indexOf(anchor, from);
    if (at < 0) return false;
    from = at + anchor.length;
  }
  return true;
}

function fromRow(row: LogMessage, line: LogLine): Finding | LookAlikeFinding | null {
  const { message } = line;
  const finding = blank(row, line);
  switch (row.kind) {
    case "exhaustion":
    case "fragmentation":
      if (row.role === "caller") finding.size = readSize(message);
      else readAllocator(message, finding);
      break;
    case "double_free":
    case "bad_pointer":
    case "overrun":
    case "underrun":
    case "realloc_of_freed":
      finding.site = placeAfter(message, "called from ");
      finding.other_site = placeAfter(message, "first free ") ?? placeAfter(message, "ragment marked by ");
      finding.overwritten = readOverwritten(message);
      finding.action = message.includes("ignor") ? "ignoring" : message.includes("aborting") ? "aborting" : null;
      break;
    case "tls_low_memory":
      finding.tls = readTls(message);
      break;
    case "startup_failure":
      finding.pool ??= /shm|shared/.test(message) ? "shm" : /pkg|private/.test(message) ? "pkg" : null;
      finding.size = safe(/demanded: (\d{1,20}) bytes/.exec(message)?.[1]);
      finding.site = null;
      break;
    case "child_died":
      readDeath(row.id, message, finding);
      break;
    case "host_out_of_memory":
      return readOomKill(message, finding);
  }
  return finding;
}

export function blank(row: Omit<LogMessage, "anchors" | "since" | "until" | "source">, line: LogLine): Finding {
  const { id, kind, role, severity, pool, manager } = row;
  return {
    kind,
    class: id,
    role,
    severity,
    pool,
    manager,
    site: line.location,
    other_site: null,
    size: null,
    block: null,
    overwritten: null,
    action: null,
    signal: null,
    core_dumped: null,
    main_exited: false,
    tls: null,
    pid: null,
    note: null,
  };
}

/** `fm_malloc(0x7f22ce83f010, 848) called from core: core/rvalue.c: rval_new_empty(246), module: core; ...` */
function readAllocator(message: string, finding: Finding): void {
  const asked = /\((0x[0-9a-f]{1,16}|\(nil\)), (\d{1,20})\)/.exec(message);
  finding.block = asked?.[1] ?? null;
  finding.size = safe(asked?.[2]);
  if (Number(asked?.[2]) >= ABSURD_SIZE) finding.kind = "absurd_request";
  finding.site = placeAfter(message, "called from ");
  const module = /, module: ([^\s;]{1,64});/.exec(message)?.[1];
  if (finding.site && module) finding.site.module = moduleLabel(module);
}

const CALL = /^(?:(<?[\w.-]{1,64}>?): )?([^\s:,]{1,160}): ([\w.<>~]{1,96})\((\d{1,9})\)/;
const CALL_6_1_4 = /^(?:(<?[\w.-]{1,64}>?): )?([^\s:,]{1,160}):(\d{1,9}) ([\w.<>~]{1,96})\(\)/;
const FILE_LINE = /^(?:(<?[\w.-]{1,64}>?): )?([^\s:,]{1,160}):(\d{1,9})\b/;

/** Reads `module: file: function(line)`, `file:line function()` (tlsf since 6.1.4) or `file:line` behind the words. */
function placeAfter(message: string, words: string): LogSite | null {
  const at = message.indexOf(words);
  if (at < 0) return null;
  const text = message.slice(at + words.length, at + words.length + 400);
  const call = CALL.exec(text);
  if (call) return place(call[1], call[2], call[3], call[4]);
  const newer = CALL_6_1_4.exec(text);
  if (newer) return place(newer[1], newer[2], newer[4], newer[3]);
  const fileLine = FILE_LINE.exec(text);
  return fileLine ? place(fileLine[1], fileLine[2], undefined, fileLine[3]) : null;
}

function place(module?: string, file?: string, name?: string, line?: string): LogSite {
  return {
    module: module === undefined ? null : moduleLabel(module),
    file: file ?? null,
    function: name ?? null,
    line: line === undefined ? null : Number(line),
  };
}

/** A size in a caller's words: "needs 312", "(2457600 bytes)", "of size [64]". */
function readSize(message: string): number | null {
  const match = /\b(?:needs?|needed|of size|size|allocating|allocate) \[?(\d{1,20})\b|\b(\d{1,20}) bytes\b/.exec(message);
  return safe(match?.[1] ?? match?.[2]);
}

const safe = (digits: string | undefined) => {
  const value = Number(digits);
  return digits !== undefined && Number.isSafeInteger(value) ? value : null;
};

function readTls(message: string): LogIncident["tls"] {
  const match = /shm=(\d{1,20}) threshold([12])=(\d{1,20})/.exec(message);
  if (!match) {
    const free = safe(/operation: (\d{1,20})/.exec(message)?.[1]);
    return { threshold: null, threshold_bytes: null, lowest_free_bytes: free, processes: null };
  }
  const threshold = match[2] === "1" ? 1 : 2;
  const bytes = Number(match[3]);
  const processes = bytes / TLS_THRESHOLD_BYTES[threshold];
  return {
    threshold,
    threshold_bytes: bytes,
    lowest_free_bytes: safe(match[1]),
    processes: Number.isInteger(processes) && processes > 0 ? processes : null,
  };
}

function readDeath(id: string, message: string, finding: Finding): void {
  finding.site = null;
  if (id === "core_file") finding.core_dumped = !message.includes("core was not");
  else if (id === "main_exits") finding.main_exited = true;
  else {
    const match = /child process (\d{1,10}) exited by a signal (\d{1,3})/.exec(message);
    finding.pid = match ? Number(match[1]) : null;
    finding.signal = match ? Number(match[2]) : null;
  }
}

function readOomKill(message: string, finding: Finding): Finding | LookAlikeFinding {
  const match = /Killed process (\d{1,10})(?:, UID \d{1,10},)? \(([^)]{1,64})\)/.exec(message);
  if (!match || !KAMAILIO_NAME.test(match[2] ?? ""))
    return { look_alike: "oom_killer_of_another", why: "the kernel killed another program; Kamailio's pools were not involved" };
  finding.pid = Number(match[1]);
  finding.site = null;
  finding.note = explainOomKill(message);
  return finding;
}

function fromModuleWords(line: LogLine): Finding | LookAlikeFinding | null {
  if (!FAILURE_LEVELS.has(line.level)) return null;
  const text = line.message.slice(0, 400).toLowerCase();
  if (!MODULE_WORDS.some((words) => words.test(text))) return null;
  if (!isKamailio(line))
    return { look_alike: "another_program", why: "the line has not Kamailio's shape and another program's name" };
  // The text of ENOMEM: the operating system refused a call, neither pool did.
  const system = /[:(] ?cannot allocate memory/.test(text);
  const named = POOL_WORDS.filter(({ words }) => words.test(text));
  const pool = named.length === 1 ? (named[0]?.pool ?? null) : null;
  const row = {
    id: system ? "operating_system" : pool === null ? "module_words" : `module_words_${pool}`,
    kind: "exhaustion",
    role: pool === null ? "follow_on" : "caller",
    pool,
    manager: null,
    severity: "error",
  } as const;
  return { ...blank(row, line), size: readSize(text) };
}

/** The program may have any name, but a line of Kamailio then shows its place in the source; on stderr there is no name at all. */
function isKamailio(line: LogLine): boolean {
  if (line.location !== null || line.process_index !== null) return true;
  if (line.program !== null) return KAMAILIO_NAME.test(line.program);
  return line.level !== null;
}
