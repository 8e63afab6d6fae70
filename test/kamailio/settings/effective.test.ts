import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Build } from "../../../src/kamailio/binary/build.js";
import { type EffectiveInput, effectiveSettings } from "../../../src/kamailio/settings/effective.js";
import { readSettings } from "../../../src/kamailio/settings/read-settings.js";
import {
  type EffectiveSettings,
  SETTING_NAMES,
  type SettingName,
  type SettingValues,
} from "../../../src/kamailio/settings/settings.js";
import { readVersion } from "../../../src/kamailio/version.js";

/** A build of which only what is given is known. */
function build(known: Partial<Build>): Build {
  return {
    product: "kamailio",
    version: null,
    architecture: null,
    operating_system: null,
    flags: null,
    memory: { managers: [], default_manager: null, debug: null, debug_flag: null, join_free: null },
    default_pkg_size_mb: null,
    default_shm_size_mb: null,
    limits: {
      buf_size: null,
      max_uri_size: null,
      max_recv_buffer_size: null,
      max_send_buffer_size: null,
      max_listen: null,
      adaptive_wait_loops: null,
    },
    compiler: null,
    compiled_at: null,
    source_revision: null,
    source_dirty: null,
    paths: { config: null, modules: null, run_dir: null },
    tcp_poll_methods: null,
    build_variables: { MEMMNG: null, MEMDBG: null },
    from_running_process: false,
    unknown_lines: [],
    ...known,
  };
}

interface Known {
  version?: string;
  /** In the order in which they were recorded, a minute apart. */
  texts?: string[];
  config?: Partial<SettingValues>;
  build?: Partial<Build>;
}

function input(known: Known): EffectiveInput {
  return {
    readings: (known.texts ?? []).map((text, index) => ({
      id: `text-${index}`,
      recorded_at: `2026-01-01T00:${String(index).padStart(2, "0")}:00Z`,
      reading: readSettings(text),
    })),
    config: known.config === undefined ? null : { id: "config", recorded_at: "2026-01-01T00:00:00Z", values: known.config },
    build: known.build === undefined ? null : { id: "build", recorded_at: "2026-01-01T00:00:00Z", build: build(known.build) },
    version: known.version === undefined ? null : readVersion(known.version),
  };
}

const settingsOf = (known: Known): EffectiveSettings => effectiveSettings(input(known));

const UNIT = (m: string) =>
  `[Service]\nEnvironment=SHM_MEMORY=64\nEnvironmentFile=-/etc/default/kamailio\nExecStart=/usr/sbin/kamailio -m ${m}\n`;
const PKG = (bytes: number) => `$ kamcmd pkg.info\n{\n\tname: f_malloc\n\tsize: ${bytes}\n}\n`;

