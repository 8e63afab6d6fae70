/** What loaded data may explain: a leak at each dispatcher.reload against larger tables and ordinary reloads. */
import { describe, expect, test } from "vitest";
import { compareDumps } from "../../../src/analysis/dump-comparison/dump-comparison.js";
import { readDumps } from "../../../src/kamailio/dump/reader.js";
import { fixture } from "../../kamailio/log/fixture.js";
import { dump, site } from "./make-dump.js";

const HOURS = ["2026-11-23T00:00:00Z", "2026-11-23T01:00:00Z", "2026-11-23T02:00:00Z"];
/** usrloc under registrations that come: five sites of a population, a few hundred chunks each. */
const USRLOC = [
  ["usrloc: ucontact.c: new_ucontact(71)", 336],
  ["usrloc: urecord.c: new_urecord(63)", 168],
  ["usrloc: ucontact.c: mem_update_ucontact(222)", 48],
  ["usrloc: ul_mod.c: shm_str_dup(55)", 40],
  ["usrloc: ucontact.c: update_str(91)", 40],
] as const;

interface Counts {
  attrs: number[];
  /** Chunks of pack_dest; `null` when the dump does not show the site. */
  dests: (number | null)[];
  users?: number[];
}

/** Shared memory with a dispatcher table and registrations, one dump an hour. */
function dumps({ attrs, dests, users = attrs.map((_, index) => 20 + 300 * index) }: Counts) {
  return attrs.map((count, index) => {
    const rows = dests[index] ?? null;
    const registered = users[index] ?? 0;
    const sites = [
      site("core: core/cfg.y: yyparse(100)", 50, 5000),
      site("dispatcher: dispatch.c: ds_set_attrs(236)", count, count * 96),
      ...(rows === null ? [] : [site("dispatcher: dispatch.c: pack_dest(427)", rows, rows * 160)]),
      ...USRLOC.map(([name, size]) => site(name, registered, registered * size)),
    ];
    return dump(sites, { pool: "shm", taken_at: HOURS[index] ?? null });
  });
}

const grownBytes = (sites: readonly { bytes_delta: number }[]) =>
  sites.reduce((sum, { bytes_delta }) => sum + Math.max(0, bytes_delta), 0);

describe("a reload that leaks the attributes of its destinations (200 rows, 195 reloads)", () => {
  test.each([
    ["two dumps", { attrs: [200, 39_200], dests: [200, 400] }, "medium"],
    ["two dumps, the rows not shown", { attrs: [200, 39_200], dests: [null, null] }, "medium"],
    ["two dumps, no row before", { attrs: [0, 39_200], dests: [0, 400] }, "medium"],
    ["three dumps, steadily", { attrs: [200, 19_700, 39_200], dests: [200, 400, 400] }, "high"],
    ["three dumps, the reloads between the first two", { attrs: [200, 39_200, 39_200], dests: [200, 400, 400] }, "medium"],
  ])("%s: it is named first, with its share", (_what, counts, confidence) => {
    const comparison = compareDumps(dumps(counts));
    expect(comparison.ok).toBe(false);
    expect(comparison.suspects[0]).toMatchObject({ function: "ds_set_attrs", confidence });
    expect(comparison.suspects[0]?.share_of_growth).toBeGreaterThan(0.9);
    expect(comparison.summary).toMatch(/ds_set_attrs\(236\): 39\d00 chunks, \d+ bytes more, 9\d(\.\d)? % of all growth/);
    const accounted = comparison.suspects.reduce((sum, { bytes_delta }) => sum + bytes_delta, 0);
    expect(accounted).toBeGreaterThan(0.95 * grownBytes(comparison.sites));
  });
});

describe("what a reload or a larger table explains accuses nobody", () => {
  test.each([
    ["a reload: the old list stays beside the new one", { attrs: [200, 400], dests: [200, 400] }],
    ["a table that is loaded for the first time", { attrs: [1, 10_000], dests: [2, 10_000] }],
    ["a table that became twenty times as large", { attrs: [200, 8000], dests: [200, 8000] }],
    ["the same, seen by three dumps", { attrs: [200, 8000, 8000], dests: [200, 8000, 8000] }],
  ])("%s", (_what, counts) => {
    const { ok, suspects } = compareDumps(dumps(counts));
    expect(ok).toBe(true);
    expect(suspects.filter(({ confidence }) => confidence !== "low")).toEqual([]);
  });

  test.each([
    ["start", "middle"],
    ["start", "end"],
    ["middle", "end"],
  ])("the real reload of 5000 destinations, %s to %s", (base, later) => {
    const [first, last] = [base, later].map((moment) => {
      const text = fixture(`incidents/e1-step-dispatcher-reload-6.0.7/dump-${moment}-shm-summary.log`);
      return readDumps(text).dumps.find(({ sites }) => sites.length > 0);
    });
    if (!first || !last) throw new Error("no dump in the fixture");
    expect(compareDumps([first, last]).ok).toBe(true);
  });
});

test("whole lists that are kept at each reload: the rows themselves grow with every dump", () => {
  const { ok, suspects } = compareDumps(dumps({ attrs: [200, 4000, 8000], dests: [200, 4000, 8000] }));
  expect(ok).toBe(false);
  expect(suspects.slice(0, 2).map(({ function: name }) => name)).toEqual(["pack_dest", "ds_set_attrs"]);
});

test("sites that hold much of the growth are shown however many small ones grow steadily", () => {
  const small = Array.from({ length: 30 }, (_, index) => `textops: t.c: small${index}(5)`);
  const three = dumps({ attrs: [200, 400, 400], dests: [200, 400, 400], users: [20, 20_000, 40_000] }).map((one, index) => ({
    ...one,
    sites: [...one.sites, ...small.map((name) => site(name, 10 + 20 * index, (10 + 20 * index) * 16))],
  }));
  const { suspects, sites } = compareDumps(three);
  const accounted = suspects.reduce((sum, { bytes_delta }) => sum + bytes_delta, 0);
  expect(accounted).toBeGreaterThan(0.95 * grownBytes(sites));
  expect(suspects.map(({ function: name }) => name)).toContain("new_ucontact");
});
