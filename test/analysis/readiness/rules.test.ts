/** The readiness rules, each by the claim that it checks. */
import { describe, expect, test } from "vitest";
import { readBuilds } from "../../../src/kamailio/binary/read-builds.js";
import { buildOf } from "../../support/build-text.js";
import { settingsWith } from "../../support/effective-settings.js";
import { checkOf, DEBUG, judge, judgeRelease, NO_DEBUG, record, STOCK_MODULES } from "../../support/readiness.js";

/** What a person fills in: readiness knows no process. */
const PID = `"\${PID:?pid of the process, from core.psx}"`;

describe("memlog gates the dumps at shutdown, by SIGUSR1 and by corex", () => {
  test.each`
    memlog  | debug | status       | why
    ${5}    | ${2}  | ${"fail"}    | ${"the stock kamailio.cfg"}
    ${2}    | ${2}  | ${"pass"}    | ${"equal levels are written"}
    ${-1}   | ${0}  | ${"pass"}    | ${"levels can be negative"}
    ${null} | ${2}  | ${"unknown"} | ${"nobody knows memlog"}
  `("memlog=$memlog debug=$debug: $status ($why)", ({ memlog, debug, status }) => {
    expect(checkOf(judgeRelease("5.6.3", { memlog, debug }), "shutdown_dump_visible").status).toBe(status);
  });

  test("but not mem_dump_pkg and mem_dump_shm", () => {
    const readiness = judgeRelease("5.6.3", { memlog: 5, debug: 2, modules: STOCK_MODULES });
    expect(checkOf(readiness, "requested_dump_visible").status).toBe("pass");
    expect(readiness).toMatchObject({ ok: true, capabilities: { dump_to_log_shm: true, dump_to_log_pkg: true } });
  });

  test("the runtime fix has the undo, and the line that keeps it", () => {
    expect(checkOf(judgeRelease("5.6.3", { memlog: 5, debug: 2 }), "shutdown_dump_visible").fix).toEqual({
      action: "runtime",
      commands: ["kamcmd cfg.set_now_int core memlog 2"],
      config_lines: ["memlog=2"],
      undo: ["kamcmd cfg.set_now_int core memlog 5"],
    });
  });

  test("kamcmd takes a negative value only behind --", () => {
    const { fix } = checkOf(judgeRelease("5.6.3", { memlog: 1, debug: -1 }), "shutdown_dump_visible");
    expect(fix.commands).toEqual(["kamcmd -- cfg.set_now_int core memlog -1"]);
  });

  test("without cfg_rpc it costs a restart", () => {
    const { fix } = checkOf(judgeRelease("5.6.3", { memlog: 5, debug: 2, modules: ["tm"] }), "shutdown_dump_visible");
    expect(fix).toMatchObject({ action: "restart", config_lines: ["memlog=2"] });
  });
});

test.each`
  debug | status
  ${-5} | ${"pass"}
  ${-6} | ${"fail"}
  ${2}  | ${"pass"}
`("a requested dump at ALERT passes debug=$debug: $status", ({ debug, status }) => {
  expect(checkOf(judgeRelease("5.6.3", { debug }), "requested_dump_visible").status).toBe(status);
});