describe("the defaults of each release", () => {
  test.each([
    [
      "3.3.7",
      {
        shm_size_mb: 32,
        pkg_size_mb: 4,
        shm_manager: null,
        memlog: 3,
        memdbg: 3,
        mem_summary: 3,
        mem_join: 0,
        mem_safety: 0,
        mem_status_mode: null,
        mem_add_size: null,
        async_workers: null,
      },
    ],
    ["4.1.9", { shm_size_mb: 32, pkg_size_mb: 4, shm_manager: null, memlog: 3, async_workers: null }],
    ["4.2.0", { shm_size_mb: 64, pkg_size_mb: 8, shm_manager: null, memlog: 4, memdbg: 4, async_workers: 0 }],
    ["4.4.0", { shm_manager: "fm", pkg_manager: "fm", mem_status_mode: null }],
    ["4.4.7", { shm_manager: "fm", pkg_manager: "fm", mem_status_mode: 0 }],
    ["5.0.0", { shm_manager: "qm", pkg_manager: "qm", mem_safety: 0, mem_join: 0 }],
    ["5.1.0", { mem_safety: 1, mem_join: 0 }],
    ["5.3.0", { mem_safety: 1, mem_join: 1, mem_summary: 3 }],
    ["5.5.7", { mem_summary: 3 }],
    ["5.6.0", { mem_summary: 12, mem_add_size: null }],
    ["5.8.0", { mem_add_size: 0 }],
    ["6.1.4", { shm_size_mb: 64, pkg_size_mb: 8, shm_manager: "qm", memlog: 4, mem_summary: 12, mem_join: 1, mem_safety: 1 }],
    ["6.2.0-dev1", { shm_manager: "qm", mem_summary: 12 }],
  ])("%s", (version, expected) => {
    const settings = settingsOf({ version });
    for (const [name, value] of Object.entries(expected)) {
      const found = settings[name as SettingName];
      expect([name, found.value]).toEqual([name, value]);
      expect(found.source).toBe(value === null ? null : "release_default");
      expect(found.recorded_at).toBeNull();
    }
    expect(settings).toMatchObject({
      debug: { value: 0 },
      children: { value: 8 },
      tcp_children: { value: 8 },
      fork: { value: 1 },
      log_stderror: { value: 0 },
    });
  });

  test("an unknown release: what differs is not guessed", () => {
    const settings = settingsOf({});
    for (const name of [
      "shm_size_mb",
      "pkg_size_mb",
      "shm_manager",
      "memlog",
      "mem_summary",
      "mem_join",
      "async_workers",
    ] as const)
      expect([name, settings[name].value, settings[name].source]).toEqual([name, null, null]);
    expect(settings.debug.value).toBe(0);
    expect(settings.processes.value).toBeNull();
  });

  test("the build's own defaults come before the release's, and it tells the manager up to 4.3", () => {
    const version = readVersion("4.2.0");
    const memory = {
      managers: ["qm" as const],
      default_manager: "qm" as const,
      debug: true,
      debug_flag: "DBG_QM_MALLOC",
      join_free: null,
    };
    const settings = settingsOf({
      build: { version, default_pkg_size_mb: 16, memory, paths: { config: "/etc/k.cfg", modules: null, run_dir: "/run/k" } },
    });
    expect(settings.pkg_size_mb).toMatchObject({
      value: 16,
      source: "build_default",
      evidence_id: "build",
      quote: "DEFAULT PKG_SIZE=16MB",
    });
    expect(settings.shm_size_mb).toMatchObject({ value: 64, source: "release_default" });
    expect(settings.shm_manager).toMatchObject({ value: "qm", source: "build_default" });
    expect(settings.config_file.value).toBe("/etc/k.cfg");
    expect(settings.run_dir.value).toBe("/run/k");
  });

  test("an OpenSIPS build says nothing about Kamailio's releases", () => {
    expect(settingsOf({ build: { product: "opensips", version: readVersion("3.1.0") } }).shm_size_mb.value).toBeNull();
  });
});

