import { describe, expect, test } from "vitest";
import type { Dump } from "../../../src/kamailio/dump/dump.js";
import { looksLikeDump } from "../../../src/kamailio/dump/looks-like-dump.js";
import { readDumps } from "../../../src/kamailio/dump/reader.js";
import { capture } from "./fixture.js";

const brief = (dump: Dump) =>
  [
    dump.form,
    dump.manager,
    dump.pool,
    dump.pid,
    dump.used,
    dump.allocated_bytes,
    dump.chunks,
    dump.free_fragments,
    dump.largest_free_fragment,
  ].join(" ");

/** File, then the first three dumps, each as form, manager, pool, pid, used, allocated_bytes, chunks, free fragments, largest free fragment. */
const CAPTURES: [string, string[]][] = [
  ["3.3.7-default-fm/after/dump-pkg-udp0-ms1.log", ["free_list fm pkg 2140 152384   77 8182584"]],
  ["3.3.7-default-fm/after/dump-shm-ms31.log", ["short_status fm shm 2144 3831352    "]],
  ["4.0.7-mng1dbg1-qmdbg/idle/dump-shm-ms3.log", ["status qm shm 19015 2617888 2617888 83 1 30710136"]],
  ["4.2.0-default-fmdbg/after/dump-pkg-udp0-ms31.log", ["short_status fm pkg 31688 242864    "]],
  ["4.4.7-dbg0-qm/after/dump-rpc-corex.shm_status.log.gz", ["status qm shm 26424 2833824 2833824 2395 5395 25662576"]],
  ["4.4.7-default-tlsf/after/dump-rpc-corex.shm_status.log", ["matrix tlsf shm 23205 2870608   203 25690112"]],
  ["4.4.7-default-tlsf/after/dump-rpc-corex.shm_summary.log", ["summary tlsf shm 23205  2869888 2395  "]],
  [
    "5.0.8-default-qm/after/dump-pkg-udp0-ms31.log",
    ["short_status qm pkg 14076 522152    ", "summary qm pkg 14076  522152 878  "],
  ],
  [
    "5.8.8-default-qm/after/dump-pkg-udp0-ms15.log.gz",
    ["status qm pkg 3926 1549280 1549280 1070 4 6445136", "summary qm pkg 3926  1549280 1070  "],
  ],
  ["6.1.4-cmake-qm/idle/dump-shm-ms3.log", ["status qm shm 10859 2696704 2696704 93 1 30578592"]],
  ["6.1.4-cmake-tlsf/idle/dump-pkg-udp0-ms3.log", ["matrix tlsf pkg 25120 1564464   13 6684672"]],
  [
    "more/5.6.3-debian/qm-dump_pkg-status_mode1.txt.gz",
    ["status qm pkg 14818 509296 509296 874 4 7547632", "summary qm pkg 14818  509296 874  "],
  ],
  ["more/other-versions/5.8.8-default-shm.rprint.txt", ["rprint qm shm  337264 337264 42 1 66498176"]],
  ["more/5.6.3-debian/kamcmd-shm.report.txt", ["report qm shm  2511880  131 3 64347720"]],
  ["more/5.6.3-debian/jsonrpc-http-shm.report.txt", ["report qm shm  2529192  132 3 64330304"]],
  ["more/5.6.3-debian/kamcmd-mod.stats-all-all.txt", ["mod_stats  pkg   515576   ", "mod_stats  shm   2511880   "]],
  ["more/5.6.3-debian/jsonrpc-http-mod.stats-all-all.txt", ["mod_stats  pkg   588528   ", "mod_stats  shm   2529192   "]],
  ["more/5.6.3-debian/kamcmd-mod.mem_statsx-all-shm.txt", ["mem_statsx     2511880 131  "]],
  ["more/5.6.3-debian/jsonrpc-http-mod.mem_statsx-core-shm.txt", ["mem_statsx     402776 46  "]],
  ["more/5.6.3-debian/gdb-qmwalk-shm-stripped.txt", ["gdb_walk qm shm 25390 2505160 2505160 71 1 "]],
  ["more/5.6.3-debian/gdb-fmwalk-stripped.txt.gz", ["gdb_walk fm  32613 510072 510072 872 3 "]],
  ["gdb/4.2.0-mng1dbg1-shm.txt.gz", ["gdb_walk qm  14066  2664320 454 501 "]],
  ["gdb/5.5.7-default-shm.txt.gz", ["gdb_walk qm  16022  2707712 459 20 "]],
  [
    "syslog/5.6.3-debian-journald-short.txt.gz",
    [
      "status qm shm 29291 3152664 3152664 960 1 30066672",
      "status qm pkg 29286 556608 556608 1057 4 7481168",
      "summary qm pkg 29286  556608 1057  ",
    ],
  ],
  [
    "syslog/5.6.3-debian-journald-short-iso-precise.txt.gz",
    [
      "status qm shm 29291 3152664 3152664 960 1 30066672",
      "status qm pkg 29286 556608 556608 1057 4 7481168",
      "summary qm pkg 29286  556608 1057  ",
    ],
  ],
  ["syslog/5.6.3-debian-journald-export-shm.txt.gz", ["status qm shm 29291 3152664 3152664 960 1 30066672"]],
  ["syslog/5.6.3-debian-journald-json-sums.txt.gz", ["summary qm pkg 29286  556608 1057  "]],
  [
    "syslog/5.6.3-debian-logprefix-rsyslog-traditional.log.gz",
    [
      "status qm shm 29129 3152672 3152672 960 1 30066664",
      "status qm pkg 29124 557128 557128 1064 4 7479920",
      "summary qm pkg 29124  557128 1064  ",
    ],
  ],
  [
    "syslog/5.6.3-debian-logprefix-rsyslog-isoformat.log.gz",
    [
      "status qm shm 29129 3152672 3152672 960 1 30066664",
      "status qm pkg 29124 557128 557128 1064 4 7479920",
      "summary qm pkg 29124  557128 1064  ",
    ],
  ],
  [
    "syslog/5.8.8-qm-rsyslog-rfc5424.log.gz",
    [
      "status qm shm 28668 3163168 3163168 963 1 30014688",
      "status qm pkg 28663 1549376 1549376 1071 4 6444928",
      "summary qm pkg 28663  1549376 1071  ",
    ],
  ],
];

