/**
 * The modules of every release from 3.3.5 to 6.1.4 with the names of their parameters (the `param_export_t` arrays of each tag, and the
 * few that macros build, from the README files).
 *
 * In the JSON a parameter is a code, followed by since/until pairs where they differ from the module's: `i` int, `s` string, `I`/`S` the same
 * set by a function, `?` documented only; `m` after it marks one that bears on memory.
 */
import { createRequire } from "node:module";
import { type Version, versionInRange } from "../version.js";
import { inReleases, type Lifetime } from "./core-parameters.js";

export interface ModuleParameter {
  name: string;
  type: "int" | "string" | null;
  memory: boolean;
  releases: Lifetime[];
}

export interface KamailioModule {
  name: string;
  since: string;
  until: string | null;
  parameters: Map<string, ModuleParameter>;
}

export type ModuleRow = { since: string; until: string | null; params: Record<string, string | (string | null)[]> };

let rows: Record<string, ModuleRow> | null = null;
const read = new Map<string, KamailioModule>();

/** A module by its name without `.so`; `null` when no release has it (a module of one's own). */
export function kamailioModule(name: string): KamailioModule | null {
  const known = read.get(name);
  if (known !== undefined) return known;
  const table = moduleRows();
  const row = Object.hasOwn(table, name) ? table[name] : undefined;
  if (row === undefined) return null;
  const module: KamailioModule = { name, since: row.since, until: row.until, parameters: new Map() };
  for (const [parameter, code] of Object.entries(row.params))
    module.parameters.set(parameter, readParameter(parameter, code, row));
  read.set(name, module);
  return module;
}

/** The names of all modules of all releases. */
export function moduleNames(): string[] {
  return Object.keys(moduleRows());
}

/** Does this release have the module? `null` when the release or the module is unknown. */
export function moduleKnown(name: string, version: Version | null): boolean | null {
  const module = kamailioModule(name);
  if (module === null || version === null || version.major === null) return null;
  return versionInRange(version, module);
}

/** Does the module have the parameter in this release? `null` when the release or the module is unknown. */
export function moduleParameterKnown(module: string, parameter: string, version: Version | null): boolean | null {
  const known = kamailioModule(module);
  if (known === null || version === null || version.major === null) return null;
  const row = known.parameters.get(parameter);
  return row === undefined ? false : inReleases(version, row.releases);
}

function moduleRows(): Record<string, ModuleRow> {
  rows ??= createRequire(import.meta.url)("./modules.json") as Record<string, ModuleRow>;
  return rows;
}

function readParameter(name: string, code: string | (string | null)[], module: ModuleRow): ModuleParameter {
  const [kind, ...bounds] = typeof code === "string" ? [code] : code;
  const releases: Lifetime[] = [];
  for (let at = 0; at < bounds.length; at += 2) releases.push([bounds[at] ?? module.since, bounds[at + 1] ?? null]);
  const letter = (kind ?? "?").charAt(0).toLowerCase();
  return {
    name,
    type: letter === "i" ? "int" : letter === "s" ? "string" : null,
    memory: (kind ?? "").endsWith("m"),
    releases: releases.length > 0 ? releases : [[module.since, module.until]],
  };
}
