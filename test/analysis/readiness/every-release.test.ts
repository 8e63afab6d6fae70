/** Readiness of every release with every choice of manager and debugging: the rows of Makefile.defs and cmake/defs.cmake, one by one. */
import { describe, expect, test } from "vitest";
import { judgeReadiness, type Readiness } from "../../../src/analysis/readiness/readiness.js";
import type { Manager } from "../../../src/kamailio/pool.js";
import { buildOf } from "../../support/build-text.js";
import { settingsWith } from "../../support/effective-settings.js";

/** The modules that every stock kamailio.cfg loads for RPC. */
const STOCK_MODULES = ["tm", "sl", "ctl", "cfg_rpc", "kex", "corex"];

function judge(version: string, memory: string[], manager: Manager | null, system = "linux"): Readiness {
  const named = manager === null ? {} : { shm_manager: manager, pkg_manager: manager };
  return judgeReadiness({
    instance: "sip1",
    build: { id: "bld_1", recorded_at: "2026-01-02T03:04:05.000Z", value: buildOf({ version, memory, system }) },
    running_build: null,
    settings: settingsWith({ ...named, modules: STOCK_MODULES, memlog: 5, debug: 2 }, version),
  });
}

const status = (readiness: Readiness, id: string) => readiness.checks.find((check) => check.id === id)?.status;
const sites = (readiness: Readiness) => readiness.capabilities.allocation_sites;

/** Releases that compile one manager in, with the words that each choice of MEMMNG and MEMDBG prints. */
const COMPILED_IN = [
  "0.9.6",
  "3.1.0",
  "3.2.4",
  "3.3.5",
  "3.3.7",
  "4.0.4",
  "4.0.7",
  "4.1.0",
  "4.1.9",
  "4.2.0",
  "4.2.6",
  "4.2.7",
  "4.2.8",
  "4.3.0",
  "4.3.2",
  "4.3.3",
  "4.3.7",
];
/** Releases whose manager is chosen with -x and -X. */
const CHOSEN = [
  ...[
    "4.4.0",
    "4.4.2",
    "4.4.3",
    "4.4.7",
    "5.0.0",
    "5.0.1",
    "5.0.2",
    "5.0.3",
    "5.0.8",
    "5.1.0",
    "5.1.5",
    "5.1.10",
    "5.2.0",
    "5.2.8",
  ],
  ...[
    "5.3.0",
    "5.3.9",
    "5.4.0",
    "5.4.9",
    "5.5.0",
    "5.5.7",
    "5.6.0",
    "5.6.3",
    "5.6.6",
    "5.7.0",
    "5.7.7",
    "5.8.0",
    "5.8.7",
    "5.8.8",
  ],
  ...["6.0.0", "6.0.0-rc0", "6.0.3-rc0", "6.0.4", "6.0.5", "6.0.6", "6.0.7", "6.1.0", "6.1.4", "6.2.0-dev1"],
];

function from(version: string, first: number, second: number): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > first || (major === first && minor >= second);
}

/** What a release since 4.4 prints about memory. */
function words(version: string, debug: boolean): string[] {
  const join = from(version, 5, 7) ? ["MEM_JOIN_FREE"] : [];
  const proof = debug
    ? ["DBG_SR_MEMORY", ...(from(version, 6, 1) ? ["DBG_QM_MALLOC", "DBG_F_MALLOC", "DBG_TLSF_MALLOC"] : [])]
    : [];
  return ["PKG_MALLOC", ...join, "Q_MALLOC", "F_MALLOC", "TLSF_MALLOC", ...proof];
}

describe.each(COMPILED_IN)("%s, whose manager is compiled in", (version) => {
  const hasCfg = from(version, 3, 0);

  test("q_malloc with debugging can be debugged at run time", () => {
    const readiness = judge(version, ["PKG_MALLOC", "DBG_QM_MALLOC"], null);
    expect(readiness.capabilities).toMatchObject({
      allocation_sites: true,
      dump_to_log_shm: hasCfg,
      dump_to_log_pkg: hasCfg,
      site_statistics_rpc: false,
      gdb_walk: true,
    });
    // Before sip-router 3.0 nothing can be set at run time, so a memlog above debug costs a restart.
    expect(readiness.level).toBe(hasCfg ? "ready" : "restart_needed");
    expect(status(readiness, "manager_shm")).toBe("pass");
    expect(status(readiness, "debug_build")).toBe("pass");
  });

  test("f_malloc with debugging sums shm at run time, and pkg only when mem_dump_pkg prints sums (4.3.4)", () => {
    const readiness = judge(version, ["PKG_MALLOC", "F_MALLOC", "DBG_F_MALLOC"], null);
    const pkgSums = version === "4.3.7";
    expect(readiness.capabilities).toMatchObject({ allocation_sites: true, dump_to_log_pkg: pkgSums, gdb_walk: false });
    expect(readiness.level).toBe(pkgSums ? "ready" : "restart_needed");
    expect(status(readiness, "manager_shm")).toBe("warn");
  });

  test("f_malloc without debugging needs a rebuild", () => {
    const readiness = judge(version, ["PKG_MALLOC", "F_MALLOC"], null);
    expect(readiness.level).toBe("rebuild_needed");
    expect(readiness.capabilities).toMatchObject({
      allocation_sites: false,
      dump_to_log_shm: false,
      dump_to_log_pkg: false,
      gdb_walk: false,
    });
  });

  test("flags without a memory word are q_malloc without debugging, except in 4.3, where tlsf prints none either", () => {
    const readiness = judge(version, ["PKG_MALLOC"], null);
    const silentTlsf = version.startsWith("4.3");
    expect(readiness.level).toBe(silentTlsf ? "unknown" : "rebuild_needed");
    expect(sites(readiness)).toBe(silentTlsf ? null : false);
    if (silentTlsf)
      expect(readiness.checks.find((check) => check.id === "debug_build")?.fix.commands).toEqual([
        "kamcmd cfg.set_now_int core mem_dump_shm 1",
      ]);
  });
});

