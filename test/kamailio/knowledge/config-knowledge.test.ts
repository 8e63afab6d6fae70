import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  coreDefault,
  coreParameter,
  coreParameterKnown,
  coreParameterNames,
  coreParameters,
} from "../../../src/kamailio/knowledge/core-parameters.js";
import { directive, directiveKnown } from "../../../src/kamailio/knowledge/directives.js";
import { kamailioModule, moduleKnown, moduleNames, moduleParameterKnown } from "../../../src/kamailio/knowledge/modules.js";
import { factAt, SETTING_DEFAULTS } from "../../../src/kamailio/knowledge/releases.js";
import { readVersion } from "../../../src/kamailio/version.js";

const require = createRequire(import.meta.url);
const load = (name: string): unknown => require(`../../../src/kamailio/knowledge/${name}.json`);
const release = z.string().regex(/^(?:\d+\.\d+\.\d+(?:\.\d+)?|master)$/);
const lifetime = z.tuple([release, release.nullable()]);

describe("the tables", () => {
  test("core-parameters.json", () => {
    const row = z.strictObject({
      name: z.string().regex(/^[a-z0-9_]+$/),
      type: z.enum(["int", "bool", "string", "id", "list", "block", "int|string"]),
      releases: z.array(lifetime).min(1),
      aliases: z.array(z.strictObject({ name: z.string(), releases: z.array(lifetime).optional() })).optional(),
      memory: z.literal(true).optional(),
      runtime: z
        .string()
        .regex(/^\w+ \w+$/)
        .optional(),
      defaults: z.array(z.tuple([release, release.nullable(), z.union([z.number(), z.string()])])).optional(),
      source: z.string().min(1),
    });
    expect(z.array(row).min(200).safeParse(load("core-parameters")).error).toBeUndefined();
    const names = coreParameterNames();
    expect(names.length).toBe(new Set(names).size);
    expect(coreParameters().length).toBeLessThan(names.length);
  });

  test("modules.json", () => {
    const code = z.string().regex(/^(?:[isIS]m?|\?)$/);
    const row = z.strictObject({
      since: release,
      until: release.nullable(),
      params: z.record(z.string(), z.union([code, z.array(z.union([code, release, z.null()])).min(3)])),
    });
    expect(z.record(z.string(), row).safeParse(load("modules")).error).toBeUndefined();
    expect(moduleNames().length).toBeGreaterThan(290);
  });

  test("directives.json", () => {
    const row = z.strictObject({
      name: z.string().startsWith("#!"),
      alias_of: z.string().nullable(),
      since: release,
      until: release.nullable(),
      source: z.string(),
    });
    expect(z.array(row).safeParse(load("directives")).error).toBeUndefined();
  });

  test.each(["memlog", "mem_summary", "mem_join", "mem_safety"] as const)(
    "the default of %s agrees with the release table",
    (name) => {
      for (const text of ["3.3.7", "4.1.9", "4.2.0", "5.0.8", "5.1.0", "5.3.0", "5.5.7", "5.6.0", "6.1.4"]) {
        const version = readVersion(text);
        expect(`${text} ${coreDefault(name, version)}`).toBe(`${text} ${factAt(SETTING_DEFAULTS[name], version)}`);
      }
    },
  );
});

describe("what a release knows", () => {
  test.each([
    ["memlog", "3.3.7", true],
    ["mem_log", "5.6.3", true],
    ["mem_add_size", "5.7.7", false],
    ["mem_add_size", "5.8.0", true],
    ["dst_blacklist_mem", "5.4.9", true],
    ["dst_blacklist_mem", "5.5.0", false],
    ["tcp_accept_protocols", "6.0.6", false],
    ["tcp_accept_protocols", "6.0.7", true],
    ["tcp_accept_protocols", "6.1.0", false],
    ["rpc_exec_locks", "6.1.4", false],
    ["rpc_exec_locks", "6.2.0-dev1", true],
    ["ip_freebind", "5.1.0", true],
    ["ip_freebind", "5.6.3", false],
  ])("core parameter %s in %s: %s", (name, version, known) => {
    expect(coreParameterKnown(name, readVersion(version))).toBe(known);
  });

  test.each([
    ["jsonrpcs", "4.4.7", false],
    ["jsonrpcs", "5.0.0", true],
    ["mi_fifo", "4.4.7", true],
    ["mi_fifo", "5.0.0", false],
    ["xhttp_prom", "5.2.8", false],
    ["app_mono", "6.0.0", false],
  ])("module %s in %s: %s", (name, version, known) => {
    expect(moduleKnown(name, readVersion(version))).toBe(known);
  });

  test.each([
    ["htable", "timer_procs", "4.3.7", false],
    ["htable", "timer_procs", "4.4.0", true],
    ["rr", "no_such_parameter", "5.6.3", false],
    ["websocket", "timer_interval", "5.2.0", false],
    ["websocket", "timer_interval", "5.2.1", true],
    ["xhttp_prom", "xhttp_prom_pkg_stats", "5.8.8", false],
    ["usrloc", "timer_procs", "3.3.7", true],
  ])("%s.%s in %s: %s", (module, parameter, version, known) => {
    expect(moduleParameterKnown(module, parameter, readVersion(version))).toBe(known);
  });

  test("an unknown release or name is not judged", () => {
    expect(coreParameterKnown("memlog", null)).toBeNull();
    expect(moduleKnown("my_own_module", readVersion("5.6.3"))).toBeNull();
    expect(kamailioModule("constructor")).toBeNull();
    expect(coreParameter("shm_mem_size")?.name).toBe("shm");
    expect(coreParameter("shm_mem_size")?.runtime).toBeUndefined();
    expect(kamailioModule("usrloc")?.parameters.get("hash_size")).toMatchObject({ type: "int", memory: true });
  });

  test("#!ifexp is a comment before 5.7.0", () => {
    expect(directiveKnown("ifexp", readVersion("5.6.3"))).toBe(false);
    expect(directiveKnown("ifexp", readVersion("5.7.0"))).toBe(true);
    expect(directiveKnown("ifexp", null)).toBe(true);
    expect(directive("def")?.alias_of).toBe("#!define");
    expect(directive("toString")).toBeNull();
  });
});
