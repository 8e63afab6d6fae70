/**
 * The core parameters of kamailio.cfg, release by release: names and aliases, since and until, defaults, memory relevance, and the name to set
 * them by at run time. Read from `cfg.lex`, `cfg.y` and `cfg_core.c` of every release tag from 3.3.5 to 6.1.4 (each row names its grammar line).
 */
import { createRequire } from "node:module";
import { type Version, versionInRange } from "../version.js";

/** First and last release; `null` is open. */
export type Lifetime = [since: string, until: string | null];

export interface CoreParameter {
  name: string;
  /** As the grammar takes it; `bool` is a hint, the lexer takes yes/no/on/off and numbers for every number. */
  type: "int" | "bool" | "string" | "id" | "list" | "block" | "int|string";
  releases: Lifetime[];
  /** Other spellings; `releases` only where theirs differ from the parameter's. */
  aliases?: { name: string; releases?: Lifetime[] }[];
  /** It bears on memory, on the processes, or on what is logged about them. */
  memory?: boolean;
  /** `GROUP NAME` for `cfg.set_now_int`; absent when it takes a restart. */
  runtime?: string;
  defaults?: [since: string, until: string | null, value: number | string][];
  source: string;
}

let table: Map<string, CoreParameter> | null = null;

/** The parameter that a name or an alias of any release stands for; `null` when no release from 3.3 knows it. */
export function coreParameter(name: string): CoreParameter | null {
  table ??= index();
  return table.get(name) ?? null;
}

/** Every parameter, in the order of the table. */
export function coreParameters(): CoreParameter[] {
  table ??= index();
  return [...new Set(table.values())];
}

/** Every name that a parameter may be written with, in any release. */
export function coreParameterNames(): string[] {
  table ??= index();
  return [...table.keys()];
}

/** Does this release take the parameter under this spelling? `null` when the release or the name is unknown. */
export function coreParameterKnown(name: string, version: Version | null): boolean | null {
  const parameter = coreParameter(name);
  if (parameter === null || version === null || version.major === null) return null;
  const alias = parameter.aliases?.find((row) => row.name === name);
  return inReleases(version, alias?.releases ?? parameter.releases);
}

/** The value in force without a line in the config; `null` when the table or the release does not tell. */
export function coreDefault(name: string, version: Version | null): number | string | null {
  const rows = coreParameter(name)?.defaults ?? [];
  if (version === null || version.major === null) return null;
  return rows.find(([since, until]) => versionInRange(version, { since, until }))?.[2] ?? null;
}

/** The value without a line in the newest release; `null` when the table does not tell. */
export function newestCoreDefault(name: string): number | string | null {
  return coreParameter(name)?.defaults?.at(-1)?.[2] ?? null;
}

export function inReleases(version: Version, releases: readonly Lifetime[]): boolean {
  return releases.some(([since, until]) => versionInRange(version, { since, until }));
}

function index(): Map<string, CoreParameter> {
  const rows = createRequire(import.meta.url)("./core-parameters.json") as CoreParameter[];
  const byName = new Map<string, CoreParameter>();
  for (const row of rows) for (const name of [row.name, ...(row.aliases ?? []).map((alias) => alias.name)]) byName.set(name, row);
  return byName;
}
