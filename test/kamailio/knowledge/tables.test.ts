import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { LOG_MESSAGES, logMessagesSchema } from "../../../src/kamailio/knowledge/log-messages.js";
import { PROCESS_TABLE, processClassesSchema } from "../../../src/kamailio/knowledge/process-classes.js";
import { siteCatalogue, siteCatalogueSchema } from "../../../src/kamailio/knowledge/sites.js";

const json = (name: string) => createRequire(import.meta.url)(`../../../src/kamailio/knowledge/${name}`);

describe("the tables that are not validated when they are loaded", () => {
  test.each([
    ["log-messages.json", logMessagesSchema, LOG_MESSAGES],
    ["process-classes.json", processClassesSchema, PROCESS_TABLE],
    ["sites.json", siteCatalogueSchema, siteCatalogue()],
  ] as const)("%s fits its schema, and is what the code sees", (name, schema, seen) => {
    expect(schema.parse(json(name))).toEqual(seen);
  });
});