describe("mem_summary decides between the list and the sums", () => {
  test.each`
    version    | manager   | mem_summary | status    | why
    ${"5.5.7"} | ${"qm"}   | ${null}     | ${"pass"} | ${"the default was 3"}
    ${"5.6.0"} | ${"qm"}   | ${null}     | ${"warn"} | ${"12 from 5.6: the list is hidden"}
    ${"6.1.4"} | ${"qm"}   | ${null}     | ${"warn"} | ${"12 from 5.6: the list is hidden"}
    ${"5.6.3"} | ${"qm"}   | ${1}        | ${"pass"} | ${"the list alone"}
    ${"5.6.3"} | ${"qm"}   | ${31}       | ${"warn"} | ${"bit 16 cuts the list off, the sums stay"}
    ${"5.6.3"} | ${"qm"}   | ${0}        | ${"fail"} | ${"nothing is printed"}
    ${"5.6.3"} | ${"qm"}   | ${8}        | ${"fail"} | ${"only shm's sums, which mem_dump_shm never prints"}
    ${"5.6.3"} | ${"fm"}   | ${null}     | ${"pass"} | ${"sums are all that f_malloc has"}
    ${"5.5.7"} | ${"fm"}   | ${null}     | ${"fail"} | ${"3 prints f_malloc's free lists alone"}
    ${"5.5.7"} | ${"tlsf"} | ${null}     | ${"fail"} | ${"3 prints tlsf's matrix alone"}
  `("$version $manager mem_summary=$mem_summary: $status ($why)", ({ version, manager, mem_summary, status }) => {
    const named = mem_summary === null ? {} : { mem_summary };
    const readiness = judgeRelease(version, { shm_manager: manager, pkg_manager: manager, ...named });
    const check = checkOf(readiness, "mem_summary");
    expect(check.status).toBe(status);
    if (status !== "pass") expect(check.fix.commands).toEqual(["kamcmd cfg.set_now_int core mem_summary 15"]);
  });

  test("the fix is undone with the value before", () => {
    expect(checkOf(judgeRelease("5.8.8"), "mem_summary").fix.undo).toEqual(["kamcmd cfg.set_now_int core mem_summary 12"]);
  });
});

describe("the managers", () => {
  test("-X alone changes pkg alone, and its fix is -X", () => {
    const readiness = judgeRelease("5.6.3", { pkg_manager: "fm" });
    expect(checkOf(readiness, "manager_shm").status).toBe("pass");
    const pkg = checkOf(readiness, "manager_pkg");
    expect(pkg).toMatchObject({ status: "warn", fix: { action: "restart" } });
    expect(pkg.fix.commands[0]).toContain("add -X qm");
  });

  test("4.4 runs f_malloc by default and is told to add -x qm -X qm", () => {
    expect(checkOf(judgeRelease("4.4.7"), "manager_shm").fix.commands[0]).toContain("add -x qm -X qm");
  });

  test("tlsf lists in 4.3 and no more from 4.4 on", () => {
    const old = judge(
      record(buildOf({ version: "4.3.7", memory: ["PKG_MALLOC"] })),
      settingsWith({ shm_manager: "tlsf" }, "4.3.7"),
    );
    expect(checkOf(old, "manager_shm").status).toBe("pass");
    expect(checkOf(judgeRelease("4.4.7", { shm_manager: "tlsf" }), "manager_shm").status).toBe("warn");
  });

  test("before 4.4 another manager is another build", () => {
    const fm = judge(
      record(buildOf({ version: "4.2.0", memory: ["PKG_MALLOC", "F_MALLOC", "DBG_F_MALLOC"] })),
      settingsWith({}, "4.2.0"),
    );
    const { fix } = checkOf(fm, "manager_shm");
    expect(fix.action).toBe("rebuild");
    expect(fix.commands.some((line) => line.startsWith("make MEMMNG=1 MEMDBG=1 "))).toBe(true);
  });
});

