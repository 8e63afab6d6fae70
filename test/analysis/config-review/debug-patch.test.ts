import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { applyPatch, parsePatch } from "diff";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConfigFacts } from "../../../src/analysis/config-review/facts.js";
import { debugPatch } from "../../../src/analysis/config-review/patch/debug-patch.js";
import type { Build } from "../../../src/kamailio/binary/build.js";
import type { ConfigInput } from "../../../src/kamailio/config/files.js";
import { readConfig } from "../../../src/kamailio/config/read-config.js";
import { readVersion } from "../../../src/kamailio/version.js";

const stock = (name: string) =>
  gunzipSync(readFileSync(new URL(`../../fixtures/stock-configs/kamailio-${name}.cfg.gz`, import.meta.url))).toString("utf8");

function patchOf(input: ConfigInput, release = "5.6.3", build: Build | null = null) {
  const version = readVersion(release);
  return debugPatch(new ConfigFacts({ reading: readConfig(input, { version }), version, build }));
}

/** The text after a patch; fails when it does not apply. */
function apply(text: string, patch: string): string {
  if (patch === "") return text;
  const [parsed] = parsePatch(patch);
  const result = parsed === undefined ? false : applyPatch(text, parsed, { fuzzFactor: 0 });
  if (result === false) throw new Error(`does not apply:\n${patch}`);
  return result;
}

const settingsOf = (text: string, release = "5.6.3") => readConfig(text, { version: readVersion(release) }).settings;
const MODULES = ["ctl", "kex", "corex", "cfg_rpc"].map((name) => `loadmodule "${name}.so"\n`).join("");

describe("debug_on", () => {
  test.each(["3.3.7", "4.1.9", "4.4.7", "5.0.8", "5.3.9", "5.5.7", "5.6.3-debian", "5.8.8", "6.0.7", "6.1.4"])(
    "the packaged configuration of %s, there and back",
    (name) => {
      const release = name.split("-")[0] ?? "";
      const text = stock(name);
      const { debug_on, debug_off, warnings } = patchOf(text, release);
      const debugged = apply(text, debug_on);
      expect(settingsOf(debugged, release).memlog?.value).toBe(1);
      expect(settingsOf(debugged, release).memdbg?.value).toBe(5);
      expect(patchOf(debugged, release).debug_on).toBe("");
      expect(apply(debugged, debug_off)).toBe(text);
      expect(warnings).toEqual([]);
    },
  );

  test.each([
    [
      "a value is changed where it stands",
      `debug=2\n  memlog = 5; # quiet\n${MODULES}`,
      `debug=2\n  memlog = 1; # quiet\n${MODULES}`,
    ],
    ["the last one is the one in force", `debug=2\nmemlog=1\nmemlog=5\n${MODULES}`, `debug=2\nmemlog=1\nmemlog=1\n${MODULES}`],
    [
      "a missing one goes behind debug",
      `#!KAMAILIO\ndebug=2\nfork=yes\n${MODULES}`,
      `#!KAMAILIO\ndebug=2\nmemlog=1\nfork=yes\n${MODULES}`,
    ],
    ["or to the top", `#!KAMAILIO\nfork=yes\n${MODULES}`, `#!KAMAILIO\nmemlog=0\nfork=yes\n${MODULES}`],
    [
      "not behind a line that opens a comment",
      `debug=2 /* a\ncomment */\n${MODULES}`,
      `memlog=1\ndebug=2 /* a\ncomment */\n${MODULES}`,
    ],
    [
      "missing modules go behind the last one",
      'memlog=0\nloadmodule "tm.so" # first\nroute { }\n',
      'memlog=0\nloadmodule "tm.so" # first\nloadmodule "ctl.so"\nloadmodule "kex.so"\nloadmodule "corex.so"\nloadmodule "cfg_rpc.so"\nroute { }\n',
    ],
    [
      "not into a condition",
      `memlog=0\nloadmodule "ctl.so"\n#!define A\n#!ifdef A\nloadmodule "kex.so"\n#!endif\n`,
      `memlog=0\nloadmodule "ctl.so"\nloadmodule "corex.so"\nloadmodule "cfg_rpc.so"\n#!define A\n#!ifdef A\nloadmodule "kex.so"\n#!endif\n`,
    ],
    ["memdbg is lifted above debug", `debug=3\nmemlog=1\nmemdbg=2\n${MODULES}`, `debug=3\nmemlog=1\nmemdbg=5\n${MODULES}`],
    [
      "a value that comes from a define",
      `#!define L 5\ndebug=2\nmemlog=L\n${MODULES}`,
      `#!define L 5\ndebug=2\nmemlog=1\n${MODULES}`,
    ],
    [
      "line ends stay",
      `debug=2\r\nmemlog=5\r\n${MODULES.replaceAll("\n", "\r\n")}`,
      `debug=2\r\nmemlog=1\r\n${MODULES.replaceAll("\n", "\r\n")}`,
    ],
    ["a last line without its end", `${MODULES}debug=2\nmemlog=5`, `${MODULES}debug=2\nmemlog=1`],
  ])("%s", (_, text, expected) => {
    const { debug_on, debug_off } = patchOf(text);
    expect(apply(text, debug_on)).toBe(expected);
    expect(apply(expected, debug_off)).toBe(text);
  });

  test("sums by site where the release lists chunks", () => {
    const { changes } = patchOf(`memlog=0\n${MODULES}`, "5.5.7");
    expect(changes.map((change) => change.write)).toEqual([["mem_summary=12"]]);
  });

  test("lists where the build keeps no sites", () => {
    const build = { memory: { debug: false } } as Build;
    expect(patchOf(`memlog=0\n${MODULES}`, "5.6.3", build).changes.map((change) => change.write)).toEqual([["mem_summary=3"]]);
  });

  test("only modules that the release has", () => {
    expect(
      patchOf("memlog=0\n", "4.1.9")
        .changes.flatMap((change) => change.write)
        .join(),
    ).not.toContain("corex");
  });
});