describe("who wins", () => {
  const order: [string, Known, SettingName, unknown, string][] = [
    [
      "the running process over the command line",
      { texts: [PKG(16_777_216), "kamailio -M 8"] },
      "pkg_size_mb",
      16,
      "running_process",
    ],
    ["whichever is newer", { texts: ["kamailio -M 8", PKG(16_777_216)] }, "pkg_size_mb", 16, "running_process"],
    ["the command line over the unit", { texts: ["kamailio -m 128", UNIT("256")] }, "shm_size_mb", 128, "command_line"],
    [
      "the unit over the default file it does not use",
      { texts: ["SHM_MEMORY=512", UNIT("256")] },
      "shm_size_mb",
      256,
      "service_unit",
    ],
    [
      "the default file over the unit's variable",
      { texts: ["SHM_MEMORY=512", UNIT("$SHM_MEMORY")] },
      "shm_size_mb",
      512,
      "default_file",
    ],
    [
      "the default file for a variable that the unit leaves open",
      { texts: [UNIT("$SHM_MEMORY").replace(/Environment=.*\n/, ""), "SHM_MEMORY=512"] },
      "shm_size_mb",
      512,
      "default_file",
    ],
    [
      "the default file over a container",
      { texts: ["docker run kamailio/kamailio -m 96", "SHM_MEMORY=512"] },
      "shm_size_mb",
      512,
      "default_file",
    ],
    [
      "a container over JSON",
      { texts: ['{"shm_size_mb": 1}', "docker run kamailio/kamailio -m 96"] },
      "shm_size_mb",
      96,
      "container",
    ],
    ["JSON over the config", { texts: ['{"memlog": 1}'], config: { memlog: 5 } }, "memlog", 1, "json"],
    ["the config over the defaults", { config: { memlog: 5 } }, "memlog", 5, "config_file"],
    ["the newest of two command lines", { texts: ["kamailio -m 64", "kamailio -m 128"] }, "shm_size_mb", 128, "command_line"],
    [
      "a newer command line without the option: it is gone",
      { texts: ["kamailio -m 64 -x fm", "kamailio -m 64"] },
      "shm_manager",
      "qm",
      "release_default",
    ],
    [
      "a unit does not add to what the process was started with",
      { texts: [UNIT("256"), "kamailio -M 8"] },
      "shm_size_mb",
      64,
      "release_default",
    ],
    [
      "a row that was cut hides no unit",
      { texts: [UNIT("256"), "1 /usr/sbin/kamailio -P /run/k.pid -f"] },
      "shm_size_mb",
      256,
      "service_unit",
    ],
    ["-d over the config's debug", { texts: ["kamailio -dd"], config: { debug: 3 } }, "debug", 2, "command_line"],
    ["--debug over the config's", { texts: ["kamailio --debug=1"], config: { debug: 3 } }, "debug", 1, "command_line"],
    ["cfg.get over -d", { texts: ["kamailio -dd", "debug: 4\nmemlog: 3"] }, "debug", 4, "running_process"],
    ["-DD over fork=no", { texts: ["kamailio -DD"], config: { fork: 0 } }, "fork", 1, "command_line"],
    ["-n over children", { texts: ["kamailio -n 4"], config: { children: 16 } }, "children", 4, "command_line"],
    ["-n 0 is the default", { texts: ["kamailio -n 0"], config: { children: 16 } }, "children", 8, "command_line"],
    ["tcp_children follow the children", { texts: ["kamailio -n 4"] }, "tcp_children", 4, "command_line"],
    ["-m over shm_mem_size", { texts: ["kamailio -m 128"], config: { shm_size_mb: 256 } }, "shm_size_mb", 128, "command_line"],
    ["shm_mem_size without -m", { texts: ["kamailio -M 8"], config: { shm_size_mb: 256 } }, "shm_size_mb", 256, "config_file"],
  ];
  test.each(order)("%s", (_name, known, setting, value, source) => {
    expect(settingsOf({ version: "5.6.3", ...known })[setting]).toMatchObject({ value, source });
  });

  test("each value names its text", () => {
    expect(settingsOf({ version: "5.6.3", texts: ["debug: 2\nmemlog: 5", "kamailio -M 16"] }).pkg_size_mb).toEqual({
      value: 16,
      source: "command_line",
      recorded_at: "2026-01-01T00:01:00Z",
      evidence_id: "text-1",
      quote: "-M 16",
    });
  });

  test("a newer, weaker text that disagrees is named", () => {
    expect(settingsOf({ version: "5.6.3", texts: [PKG(8_388_608), "kamailio -M 16"] }).pkg_size_mb.note).toContain(
      "a newer text says -M 16",
    );
    expect(settingsOf({ version: "5.6.3", texts: [PKG(8_388_608), "kamailio -M 8"] }).pkg_size_mb.note).toBeUndefined();
  });

  test("modules: the running process knows, else the config and the command line together", () => {
    const config = { modules: ["tm", "sl"] };
    expect(settingsOf({ config, texts: ["kamailio --loadmodule=kex"] }).modules).toMatchObject({
      value: ["tm", "sl", "kex"],
      source: "config_file",
    });
    expect(settingsOf({ config, texts: ["$ kamcmd core.modules\ntm\nkex\n"] }).modules).toMatchObject({
      value: ["tm", "kex"],
      source: "running_process",
    });
  });
});

