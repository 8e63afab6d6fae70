import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { HostMemoryContext } from "../../../src/analysis/host-memory/case.js";
import { judgeHostMemory } from "../../../src/analysis/host-memory/host-memory.js";
import { readHostMemory } from "../../../src/kamailio/host-memory/read.js";

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/host-memory/${name}`, import.meta.url), "utf8");
const MB = 1_048_576;
const SIZES = { shm_size_bytes: 512 * MB, pkg_size_bytes: 16 * MB, processes: 4 };

/** A meminfo in MB. */
const meminfo = (figures: Record<string, number>) =>
  Object.entries({
    MemTotal: 8192,
    MemFree: 1000,
    MemAvailable: 6000,
    Buffers: 0,
    Cached: 0,
    Shmem: 0,
    SReclaimable: 0,
    ...figures,
  })
    .map(([name, mb]) => `${name}: ${mb * 1024} kB\n`)
    .join("");
/** /proc/PID/status of `count` processes, in MB. */
const status = (anon: number, shmem: number, count = 4) =>
  Array.from(
    { length: count },
    (_, index) =>
      `Name:\tkamailio\nPid:\t${100 + index}\nVmRSS:\t${(anon + shmem + 5) * 1024} kB\nRssAnon:\t${anon * 1024} kB\nRssFile:\t5120 kB\nRssShmem:\t${shmem * 1024} kB\n`,
  ).join("");
const judge = (text: string, context: HostMemoryContext = {}) => judgeHostMemory(readHostMemory(text), { ...SIZES, ...context });

describe("what holds the memory", () => {
  test.each([
    [
      "the wiki's case: four gigabytes of reclaimable slab",
      meminfo({ SReclaimable: 4000, Slab: 4030, Cached: 500 }),
      "reclaimable_slab",
      true,
      true,
    ],
    ["files in the page cache", meminfo({ Cached: 5000, Shmem: 100 }), "page_cache", true, true],
    [
      "a shm pool that counts as Cached is no page cache",
      meminfo({ Cached: 600, Shmem: 512, MemFree: 7000 }) + status(20, 512),
      "pools_explain_it",
      false,
      true,
    ],
    ["a pool that is touched for the first time", status(20, 100), "pool_paging_in", false, true],
    ["the same with shm_force_alloc", status(20, 100), "pools_explain_it", false, true, { shm_forced: true }],
    ["a pool that is fully touched", status(20, 512), "pools_explain_it", false, true],
    [
      "one worker with a Lua heap",
      `${status(20, 512)}Name:\tkamailio\nPid:\t900\nVmRSS:\t900000 kB\nRssAnon:\t800000 kB\nRssFile:\t1 kB\nRssShmem:\t1 kB\n`,
      "system_malloc_growth",
      false,
      false,
    ],
    ["RSS alone that no pool can explain", "PID RSS CMD\n7 2097152 /usr/sbin/kamailio\n", "system_malloc_growth", false, false],
    [
      "nothing left",
      meminfo({ MemAvailable: 200, MemFree: 100, SwapTotal: 2048, SwapFree: 100 }) + status(20, 100),
      "real_shortage",
      false,
      false,
    ],
    [
      "memory that another program holds",
      meminfo({ MemFree: 3000, MemAvailable: 3200 }) + status(5, 50),
      "inconclusive",
      null,
      true,
    ],
    ["nothing at all", "", "inconclusive", null, true],
    ["processes of unknown pools", status(20, 100), "inconclusive", null, true, { pkg_size_bytes: null }],
  ])("%s", (_what, text, verdict, drop_caches_would_show, ok, context?: HostMemoryContext) => {
    const judgement = judge(text, context);
    expect(judgement).toMatchObject({ verdict, drop_caches_would_show, ok });
    expect(judgement.summary).not.toBe("");
  });

  test.each([
    ["slab", meminfo({}) + meminfo({ SReclaimable: 2000, MemFree: 100 }), "reclaimable_slab"],
    ["page cache", meminfo({}) + meminfo({ Cached: 2000 }), "page_cache"],
    ["the pool", status(20, 100) + status(20, 400), "pool_paging_in"],
  ])("two readings: %s grew", (_what, text, verdict) => {
    expect(judge(text)).toMatchObject({ verdict, evidence_for: [{ rule: "grew_most" }] });
  });
});

describe("the arithmetic", () => {
  test("the shm pool is counted once, not once a process", () => {
    const { arithmetic } = judge(status(20, 512));
    const sum = (label: string) => arithmetic.find((line) => line.label === label)?.bytes;
    expect(sum("RSS added up")).toBe(4 * 537 * MB);
    expect(sum("Kamailio resident")).toBe((4 * 20 + 512 + 5) * MB);
    expect(sum("pools at most")).toBe((512 + 4 * 16) * MB);
  });

  test("Pss adds up by itself", () => {
    const { arithmetic } = judge(fixture("5.6.3-smaps_rollup.txt"), {
      shm_size_bytes: 64 * MB,
      pkg_size_bytes: 8 * MB,
      processes: 7,
    });
    const resident = arithmetic.find(({ label }) => label === "Kamailio resident");
    expect(resident?.detail).toContain("Pss");
    expect(resident?.bytes).toBeLessThan(8 * MB);
  });

  test("the size of the shm pool is taken from smaps when nothing else tells it", () => {
    const { verdict } = judgeHostMemory(readHostMemory(fixture("5.6.3-smaps.txt")), { pkg_size_bytes: 8 * MB });
    expect(verdict).toBe("pool_paging_in");
  });

  test("pools larger than the host are said so", () => {
    expect(judge(meminfo({}), { pkg_size_bytes: 1024 * MB, processes: 20, shm_size_bytes: 32 * MB }).warnings.join()).toContain(
      "more than the host's",
    );
  });

  test("resident memory once lies between the largest process and the sum of all", () => {
    const process = fc.record({ anon: fc.nat(500), shmem: fc.nat(512) });
    fc.assert(
      fc.property(fc.array(process, { minLength: 1, maxLength: 8 }), (processes) => {
        const text = processes
          .map(({ anon, shmem }, index) => status(anon, shmem, 1).replace("Pid:\t100", `Pid:\t${100 + index}`))
          .join("");
        const { arithmetic } = judge(text);
        const resident = arithmetic.find(({ label }) => label === "Kamailio resident")?.bytes ?? Number.NaN;
        const all = processes.map(({ anon, shmem }) => (anon + shmem + 5) * MB);
        expect(resident).toBeGreaterThanOrEqual(Math.max(...all));
        expect(resident).toBeLessThanOrEqual(all.reduce((sum, bytes) => sum + bytes, 0));
      }),
    );
  });
});

describe("what people paste", () => {
  const verdictOf = (name: string) => judgeHostMemory(readHostMemory(fixture(name)), {});

  test.each([
    ["top.txt", "system_malloc_growth", false, "any pkg pool that is run"],
    ["smem.txt", "system_malloc_growth", false, "pid 2101"],
    ["pmap-loop.txt", "system_malloc_growth", false, "pid 8033 has 212 MB more of address space"],
    ["free-de.txt", "real_shortage", false, "1952 MB of 2048 MB of swap are used"],
    ["free-fr.txt", "inconclusive", true, ""],
    ["docker-stats.txt", "inconclusive", true, ""],
    ["cgroup.txt", "real_shortage", false, "ended processes in it 3 times"],
  ])("%s: %s", (name, verdict, ok, evidence) => {
    const judgement = verdictOf(name);
    expect(judgement).toMatchObject({ verdict, ok });
    expect(judgement.evidence_for.map(({ detail }) => detail).join()).toContain(evidence);
  });

  test("top names the used up swap beside the private memory", () => {
    expect(verdictOf("top.txt").evidence_for.map(({ rule }) => rule)).toEqual(["private_memory_beyond_pkg_pool", "swap_used_up"]);
  });

  test("one figure of a container: its share of the limit, and what splits it", () => {
    const { summary, next } = verdictOf("docker-stats.txt");
    expect(summary).toContain("961 MB of a limit of 1024 MB (93.9 %) in 41 processes");
    expect(next[0]?.command).toMatch(/^docker exec kamailio sh -c '/);
  });

  test("a pool that is touched by one process alone is no growth outside of the pools", () => {
    const pmap = (rss: number) => `total kB 140188 ${rss} 3496 pid:8033\n`;
    expect(judgeHostMemory(readHostMemory(pmap(6212) + pmap(90_000)), {}).verdict).toBe("inconclusive");
  });

  test("a reading that an older release stored, without containers, is judged", () => {
    const { groups: _, ...stored } = readHostMemory(fixture("meminfo.txt"));
    expect(judgeHostMemory(stored, {}).verdict).toBe(judgeHostMemory(readHostMemory(fixture("meminfo.txt")), {}).verdict);
  });
});
