/**
 * Kamailio's own command line options as its getopt reads them: `-m64`, `-m 64`, `-DDE`, repeated options, long options with `=` or a
 * blank and shortened ones, options after other words. What a release does with a value is decided where the release is known
 * (`effective.ts`); here a value is kept as it was given, and one that no release accepts is refused.
 *
 * Source: `options = ":f:cm:M:dVIhEeb:B:l:L:n:vKrRDTN:W:w:t:u:g:P:G:SQ:O:a:A:x:X:Y:"` and `long_options` in src/main.c@5.8.0; the same
 * letters with fewer of them since 3.3.
 */
import type { Manager } from "../pool.js";
import type { SettingName, SettingValues } from "./settings.js";

/** One argument. `text` is `null` when it comes from a variable whose value the text does not show. */
export interface Word {
  text: string | null;
  /** The variable that it was expanded from. */
  variable?: string;
  /** How it was written when it was expanded. */
  written?: string;
}

/** What the options set. */
export interface OptionsReading {
  values: { name: SettingName; value: SettingValues[SettingName]; quote: string; variable?: string }[];
  refused: { name: SettingName; quote: string; reason: string }[];
  /** Options whose value the text does not show. */
  unresolved: { name: SettingName; variable: string }[];
  unknown: string[];
  warnings: string[];
  /** What this command line does: only `serve` runs a server. */
  action: "serve" | "check" | "print";
  /** The last option lacks its argument: the line was cut off. */
  cut: boolean;
}

/** Short options that take an argument. `s` exists up to 5.2 in builds with STATS. */
const WITH_ARGUMENT = "fmMbBlLnNWwtugPGQOaAxXYs";
const WITHOUT_ARGUMENT = "cdVIhEevKrRDTS";
const LONG_WITH_ARGUMENT =
  "alias atexit domain subst substdef substdefs server-id loadmodule modparam log-engine debug iuid".split(" ");
const LONG_WITHOUT_ARGUMENT = "all-errors cfg-print help version".split(" ");

/** Sizes that every release takes, in MB (src/main.c:2337@5.8.0; older ones fail when they map the memory). */
const MAX_SHM_SIZE_MB = 16_777_216;
const MAX_PKG_SIZE_MB = 1_048_576;

const MANAGERS: Record<string, Manager> = {
  fm: "fm",
  f_malloc: "fm",
  fmalloc: "fm",
  qm: "qm",
  q_malloc: "qm",
  qmalloc: "qm",
  tlsf: "tlsf",
  tlsf_malloc: "tlsf",
};

/** `fm`, `q_malloc`, `tlsf_malloc`, ... (mem/pkg.c:57@4.4.0); `null` for any other word. */
export function managerNamed(name: string): Manager | null {
  return Object.hasOwn(MANAGERS, name) ? (MANAGERS[name] ?? null) : null;
}

/** Reads the arguments that follow the name of the binary. */
export function readOptions(words: readonly Word[]): OptionsReading {
  const options = new Options();
  let at = 0;
  while (at < words.length) {
    const word = words[at];
    at++;
    const text = word?.text ?? null;
    if (word === undefined || text === "--") break;
    if (text === null) options.unknownWord(word);
    else if (text.startsWith("--")) at = options.long(text.slice(2), word, words, at);
    else if (text.startsWith("-") && text.length > 1) at = options.short(text.slice(1), word, words, at);
  }
  return options.finish();
}

class Options {
  private readonly reading: OptionsReading = {
    values: [],
    refused: [],
    unresolved: [],
    unknown: [],
    warnings: [],
    action: "serve",
    cut: false,
  };
  private dont_fork = 0;
  private debug: number | null = null;
  private debugQuote = "";
  private modules: string[] = [];

  unknownWord(word: Word): void {
    this.reading.unknown.push(word.written ?? "");
  }