describe("what the same words mean in each release", () => {
  const cases: [string, Known, SettingName, unknown][] = [
    ["-x sets both", { version: "5.6.3", texts: ["kamailio -x fm"] }, "pkg_manager", "fm"],
    ["-X sets pkg alone", { version: "5.6.3", texts: ["kamailio -X fm"] }, "shm_manager", "qm"],
    ["-X sets pkg alone in 4.4", { version: "4.4.7", texts: ["kamailio -X qm"] }, "shm_manager", "fm"],
    ["-x and -X", { version: "5.6.3", texts: ["kamailio -x tlsf -X qm"] }, "pkg_manager", "qm"],
    ["-x before 4.4", { version: "4.3.7", texts: ["kamailio -x fm"] }, "shm_manager", null],
    ["-M 0 up to 5.7", { version: "5.7.0", texts: ["kamailio -M 0"] }, "pkg_size_mb", 8],
    ["-M 0 in 3.3", { version: "3.3.7", texts: ["kamailio -M 0"] }, "pkg_size_mb", 4],
    ["-M 0 from 5.8", { version: "5.8.0", texts: ["kamailio -M 0"] }, "pkg_size_mb", null],
    ["-M 0 of an unknown release", { texts: ["kamailio -M 0"] }, "pkg_size_mb", null],
    [
      "-m 0 gives way to the config",
      { version: "5.6.3", texts: ["kamailio -m 0"], config: { shm_size_mb: 128 } },
      "shm_size_mb",
      128,
    ],
    ["-m 8x never starts", { version: "5.6.3", texts: ["kamailio -m 8x"] }, "shm_size_mb", null],
    ["-m -5 never starts", { version: "5.6.3", texts: ["kamailio -m -5"], config: { shm_size_mb: 128 } }, "shm_size_mb", null],
    ["shm_mem_size in 4.4", { version: "4.4.7", config: { shm_size_mb: 256 } }, "shm_size_mb", 64],
    ["shm_mem_size in 4.3", { version: "4.3.7", config: { shm_size_mb: 256 } }, "shm_size_mb", 256],
    ["shm_mem_size in 5.0", { version: "5.0.0", config: { shm_size_mb: 256 } }, "shm_size_mb", 256],
    [
      "-m at the default gives way to shm_mem_size from 5.0",
      { version: "5.6.3", texts: ["kamailio -m 64"], config: { shm_size_mb: 128 } },
      "shm_size_mb",
      128,
    ],
    [
      "... and in a packaged unit",
      { version: "6.0.7", texts: [UNIT("$SHM_MEMORY")], config: { shm_size_mb: 128 } },
      "shm_size_mb",
      128,
    ],
    ["... but not up to 4.3", { version: "4.3.7", texts: ["kamailio -m 64"], config: { shm_size_mb: 128 } }, "shm_size_mb", 64],
    ["... nor in 4.4", { version: "4.4.7", texts: ["kamailio -m 64"], config: { shm_size_mb: 128 } }, "shm_size_mb", 64],
    [
      "... measured by the build's default",
      {
        build: { version: readVersion("5.8.8"), default_shm_size_mb: 32 },
        texts: ["kamailio -m 64"],
        config: { shm_size_mb: 128 },
      },
      "shm_size_mb",
      64,
    ],
    ["--debug before 5.4", { version: "5.3.9", texts: ["kamailio --debug=3"] }, "debug", null],
    ["-d before 5.4", { version: "3.3.7", texts: ["kamailio -ddd"] }, "debug", 3],
    [
      "the log of -m does not hide shm_mem_size",
      { version: "5.6.3", texts: ["INFO: main(): shared memory: 67108864 bytes"], config: { shm_size_mb: 128 } },
      "shm_size_mb",
      128,
    ],
    [
      "the summary in the log does",
      { version: "5.6.3", texts: ["processes (at least): 4 - shm size: 134217728 - pkg size: 8388608", "kamailio -m 64"] },
      "shm_size_mb",
      128,
    ],
  ];
  test.each(cases)("%s", (_name, known, setting, value) => {
    expect(settingsOf(known)[setting].value).toEqual(value);
  });

  test.each([
    ["4.4 ignores the config", { version: "4.4.7", config: { shm_size_mb: 256 } }, "shm_size_mb", "4.4 ignores"],
    [
      "-m at the default",
      { version: "5.6.3", texts: ["kamailio -m 64"], config: { shm_size_mb: 128 } },
      "shm_size_mb",
      "equals the compiled default",
    ],
    ["-x alone", { version: "5.6.3", texts: ["kamailio -x fm"] }, "pkg_manager", "without -X"],
    ["a refused option", { version: "5.6.3", texts: ["kamailio -m 8x"] }, "shm_size_mb", "bad shmem size number"],
  ] as const)("%s is said", (_name, known, setting, note) => {
    expect(settingsOf({ ...known, texts: "texts" in known ? [...known.texts] : [] })[setting].note).toContain(note);
  });
});

