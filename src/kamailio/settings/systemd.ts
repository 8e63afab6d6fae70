/**
 * Settings in systemd units: a unit file, `systemctl cat` with drop-ins, a drop-in alone, `systemctl show`. Environment files that stand
 * in the same text are read as systemd reads them: over `Environment=`.
 */
import { splitShellWords } from "../shell-words.js";
import { applyOptions, asWords, type VariableOrigin } from "./apply-options.js";
import { type Command, findInWords, plainWords } from "./command-line.js";
import { variablesOf, warnOfCommentedOut } from "./default-file.js";
import { binaryBytes } from "./memory-quantity.js";
import type { Word } from "./options.js";
import type { ReadingBuilder } from "./reading-builder.js";
import type { Assignment } from "./variables.js";

/** One `Key=value` of a unit. */
export interface UnitLine {
  key: string;
  value: string;
}

const UNIT_LINE = /^([A-Z][A-Za-z]{0,40}[a-z][A-Za-z]{0,40}|User|Group)\s{0,8}=\s{0,8}(.*)$/s;

/** `Key=value` with a key in systemd's spelling; `null` for another line. */
export function readUnitLine(line: string): UnitLine | null {
  const match = UNIT_LINE.exec(line.trim());
  return match === null ? null : { key: match[1] ?? "", value: match[2] ?? "" };
}

/** What the unit lines amount to, in their order: a later drop-in adds to lists, and an empty value empties them. */
interface Unit {
  execStart: string[];
  environment: Map<string, string>;
  environmentFiles: string[];
  single: Map<string, string>;
}

function readUnit(lines: readonly UnitLine[]): Unit {
  const unit: Unit = { execStart: [], environment: new Map(), environmentFiles: [], single: new Map() };
  for (const { key, value } of lines) {
    if (key === "ExecStart") {
      if (value === "") unit.execStart = [];
      else unit.execStart.push(value);
    } else if (key === "Environment") {
      if (value === "") unit.environment.clear();
      for (const word of splitShellWords(value) ?? plainWords(value)) {
        const equals = word.indexOf("=");
        if (equals > 0) unit.environment.set(word.slice(0, equals), word.slice(equals + 1));
      }
    } else if (key === "EnvironmentFile" || key === "EnvironmentFiles") {
      if (value === "") unit.environmentFiles = [];
      else unit.environmentFiles.push(value);
    } else {
      unit.single.set(key, value);
    }
  }
  return unit;
}

/** Variables of the packaged units, for a drop-in that sets one and does not repeat ExecStart. */
const PACKAGED = "-f $CFGFILE -m $SHM_MEMORY -M $PKG_MEMORY";

/** Reads the unit lines of a text; `assignments` are the lines of environment files in the same text. */
export function applyUnit(
  builder: ReadingBuilder,
  lines: readonly UnitLine[],
  assignments: readonly Assignment[],
  instance: string | null,
): void {
  const unit = readUnit(lines);
  const starts = unit.execStart.map(withoutShow).flatMap((line) => findInWords(splitExec(line)) ?? []);
  if (unit.execStart.length > 0 && starts.length === 0) {
    builder.warn(`ExecStart does not start Kamailio itself: ${unit.execStart.at(-1) ?? ""}`);
    return;
  }
  builder.form("systemd_unit");
  builder.set("service_manager", "systemd", "service_unit", "systemd unit");
  const files = variablesOf(assignments);
  const usesFiles = unit.environmentFiles.length > 0;
  if (files.size > 0 && !usesFiles && unit.execStart.length > 0)
    builder.warn("the unit names no EnvironmentFile, so the variables of the default file have no effect on it");
  warnOfCommentedOut(builder, assignments);
  const variables = new Map(unit.environment);
  const origins = originsOfEnvironment(unit, usesFiles && files.size === 0);
  if (usesFiles || unit.execStart.length === 0) {
    for (const [name, one] of files) {
      variables.set(name, one.value);
      origins.set(name, { source: "default_file", quote: one.line, replaceable: false });
    }
  }
  const known = (name: string) => variables.get(name);
  const open = usesFiles && files.size === 0;
  const command = commandOf(builder, unit, starts, variables);
  applyOptions(
    builder,
    command.flatMap((word) => expandWord(specifiers(word, instance), known, open)),
    "service_unit",
    origins,
  );
  for (const key of ["MemoryMax", "MemoryLimit"]) {
    const written = unit.single.get(key) ?? "";
    const bytes = binaryBytes(written);
    if (bytes !== null && !builder.has("memory_limit_bytes"))
      builder.set("memory_limit_bytes", bytes, "service_unit", `${key}=${written}`);
  }
  const user = unit.single.get("User");
  const group = unit.single.get("Group");
  if (user && !builder.has("user")) builder.set("user", user, "service_unit", `User=${user}`);
  if (group && !builder.has("group")) builder.set("group", group, "service_unit", `Group=${group}`);
  const pid = unit.single.get("PIDFile");
  if (pid && !builder.has("pid_file")) builder.set("pid_file", specifiers(pid, instance), "service_unit", `PIDFile=${pid}`);
}

