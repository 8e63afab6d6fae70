import { describe, expect, test } from "vitest";
import { knownIssues, knownIssuesSchema } from "../../../src/kamailio/knowledge/known-issues.js";
import { LEFT_OUT_ISSUES } from "../../../src/kamailio/knowledge/known-issues-left-out.js";
import { kamailioModule } from "../../../src/kamailio/knowledge/modules.js";
import { hasReallocAccountingBug, REALLOC_ACCOUNTING_BUG_FIXED_IN } from "../../../src/kamailio/knowledge/releases.js";
import { compareVersions, readVersion, type Version, versionInRange } from "../../../src/kamailio/version.js";

const issue = (id: string) => knownIssues().find((row) => row.id === id);
const version = (text: string): Version => {
  const read = readVersion(text);
  if (read === null) throw new Error(`${text} is no version`);
  return read;
};

describe("the table of known issues", () => {
  test("each issue of the history is in the table, or in the list of those left out with its reason", () => {
    const ids = [...knownIssues(), ...LEFT_OUT_ISSUES].map(({ id }) => id).sort();
    expect(ids).toEqual(Array.from({ length: 206 }, (_, number) => `KI-${String(number + 1).padStart(4, "0")}`));
    for (const { id, reason } of LEFT_OUT_ISSUES) expect(reason.length, id).toBeGreaterThan(20);
  });

  test("fits its schema and gives each issue one id", () => {
    const rows = knownIssuesSchema.parse(knownIssues());
    expect(rows.length).toBeGreaterThan(150);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
  });

  test("no release that fixes an issue is among the affected, and ranges run upwards without overlap", () => {
    for (const { id, affected, fixed_in } of knownIssues()) {
      for (const fixed of fixed_in)
        expect(
          affected.some((range) => versionInRange(version(fixed), range)),
          `${id} ${fixed}`,
        ).toBe(false);
      let before: Version | null = null;
      for (const { since, until } of affected) {
        expect(compareVersions(version(since), version(until)), id).toBeLessThanOrEqual(0);
        if (before !== null) expect(compareVersions(before, version(since)), id).toBeLessThan(0);
        before = version(until);
      }
    }
  });

  test("what is fixed names its commit; what names a module names one that exists", () => {
    for (const { id, fixed_in, fix_commit, modules } of knownIssues()) {
      if (fixed_in.length > 0) expect(fix_commit, id).not.toBeNull();
      if (modules.length > 0)
        expect(
          modules.some((name) => kamailioModule(name) !== null),
          id,
        ).toBe(true);
    }
  });

  test("every issue has something to recognise it by: a site, a function, a message, a counter or its module", () => {
    for (const { id, signature, modules } of knownIssues())
      expect(
        signature.sites.length + signature.functions.length + signature.incidents.length + modules.length > 0 ||
          signature.log_message !== null ||
          signature.counter_pattern !== null,
        id,
      ).toBe(true);
  });

  test("the Require leak: 5.6.3 has it; 5.5.6, 5.6.4 and 5.7.0 are the first without", () => {
    const leak = issue("KI-0016");
    expect(leak?.fixed_in).toEqual(["5.5.6", "5.6.4", "5.7.0"]);
    expect(leak?.affected).toEqual([
      { since: "4.1.0", until: "5.5.5" },
      { since: "5.6.0", until: "5.6.3" },
    ]);
    expect(leak?.fix_commit).toBe("6c372bf644e1c9afa867433e5992e347c8fc4ff6");
  });

  test("the subst_hf leak was in releases, not only in the snapshot before its fix", () => {
    expect(issue("KI-0165")).toMatchObject({
      affected: [
        { since: "3.3.5", until: "4.2.6" },
        { since: "4.3.0", until: "4.3.3" },
      ],
      fixed_on_master: { version: "4.4.0-dev5" },
    });
  });

  test("the realloc accounting bug agrees with the table of releases", () => {
    const bug = issue("KI-0013");
    expect(bug?.fixed_in).toEqual([...REALLOC_ACCOUNTING_BUG_FIXED_IN]);
    for (const text of ["3.3.7", "4.4.7", "5.8.7", "5.8.8", "6.0.0", "6.0.5", "6.0.6", "6.1.0"])
      expect(
        bug?.affected.some((range) => versionInRange(version(text), range)),
        text,
      ).toBe(hasReallocAccountingBug(version(text)));
  });
});
