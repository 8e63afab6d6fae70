/**
 * Finds the labels of a version text: the tokens that `-I`, `-V`, `core.info` and the MI command `version` put before each value. They
 * anchor the reader; where on a line they stand, and how lines are wrapped, does not matter.
 *
 * Printed by print_internals() and print_ver (main.c:286@3.3.7, src/main.c:271@5.6.3), by core_info (core_cmd.c) and by SER and OpenSIPS.
 */

export type Label =
  | "print_out"
  | "version"
  | "bare_version"
  | "server"
  | "name"
  | "config"
  | "modules"
  | "run_dir"
  | "flags"
  | "bare_flags"
  | "poll"
  | "sctp"
  | "revision"
  | "id"
  | "cvs_id"
  | "compiler"
  | "architecture"
  | "date"
  | "compiled_on"
  | "mi_compiled_on"
  | "compiled_with"
  | "rpc_compiler"
  | "rpc_compiled"
  | "build"
  | "clock"
  | "max_recv_buffer_size"
  | "max_send_buffer_size"
  | "max_listen"
  | "max_uri_size"
  | "buf_size"
  | "adaptive_wait_loops"
  | "pkg_size"
  | "shm_size"
  | "usage"
  | "end";

export interface LabelAt {
  label: Label;
  /** Where the label begins; for a value without a label, where the value begins. */
  start: number;
  /** Where its value begins. */
  value: number;
}

/** The labels as they are printed. */
const LABELS: ReadonlyMap<string, Label> = new Map([
  ["Print out of", "print_out"],
  ["version:", "version"],
  ["Version:", "version"],
  ["version::", "version"],
  ["Server::", "server"],
  ["name:", "name"],
  ["Default config:", "config"],
  ["Default path to modules:", "modules"],
  ["Default paths to modules:", "modules"],
  ["Default path to runtime dir:", "run_dir"],
  ["Compile flags:", "flags"],
  ["flags:", "flags"],
  ["Flags::", "flags"],
  ["TCP poll methods:", "poll"],
  ["poll method support:", "poll"],
  ["sctp unsupported socket options:", "sctp"],
  ["Source code revision ID:", "revision"],
  ["git revision:", "revision"],
  ["svnrevision:", "revision"],
  ["GIT::", "revision"],
  ["SVN::", "revision"],
  ["id:", "id"],
  ["sourceid:", "id"],
  ["@(#) $Id:", "cvs_id"],
  ["Compiled with:", "compiler"],
  ["Compiled architecture:", "architecture"],
  ["Compiled on:", "date"],
  ["compiled on", "compiled_on"],
  ["main.c compiled on", "compiled_on"],
  ["mi_core.c compiled on", "mi_compiled_on"],
  ["compiled with", "compiled_with"],
  ["main.c compiled with", "compiled_with"],
  ["compiler:", "rpc_compiler"],
  ["compiled:", "rpc_compiled"],
  ["Build::", "build"],
  ["time_now:", "clock"],
  ["time_started:", "clock"],
  ["uptime_secs:", "clock"],
  ["utime_days:", "clock"],
  ["MAX_RECV_BUFFER_SIZE", "max_recv_buffer_size"],
  ["MAX_SEND_BUFFER_SIZE", "max_send_buffer_size"],
  ["MAX_LISTEN", "max_listen"],
  ["MAX_URI_SIZE", "max_uri_size"],
  ["BUF_SIZE", "buf_size"],
  ["ADAPTIVE_WAIT_LOOPS", "adaptive_wait_loops"],
  ["DEFAULT PKG_SIZE", "pkg_size"],
  ["DEFAULT SHM_SIZE", "shm_size"],
  ["Usage:", "usage"],
  ["Thank you for flying", "end"],
] as const);

/** For labels that a line end broke or that came in other capitals ("Version:"). */
const BY_LOWER_CASE: ReadonlyMap<string, Label> = new Map([...LABELS].map(([token, label]) => [token.toLowerCase(), label]));