function originsOfEnvironment(unit: Unit, replaceable: boolean): Map<string, VariableOrigin> {
  const origins = new Map<string, VariableOrigin>();
  for (const [name, value] of unit.environment)
    origins.set(name, { source: "service_unit", quote: `Environment=${name}=${value}`, replaceable });
  return origins;
}

/** The words behind the binary in ExecStart, not expanded; those of the packaged unit when a drop-in sets only variables. */
function commandOf(
  builder: ReadingBuilder,
  unit: Unit,
  starts: readonly Command[],
  variables: ReadonlyMap<string, string>,
): string[] {
  const command = starts.at(-1);
  if (command === undefined) {
    const words = splitExec(PACKAGED);
    const set = words.filter((word, at) => variables.has((word.startsWith("$") ? word : (words[at + 1] ?? "")).slice(1)));
    if (set.length > 0) builder.warn(`no ExecStart in this text: read with the options of the packaged unit (${PACKAGED})`);
    return set;
  }
  if (unit.execStart.length > 1 && unit.single.get("Type") !== "oneshot")
    builder.warn(
      'several ExecStart lines: systemd refuses the unit unless a drop-in first empties the list with "ExecStart="; read: the last one',
    );
  if (command.binary.includes("/")) builder.set("binary", command.binary, "service_unit", command.binary);
  return command.args;
}

/** `systemctl show` prints `{ path=... ; argv[]=/usr/sbin/kamailio -m 64 ; ignore_errors=no ; ... }`. */
function withoutShow(value: string): string {
  const argv = value.indexOf("argv[]=");
  if (argv === -1) return value;
  const end = value.indexOf(" ; ", argv);
  return value.slice(argv + "argv[]=".length, end === -1 ? value.length : end);
}

/** The words of ExecStart; the characters in front of the binary (`-`, `+`, `!`, `:`, `@`) are systemd's own. */
function splitExec(line: string): string[] {
  const words = splitShellWords(line) ?? plainWords(line);
  const first = words[0];
  return first === undefined ? [] : [first.replace(/^[-@:+!|]{1,4}(?=\/|\w)/, ""), ...words.slice(1)];
}

/** `%i` is the instance of a template unit; `%%` a percent sign. */
function specifiers(text: string, instance: string | null): string {
  return text.replace(/%[iI%]/g, (mark) => (mark === "%%" ? "%" : (instance ?? mark)));
}

/**
 * `$NAME` as a word of its own becomes as many words as its value holds, none when it is not set; `${NAME}` anywhere becomes one piece
 * (systemd.service(5), "Command lines"). `open`: an environment file that the text does not hold may set what is not set here.
 */
function expandWord(word: string, lookup: (name: string) => string | undefined, open: boolean): Word[] {
  const alone = /^\$([A-Za-z_]\w{0,60})$/.exec(word)?.[1];
  if (alone !== undefined) {
    const value = lookup(alone);
    if (value === undefined) return open ? [{ text: null, variable: alone, written: word }] : [];
    return plainWords(value).map((text) => ({ text, variable: alone, written: word }));
  }
  const name = /\$\{([A-Za-z_]\w{0,60})\}/.exec(word)?.[1];
  if (name === undefined) return asWords([word.replaceAll("$$", "$")]);
  if (lookup(name) === undefined && open) return [{ text: null, variable: name, written: word }];
  const text = word.replace(/\$\{([A-Za-z_]\w{0,60})\}/g, (_written, one: string) => lookup(one) ?? "");
  return [{ text, variable: name, written: word }];
}

/** The instance name in a path such as `/etc/systemd/system/kamailio@edge1.service.d/override.conf`; `null` without one. */
export function instanceInPath(path: string): string | null {
  return /kamailio@([\w.-]{1,60}?)\.service/.exec(path)?.[1] ?? null;
}

/** The unit's name in such a path, of a drop-in that of its unit; `null` for a template without an instance and for other files. */
export function unitInPath(path: string): string | null {
  const name = /\/systemd\/.{0,120}?\/([\w:.@-]{1,100}?)\.service(?:\.d\/.{0,200})?$/.exec(path)?.[1];
  return name === undefined || name.endsWith("@") ? null : name;
}