  /** A group of letters (`DDE`, `m64`); returns where the next word is. */
  short(letters: string, word: Word, words: readonly Word[], next: number): number {
    for (let at = 0; at < letters.length; at++) {
      const letter = letters.charAt(at);
      if (WITHOUT_ARGUMENT.includes(letter)) {
        this.flag(letter);
      } else if (WITH_ARGUMENT.includes(letter)) {
        const glued = letters.slice(at + 1);
        if (glued !== "") {
          this.argument(letter, { ...word, text: glued }, `-${letter}${glued}`);
          return next;
        }
        const argument = words[next];
        if (argument === undefined) {
          this.reading.cut = true;
          this.reading.warnings.push(`-${letter} has no value: the line was cut off, or the server refuses to start`);
          return next;
        }
        this.argument(letter, argument, `-${letter} ${argument.written ?? argument.text ?? ""}`);
        return next + 1;
      } else {
        this.reading.unknown.push(`-${letter}`);
      }
    }
    return next;
  }

  long(text: string, word: Word, words: readonly Word[], next: number): number {
    const equals = text.indexOf("=");
    const typed = equals === -1 ? text : text.slice(0, equals);
    const name = fullName(typed);
    if (name === null) {
      this.reading.unknown.push(`--${typed}`);
      return next;
    }
    if (LONG_WITHOUT_ARGUMENT.includes(name)) {
      if (name !== "all-errors") this.reading.action = "print";
      return next;
    }
    if (equals !== -1) {
      this.argument(name, { ...word, text: text.slice(equals + 1) }, `--${text}`);
      return next;
    }
    const argument = words[next];
    if (argument === undefined) {
      this.reading.cut = true;
      return next;
    }
    this.argument(name, argument, `--${name} ${argument.written ?? argument.text ?? ""}`);
    return next + 1;
  }

  private flag(letter: string): void {
    if (letter === "d") this.setDebug((this.debug ?? 0) + 1, "-d");
    else if (letter === "D") this.dont_fork++;
    else if (letter === "E") this.set("log_stderror", 1, "-E");
    else if (letter === "T") this.set("disable_tcp", 1, "-T");
    else if (letter === "c") this.reading.action = "check";
    else if ("VIh".includes(letter)) this.reading.action = "print";
    else if (letter === "v")
      this.reading.warnings.push("-v prints the version and ends (up to 3.3 it switched the check of the Via host on)");
  }

  private argument(option: string, word: Word, quote: string): void {
    const name = SETTING_OF_OPTION[option];
    if (word.text === null) {
      if (name !== undefined && word.variable !== undefined) this.reading.unresolved.push({ name, variable: word.variable });
      return;
    }
    const text = word.text;
    if (option === "m") this.size("shm_size_mb", text, quote, MAX_SHM_SIZE_MB, word.variable);
    else if (option === "M") this.size("pkg_size_mb", text, quote, MAX_PKG_SIZE_MB, word.variable);
    else if (option === "x") this.manager("shm_manager", text, quote, word.variable);
    else if (option === "X") this.manager("pkg_manager", text, quote, word.variable);
    else if (option === "n" || option === "N")
      this.count(option === "n" ? "children" : "tcp_children", text, quote, word.variable);
    else if (option === "debug") this.debugLevel(text, quote);
    else if (option === "loadmodule") this.modules.push(text);
    else if (option === "log-engine" || name !== undefined) this.set(name ?? "log_engine", text, quote, word.variable);
  }

  private size(name: "shm_size_mb" | "pkg_size_mb", text: string, quote: string, max: number, variable?: string): void {
    const number = strtol(text);
    const option = name === "shm_size_mb" ? "-m" : "-M";
    if (number === null) {
      const words = name === "shm_size_mb" ? "bad shmem size number" : "bad private mem size number";
      this.refuse(name, quote, `not a number of megabytes; the server prints "${words}: ${option} ${text}" and ends with 255`);
    } else if (number < 0) {
      this.refuse(
        name,
        quote,
        'negative; 5.8.0 and newer say "out of limits", older ones fail to allocate the pool and end with 255',
      );
    } else if (number > max) {
      this.refuse(
        name,
        quote,
        `above ${max} MB; 5.8.0 and newer say "out of limits", older ones fail to allocate the pool and end with 255`,
      );
    } else {
      if (number === 0)
        this.reading.warnings.push(`${quote}: 0 means the default up to 5.7; 5.8.0 and newer refuse to start with it`);
      this.set(name, number, quote, variable);
    }
  }