describe("what is not recorded is not known", () => {
  test("without the modules the RPC capabilities are null, and the checks name the command", () => {
    const readiness = judgeRelease("5.6.3");
    expect(readiness.capabilities).toMatchObject({
      dump_to_log_shm: null,
      dump_to_log_pkg: null,
      usage_rpc_shm: null,
      usage_rpc_pkg: null,
    });
    expect(checkOf(readiness, "rpc_transport")).toMatchObject({
      status: "unknown",
      fix: { commands: ["kamcmd core.modules", expect.any(String)] },
    });
    expect(readiness.level).toBe("ready");
  });

  test("core.modules came with 5.1: before, the RPC list tells", () => {
    expect(checkOf(judgeRelease("4.4.7"), "rpc_transport").fix.commands[0]).toBe("kamcmd system.listMethods");
  });

  test("3.3 has sercmd, and -v starts the server there", () => {
    const readiness = judge(record(buildOf({ version: "3.3.7", memory: ["PKG_MALLOC", "F_MALLOC"] })), settingsWith({}, "3.3.7"));
    expect(checkOf(readiness, "rpc_transport").fix.commands[0]).toBe("sercmd system.listMethods");
    expect(checkOf(readiness, "version_option").fix.commands).toEqual(["kamailio -V"]);
    expect(JSON.stringify(readiness.checks)).not.toContain("kamailio -v");
  });

  test("no build: unknown, and -I would tell", () => {
    const readiness = judge(null, settingsWith({ binary: "/opt/my kam/kamailio" }));
    expect(readiness).toMatchObject({ ok: false, level: "unknown", capabilities: { allocation_sites: null, gdb_walk: null } });
    expect(checkOf(readiness, "build_recorded").fix.commands).toEqual(["'/opt/my kam/kamailio' -I"]);
  });

  test("OpenSIPS is not judged", () => {
    const readiness = judge(
      record(buildOf({ product: "opensips", version: "3.4.2", memory: ["PKG_MALLOC", "Q_MALLOC", "DBG_MALLOC"] })),
      settingsWith({}),
    );
    expect(readiness).toMatchObject({ ok: false, level: "unknown" });
    expect(readiness.checks).toHaveLength(1);
    expect(checkOf(readiness, "build_recorded").detail).toContain("OpenSIPS");
  });

  test("a SER is judged by analogy, and says so", () => {
    const ser = judge(
      record(buildOf({ product: "ser", version: "0.9.6", memory: ["PKG_MALLOC", "F_MALLOC"] })),
      settingsWith({}, "0.9.6"),
    );
    expect(ser.level).toBe("rebuild_needed");
    expect(checkOf(ser, "build_recorded")).toMatchObject({ status: "warn", detail: expect.stringContaining("by analogy") });
  });

  test("a flag list that is cut cannot prove that a word is missing", () => {
    const [build] = readBuilds("version: kamailio 5.6.3 (x86_64/linux)\nflags: USE_TCP, USE_TLS, ...\n").builds;
    if (build === undefined) throw new Error("no build");
    const readiness = judge(record(build), settingsWith({}, "5.6.3"));
    expect(readiness.level).toBe("unknown");
    expect(checkOf(readiness, "debug_build").fix.commands).toEqual(["kamailio -I"]);
  });
});

describe("modules", () => {
  test.each`
    modules                        | shm      | pkg      | level               | why
    ${["ctl", "cfg_rpc", "kex"]}   | ${true}  | ${true}  | ${"ready"}          | ${"as in the stock config"}
    ${["jsonrpcs", "cfg_rpc"]}     | ${true}  | ${true}  | ${"ready"}          | ${"jsonrpcs is a transport, too"}
    ${["ctl"]}                     | ${false} | ${false} | ${"restart_needed"} | ${"nothing sets a variable"}
    ${["cfg_rpc", "kex", "corex"]} | ${false} | ${false} | ${"restart_needed"} | ${"no transport"}
    ${[]}                          | ${false} | ${false} | ${"restart_needed"} | ${"none"}
  `("$modules: $level ($why)", ({ modules, shm, pkg, level }) => {
    const readiness = judgeRelease("5.8.8", { modules, memlog: 5, debug: 2 });
    expect(readiness.capabilities).toMatchObject({ dump_to_log_shm: shm, dump_to_log_pkg: pkg });
    expect(readiness.level).toBe(level);
  });

  test.each`
    version    | level               | why
    ${"5.7.7"} | ${"restart_needed"} | ${"shm.report names the largest chunks alone"}
    ${"5.8.8"} | ${"ready"}          | ${"shm.rprint writes the list to a file"}
  `("ctl and corex alone in $version: $level ($why)", ({ version, level }) => {
    const readiness = judgeRelease(version, { modules: ["ctl", "corex"], memlog: 5, debug: 2 });
    expect(readiness.capabilities).toMatchObject({ dump_to_log_shm: false, dump_to_log_pkg: true });
    expect(readiness.level).toBe(level);
  });

  test("memlog <= debug opens SIGUSR1 even without any module", () => {
    const readiness = judgeRelease("5.8.8", { modules: [], memlog: 1, debug: 2 });
    expect(readiness.capabilities).toMatchObject({ dump_to_log_shm: true, dump_to_log_pkg: true });
    expect(checkOf(readiness, "sigusr1")).toMatchObject({ status: "pass", fix: { commands: [`kill -USR1 ${PID}`] } });
  });

  test("workers ignore SIGUSR1 up to 4.4.2", () => {
    expect(checkOf(judgeRelease("4.4.2", { memlog: 1, debug: 2 }), "sigusr1").status).toBe("warn");
    expect(checkOf(judgeRelease("4.4.3", { memlog: 1, debug: 2 }), "sigusr1").status).toBe("pass");
  });

  test("the missing ones come as loadmodule lines, checked before the restart", () => {
    const { fix } = checkOf(
      judgeRelease("5.8.8", { modules: ["tm"], config_file: "/etc/kamailio/kamailio.cfg", service_manager: "systemd" }),
      "rpc_transport",
    );
    expect(fix).toMatchObject({
      action: "restart",
      commands: ["kamailio -c -f /etc/kamailio/kamailio.cfg", "sudo systemctl restart kamailio"],
      config_lines: ['loadmodule "ctl.so"'],
    });
  });

  test("only jsonrpcs: kamctl rpc speaks to its FIFO", () => {
    const readiness = judgeRelease("5.8.8", { modules: ["jsonrpcs", "cfg_rpc"], memlog: 1, debug: -1 });
    expect(checkOf(readiness, "shutdown_dump_visible").fix.commands).toEqual(["kamctl rpc cfg.set_now_int core memlog -1"]);
  });

  test("names with path and .so are the same modules", () => {
    expect(
      judgeRelease("5.8.8", { modules: ["/usr/lib/kamailio/modules/ctl.so", "cfg_rpc.so"] }).capabilities.dump_to_log_shm,
    ).toBe(true);
  });
});

