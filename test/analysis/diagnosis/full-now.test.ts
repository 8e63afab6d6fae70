import { describe, expect, test } from "vitest";
import { diagnose } from "../../../src/analysis/diagnosis/diagnose.js";
import { historyFromSamples } from "../../../src/analysis/history/from-samples.js";
import type { HistoryIncident, InstanceFacts } from "../../../src/analysis/history/history.js";
import { sizeInstance } from "../../../src/analysis/sizing/size-instance.js";
import type { PkgCounters, UsageSample } from "../../../src/kamailio/sample.js";
import { MB, MINUTE } from "../../../src/kamailio/units.js";
import { makeTrace } from "../../support/traces.js";
import { analyseFixtures, fixture } from "../analyses/analyse.js";
import { lastTime } from "./usage-fixture.js";

const AT = Date.parse("2026-11-30T03:00:00Z");

function shm(share: number, minute = 0, more: Partial<UsageSample> = {}): UsageSample {
  const total = 64 * MB;
  const real_used = Math.round(share * total);
  return {
    at: new Date(AT + minute * MINUTE).toISOString(),
    uptime: null,
    shm: { total, real_used, used: real_used, free: total - real_used, max_used: null, fragments: null },
    pkg: [],
    load: {},
    ...more,
  };
}

function process(pid: number, share: number, desc: string): PkgCounters {
  const total_size = 8 * MB;
  const real_used = Math.round(share * total_size);
  return { pid, rank: 1, used: real_used, real_used, free: total_size - real_used, total_size, total_frags: 1, desc };
}

function incident(kind: HistoryIncident["kind"], pool: "shm" | "pkg", last_at: number | null, count = 1): HistoryIncident {
  return { id: null, kind, pool, at: last_at, last_at, count, size: null, pid: null, quote: null };
}

function pools(samples: UsageSample[], facts: Partial<InstanceFacts> = {}, incidents: HistoryIncident[] = [], clock = AT) {
  const diagnosis = diagnose(historyFromSamples(samples, { instance: "sip1", ...facts }, incidents), AT, ["shm", "pkg"], clock);
  const [first, second] = diagnosis.pools;
  if (first === undefined || second === undefined) throw new Error("two pools were asked for");
  return { ...diagnosis, shm: first, pkg: second };
}

describe("one sample is enough", () => {
  test.each([
    [0.94, null],
    [0.95, "error"],
    [0.978, "error"],
    [0.99, "critical"],
    [1, "critical"],
  ])("shm at %d: %s", (share, severity) => {
    const judged = pools([shm(share)]);
    expect(judged.shm.verdict).toBe("insufficient_data");
    expect(judged.shm.severity).toBe(severity ?? "info");
    expect(judged.ok).toBe(severity === null);
    expect(judged.shm.full_now?.used_share ?? null).toBe(severity === null ? null : share);
    if (severity !== null)
      expect(judged.title).toMatch(/^sip1: shm is (nearly )?full now: .* next: kamcmd mod\.mem_statsx all shm/);
  });

  test("the processes that are full are named, the others are not", () => {
    const rows = [process(11, 1, "udp receiver child=0"), process(12, 0.2, "udp receiver child=1"), process(13, 0.96, "timer")];
    const { pkg } = pools([shm(0.3, 0, { pkg: rows })]);
    expect(pkg.full_now?.processes.map(({ pid }) => pid)).toEqual([11, 13]);
    expect(pkg.severity).toBe("critical");
    expect(pkg.next[0]?.command).toBe("kamcmd cfg.set_now_int core mem_dump_pkg 11");
  });

  test("a process that is gone is not full", () => {
    const before = [process(11, 1, "udp receiver child=0"), process(12, 0.2, "timer")];
    const { pkg } = pools([
      shm(0.3, 0, { pkg: before }),
      shm(0.3, 1, { pkg: [process(12, 0.2, "timer"), process(14, 0.1, "ctl handler")] }),
    ]);
    expect(pkg.full_now).toBeNull();
  });

  test("below the reserve of TLS new connections are refused", () => {
    expect(pools([shm(0.9)], { tls: true, processes: 20 }).shm).toMatchObject({
      severity: "error",
      full_now: { used_share: 0.9 },
    });
    expect(pools([shm(0.5)], { tls: true, processes: 20 }).shm.full_now).toBeNull();
  });

  test("a counter that cannot be is not believed", () => {
    expect(pools([shm(1.5)]).shm.full_now).toBeNull();
  });
});

describe("allocations that fail now", () => {
  test.each([
    ["a minute ago", AT - MINUTE, true],
    ["after the sample", AT + MINUTE, true],
    ["an hour ago", AT - 60 * MINUTE, false],
    ["nobody knows when", null, false],
  ])("%s", (_, at, fails) => {
    const judged = pools([shm(0.4)], {}, [incident("exhaustion", "shm", at, 7)]);
    expect(judged.shm.full_now !== null).toBe(fails);
    if (fails)
      expect(judged.shm).toMatchObject({ severity: "critical", full_now: { failures: 7, failing: true, used_share: 0.4 } });
  });

  test("of an earlier run of the server count no more", () => {
    const samples = [shm(0.9, -3, { uptime: 5000 }), shm(0.2, 0, { uptime: 60 })];
    expect(pools(samples, {}, [incident("exhaustion", "shm", AT - 2 * MINUTE)]).shm.full_now).toBeNull();
  });

  test("without any usage the log says it by the clock", () => {
    const judged = pools([], {}, [incident("exhaustion", "pkg", AT - MINUTE)]);
    expect(judged.pkg).toMatchObject({
      verdict: "inconclusive",
      severity: "critical",
      full_now: { used_share: null, failures: 1 },
    });
  });
});