  private manager(name: "shm_manager" | "pkg_manager", text: string, quote: string, variable?: string): void {
    const manager = managerNamed(text);
    if (manager === null)
      this.refuse(name, quote, "no memory manager (fm, qm or tlsf); the server ends with 255 and prints nothing");
    else this.set(name, manager, quote, variable);
  }

  private count(name: "children" | "tcp_children", text: string, quote: string, variable?: string): void {
    const number = strtol(text);
    if (number === null) this.refuse(name, quote, "not a number; the server ends with 255 (bad process number)");
    else this.set(name, number, quote, variable);
  }

  private debugLevel(text: string, quote: string): void {
    const number = strtol(text);
    if (number === null) this.refuse("debug", quote, "not a number; the server ends with 255 (bad debug level value)");
    else this.setDebug(number, quote);
  }

  private setDebug(value: number, quote: string): void {
    this.debug = value;
    this.debugQuote = this.debugQuote === "" || quote !== "-d" ? quote : `${this.debugQuote} ${quote}`.slice(0, 60);
  }

  private set<Name extends SettingName>(name: Name, value: SettingValues[Name], quote: string, variable?: string): void {
    this.forget(name);
    this.reading.values.push(variable === undefined ? { name, value, quote } : { name, value, quote, variable });
  }

  /** The last one of a repeated option counts, also for what is refused: the server ends at the first bad one, so that stays. */
  private forget(name: SettingName): void {
    const before = this.reading.values.findIndex((value) => value.name === name);
    if (before !== -1) this.reading.values.splice(before, 1);
  }

  private refuse(name: SettingName, quote: string, reason: string): void {
    this.forget(name);
    this.reading.refused.push({ name, quote, reason });
  }

  finish(): OptionsReading {
    if (this.dont_fork > 0) this.set("fork", this.dont_fork === 1 ? 0 : 1, `-${"D".repeat(Math.min(this.dont_fork, 8))}`);
    if (this.debug !== null) this.set("debug", this.debug, this.debugQuote);
    if (this.modules.length > 0) this.set("modules", this.modules.slice(0, 500), "--loadmodule");
    const refusedNames = new Set(this.reading.refused.map((one) => one.name));
    this.reading.values = this.reading.values.filter((one) => !refusedNames.has(one.name));
    const size = (name: SettingName) => Number(this.reading.values.find((one) => one.name === name)?.value ?? Number.NaN);
    if (size("pkg_size_mb") > size("shm_size_mb") && size("shm_size_mb") > 0)
      this.reading.warnings.push(
        `-M (private memory of each process) is larger than -m (shared memory of all): -m ${size("shm_size_mb")} -M ${size("pkg_size_mb")} look swapped`,
      );
    return this.reading;
  }
}

const SETTING_OF_OPTION: Record<string, SettingName | undefined> = {
  m: "shm_size_mb",
  M: "pkg_size_mb",
  x: "shm_manager",
  X: "pkg_manager",
  n: "children",
  N: "tcp_children",
  f: "config_file",
  P: "pid_file",
  Y: "run_dir",
  u: "user",
  g: "group",
  debug: "debug",
  "log-engine": "log_engine",
};

/** getopt_long takes any beginning of a long option that fits only one. */
function fullName(typed: string): string | null {
  const all = [...LONG_WITH_ARGUMENT, ...LONG_WITHOUT_ARGUMENT];
  if (all.includes(typed)) return typed;
  const fitting = all.filter((name) => typed.length > 0 && name.startsWith(typed));
  return fitting.length === 1 ? (fitting[0] ?? null) : null;
}

/** C's `strtol(text, &end, 10)` with nothing behind the number; the empty word is 0. `null` when something is behind it. */
function strtol(text: string): number | null {
  if (text === "") return 0;
  return /^\s{0,20}[+-]?\d{1,18}$/.test(text) ? Number(text) : null;
}
