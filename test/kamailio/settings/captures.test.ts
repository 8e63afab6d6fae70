import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { effectiveSettings } from "../../../src/kamailio/settings/effective.js";
import { readSettings } from "../../../src/kamailio/settings/read-settings.js";
import type { SettingsReading } from "../../../src/kamailio/settings/settings.js";
import { readVersion } from "../../../src/kamailio/version.js";

const fixture = (path: string) => readFileSync(new URL(`../../fixtures/${path}`, import.meta.url), "utf8");
const folders = (path: string) =>
  readdirSync(new URL(`../../fixtures/${path}`, import.meta.url)).filter((name) =>
    existsSync(new URL(`../../fixtures/${path}${name}/cmdline.txt`, import.meta.url)),
  );
const MORE = "more/5.6.3-debian";

/** What the settings amount to when this is all that is known. */
function effective(readings: SettingsReading[], version: string) {
  const recorded = readings.map((reading, index) => ({ id: `r${index}`, recorded_at: "2026-11-23T00:00:00Z", reading }));
  return effectiveSettings({ readings: recorded, config: null, build: null, version: readVersion(version) });
}

describe.each(folders(""))("%s", (folder) => {
  const reading = readSettings(fixture(`${folder}/cmdline.txt`));

  test("its command line", () => {
    expect(reading.forms).toEqual(["command_line"]);
    expect(reading.values.shm_size_mb).toEqual({ value: 32, source: "command_line", quote: "-m 32" });
    expect(reading.values.pkg_size_mb?.value).toBe(8);
    expect(reading.values.fork?.value).toBe(1);
    expect(reading).toMatchObject({ unknown: [], warnings: [], refused: [], command_line: "complete", secrets_removed: 0 });
  });

  test("the managers that its folder names", () => {
    const version = folder.split("-")[0] ?? "";
    const { shm_manager, pkg_manager } = effective([reading], version);
    const named = /-(qm|fm|tlsf)$/.exec(folder)?.[1] ?? (folder.includes("debian-default") ? "qm" : null);
    // Up to 4.3 the build decides, and the command line does not show it.
    expect(shm_manager.value).toBe(/^[34]\.[0-3]/.test(version) ? null : named);
    expect(pkg_manager.value).toBe(shm_manager.value);
  });

  test("its start-up log agrees with the command line", () => {
    const { values } = readSettings(fixture(`${folder}/startup.log`));
    if (/^[34]\./.test(folder)) expect(values).toEqual({});
    else
      expect(values).toMatchObject({
        shm_size_mb: { value: 32 },
        pkg_size_mb: { value: 8 },
        processes: { value: 13, source: "running_process" },
      });
  });
});

test.each(folders("incidents/"))("the command line of incident %s", (folder) => {
  const text = fixture(`incidents/${folder}/cmdline.txt`);
  const { values, warnings } = readSettings(text);
  expect(`-m ${values.shm_size_mb?.value}`).toBe(/-m \d+/.exec(text)?.[0]);
  expect(`-M ${values.pkg_size_mb?.value}`).toBe(/-M \d+/.exec(text)?.[0]);
  expect(warnings).toEqual([]);
});

test.each([
  ["6.0.7-default-tlsf", 13],
  ["6.1.4-cmake-qm", 13],
  ["5.0.8-default-qm", 13],
  ["3.3.7-default-fm", 10],
])("%s lists %i processes", (folder, count) => {
  expect(readSettings(fixture(`${folder}/idle/kamcmd/core.psx.txt`)).values.processes?.value).toBe(count);
});

