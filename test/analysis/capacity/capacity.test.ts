/** Costs, forecast and headroom on simulated histories, and sizes of configurations alone. */
import { describe, expect, test } from "vitest";
import { capacityBasis } from "../../../src/analysis/capacity/basis.js";
import { judgeCapacity } from "../../../src/analysis/capacity/capacity.js";
import { NO_EXPECTED_LOAD } from "../../../src/analysis/capacity/load.js";
import { historyFromSamples } from "../../../src/analysis/history/from-samples.js";
import { sizeInstance } from "../../../src/analysis/sizing/size-instance.js";
import type { UsageSample } from "../../../src/kamailio/sample.js";
import { MB } from "../../../src/kamailio/units.js";
import { readVersion } from "../../../src/kamailio/version.js";

const START = Date.UTC(2026, 9, 1);
const COST = 1431;
const LEVEL = 9_000_000;

/** A ramp of contacts with calls that come and go, noise of some kB, every five minutes. */
function ramp(samples: number, { from = 0, noise = 3000, total = 256 * MB } = {}): UsageSample[] {
  return Array.from({ length: samples }, (_, index) => {
    const contacts = from + 200 * index;
    const calls = Math.round(150 + 120 * Math.sin(index / 3));
    const used = LEVEL + COST * contacts + 1700 * calls + noise * Math.sin(index * 7.3);
    return {
      at: new Date(START + index * 300_000).toISOString(),
      uptime: null,
      shm: { total, free: null, used: null, real_used: Math.round(used), max_used: Math.round(used) + 5000, fragments: 10 },
      pkg: [],
      load: { location_contacts: contacts, active_dialogs: calls },
    } as UsageSample;
  });
}

const facts = { version: readVersion("5.6.3"), shm_manager: "qm", pkg_manager: "qm", processes: 15 } as const;
const historyOf = (samples: UsageSample[]) =>
  historyFromSamples(samples, {
    ...facts,
    shm_size_mb: { value: 256, source: "command_line" },
    pkg_size_mb: { value: 8, source: "command_line" },
  });

describe("costs that were measured", () => {
  test("on a ramp with calls beside it: within a few percent, with an interval", () => {
    const basis = capacityBasis(historyOf(ramp(60)));
    const contact = basis.costs.find(({ object }) => object === "contact");
    expect(contact).toMatchObject({ source: "measured" });
    expect(contact?.bytes.likely).toBeGreaterThan(COST * 0.97);
    expect(contact?.bytes.likely).toBeLessThan(COST * 1.03);
    expect(contact?.bytes.low).toBeLessThanOrEqual(contact?.bytes.likely ?? 0);
    expect(basis.fixed.shm_bytes + basis.other).toBeGreaterThan(LEVEL * 0.97);
    expect(basis.fixed.shm_bytes + basis.other).toBeLessThan(LEVEL * 1.03);
  });

  test("the first half of a ramp tells what the second half takes, within 10 %", () => {
    const half = capacityBasis(historyOf(ramp(60)));
    const cost = half.costs.find(({ object }) => object === "contact")?.bytes.high ?? 0;
    const contacts = 200 * 119;
    const predicted = half.fixed.shm_bytes + half.other + cost * contacts;
    const real = LEVEL + COST * contacts;
    expect(Math.abs(predicted / real - 1)).toBeLessThan(0.1);
  });

  test("a population that stands still, too few samples, or a cost that cannot be: the table answers", () => {
    const still = ramp(60).map((sample) => ({ ...sample, load: { location_contacts: 5000 } }));
    const leak = ramp(60).map((sample, index) => ({ ...sample, load: { location_contacts: 5000 + (index % 3) * 300 } }));
    for (const samples of [still, leak, ramp(5)])
      expect(capacityBasis(historyOf(samples)).costs.find(({ object }) => object === "contact")).toMatchObject({
        source: "release_table",
        bytes: { likely: 1192 },
      });
  });

  test("a restart begins a new level and does not spoil the cost", () => {
    const after = ramp(40, { from: 0 }).map((sample, index) => ({
      ...sample,
      at: new Date(START + (60 + index) * 300_000).toISOString(),
      shm:
        sample.shm === null
          ? null
          : {
              ...sample.shm,
              real_used: (sample.shm.real_used ?? 0) - 2_000_000,
              max_used: (sample.shm.real_used ?? 0) - 2_000_000,
            },
    }));
    const contact = capacityBasis(historyOf([...ramp(60), ...after])).costs.find(({ object }) => object === "contact");
    expect(contact?.source).toBe("measured");
    expect(contact?.bytes.likely).toBeGreaterThan(COST * 0.95);
    expect(contact?.bytes.likely).toBeLessThan(COST * 1.05);
  });
});

