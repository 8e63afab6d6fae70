/** What a log's own lines say of their release rules known issues out. */
import { describe, expect, test } from "vitest";
import { matchKnownIssues } from "../../../src/analysis/known-issues/match.js";
import { readDumps } from "../../../src/kamailio/dump/reader.js";
import { releaseSigns } from "../../../src/kamailio/knowledge/release-signs.js";
import { readVersion } from "../../../src/kamailio/version.js";
import { fixture, readLog } from "../../kamailio/log/fixture.js";

const input = (log: Buffer | string) => ({
  version: null,
  product: null,
  managers: [],
  modules: null,
  dumps: [],
  incidents: readLog(log).incidents,
});

describe("signs of the release", () => {
  test.each([
    ["CRITICAL: <core> [core/mem/q_malloc.c:555]: qm_free(): BUG", "5.0.0", null],
    ["called from core: core/xavp.c: xavp_free(81)", "5.0.0", null],
    ["CRITICAL: <core> [mem/q_malloc.c:445]: qm_free(): BUG", null, "4.4.7"],
    ["ALERT: <core> [main.c:776]: handle_sigs(): child process 1 exited", undefined, undefined],
    ["ERROR: usrloc [ucontact.c:100]: new_ucontact(): no more shm memory", undefined, undefined],
  ])("%s", (line, since, until) => {
    expect(releaseSigns([line]).map((sign) => [sign.since, sign.until])).toEqual(since === undefined ? [] : [[since, until]]);
  });

  test("issues of 4.0 and 4.1 are not offered for a line that only 5.0 and newer print", () => {
    const log = fixture("log-texts/xavp-wrong-known-issue.txt");
    expect(matchKnownIssues(input(log)).map(({ id }) => id)).not.toContain("KI-0181");
    expect(matchKnownIssues(input(log)).map(({ id }) => id)).not.toContain("KI-0030");
    const old = log.toString().replaceAll("core/mem/", "mem/").replaceAll("core: core/", "<core>: ");
    expect(matchKnownIssues(input(old)).map(({ id }) => id)).toContain("KI-0181");
  });
});

test("sums that were pasted without a heading and a log of a bug report name the right issue", () => {
  const text = fixture("log-texts/bugreport-prose.txt");
  const matches = matchKnownIssues({
    ...input(text),
    version: readVersion("6.0.2"),
    dumps: readDumps(text).dumps,
    product: "kamailio",
  });
  expect(matches.find(({ id }) => id === "KI-0172")).toMatchObject({
    certainty: "possible",
    evidence: [{ kind: "site" }, { kind: "site" }],
  });
  expect(matches.map(({ id }) => id)).not.toContain("KI-0168");
});