const WITH_LABEL = [
  "Print\\s{1,9}out\\s{1,9}of",
  "[Vv]ersion::?",
  "Server::",
  "name:",
  "Default\\s{1,9}(?:config|paths?\\s{1,9}to\\s{1,9}(?:modules|runtime\\s{1,9}dir)):",
  "(?:Compile\\s{1,9}f|[Ff])lags::?",
  "(?:TCP\\s{1,9}poll\\s{1,9}methods|poll\\s{1,9}method\\s{1,9}support):",
  "sctp\\s{1,9}unsupported\\s{1,9}socket\\s{1,9}options:",
  "Source\\s{1,9}code\\s{1,9}revision\\s{1,9}ID:",
  "git\\s{1,9}revision:|svnrevision:|GIT::|SVN::|(?:source)?id:",
  "@\\(#\\)\\s{0,9}\\$Id:",
  "(?:(?:main|mi_core)\\.c\\s{1,9})?[Cc]ompiled\\s{1,9}(?:on|with|architecture)(?![a-z]):?",
  "compile[rd]:",
  "Build::",
  "(?:time_now|time_started|uptime_secs|utime_days):",
  "(?:MAX_(?:RECV_BUFFER_SIZE|SEND_BUFFER_SIZE|LISTEN|URI_SIZE)|BUF_SIZE|DEFAULT\\s{1,9}(?:PKG|SHM)_SIZE)(?![A-Z_])",
  "Usage:",
  "Thank\\s{1,9}you\\s{1,9}for\\s{1,9}flying",
].join("|");

/** What `core.version` and `core.flags` print has no label; it counts at the start of a line alone. */
const AT_LINE_START =
  "\\}|(?:kamailio|ser|sip-router|openser|opensips)\\s\\d{1,4}\\.[^\\s()]{1,40}\\s\\([^\\s()/]{1,40}/|STATS:\\s|USE_(?:TCP|IPV6),";

/** The blanks inside a label may be a line end; ADAPTIVE_WAIT_LOOPS may be glued to the flag before it. */
const ANY_LABEL = new RegExp(`ADAPTIVE_WAIT_LOOPS(?![A-Z_])|(?<![\\w.-])(?:${WITH_LABEL}|${AT_LINE_START})`, "g");

/** A text of this many labels is no version text any more. */
const MAX_LABELS = 5_000;

/** All labels of a text in their order. */
export function findLabels(text: string): LabelAt[] {
  const found: LabelAt[] = [];
  ANY_LABEL.lastIndex = 0;
  for (let match = ANY_LABEL.exec(text); match !== null && found.length < MAX_LABELS; match = ANY_LABEL.exec(text)) {
    const start = match.index;
    const token = match[0];
    if (token === "}") {
      if (beginsLine(text, start)) found.push({ label: "end", start, value: start + 1 });
      continue;
    }
    const label = LABELS.get(token) ?? BY_LOWER_CASE.get(token.toLowerCase().replace(/\s+/g, " "));
    if (label !== undefined) found.push({ label, start, value: start + token.length });
    else if (beginsLine(text, start) && !goesOn(text, start))
      found.push({
        label: token.startsWith("STATS") || token.startsWith("USE_") ? "bare_flags" : "bare_version",
        start,
        value: start,
      });
  }
  return found;
}

/** How far a line may be indented. */
const MAX_INDENT = 8;

function beginsLine(text: string, start: number): boolean {
  for (let i = start - 1; i >= start - MAX_INDENT; i--) {
    if (i < 0 || text[i] === "\n") return true;
    if (text[i] !== " " && text[i] !== "\t") return false;
  }
  return false;
}

/** The value of the line before goes on here, since that ends with a comma (a wrapped list) or with its label. */
function goesOn(text: string, start: number): boolean {
  for (let i = start - 1; i >= 0; i--) {
    const character = text[i];
    if (character === "," || character === ":") return true;
    if (character !== " " && character !== "\n" && character !== "\t") return false;
  }
  return false;
}