describe("forecast and headroom", () => {
  const now = START + 61 * 300_000;
  test("parameters are totals, load_factor multiplies the peaks, an explicit parameter wins", () => {
    const history = historyOf(ramp(60));
    const of = (load: Partial<typeof NO_EXPECTED_LOAD>) => judgeCapacity(history, now, { ...NO_EXPECTED_LOAD, ...load });
    const contacts = (capacity: ReturnType<typeof of>) =>
      capacity.forecast.factors.find(({ name }) => name === "contacts")?.value_bytes ?? 0;
    expect(contacts(of({ load_factor: 2 })) / contacts(of({ load_factor: 1 }))).toBeCloseTo(2, 2);
    expect(contacts(of({ contacts: 100_000, load_factor: 2 }))).toBe(contacts(of({ contacts: 100_000 })));
    expect(of({ contacts: 1_000_000 })).toMatchObject({ ok: false });
    expect(of({ contacts: 100_000 })).toMatchObject({ ok: true });
  });

  test("as many more as the headroom says still fit, and some more do not", () => {
    const history = historyOf(ramp(60));
    const more = judgeCapacity(history, now, NO_EXPECTED_LOAD).headroom.find(({ object }) => object === "contact")?.more ?? 0;
    const at = (contacts: number) => judgeCapacity(history, now, { ...NO_EXPECTED_LOAD, contacts });
    const peak = 200 * 59;
    expect(at(peak + more).ok).toBe(true);
    expect(at(Math.round((peak + more) * 1.12)).ok).toBe(false);
  });

  test("capacity and sizing name the same processes, fixed parts, costs and sizes", () => {
    const history = historyOf(ramp(60));
    for (const load of [
      NO_EXPECTED_LOAD,
      { ...NO_EXPECTED_LOAD, contacts: 200_000, calls: 5000 },
      { ...NO_EXPECTED_LOAD, processes: 80 },
    ]) {
      const sizing = sizeInstance(history, now, { horizon_days: 90, expected: load });
      const capacity = judgeCapacity(history, now, load);
      expect(capacity.forecast.shm_mb).toBe(sizing.recommendations[0]?.recommended_mb);
      expect(capacity.forecast.pkg_mb).toBe(sizing.recommendations[1]?.recommended_mb);
      expect(capacity.forecast.host_bytes).toBe(sizing.host_impact.total_bytes);
      expect(capacity.now.processes).toBe(sizing.host_impact.processes);
    }
  });

  test("five hundred children and tens of GB make sense", () => {
    const history = historyFromSamples([], { ...facts, processes: 1020, shm_size_mb: { value: 65_536, source: "command_line" } });
    const capacity = judgeCapacity(history, now, { ...NO_EXPECTED_LOAD, contacts: 20_000_000, calls: 200_000 });
    expect(capacity.forecast.shm_mb).toBeGreaterThan(25_000);
    expect(capacity.forecast.shm_mb).toBeLessThan(65_536);
    expect(capacity.forecast.host_bytes).toBe(capacity.forecast.shm_mb * MB + capacity.forecast.pkg_mb * MB * 1020);
    expect(capacity.ok).toBe(true);
  });
});