const INCOMPLETE_BY_NATURE = "4.2.0-default-fmdbg/after/dump-pkg-udp0-ms31.log";

describe("real captures", () => {
  test.each(CAPTURES)("%s", (file, expected) => {
    const text = capture(file);
    const { dumps } = readDumps(text);
    expect(dumps.slice(0, 3).map(brief)).toEqual(expected);
    expect(dumps.filter((dump) => !dump.complete).map((dump) => dump.incomplete_reason)).toEqual(
      file === INCOMPLETE_BY_NATURE ? [expect.stringContaining("the short form, or cut")] : [],
    );
    for (const dump of dumps) {
      if (dump.used !== null && dump.allocated_bytes !== null) expect(dump.allocated_bytes).toBe(dump.used);
      if (dump.sites.length > 0) expect(sum(dump.sites.map((site) => site.bytes))).toBe(dump.allocated_bytes);
    }
    expect(looksLikeDump(text.toString("latin1", 0, 4096 * 4))).toBe(true);
  });

  test("a site is the same in every form", () => {
    const site = (file: string) =>
      readDumps(capture(file)).dumps[0]?.sites.find((one) => one.function === "counters_prefork_init");
    expect(site("4.0.7-mng1dbg1-qmdbg/idle/dump-shm-ms3.log")).toEqual({
      module: "core",
      file: "counters.c",
      function: "counters_prefork_init",
      line: 214,
      count: 1,
      bytes: 7680,
    });
    expect(site("more/other-versions/5.8.8-default-shm.rprint.txt")).toMatchObject({
      module: "core",
      file: "core/counters.c",
      line: 211,
      bytes: 6144,
    });
    expect(site("more/5.6.3-debian/kamcmd-mod.mem_statsx-all-shm.txt")).toMatchObject({
      module: "core",
      file: null,
      line: 212,
      count: 1,
    });
    expect(site("gdb/4.2.0-mng1dbg1-shm.txt.gz")).toMatchObject({ module: "core", file: "counters.c", count: 1 });
  });

  test("at shutdown each process keeps its own sums", () => {
    const { dumps } = readDumps(capture("5.8.8-default-qm/shutdown-ms12.log.gz"));
    expect(dumps.map((dump) => `${dump.pool} ${dump.pid} ${dump.process_index}`)).toEqual([
      "pkg 3926 1",
      "pkg 3927 2",
      "pkg 3930 5",
      "pkg 3931 6",
      "pkg 3933 8",
      "pkg 3935 9",
      "pkg 3932 7",
      "pkg 3928 3",
      "pkg 3938 12",
      "pkg 3936 10",
      "pkg 3937 11",
      "pkg 3929 4",
      "pkg 3923 0",
      "shm 3923 0",
    ]);
    expect(dumps.every((dump) => dump.complete)).toBe(true);
  });

  test("where the journal left the pids out, what several processes printed at once is not trusted", () => {
    const { dumps } = readDumps(capture("syslog/5.6.3-debian-journald-cat.txt.gz"));
    expect(dumps.slice(0, 3).map((dump) => [dump.form, dump.pool, dump.complete])).toEqual([
      ["status", "shm", true],
      ["status", "pkg", true],
      ["summary", "pkg", true],
    ]);
    const whole = new Set([134232, 520, 556608, 3153496]);
    for (const dump of dumps.slice(3)) if (dump.complete) expect(whole).toContain(dump.allocated_bytes);
  });

  test("times come from stamps with a zone, others only with a year", () => {
    const at = (file: string, year?: number) => readDumps(capture(file), { year }).dumps[0]?.taken_at;
    expect(at("syslog/5.6.3-debian-journald-short-iso-precise.txt.gz")).toBe("2026-11-23T01:17:46.130Z");
    expect(at("syslog/5.6.3-debian-journald-export-shm.txt.gz")).toBe("2026-11-23T01:17:46.130Z");
    expect(at("syslog/5.6.3-debian-journald-short.txt.gz")).toBeNull();
    expect(at("syslog/5.6.3-debian-journald-short.txt.gz", 2026)).toBe("2026-11-23T01:17:46.000Z");
  });

  test("a build without debugging: chunks without sites, sums not available, an empty report", () => {
    const [status] = readDumps(capture("4.4.7-dbg0-qm/after/dump-rpc-corex.shm_status.log.gz")).dumps;
    expect(status).toMatchObject({ sites: [], complete: true });
    expect(status?.warnings).toContain("the chunks carry no allocation sites: this build has no memory debugging");
    const sums = readDumps(capture("5.5.7-dbg0-fm/after/dump-rpc-corex.shm_summary.log"));
    expect(sums).toMatchObject({ dumps: [], warnings: ["sums are not available: this build has no memory debugging"] });
    const [report] = readDumps(capture("more/other-versions/6.0.7-dbg0-shm.report.txt")).dumps;
    expect(report).toMatchObject({ form: "report", used: null, complete: false });
  });

  test.each(["5.8.8-default-qm/V.txt", "more/5.6.3-debian/kamcmd-pkg.stats.txt"])("%s is no dump", (file) => {
    const text = capture(file).toString("latin1");
    expect(looksLikeDump(text)).toBe(false);
    expect(readDumps(text).dumps).toEqual([]);
  });
});

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
