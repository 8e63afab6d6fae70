import { describe, expect, test } from "vitest";
import { readUsage } from "../../../src/kamailio/usage/reader.js";
import { readVersion } from "../../../src/kamailio/version.js";
import { fixture, NOW } from "./fixture.js";

/** Pools of 3000 and 5000 MB: what each release prints of them. */
const TOTAL = { m3000: 3145728000, m5000: 5242880000 } as const;

function struct(values: readonly [number, number, number, number, number]): string {
  const [total, free, used, real_used, max_used] = values;
  return `{\n\ttotal: ${total}\n\tfree: ${free}\n\tused: ${used}\n\treal_used: ${real_used}\n\tmax_used: ${max_used}\n\tfragments: 1\n}\n`;
}

/** What a release before 5.7 prints. */
function cut(value: number): number {
  return value | 0;
}

describe("pools beyond 32 bits", () => {
  test.each([
    "4.4.7-qm-m3000-stats.get_statistics-shmem.txt",
    "4.4.7-qm-m5000-mi_fifo.txt",
    "3.3.7-default-m3000-mi_fifo.txt",
    "3.3.7-default-m5000-mi_fifo.txt",
    "5.5.7-qm-m3000-stats.fetch-shmem.txt",
    "5.5.7-qm-m5000-stats.fetch-shmem.txt",
    "5.5.7-qm-m5000-metrics.prom",
    "6.0.7-qm-m3000-core.shmmem.txt",
    "6.0.7-qm-m5000-core.shmmem.json",
    "6.0.7-qm-m5000-shm.stats.txt",
    "6.1.4-fm-m5000-core.shmmem.txt",
  ])("%s is whole", (file) => {
    const { samples, rejected } = readUsage(fixture(`bigshm/${file}`), { now: NOW });
    expect(samples[0]?.shm?.total).toBe(file.includes("m3000") ? TOTAL.m3000 : TOTAL.m5000);
    expect(rejected).toEqual([]);
  });

  test.each(["3.3.7-default-m3000-core.shmmem.txt", "4.4.7-qm-m3000-core.shmmem.json", "5.5.7-qm-m3000-shm.stats.txt"])(
    "%s is negative and alone: refused with the commands that give it",
    (file) => {
      const { samples, rejected } = readUsage(fixture(`bigshm/${file}`), { now: NOW });
      expect(samples).toEqual([]);
      expect(rejected[0]?.reason).toContain("32 bits");
      expect(rejected[0]?.hint).toContain("stats.get_statistics shmem:");
    },
  );

  test.each(["3.3.7-default", "4.4.7-qm", "5.5.7-qm"])("%s: -m 3000 proves what the negative figures were", (build) => {
    const { samples, warnings } = readUsage(fixture(`bigshm/${build}-m3000-core.shmmem.txt`), { now: NOW, shm_size_mb: 3000 });
    const shm = samples[0]?.shm;
    expect(shm?.total).toBe(TOTAL.m3000);
    expect((shm?.free ?? 0) + (shm?.real_used ?? 0)).toBe(TOTAL.m3000);
    expect(shm?.real_used).toBeLessThan(3_000_000);
    expect(warnings).toContain("the 32-bit figures were completed from the size of the pool");
  });

  test.each(["3.3.7-default", "4.4.7-qm", "5.5.7-qm"])("%s: -m 5000 alone does not prove free: refused, not guessed", (build) => {
    const { samples, rejected } = readUsage(fixture(`bigshm/${build}-m5000-core.shmmem.txt`), { now: NOW, shm_size_mb: 5000 });
    expect(samples).toEqual([]);
    expect(rejected[0]?.reason).toContain("more than one real_used");
  });

  test.each([
    ["4.4.7-qm-m5000", "stats.get_statistics-shmem.txt"],
    ["5.5.7-qm-m5000", "stats.fetch-shmem.txt"],
    ["5.5.7-qm-m5000", "core.shmmem-m.txt"],
    ["3.3.7-default-m5000", "core.shmmem-m.txt"],
    ["5.5.7-qm-m3000", "core.shmmem-m.txt"],
  ])("%s: %s beside core.shmmem completes it, in either order", (build, other) => {
    const parts = [`${build}-core.shmmem.txt`, `${build}-${other}`].map((file) => fixture(`bigshm/${file}`).toString());
    for (const text of [parts.join(""), parts.toReversed().join("")]) {
      const { samples, rejected } = readUsage(text, { now: NOW });
      const shm = samples[0]?.shm;
      expect(rejected).toEqual([]);
      expect(shm?.total).toBe(build.endsWith("m3000") ? TOTAL.m3000 : TOTAL.m5000);
      expect((shm?.free ?? 0) + (shm?.real_used ?? 0)).toBe(shm?.total);
      expect(shm?.real_used).toBeLessThan(3_000_000);
    }
  });

  test("one moment of a 5.6.3 with 5000 MB by five commands is one whole sample", () => {
    const { samples, rejected } = readUsage(fixture("more/5.6.3-debian/shm-5000MB-overflow.txt"), { now: NOW });
    expect(rejected).toEqual([]);
    expect(samples[0]?.shm).toMatchObject({ total: 5242880000, free: 5240134360, used: 2504040, real_used: 2745640 });
  });

  test("kilobytes whose command stands above them count as bytes, exact to 1 kB", () => {
    const text = `kamcmd core.shmmem kb\n${fixture("more/5.6.3-debian/kamcmd-core.shmmem-kb.txt").toString()}`;
    const { samples, warnings } = readUsage(text, { now: NOW });
    expect(samples[0]?.shm?.total).toBe(67108864);
    expect(warnings).toEqual(["`core.shmmem kb` is exact to 1 kB only"]);
  });

  test("a size that is not this pool's proves nothing and spoils nothing", () => {
    const text = struct([33554432, 30902656, 2616536, 2651776, 2651776]);
    expect(readUsage(text, { now: NOW, shm_size_mb: 5000 }).samples[0]?.shm?.total).toBe(33554432);
  });

  test("more than 4 GB in use is completed when only one pair fits", () => {
    const text = struct([cut(TOTAL.m5000), cut(2242880000), cut(2990000000), cut(3000000000), cut(3100000000)]);
    expect(readUsage(text, { now: NOW, shm_size_mb: 5000 }).samples[0]?.shm).toMatchObject({
      total: TOTAL.m5000,
      free: 2242880000,
      used: 2990000000,
      real_used: 3000000000,
      max_used: 3100000000,
    });
  });

  test("a release from 5.7 on prints 64 bits: a large -m of yesterday does not change them", () => {
    const text = struct([947912704, 945260928, 2616536, 2651776, 2651776]);
    const version = readVersion("5.8.8");
    expect(readUsage(text, { now: NOW, version, shm_size_mb: 5000 }).samples[0]?.shm?.total).toBe(947912704);
  });
});

