/**
 * One line of a dump, whatever its wrapping: finds where Kamailio's message begins and which part of a dump it is.
 *
 * Since 5.4 the function's name follows the prefix (`qm_status: qm_status(): heap size= ...`); before 3.3, and in dumps cut by hand,
 * there is no prefix at all. So the known prefixes are looked for first and then the texts themselves, anywhere in the line.
 */
import type { Manager, Pool } from "../pool.js";

/** What a line says. `at` is where its message begins; numbers that do not fit a double are NaN. */
export type Message = { at: number; manager: Manager | null } & (
  | { kind: "header"; pool: Pool; pid: number | null }
  | { kind: "block"; address: number | null }
  | { kind: "heap"; size: number }
  | { kind: "used"; used: number; real_used: number; free: number; fragments: number | null }
  | { kind: "max_used"; size: number }
  | { kind: "list" }
  | { kind: "fragment"; number: number; free: boolean; frag: number; size: number; location: string | null }
  | { kind: "tlsf_fragment"; used: boolean; size: number; location: string | null }
  | { kind: "site"; freed: boolean; location: string }
  | { kind: "check"; intact: boolean; text: string }
  | { kind: "overwritten"; text: string }
  | { kind: "free_list" }
  | { kind: "bucket_of"; hash: number; fragments: number; first: number | null }
  | { kind: "bucket"; first: number; from: number; to: number }
  | { kind: "total"; fragments: number; bytes: number }
  | { kind: "sums"; address: number | null }
  | { kind: "count"; count: number; bytes: number; location: string }
  | { kind: "no_sums" }
  | { kind: "matrix" }
  | { kind: "row"; row: number; cells: string }
  | { kind: "end" }
  | { kind: "rprint"; address: number | null }
  | { kind: "broken" }
);

type Untagged<T> = T extends unknown ? Omit<T, "at" | "manager"> : never;
type Body = Untagged<Message>;

/** The 29 dashes that close every list, in every release. */
const DASHES = "-----------------------------";
/** The start of a check line's values when nothing is damaged. */
const INTACT = "start check=f0f0f0f0, end check= c0c0c0c0, abcdefed";

/** Texts that begin a message where no prefix does; each with what it needs before it to be sure. */
const BARE = [
  "address=0x",
  "alloc'd from ",
  "heap size= ",
  "used= ",
  "max used (+overhead)=",
  "start check=",
  "freed from ",
  "hash= ",
  "hash = ",
  "bucket size:",
  "dumping ",
  " bytes from ",
  "m_status (0x",
  "allocated fragments",
  "block address: 0x",
  "summarizing all",
  "TOTAL:",
  " overwritten(",
  "(0x",
] as const;

const PREFIXES: readonly (readonly [string, Manager])[] = [
  ["qm_status: ", "qm"],
  ["qm_sums: ", "qm"],
  ["fm_status: ", "fm"],
  ["fm_sums: ", "fm"],
  ["tlsf_status: ", "tlsf"],
  ["tlsf_sums: ", "tlsf"],
];

/** Reads one line; null when it is no line of a dump. */
export function readMessage(line: string): Message | null {
  const status = line.indexOf("_status: ");
  const sums = status < 0 ? line.indexOf("_sums: ") : -1;
  if (status >= 0 || sums >= 0) {
    for (const [prefix, manager] of PREFIXES) {
      const found = line.indexOf(prefix);
      if (found < 0 || found > 400) continue;
      const at = afterFunction(line, found + prefix.length);
      const body = readBody(line, at);
      return body === null ? null : ({ ...body, at: found, manager } as Message);
    }
  }
  const header = line.indexOf("Memory st");
  const whole = header < 0 ? null : readHeader(line, header);
  if (whole !== null) return whole;
  const printer = line.indexOf("mem_dump_");
  if (printer >= 0) return readCutHeader(line, printer);
  if (header >= 0) return null;
  return readBare(line);
}

/** Where the message begins that follows `prefix` in the line: after the function's name that 5.4+ adds. */
export function messageStart(line: string, found: number): number {
  const colon = line.indexOf(": ", found);
  return colon < 0 ? found : afterFunction(line, colon + 2);
}

function afterFunction(line: string, at: number): number {
  const open = line.indexOf("(): ", at);
  return open > at && open - at < 14 && /^[a-z]{1,4}_[a-z]{1,9}$/.test(line.slice(at, open)) ? open + 4 : at;
}

const HEADER = /^Memory (?:status|still-in-use summary) \((shm|pkg)\)(?: of process (\d{1,10}))?:?/;

/** What a header says behind its function's name, up to where the pool is printed. */
const HEADER_STARTS = ["(): Memory status (", "(): Memory still-in-use summary ("];
const PRINTED_BY = /\bmem_dump_(shm|pkg)_\w{2,8}(?=\(\): M)/;

