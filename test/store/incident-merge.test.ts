import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LogIncident } from "../../src/kamailio/log/incident.js";
import { type Counted, countedIn, incidentIdentity, mergeCounted } from "../../src/store/incident-merge.js";
import { exhaustion } from "../support/incident.js";

const MINUTE = 60_000;

/** What one log reports that covers these minutes. */
const log = (from: number, to: number, count: number, more: Partial<LogIncident> = {}): Counted =>
  countedIn(
    exhaustion({
      first_at: new Date(from * MINUTE).toISOString(),
      last_at: new Date(to * MINUTE).toISOString(),
      count,
      lines: count,
      ...more,
    }),
    0,
  );

const all = (...logs: Counted[]) => logs.reduce((sum, one) => mergeCounted(sum, one));

describe("logs of one incident", () => {
  test.each<[string, Counted[], { count: number; lower: boolean }]>([
    ["apart: both count", [log(0, 5, 10), log(6, 9, 4)], { count: 14, lower: false }],
    ["the same twice: counts once", [log(0, 5, 10), log(0, 5, 10)], { count: 10, lower: false }],
    ["a later one that holds the first", [log(2, 5, 10), log(0, 9, 30)], { count: 30, lower: false }],
    ["a later one inside the first", [log(0, 9, 30), log(2, 5, 10)], { count: 30, lower: false }],
    ["one that holds two", [log(0, 1, 3), log(4, 5, 3), log(0, 5, 8)], { count: 8, lower: false }],
    ["overlap in part: the larger, as a lower bound", [log(0, 5, 10), log(3, 9, 12)], { count: 12, lower: true }],
    ["what lies between two that were posted before", [log(0, 1, 3), log(8, 9, 3), log(4, 5, 2)], { count: 8, lower: false }],
    [
      "one that says itself that lines were lost",
      [log(0, 1, 3), log(4, 5, 3, { count_is_lower_bound: true })],
      { count: 6, lower: true },
    ],
  ])("%s", (_, logs, expected) => {
    const { incident } = all(...logs);
    expect({ count: incident.count, lower: incident.count_is_lower_bound }).toEqual(expected);
  });

  test("times, pids and sizes are those of all of them, the quote that of the first", () => {
    const { incident } = all(
      log(4, 5, 1, { pids: [7], pid_count: 1, size: 100, smallest_size: 100, quote: "second" }),
      log(0, 1, 1, { pids: [3], pid_count: 1, size: 64, smallest_size: 8, quote: "first" }),
    );
    expect(incident).toMatchObject({
      first_at: "1970-01-01T00:00:00.000Z",
      last_at: "1970-01-01T00:05:00.000Z",
      pids: [3, 7],
      pid_count: 2,
      size: 100,
      smallest_size: 8,
      quote: "first",
    });
  });

  test("of a log without times, what has grown replaces what was there", () => {
    const none = { first_at: null, last_at: null };
    const before = countedIn(exhaustion({ ...none, count: 5, last_line: 40 }), 1);
    const after = countedIn(exhaustion({ ...none, count: 9, last_line: 90 }), 2);
    expect(mergeCounted(before, after).incident).toMatchObject({ count: 9, last_line: 90 });
    expect(mergeCounted(after, before).incident).toMatchObject({ count: 9, last_line: 90 });
  });

  test("posting any of them again never changes the count", () => {
    const minutes = fc
      .tuple(fc.nat(60), fc.nat(20), fc.integer({ min: 1, max: 50 }))
      .map(([from, length, count]) => log(from, from + length, count));
    fc.assert(
      fc.property(fc.array(minutes, { minLength: 1, maxLength: 8 }), fc.nat(), (logs, pick) => {
        const once = all(...logs);
        const again = mergeCounted(once, logs[pick % logs.length] as Counted);
        expect(again.incident.count).toBe(once.incident.count);
        expect(once.incident.count).toBeLessThanOrEqual(logs.reduce((sum, { incident }) => sum + incident.count, 0));
        expect(once.incident.count).toBeGreaterThanOrEqual(Math.max(...logs.map(({ incident }) => incident.count)));
      }),
    );
  });

  test("hundreds of short logs are kept within bounds and lose no failure", () => {
    const logs = Array.from({ length: 500 }, (_, n) => log(n * 10, n * 10 + 1, 2));
    const { incident, parts } = all(...logs);
    expect(incident.count).toBe(1000);
    expect(parts.length).toBeLessThanOrEqual(200);
  });
});

describe("what is one incident", () => {
  const base = exhaustion({});
  const site = { module: "tm", file: "h_table.c", function: "build_cell", line: 360 };
  test.each<[string, Partial<LogIncident>, boolean]>([
    ["another first line of the same failures", { class: "pkg_mem_error" }, true],
    ["another process", { pids: [9] }, true],
    ["another pool", { pool: "pkg" }, false],
    ["another site", { site }, false],
    ["another kind", { kind: "fragmentation" }, false],
  ])("%s", (_, change, same) => {
    expect(incidentIdentity({ ...base, ...change }) === incidentIdentity(base)).toBe(same);
  });
});
