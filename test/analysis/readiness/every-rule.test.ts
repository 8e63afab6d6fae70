/** A rule of readiness without a test of its own fails here: each id that a rule gives out is asked for by name in the tests beside this one. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const read = (folder: URL, matches: RegExp) =>
  readdirSync(folder)
    .filter((file) => matches.test(file))
    .map((file) => readFileSync(new URL(file, folder), "utf8"))
    .join("\n");

const RULES = read(new URL("../../../src/analysis/readiness/rules/", import.meta.url), /\.ts$/);
const OWN =
  fileURLToPath(import.meta.url)
    .split("/")
    .at(-1) ?? "";
const TESTS = read(new URL("./", import.meta.url), new RegExp(`^(?!${OWN.replaceAll(".", "\\.")}).*\\.test\\.ts$`));
const IDS = [...new Set([...RULES.matchAll(/\bid: "([a-z0-9_]+)"/g)].map(([, id]) => id ?? ""))];

test("the rules give out ids", () => expect(IDS.length).toBeGreaterThan(20));

describe("every check is held by a test of its own", () => {
  test.each(IDS)("%s", (id) => expect(TESTS).toContain(id));
});