/** A header that a terminal or a mail wrapped before it names the pool: the function that prints it still says which. */
function readCutHeader(line: string, found: number): Message | null {
  const match = PRINTED_BY.exec(line.slice(found, found + 40));
  if (!match) return null;
  const at = found + match.index + match[0].length;
  const said = line.slice(at, at + 60).trimEnd();
  const pool = match[1] === "shm" ? "shm" : "pkg";
  if (!HEADER_STARTS.some((start) => `${start}${pool})`.startsWith(said))) return null;
  return { kind: "header", at, manager: null, pool, pid: null };
}

function readHeader(line: string, at: number): Message | null {
  const match = HEADER.exec(line.slice(at, at + 100));
  if (!match) return null;
  const pid = match[2] === undefined ? null : Number(match[2]);
  return { kind: "header", at, manager: null, pool: match[1] === "shm" ? "shm" : "pkg", pid };
}

/** Reads a line without any of Kamailio's prefixes: files of shm.rprint, dumps older than 3.3, dumps trimmed by hand. */
function readBare(line: string): Message | null {
  if (line.endsWith(DASHES) || line.endsWith(`${DASHES}\r`)) {
    const at = line.indexOf("---");
    if (/^-+\r?$/.test(line.slice(at))) return { kind: "end", at, manager: null };
  }
  for (const mark of BARE) {
    const found = line.indexOf(mark);
    if (found < 0 || found > 400) continue;
    const at =
      mark === "address=0x" || mark === " bytes from " ? numberBefore(line, found) : mark === "m_status (0x" ? found - 1 : found;
    const body = readBody(line, at);
    if (body === null) continue;
    const manager = mark === "m_status (0x" ? (line[at] === "f" ? "fm" : "qm") : null;
    return { ...body, at: Math.max(at, 0), manager } as Message;
  }
  return null;
}

/** Where ` 12. N  address=` or ` count= 1 size= 2 bytes from` begins, looking back from a text inside it. */
function numberBefore(line: string, found: number): number {
  const count = line.lastIndexOf("count=", found);
  if (count >= 0) return count;
  const match = /(\d{1,15})\.? [NAa] {1,4}$/.exec(line.slice(Math.max(0, found - 40), found));
  return match ? found - match[0].length : found;
}

const FRAGMENT = /^(\d{1,15})\.? ([NAa]) +address=0x([\da-f]{1,16}) frag=0x([\da-f]{1,16}) size=(\d{1,20})(.{0,300})/;
const COUNTERS = /^used= ?(\d{1,20}), used\+overhead= ?(\d{1,20}), free= ?(-?\d{1,20})(?:, fragments= ?(\d{1,20}))?$/;
const HASH = /^hash ?= *(\d{1,6})\.? fragments no\.: *(\d{1,15}), unused: *\d{1,15}(.{0,200})/;
const BUCKET = /bucket size: *(\d{1,20}) - *(-?\d{1,20}) \(first *(\d{1,20})\)/;
const COUNT = /^count= *(\d{1,20}) size= *(\d{1,20}) bytes from (.{1,300})$/;
const TOTAL = /^TOTAL: *(\d{1,15}) free fragments = *(\d{1,20}) free bytes/;
const TLSF_FRAGMENT = /^\(0x([\da-f]{1,16})\): used=(true|false) size=(\d{1,20})(?: was (?:alloc'd|free'd) from (.{1,300}))?$/;
const ROW = /^(\d{1,2})\|([.A-Z]{1,64})\|$/;

