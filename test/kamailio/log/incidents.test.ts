import { describe, expect, test } from "vitest";
import { fixture, readLog } from "./fixture.js";

const G2 = "incidents/g2-corruption-induced-with-gdb";
const DEBIAN = "more/5.6.3-debian";

describe("real logs and what happened in them", () => {
  test.each([
    [
      "fm writes two lines for a failed pkg allocation, its caller a third, the expression a fourth: six failures",
      `${DEBIAN}/oom-pkg-fm.txt`,
      [
        {
          kind: "exhaustion",
          pool: "pkg",
          manager: "fm",
          count: 6,
          lines: 23,
          size: 848,
          pids: [22648],
          site: { module: "core", file: "core/rvalue.c", function: "rval_new_empty", line: 246 },
        },
        {
          kind: "exhaustion",
          pool: "pkg",
          manager: "fm",
          count: 3,
          lines: 9,
          size: 56,
          site: { module: "core", function: "anchor_lump", line: 360 },
        },
      ],
    ],
    [
      "qm is silent, its callers are not",
      `${DEBIAN}/oom-pkg-qm.txt`,
      [
        { kind: "exhaustion", pool: "pkg", count: 9, site: { function: "rval_new_empty" } },
        { kind: "exhaustion", pool: "pkg", count: 1, site: { function: "insert_new_lump_before" } },
        { kind: "exhaustion", pool: "pkg", count: 1, site: { module: "textops", function: "add_hf_helper" } },
        { kind: "exhaustion", pool: "pkg", count: 5, site: { function: "anchor_lump" } },
      ],
    ],
    [
      "tlsf is silent too",
      `${DEBIAN}/oom-shm-tlsf.txt`,
      [
        {
          kind: "exhaustion",
          pool: "shm",
          count: 8,
          pids: [20854, 20855],
          site: { module: "htable", function: "ht_cell_new", line: 189 },
        },
      ],
    ],
    [
      "fm in shm",
      `${DEBIAN}/oom-shm-fm.txt`,
      [
        {
          kind: "exhaustion",
          pool: "shm",
          pool_source: "text",
          count: 6,
          pids: [20340, 20341],
          size: 112,
          site: { module: "htable", line: 186 },
        },
      ],
    ],
    [
      "thousands of refused registrations are one incident",
      "incidents/a1-shm-exhaustion-usrloc-6.0.7-qm/kamailio-without-dumps.log.gz",
      [
        { kind: "exhaustion", pool: "shm", count: 6462, pid_count: 2, site: { module: "usrloc", function: "new_urecord" } },
        { kind: "exhaustion", pool: "shm", count: 1, site: { module: "core", function: "cfg_clone_global" } },
      ],
    ],
    [
      "4.4 says only out of memory: the site tells the pool",
      "incidents/d1-pkg-exhaustion-by-leak-4.4.0-dev5/kamailio-without-dumps.log.gz",
      [
        {
          kind: "exhaustion",
          pool: "pkg",
          pool_source: "site",
          count: 9269,
          size: 431,
          smallest_size: 314,
          pids: [21765, 21766],
        },
        { kind: "exhaustion", pool: "pkg", pool_source: "site", count: 6945, site: { function: "insert_new_lump_after" } },
      ],
    ],
    [
      "errors about an RPC answer that is too long are no exhaustion",
      "incidents/d2-pkg-exhaustion-burst-uldump-6.0.7/kamailio-without-dumps.log",
      [{ kind: "exhaustion", pool: "pkg", count: 4, pids: [30080, 30081], site: { function: "add_lump_rpl2" } }],
    ],
    [
      "a crash without a word of the allocator",
      "incidents/g-double-free-jsonrpcs-5.3.0-dev-qm/kamailio-without-dumps.log",
      [
        {
          kind: "child_died",
          pids: [14544],
          signal: { number: 11, name: "SIGSEGV", core_dumped: true, main_exited: true, preceded_by: [] },
        },
      ],
    ],
    ["steady state", "incidents/b-steady-5.8.8-qm/kamailio-without-dumps.log", []],
    ["a restart", "incidents/f-restart-5.5.7-qm/kamailio-without-dumps.log", []],
    [
      "double free in 4.2, aborting",
      `${G2}/4.2.8-qm-doublefree.log`,
      [
        {
          kind: "double_free",
          action: "aborting",
          manager: "qm",
          site: { file: "gdb.c", function: "induced_free", line: 21 },
          other_site: { file: "gdb.c", function: "induced_free", line: 20 },
        },
      ],
    ],
    [
      "double free in 5.5, ignored",
      `${G2}/5.5.7-qm-doublefree.log`,
      [{ kind: "double_free", action: "ignoring", site: { line: 21 }, other_site: { line: 20 } }],
    ],
    [
      "double free of tlsf",
      `${G2}/6.0.7-tlsf-doublefree.log`,
      [{ kind: "double_free", manager: "tlsf", site: { line: 21 }, other_site: { line: 20 } }],
    ],
    [
      "double free of fm: no caller",
      `${G2}/6.0.7-fm-doublefree.log`,
      [{ kind: "double_free", class: "free_fragment_freed", severity: "warning", action: "ignoring" }],
    ],
    [
      "bad pointer of qm is not out of memory",
      `${G2}/6.0.7-qm-badpointer.log`,
      [{ kind: "bad_pointer", manager: "qm", site: { function: "induced_free" } }],
    ],
    ["bad pointer of fm", `${G2}/6.0.7-fm-badpointer.log`, [{ kind: "bad_pointer", manager: "fm", action: "ignoring" }]],
    [
      "bad pointer of 4.2, with an empty level word",
      `${G2}/4.2.8-qm-badpointer.log`,
      [{ kind: "bad_pointer", action: "aborting" }],
    ],
    [
      "an overrun is told twice, by the chunk and by its neighbour",
      `${G2}/4.2.8-qm-overrun.log.gz`,
      [{ kind: "overrun", count: 1, lines: 2, overwritten: { where: "end", ascii: "AAAAAAAAAAAAAAAA", changed_bytes: 16 } }],
    ],
    [
      "an overrun and the status dump that follows",
      `${G2}/6.0.7-qm-overrun.log.gz`,
      [{ kind: "overrun", count: 1, lines: 2, site: { file: "gdb.c", line: 20 }, other_site: { file: "gdb.c", line: 10 } }],
    ],
    [
      "an underrun",
      `${G2}/5.5.7-qm-underrun.log.gz`,
      [{ kind: "underrun", count: 1, overwritten: { where: "beginning", ascii: "AAAAAAAA" } }],
    ],
    [
      "two bytes past the end, then abort",
      `${DEBIAN}/corruption-overrun-qm.txt`,
      [
        {
          kind: "overrun",
          pids: [1016],
          overwritten: { where: "end", words: ["c0c04241", "abcdefed"], changed_bytes: 2, bytes: "4142", ascii: "AB" },
        },
        { kind: "child_died", pids: [1016], signal: { number: 6, name: "SIGABRT", preceded_by: ["overrun"], main_exited: true } },
      ],
    ],
  ])("%s", (_why, path, expected) => {
    const { incidents } = readLog(fixture(path));
    expect(incidents).toMatchObject(expected);
    expect(incidents).toHaveLength(expected.length);
    for (const incident of incidents) expect(incident.explanation).not.toBe("");
  });

  test("starts that failed for their sizes", () => {
    const { incidents } = readLog(fixture(`${DEBIAN}/startup-options.txt`));
    expect(new Set(incidents.map(({ kind, pool }) => `${kind} ${pool}`))).toEqual(
      new Set(["startup_failure pkg", "startup_failure shm"]),
    );
    expect(incidents.find(({ pool }) => pool === "pkg")?.size).toBe(5_242_880_000_000);
  });

  test("the start-up line is read, two of them when it was restarted", () => {
    const { starts } = readLog(fixture("incidents/f-restart-5.5.7-qm/kamailio-without-dumps.log"));
    expect(starts).toHaveLength(2);
    expect(starts[0]).toMatchObject({ processes: 13, shm_size: 33_554_432, pkg_size: 8_388_608 });
  });
});
