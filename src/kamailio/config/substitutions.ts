/**
 * `#!subst "/what/with/flags"` and the substitutions that `#!substdef` makes besides its define: applied to every string (pp_subst_run(),
 * src/core/ppcfg.c@5.6.3). Kamailio takes a POSIX regular expression; only a literal one is applied here, since a hostile expression
 * could run for ever. Others are said.
 */
import { MAX_VALUE } from "./limits.js";

export interface Substitution {
  what: string;
  with: string;
  all: boolean;
}

export interface SubstitutionText {
  what: string;
  with: string;
  flags: string;
}

/** Characters that mean something in a regular expression. */
const SPECIAL = /[\\^$.|?*+()[\]{}]/;

/** Splits `/what/with/flags` at its own separator; `null` when it has too few parts. */
export function splitSubstitution(text: string): SubstitutionText | null {
  const separator = text.charAt(0);
  if (separator === "" || separator === "\\") return null;
  const middle = unescaped(text, separator, 1);
  if (middle < 0) return null;
  const end = unescaped(text, separator, middle + 1);
  if (end < 0) return null;
  return { what: text.slice(1, middle), with: text.slice(middle + 1, end), flags: text.slice(end + 1) };
}

/** The substitution when it is a literal one; `null` for a real expression. */
export function literalSubstitution(parts: SubstitutionText): Substitution | null {
  if (parts.what === "" || SPECIAL.test(parts.what) || parts.flags.includes("i") || /\\\d|\$/.test(parts.with)) return null;
  return { what: parts.what, with: parts.with, all: parts.flags.includes("g") };
}

/** A string after the substitutions. */
export function substitute(text: string, substitutions: readonly Substitution[]): string {
  let result = text;
  for (const { what, with: replacement, all } of substitutions) {
    if (!result.includes(what)) continue;
    result = all ? result.split(what).join(replacement) : result.replace(what, () => replacement);
    if (result.length > MAX_VALUE) return result.slice(0, MAX_VALUE);
  }
  return result;
}

function unescaped(text: string, separator: string, from: number): number {
  for (let at = text.indexOf(separator, from); at >= 0; at = text.indexOf(separator, at + 1)) {
    if (text.charAt(at - 1) !== "\\") return at;
  }
  return -1;
}
