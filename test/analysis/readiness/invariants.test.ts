/** What holds for every instance, however odd its records: the judgement never throws, and its commands stay commands. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SettingValues } from "../../../src/kamailio/settings/settings.js";
import { splitShellWords } from "../../../src/kamailio/shell-words.js";
import { buildOf } from "../../support/build-text.js";
import { settingsWith } from "../../support/effective-settings.js";
import { checkOf, DEBUG, judge, NO_DEBUG, record } from "../../support/readiness.js";

const version = fc.constantFrom(
  "0.8.14",
  "3.1.0",
  "3.3.7",
  "4.0.7",
  "4.2.0",
  "4.3.7",
  "4.4.2",
  "4.4.7",
  "5.0.1",
  "5.6.3",
  "6.0.2-rc0",
  "6.1.4",
  "6.2.0-dev1",
  "9.9.9",
);
const level = fc.option(fc.integer({ min: -10, max: 10 }), { nil: null });
const manager = fc.option(fc.constantFrom("qm" as const, "fm" as const, "tlsf" as const), { nil: null });
const settings = fc.record(
  {
    memlog: level,
    debug: level,
    mem_summary: fc.option(fc.integer({ min: -1, max: 40 }), { nil: null }),
    mem_join: fc.option(fc.constantFrom(0, 1), { nil: null }),
    mem_safety: fc.option(fc.constantFrom(0, 1), { nil: null }),
    shm_manager: manager,
    pkg_manager: manager,
    shm_size_mb: fc.option(fc.integer({ min: 1, max: 100_000 }), { nil: null }),
    modules: fc.option(fc.subarray(["ctl", "jsonrpcs", "cfg_rpc", "kex", "corex", "$(reboot)", "tm"]), { nil: null }),
    service_manager: fc.option(
      fc.constantFrom<SettingValues["service_manager"][]>("systemd", "sysvinit", "openrc", "docker", "kubernetes", "none"),
      { nil: null },
    ),
    binary: fc.option(fc.string({ minLength: 1 }), { nil: null }),
    config_file: fc.option(fc.string({ minLength: 1 }), { nil: null }),
  },
  { requiredKeys: [] },
);
const memory = fc.constantFrom(
  DEBUG,
  NO_DEBUG,
  ["PKG_MALLOC"],
  ["F_MALLOC"],
  ["PKG_MALLOC", "F_MALLOC", "DBG_F_MALLOC"],
  ["PKG_MALLOC", "DBG_QM_MALLOC"],
  [],
);
const product = fc.constantFrom("kamailio", "ser", "opensips", "mykam");

const readiness = fc
  .record({ product, version, memory, settings, running: fc.option(memory, { nil: null }), recorded: fc.boolean() })
  .map(({ product: name, version: text, memory: words, settings: named, running, recorded }) => ({
    named,
    readiness: judge(
      recorded ? record(buildOf({ product: name, version: text, memory: words })) : null,
      settingsWith(named, text),
      running === null ? null : record(buildOf({ product: name, version: text, memory: running }), "bld_2"),
    ),
  }));

describe("whatever was recorded", () => {
  test("ok says that the level is ready, and ready needs allocation sites", () => {
    fc.assert(
      fc.property(readiness, ({ readiness: judged }) => {
        expect(judged.ok).toBe(judged.level === "ready");
        if (judged.ok) expect(judged.capabilities.allocation_sites).toBe(true);
        expect(new Set(judged.checks.map((check) => check.id)).size).toBe(judged.checks.length);
      }),
    );
  });

  test("what a runtime command sets, an undo takes back", () => {
    fc.assert(
      fc.property(readiness, ({ readiness: judged }) => {
        for (const { fix } of judged.checks.filter((check) => check.fix.action === "runtime")) {
          const variables = fix.commands.flatMap(
            (command) => / core (mem(?:log|_summary|_join|_safety)|debug) /.exec(command)?.[1] ?? [],
          );
          for (const variable of variables) expect(fix.undo.some((command) => command.includes(` core ${variable} `))).toBe(true);
        }
      }),
    );
  });

  test("a restart or a rebuild comes with commands, and nothing to do with none", () => {
    fc.assert(
      fc.property(readiness, ({ readiness: judged }) => {
        for (const { fix } of judged.checks) expect(fix.commands.length === 0).toBe(fix.action === "none");
      }),
    );
  });

  test("a binary with any name is one word of its command", () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }).filter((name) => !name.includes("\0")),
        (binary) => {
          const [command = ""] = checkOf(judge(null, settingsWith({ binary })), "build_recorded").fix.commands;
          expect(splitShellWords(command)).toEqual([binary, "-I"]);
        },
      ),
    );
  });

  test("no path breaks out of the comment that it stands in", () => {
    fc.assert(
      fc.property(readiness, ({ readiness: judged }) => {
        for (const { fix } of judged.checks)
          for (const command of [...fix.commands, ...fix.undo].filter((line) => line.includes("   # ") || line.startsWith("# ")))
            expect(command).not.toMatch(/[\n\r]/);
      }),
    );
  });

  test("a module name that is no name reaches no command", () => {
    fc.assert(
      fc.property(readiness, ({ readiness: judged }) => {
        for (const { fix } of judged.checks) expect(fix.commands.join("\n")).not.toContain("reboot");
      }),
    );
  });
});