describe("Debian's files", () => {
  test("the unit as packaged", () => {
    const { values, warnings, unknown } = readSettings(fixture("5.6.3-debian-default/kamailio.service"));
    expect(values.shm_size_mb).toEqual({
      value: 64,
      source: "service_unit",
      quote: "Environment=SHM_MEMORY=64",
      variable: "SHM_MEMORY",
    });
    expect(values.pkg_size_mb?.value).toBe(8);
    expect(values.service_manager?.value).toBe("systemd");
    expect(warnings).toEqual([]);
    expect(unknown).toEqual([]);
  });

  test("the default file as packaged sets nothing and says so", () => {
    const reading = readSettings(fixture("5.6.3-debian-default/default-kamailio"));
    expect(reading.forms).toEqual(["default_file"]);
    expect(reading.values).toEqual({});
    expect(reading.warnings.join()).toContain("SHM_MEMORY=64, PKG_MEMORY=8");
  });

  test("the default file, edited, over the unit", () => {
    const edited = fixture("5.6.3-debian-default/default-kamailio").replace("#SHM_MEMORY=64", "SHM_MEMORY=512");
    const { values } = readSettings(`${fixture("5.6.3-debian-default/kamailio.service")}\n${edited}`);
    expect(values.shm_size_mb).toEqual({ value: 512, source: "default_file", quote: "SHM_MEMORY=512" });
    expect(values.pkg_size_mb).toMatchObject({ value: 8, source: "service_unit" });
  });

  test("the init script", () => {
    const { values, forms } = readSettings(fixture("5.6.3-debian-default/init-kamailio"));
    expect(forms).toEqual(["init_script"]);
    expect(values).toMatchObject({
      service_manager: { value: "sysvinit" },
      shm_size_mb: { value: 64, variable: "SHM_MEMORY" },
      pkg_size_mb: { value: 8 },
      user: { value: "kamailio" },
      group: { value: "kamailio" },
      binary: { value: "/usr/sbin/kamailio" },
    });
  });
});

describe("Debian 5.6.3 in depth", () => {
  test.each([
    ["core.arg", { shm_size_mb: 64, pkg_size_mb: 8, log_stderror: 1, fork: 1 }],
    ["core.ps", { processes: 12 }],
    ["core.psx", { processes: 12 }],
    ["core.psa", { processes: 12 }],
    ["cfg.get-core", { debug: 2, memdbg: 10, memlog: 1, mem_summary: 12, mem_safety: 1, mem_join: 1, mem_status_mode: 0 }],
  ])("%s", (name, values) => {
    const reading = readSettings(fixture(`${MORE}/kamcmd-${name}.txt`));
    for (const [setting, value] of Object.entries(values)) expect(reading.values).toHaveProperty([setting, "value"], value);
    expect(reading.warnings).toEqual([]);
  });

  test("core.modules and the version that core.info and core.runinfo say", () => {
    expect(readSettings(fixture(`${MORE}/kamcmd-core.modules.txt`)).values.modules?.value).toHaveLength(19);
    expect(readSettings(fixture(`${MORE}/kamcmd-core.info.txt`)).running_version).toBe("5.6.3");
    expect(readSettings(fixture(`${MORE}/kamcmd-core.runinfo.txt`)).running_version).toBe("5.6.3");
  });

  test("core.psx and shm.info by JSON-RPC", () => {
    expect(readSettings(fixture(`${MORE}/jsonrpc-http-core.psx.txt`)).values.processes?.value).toBe(12);
    expect(readSettings(fixture(`${MORE}/jsonrpc-http-shm.info.txt`)).unlabelled_pools).toMatchObject([
      { manager: "qm", size_bytes: 67_108_864 },
    ]);
  });

  // "### kamailio -M 8x", what the server printed, "rc=255".
  const runs = fixture(`${MORE}/startup-options.txt`)
    .split("### ")
    .filter((run) => run.startsWith("kamailio"));
  test.each(runs.map((run) => [run.split("\n")[0] ?? "", run.includes("rc=0")] as const))("%s starts: %s", (line, starts) => {
    const reading = readSettings(line);
    expect(reading.refused.length === 0).toBe(starts);
    const values = effective([reading], "5.6.3");
    if (starts)
      for (const name of ["shm_size_mb", "pkg_size_mb", "shm_manager", "pkg_manager"] as const)
        expect(values[name].value).not.toBeNull();
    else expect(Object.values(values).some((one) => one.value === null && one.source === "command_line")).toBe(true);
  });

  // "# -X fm only", then pkg.info and shm.info of a server started so.
  const semantics = fixture(`${MORE}/xX-semantics.txt`)
    .split("# ")
    .filter((part) => part.startsWith("-"));
  test.each(semantics.map((part) => [part.split("\n")[0]?.replace(" only", "") ?? "", part.slice(part.indexOf("{"))] as const))(
    "kamailio %s runs the managers that it reports",
    (options, answers) => {
      const asked = effective([readSettings(`kamailio ${options}`)], "5.6.3");
      const reported = readSettings(answers).values;
      expect(asked.shm_manager.value).toBe(reported.shm_manager?.value);
      expect(asked.pkg_manager.value).toBe(reported.pkg_manager?.value);
      expect(asked.shm_size_mb.value).toBe(reported.shm_size_mb?.value);
      expect(asked.pkg_size_mb.value).toBe(reported.pkg_size_mb?.value);
    },
  );
});
