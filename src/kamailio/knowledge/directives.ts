/** The pre-processor directives of kamailio.cfg and the releases that know them; an older lexer reads an unknown `#!word` as a comment. */
import { createRequire } from "node:module";
import { type Version, versionInRange } from "../version.js";

export interface Directive {
  /** With its `#!`. */
  name: string;
  /** The directive that this one is a shorter spelling of. */
  alias_of: string | null;
  since: string;
  until: string | null;
  source: string;
}

let table: Map<string, Directive> | null = null;

/** A directive by its word without `#!`; `null` when no release knows it. */
export function directive(word: string): Directive | null {
  table ??= new Map((createRequire(import.meta.url)("./directives.json") as Directive[]).map((row) => [row.name.slice(2), row]));
  return table.get(word) ?? null;
}

/** Does this release act on the directive? An unknown release is taken to. */
export function directiveKnown(word: string, version: Version | null): boolean {
  const row = directive(word);
  return row !== null && (version === null || version.major === null || versionInRange(version, row));
}