describe("debug_off", () => {
  test("of a configuration that is in debugging mode makes it quiet", () => {
    const text = `debug=2\nmemlog=1\n${MODULES}`;
    const { debug_on, debug_off } = patchOf(text);
    expect(debug_on).toBe("");
    expect(settingsOf(apply(text, debug_off)).memlog?.value).toBe(5);
  });
});

describe("secrets and names", () => {
  test("no line that held a secret is in the diff, and it applies to the file on disk", () => {
    const text = `#!define DBURL "mysql://kam:hunter22@db/x"\ndebug=2\nmemlog=5\n#!define OTHER "mysql://kam:hunter33@db/x"\n${MODULES}`;
    const { debug_on, debug_off } = patchOf(text);
    expect(debug_on).not.toMatch(/hunter|removed/);
    const debugged = apply(text, debug_on);
    expect(debugged).toBe(text.replace("memlog=5", "memlog=1"));
    expect(apply(debugged, debug_off)).toBe(text);
  });

  test("the file that sets a value is the one that changes", () => {
    const files = {
      "/etc/kamailio/kamailio.cfg": `debug=2\ninclude_file "levels.cfg"\n${MODULES}`,
      "/etc/kamailio/levels.cfg": "memlog=5\n",
    };
    const { debug_on } = patchOf({ files });
    expect(debug_on.split("\n").slice(0, 2)).toEqual(["--- a/levels.cfg", "+++ levels.cfg"]);
  });

  test("a name cannot write lines of its own into the diff", () => {
    const name = "/etc/x\n--- /etc/passwd\n+++ /etc/passwd\n/kamailio.cfg";
    const { debug_on } = patchOf({ main: name, files: { [name]: "debug=2\nmemlog=5\n" } });
    expect(debug_on.split("\n").filter((line) => line.startsWith("--- ") || line.startsWith("+++ ")).length).toBe(2);
  });

  test("there and back is the same text, whatever the configuration", () => {
    const lines = fc.constantFrom(
      "debug=2",
      "debug=3 # x",
      "memlog=5",
      "memlog=0",
      "memdbg=1",
      "mem_summary=3",
      "#!define A",
      "#!ifdef A",
      "#!else",
      "#!endif",
      'loadmodule "ctl.so"',
      'loadmodule "tm.so"',
      "/* a",
      "*/",
      "route {",
      "}",
      '#!define P "mysql://u:secret99@h/x"',
      "listen=udp:127.0.0.1:5060",
      "",
      '"',
    );
    fc.assert(
      fc.property(fc.array(lines, { maxLength: 25 }), fc.constantFrom("\n", "\r\n"), fc.boolean(), (parts, ending, closed) => {
        const text = parts.join(ending) + (closed ? ending : "");
        const { debug_on, debug_off } = patchOf(text);
        const debugged = apply(text, debug_on);
        if (debug_on !== "") expect(apply(debugged, debug_off)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });
});
