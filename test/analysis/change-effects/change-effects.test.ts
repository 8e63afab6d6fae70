import { describe, expect, test } from "vitest";
import { type Change, effectOf } from "../../../src/analysis/change-effects/change-effects.js";
import { suspectsBetween } from "../../../src/analysis/change-effects/suspects.js";
import { historyFromSamples } from "../../../src/analysis/history/from-samples.js";
import type { UsageSample } from "../../../src/kamailio/sample.js";
import { DAY, HOUR, MB } from "../../../src/kamailio/units.js";
import { readVersion } from "../../../src/kamailio/version.js";

const START = Date.UTC(2026, 8, 1);
const CHANGE = START + 10 * DAY;

/** Twenty days by the hour with a daily swing; `used` gives the bytes beside contacts and swing. */
function days(used: (day: number) => number, cost: (day: number) => number = () => 1200): UsageSample[] {
  return Array.from({ length: 20 * 24 }, (_, hour) => {
    const day = hour / 24;
    const contacts = Math.round(4000 + 1500 * Math.sin(2 * Math.PI * day) + 200 * Math.sin(hour * 3.7));
    const real_used = Math.round(20 * MB + used(day) + cost(day) * contacts + 20_000 * Math.sin(hour * 1.3));
    return {
      at: new Date(START + hour * HOUR).toISOString(),
      uptime: null,
      shm: { total: 256 * MB, free: null, used: null, real_used, max_used: null, fragments: null },
      pkg: [],
      load: { location_contacts: contacts },
    } as UsageSample;
  });
}

const change: Change = { kind: "build", at: CHANGE, from: "5.6.3", to: "5.8.8", summary: "upgrade" };
const shm = (samples: UsageSample[], others: number[] = [CHANGE]) =>
  effectOf(historyFromSamples(samples, { version: readVersion("5.6.3") }), change, others)[0];

describe("what a change did", () => {
  test.each([
    ["no_effect", () => 0, () => 1200],
    ["step_up", (day: number) => (day < 10 ? 0 : 12 * MB), () => 1200],
    ["step_down", (day: number) => (day < 10 ? 12 * MB : 0), () => 1200],
    ["leak_began", (day: number) => (day < 10 ? 0 : (day - 10) * 2 * MB), () => 1200],
    ["leak_ended", (day: number) => Math.min(day, 10) * 2 * MB, () => 1200],
    ["dearer", () => 0, (day: number) => (day < 10 ? 1200 : 2000)],
    ["cheaper", () => 0, (day: number) => (day < 10 ? 2000 : 1200)],
  ] as const)("%s", (verdict, used, cost) => {
    expect(shm(days(used, cost))).toMatchObject({ verdict, confidence: "high" });
  });

  test("too little on a side, or another change right beside it: it cannot tell", () => {
    expect(shm(days(() => 0).slice(0, 10 * 24 + 4))).toMatchObject({ verdict: "cannot_tell", level_bytes: { after: null } });
    expect(
      shm(
        days(() => 0),
        [CHANGE - HOUR, CHANGE],
      ),
    ).toMatchObject({ verdict: "cannot_tell" });
  });
});

describe("suspects of an upgrade", () => {
  const between = (from: string, to: string) => suspectsBetween(readVersion(from), readVersion(to), null);
  test("a default that grew, and a table that did", () => {
    expect(between("5.7.4", "5.8.0").join("\n")).toContain("pv_buffer_size: the default changed from 8192 to 32768");
    expect(between("6.0.7", "6.1.4").join("\n")).toContain("tm: its table takes 48 bytes a slot");
    expect(between("5.6.3", "5.6.3")).toEqual([]);
  });
});
