/** The build plan: the commands of each era, what they keep, and when no rebuild is needed. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type BuildPlanStepId, buildPlan } from "../../../src/analysis/build-plan/build-plan.js";
import { costOfDebugging, fragmentsFromCounters } from "../../../src/analysis/build-plan/cost.js";
import { readVersion } from "../../../src/kamailio/version.js";
import { buildOf } from "../../support/build-text.js";
import { settingsWith } from "../../support/effective-settings.js";
import { DEBUG, NO_DEBUG } from "../../support/readiness.js";

const commands = (plan: ReturnType<typeof buildPlan>, id: BuildPlanStepId) =>
  plan.steps.find((step) => step.id === id)?.commands ?? [];

describe("when a rebuild is needed", () => {
  test("with debugging compiled in it is not, and the reason names the flag", () => {
    const plan = buildPlan({ build: buildOf({ version: "5.6.3", memory: DEBUG }), settings: settingsWith({}, "5.6.3") });
    expect(plan).toMatchObject({ needed: false, steps: [], reason: expect.stringContaining("DBG_SR_MEMORY is in its flags") });
  });

  test("f_malloc up to 4.3 must be replaced for a list of chunks, not for the sums", () => {
    const input = {
      build: buildOf({ version: "4.2.0", memory: ["PKG_MALLOC", "F_MALLOC", "DBG_F_MALLOC"] }),
      settings: settingsWith({}, "4.2.0"),
    };
    expect(buildPlan(input).needed).toBe(false);
    expect(buildPlan({ ...input, purpose: "chunk_list" }).needed).toBe(true);
  });

  test("a pkg that is libc's malloc needs one", () => {
    expect(
      buildPlan({ build: buildOf({ version: "5.6.3", memory: DEBUG.slice(1) }), settings: settingsWith({}, "5.6.3") }).needed,
    ).toBe(true);
  });

  test("nothing is known of no build, and OpenSIPS has no plan", () => {
    expect(buildPlan({ build: null, settings: settingsWith({}) })).toMatchObject({ needed: null, steps: [] });
    const opensips = buildOf({ product: "opensips", version: "3.4.2", memory: ["PKG_MALLOC"] });
    expect(buildPlan({ build: opensips, settings: settingsWith({}) })).toMatchObject({ needed: null, steps: [], tool: null });
  });
});

describe("the commands", () => {
  test("of a make build with loaded modules", () => {
    const settings = settingsWith(
      {
        modules: ["tm.so", "tls", "db_mysql", "evil; rm -rf /"],
        config_file: "/etc/kam x/k.cfg",
        service_manager: "systemd",
        binary: "/usr/sbin/kamailio",
      },
      "5.8.8",
    );
    const plan = buildPlan({ build: buildOf({ version: "5.8.8", memory: NO_DEBUG }), settings });
    expect(plan.needed).toBe(true);
    expect(commands(plan, "packages_debian").join()).toContain("default-libmysqlclient-dev");
    expect(commands(plan, "source")[0]).toBe(
      "git clone --depth 1 --branch 5.8.8 https://github.com/kamailio/kamailio.git kamailio-5.8.8",
    );
    expect(commands(plan, "configure")).toEqual([
      'make MEMDBG=1 PREFIX=/opt/kamailio-5.8.8-memdbg include_modules="tm tls db_mysql ctl cfg_rpc kex" cfg',
    ]);
    expect(commands(plan, "verify")[0]).toBe("/opt/kamailio-5.8.8-memdbg/sbin/kamailio -I | grep -ow DBG_SR_MEMORY");
    expect(commands(plan, "check").at(-1)).toBe("/opt/kamailio-5.8.8-memdbg/sbin/kamailio -c -f '/etc/kam x/k.cfg'");
    expect(plan.roll_back).toContain("sudo systemctl restart kamailio");
    expect(plan.steps.find((step) => step.id === "verify")?.expect).toContain("DBG_QM_MALLOC is never printed by this release");
  });

  test.each`
    version    | word               | option
    ${"3.3.7"} | ${"DBG_QM_MALLOC"} | ${"-V"}
    ${"4.2.0"} | ${"DBG_QM_MALLOC"} | ${"-v"}
    ${"6.0.7"} | ${"DBG_SR_MEMORY"} | ${"-v"}
  `("$version is verified by $word, its version by $option", ({ version, word, option }) => {
    const plan = buildPlan({
      build: buildOf({ version, memory: ["PKG_MALLOC", "F_MALLOC"] }),
      settings: settingsWith({}, version),
    });
    const binary = `/opt/kamailio-${version}-memdbg/sbin/kamailio`;
    expect(commands(plan, "verify")).toEqual([`${binary} -I | grep -ow ${word}`, `${binary} ${option}`]);
  });

  test("4.4 is told to run q_malloc as well", () => {
    const plan = buildPlan({ build: buildOf({ version: "4.4.7", memory: NO_DEBUG }), settings: settingsWith({}, "4.4.7") });
    expect(commands(plan, "switch")[0]).toContain("and add -x qm");
  });

  test("a development build is checked out at its own revision", () => {
    const build = { ...buildOf({ version: "6.2.0-dev1", memory: NO_DEBUG }), source_revision: "38711a3e78" };
    expect(commands(buildPlan({ build, settings: settingsWith({}, "6.2.0") }), "source").at(-1)).toBe("git checkout 38711a3e78");
  });

  test("before 3.1 Makefile.defs is edited, and said to be by analogy", () => {
    const plan = buildPlan({
      build: buildOf({ product: "ser", version: "0.9.6", memory: ["PKG_MALLOC", "F_MALLOC"] }),
      settings: settingsWith({}, "0.9.6"),
    });
    expect(plan.tool).toBe("makefile_defs");
    expect(plan.notes.join()).toContain("By analogy");
  });
});

describe("the commands that a shell runs", () => {
  test("today's module directory, whatever its name, becomes the list of modules", () => {
    const folder = mkdtempSync(join(tmpdir(), "kam-plan-"));
    try {
      const modules = join(folder, "my 'mods'; $(echo no)");
      mkdirSync(modules);
      for (const name of ["tm.so", "tls.so", "README"]) writeFileSync(join(modules, name), "");
      const build = {
        ...buildOf({ version: "5.6.3", memory: NO_DEBUG }),
        paths: { config: null, modules: [modules], run_dir: null },
      };
      const [configure = ""] = commands(buildPlan({ build, settings: settingsWith({}, "5.6.3") }), "configure");
      const shown = execFileSync("sh", ["-c", configure.replace(/^make /, "printf '%s\\n' ")], { encoding: "utf8" }).split("\n");
      expect(shown).toEqual(["MEMDBG=1", "PREFIX=/opt/kamailio-5.6.3-memdbg", "include_modules=tls tm ", "cfg", ""]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("Makefile.defs of SER names q_malloc with debugging after the edit", () => {
    const folder = mkdtempSync(join(tmpdir(), "kam-plan-"));
    try {
      // The lines of Makefile.defs@SER 0.9 and sip-router 3.0.
      writeFileSync(
        join(folder, "Makefile.defs"),
        "DEFS+= \\\n\t -DPKG_MALLOC \\\n\t -DF_MALLOC \\\n\t #-DDBG_F_MALLOC \\\n\t #-DNO_LOG\n",
      );
      const plan = buildPlan({
        build: buildOf({ product: "ser", version: "0.9.6", memory: ["PKG_MALLOC", "F_MALLOC"] }),
        settings: settingsWith({}, "0.9.6"),
      });
      const shown = execFileSync("sh", ["-c", commands(plan, "configure").join(" && ")], { cwd: folder, encoding: "utf8" });
      expect(shown).toContain("\t -DDBG_QM_MALLOC \\");
      expect(shown).not.toContain("\t -DF_MALLOC");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("what debugging costs (64 bit)", () => {
  test.each`
    manager   | version    | per_chunk | per_pool
    ${"qm"}   | ${"4.0.7"} | ${64}     | ${175_296}
    ${"qm"}   | ${"4.3.7"} | ${64}     | ${175_296}
    ${"qm"}   | ${"5.6.3"} | ${72}     | ${192_088}
    ${"qm"}   | ${"6.1.4"} | ${80}     | ${167_840}
    ${"fm"}   | ${"4.2.0"} | ${32}     | ${0}
    ${"fm"}   | ${"5.6.3"} | ${40}     | ${0}
    ${"fm"}   | ${"5.8.0"} | ${32}     | ${0}
    ${"tlsf"} | ${"6.0.7"} | ${32}     | ${0}
  `("$manager of $version: $per_chunk a chunk, $per_pool a pool", ({ manager, version, per_chunk, per_pool }) => {
    const cost = costOfDebugging("shm", manager, readVersion(version), 1000);
    expect(cost).toMatchObject({
      per_chunk_bytes: per_chunk,
      per_pool_bytes: per_pool,
      total_bytes: per_pool + 1000 * per_chunk,
    });
  });

  test("a worker of 5.6.3 has the 878 fragments that a walk counts", () => {
    expect(fragmentsFromCounters({ used: 509_296, real_used: 835_760 }, readVersion("5.6.3"), true)).toBe(878);
  });

  test("counters that do not add up tell nothing", () => {
    expect(fragmentsFromCounters({ used: 509_296, real_used: 509_296 }, readVersion("5.6.3"), true)).toBeNull();
  });
});
