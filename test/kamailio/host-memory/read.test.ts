import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readHostMemory } from "../../../src/kamailio/host-memory/read.js";

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/host-memory/${name}`, import.meta.url), "utf8");
const KB = 1024;
const MB = 1_048_576;

describe("the host", () => {
  test("/proc/meminfo", () => {
    const { hosts, unknown_lines } = readHostMemory(fixture("meminfo.txt"));
    expect(hosts).toMatchObject([
      {
        source: "meminfo",
        total: 24_684_084 * KB,
        free: 22_877_008 * KB,
        available: 23_944_400 * KB,
        cached: 1_199_904 * KB,
        slab_reclaimable: 139_908 * KB,
      },
    ]);
    expect(unknown_lines).toEqual([]);
  });

  test.each([
    ["free.txt", 24_684_084 * KB],
    ["free-m.txt", 24_105 * MB],
    ["free-w.txt", 24_684_084 * KB],
    ["free-h.txt", 23 * 1024 * MB],
  ])("%s", (name, total) => {
    expect(readHostMemory(fixture(name)).hosts).toMatchObject([{ source: "free", total, swap_total: 0 }]);
  });

  test("free before procps 3.3.10, with its unit on the command line", () => {
    const text = `$ free -m
             total       used       free     shared    buffers     cached
Mem:         32101      31200        901         10        200      24000
-/+ buffers/cache:       7000      25101
Swap:         2047        100       1947
`;
    expect(readHostMemory(text)).toMatchObject({
      hosts: [
        { total: 32_101 * MB, free: 901 * MB, available: null, buffers: 200 * MB, cached: 24_000 * MB, swap_free: 1947 * MB },
      ],
      warnings: [],
    });
  });

  test("slabtop", () => {
    const { slab_caches, unknown_lines } = readHostMemory(fixture("slabtop.txt"));
    expect(slab_caches[0]).toEqual({ name: "ext4_inode_cache", bytes: 84_176 * KB });
    expect(unknown_lines).toEqual([]);
  });
});

describe("Kamailio's processes (5.6.3 with -m 64 -M 8)", () => {
  test("/proc/PID/status of all of them", () => {
    const { processes, unknown_lines } = readHostMemory(fixture("5.6.3-status.txt"));
    expect(processes).toHaveLength(7);
    expect(processes[1]).toMatchObject({ pid: 25289, name: "kamailio", rss: 3400 * KB, rss_anon: 848 * KB, rss_shmem: 100 * KB });
    expect(unknown_lines).toEqual([]);
  });

  test("smaps_rollup, each under the path that head or tail printed", () => {
    const { processes } = readHostMemory(fixture("5.6.3-smaps_rollup.txt"));
    expect(processes.map(({ pid }) => pid)).toEqual([25287, 25289, 25290, 25291, 25292, 25293, 25294]);
    expect(processes[1]).toMatchObject({ rss: 3400 * KB, pss: 548 * KB });
  });

  test("smaps finds the shm pool's mapping and libc's heap", () => {
    const { processes } = readHostMemory(fixture("5.6.3-smaps.txt"));
    expect(processes).toMatchObject([{ pid: 25289, shm_mapping: { size: 64 * MB, rss: 100 * KB }, heap: 48 * KB }]);
  });

  test.each(["5.6.3-ps-aux.txt", "5.6.3-ps-o.txt"])("%s", (name) => {
    const { processes } = readHostMemory(fixture(name));
    expect(processes).toHaveLength(7);
    expect(processes[0]).toMatchObject({ pid: 25287, rss: 7048 * KB, virtual: 83_044 * KB });
  });

  test("all of it pasted together is one reading of each process", () => {
    const all = ["meminfo.txt", "5.6.3-ps-aux.txt", "5.6.3-status.txt", "5.6.3-smaps_rollup.txt", "slabtop.txt"]
      .map(fixture)
      .join("\n");
    const reading = readHostMemory(all);
    expect(reading).toMatchObject({ hosts: [{ source: "meminfo" }], earlier_processes: [], unknown_lines: [] });
    expect(reading.processes).toHaveLength(7);
    expect(reading.processes[1]).toMatchObject({ pid: 25289, rss_shmem: 100 * KB, pss: 548 * KB });
  });

  test("the same process read twice is a first and a last reading", () => {
    const again = fixture("5.6.3-status.txt").replace("VmRSS:\t    3400 kB", "VmRSS:\t    9400 kB");
    const reading = readHostMemory(`${fixture("5.6.3-status.txt")}\n${again}`);
    expect(reading.processes).toHaveLength(7);
    expect(reading.earlier_processes).toHaveLength(7);
    expect(reading.processes[1]?.rss).toBe(9400 * KB);
    expect(reading.earlier_processes[1]?.rss).toBe(3400 * KB);
  });

  test("other programs and grep itself are not Kamailio", () => {
    const ps =
      "  PID   RSS COMMAND\n  10  5000 /usr/sbin/mysqld\n  11   600 grep kamailio\n  12  7000 /usr/sbin/kamailio -m 64\n";
    expect(readHostMemory(ps)).toMatchObject({ processes: [{ pid: 12, rss: 7000 * KB }], other_processes: 2 });
  });
});

test("any text gives a reading and never an exception", () => {
  const words = fc.constantFrom(
    "MemTotal:",
    "MemFree: 5 kB",
    "Name:\tkamailio",
    "Pid:\t7",
    "VmRSS:\t 9 kB",
    "total used free",
    "Mem: 1 2 3",
    "PID RSS CMD",
    "7 8 kamailio",
    "\n",
    " ",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(words, fc.string())), (parts) => {
      expect(readHostMemory(parts.join("\n")).unknown_lines.length).toBeLessThanOrEqual(50);
    }),
  );
});

describe("tools of every kind and language", () => {
  const host = (name: string) => readHostMemory(fixture(name)).hosts.at(-1);

  test("free in German and French is read by position", () => {
    expect(host("free-de.txt")).toMatchObject({
      total: 32_780_092 * KB,
      free: 402_112 * KB,
      shmem: 512_040 * KB,
      available: 1_801_220 * KB,
      swap_total: 2_097_148 * KB,
      swap_free: 98_048 * KB,
    });
    expect(host("free-fr.txt")).toMatchObject({ total: 7_986_184 * KB, available: 1_532_000 * KB, swap_free: 2_097_148 * KB });
  });

  test("an old free in another language: what is not free is used", () => {
    const text = `             gesamt     benutzt       frei   gemeinsam   Puffer    zwischen