describe("the process that runs", () => {
  const upgraded = record(buildOf({ version: "5.8.8", memory: DEBUG }));
  const running = (version: string, memory: string[]) =>
    record({ ...buildOf({ version, memory }), from_running_process: true }, "bld_2");

  test("without debugging, while the binary on disk has it: a restart is enough", () => {
    const readiness = judge(upgraded, settingsWith({}, "5.8.8"), running("5.8.7", NO_DEBUG));
    expect(readiness).toMatchObject({ level: "restart_needed", capabilities: { allocation_sites: false } });
    expect(checkOf(readiness, "running_build")).toMatchObject({ status: "warn", evidence: { id: "bld_2" } });
    expect(checkOf(readiness, "debug_build").fix.action).toBe("restart");
  });

  test("with debugging, while the binary on disk has none: ready now", () => {
    const readiness = judge(
      record(buildOf({ version: "5.8.8", memory: NO_DEBUG })),
      settingsWith({}, "5.8.8"),
      running("5.8.8", DEBUG),
    );
    expect(readiness.level).toBe("ready");
    expect(checkOf(readiness, "running_build").detail).toContain("only the running one has DBG_SR_MEMORY");
  });

  test("the same words: it is the recorded binary, and someone could call RPC", () => {
    const readiness = judge(upgraded, settingsWith({}, "5.8.8"), running("5.8.8", DEBUG));
    expect(checkOf(readiness, "running_build").status).toBe("pass");
    expect(readiness.capabilities.usage_rpc_shm).toBe(true);
  });
});

describe("usage", () => {
  test.each`
    version    | shm_size_mb | status
    ${"5.6.6"} | ${1024}     | ${"pass"}
    ${"5.6.6"} | ${2048}     | ${"warn"}
    ${"4.0.7"} | ${8192}     | ${"warn"}
    ${"5.7.0"} | ${8192}     | ${"pass"}
  `("core.shmmem of $version with $shm_size_mb MB: $status", ({ version, shm_size_mb, status }) => {
    const check = checkOf(judgeRelease(version, { shm_size_mb, modules: STOCK_MODULES }), "usage_shm");
    expect(check.status).toBe(status);
    if (status === "warn") expect(check.fix.commands).toEqual(["kamcmd core.shmmem kb"]);
  });

  test("pkg.stats stands still under tlsf", () => {
    const readiness = judgeRelease("5.6.3", { pkg_manager: "tlsf", modules: STOCK_MODULES });
    expect(readiness.capabilities.usage_rpc_pkg).toBe(false);
    expect(checkOf(readiness, "usage_pkg")).toMatchObject({ status: "fail", fix: { action: "restart" } });
  });

  test("pkg.stats needs kex", () => {
    expect(checkOf(judgeRelease("5.6.3", { modules: ["ctl"] }), "usage_pkg").fix.config_lines).toEqual(['loadmodule "kex.so"']);
  });
});

