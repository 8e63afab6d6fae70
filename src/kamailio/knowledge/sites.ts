/**
 * The catalogue of allocation sites: what each one holds, when it is freed, which counter says how many there should be, what bounds it.
 *
 * Made from the source of 18 tags (3.3.7 to 6.1.4 and master 38711a3e78) and checked against real dumps. It explains; it proves nothing.
 * About a quarter of the allocating functions (rarely used modules) are not in it: those are "unknown site of module X".
 */
import { createRequire } from "node:module";
import { z } from "zod";
import type { Pool } from "../pool.js";

const siteSchema = z.strictObject({
  /** Label in dumps; `*` for inline helpers that show under the module which includes them. Code under lib/ shows as `core`. */
  module: z.string(),
  functions: z.array(z.string()),
  files: z.array(z.string()),
  pool: z.enum(["shm", "pkg", "both"]),
  object: z.string(),
  what: z.string(),
  lifetime: z.enum([
    "startup",
    "data_load",
    "config_reload",
    "cache",
    "per_message",
    "per_rpc",
    "per_transaction",
    "per_dialog",
    "per_registration",
    "per_connection",
    "unbounded",
  ]),
  freed_when: z.string().nullable(),
  /** The counter that says how many objects there are; `per_object`: chunks for each, `n` when it varies. */
  population: z.strictObject({ counter: z.string(), per_object: z.string().nullable() }).nullable(),
  grows_with: z.string().nullable(),
  /** Parameters that bound it. */
  sized_by: z.array(z.string()),
  leak_hint: z.string().nullable(),
  note: z.string().nullable(),
  /** Commits that fixed a leak there and the first release of each series with the fix. */
  leak_fixes: z.array(z.strictObject({ commit: z.string(), subject: z.string().nullable(), fixed_in: z.array(z.string()) })),
  /** A start-up site that also serves work at run time. */
  runtime_too: z.boolean(),
  /** Largest bytes a function was seen to hold in an idle server. */
  idle_floor: z.record(z.string(), z.number()).nullable(),
});
export const siteCatalogueSchema = z.array(siteSchema);
export type SiteKnowledge = z.infer<typeof siteSchema>;

let byName: Map<string, SiteKnowledge[]> | undefined;

/** The whole catalogue, read at first use; a test validates it. */
export function siteCatalogue(): readonly SiteKnowledge[] {
  return createRequire(import.meta.url)("./sites.json") as readonly SiteKnowledge[];
}

/**
 * What is known about an allocation site, or `null`. The key is module and function: line numbers and paths move with every release.
 * `file` and `pool`, when given, choose among several entries of one name.
 */
export function siteKnowledge(site: {
  module: string | null;
  function: string | null;
  file?: string | null;
  pool?: Pool | null;
}): SiteKnowledge | null {
  if (site.function === null) return null;
  byName ??= index();
  const module = site.module === null ? null : moduleLabel(site.module);
  const found =
    (module === null ? undefined : byName.get(key(module, site.function))) ?? byName.get(key("*", site.function)) ?? [];
  const file = site.file ? baseName(site.file) : null;
  const fits = (entry: SiteKnowledge) =>
    (file !== null && entry.files.includes(file) ? 2 : 0) +
    (site.pool && (entry.pool === site.pool || entry.pool === "both") ? 1 : 0);
  return found.reduce<SiteKnowledge | null>((best, entry) => (best !== null && fits(best) >= fits(entry) ? best : entry), null);
}

/** `<core>` (up to 4.3) and `core` (since 4.4) are one label. */
export function moduleLabel(module: string): string {
  return module === "<core>" ? "core" : module;
}

/** The last part of a path: `core/tcp_main.c` (since 5.0) and `tcp_main.c` are one file. */
export function baseName(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1);
}

function index(): Map<string, SiteKnowledge[]> {
  const names = new Map<string, SiteKnowledge[]>();
  for (const entry of siteCatalogue())
    for (const name of entry.functions) {
      const entries = names.get(key(entry.module, name));
      if (entries) entries.push(entry);
      else names.set(key(entry.module, name), [entry]);
    }
  return names;
}

const key = (module: string, name: string) => `${module}:${name}`;