describe("counters that cannot be", () => {
  const statistics = (values: Record<string, string>) =>
    Object.entries(values)
      .map(([name, value]) => `shmem:${name} = ${value}\n`)
      .join("");

  test("tlsf's free below zero is refused when real_used is above total", () => {
    const text = statistics({ free_size: "18446744073705361512", real_used_size: "71299056", total_size: "67108784" });
    const { samples, rejected } = readUsage(text, { now: NOW });
    expect(samples).toEqual([]);
    expect(rejected[0]?.reason).toContain("real_used is above total");
  });

  test("tlsf's free below zero is mended when the other two are sound", () => {
    const text = statistics({ free_size: "18446744073705361512", real_used_size: "67000000", total_size: "67108784" });
    expect(readUsage(text, { now: NOW }).samples[0]?.shm?.free).toBe(108784);
  });

  test.each([
    ["used above total", [33554432, 30902656, 40000000, 2651776, 2651776]],
    ["real_used above total", [33554432, 0, 2616536, 33654432, 33654432]],
    ["used above real_used", [33554432, 30902656, 2751776, 2651776, 2751776]],
    ["parts that do not add up", [33554432, 10902656, 2616536, 2651776, 2651776]],
  ] as const)("%s is refused", (_name, values) => {
    const { samples, rejected } = readUsage(struct(values), { now: NOW });
    expect(samples).toEqual([]);
    expect(rejected).toHaveLength(1);
  });

  test("a peak above the heap or below the present is left out", () => {
    const above = readUsage(struct([33554432, 30902656, 2616536, 2651776, 43554432]), { now: NOW });
    expect(above.samples[0]?.shm).toMatchObject({ real_used: 2651776, max_used: null });
    expect(above.warnings).toHaveLength(1);
    expect(readUsage(struct([33554432, 30902656, 2616536, 2651776, 0]), { now: NOW }).samples[0]?.shm?.max_used).toBeNull();
  });

  test.each([
    ["free has wrapped at 2^32", "used: 1564280\n\tfree: 4294963192\n\treal_used: 8388000\n\ttotal_size: 8388528", 528],
    ["free is negative", "used: 1564280\n\tfree: -4104\n\treal_used: 8388000\n\ttotal_size: 8388528", 528],
  ])("pkg: %s and is mended by total_size - real_used", (_name, members, free) => {
    const { samples } = readUsage(`{\n\tentry: 1\n\tpid: 7\n\trank: 1\n\t${members}\n}\n`, { now: NOW });
    expect(samples[0]?.pkg[0]?.free).toBe(free);
  });

  test("pkg: what nothing mends is refused, the other rows are kept", () => {
    const row = (pid: number, real_used: number) =>
      `{\n\tentry: 1\n\tpid: ${pid}\n\trank: 1\n\tused: 100\n\tfree: 5\n\treal_used: ${real_used}\n\ttotal_size: 1000\n}\n`;
    const { samples, rejected } = readUsage(row(7, 2000) + row(8, 500), { now: NOW });
    expect(samples[0]?.pkg.map(({ pid }) => pid)).toEqual([8]);
    expect(rejected[0]?.reason).toContain("process 7");
  });

  test("a build with the system's malloc has no pkg counters", () => {
    const row = (pid: number) =>
      `{\n\tentry: 1\n\tpid: ${pid}\n\trank: 1\n\tused: 0\n\tfree: 0\n\treal_used: 0\n\ttotal_size: 0\n}\n`;
    const { samples, rejected } = readUsage(row(7) + row(8), { now: NOW });
    expect(samples).toEqual([]);
    expect(rejected[0]?.reason).toContain("MEMPKG=sys");
    expect(rejected[0]?.hint).toContain("smaps_rollup");
  });

  test("a number beyond 2^53 is refused, never rounded", () => {
    const { samples, rejected } = readUsage(statistics({ total_size: "9007199254740993", used_size: "5" }), { now: NOW });
    expect(samples).toEqual([]);
    expect(rejected).toHaveLength(1);
  });
});
