/**
 * The pre-processor of kamailio.cfg: defines, conditions, substitutions and includes, as cfg.lex acts on them. `#!` and `!!` are the same; a
 * word that the release does not know is a comment (so `#!ifexp` before 5.7 guards nothing).
 */
import { directiveKnown } from "../knowledge/directives.js";
import { factAt, type Row } from "../knowledge/releases.js";
import type { Version } from "../version.js";
import { evaluateExpression, isTrue } from "./expression.js";
import { MAX_CONDITIONS, MAX_KEPT, MAX_UNKNOWN, MAX_VALUE } from "./limits.js";
import type { ConfigPlace, Define, SkippedPart } from "./reading.js";
import { literalSubstitution, type Substitution, splitSubstitution, substitute } from "./substitutions.js";

/** Which names are defined before the first line. */
const CORE_DEFINES: readonly Row<{ numbers: boolean; version: boolean }>[] = [
  { since: "3.3.5", until: "5.6.1", value: { numbers: false, version: false }, source: "src/core/ppcfg.c@5.6.1" },
  { since: "5.6.2", until: "5.6.6", value: { numbers: true, version: false }, source: "src/core/ppcfg.c@5.6.2" },
  { since: "5.7.0", until: null, value: { numbers: true, version: true }, source: "src/core/ppcfg.c:338@5.7.0" },
];

/** `loadmodule` defines MOD_name. */
const MODULE_DEFINES: readonly Row<boolean>[] = [
  { since: "3.3.5", until: "4.0.7", value: false, source: "sr_module.c@4.0.7" },
  { since: "4.1.0", until: null, value: true, source: "sr_module.c@4.1.9" },
];

interface Condition {
  holds: boolean;
  text: string;
}

export class Preprocessor {
  readonly defines: Define[] = [];
  readonly skipped: SkippedPart[] = [];
  readonly warnings: string[] = [];
  private readonly byName = new Map<string, Define>();
  private readonly conditions: Condition[] = [];
  private readonly substitutions: Substitution[] = [];
  private skippingFrom: { file: string; line: number; text: string } | null = null;

  constructor(
    private readonly version: Version | null,
    commandLine: ReadonlyMap<string, string | null>,
  ) {
    const nowhere = { file: "", line: 0, end_line: 0 };
    for (const [name, value] of commandLine) this.set({ ...nowhere, name, value, kind: "command_line" });
    const core = factAt(CORE_DEFINES, version);
    if (core === null || version === null || !core.numbers) return;
    const { major, minor, patch } = { major: version.major ?? 0, minor: version.minor ?? 0, patch: version.patch ?? 0 };
    for (const name of [`KAMAILIO_${major}`, `KAMAILIO_${major}_${minor}`, `KAMAILIO_${major}_${minor}_${patch}`])
      this.set({ ...nowhere, name, value: null, kind: "predefined" });
    if (!core.version) return;
    const number = String(major * 1_000_000 + minor * 1000 + patch);
    this.set({ ...nowhere, name: "KAMAILIO_VERSION", value: number, kind: "predefined" });
    this.set({ ...nowhere, name: "OS_NAME", value: '"linux"', kind: "predefined" });
  }

  /** How many conditions are open. */
  get depth(): number {
    return this.conditions.length;
  }

  /** True inside a part that a condition leaves out. */
  get skipping(): boolean {
    return this.skippingFrom !== null;
  }

  knows(word: string): boolean {
    return directiveKnown(word, this.version);
  }

  /** A define's value: `null` without one, `undefined` when it is not defined. */
  lookup(name: string): string | null | undefined {
    return this.byName.get(name)?.value;
  }

  isDefined(name: string): boolean {
    return this.byName.has(name);
  }

  moduleLoaded(name: string, place: ConfigPlace): void {
    if (factAt(MODULE_DEFINES, this.version) === false) return;
    const define = `MOD_${name}`;
    if (!this.byName.has(define)) this.set({ ...place, name: define, value: null, kind: "predefined" });
  }

  /** A string after `#!subst` and `#!substdef`. */
  substitute(text: string): string {
    return this.substitutions.length === 0 ? text : substitute(text, this.substitutions);
  }

