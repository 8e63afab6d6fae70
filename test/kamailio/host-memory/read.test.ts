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
