/** Counts what the routes of a configuration are made of, token by token. What each costs is in `knowledge/costs/script.ts`. */
import type { ScriptCounts } from "./reading.js";
import type { Token } from "./tokens.js";

export const NO_SCRIPT: ScriptCounts = {
  calls: 0,
  route_calls: 0,
  actions: 0,
  conditions: 0,
  assignments: 0,
  operators: 0,
  strings: 0,
  string_characters: 0,
  variables_in_strings: 0,
};

const CONDITIONS = new Set(["if", "while", "switch"]);
const ACTIONS = new Set(["drop", "exit", "return", "break"]);
const OPERATOR_WORDS = new Set(["and", "or", "eq", "ieq", "ne", "ine", "mod"]);
/** Signs that are an operator when the one before is another: `==`, `!=`, `=~`, `&&`, `||`. */
const PAIRS = new Set(["==", "!=", "=~", "!~", "&&", "||", "<=", ">=", "<<", ">>"]);
const SINGLE = new Set(["<", ">", "+", "-", "*", "/", "%"]);

/** Functions whose first argument is a domain of usrloc (registrar, nathelper, p_usrloc, mohqueue have no other). */
const NAMES_A_DOMAIN = new Set([
  "save",
  "lookup",
  "lookup_to_dset",
  "lookup_branches",
  "registered",
  "unregister",
  "reg_fetch_contacts",
]);
/** Tables of contacts; nobody has hundreds. */
const MAX_DOMAINS = 100;

/** Needs no memory of what was before but one word and one sign, so a script of any length is counted as it passes. */
export class ScriptCounter {
  readonly counts: ScriptCounts = { ...NO_SCRIPT };
  /** usrloc domains that routes name, each once. */
  readonly domains = new Set<string>();
  /** A function of the registrar was called: its first string names a domain. */
  private naming = false;
  private word: string | null = null;
  private sign = "";

  add(token: Token): void {
    const { counts } = this;
    if (token.kind === "sign") {
      this.addSign(token);
      return;
    }
    if (this.sign === "=") counts.assignments++;
    else if (SINGLE.has(this.sign)) counts.operators++;
    this.sign = "";
    this.word = null;
    if (token.kind === "word") {
      if (CONDITIONS.has(token.text)) counts.conditions++;
      else if (ACTIONS.has(token.text)) counts.actions++;
      else if (OPERATOR_WORDS.has(token.text)) counts.operators++;
      else this.word = token.text;
    }
    if (token.kind === "string" && this.naming && this.domains.size < MAX_DOMAINS) this.domains.add(token.text.slice(0, 100));
    this.naming = false;
    if (token.kind === "string") {
      counts.strings++;
      counts.string_characters += token.text.length;
      counts.variables_in_strings += variablesIn(token.text);
    }
  }

  private addSign({ text, glued }: Token): void {
    const { counts } = this;
    if (text === "(" && this.word !== null) {
      this.naming = NAMES_A_DOMAIN.has(this.word);
      if (this.word === "route") counts.route_calls++;
      else counts.calls++;
    }
    const pair = this.sign + text;
    if (glued && PAIRS.has(pair)) {
      counts.operators++;
      this.sign = "";
    } else {
      if (this.sign === "=") counts.assignments++;
      else if (SINGLE.has(this.sign)) counts.operators++;
      this.sign = text;
    }
    this.word = null;
  }
}

function variablesIn(text: string): number {
  let found = 0;
  for (let at = text.indexOf("$"); at !== -1; at = text.indexOf("$", at + 1)) if (/[A-Za-z_(]/.test(text.charAt(at + 1))) found++;
  return found;
}
