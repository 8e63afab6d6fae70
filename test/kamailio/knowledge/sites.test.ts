import { describe, expect, test } from "vitest";
import { siteCatalogue, siteCatalogueSchema, siteKnowledge } from "../../../src/kamailio/knowledge/sites.js";

describe("the catalogue of allocation sites", () => {
  test("fits its schema and names each module and function once per pool", () => {
    const names = siteCatalogueSchema
      .parse(siteCatalogue())
      .flatMap((entry) => entry.functions.map((name) => `${entry.module}:${name}:${entry.pool}`));
    expect(names.length).toBeGreaterThan(1900);
    expect(new Set(names).size).toBe(names.length);
  });

  test.each`
    module        | fn                  | object            | why
    ${"core"}     | ${"parse_require"}  | ${/option tags/}  | ${"the label since 4.4"}
    ${"<core>"}   | ${"parse_require"}  | ${/option tags/}  | ${"the label up to 4.3"}
    ${"tm"}       | ${"build_cell"}     | ${/transaction/i} | ${"a module"}
    ${"mymodule"} | ${"lock_set_alloc"} | ${/lock set/i}    | ${"an inline helper shows under the module that includes it"}
  `("$module:$fn ($why)", ({ module, fn, object }) => {
    expect(siteKnowledge({ module, function: fn })?.object).toMatch(object);
  });

  test("a site that nobody described is null, not a guess", () => {
    expect(siteKnowledge({ module: "tm", function: "no_such_function" })).toBeNull();
    expect(siteKnowledge({ module: "tm", function: null })).toBeNull();
  });
});
