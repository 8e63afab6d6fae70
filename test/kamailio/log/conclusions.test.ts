/** Texts from which a wrong conclusion was drawn, with the right one. */
import { describe, expect, test } from "vitest";
import { recognise } from "../../../src/kamailio/recognise.js";
import { fixture, readLog } from "./fixture.js";

const text = (name: string) => fixture(`log-texts/${name}.txt`);

describe("a start that failed", () => {
  test("one failed request before a module could not be initialised proves no full pool", () => {
    const { incidents } = readLog(text("redis-2441-not-exhaustion"));
    expect(incidents).toMatchObject([{ kind: "startup_failure", pool: "pkg", pids: [54_483], class: "allocation_at_start" }]);
    expect(incidents[0]?.explanation).toMatch(/no proof of a full pool.*larger -M.*it is a bug/);
  });

  test("the same with the allocator's own line stays what the allocator says", () => {
    const log =
      " 0(9) ERROR: <core> [core/mem/f_malloc.c:500]: fm_malloc(): fm_malloc(0x55d0c0ffe010, 848); Free fragment not found!\n" +
      " 0(9) ERROR: m [m.c:1]: mod_init(): no more pkg memory\n" +
      " 0(9) ERROR: <core> [core/sr_module.c:871]: init_mod(): Error while initializing module m (/usr/lib/m.so)\n";
    expect(readLog(log).incidents).toMatchObject([{ kind: "exhaustion", pool: "pkg", count: 1 }]);
  });

  test("a failure of another process long before is none of the start's", () => {
    const log =
      " 5(14) ERROR: m [m.c:1]: f(): no more pkg memory\n" +
      " 0(9) ERROR: <core> [core/sr_module.c:871]: init_mod(): Error while initializing module m (/usr/lib/m.so)\n";
    expect(readLog(log).incidents).toMatchObject([{ kind: "exhaustion" }]);
  });

  test("a server that ends straight after its TLS names had too little shm", () => {
    const { incidents } = readLog(text("tls-start-shm-full"));
    expect(incidents).toMatchObject([{ kind: "startup_failure", pool: "shm", severity: "error", pids: [925] }]);
    expect(incidents[0]?.explanation).toMatch(/31 TLS names for 38 processes.*larger -m/);
  });

  test("one that ran, or that has a few names, was simply stopped", () => {
    const log = text("tls-start-shm-full").toString();
    const few = log.replace(/.*server_name='d[0-2].*\n/g, "");
    expect(readLog(few).incidents).toEqual([]);
    const ran = log.replace(/^( 0\(925\) NOTICE: <core>)/m, `${"$1 [a.c:1]: f(): x\n".repeat(5)}$1`);
    expect(readLog(ran).incidents).toEqual([]);
    const timed = log
      .split("\n")
      .map((line) => `2026-11-2${line.includes("Thank") ? 4 : 3}T01:00:00Z ${line}\n`)
      .join("");
    expect(readLog(timed).incidents).toEqual([]);
  });
});

describe("prose is no incident", () => {
  test("a bug report's own sentences", () => {
    const { incidents, look_alikes } = readLog(text("bugreport-prose"));
    expect(incidents).toMatchObject([{ kind: "fragmentation", pool: "pkg", count: 1, pids: [4711], size: 512 }]);
    expect(incidents).toHaveLength(1);
    expect(look_alikes).toEqual([]);
  });

  test.each([
    'After a week the log says "no more shm memory" and calls fail.',
    "We then see could not allocate shared memory from shm pool in the log",
    "- Why does it print `could not allocate private memory from pkg pool`?",
    "I think that Kamailio is out of memory, but free shows 20 GB.",
    "> the child process 77 exited by a signal 11 according to my colleague",
    "After the crash the kernel had Killed process 77 (kamailio), see below",
    "no more pkg memory is what I would expect",
  ])("%s", (sentence) => {
    expect(readLog(`${sentence}\n`)).toMatchObject({ incidents: [], look_alikes: [] });
  });

  test.each([
    ["could not allocate shared memory from shm pool", "exhaustion"],
    ["Out of memory: Killed process 77 (kamailio) total-vm:1kB", "host_out_of_memory"],
    ["[310812.161] Memory cgroup out of memory: Killed process 77 (kamailio) total-vm:1kB", "host_out_of_memory"],
    [
      "BUG: qm_free: freeing already freed pointer (0x7f), called from a: b.c: f(1), first free a: b.c: g(2) - aborting",
      "double_free",
    ],
  ])("a message that was pasted alone is one: %s", (message, kind) => {
    expect(readLog(`${message}\n`).incidents).toMatchObject([{ kind }]);
  });
});

describe("the kernel's killer", () => {
  test("names what the process held beside the pools, and that the whole machine was out of memory", () => {
    const { incidents } = readLog(text("oom-kernel"), { year: 2026 });
    expect(incidents).toMatchObject([
      { kind: "host_out_of_memory", pids: [2101] },
      { kind: "child_died", pids: [2101], signal: { number: 9, preceded_by: ["host_out_of_memory"] } },
    ]);
    expect(incidents[0]?.explanation).toMatch(
      /whole machine.*2836 MB of its own.*1155 MB of the shared pool.*outside the pools grew/,
    );
    expect(recognise(text("oom-kernel").toString())).toMatchObject({ kind: "kernel_report", endpoint: "logs" });
  });

  test.each([
    [
      "Memory cgroup out of memory: Killed process 77 (kamailio) total-vm:1kB, anon-rss:9000kB, file-rss:1kB, shmem-rss:262144kB",
      /memory limit.*256 MB of the shared pool.*no more than a private pool/,
    ],
    ["Out of memory: Killed process 77 (kamailio) total-vm:1kB", /whole machine.*not one of Kamailio's pools/],
  ])("%s", (line, words) => {
    expect(readLog(`May 20 04:12:33 h kernel: ${line}\n`).incidents[0]?.explanation).toMatch(words);
  });
});
