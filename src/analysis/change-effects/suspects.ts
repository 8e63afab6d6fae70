/** What an upgrade may have brought: known bugs that the new release has and the old one had not, and defaults that changed between the two. */
import { coreDefault, coreParameters } from "../../kamailio/knowledge/core-parameters.js";
import { TABLES } from "../../kamailio/knowledge/costs/hash-tables.js";
import { knownIssues } from "../../kamailio/knowledge/known-issues.js";
import { compareVersions, type Version, versionInRange } from "../../kamailio/version.js";

/** More suspects than these help nobody. */
const MOST = 20;

/** @param modules that are loaded; `null`: not known, so that bugs of any module count */
export function suspectsBetween(from: Version | null, to: Version | null, modules: readonly string[] | null): string[] {
  if (from === null || to === null || compareVersions(from, to) === 0) return [];
  return [...changedDefaults(from, to), ...newTables(from, to), ...newIssues(from, to, modules)].slice(0, MOST);
}

function* changedDefaults(from: Version, to: Version): Generator<string> {
  for (const { name, memory } of coreParameters()) {
    if (memory !== true) continue;
    const [before, after] = [coreDefault(name, from), coreDefault(name, to)];
    if (before !== null && after !== null && before !== after)
      yield `${name}: the default changed from ${before} to ${after}${name === "pv_buffer_size" ? ", taken pv_buffer_slots times in every process" : ""}`;
  }
}

function* newTables(from: Version, to: Version): Generator<string> {
  const holds = (version: Version, row: (typeof TABLES)[number]) =>
    versionInRange(version, { since: row.since ?? "3.3.5", until: row.until ?? null });
  for (const row of TABLES)
    if (row.since !== undefined && holds(to, row) && !holds(from, row))
      yield `${row.module}: its table takes ${row.slot.qm} bytes a slot now (${row.source})`;
}

function* newIssues(from: Version, to: Version, modules: readonly string[] | null): Generator<string> {
  const found = knownIssues()
    .filter(
      (issue) =>
        issue.affected.some((range) => versionInRange(to, range)) && !issue.affected.some((range) => versionInRange(from, range)),
    )
    .filter((issue) => issue.modules.length === 0 || modules === null || issue.modules.some((name) => modules.includes(name)))
    .sort((a, b) => b.weight - a.weight);
  for (const { id, title, fixed_in } of found)
    yield `${id}: ${title}${fixed_in.length > 0 ? ` (fixed in ${fixed_in.join(", ")})` : ""}`;
}