/** Texts that Kamailio prints at the begin of dump lines; a line that begins so but does not match was cut or damaged. */
const FAMILIAR =
  /^(?:heap size=|used=|max used|hash ?=|bucket size|count=|TOTAL:|alloc'd from|freed from|start check=|\d{1,15}\. [NAa] |\d{1,2}\|)/;

function readBody(line: string, at: number): Body | null {
  const body = line.slice(at, at + 700).trim();
  switch (body.charCodeAt(0)) {
    case 40: // (
      return readParenthesis(body);
    case 42: // *
      return body.includes("overwritten") ? { kind: "overwritten", text: body.slice(0, 80) } : null;
    case 45: // -
      if (body.startsWith(DASHES)) return { kind: "end" };
      if (body.startsWith("--- allocated fragments")) return { kind: "list" };
      return body.startsWith("--- dumping free list") ? { kind: "free_list" } : null;
    case 97: // a
    case 102: // f
      return readSiteOrBlock(body) ?? broken(body);
    case 98: // b
      return readBucket(body) ?? broken(body);
    case 115: // s
      return readCheckOrBlock(body) ?? broken(body);
    default:
      return readCounters(body) ?? readLists(body) ?? broken(body);
  }
}

function broken(body: string): Body | null {
  return FAMILIAR.test(body) ? { kind: "broken" } : null;
}

function readParenthesis(body: string): Body | null {
  const match = TLSF_FRAGMENT.exec(body);
  if (match) return { kind: "tlsf_fragment", used: match[2] === "true", size: safe(match[3]), location: match[4] ?? null };
  const block = /^\((0x[\da-f]{1,16})\):$/.exec(body);
  return block ? { kind: "block", address: hex(block[1]) } : /^\(0x[\da-f]{1,16}\): used/.test(body) ? { kind: "broken" } : null;
}

function readSiteOrBlock(body: string): Body | null {
  if (body.startsWith("alloc'd from ")) return site(body, 13, false);
  if (body.startsWith("freed from ")) return site(body, 11, true);
  if (body.startsWith("allocated fragments")) return { kind: "list" };
  const block = /^(?:fm_status|f_status) \((0x[\da-f]{1,16})\):/.exec(body);
  return block ? { kind: "block", address: hex(block[1]) } : null;
}

/** A location is whole when it ends in the line's number or, in shm.rprint's file, in the function's parentheses. */
function site(body: string, from: number, freed: boolean): Body {
  const location = body.slice(from);
  return /\(\d{1,9}\)$|\(\)$/.test(location) ? { kind: "site", freed, location } : { kind: "broken" };
}

function readBucket(body: string): Body | null {
  const bucket = BUCKET.exec(body);
  if (bucket) return { kind: "bucket", from: safe(bucket[1]), to: safe(bucket[2]), first: safe(bucket[3]) };
  const block = /^block address: (0x[\da-f]{1,16})$/.exec(body);
  return block ? { kind: "rprint", address: hex(block[1]) } : null;
}

function readCheckOrBlock(body: string): Body | null {
  if (body.startsWith("start check=")) {
    if (body === INTACT) return { kind: "check", intact: true, text: "" };
    return /^start check=[\da-f]{1,16}, end check= [\da-f]{1,16}, [\da-f]{1,16}$/.test(body)
      ? { kind: "check", intact: false, text: body }
      : { kind: "broken" };
  }
  if (body.startsWith("summarizing all")) return { kind: "sums", address: null };
  const pool = /^status of pool \((0x[\da-f]{1,16})\)/.exec(body);
  return pool ? { kind: "block", address: hex(pool[1]) } : null;
}

function readCounters(body: string): Body | null {
  if (body.startsWith("heap size=")) {
    const match = /^heap size= ?(\d{1,20})$/.exec(body);
    return match ? { kind: "heap", size: safe(match[1]) } : null;
  }
  if (body.startsWith("max used (")) {
    const match = /^max used \(\+overhead\)= ?(\d{1,20})(?:, max fragments=\d{1,20})?$/.exec(body);
    return match ? { kind: "max_used", size: safe(match[1]) } : null;
  }
  const match = body.startsWith("used=") ? COUNTERS.exec(body) : null;
  if (!match) return null;
  return {
    kind: "used",
    used: safe(match[1]),
    real_used: safe(match[2]),
    free: safe(match[3]),
    fragments: match[4] === undefined ? null : safe(match[4]),
  };
}

function readLists(body: string): Body | null {
  const fragment = FRAGMENT.exec(body);
  if (fragment) {
    const rest = (fragment[6] ?? "").trim();
    const listed = /^used=\d{1,9}$/.test(rest);
    // A gdb walk prints the location on the same line; anything else after the size is a cut or damaged line.
    if (!listed && !/\(\d{1,9}\)(?: mod=|$)/.test(rest)) return { kind: "broken" };
    return {
      kind: "fragment",
      number: safe(fragment[1]),
      free: fragment[2] !== "N",
      frag: Number.parseInt(fragment[4] ?? "", 16),
      size: safe(fragment[5]),
      location: listed ? null : rest,
    };
  }
  const count = COUNT.exec(body);
  if (count) {
    const location = count[3] ?? "";
    return /\(\d{1,9}\)$/.test(location)
      ? { kind: "count", count: safe(count[1]), bytes: safe(count[2]), location }
      : { kind: "broken" };
  }
  const hash = HASH.exec(body);
  if (hash) {
    const bucket = BUCKET.exec(hash[3] ?? "");
    return { kind: "bucket_of", hash: Number(hash[1]), fragments: safe(hash[2]), first: bucket ? safe(bucket[3]) : null };
  }
  const total = TOTAL.exec(body);
  if (total) return { kind: "total", fragments: safe(total[1]), bytes: safe(total[2]) };
  const row = ROW.exec(body);
  if (row) return { kind: "row", row: Number(row[1]), cells: row[2] ?? "" };
  if (body.startsWith("dumping all")) return { kind: "list" };
  if (body.startsWith("dumping free list")) return { kind: "free_list" };
  if (body.startsWith("Free blocks matrix")) return { kind: "matrix" };
  if (body.startsWith("not available (")) return { kind: "no_sums" };
  const pool = /^pool \((0x[\da-f]{1,16})\) summarizing/.exec(body);
  if (pool) return { kind: "sums", address: hex(pool[1]) };
  const block = /^qm_status \((0x[\da-f]{1,16})\):/.exec(body);
  return block ? { kind: "block", address: hex(block[1]) } : null;
}

/** A decimal number, NaN when a double cannot hold it exactly: then the caller warns instead of giving a wrong one. */
function safe(digits: string | undefined): number {
  const value = Number(digits);
  return Number.isSafeInteger(value) && value >= 0 ? value : Number.NaN;
}

function hex(digits: string | undefined): number {
  return Number.parseInt(digits ?? "", 16);
}
