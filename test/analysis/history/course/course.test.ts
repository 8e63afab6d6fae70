import { describe, expect, test } from "vitest";
import { judgePool } from "../../../../src/analysis/diagnosis/judge-pool.js";
import { courseOf } from "../../../../src/analysis/history/course/course.js";
import { historyFromSamples } from "../../../../src/analysis/history/from-samples.js";
import { gridOver } from "../../../../src/analysis/history/grid.js";
import type { HistoryEvent } from "../../../../src/kamailio/history/events.js";
import { SeriesBuilder } from "../../../../src/kamailio/history/series.js";
import { DAY, HOUR } from "../../../../src/kamailio/units.js";
import { makeHistory } from "../../../support/histories/make-history.js";
import { lastTime } from "../../diagnosis/usage-fixture.js";

const POOL = 1e8;
const START = Date.UTC(2026, 5, 1);
/** Office hours: 0 at night, 1 at the busy hour. */
const busy = (hour: number) => Math.max(0, Math.sin(((hour % 24) - 6) * (Math.PI / 12)));

/** The course of hourly levels; `restarts` in days. */
function course(days: number, level: (day: number) => number, restarts: readonly number[] = [], bare = true) {
  const builder = new SeriesBuilder(0);
  for (let hour = 0; hour < days * 24; hour++) builder.add(START + hour * HOUR, level(hour / 24));
  const events: HistoryEvent[] = restarts.map((day) => ({ kind: "restart", at: START + day * DAY, pool: null, detail: "" }));
  const grid = gridOver([builder.build()], events);
  if (grid === null) throw new Error("there are levels");
  const values = Float64Array.from(builder.build().last);
  return courseOf({ grid, values, usable: null, capacity: POOL, free: 6e7, bare, fixed: 0, siblings: 1 });
}

const swing = (day: number) => 1e7 * busy((day % 1) * 24);

describe("what the days show", () => {
  test.each([
    ["a level that comes back every night is none", (day: number) => 3e7 + swing(day), "none"],
    ["a rise of a fifth of the free pool is a leak", (day: number) => 3e7 + swing(day) + 4e5 * day, "leak"],
    ["that begins in the middle as well", (day: number) => 3e7 + swing(day) + 12e5 * Math.max(0, day - 15), "leak"],
    ["one that stopped is over", (day: number) => 3e7 + swing(day) + 9e5 * Math.min(day, 12), "none"],
    ["a cache that fills heads for its level", (day: number) => 3e7 + swing(day) + 2e7 * (1 - Math.exp(-day / 5)), "none"],
    ["a step is a bigger table", (day: number) => 3e7 + swing(day) + (day >= 14 ? 1e7 : 0), "none"],
    [
      "growth scales the swing with the level: that is not told",
      (day: number) => (3e7 + swing(day)) * (1 + 0.25 * (day / 30)),
      "untold",
    ],
  ])("%s", (_, level, state) => {
    expect(course(30, level).state).toBe(state);
  });

  test("with the load taken out a rise is a leak, whatever the swing does", () => {
    expect(course(30, (day) => (3e7 + swing(day)) * (1 + 0.25 * (day / 30)), [], false).state).toBe("leak");
  });

  test("what each of many restarts gives back is one leak", () => {
    const nights = Array.from({ length: 20 }, (_, day) => day + 1 + 2 / 24);
    const since = (day: number) => day - Math.max(0, ...nights.filter((night) => night <= day));
    const leaking = course(21, (day) => 3e7 + swing(day) + 1e7 * since(day), nights);
    expect(leaking).toMatchObject({ state: "leak", restarts: { runs: 20 } });
    expect(leaking.restarts?.per_day).toBeGreaterThan(5e6);
    expect(course(21, (day) => 3e7 + swing(day), nights)).toMatchObject({ state: "none", restarts: null });
  });
});

test("the memory is a function of the history: what was said on a day is what a later look says of that day", () => {
  const level = (day: number) => 3e7 + swing(day) + 12e5 * Math.max(0, day - 15);
  const said = Array.from({ length: 20 }, (_, index) => course(21 + index, level));
  const named = said.find(({ state }) => state === "leak");
  expect(named?.since).not.toBeNull();
  for (const { state, since } of said.slice(said.indexOf(named ?? said[0] ?? course(1, level))))
    expect([state, since]).toEqual(["leak", named?.since]);
});

test("a leak that begins in the middle is dated to the day, and what changed then is named", () => {
  const { samples, began_at: truth } = makeHistory("leak_from_middle", 77);
  const changed = { at: (truth ?? 0) - 2 * HOUR, what: "another build was recorded" };
  const history = historyFromSamples(
    samples,
    {},
    [],
    [changed, { at: (truth ?? 0) - 9 * DAY, what: "other settings were recorded" }],
  );
  const judged = judgePool(history, "shm", lastTime(samples));
  expect(Math.abs((judged.began_at ?? 0) - (truth ?? 0))).toBeLessThan(2 * DAY);
  const began = judged.evidence_for.find(({ rule }) => rule === "rise_began");
  expect(began?.detail).toContain("another build was recorded");
  expect(began?.detail).not.toContain("other settings");
});
