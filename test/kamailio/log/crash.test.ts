/** Crash evidence: backtraces and reports, what they show and what they cannot. */
import { describe, expect, test } from "vitest";
import { recognise } from "../../../src/kamailio/recognise.js";
import { fixture, readLog } from "./fixture.js";

const text = (name: string) => fixture(`log-texts/${name}.txt`);

describe("backtraces that end in a memory manager", () => {
  test.each([
    [
      "gdb-core-header",
      {
        pool: "shm",
        manager: "qm",
        class: "backtrace_abort",
        site: { module: "tlsa", file: "../tls/tls_init.c", function: "ser_free", line: 326 },
      },
      /qm_debug_check_frag, called from qm_free.*damaged fragment.*shm pool is corrupted/,
    ],
    [
      "lldb",
      { pool: null, manager: "qm", class: "backtrace_abort", site: { module: "pv", function: "pv_set_ruri" } },
      /corruption or a double free.*log line just before/,
    ],
  ])("%s", (name, incident, words) => {
    const { incidents } = readLog(text(name));
    expect(incidents).toMatchObject([{ kind: "broken_fragment", severity: "critical", count: 1, ...incident }]);
    expect(incidents[0]?.explanation).toMatch(words);
    expect(recognise(text(name).toString())).toMatchObject({ kind: "backtrace", endpoint: "logs" });
  });

  test("coredumpctl shows names alone", () => {
    const log = `                #0  0x00007f3c4a2b1387 raise (libc.so.6 + 0x36387)
                #1  0x00007f3c4a2b2a78 abort (libc.so.6 + 0x37a78)
                #2  0x000000000070997c fm_free (kamailio + 0x30997c)
                #3  0x00007f3c4a1b2a78 free_uac (tm.so + 0x37a78)
`;
    expect(readLog(log).incidents).toMatchObject([
      { kind: "broken_fragment", manager: "fm", pool: null, site: { module: "tm", function: "free_uac" } },
    ]);
  });

  test("a fault inside the manager is damage as well, and the pool shows in its wrapper", () => {
    const log = `Program terminated with signal SIGSEGV, Segmentation fault.
#0  0x0000000000706ffe in qm_detach_free (qm=0x7fb4170e7000, frag=0x0) at core/mem/q_malloc.c:269
#1  0x0000000000708b32 in qm_malloc (qmp=0x7fb4170e7000, size=64) at core/mem/q_malloc.c:386
#2  0x000000000070997c in qm_shm_malloc (qmp=0x7fb4170e7000, size=64) at core/mem/q_malloc.c:1274
#3  0x00007fb42749ffff in build_cell (p_msg=0x0) at h_table.c:360
`;
    expect(readLog(log).incidents).toMatchObject([
      { class: "backtrace_fault", pool: "shm", site: { function: "build_cell", file: "h_table.c", line: 360 } },
    ]);
  });

  test.each([
    [
      "a crash elsewhere",
      "#0  0x00007fde7acbf277 in strlen () from /lib64/libc.so.6\n#1  0x00007fb42749ffff in f (p=0x0) at m.c:360\n",
    ],
    [
      "a thread that waits beside a manager's caller",
      "#0  0x00007fde7acbf277 in epoll_wait () from /lib64/libc.so.6\n#1  0x1 in qm_malloc_init (a=1) at m.c:1\n",
    ],
  ])("%s proves nothing of memory", (_what, log) => {
    expect(readLog(log).incidents).toEqual([]);
  });
});

describe("sanitizers and valgrind", () => {
  test("AddressSanitizer finds a fault of code, not of the pools", () => {
    const { incidents } = readLog(text("asan-overflow"));
    expect(incidents).toMatchObject([
      {
        kind: "overrun",
        pool: null,
        pids: [52_607],
        site: { file: "core/sr_module.c", function: "fixup_get_param_type", line: 1061 },
      },
    ]);
    expect(incidents[0]?.explanation).toMatch(/stack-buffer-overflow.*says nothing of the pools/);
    expect(recognise(text("asan-overflow").toString()).kind).toBe("sanitizer_report");
  });

  test.each([
    ["attempting double-free on 0x602", "double-free", "double_free"],
    ["heap-use-after-free on address 0x602", "heap-use-after-free", "bad_pointer"],
    ["stack-buffer-underflow on address 0x602", "stack-buffer-underflow", "underrun"],
  ])("%s", (_text, name, kind) => {
    const log = `==7==ERROR: AddressSanitizer: ${name} on address 0x602000000010\n    #0 0xd02d0f in f core/a.c:1\n`;
    expect(readLog(log).incidents).toMatchObject([{ kind, pids: [7] }]);
  });

  test.each([
    ["valgrind", text("valgrind").toString(), /one block.*use pkg and shm dumps/],
    ["leak_sanitizer", "==7==ERROR: LeakSanitizer: detected memory leaks\n", /neither show nor rule out/],
  ])("%s says what it cannot show", (id, log, why) => {
    const { incidents, look_alikes } = readLog(log);
    expect(incidents).toEqual([]);
    expect(look_alikes).toMatchObject([{ class: id, why: expect.stringMatching(why) }]);
  });
});

describe("several instances in one log", () => {
  const line = (host: string, program: string, pid: number) =>
    `2026-11-23T01:17:35Z ${host} ${program}[${pid}]: ERROR: m [f.c:1]: f(): no more pkg mem\n`;
  const start = (pid: number) =>
    ` 0(${pid}) INFO: <core> [main.c:3055]: main(): processes (at least): 7 - shm size: 16777216 - pkg size: 4194304\n`;
  const of = (pid: number) => ` 0(${pid}) ERROR: m [f.c:1]: f(): no more pkg mem\n`;

  test.each([
    ["two programs", line("sip1", "kamailio-edge", 7) + line("sip1", "kamailio-core", 8), true],
    ["two hosts", line("sip1", "kamailio", 7) + line("sip2", "kamailio", 8), true],
    ["one with and without its path", line("sip1", "kamailio", 7) + line("sip1", "/usr/sbin/kamailio", 8), false],
    ["another daemon", line("sip1", "kamailio", 7) + line("sip1", "mysqld", 8), false],
    ["two main processes side by side", start(7) + start(8) + of(7) + of(8), true],
    ["a restart", start(7) + of(7) + start(8) + of(8), false],
  ])("%s", (_what, log, warned) => {
    expect(readLog(log).warnings.join().includes("instances")).toBe(warned);
  });
});