describe("statistics by site", () => {
  test.each`
    version    | manager | commands
    ${"4.4.7"} | ${"qm"} | ${["kamcmd mod.stats all shm"]}
    ${"5.3.0"} | ${"qm"} | ${["kamcmd mod.mem_statsx all shm"]}
    ${"5.6.0"} | ${"qm"} | ${["kamcmd mod.mem_statsx all shm", "kamcmd shm.report"]}
    ${"5.6.0"} | ${"fm"} | ${["kamcmd mod.mem_statsx all shm"]}
    ${"5.8.0"} | ${"qm"} | ${["kamcmd mod.mem_statsx all shm", "kamcmd shm.report", "kamcmd shm.rprint /tmp/kamailio-shm.txt ."]}
  `("$version $manager: $commands", ({ version, manager, commands }) => {
    const readiness = judgeRelease(version, { shm_manager: manager, modules: STOCK_MODULES });
    expect(checkOf(readiness, "site_statistics_rpc")).toMatchObject({ status: "pass", fix: { commands } });
  });

  test("mod.stats pkg shows the process that answers", () => {
    expect(checkOf(judgeRelease("5.6.3"), "mod_stats_pkg").status).toBe("warn");
  });
});

describe("pkg is libc's malloc (MEMPKG=sys)", () => {
  const readiness = judgeRelease("5.6.3", { modules: STOCK_MODULES }, { memory: DEBUG.filter((word) => word !== "PKG_MALLOC") });

  test("pkg cannot be seen, shm can", () => {
    expect(readiness.capabilities).toMatchObject({
      dump_to_log_shm: true,
      dump_to_log_pkg: false,
      usage_rpc_pkg: false,
      usage_rpc_shm: true,
    });
    expect(readiness.level).toBe("rebuild_needed");
    expect(checkOf(readiness, "pkg_malloc")).toMatchObject({ status: "fail", fix: { action: "rebuild" } });
  });
});

describe("gdb", () => {
  test.each`
    version    | architecture | manager | walk     | symbol
    ${"4.4.0"} | ${"x86_64"}  | ${"qm"} | ${true}  | ${"_pkg_root"}
    ${"6.1.4"} | ${"aarch64"} | ${"qm"} | ${true}  | ${"_pkg_root"}
    ${"5.6.3"} | ${"i386"}    | ${"qm"} | ${null}  | ${"_pkg_root"}
    ${"5.6.3"} | ${"x86_64"}  | ${"fm"} | ${false} | ${"q_malloc"}
  `("$version $architecture $manager: $walk", ({ version, architecture, manager, walk, symbol }) => {
    const readiness = judgeRelease(version, { shm_manager: manager, pkg_manager: manager }, { architecture });
    expect(readiness.capabilities.gdb_walk).toBe(walk);
    expect(checkOf(readiness, "gdb_walk").detail).toContain(symbol);
  });

  test("up to 4.3 the symbol is mem_block", () => {
    const old = judge(record(buildOf({ version: "4.2.8", memory: ["PKG_MALLOC", "DBG_QM_MALLOC"] })), settingsWith({}, "4.2.8"));
    expect(checkOf(old, "gdb_walk").detail).toContain("mem_block (pkg)");
  });
});

describe("the log", () => {
  test.each`
    chunks       | status       | lines
    ${200}       | ${"pass"}    | ${"750"}
    ${878}       | ${"warn"}    | ${"2784"}
    ${1_470_092} | ${"warn"}    | ${"4410426"}
    ${null}      | ${"unknown"} | ${"three lines a chunk"}
  `("$chunks chunks: $status", ({ chunks, status, lines }) => {
    const check = checkOf(judgeRelease("5.6.3", {}, { runtime: { chunks: { shm: chunks } } }), "log_rate_limit");
    expect(check.status).toBe(status);
    expect(check.detail).toContain(lines);
    if (status !== "pass") expect(check.fix.undo).not.toEqual([]);
  });

  test("sums fit into every log", () => {
    expect(checkOf(judgeRelease("5.6.3", { shm_manager: "fm", pkg_manager: "fm" }), "log_rate_limit").status).toBe("pass");
  });

  test("a container's log is its stderr", () => {
    expect(checkOf(judgeRelease("5.6.3", { log_stderror: 1, service_manager: "docker" }), "log_destination").detail).toContain(
      "docker logs",
    );
  });
});

