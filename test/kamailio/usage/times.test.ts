import { describe, expect, test } from "vitest";
import { readTimeText } from "../../../src/kamailio/log-line/time-text.js";
import { readUsage, type UsageOptions } from "../../../src/kamailio/usage/reader.js";
import { readZone } from "../../../src/kamailio/usage/time-zone.js";
import { fixture, NOW } from "./fixture.js";

const HOUR = 3_600_000;

describe("what date prints", () => {
  test.each([
    ["2026-11-23T01:14:56Z", "2026-11-23T01:14:56.000Z"],
    ["2026-11-23T01:14:56.250+01:00", "2026-11-23T00:14:56.250Z"],
    ["2026-11-23 01:14:56 +0530", "2026-11-22T19:44:56.000Z"],
    ["2026-11-23 01:14:56,123456Z", "2026-11-23T01:14:56.123Z"],
    ["1795395908", "2026-11-23T01:05:08.000Z"],
    ["1795395908301", "2026-11-23T01:05:08.301Z"],
    ["@1795395908.5", "2026-11-23T01:05:08.500Z"],
    ["Mon Nov 23 01:14:56 UTC 2026", "2026-11-23T01:14:56.000Z"],
    ["Mon Nov 23 01:14:56 PM CET 2026", "2026-11-23T12:14:56.000Z"],
    ["Mon 23 Nov 2026 12:14:56 AM UTC", "2026-11-23T00:14:56.000Z"],
    ["Mon, 23 Nov 2026 01:14:56 +0100", "2026-11-23T00:14:56.000Z"],
    ["Mo 23. Nov 01:14:56 CET 2026", "2026-11-23T00:14:56.000Z"],
    ["lun. 23 nov. 2026 01:14:56 CET", "2026-11-23T00:14:56.000Z"],
    ["mar. 24 nov. 2026 01:14:56 CET", "2026-11-24T00:14:56.000Z"],
    ["lun 23 nov 2026, 01:14:56, CET", "2026-11-23T00:14:56.000Z"],
    ["Пн 23 ноя 2026 01:14:56 MSK", "2026-11-22T22:14:56.000Z"],
    ["2026年 11月 23日 月曜日 01:14:56 JST", "2026-11-22T16:14:56.000Z"],
    ["2026. 11. 23. (월) 01:14:56 KST", "2026-11-22T16:14:56.000Z"],
  ])("%s", (text, utc) => {
    const time = readTimeText(text);
    expect(time?.offset).not.toBeNull();
    expect(new Date((time?.local ?? 0) - (time?.offset ?? 0)).toISOString()).toBe(utc);
  });

  test.each(["2026-11-23T01:14:56", "Mon Nov 23 01:14:56 2026", "Mon Nov 23 01:14:56 CST 2026", "2026-11-23 01:14 IST"])(
    "%s does not say its zone for sure",
    (text) => {
      expect(readTimeText(text)).toMatchObject({ offset: null });
    },
  );

  test.each([
    "33554432",
    "udp receiver child=0 sock=127.0.0.1:5600",
    "up 10 days, 1:14",
    "2026-02-30T00:00:00Z",
    "25:61:00 Nov 23 2026",
    "compiled on 00:44:00 Nov 23 2026 with gcc 2.2.0",
    "a long line of prose that mentions 23 Nov 2026 01:14:56",
  ])("%s is no time", (text) => {
    expect(readTimeText(text)).toBeNull();
  });
});

describe("zones", () => {
  test.each([
    ["Europe/Berlin", Date.UTC(2026, 6, 1, 12), [2 * HOUR]],
    ["Europe/Berlin", Date.UTC(2026, 0, 1, 12), [HOUR]],
    ["Europe/Berlin", Date.UTC(2026, 9, 25, 2, 30), [HOUR, 2 * HOUR]],
    ["America/New_York", Date.UTC(2026, 10, 1, 1, 30), [-5 * HOUR, -4 * HOUR]],
    ["Asia/Kolkata", Date.UTC(2026, 0, 1), [5.5 * HOUR]],
    ["+02:00", 0, [2 * HOUR]],
    ["-0330", 0, [-3.5 * HOUR]],
    ["UTC", 0, [0]],
  ])("%s", (name, local, offsets) => {
    expect(readZone(name)?.offsets(local)).toEqual(offsets);
  });

  test.each(["", "Nowhere/Land", "+25:00", "CEST+", "x".repeat(1000)])("%j is none", (name) => {
    expect(readZone(name)).toBeNull();
  });
});

function reading(real_used: number): string {
  return `{\n\ttotal: 33554432\n\tfree: ${33554432 - real_used}\n\tused: 2616536\n\treal_used: ${real_used}\n\tmax_used: 5000000\n\tfragments: 1\n}\n`;
}

function times(text: string, options: Partial<UsageOptions> = {}) {
  const { samples, rejected, warnings } = readUsage(text, { now: NOW, ...options });
  return { at: samples.map(({ at, shm }) => `${at.slice(0, 19)} ${shm?.real_used}`), rejected, warnings };
}

