import { describe, expect, test } from "vitest";
import { MEMORY_FLAGS } from "../../../src/kamailio/knowledge/compile-flags.js";
import { releaseChanges } from "../../../src/kamailio/knowledge/release-changes.js";
import * as releases from "../../../src/kamailio/knowledge/releases.js";
import { compareVersions, readVersion } from "../../../src/kamailio/version.js";

function version(text: string) {
  const read = readVersion(text);
  if (read === null) throw new Error(`${text} should be a version`);
  return read;
}

/** Every series and its last patch release, as the tags of the repository have them. */
const SERIES: Record<string, [number, number]> = {
  "3.3": [5, 7],
  "4.0": [4, 7],
  "4.1": [0, 9],
  "4.2": [0, 8],
  "4.3": [0, 7],
  "4.4": [0, 7],
  "5.0": [0, 8],
  "5.1": [0, 10],
  "5.2": [0, 8],
  "5.3": [0, 9],
  "5.4": [0, 9],
  "5.5": [0, 7],
  "5.6": [0, 6],
  "5.7": [0, 7],
  "5.8": [0, 8],
  "6.0": [0, 7],
  "6.1": [0, 4],
};
const TAGS = Object.entries(SERIES).flatMap(([name, [first, last]]) =>
  Array.from({ length: last - first + 1 }, (_, index) => `${name}.${first + index}`),
);

function isRows(value: unknown): value is readonly releases.Row<unknown>[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((row) => typeof row === "object" && row !== null && "until" in row && "value" in row)
  );
}

type Rows = readonly releases.Row<unknown>[];

const TABLES: [string, Rows][] = [
  ...Object.entries<unknown>(releases).flatMap(([name, value]): [string, Rows][] => (isRows(value) ? [[name, value]] : [])),
  ...Object.entries<Rows>(releases.SETTING_DEFAULTS),
];
/** Tables that say nothing about old or new releases on purpose. */
const PARTIAL = new Set(["DEFAULT_MANAGER", "COMPILED_IN_MANAGER"]);

describe("the table of facts", () => {
  test("is found", () => expect(TABLES.length).toBeGreaterThan(15));

  test.each(TABLES)("%s: rows are in order, do not overlap and name their source", (_name, rows) => {
    for (const [index, row] of rows.entries()) {
      expect(row.source).not.toBe("");
      const next = rows[index + 1];
      if (next === undefined) continue;
      expect(row.until).not.toBeNull();
      expect(compareVersions(version(row.until ?? ""), version(next.since))).toBeLessThan(0);
    }
  });

  test.each(TABLES.filter(([name]) => !PARTIAL.has(name)))("%s covers every release", (_name, rows) => {
    const missing = [...TAGS, "0.8.14", "6.0.0-rc0", "6.2.0-dev1"].filter((tag) => releases.rowAt(rows, version(tag)) === null);
    expect(missing).toEqual([]);
  });

  test("an unknown release has no facts", () => {
    expect(releases.factAt(releases.DEBUG_EVIDENCE, null)).toBeNull();
    expect(releases.hasReallocAccountingBug(null)).toBeNull();
    expect(releases.hasRpc("shm.info", null)).toBeNull();
    expect(releaseChanges(null, version("5.6.3"))).toEqual([]);
  });

  test.each`
    tag        | default_manager | bug      | tool        | option  | mem_summary
    ${"3.3.7"} | ${null}         | ${true}  | ${"sercmd"} | ${"-V"} | ${3}
    ${"4.3.7"} | ${null}         | ${true}  | ${"kamcmd"} | ${"-v"} | ${3}
    ${"4.4.7"} | ${"fm"}         | ${true}  | ${"kamcmd"} | ${"-v"} | ${3}
    ${"5.0.0"} | ${"qm"}         | ${true}  | ${"kamcmd"} | ${"-v"} | ${3}
    ${"5.6.0"} | ${"qm"}         | ${true}  | ${"kamcmd"} | ${"-v"} | ${12}
    ${"5.8.8"} | ${"qm"}         | ${false} | ${"kamcmd"} | ${"-v"} | ${12}
    ${"6.0.5"} | ${"qm"}         | ${true}  | ${"kamcmd"} | ${"-v"} | ${12}
    ${"6.0.6"} | ${"qm"}         | ${false} | ${"kamcmd"} | ${"-v"} | ${12}
    ${"6.1.0"} | ${"qm"}         | ${false} | ${"kamcmd"} | ${"-v"} | ${12}
  `("$tag", ({ tag, default_manager, bug, tool, option, mem_summary }) => {
    const at = version(tag);
    expect(releases.factAt(releases.DEFAULT_MANAGER, at)).toBe(default_manager);
    expect(releases.hasReallocAccountingBug(at)).toBe(bug);
    expect(releases.factAt(releases.CTL_TOOL, at)).toBe(tool);
    expect(releases.factAt(releases.VERSION_OPTION, at)).toBe(option);
    expect(releases.factAt(releases.SETTING_DEFAULTS.mem_summary, at)).toBe(mem_summary);
  });
});

describe("the words of the compile flags", () => {
  test("each has a meaning both ways and a source", () => {
    for (const row of MEMORY_FLAGS) {
      expect(row.present).not.toBe(row.absent);
      expect(row.source).not.toBe("");
      expect(row.printed.length).toBeGreaterThan(0);
    }
    expect(new Set(MEMORY_FLAGS.map(({ flag }) => flag)).size).toBe(MEMORY_FLAGS.length);
  });
});
