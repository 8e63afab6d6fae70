import { describe, expect, test } from "vitest";
import { rangesText, standingOf, upgradeTo } from "../../../src/analysis/known-issues/standing.js";
import { type KnownIssue, knownIssues } from "../../../src/kamailio/knowledge/known-issues.js";
import { readVersion } from "../../../src/kamailio/version.js";

const issue = (id: string): KnownIssue => {
  const row = knownIssues().find((one) => one.id === id);
  if (row === undefined) throw new Error(`no ${id}`);
  return row;
};

describe("where a version stands", () => {
  test.each`
    id           | version         | standing        | why
    ${"KI-0016"} | ${"5.6.3"}      | ${"affected"}   | ${"the packaged release of Debian 12"}
    ${"KI-0016"} | ${"5.6.4"}      | ${"unaffected"} | ${"a backport of its own series"}
    ${"KI-0016"} | ${"5.5.5"}      | ${"affected"}   | ${"the series before"}
    ${"KI-0016"} | ${"5.5.6"}      | ${"unaffected"} | ${"its backport"}
    ${"KI-0016"} | ${"5.4.9"}      | ${"affected"}   | ${"a series that never got the fix"}
    ${"KI-0016"} | ${"5.8.8"}      | ${"unaffected"} | ${"fixed from 5.7.0 on"}
    ${"KI-0016"} | ${"5.7.0-dev1"} | ${"undecided"}  | ${"a snapshot from before the fix, or hardly"}
    ${"KI-0016"} | ${"5.7.0-dev9"} | ${"unaffected"} | ${"a snapshot from after the fix at dev3"}
    ${"KI-0016"} | ${"5.7.0-rc0"}  | ${"unaffected"} | ${"a candidate comes after every dev"}
    ${"KI-0016"} | ${"5.6.0-dev3"} | ${"affected"}   | ${"a snapshot of a release that has it, of an older bug"}
    ${"KI-0165"} | ${"4.4.0-dev5"} | ${"undecided"}  | ${"the fix came while the branch called itself dev5"}
    ${"KI-0165"} | ${"4.4.0"}      | ${"unaffected"} | ${"the release has it"}
    ${"KI-0165"} | ${"3.1.2"}      | ${"affected"}   | ${"older than the oldest tag"}
    ${"KI-0106"} | ${"5.0.8"}      | ${"affected"}   | ${"the one release with the second free"}
    ${"KI-0106"} | ${"5.0.7"}      | ${"unaffected"} | ${"before it"}
    ${"KI-0106"} | ${"5.3.0-dev2"} | ${"undecided"}  | ${"the branch had it for a while"}
    ${"KI-0013"} | ${"6.0.5"}      | ${"affected"}   | ${"two living series, two backports"}
    ${"KI-0013"} | ${"6.0.6"}      | ${"unaffected"} | ${"the backport"}
    ${"KI-0171"} | ${"6.1.4"}      | ${"affected"}   | ${"in no release yet"}
    ${"KI-0171"} | ${"6.1.7"}      | ${"undecided"}  | ${"newer than the table: it may have the backport"}
    ${"KI-0171"} | ${"6.2.1"}      | ${"unaffected"} | ${"made from the branch that has the fix"}
    ${"KI-0016"} | ${"7.0.0"}      | ${"unaffected"} | ${"fixed long before"}
    ${"KI-0015"} | ${"6.1.0-dev0"} | ${"undecided"}  | ${"the bug came with that release"}
    ${"KI-0016"} | ${"5"}          | ${"undecided"}  | ${"half a version"}
  `("$id in $version: $standing ($why)", ({ id, version, standing }) => {
    expect(standingOf(issue(id), readVersion(version)).standing).toBe(standing);
  });

  test("without a version nothing is decided, and the ranges are named", () => {
    expect(standingOf(issue("KI-0016"), null)).toEqual({
      standing: "undecided",
      reason: "the release is not known; affected are 4.1.0 to 5.5.5, 5.6.0 to 5.6.3",
    });
  });

  test("every fixed release of every issue is unaffected, every end of a range affected", () => {
    for (const row of knownIssues()) {
      for (const fixed of row.fixed_in)
        expect(standingOf(row, readVersion(fixed)).standing, `${row.id} ${fixed}`).toBe("unaffected");
      for (const { since, until } of row.affected)
        for (const text of [since, until])
          expect(standingOf(row, readVersion(text)).standing, `${row.id} ${text}`).toBe("affected");
    }
  });
});

describe("the release to go to", () => {
  test.each`
    id           | version         | to         | why
    ${"KI-0016"} | ${"5.6.1"}      | ${"5.6.4"} | ${"the same series"}
    ${"KI-0016"} | ${"5.4.9"}      | ${"5.5.6"} | ${"the next series: its own never got the fix"}
    ${"KI-0013"} | ${"5.6.3"}      | ${"5.8.8"} | ${"the next series that has it"}
    ${"KI-0165"} | ${"4.4.0-dev5"} | ${"4.4.0"} | ${"the release of the snapshot"}
    ${"KI-0171"} | ${"6.1.4"}      | ${null}    | ${"no release has it"}
  `("$id from $version: $to ($why)", ({ id, version, to }) => {
    expect(upgradeTo(issue(id), readVersion(version))).toBe(to);
  });

  test("ranges read as a person says them", () => {
    expect(rangesText(issue("KI-0165"))).toBe("up to 4.2.6, 4.3.0 to 4.3.3");
    expect(rangesText(issue("KI-0106"))).toBe("5.0.8");
  });
});
