import { expect, test } from "vitest";
import { leaking, pkgSums, REQUIRE } from "../../support/dump-text.js";
import { analyse, analyseFixtures } from "./analyse.js";

const sums = (pid: number, count: number, time?: string) =>
  pkgSums(pid, leaking(count), time === undefined ? undefined : `${time} vm kamailio[${pid}]: `);
const C2 = "incidents/c2-leak-pkg-require-async-5.6.3-debian";

test("one dump is compared with nothing", async () => {
  expect(await analyse({ log: sums(10, 100) })).toMatchObject({ comparison: null, other_comparisons: [] });
});

test("dumps with times are put in their order", async () => {
  const late = sums(10, 900, "2026-11-23T03:00:00+00:00");
  const early = sums(10, 100, "2026-11-23T01:00:00+00:00");
  const { comparison } = await analyse({ late, early });
  expect(comparison).toMatchObject({
    dump_names: ["early:1", "late:1"],
    hours: 2,
    suspects: [{ site: REQUIRE, count_delta: 800 }],
  });
});

test("dumps without times are compared as they were given, and that is said", async () => {
  const { comparison } = await analyse({ a: sums(10, 100), b: sums(10, 900) });
  expect(comparison?.dump_names).toEqual(["a:1", "b:1"]);
  expect(comparison?.warnings[0]).toContain("in the order in which they were given");
});

test("private pools are compared process by process, the one that leaks first", async () => {
  const of = (pid: number, count: number) => pkgSums(pid, leaking(count), ` ${pid}(${pid}) `);
  const { comparison, other_comparisons } = await analyse({ a: of(10, 100) + of(11, 100), b: of(10, 100) + of(11, 900) });
  expect(comparison?.suspects[0]?.count_delta).toBe(800);
  // The other process shows the same figures twice: nothing to compare.
  expect(other_comparisons).toEqual([]);
});

test("the dump of a shutdown is no later state of the server", async () => {
  const of = (count: number) => sums(10, count);
  const { comparison } = await analyse({ log: of(2000) + of(3000) + pkgSums(10, [{ site: REQUIRE, count: 1, bytes: 16 }]) });
  expect(comparison?.dump_names.length).toBe(2);
  expect(comparison?.totals.count_delta).toBe(1000);
  expect(comparison?.warnings).toEqual(expect.arrayContaining([expect.stringContaining("shutdown")]));
});

test("a list and its sums of one moment count once", async () => {
  const { comparison } = await analyseFixtures(`${C2}/dump-middle-pkg-Async.log.gz`, `${C2}/dump-end-pkg-Async.log.gz`);
  expect(comparison?.dumps).toBe(2);
});

test("of very many dumps the first and the newest are compared", async () => {
  const log = Array.from({ length: 30 }, (_, index) => sums(10, 1000 + 10 * index)).join("");
  const { comparison } = await analyse({ log });
  expect(comparison?.dumps).toBe(21);
  expect(comparison?.totals.count_delta).toBe(290);
});
