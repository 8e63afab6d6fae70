/** YAML that was posted: whatever it is, it is read or left, and never ends the request. */
import { describe, expect, test } from "vitest";
import { readSettings } from "../../../src/kamailio/settings/read-settings.js";
import { yamlDocuments } from "../../../src/kamailio/settings/yaml-documents.js";

/** Lines that the YAML parser takes for mappings, and an end that is none: yaml 2 runs out of stack over these. */
const DUMP_THEN_CONFIG = `${" x: y:    z\n".repeat(8_000)}}\n`;

describe("YAML that nests without a bound", () => {
  test("is no document", () => {
    expect(yamlDocuments(DUMP_THEN_CONFIG)).toEqual([]);
  });

  test("holds no settings, and reading it ends", () => {
    expect(readSettings(DUMP_THEN_CONFIG).values).toEqual({});
  });

  test("a manifest is read, tabs or not", () => {
    expect(yamlDocuments("image: a\nargs:\n\t- -m\n---\nimage: b\n").map((document) => document.toJS())).toEqual([
      { image: "a", args: ["-m"] },
      { image: "b" },
    ]);
  });
});
