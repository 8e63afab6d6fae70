import { describe, expect, test } from "vitest";
import { diagnose } from "../../../src/analysis/diagnosis/diagnose.js";
import { historyFromSamples } from "../../../src/analysis/history/from-samples.js";
import type { HistoryIncident, InstanceFacts } from "../../../src/analysis/history/history.js";
import type { IncidentKind } from "../../../src/kamailio/log/incident.js";
import { readVersion } from "../../../src/kamailio/version.js";
import { makeTrace } from "../../support/traces.js";
import { lastTime } from "./usage-fixture.js";

const SHAPE = { days: 14, interval_s: 3_600 };

function judge(name: string, facts: Partial<InstanceFacts> = {}, incidents: HistoryIncident[] = []) {
  const { samples } = makeTrace(name, 42, SHAPE);
  return diagnose(historyFromSamples(samples, { instance: "edge-1", ...facts }, incidents), lastTime(samples));
}

function incident(kind: IncidentKind, pool: "shm" | "pkg" | null, more: Partial<HistoryIncident> = {}): HistoryIncident {
  return { id: "inc_1", kind, pool, at: null, last_at: null, count: 1, size: null, pid: null, quote: null, ...more };
}

const rules = (evidence: readonly { rule: string }[] | undefined) => evidence?.map(({ rule }) => rule) ?? [];

describe("can the data be trusted", () => {
  test("pkg.stats under tlsf is stale, whatever it shows", () => {
    const [shm, pkg] = judge("leak_pkg_workers", { pkg_manager: "tlsf" }).pools;
    expect([shm?.verdict, pkg?.verdict]).toEqual(["healthy", "stale_data"]);
    expect(pkg?.next[0]?.command).toContain("mem_dump_pkg");
  });

  test("more in use than the pool has is refused", () => {
    const { samples } = makeTrace("healthy", 42, SHAPE);
    const wrapped = samples.map((sample) => ({ ...sample, shm: sample.shm && { ...sample.shm, total: 1_048_576 } }));
    expect(diagnose(historyFromSamples(wrapped), lastTime(wrapped)).pools[0]?.verdict).toBe("stale_data");
  });

  const affected = { version: readVersion("5.6.3"), shm_manager: "qm", qm_accounting_bug: true } as const;

  test("on a release with q_malloc's accounting bug a leak is said with its doubt, and more quietly", () => {
    const sure = judge("leak_by_the_clock").pools[0];
    const doubted = judge("leak_by_the_clock", affected).pools[0];
    expect([sure?.verdict, doubted?.verdict]).toEqual(["leak_suspected", "leak_suspected"]);
    expect(rules(doubted?.evidence_against)).toContain("qm_accounting_bug_possible");
    expect(doubted?.severity).toBe("warning");
    expect(doubted?.next[0]?.why).toContain("accounting bug");
  });

  // The server at the end of the trace: its counter, of which half came with the rise.
  const used = makeTrace("leak_by_the_clock", 42, SHAPE).samples.at(-1)?.shm?.used ?? 0;
  const dump = { id: "dmp_1", pool: "shm", pid: null, at: null, used, complete: true, largest_free_fragment: null } as const;

  test.each([
    ["whose chunks add up clears the doubt", { ...dump, allocated_bytes: used * 0.999 }, "leak_suspected", false],
    ["whose chunks fall short by the rise clears the leak", { ...dump, allocated_bytes: used * 0.3 }, "inconclusive", false],
    ["from before the rise clears nothing", { ...dump, used: used * 0.3, allocated_bytes: used * 0.3 }, "leak_suspected", true],
    ["that is incomplete clears nothing", { ...dump, allocated_bytes: used * 0.3, complete: false }, "leak_suspected", true],
  ])("a dump %s", (_, taken, verdict, doubted) => {
    const judged = judge("leak_by_the_clock", { ...affected, dumps: [taken] }).pools[0];
    expect(judged?.verdict).toBe(verdict);
    expect(rules(judged?.evidence_against).includes("qm_accounting_bug_possible")).toBe(doubted);
  });
});

describe("what the log proves", () => {
  test.each([
    ["double_free", "pkg", "corruption"],
    ["overrun", "pkg", "corruption"],
    ["absurd_request", "pkg", "corruption"],
    ["exhaustion", "pkg", "undersized"],
  ] as const)("%s in %s: %s", (kind, pool, verdict) => {
    const diagnosis = judge("healthy", {}, [incident(kind, pool)]);
    expect(diagnosis.pools.map((judged) => judged.verdict)).toEqual(["healthy", verdict]);
    expect(diagnosis.ok).toBe(false);
    expect(diagnosis.dedup_key).toBe("edge-1:pkg:verdict");
  });

  test("qm says that a request found no fragment although enough was free", () => {
    const found = judge("healthy", { shm_manager: "qm" }, [incident("fragmentation", "shm", { size: 256_760, count: 3 })])
      .pools[0];
    expect(found?.verdict).toBe("fragmentation");
    expect(found?.next[0]?.command).toBe("kamcmd shm.report");
  });

  test("a release without shm.report is not asked for it", () => {
    const facts = { shm_manager: "qm", version: readVersion("4.4.7") } as const;
    const found = judge("healthy", facts, [incident("fragmentation", "shm")]).pools[0];
    expect(found?.next.map(({ command }) => command)).not.toContain("kamcmd shm.report");
  });

  test("corruption is the headline also when memory rises", () => {
    const found = judge("leak_by_the_clock", {}, [incident("double_free", "shm")]).pools[0];
    expect(found?.verdict).toBe("corruption");
    expect(rules(found?.evidence_for)).toContain("troughs_rise");
  });

  test("a log without any usage is no verdict about size", () => {
    const diagnosis = diagnose(historyFromSamples([], {}, [incident("exhaustion", "pkg")]), 0);
    expect(diagnosis.pools.map(({ verdict }) => verdict)).toEqual(["insufficient_data", "inconclusive"]);
  });
});

test("transactions that are created and never freed are named as such", () => {
  const { samples } = makeTrace("leak_in_calls", 42, SHAPE);
  const stuck = samples.map((sample, index) => ({
    ...sample,
    load: { ...sample.load, created_transactions: 900 * index, freed_transactions: 500 * index },
  }));
  const found = diagnose(historyFromSamples(stuck), lastTime(stuck)).pools[0];
  expect(found?.verdict).toBe("leak_suspected");
  expect(rules(found?.evidence_for)[0]).toBe("transactions_not_reaped");
});

test("with TLS the reserve of 512 KiB a process counts", () => {
  const { samples } = makeTrace("growth", 42, SHAPE);
  const history = historyFromSamples(samples, { tls: true, processes: 40 });
  const found = diagnose(history, lastTime(samples)).pools[0];
  expect(rules(found?.evidence_for)).toContain("tls_threshold_date");
});

test("each verdict keeps its dedup_key while the numbers change, and healthy is ok", () => {
  const keys = [10, 12, 14].map((days) => {
    const { samples } = makeTrace("leak_by_the_clock", 42, { days, interval_s: 3_600 });
    return diagnose(historyFromSamples(samples, { instance: "edge-1" }), lastTime(samples)).dedup_key;
  });
  expect(new Set(keys)).toEqual(new Set(["edge-1:shm:verdict"]));
  expect(judge("healthy").ok).toBe(true);
});
