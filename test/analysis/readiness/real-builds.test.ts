/** Readiness of real builds, from what they really printed: `-I`, the command line and the configuration, through the readers. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Readiness } from "../../../src/analysis/readiness/readiness.js";
import { readBuilds } from "../../../src/kamailio/binary/read-builds.js";
import { readConfig } from "../../../src/kamailio/config/read-config.js";
import { effectiveSettings } from "../../../src/kamailio/settings/effective.js";
import { readSettings } from "../../../src/kamailio/settings/read-settings.js";
import { checkOf, judge, record } from "../../support/readiness.js";

const fixture = (folder: string, file: string) =>
  readFileSync(new URL(`../../fixtures/${folder}/${file}`, import.meta.url), "utf8");

const AT = "2026-01-02T03:04:05.000Z";

function judgeFolder(folder: string): Readiness {
  const [build] = readBuilds(fixture(folder, "I.txt")).builds;
  if (build === undefined) throw new Error(`no build in ${folder}`);
  const { settings: shown } = readConfig(fixture(folder, "k.cfg"), { version: build.version });
  const values = Object.fromEntries(Object.entries(shown).map(([name, one]) => [name, one.value]));
  const settings = effectiveSettings({
    readings: [{ id: "set_1", recorded_at: AT, reading: readSettings(fixture(folder, "cmdline.txt")) }],
    config: { id: "cfg_1", recorded_at: AT, values },
    build: { id: "bld_1", recorded_at: AT, build },
    version: build.version,
  });
  return judge(record(build), settings);
}

describe.each`
  folder                    | level               | manager   | walk
  ${"3.3.7-default-fm"}     | ${"rebuild_needed"} | ${"fm"}   | ${false}
  ${"4.0.7-mng1dbg1-qmdbg"} | ${"ready"}          | ${"qm"}   | ${true}
  ${"4.2.0-default-fmdbg"}  | ${"restart_needed"} | ${"fm"}   | ${false}
  ${"4.2.0-mng1dbg1-qmdbg"} | ${"ready"}          | ${"qm"}   | ${true}
  ${"4.4.7-dbg0-qm"}        | ${"rebuild_needed"} | ${"qm"}   | ${false}
  ${"4.4.7-default-fm"}     | ${"ready"}          | ${"fm"}   | ${false}
  ${"4.4.7-default-qm"}     | ${"ready"}          | ${"qm"}   | ${true}
  ${"4.4.7-default-tlsf"}   | ${"ready"}          | ${"tlsf"} | ${false}
  ${"5.0.8-default-qm"}     | ${"ready"}          | ${"qm"}   | ${true}
  ${"5.5.7-dbg0-fm"}        | ${"rebuild_needed"} | ${"fm"}   | ${false}
  ${"5.5.7-default-fm"}     | ${"ready"}          | ${"fm"}   | ${false}
  ${"5.5.7-default-qm"}     | ${"ready"}          | ${"qm"}   | ${true}
  ${"5.5.7-default-tlsf"}   | ${"ready"}          | ${"tlsf"} | ${false}
  ${"5.6.3-debian-default"} | ${"ready"}          | ${"qm"}   | ${true}
  ${"5.6.3-debian-fm"}      | ${"ready"}          | ${"fm"}   | ${false}
  ${"5.6.3-debian-tlsf"}    | ${"ready"}          | ${"tlsf"} | ${false}
  ${"5.8.8-default-fm"}     | ${"ready"}          | ${"fm"}   | ${false}
  ${"5.8.8-default-qm"}     | ${"ready"}          | ${"qm"}   | ${true}
  ${"6.0.7-default-fm"}     | ${"ready"}          | ${"fm"}   | ${false}
  ${"6.0.7-default-qm"}     | ${"ready"}          | ${"qm"}   | ${true}
  ${"6.0.7-default-tlsf"}   | ${"ready"}          | ${"tlsf"} | ${false}
  ${"6.1.4-cmake-qm"}       | ${"ready"}          | ${"qm"}   | ${true}
  ${"6.1.4-cmake-tlsf"}     | ${"ready"}          | ${"tlsf"} | ${false}
`("$folder", ({ folder, level, manager, walk }) => {
  const readiness = judgeFolder(folder);
  const debug = level !== "rebuild_needed";

  test(`${level} with ${manager}`, () => {
    expect(readiness.level).toBe(level);
    expect(readiness.judged.managers).toEqual({ shm: manager, pkg: manager });
    expect(readiness.capabilities).toMatchObject({
      allocation_sites: debug,
      gdb_walk: walk,
      usage_rpc_shm: true,
      usage_rpc_pkg: manager !== "tlsf",
    });
  });

  test("memlog=1 is not above debug=2, so the dump at shutdown was printed", () => {
    expect(checkOf(readiness, "shutdown_dump_visible").status).toBe("pass");
  });

  test("mod.stats answers from 4.4 on, with debugging", () => {
    expect(readiness.capabilities.site_statistics_rpc).toBe(debug && !/^[34]\.[0-3]/.test(folder));
  });
});
