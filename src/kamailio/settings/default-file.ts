/** Settings in /etc/default/kamailio, /etc/sysconfig/kamailio, /etc/conf.d/kamailio and in init scripts, without a unit beside them. */
import { splitShellWords } from "../shell-words.js";
import { applyOptions, asWords, type VariableOrigin } from "./apply-options.js";
import { type Command, findInWords, plainWords } from "./command-line.js";
import type { Word } from "./options.js";
import type { ReadingBuilder } from "./reading-builder.js";
import { type Assignment, expandVariables, isKnownVariable, OPTION_VARIABLES, RC_FLAGS, VALUE_VARIABLES } from "./variables.js";

/** The last assignment of each name, commented ones left out. */
export function variablesOf(assignments: readonly Assignment[]): Map<string, Assignment> {
  const variables = new Map<string, Assignment>();
  for (const one of assignments) {
    if (one.commented) continue;
    // `SHM_MEMORY=$((`echo $SHM_MEMORY | sed ...`))` of the init scripts only drops what is no digit.
    if (one.value.includes(`$${one.name}`)) continue;
    // `SHM_MEMORY=${SHM_MEMORY:-64}`: what stood there before, or the default.
    const own = one.value.includes(`\${${one.name}`);
    variables.set(one.name, own ? { ...one, value: expand(one.value, variables) } : one);
  }
  return variables;
}

/** Says which known settings stand behind a comment mark and therefore set nothing. */
export function warnOfCommentedOut(builder: ReadingBuilder, assignments: readonly Assignment[]): void {
  const set = variablesOf(assignments);
  const commented = assignments.filter((one) => one.commented && isKnownVariable(one.name) && !set.has(one.name));
  if (commented.length === 0) return;
  builder.warn(`commented out, so they set nothing: ${commented.map((one) => one.line).join(", ")}`);
}

/** Reads the variables of a default file alone. */
export function applyDefaultFile(builder: ReadingBuilder, assignments: readonly Assignment[], openrc: boolean): void {
  warnOfCommentedOut(builder, assignments);
  const variables = variablesOf(assignments);
  const isOpenrc = openrc || variables.has("KAMAILIO_OPTS");
  builder.form(isOpenrc ? "openrc" : variables.has(RC_FLAGS) ? "rc_conf" : "default_file");
  if (isOpenrc) builder.set("service_manager", "openrc", "default_file", "KAMAILIO_OPTS");
  const words: Word[] = [];
  for (const [name, option] of Object.entries(VALUE_VARIABLES)) {
    const one = variables.get(name);
    if (one === undefined || one.value === "") continue;
    const text = expand(one.value, variables);
    if ((option === "-m" || option === "-M") && /^\d{1,9}\s?[kKmMgG][bB]?$/.test(text))
      builder.warn(
        `${one.line}: the value is a number of MB without a unit; the init script drops the letters, a unit passes them on and the server ends`,
      );
    words.push({ text: option }, { text, variable: name, written: one.value });
  }
  for (const name of OPTION_VARIABLES) {
    const one = variables.get(name);
    if (one === undefined) continue;
    for (const text of wordsOf(expand(one.value, variables))) words.push({ text, variable: name });
    if (name === "EXTRA_OPTIONS")
      builder.warn("EXTRA_OPTIONS is read by the RPM packages' init scripts; the Debian unit and init script ignore it");
  }
  applyOptions(builder, words, "default_file", originsOf(variables, "default_file", true));
  if (variables.get("RUN_KAMAILIO")?.value === "no") builder.warn("RUN_KAMAILIO=no: the init script does not start the server");
}

/** Where each variable was set. A value from a default file keeps its variable, so that a unit posted elsewhere can be overruled by it. */
export function originsOf(
  variables: ReadonlyMap<string, Assignment>,
  source: "default_file" | "service_unit",
  replaceable: boolean,
): Map<string, VariableOrigin> {
  const origins = new Map<string, VariableOrigin>();
  for (const [name, one] of variables) origins.set(name, { source, quote: one.line, replaceable });
  return origins;
}

/** What a shell has in its variables once it ran these lines, the environment that it was started with left out. */
function shellVariables(assignments: readonly Assignment[]): Map<string, Assignment> {
  const variables = new Map<string, Assignment>();
  for (const one of assignments) if (!one.commented) variables.set(one.name, { ...one, value: expand(one.value, variables) });
  return variables;
}

/**
 * Reads a script that starts Kamailio (the entry point of an image, a wrapper): its command line with the variables that the script sets. A
 * default (`${SHM_MEMORY:-64}`) is what the server gets unless the environment says otherwise.
 */
export function applyStartScript(builder: ReadingBuilder, command: Command, assignments: readonly Assignment[]): void {
  builder.form("start_script");
  const variables = shellVariables(assignments);
  const words = command.args.flatMap((written): Word[] => {
    if (!written.includes("$")) return asWords([written]);
    const text = expand(written, variables);
    const name = /\$\{?([A-Za-z_]\w{0,60})/.exec(written)?.[1] ?? "";
    if (text.includes("$")) return [{ text: null, variable: name, written }];
    // Unquoted, an empty variable is no word and a longer one is several (POSIX.1, 2.6.5).
    return plainWords(text).map((one) => ({ text: one, variable: name, written }));
  });
  applyOptions(builder, words, "default_file");
  if (command.binary.includes("/")) builder.set("binary", command.binary, "default_file", command.binary);
  builder.warn(
    "read from a script, with its defaults where the environment sets nothing; what the process got says: tr '\\0' ' ' < /proc/$(pidof -s kamailio)/cmdline (in a container /proc/1/cmdline)",
  );
}

/** Reads an init script: the variables it sets and the options it builds from them. */
export function applyInitScript(builder: ReadingBuilder, assignments: readonly Assignment[], openrc: boolean): void {
  builder.form("init_script");
  builder.set("service_manager", openrc ? "openrc" : "sysvinit", "service_unit", "init script");
  const variables = variablesOf(assignments);
  const built = ["OPTIONS", "command_args", "DAEMON_ARGS", "KAMAILIO_OPTS"]
    .map((name) => variables.get(name))
    .find((one) => one !== undefined);
  if (built === undefined) {
    builder.warn("the script names no options for Kamailio");
    return;
  }
  const words: Word[] = plainWords(built.value).flatMap((written) => {
    const name = /^\$\{?([A-Za-z_]\w{0,60})/.exec(written)?.[1];
    const text = expand(written, variables);
    if (name === undefined) return asWords([text]);
    if (text.startsWith("$") || /`|\$\(/.test(text)) return [{ text: null, variable: name, written }];
    return wordsOf(text).map((one) => ({ text: one, variable: name, written }));
  });
  applyOptions(builder, words, "service_unit", originsOf(variables, "service_unit", true));
  const binary = [variables.get("DAEMON"), variables.get("KAM"), variables.get("command")].find((one) =>
    one?.value.startsWith("/"),
  );
  if (binary !== undefined) builder.set("binary", binary.value, "service_unit", binary.line);
  builder.warn(
    "the script reads its default file (/etc/default/kamailio or /etc/sysconfig/kamailio) over these values: send that as well",
  );
}

function expand(text: string, variables: ReadonlyMap<string, Assignment>): string {
  return expandVariables(text, (name) => variables.get(name)?.value);
}

function wordsOf(text: string): string[] {
  const words = splitShellWords(text) ?? plainWords(text);
  return words.length > 1 ? (findInWords(words)?.args ?? words) : words;
}
