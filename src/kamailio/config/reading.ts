/** What a kamailio.cfg says: the values that its reader returns (`read-config.ts`). Positions are a file and a line that starts at 1. */
import type { SettingsReading } from "../settings/settings.js";

export interface ConfigPlace {
  file: string;
  line: number;
  end_line: number;
}

/** A value as it is after defines and substitutions. Numbers include yes/no/on/off; `null` when it is only known at run time. */
export type ConfigValue = number | string | null;

/** `name = value` of the core. The last one of a name wins, except for lists, which gather, and `shm`, whose first one wins. */
export interface CoreAssignment extends ConfigPlace {
  /** The canonical name (`shm_mem_size` is `shm`). */
  name: string;
  /** As it is written. */
  written: string;
  /** What stands after `=`, as written. */
  raw: string;
  value: ConfigValue;
  /** How many `#!ifdef` are open around it: 0 is always read. */
  depth: number;
}

/** `group.name = value desc "..."`: a variable of the configuration's own. */
export interface CustomAssignment extends ConfigPlace {
  group: string;
  name: string;
  value: ConfigValue;
}

export interface LoadedModule extends ConfigPlace {
  /** Without path and `.so`. */
  name: string;
  raw: string;
  depth: number;
}

export interface ModuleParameterLine extends ConfigPlace {
  /** `modparam("a|b", ...)` sets it for both. */
  modules: string[];
  name: string;
  type: "int" | "string" | "variable";
  value: ConfigValue;
  raw: string;
  depth: number;
}

export type SocketProtocol = "udp" | "tcp" | "tls" | "sctp" | "ws" | "wss";

/** One `listen` item or one `socket` block. */
export interface ListenSocket extends ConfigPlace {
  /** `null`: every protocol that is on. */
  protocol: SocketProtocol | null;
  /** An address, a name or an interface. */
  address: string;
  port: number | null;
  advertise: string | null;
  name: string | null;
  agname: string | null;
  virtual: boolean;
  /** Its own workers: `socket.workers`, or the `socket_workers` before a `listen`; 0 is none. */
  workers: number;
}

export interface RouteBlock extends ConfigPlace {
  kind: string;
  /** What stands in the brackets; "" for the default route. */
  name: string;
}

export interface Define extends ConfigPlace {
  name: string;
  /** `null`: defined without a value. */
  value: string | null;
  kind: "define" | "trydefine" | "redefine" | "substdef" | "environment" | "expression" | "command_line" | "predefined";
}

export interface IncludedFile extends ConfigPlace {
  kind: "include_file" | "import_file";
  path: string;
  /** The name among the given files; `null` when it is not there. */
  found: string | null;
}

/** Text that a condition leaves out. */
export interface SkippedPart extends ConfigPlace {
  condition: string;
}

/** A statement that is not understood, with a bounded piece of it. */
export interface UnknownStatement extends ConfigPlace {
  text: string;
  reason: string;
}

/** What the routes are made of, in numbers: each stands in the private memory of every process. */
export interface ScriptCounts {
  /** Calls of a function, of a module or of the core. */
  calls: number;
  /** `route(NAME)`. */
  route_calls: number;
  /** `drop`, `exit`, `return`, `break` and their kin without brackets. */
  actions: number;
  /** `if`, `while`, `switch`. */
  conditions: number;
  /** `$var(x) = ...` and its kin. */
  assignments: number;
  /** Comparisons, `&&`, `||`, `+` and other operators. */
  operators: number;
  /** Strings among the arguments, and their characters. */
  strings: number;
  string_characters: number;
  /** Pseudo-variables inside strings. */
  variables_in_strings: number;
}

export interface ConfigReading {
  main: string;
  /** The files as they were given, secrets removed, with the same number of lines. */
  texts: Record<string, string>;
  /** For each file the lines that no longer read as they do on disk, because a secret was removed. */
  redacted_lines: Record<string, number[]>;
  /** The files that were really read, in order of their first line. */
  files_read: string[];
  script_type: "kamailio" | "ser" | "maxcompat" | null;
  includes: IncludedFile[];
  defines: Define[];
  skipped: SkippedPart[];
  core: CoreAssignment[];
  custom: CustomAssignment[];
  module_paths: (ConfigPlace & { value: string; raw: string })[];
  modules: LoadedModule[];
  modparams: ModuleParameterLine[];
  sockets: ListenSocket[];
  aliases: (ConfigPlace & { value: string })[];
  routes: RouteBlock[];
  script: ScriptCounts;
  /** The domains of usrloc that routes name (`save("location")`): each becomes a table in shared memory. */
  script_domains: string[];
  /** The engine that runs the routes when it is not the native script. */
  engine: string | null;
  unknown: UnknownStatement[];
  warnings: string[];
  secrets_removed: number;
  /** The values among them that are settings, each with the line that shows it. */
  settings: SettingsReading["values"];
}
