/** Secrets in the forms of kamailio.cfg: `modparam("auth", "secret", "x")`, `#!define DBPASS x`, `#!substdef "!DBPASS!x!g"`, `--modparam=m:p:s:x`. */
import { type Cut, endOfQuoted, indexOfAny } from "./cuts.js";
import { holdsNoSecret, isSecretName } from "./names.js";

/** `modparam` names that hold a secret although the name alone does not say so (modules crypto, cryptox, topoh, uac). */
const SECRET_PARAMETERS = new Set(["key", "mask_key", "credential", "restore_passwd"]);

function isSecretParameter(name: string): boolean {
  return SECRET_PARAMETERS.has(name) || isSecretName(name);
}

/** The third argument of each `modparam`, `modparamx` and the last part of `--modparam=module:name:type:value`. */
export function cutsInModparams(line: string): Cut[] {
  const cuts: Cut[] = [];
  for (let at = line.indexOf("modparam"); at !== -1; at = line.indexOf("modparam", at + 8)) {
    const cut = line.startsWith("--", at - 2) ? optionCut(line, at + 8) : statementCut(line, at + 8);
    if (cut !== null && !holdsNoSecret(line.slice(cut.start, cut.end))) cuts.push(cut);
  }
  return cuts;
}

interface Argument {
  cut: Cut;
  /** Where the search for the comma begins. */
  after: number;
  quoted: boolean;
}

function statementCut(line: string, from: number): Cut | null {
  const open = line.indexOf("(", from);
  if (open === -1 || open - from > 4) return null;
  let at = open + 1;
  const parts: Argument[] = [];
  while (parts.length < 3) {
    const part = argumentAt(line, at);
    if (part === null) return null;
    parts.push(part);
    if (parts.length === 3) break;
    const comma = line.indexOf(",", part.after);
    if (comma === -1 || line.slice(part.after, comma).trim() !== "") return null;
    at = comma + 1;
  }
  const [, name, value] = parts;
  if (name === undefined || value === undefined || !isSecretParameter(line.slice(name.cut.start, name.cut.end))) return null;
  // Without quotes it is a number or the name of a define; a short number is a switch.
  if (!value.quoted && !/^\d{5,}$/.test(line.slice(value.cut.start, value.cut.end))) return null;
  return value.cut;
}

function argumentAt(line: string, from: number): Argument | null {
  let at = from;
  while (line.charAt(at) === " " || line.charAt(at) === "\t") at++;
  const escaped = line.charAt(at) === "\\" ? 1 : 0;
  const quote = line.charAt(at + escaped);
  if (quote !== '"' && quote !== "'") {
    const end = indexOfAny(line, ",) \t", at);
    return end === at ? null : { cut: { start: at, end }, after: end, quoted: false };
  }
  const start = at + escaped + 1;
  const end = escaped === 1 ? line.indexOf(`\\${quote}`, start) : endOfQuoted(line, start, quote);
  return end === -1
    ? { cut: { start, end: line.length }, after: line.length, quoted: true }
    : { cut: { start, end }, after: end + escaped + 1, quoted: true };
}

function optionCut(line: string, from: number): Cut | null {
  const start = from + 1;
  const quote = line.charAt(from - 11);
  const stop = quote === '"' || quote === "'" ? endOfQuoted(line, start, quote) : -1;
  const end = stop === -1 ? indexOfAny(line, " \t\0\r", start) : stop;
  const parts = line.slice(start, end).split(":", 4);
  const name = parts[1];
  if (parts.length < 4 || name === undefined || !isSecretParameter(name)) return null;
  return { start: start + parts.slice(0, 3).join(":").length + 1, end };
}

const DEFINE = /^\s{0,40}(?:#!|!!)(?:define|def|trydefine|trydef|redefine|redef)\s{1,20}([A-Za-z_]\w{0,79})\s{1,20}(?=\S)/;
const SUBSTITUTION = /^\s{0,40}(?:#!|!!)(?:subst|substdef|substdefs)\s{1,20}["']?(?=\S)/;

/** The value of `#!define`, `#!substdef` and their kin whose name says that it is secret. */
export function cutsInDirectives(line: string): Cut[] {
  const define = DEFINE.exec(line);
  if (define !== null) {
    if (!isSecretName(define[1] ?? "")) return [];
    return checked(line, unquoted(line, define[0].length));
  }
  const substitution = SUBSTITUTION.exec(line);
  if (substitution === null) return [];
  const start = substitution[0].length;
  const separator = line.charAt(start);
  const name = line.indexOf(separator, start + 1);
  if (name === -1 || !isSecretName(line.slice(start + 1, name))) return [];
  const end = line.lastIndexOf(separator);
  return checked(line, { start: name + 1, end: end > name ? end : line.trimEnd().length });
}

function checked(line: string, cut: Cut): Cut[] {
  return holdsNoSecret(line.slice(cut.start, cut.end)) ? [] : [cut];
}

function unquoted(line: string, start: number): Cut {
  const quote = line.charAt(start);
  const end = quote === '"' || quote === "'" ? endOfQuoted(line, start + 1, quote) : -1;
  return end === -1 ? { start, end: line.trimEnd().length } : { start: start + 1, end };
}
