/** Secrets in the forms of kamailio.cfg: `modparam("auth", "secret", "x")`, `#!define DBPASS x`, `#!substdef "!DBPASS!x!g"`, `--modparam=m:p:s:x`. */
import { type Cut, endOfQuoted, indexOfAny } from "./cuts.js";
import { holdsNoSecret, isSecretName } from "./names.js";

/** `modparam` names that hold a secret although the name alone does not say so (modules crypto, gcrypt, topoh, uac, erlang). */
const SECRET_PARAMETERS = new Set(["key", "mask_key", "credential", "restore_passwd", "init_vector", "salt", "cookie"]);
/** Of a value with several parts, the secret one (auth_xkeys: `id=abc;name=a;value=SECRET`). */
const SECRET_PARTS: Record<string, RegExp> = { xkey: /(?:^|;)value=([^;]{1,1000})/ };

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

export interface Argument {
  cut: Cut;
  /** Where the search for the comma begins. */
  after: number;
  quoted: boolean;
}

function statementCut(line: string, from: number): Cut | null {
  const open = line.indexOf("(", from);
  if (open === -1 || open - from > 4) return null;
  const [, name, value] = argumentsAt(line, open + 1, 3) ?? [];
  if (name === undefined || value === undefined) return null;
  const parameter = line.slice(name.cut.start, name.cut.end);
  const part = SECRET_PARTS[parameter]?.exec(line.slice(value.cut.start, value.cut.end));
  if (part) {
    const end = value.cut.start + part.index + part[0].length;
    return { start: end - (part[1]?.length ?? 0), end };
  }
  if (!isSecretParameter(parameter)) return null;
  // Without quotes it is a number or the name of a define; a short number is a switch.
  if (!value.quoted && !/^\d{5,}$/.test(line.slice(value.cut.start, value.cut.end))) return null;
  return value.cut;
}

/** The first arguments behind an opening parenthesis; `null` when there are fewer. */
export function argumentsAt(line: string, from: number, count: number): Argument[] | null {
  const parts: Argument[] = [];
  for (let at = from; ; ) {
    const part = argumentAt(line, at);
    if (part === null) return null;
    parts.push(part);
    if (parts.length === count) return parts;
    at = part.after;
    while (line.charAt(at) === " " || line.charAt(at) === "\t") at++;
    if (line.charAt(at) !== ",") return null;
    at++;
  }
}

/** No name and no number is longer. */
const MAX_WORD = 1000;

function argumentAt(line: string, from: number): Argument | null {
  let at = from;
  while (line.charAt(at) === " " || line.charAt(at) === "\t") at++;
  const escaped = line.charAt(at) === "\\" ? 1 : 0;
  const quote = line.charAt(at + escaped);
  if (quote !== '"' && quote !== "'") {
    const end = indexOfAny(line, ",) \t", at, Math.min(line.length, at + MAX_WORD));
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
const SUBSTITUTION_OPTION = /--subst(?:def|defs)?[=\s]["']?(?=\S)/g;

/** The value of `#!define`, `#!substdef` and their kin, and of `--substdef`, whose name says that it is secret. */
export function cutsInDirectives(line: string): Cut[] {
  const define = DEFINE.exec(line);
  if (define !== null) {
    if (!isSecretName(define[1] ?? "")) return [];
    return checked(line, unquoted(line, define[0].length));
  }
  const substitution = SUBSTITUTION.exec(line);
  if (substitution !== null) return substitutionCut(line, substitution[0].length, (separator) => line.lastIndexOf(separator));
  return [...line.matchAll(SUBSTITUTION_OPTION)].flatMap((option) =>
    substitutionCut(line, option.index + option[0].length, (separator, name) => line.indexOf(separator, name + 1)),
  );
}

/** `!NAME!value!g`, whatever the separator is. */
function substitutionCut(line: string, start: number, endOf: (separator: string, name: number) => number): Cut[] {
  const separator = line.charAt(start);
  const name = line.indexOf(separator, start + 1);
  if (name === -1 || !isSecretName(line.slice(start + 1, name))) return [];
  const end = endOf(separator, name);
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
