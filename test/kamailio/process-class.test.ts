import { describe, expect, test } from "vitest";
import { PROCESS_CLASSES, PROCESS_TABLE } from "../../src/kamailio/knowledge/process-classes.js";
import { processClass } from "../../src/kamailio/process-class.js";
import { readUsage } from "../../src/kamailio/usage/reader.js";
import { fixture, NOW } from "./usage/fixture.js";

describe("processClass", () => {
  test.each([
    ["main process - attendant", 0, "main"],
    ["attendant", 0, "main"],
    ["stand-alone receiver @ 127.0.0.1:5060", 0, "main"],
    ["udp receiver child=0 sock=127.0.0.1:5060", 1, "sip_worker_udp"],
    ["udp receiver child=3 sock=[::1]:5060 (1.2.3.4:5060)", 4, "sip_worker_udp"],
    ["udp multithreaded receiver (default)", 1, "sip_worker_udp"],
    ["tcp receiver (generic) child=1", 4, "sip_worker_tcp"],
    ["sctp receiver child=0 sock=127.0.0.1:5060", 5, "sip_worker_sctp"],
    ["tcp main process", -4, "tcp_main"],
    ["timer", -1, "timer_core"],
    ["slow timer", -1, "timer_core"],
    ["Dialog Clean Timer", -1, "timer_module"],
    ["Async Task Worker - default", -2, "async_worker"],
    ["ASYNC MOD TIMER", -1, "async_worker"],
    ["ctl handler", -2, "rpc"],
    ["JSONRPCS FIFO", -2, "rpc"],
    ["DMQ WORKER", -2, "module_worker"],
    ["a timer of one's own name", -1, "timer"],
    [null, 0, "main"],
    [null, 3, "sip_worker"],
    [null, -1, "timer"],
    [null, -2, "rpc"],
    [null, -128, "unknown"],
    [null, 1001, "unknown"],
    [null, null, "unknown"],
  ] as const)("%s, rank %s: %s", (desc, rank, expected) => {
    expect(processClass(desc, rank)).toBe(expected);
  });

  test("every process of the captures is known by its description", () => {
    for (const folder of ["5.5.7-default-tlsf", "6.0.7-default-qm", "6.1.4-cmake-tlsf"]) {
      const { samples } = readUsage(fixture(`${folder}/after/kamcmd/pkg.stats.txt`), { now: NOW });
      expect(samples[0]?.pkg.map(({ desc }) => processClass(desc, null))).not.toContain("unknown");
    }
  });

  test("the table explains its classes", () => {
    const explained = Object.keys(PROCESS_TABLE.classes);
    expect(PROCESS_CLASSES).toEqual(expect.arrayContaining(explained));
    expect(PROCESS_TABLE.processes.every((row) => explained.includes(row.class))).toBe(true);
  });
});