Speicher:   8175608    7877744     297864          0     329480    5500000
-/+ Puffer/Cache:      2048264    6127344
Auslager:   2097148       1000    2096148
`;
    expect(readHostMemory(text).hosts).toMatchObject([
      { free: 297_864 * KB, buffers: 329_480 * KB, cached: 5_500_000 * KB, available: null, swap_free: 2_096_148 * KB },
    ]);
  });

  test.each([
    ["top.txt", 4],
    ["top-de.txt", 1],
  ])("%s: the host, and each process with its own part", (name, processes) => {
    const reading = readHostMemory(fixture(name));
    expect(reading.hosts).toMatchObject([
      { source: "top", total: Math.round(15_998.4 * MB), free: Math.round(412.1 * MB), available: Math.round(1102.2 * MB) },
    ]);
    expect(reading.processes).toHaveLength(processes);
    const [first] = reading.processes;
    expect(first).toMatchObject({ pid: 2101, rss: Math.round(3.9 * 1024 * MB), rss_shmem: Math.round(1.1 * 1024 * MB) });
    expect(first?.rss_anon).toBeCloseTo(2.8 * 1024 * MB, -2);
    expect(reading.unknown_lines).toEqual([]);
  });

  test("top before procps 3.3", () => {
    expect(host("top-old.txt")).toMatchObject({
      total: 8_175_608 * KB,
      free: 297_864 * KB,
      buffers: 329_480 * KB,
      cached: 5_500_000 * KB,
    });
    expect(readHostMemory(fixture("top-old.txt")).processes).toMatchObject([{ pid: 3101, virtual: 1532 * MB, rss: 95 * MB }]);
  });

  test("smem: columns behind the command", () => {
    const { processes } = readHostMemory(fixture("smem.txt"));
    expect(processes.reduce((sum, { pss }) => sum + (pss ?? 0), 0)).toBe(6_047_131_648);
    expect(processes.map(({ private_bytes }) => private_bytes)).toEqual([2104 * KB, 2_810_244 * KB, 2_904_120 * KB]);
  });

  test("totals of pmap, before and after", () => {
    const reading = readHostMemory(fixture("pmap-loop.txt"));
    expect(reading.hosts.map(({ free }) => free)).toEqual([1_857_920 * KB, 1_640_016 * KB]);
    expect(reading.processes).toMatchObject([
      { pid: 8033, virtual: 357_644 * KB, rss: 223_900 * KB },
      { pid: 8035, rss: 4180 * KB },
      { pid: 8036, rss: 2644 * KB },
    ]);
    expect(reading.earlier_processes).toMatchObject([{ pid: 8033, virtual: 140_188 * KB, rss: 6212 * KB }]);
    expect(readHostMemory(fixture("pmap-x.txt")).processes).toMatchObject([{ pid: 8033, virtual: 140_188 * KB, rss: 6212 * KB }]);
  });

  test.each([
    ["docker-stats.txt", { source: "docker_stats", name: "kamailio", used: Math.round(961.2 * MB), limit: 1024 * MB, tasks: 41 }],
    ["kubectl-top.txt", { source: "kubectl_top", name: "sip-edge-7c9d8f6b5-x2x9k", used: 961 * MB, limit: null }],
    ["systemctl-show.txt", { source: "systemd", name: "kamailio.service", used: 960 * MB, limit: null, tasks: 41 }],
    ["cgroup.txt", { source: "cgroup", used: 960 * MB, limit: 1024 * MB, peak: 1024 * MB, oom_kills: 3, shmem: 256 * MB }],
  ])("%s", (name, figures) => {
    const { groups, unknown_lines } = readHostMemory(fixture(name));
    expect(groups).toMatchObject([figures]);
    expect(unknown_lines).toEqual([]);
  });
});
