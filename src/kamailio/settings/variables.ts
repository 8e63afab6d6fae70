/**
 * Lines that set variables: /etc/default/kamailio, /etc/sysconfig/kamailio, /etc/conf.d/kamailio, an init script, EnvironmentFile of a
 * unit. And the expansion of `$NAME` with them.
 */
import { splitShellWords } from "../shell-words.js";

/** What a line sets. */
export interface Assignment {
  name: string;
  value: string;
  /** The line as it stands, without a comment mark. */
  line: string;
  /** It stands behind `#`: it sets nothing, but a reader may take it for a setting. */
  commented: boolean;
}

const ASSIGNMENT = /^(#?)\s{0,20}(?:export\s{1,8})?([A-Za-z_][A-Za-z0-9_]{0,60})=(.*)$/s;

/** `NAME=value` as a shell and systemd read it; `null` for another line. Names in capitals only: `command_args` excepted. */
export function readAssignment(line: string): Assignment | null {
  const match = ASSIGNMENT.exec(line.trim());
  if (match === null) return null;
  const name = match[2] ?? "";
  if (name !== name.toUpperCase() && name !== "command_args" && name !== "command" && name !== RC_FLAGS) return null;
  const raw = match[3] ?? "";
  return { name, value: firstWord(raw), line: line.trim().replace(/^#\s{0,20}/, ""), commented: match[1] === "#" };
}

/** `: "${NAME:=value}"`, how scripts give a variable its default; `null` for another line. */
export function readDefault(line: string): Assignment | null {
  const match = /^:\s{1,8}(["']?)(\$\{([A-Z_][A-Z0-9_]{0,60}):?=[^{}$]{0,200}\})\1$/.exec(line.trim());
  if (match === null) return null;
  return { name: match[3] ?? "", value: match[2] ?? "", line: line.trim(), commented: false };
}

/** FreeBSD's and OpenBSD's /etc/rc.conf: the flags of a service (rc.subr(8)). */
export const RC_FLAGS = "kamailio_flags";

/** The value ends at the first blank outside quotes. */
function firstWord(raw: string): string {
  if (raw === "" || /^\s/.test(raw)) return "";
  return splitShellWords(raw)?.[0] ?? raw.trim();
}

/** How deep variables may name others. */
const MAX_DEPTH = 8;
/** What a value may grow to: `A=$B$B`, `B=$C$C`, ... doubles with each. */
const MAX_EXPANDED = 4000;

const REFERENCE = /\$(?:\{([A-Za-z_]\w{0,60})(?:(:?[-+?=])([^{}$]{0,200}))?\}|([A-Za-z_]\w{0,60}))/g;

/** Expands `$NAME`, `${NAME}` and `${NAME:-default}`. A name that `lookup` does not know stays as it is written. */
export function expandVariables(text: string, lookup: (name: string) => string | undefined, depth = 0): string {
  if (depth > MAX_DEPTH || text.length > MAX_EXPANDED) return text;
  const expanded = text.replace(
    REFERENCE,
    (written: string, braced?: string, operator?: string, word?: string, bare?: string) => {
      const value = lookup(braced ?? bare ?? "");
      if (operator?.endsWith("-") || operator?.endsWith("="))
        return value === undefined || (value === "" && operator.startsWith(":")) ? (word ?? "") : value;
      if (operator?.endsWith("+")) return value === undefined || value === "" ? "" : (word ?? "");
      return value ?? written;
    },
  );
  return expanded === text || !expanded.includes("$") ? expanded : expandVariables(expanded, lookup, depth + 1);
}

/**
 * Is this name that of a pool's size in somebody's template, image or inventory (`KAMAILIO_SHM_MEMORY`, `pkgMemory`, `kamailio_shared_mem_mb`)?
 * `null` when it is not.
 */
export function looksLikePoolSize(name: string): "-m" | "-M" | null {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  const match = /(shm|shared|pkg|private)(?:mem|memory|size|sz|pool|mb|limit)+$/.exec(plain);
  if (match === null) return null;
  return match[1] === "shm" || match[1] === "shared" ? "-m" : "-M";
}

/** Variables of the packages' files that hold options of Kamailio. In their order: a later one stands behind. */
export const OPTION_VARIABLES = [
  "OPTIONS",
  "KAMAILIO_OPTS",
  "KAMAILIO_OPTIONS",
  "OPTS",
  "DAEMON_ARGS",
  "DAEMON_OPTS",
  "EXTRA_OPTIONS",
  "EXTRA_OPTS",
  RC_FLAGS,
];

/** Variables of the packages' files that hold one value (facts: "Where packages set sizes"). CentOS 6 names the shared size MEMORY. */
export const VALUE_VARIABLES: Readonly<Record<string, string>> = {
  SHM_MEMORY: "-m",
  MEMORY: "-m",
  PKG_MEMORY: "-M",
  USER: "-u",
  GROUP: "-g",
  CFGFILE: "-f",
  KAMCFG: "-f",
  PIDFILE: "-P",
  PID_FILE: "-P",
};

/** True for a variable that the start files of Kamailio know. */
export function isKnownVariable(name: string): boolean {
  return Object.hasOwn(VALUE_VARIABLES, name) || OPTION_VARIABLES.includes(name) || OTHER_VARIABLES.has(name);
}

const OTHER_VARIABLES = new Set(["RUN_KAMAILIO", "DUMP_CORE", "COREDIR", "command_args", "command", "HOMEDIR", "DAEMON"]);