describe("which reading belongs to which time", () => {
  test("a time above each reading, a prompt and a command between them", () => {
    const text = `Mon Nov 23 01:14:56 CET 2026\nroot@sbc:~# kamcmd core.shmmem\n${reading(2700000)}Mon Nov 23 01:15:56 CET 2026\n[root@sbc ~]# kamcmd core.shmmem\n${reading(2800000)}`;
    expect(times(text).at).toEqual(["2026-11-23T00:14:56 2700000", "2026-11-23T00:15:56 2800000"]);
  });

  test("a time below each reading, when the upload begins with one", () => {
    const text = `${reading(2700000)}2026-11-23T01:14:56Z\n${reading(2800000)}2026-11-23T01:15:56Z\n`;
    expect(times(text).at).toEqual(["2026-11-23T01:14:56 2700000", "2026-11-23T01:15:56 2800000"]);
  });

  test.each([
    "=== 2026-11-23T01:14:56Z ===",
    "--- [2026-11-23T01:14:56Z] ---",
    "Date: Mon, 23 Nov 2026 01:14:56 GMT",
    "# 1795396496",
  ])("%s", (line) => {
    expect(times(`${line}\n${reading(2700000)}`).at).toEqual(["2026-11-23T01:14:56 2700000"]);
  });

  test("local times count in the caller's zone, going on through the autumn change", () => {
    const text = ["01:30", "02:30", "02:15", "03:00"]
      .map((time, at) => `2026-10-25 ${time}:00\n${reading(2700000 + at * 8)}`)
      .join("");
    const { at, warnings } = times(text, { timezone: "Europe/Berlin" });
    expect(at.map((line) => line.slice(11, 16))).toEqual(["23:30", "00:30", "01:15", "02:00"]);
    expect(warnings).toEqual([]);
  });

  test("local times without a zone count as UTC, which is said", () => {
    const { at, warnings } = times(`### 2026-11-23T01:14:56 kamcmd core.shmmem\n${reading(2700000)}`);
    expect(at).toEqual(["2026-11-23T01:14:56 2700000"]);
    expect(warnings[0]).toContain("?timezone=");
  });

  test("an unknown zone is said", () => {
    expect(times(reading(2700000), { timezone: "Mars/Olympus" }).warnings[0]).toContain("not known");
  });

  test("a second reading without any time is refused", () => {
    const { at, rejected } = times(reading(2700000) + reading(2800000), { at: NOW - 60_000 });
    expect(at).toEqual(["2026-11-23T23:59:00 2700000"]);
    expect(rejected).toEqual([
      { line: 9, reason: expect.stringContaining("a second core.shmmem"), hint: expect.stringContaining("date") },
    ]);
  });

  test("the same reading twice is one", () => {
    expect(times(reading(2700000) + reading(2700000))).toMatchObject({ at: ["2026-11-24T00:00:00 2700000"], rejected: [] });
  });

  test("core.uptime beside each reading parts them by its clock", () => {
    const text = ["00:59:45", "01:00:45"]
      .map(
        (clock, at) =>
          `{\n\tnow: Mon Nov 23 ${clock} 2026\n\n\tup_since: Mon Nov 23 00:59:44 2026\n\n\tuptime: ${1 + 60 * at}\n}\n${reading(2700000 + 8 * at)}`,
      )
      .join("");
    expect(times(text, { timezone: "+01:00" }).at).toEqual(["2026-11-22T23:59:45 2700000", "2026-11-23T00:00:45 2700008"]);
  });

  test.each([
    ["2027-11-23T00:00:00Z", "future"],
    ["1970-01-01T00:00:10Z", "clock was not set"],
  ])("%s is refused", (time, reason) => {
    const { at, rejected } = times(`${time}\n${reading(2700000)}`);
    expect(at).toEqual([]);
    expect(rejected[0]?.reason).toContain(reason);
  });
});

describe("recorded series", () => {
  test("a restart: each block has its time, and the uptime starts again", () => {
    const { samples, rejected } = readUsage(fixture("incidents/f-restart-5.5.7-qm/series.txt.gz"), { now: NOW, timezone: "UTC" });
    expect(rejected).toEqual([]);
    expect(samples).toHaveLength(110);
    expect(samples.every(({ shm, pkg, uptime }) => shm !== null && pkg.length === 13 && uptime !== null)).toBe(true);
    expect(samples[0]).toMatchObject({ at: "2026-11-23T01:14:04.000Z", uptime: 0 });
    expect(samples.at(-1)).toMatchObject({ at: "2026-11-23T01:17:44.000Z", uptime: 120 });
    expect(samples.filter(({ uptime }) => uptime === 0)).toHaveLength(2);
  });

  test("4.4: the ghost rows are left out, the rest stays", () => {
    const { samples } = readUsage(fixture("incidents/c1-leak-pkg-subst_hf-4.4.0-dev5-fm/series.txt.gz"), {
      now: NOW,
      timezone: "UTC",
    });
    expect(samples).toHaveLength(119);
    expect(new Set(samples.map(({ pkg }) => pkg.length))).toEqual(new Set([11]));
    expect(samples.every(({ pkg }) => pkg.every(({ pid }) => pid > 0))).toBe(true);
  });

  test("a server that dies in between leaves what was read", () => {
    const { samples } = readUsage(fixture("incidents/g-double-free-jsonrpcs-5.3.0-dev-qm/series.txt"), {
      now: NOW,
      timezone: "UTC",
    });
    expect(samples[0]?.shm?.total).toBe(33554432);
  });
});