describe("a block of pkg.info or shm.info without its command", () => {
  const block = (bytes: number, name = "q_malloc") => `{\n\tname: ${name}\n\tsize: ${bytes}\n}\n`;
  const MB = 1_048_576;
  test.each([
    [
      "the size of -M",
      ["kamailio -m 32 -M 24", block(24 * MB, "f_malloc")],
      { pkg_manager: "fm", shm_manager: "qm", pkg_size_mb: 24 },
    ],
    [
      "the size of -m",
      ["kamailio -m 24 -M 8", block(24 * MB, "f_malloc")],
      { pkg_manager: "qm", shm_manager: "fm", shm_size_mb: 24 },
    ],
    ["the release's default", [block(8 * MB, "tlsf_malloc")], { pkg_manager: "tlsf", shm_manager: "qm" }],
    ["small", ["kamailio -m 128 -M 4", block(6 * MB, "tlsf_malloc")], { pkg_manager: "tlsf", pkg_size_mb: 6, shm_size_mb: 128 }],
    [
      "large",
      ["kamailio -m 128 -M 4", block(512 * MB, "tlsf_malloc")],
      { shm_manager: "tlsf", shm_size_mb: 512, pkg_size_mb: 4 },
    ],
    [
      "between",
      ["kamailio -m 128 -M 4", block(32 * MB, "tlsf_malloc")],
      { shm_manager: "qm", pkg_manager: "qm", shm_size_mb: 128, pkg_size_mb: 4 },
    ],
    ["both pools have it", ["kamailio -m 8 -M 8", block(8 * MB, "tlsf_malloc")], { shm_manager: "qm", pkg_manager: "qm" }],
  ])("%s", (_name, texts, expected) => {
    const settings = settingsOf({ version: "5.6.3", texts });
    for (const [name, value] of Object.entries(expected))
      expect([name, settings[name as SettingName].value]).toEqual([name, value]);
  });
});

describe("for anything that was recorded", () => {
  const text = fc.constantFrom(
    "kamailio -m 64",
    "kamailio -m 0 -x fm",
    "kamailio -m x -M 8",
    UNIT("256"),
    UNIT("$SHM_MEMORY"),
    "SHM_MEMORY=96",
    PKG(8_388_608),
    '{"shm_size_mb": 7, "memlog": 2}',
    "debug: 1\nmemlog: 1",
    "docker run kamailio/kamailio -m 33",
    "",
  );
  const version = fc.constantFrom("3.3.7", "4.3.7", "4.4.7", "5.0.0", "5.6.3", "5.8.8", "6.1.4");

  test("every setting is there, and a value always names where it comes from", () => {
    fc.assert(
      fc.property(
        fc.array(text, { maxLength: 6 }),
        fc.option(version, { nil: undefined }),
        fc.option(fc.constant({ shm_size_mb: 96, memlog: 3 }), { nil: undefined }),
        (texts, release, config) => {
          const known: Known = { texts };
          if (release !== undefined) known.version = release;
          if (config !== undefined) known.config = config;
          const settings = settingsOf(known);
          expect(Object.keys(settings)).toEqual([...SETTING_NAMES]);
          for (const name of SETTING_NAMES) {
            const found = settings[name];
            if (found.value !== null) expect(found.source).not.toBeNull();
            if (found.source !== null && found.source !== "release_default") expect(found.evidence_id).not.toBeNull();
          }
        },
      ),
    );
  });

  test("the order in which the texts are handed over does not matter", () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 6 }), version, (texts, release) => {
        const all = input({ texts, version: release });
        expect(effectiveSettings({ ...all, readings: all.readings.toReversed() })).toEqual(effectiveSettings(all));
      }),
    );
  });
});