describe("what the allocator does", () => {
  test.each`
    version    | manager | status
    ${"3.3.7"} | ${"qm"} | ${"warn"}
    ${"5.6.3"} | ${"qm"} | ${"warn"}
    ${"5.8.7"} | ${"qm"} | ${"warn"}
    ${"5.8.8"} | ${"qm"} | ${"pass"}
    ${"6.0.5"} | ${"qm"} | ${"warn"}
    ${"6.0.6"} | ${"qm"} | ${"pass"}
    ${"6.1.0"} | ${"qm"} | ${"pass"}
  `("counters of $version $manager: $status", ({ version, manager, status }) => {
    expect(checkOf(judgeRelease(version, { shm_manager: manager, pkg_manager: manager }), "counters").status).toBe(status);
  });

  test("f_malloc and tlsf never had the accounting bug", () => {
    const ids = judgeRelease("5.6.3", { shm_manager: "fm", pkg_manager: "tlsf" }).checks.map((check) => check.id);
    expect(ids).not.toContain("counters");
  });

  test("mem_join is off by default up to 5.2", () => {
    expect(checkOf(judgeRelease("5.2.8"), "mem_join")).toMatchObject({
      status: "warn",
      fix: { commands: ["kamcmd cfg.set_now_int core mem_join 1"], undo: ["kamcmd cfg.set_now_int core mem_join 0"] },
    });
    expect(checkOf(judgeRelease("5.3.0"), "mem_join").status).toBe("pass");
  });

  test("mem_safety is off by default up to 5.0", () => {
    expect(checkOf(judgeRelease("5.0.8"), "mem_safety").status).toBe("warn");
    expect(checkOf(judgeRelease("5.1.0"), "mem_safety").status).toBe("pass");
  });

  test("a cmake build of 6.0.0 to 6.0.3 does not join, and is built with make next time", () => {
    const build = buildOf({ version: "6.0.2-rc0", memory: DEBUG, system: "Linux" });
    const readiness = judge(record(build), settingsWith({}, "6.0.2"));
    const check = checkOf(readiness, "join_free");
    expect(check).toMatchObject({ status: "warn", fix: { action: "rebuild" } });
    expect(check.fix.commands).toContain(
      "git clone --depth 1 --branch 6.0.2 https://github.com/kamailio/kamailio.git kamailio-6.0.2-rc0",
    );
    expect(check.fix.commands.some((line) => line.startsWith("make MEMDBG=1 "))).toBe(true);
  });
});

describe("the pkg dump", () => {
  test("says which processes sleep, and takes one pid at a time", () => {
    const check = checkOf(judgeRelease("5.6.3", { modules: STOCK_MODULES }), "pkg_dump");
    expect(check).toMatchObject({
      status: "warn",
      fix: { commands: ["kamcmd core.psx", `kamcmd cfg.set_now_int core mem_dump_pkg ${PID}`] },
    });
    expect(check.detail).toContain("One pid at a time");
  });

  test("corex.pkg_summary stands in for cfg_rpc", () => {
    const check = checkOf(judgeRelease("5.8.8", { modules: ["ctl", "corex"] }), "pkg_dump");
    expect(check.fix.commands).toContain(`kamcmd corex.pkg_summary pid ${PID}`);
  });

  test("f_malloc up to 4.3.3: only the stop shows the sums", () => {
    const fm = judge(
      record(buildOf({ version: "4.2.0", memory: ["PKG_MALLOC", "F_MALLOC", "DBG_F_MALLOC"] })),
      settingsWith({ memlog: 5, debug: 2, modules: STOCK_MODULES }, "4.2.0"),
    );
    expect(checkOf(fm, "pkg_dump")).toMatchObject({
      status: "fail",
      fix: {
        action: "restart",
        commands: [
          "kamcmd cfg.set_now_int core memlog 2",
          "kamcmd cfg.set_now_int core mem_summary 15",
          "sudo service kamailio restart",
        ],
      },
    });
  });
});
