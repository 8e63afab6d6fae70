import { expect, test } from "vitest";
import { detectEvents, NOTHING_WATCHED } from "../../../src/kamailio/history/events.js";
import { processKeys } from "../../../src/kamailio/history/process-identity.js";
import type { PkgCounters, UsageSample } from "../../../src/kamailio/sample.js";

const MINUTE = 60_000;
const row = (pid: number, more: Partial<PkgCounters> = {}): PkgCounters => ({
  pid,
  rank: 1,
  used: 1,
  free: 1,
  real_used: 1,
  total_size: 8 << 20,
  total_frags: 1,
  desc: null,
  ...more,
});
const shm = { total: 64 << 20, free: null, used: null, real_used: 1, max_used: 1_000, fragments: null };
const base: UsageSample = { at: null, uptime: 600, shm, pkg: [row(10), row(11)], load: {} };

test.each<[string, Partial<UsageSample>, string[]]>([
  ["nothing happened", { uptime: 660 }, []],
  ["the uptime started again", { uptime: 20, pkg: [row(90)] }, ["restart"]],
  ["new pids alone", { uptime: null, pkg: [row(90), row(91)] }, ["restart"]],
  ["one of two processes is a new one", { uptime: null, pkg: [row(10), row(91)] }, []],
  ["max_used fell", { uptime: null, pkg: [], shm: { ...shm, max_used: 900 } }, ["restart"]],
  ["max_used rose", { uptime: null, pkg: [], shm: { ...shm, max_used: 1_100 } }, []],
  ["the pool has another size", { uptime: 5, shm: { ...shm, total: 128 << 20 } }, ["restart", "resize"]],
  [
    "the private pools have another size",
    { uptime: null, shm: null, pkg: [row(90, { total_size: 16 << 20 })] },
    ["restart", "resize"],
  ],
  ["a text of shm alone", { uptime: null, pkg: [] }, []],
  ["a text of pkg alone", { uptime: null, shm: null }, []],
])("%s", (_, change, kinds) => {
  const first = detectEvents(NOTHING_WATCHED, base, 0);
  const second = detectEvents(first.watched, { ...base, ...change }, MINUTE);
  expect(first.events).toEqual([]);
  expect(second.events.map(({ kind }) => kind)).toEqual(kinds);
});

test("a restart that two texts show is one restart, at the time that the uptime says", () => {
  const first = detectEvents(NOTHING_WATCHED, base, 0);
  const restarted = detectEvents(first.watched, { ...base, uptime: 20, pkg: [], shm: { ...shm, max_used: 10 } }, MINUTE);
  const table = detectEvents(restarted.watched, { ...base, uptime: null, shm: null, pkg: [row(90)] }, MINUTE + 100);
  expect(restarted.events.map(({ kind, at }) => [kind, at])).toEqual([["restart", MINUTE - 20_000]]);
  expect(table.events).toEqual([]);
});

test("processes keep their names over a restart; equals are told apart by the order of their pids", () => {
  const timers = (base: number) => [row(base + 2, { rank: -1 }), row(base, { rank: -1 }), row(base + 1, { desc: "timer" })];
  expect(processKeys(timers(10))).toEqual(["rank -1 #2", "rank -1", "timer"]);
  expect(processKeys(timers(900))).toEqual(processKeys(timers(10)));
});
