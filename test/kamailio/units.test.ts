import { describe, expect, test } from "vitest";
import {
  between,
  clock,
  counted,
  DAY,
  duration,
  HOUR,
  KB,
  MB,
  MINUTE,
  mb,
  moment,
  percent,
  SECOND,
  timestamp,
} from "../../src/kamailio/units.js";

describe("a size in MB", () => {
  test.each([
    [0, "0 MB"],
    [1, "1 byte"],
    [812, "812 bytes"],
    [-812, "-812 bytes"],
    [2 * KB, "0.002 MB"],
    [0.18 * MB, "0.18 MB"],
    [MB, "1 MB"],
    [6.26 * MB, "6.3 MB"],
    [-6.26 * MB, "-6.3 MB"],
    [64 * MB, "64 MB"],
    [99.96 * MB, "100 MB"],
    [16_384.4 * MB, "16384 MB"],
  ])("%d bytes: %s", (bytes, text) => expect(mb(bytes)).toBe(text));
});

describe("a stretch of time in the largest unit that it fills", () => {
  test.each([
    [0, "0 seconds"],
    [SECOND, "1 second"],
    [59 * SECOND, "59 seconds"],
    [MINUTE, "1 minute"],
    [4.3 * MINUTE, "4.3 minutes"],
    [45 * MINUTE, "45 minutes"],
    [1.5 * HOUR, "1.5 hours"],
    [DAY, "1 day"],
    [2.04 * DAY, "2 days"],
    [30.4 * DAY, "30 days"],
  ])("%d ms: %s", (ms, text) => expect(duration(ms)).toBe(text));
});

describe("a range of dates", () => {
  const at = (text: string) => Date.parse(`${text}:00Z`);
  const now = at("2026-11-23T01:00");
  test.each([
    ["far: days are enough", "2026-12-03T08:15", "2026-12-05T09:00", "between 2026-12-03 and 2026-12-05"],
    ["far, in one day", "2026-12-03T08:15", "2026-12-03T09:00", "on 2026-12-03"],
    ["near, in one day: the time of day tells", "2026-11-23T01:26", "2026-11-23T01:33", "between 2026-11-23 01:26 and 01:33 UTC"],
    ["near, over midnight", "2026-11-23T23:50", "2026-11-24T00:10", "between 2026-11-23 23:50 and 2026-11-24 00:10 UTC"],
    ["within a minute", "2026-11-23T01:26", "2026-11-23T01:26", "at 2026-11-23 01:26 UTC"],
    ["open, far", "2026-12-03T08:15", null, "from 2026-12-03 on, or never"],
    ["open, near", "2026-11-23T01:26", null, "from 2026-11-23 01:26 UTC on, or never"],
  ])("%s", (_, earliest, latest, text) => expect(between(at(earliest), latest === null ? null : at(latest), now)).toBe(text));
});

test("a time on the wire, beside a log and in a sentence", () => {
  const at = Date.UTC(2026, 10, 23, 8, 15, 30, 7);
  expect(timestamp(at)).toBe("2026-11-23T08:15:30.007Z");
  expect(moment(at)).toBe("2026-11-23T08:15:30Z");
  expect(clock(at)).toBe("2026-11-23 08:15 UTC");
});

test("a share, and a number with its noun", () => {
  expect([0, 0.023, 0.0999, 0.1, 0.824, 0.997, 1, 1.204].map(percent)).toEqual([
    "0 %",
    "2.3 %",
    "10 %",
    "10 %",
    "82 %",
    "99.7 %",
    "100 %",
    "120 %",
  ]);
  expect([0, 1, 2].map((count) => counted(count, "chunk"))).toEqual(["0 chunks", "1 chunk", "2 chunks"]);
});
