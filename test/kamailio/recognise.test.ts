import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KIND_TABLE } from "../../src/kamailio/recognise/table.js";
import { type Kind, recognise, wrongEndpointHint } from "../../src/kamailio/recognise.js";
import { KIND_TEXTS } from "../support/kind-texts.js";

const fixtures = new URL("../fixtures/", import.meta.url);
const folders = readdirSync(fixtures).filter((name) => /^\d\.\d\.\d-/.test(name));

describe("captures of real commands", () => {
  test.each<[string, Kind]>([
    ["I.txt", "build"],
    ["V.txt", "build"],
    ["h.txt", "kamailio_help"],
    ["idle/kamcmd/core.info.txt", "core_info"],
    ["idle/jsonrpc/core.info.json", "core_info"],
    ["idle/kamcmd/core.flags.txt", "core_flags"],
    ["idle/kamcmd/core.version.txt", "core_version"],
    ["idle/jsonrpc/core.version.json", "core_version"],
    ["idle/kamcmd/core.runinfo.txt", "core_runinfo"],
    ["idle/mi_fifo/version.txt", "build"],
  ])("%s of every release is %s", (path, kind) => {
    const texts = folders.flatMap((folder) => {
      const parent = new URL(`${folder}/${path.split("/").slice(0, -1).join("/")}/`, fixtures);
      const name = path.split("/").at(-1) ?? "";
      try {
        return readdirSync(parent).includes(name) ? [readFileSync(new URL(name, parent), "utf8")] : [];
      } catch {
        return [];
      }
    });
    expect(texts.length).toBeGreaterThan(0);
    for (const text of texts) expect(recognise(text).kind).toBe(kind);
  });

  test("kamailio -v of 3.3, which starts the server", () => {
    const { kind, hint } = recognise(readFileSync(new URL("3.3.7-default-fm/v.txt", fixtures), "utf8"));
    expect(kind).toBe("version_trap");
    expect(hint).toContain("kamailio -V");
  });
});

describe("texts of every kind", () => {
  test.each(KIND_TEXTS)("%s belongs to %s", (kind, endpoint, text) => {
    const found = recognise(text);
    expect({ kind: found.kind, endpoint: found.endpoint }).toEqual({ kind, endpoint });
    expect(found.endpoints[0] ?? null).toBe(endpoint);
    expect(found.hint).toContain(endpoint === null ? "This looks like" : `.../${endpoint}`);
  });

  test("gzip data, however it was decoded", () => {
    const bytes = gzipSync("version: kamailio 5.6.3");
    expect(recognise(bytes.toString("utf8")).kind).toBe("gzip");
    expect(recognise(bytes.toString("latin1")).kind).toBe("gzip");
  });

  test("a long preamble does not hide what follows", () => {
    expect(
      recognise(`${"Hello, as I said before, this happens every day.\n".repeat(500)}Print out of kamailio internals\n`).kind,
    ).toBe("build");
  });

  test.each(["dos", "quoted"])("line ends and quotes do not matter (%s)", (how) => {
    const text = "version: kamailio 5.6.3 (x86_64/linux)\nflags: USE_TCP, PKG_MALLOC\n";
    expect(recognise(how === "dos" ? text.replaceAll("\n", "\r\n") : text.replace(/^/gm, "> ")).kind).toBe("build");
  });
});

describe("the table", () => {
  test("each kind has one row", () => {
    const kinds = KIND_TABLE.map(({ kind }) => kind);
    expect(new Set(kinds).size).toBe(kinds.length);
  });

  test("each row says what to do", () => {
    for (const row of KIND_TABLE) expect(row.endpoint === null ? row.hint : (row.command ?? row.hint), row.kind).toBeTruthy();
  });
});

describe("the answer to a post at the wrong endpoint", () => {
  test("names the right one", () => {
    const found = recognise("{\n\tpid: 1\n\tused: 1\n\tfree: 2\n\treal_used: 3\n}\n");
    expect(wrongEndpointHint(found, "builds")).toBe(
      "This looks like what kamcmd pkg.stats prints; POST it to .../usage: kamcmd pkg.stats | curl --data-binary @- .../v1/instances/{instance}/usage",
    );
  });

  test("shows what this one reads when the text belongs nowhere", () => {
    expect(wrongEndpointHint(recognise("bash: kamailio: command not found"), "builds")).toContain("kamailio -I | curl");
  });
});

describe("anything at all", () => {
  test("is recognised as something, without an exception", () => {
    const pieces = fc.constantFrom(
      "{",
      '"result":',
      "version: ",
      "shmem:",
      "kamailio -m 8",
      "[Service]",
      "\n",
      "\0",
      "\ufffd",
      "qm_status",
      ": 12\n",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 30, unit: "binary" })), { maxLength: 40 }), (parts) => {
        const { hint, endpoint, endpoints } = recognise(parts.join(""));
        expect(hint).toMatch(/^This looks like /);
        expect(endpoint === null).toBe(endpoints.length === 0);
      }),
      { numRuns: 300 },
    );
  });

  test.each<[string, Kind, string]>([
    ["blanks before a word", "prose", `${" ".repeat(60_000)}x`],
    ["one word", "prose", "a".repeat(1_000_000)],
    ["opening braces", "nested", "{".repeat(1_000_000)],
    ["dashes", "prose", "-".repeat(1_000_000)],
    ["fields without values", "prose", "a".repeat(59).concat(" ").repeat(20_000)],
    ["a help text's options", "prose", " -m".repeat(300_000)],
  ])("a megabyte of %s", (_what, kind, text) => {
    expect(recognise(text).kind).toBe(kind);
  });
});