describe.each(CHOSEN)("%s, whose manager is chosen with -x", (version) => {
  test.each<Manager>(["qm", "fm", "tlsf"])("%s with debugging is ready", (manager) => {
    const readiness = judge(version, words(version, true), manager);
    expect(readiness.level).toBe("ready");
    expect(readiness.ok).toBe(true);
    expect(readiness.capabilities).toEqual({
      allocation_sites: true,
      dump_to_log_shm: true,
      dump_to_log_pkg: true,
      site_statistics_rpc: true,
      usage_rpc_shm: true,
      usage_rpc_pkg: manager !== "tlsf",
      gdb_walk: manager === "qm",
    });
    expect(status(readiness, "manager_shm")).toBe(manager === "qm" ? "pass" : "warn");
  });

  test.each<Manager>(["qm", "fm", "tlsf"])("%s without debugging needs a rebuild", (manager) => {
    const readiness = judge(version, words(version, false), manager);
    expect(readiness.level).toBe("rebuild_needed");
    expect(readiness.ok).toBe(false);
    expect(readiness.capabilities).toMatchObject({
      allocation_sites: false,
      // q_malloc lists its chunks without their sites; the others list nothing.
      dump_to_log_shm: manager === "qm",
      dump_to_log_pkg: manager === "qm",
      site_statistics_rpc: false,
      gdb_walk: false,
    });
    const rebuild = readiness.checks.find((check) => check.id === "debug_build");
    expect(rebuild).toMatchObject({ status: "fail", fix: { action: "rebuild" } });
  });

  test("the manager without -x is f_malloc in 4.4 and q_malloc from 5.0 on", () => {
    const readiness = judge(version, words(version, true), null);
    const expected = version.startsWith("4.4") ? "fm" : "qm";
    expect(readiness.judged.managers).toEqual({ shm: expected, pkg: expected });
  });
});

describe("which word proves debugging", () => {
  test.each`
    version    | memory                             | debug    | why
    ${"4.3.7"} | ${["PKG_MALLOC", "DBG_QM_MALLOC"]} | ${true}  | ${"the classic test is right up to 4.3"}
    ${"5.6.3"} | ${words("5.6.3", true)}            | ${true}  | ${"DBG_SR_MEMORY alone from 4.4 to 6.0"}
    ${"6.0.7"} | ${words("6.0.7", true)}            | ${true}  | ${"DBG_SR_MEMORY alone from 4.4 to 6.0"}
    ${"6.0.7"} | ${words("6.0.7", false)}           | ${false} | ${"none of the words"}
    ${"6.1.4"} | ${words("6.1.4", true)}            | ${true}  | ${"all four words from 6.1"}
  `("$version: $debug ($why)", ({ version, memory, debug }) => {
    expect(sites(judge(version, memory, null))).toBe(debug);
  });

  test.each(CHOSEN.filter((version) => !from(version, 6, 1)))("%s warns of grepping for DBG_QM_MALLOC", (version) => {
    const check = judge(version, words(version, true), null).checks.find(({ id }) => id === "debug_build");
    expect(check?.detail).toContain("Do not grep for DBG_QM_MALLOC");
  });
});

describe("the rebuild speaks the build system of its era", () => {
  test.each`
    version         | system     | memory                        | command
    ${"3.2.4"}      | ${"linux"} | ${["PKG_MALLOC", "F_MALLOC"]} | ${"make FLAVOUR=kamailio MEMDBG=1 "}
    ${"3.3.7"}      | ${"linux"} | ${["PKG_MALLOC", "F_MALLOC"]} | ${"make FLAVOUR=kamailio MEMDBG=1 "}
    ${"4.0.7"}      | ${"linux"} | ${["PKG_MALLOC"]}             | ${"make MEMMNG=1 MEMDBG=1 "}
    ${"4.3.2"}      | ${"linux"} | ${["PKG_MALLOC", "F_MALLOC"]} | ${"make MEMMNG=1 MEMDBG=1 "}
    ${"4.4.7"}      | ${"linux"} | ${words("4.4.7", false)}      | ${"make MEMDBG=1 "}
    ${"5.8.8"}      | ${"linux"} | ${words("5.8.8", false)}      | ${"make MEMDBG=1 "}
    ${"6.0.7"}      | ${"linux"} | ${words("6.0.7", false)}      | ${"make MEMDBG=1 "}
    ${"6.0.7"}      | ${"Linux"} | ${words("6.0.7", false)}      | ${"cmake -S . -B build-memdbg -DMEMDBG=ON "}
    ${"6.0.3-rc0"}  | ${"Linux"} | ${words("6.0.3", false)}      | ${"make MEMDBG=1 "}
    ${"6.1.4"}      | ${"Linux"} | ${words("6.1.4", false)}      | ${"cmake -S . -B build-memdbg -DMEMDBG=ON "}
    ${"6.2.0-dev1"} | ${"linux"} | ${words("6.2.0", false)}      | ${"cmake -S . -B build-memdbg -DMEMDBG=ON "}
  `("$version on $system: $command", ({ version, system, memory, command }) => {
    const check = judge(version, memory, null, system).checks.find(({ id }) => id === "debug_build");
    const configure = check?.fix.commands.find((line) => line.startsWith("make ") || line.startsWith("cmake "));
    expect(configure?.startsWith(command), configure).toBe(true);
    expect(configure).toContain('="tm sl ctl cfg_rpc kex corex"');
  });
});