test("a sample that is too old says when it was full, and is not ok all the same", () => {
  const judged = pools([shm(1)], {}, [], AT + 20 * MINUTE);
  expect(judged).toMatchObject({ ok: false, shm: { full_now: { stale: true } } });
  expect(judged.title).toContain("shm was full at 2026-11-30T03:00:00.000Z");
  const hourly = [shm(1, -120), shm(1, -60), shm(1)];
  expect(pools(hourly, {}, [], AT + 100 * MINUTE).shm.full_now).toMatchObject({
    stale: false,
    since: "2026-11-30T01:00:00.000Z",
  });
});

test.each(["healthy", "growth", "leak_by_the_clock", "warm_up"])(
  "%s with a last sample that is full keeps its verdict, unless it is healthy",
  (name) => {
    const { samples } = makeTrace(name, 42, { days: 14, interval_s: 3_600 });
    const end = samples.at(-1);
    if (end?.shm?.total == null) throw new Error("a trace has shm");
    const full = {
      ...end,
      at: new Date(lastTime(samples) + MINUTE).toISOString(),
      shm: { ...end.shm, real_used: end.shm.total, free: 0 },
    };
    const history = historyFromSamples([...samples, full]);
    const now = lastTime([full]);
    const before = diagnose(historyFromSamples(samples), lastTime(samples)).pools[0]?.verdict;
    const { pools: judged, ok } = diagnose(history, now);
    expect(judged[0]?.verdict).toBe(before === "healthy" ? "undersized" : before);
    expect([ok, judged[0]?.severity]).toEqual([false, "critical"]);
    const sizing = sizeInstance(history, now);
    expect(sizing.ok).toBe(false);
    expect(sizing.recommendations[0]?.full_now?.used_share).toBe(1);
    expect(sizing.recommendations[0]?.recommended_mb).toBeGreaterThan(end.shm.total / MB);
  },
);

test("a peak that met the pool is never healthy", () => {
  const { samples } = makeTrace("healthy", 42, { days: 14, interval_s: 3_600 });
  const met = samples.map((sample, index) =>
    index > 100 && sample.shm !== null ? { ...sample, shm: { ...sample.shm, max_used: sample.shm.total } } : sample,
  );
  expect(diagnose(historyFromSamples(met), lastTime(met)).pools[0]?.verdict).toBe("undersized");
});

describe("what people pasted", () => {
  test("pkg.stats with two receivers at 100 %", async () => {
    const { ok, usage, summary } = await analyseFixtures("full-now/pkg-full-one-paste.txt");
    expect(ok).toBe(false);
    expect(usage?.diagnosis.pools[1]).toMatchObject({
      verdict: "insufficient_data",
      severity: "critical",
      full_now: { used_share: 1, free_bytes: 0, processes: [{ pid: 11070 }, { pid: 11071 }] },
    });
    expect(summary).toMatch(/^pkg of pid 11070, 11071 \(udp receiver\) is full now/);
  });

  test("core.shmmem at 97.8 %", async () => {
    const { ok, usage, summary } = await analyseFixtures("full-now/shm-full-one-paste.txt");
    expect([ok, usage?.diagnosis.pools[0]?.severity, usage?.diagnosis.pools[0]?.full_now?.used_share]).toEqual([
      false,
      "error",
      0.978,
    ]);
    expect(summary).toMatch(/^shm is nearly full now: 97.8 % used, 1.4 MB free/);
  });

  test("tm.stats with 5065 created and 4 freed", async () => {
    const { ok, usage, summary } = await analyseFixtures("full-now/tm-stuck-one-paste.txt");
    expect([ok, usage?.diagnosis.pools[0]?.stuck_now?.count]).toEqual([false, 5060]);
    expect(summary).toMatch(/^5060 transactions are stuck now/);
  });

  test("a busy proxy holds thousands of transactions for seconds, and none is stuck", () => {
    const load = { created_transactions: 2_400_000, freed_transactions: 2_395_000, current_transactions: 5_000 };
    expect(pools([shm(0.3, 0, { load, uptime: 3_600 })]).shm.stuck_now).toBeNull();
  });

  test("the pool of 6 MB that 1,966 registrations filled is never told to go on with 6", async () => {
    const samples = fixture("full-now/registrations-grow-shm-6mb-full.ndjson.gz").toString("utf8").trimEnd().split("\n");
    const read = samples.map((line) => JSON.parse(line) as UsageSample);
    const now = lastTime(read);
    const { recommendations, ok } = sizeInstance(historyFromSamples(read), now);
    expect(ok).toBe(false);
    expect(recommendations[0]).toMatchObject({ current_mb: 6, flag: "-m 64" });
    expect(diagnose(historyFromSamples(read), now).pools[0]?.summary).toMatch(/^shm is full now: 99.7 % used/);
  });
});

describe("fragmentation is what fails while plenty is free", () => {
  const traces = makeTrace("undersized", 42, { days: 14, interval_s: 3_600 }).samples;
  const busiest = traces.reduce((a, b) => ((b.shm?.real_used ?? 0) > (a.shm?.real_used ?? 0) ? b : a));
  const quietest = traces.reduce((a, b) => ((b.shm?.real_used ?? 0) < (a.shm?.real_used ?? 0) ? b : a));
  test.each([
    ["full", busiest, "undersized"],
    ["quiet", quietest, "fragmentation"],
  ])("at a %s hour", (_, sample, verdict) => {
    const failed = incident("fragmentation", "shm", Date.parse(sample.at ?? ""));
    const history = historyFromSamples(traces, { shm_manager: "qm" }, [failed]);
    expect(diagnose(history, lastTime(traces)).pools[0]?.verdict).toBe(verdict);
  });
});
