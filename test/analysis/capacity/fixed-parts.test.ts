/** The fixed parts against what Debian's 5.6.3 was measured to take idle, under each memory manager. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { fixedParts } from "../../../src/analysis/capacity/fixed-parts.js";
import { ConfigFacts } from "../../../src/analysis/config-review/facts.js";
import { estimateProcesses } from "../../../src/analysis/config-review/processes/process-estimate.js";
import { readConfig } from "../../../src/kamailio/config/read-config.js";
import type { Manager } from "../../../src/kamailio/pool.js";
import { readVersion } from "../../../src/kamailio/version.js";

const read = (name: string) => readFileSync(new URL(`../../fixtures/capacity/${name}.cfg`, import.meta.url), "utf8");
const V563 = readVersion("5.6.3");

function fixed(text: string, manager: Manager = "qm", version = V563, others: Record<string, string> = {}) {
  const reading = readConfig(new Map([["kamailio.cfg", text], ...Object.entries(others)]), { version });
  const facts = new ConfigFacts({ reading, version });
  const { processes } = estimateProcesses(facts);
  return { processes, ...fixedParts(facts, { shm: manager, pkg: manager }, processes) };
}

const share = (computed: number, measured: number) => Math.abs(computed / measured - 1);

describe("measured idle", () => {
  test.each([
    // file, manager, processes, shm, pkg of the process that takes most
    ["plain", "qm", 15, 2_934_328, 928_720],
    ["plain", "fm", 15, 2_730_536, 698_568],
    ["htable-size-24", "qm", 15, 539_797_048, 928_720],
    ["htable-size-24", "tlsf", 15, 539_568_616, 671_389],
    ["pv-buffers-131072x64", "qm", 15, 2_934_328, 8_992_840],
    ["pv-buffers-131072x64", "fm", 15, 2_730_536, 8_772_032],
    ["tls-rd-buf-262144", "qm", 15, 5_583_264, 947_064],
    ["tls-rd-buf-262144", "fm", 15, 4_538_584, 714_184],
    ["tls30-16", "qm", 38, 73_994_984, 839_920],
    ["tls30-16", "fm", 38, 46_493_944, 617_280],
    ["tls30-16", "tlsf", 38, 49_421_064, 593_086],
    ["tcpmax-300000", "qm", 10, 620_392, 11_523_048],
    ["tcpmax-300000", "fm", 10, 417_752, 11_304_928],
  ] as const)("%s under %s", (name, manager, processes, shm, pkg) => {
    const found = fixed(read(name), manager, V563, { "tls30.cfg": read("tls30") });
    expect(found.processes).toBe(processes);
    expect(share(found.shm_bytes, shm), `shm ${found.shm_bytes} of ${shm}`).toBeLessThan(0.03);
    expect(share(found.pkg_bytes, pkg), `pkg ${found.pkg_bytes} of ${pkg}`).toBeLessThan(0.03);
    expect(found.exact).toBe(true);
  });

  const plain = read("plain");
  test.each([
    ["htable size=20", plain.replace("size=8", "size=20"), 36_480_568],
    ["usrloc hash_size=20", `${plain}\nmodparam("usrloc", "hash_size", 20)\n`, 53_216_824],
    ["dialog hash_size=262144", `${plain}\nmodparam("dialog", "hash_size", 262144)\n`, 11_191_864],
  ])("%s", (_, text, shm) => {
    expect(share(fixed(text).shm_bytes, shm)).toBeLessThan(0.03);
  });

  test.each([
    ["an xlog with two variables", 'xlog("L_INFO", "hello $ru from $fu\\n");', 2147],
    ["an assignment", '$var(x) = "some value";', 2909],
    ["an if with a function and drop", 'if (is_method("INVITE")) { drop; }', 3656],
    ["a comparison", "if ($var(x) == 1) { drop; }", 6424],
    ["a reply", 'sl_send_reply("404", "Not here");', 1739],
    ["a route call", "route(R1);", 440],
  ])("a thousand lines of %s lie in every process", (_, line, bytes) => {
    const of = (lines: number) => fixed(`request_route {\n${`${line}\n`.repeat(lines)}}\n`).pkg_bytes;
    expect(share((of(1000) - of(0)) / 1000, bytes)).toBeLessThan(0.12);
  });
});

describe("what decides a part", () => {
  test("a line is named with its file", () => {
    const part = fixed(read("htable-size-24")).parts.find(({ what }) => what.startsWith("htable"));
    expect(part).toMatchObject({ pool: "shm", bytes: 536_870_912, file: "kamailio.cfg", line: 29 });
    expect(part?.source).toContain("ht_api.c");
  });

  test("usrloc's hash_size costs nothing until a route names a domain", () => {
    const text = 'loadmodule "usrloc.so"\nloadmodule "registrar.so"\nmodparam("usrloc", "hash_size", 20)\n';
    expect(fixed(`${text}request_route { exit; }\n`).parts.some(({ what }) => what.startsWith("usrloc"))).toBe(false);
    expect(
      fixed(`${text}request_route { save("location"); lookup("aliases"); }\n`).parts.find(({ what }) =>
        what.startsWith("usrloc"),
      ),
    ).toMatchObject({
      bytes: 2 * 48 * 2 ** 20,
    });
  });

  test("an upgrade to 5.8 costs a megabyte a process, one to 6.1 a megabyte of shm for tm", () => {
    const at = (version: string) => fixed(read("plain"), "qm", readVersion(version));
    expect(at("5.8.0").pkg_bytes - at("5.6.3").pkg_bytes).toBeGreaterThan(983_000);
    expect(at("6.1.4").shm_bytes - at("6.0.7").shm_bytes).toBe(1_048_576);
  });

  test("domains of a tls.cfg that was not given are not known", () => {
    const found = fixed(read("tls30-16"));
    expect(found.exact).toBe(false);
    expect(found.unknown[0]).toContain("tls30.cfg");
  });
});