  /** A define directive with the rest of its line. */
  define(word: string, rest: string, place: ConfigPlace): void {
    if (word.includes("env")) {
      this.defineEnvironment(word, rest.trim(), place);
      return;
    }
    const name = /^[A-Za-z_][A-Za-z0-9_]{0,255}/.exec(rest)?.[0];
    if (name === undefined) {
      this.warn(place, `#!${word} without a name`);
      return;
    }
    if (word.includes("undef")) {
      this.byName.delete(name);
      return;
    }
    const text = rest.slice(name.length).trimStart().replace(/\r$/, "").slice(0, MAX_VALUE);
    const isTry = word.startsWith("try");
    const isRedefine = word.startsWith("redef");
    if (this.byName.has(name)) {
      if (isTry) return;
      if (!isRedefine) this.warn(place, `${name} is defined already: Kamailio stops here (use #!redefine or #!trydefine)`);
    }
    const isExpression = word === "defexp" || word === "defexps";
    const kind = isExpression ? "expression" : isTry ? "trydefine" : isRedefine ? "redefine" : "define";
    this.set({ ...place, name, value: isExpression ? this.expression(word, text) : text === "" ? null : text, kind });
  }

  /** `#!subst`, `#!substdef` and `#!substdefs` with their string. */
  substitution(word: string, text: string, place: ConfigPlace): void {
    const parts = splitSubstitution(text);
    if (parts === null) {
      this.warn(place, `#!${word} needs "/what/with/"`);
      return;
    }
    const literal = literalSubstitution(parts);
    if (literal !== null && this.substitutions.length < MAX_UNKNOWN) this.substitutions.push(literal);
    else this.warn(place, `#!${word} with a regular expression or a variable is not applied here`);
    if (word === "subst") return;
    const value = word === "substdefs" ? `"${parts.with}"` : parts.with;
    this.set({ ...place, name: parts.what.slice(0, 256), value, kind: "substdef" });
  }

  /** `#!ifdef`, `#!ifndef` and `#!ifexp`, also inside of a part that is left out (only counted there). */
  open(word: string, rest: string, place: ConfigPlace): void {
    if (this.conditions.length >= MAX_CONDITIONS) {
      this.warn(place, "too many open conditions");
      return;
    }
    const text = rest.trim();
    let holds: boolean;
    if (word === "ifexp") {
      const value = evaluateExpression(text, (name) => this.lookup(name));
      if (value === null) this.warn(place, `#!ifexp ${text.slice(0, 80)} is not an expression`);
      holds = isTrue(value);
    } else {
      holds = this.byName.has(/^[A-Za-z0-9_]{1,256}/.exec(text)?.[0] ?? "") === (word === "ifdef");
    }
    this.conditions.push({ holds, text: `#!${word} ${text}`.slice(0, 200) });
    this.update(place);
  }

  otherwise(place: ConfigPlace): void {
    const last = this.conditions.at(-1);
    if (last === undefined) {
      this.warn(place, "#!else without a condition");
      return;
    }
    last.holds = !last.holds;
    last.text = last.text.endsWith(" (else)") ? last.text.slice(0, -7) : `${last.text} (else)`;
    this.update(place);
  }

  close(place: ConfigPlace): void {
    if (this.conditions.pop() === undefined) {
      this.warn(place, "#!endif without a condition");
      return;
    }
    this.update(place);
  }

  /** At the end of everything. */
  finish(place: ConfigPlace): void {
    if (this.conditions.length > 0) this.warn(place, `${this.conditions.length} conditions without #!endif`);
    this.conditions.length = 0;
    this.update(place);
  }

  warn(place: ConfigPlace, text: string): void {
    if (this.warnings.length < MAX_UNKNOWN) this.warnings.push(`${place.file}:${place.line}: ${text}`);
  }

  private expression(word: string, text: string): string | null {
    const value = evaluateExpression(text, (name) => this.lookup(name));
    if (value === null) return null;
    const plain = typeof value === "number" ? String(Math.trunc(value)) : value;
    return word === "defexps" ? `"${plain}"` : plain;
  }

  private defineEnvironment(word: string, text: string, place: ConfigPlace): void {
    const name = /^[A-Za-z0-9_]{1,256}/.exec(text)?.[0];
    if (name === undefined) {
      this.warn(place, `#!${word} without a name`);
      return;
    }
    this.warn(place, `#!${word} ${name}: the environment of the server is not known here`);
    if (!word.startsWith("try")) this.set({ ...place, name, value: null, kind: "environment" });
  }

  private set(define: Define): void {
    if (this.defines.length >= MAX_KEPT) return;
    this.defines.push(define);
    this.byName.set(define.name, define);
  }

  private update(place: ConfigPlace): void {
    const failed = this.conditions.find((condition) => !condition.holds);
    if (this.skippingFrom !== null && failed?.text !== this.skippingFrom.text) {
      const { file, line, text } = this.skippingFrom;
      if (this.skipped.length < MAX_KEPT) this.skipped.push({ file, line, end_line: place.line, condition: text });
      this.skippingFrom = null;
    }
    if (failed !== undefined && this.skippingFrom === null)
      this.skippingFrom = { file: place.file, line: place.line, text: failed.text };
  }
}
