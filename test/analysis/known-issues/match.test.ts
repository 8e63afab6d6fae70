import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KnownIssuesInput } from "../../../src/analysis/known-issues/known-issue-match.js";
import { matchKnownIssues } from "../../../src/analysis/known-issues/match.js";
import type { Dump } from "../../../src/kamailio/dump/dump.js";
import { readDumps } from "../../../src/kamailio/dump/reader.js";
import { knownIssues } from "../../../src/kamailio/knowledge/known-issues.js";
import type { LogIncident } from "../../../src/kamailio/log/incident.js";
import { createLogReader } from "../../../src/kamailio/log/reader.js";
import { readVersion } from "../../../src/kamailio/version.js";

const C1 = "c1-leak-pkg-subst_hf-4.4.0-dev5-fm";
const C2 = "c2-leak-pkg-require-async-5.6.3-debian";
const C2_FIXED = "c2-control-fixed-require-async-5.8.8";
const G = "g-double-free-jsonrpcs-5.3.0-dev-qm";

const fixture = (path: string): Buffer => {
  const bytes = readFileSync(new URL(`../../fixtures/incidents/${path}`, import.meta.url));
  return path.endsWith(".gz") ? gunzipSync(bytes) : bytes;
};
const dumpsOf = (path: string): Dump[] => readDumps(fixture(path)).dumps;
const modulesOf = (folder: string) =>
  [
    ...fixture(`${folder}/k.cfg`)
      .toString()
      .matchAll(/^loadmodule "([a-z_]+)\.so"/gm),
  ].map((match) => match[1] ?? "");
const incidentsIn = (text: Buffer): LogIncident[] => {
  const reader = createLogReader();
  reader.push(text);
  return reader.end().incidents;
};
const input = (version: string | null, more: Partial<KnownIssuesInput> = {}): KnownIssuesInput => ({
  version: version === null ? null : readVersion(version),
  product: "kamailio",
  managers: ["qm"],
  modules: ["tm", "textops", "jsonrpcs"],
  dumps: [],
  incidents: [],
  ...more,
});
const find = (id: string, given: KnownIssuesInput) => matchKnownIssues(given).find((match) => match.id === id);

/** A summary as q_malloc prints it, of one worker. */
const summary = (...sites: string[]) =>
  readDumps(
    [
      " 1(8298) ALERT: <core> [pt.c:531]: mem_dump_pkg_cb(): Memory status (pkg) of process 8298:",
      " 1(8298) ALERT: qm_sums: summarizing all alloc'ed. fragments:",
      ...sites.map((site) => ` 1(8298) ALERT: qm_sums: ${site}`),
      " 1(8298) ALERT: qm_sums: -----------------------------",
      "",
    ].join("\n"),
  ).dumps;

describe("the Require leak of 5.6.3, a real incident", () => {
  const dumps = () => [...dumpsOf(`${C2}/dump-middle-pkg-Async.log.gz`), ...dumpsOf(`${C2}/dump-end-pkg-Async.log.gz`)];

  test("is likely, with the site, its numbers and the fixed releases", () => {
    const [first] = matchKnownIssues(input("5.6.3", { modules: modulesOf(C2), dumps: dumps() }));
    expect(first).toMatchObject({
      id: "KI-0016",
      certainty: "likely",
      upgrade_to: "5.6.4",
      fixed_in: ["5.5.6", "5.6.4", "5.7.0"],
      fix_commit: "6c372bf644e1c9afa867433e5992e347c8fc4ff6",
      affected: "4.1.0 to 5.5.5, 5.6.0 to 5.6.3",
    });
    expect(first?.why.join("\n")).toMatch(/core: parse_require\(\) holds 9928 chunks/);
  });

  test("one dump is enough, since a message's leftovers should not be there", () => {
    expect(find("KI-0016", input("5.6.3", { dumps: dumpsOf(`${C2}/dump-end-pkg-Async.log.gz`) }))?.certainty).toBe("likely");
  });

  test("a growing site that another judgement found says the same", () => {
    const growing = [
      { module: "core", file: "core/parser/parse_require.c", function: "parse_require", line: 55, count: 900, bytes: 14_400 },
    ];
    expect(find("KI-0016", input("5.6.3", { growing_sites: growing }))?.certainty).toBe("likely");
  });

  test("without the release it is possible, and so is the older bug at that site; each says so", () => {
    const matches = matchKnownIssues(input(null, { dumps: dumps() }));
    expect(matches.map(({ id, certainty }) => [id, certainty])).toEqual([
      ["KI-0016", "possible"],
      ["KI-0017", "possible"],
    ]);
    expect(matches[0]?.why.join("\n")).toMatch(/release is not known[\s\S]*1 other known issue/);
    expect(matches[0]?.upgrade_to).toBeNull();
  });

  test("the release alone says no more than that", () => {
    expect(find("KI-0016", input("5.6.3", { modules: ["tm"] }))).toMatchObject({
      certainty: "release_only",
      evidence: [],
      why: expect.arrayContaining(["nothing that was recorded shows it"]),
    });
  });

  test("the fixed 5.8.8 under the same traffic is no match, by its dump or by its release", () => {
    const fixed = input("5.8.8", { modules: modulesOf(C2_FIXED), dumps: dumpsOf(`${C2_FIXED}/dump-end-pkg-Async.log.gz`) });
    const matches = matchKnownIssues(fixed);
    expect(matches.filter(({ certainty }) => certainty !== "release_only")).toEqual([]);
    expect(matches.map(({ id }) => id)).not.toContain("KI-0016");
    expect(find("KI-0016", input("5.8.8", { dumps: dumps() }))).toBeUndefined();
  });
});

describe("the subst_hf leak of 4.4.0-dev5, a real incident", () => {
  const sums = () => summary("count=  7951 size=    254432 bytes from <core>: re.c: subst_run(447)");

  test("f_malloc's dumps name no site: growing workers and the loaded module put it on the short list, no more", () => {
    const given = input("4.4.0-dev5", {
      modules: modulesOf(C1),
      managers: ["fm"],
      process_classes_growing: ["sip_worker_udp"],
    });
    expect(find("KI-0165", given)).toMatchObject({ certainty: "release_only", upgrade_to: "4.4.0" });
  });

  test("with the site it is possible in the snapshot that may hold the fix, likely in a release that lacks it", () => {
    expect(find("KI-0165", input("4.4.0-dev5", { dumps: sums() }))?.certainty).toBe("possible");
    expect(find("KI-0165", input("4.3.3", { dumps: sums() }))?.certainty).toBe("likely");
    expect(find("KI-0165", input("4.3.4", { dumps: sums() }))).toBeUndefined();
  });

  test("it needs textops: not loaded, it is ruled out; not known, it stays open", () => {
    expect(find("KI-0165", input("4.3.3", { dumps: sums(), modules: ["tm"] }))).toBeUndefined();
    const open = find("KI-0165", input("4.3.3", { dumps: sums(), modules: null }));
    expect(open?.certainty).toBe("possible");
    expect(open?.why).toContain("open: whether module textops is loaded");
  });
});

describe("the double free of jsonrpcs, a real incident", () => {
  const incidents = () => incidentsIn(fixture(`${G}/kamailio-without-dumps.log`));

  test("a worker that died by signal 11 in the snapshot that had it: possible, since the log names no function", () => {
    const match = find("KI-0106", input("5.3.0-dev2", { modules: modulesOf(G), incidents: incidents() }));
    expect(match).toMatchObject({ certainty: "possible", upgrade_to: "5.3.0" });
    expect(match?.why).toContain("what was seen fits other causes as well");
  });

  test("a worker that was ended by signal 9 is no sign of it", () => {
    const killed = incidents().map((one) =>
      one.signal === null ? one : { ...one, signal: { ...one.signal, number: 9, name: "SIGKILL" } },
    );
    expect(find("KI-0106", input("5.0.8", { incidents: killed }))?.certainty).toBe("release_only");
  });
});

describe("other signatures", () => {
  test("used above the sum of the chunks is q_malloc's accounting bug; in f_malloc it is not", () => {
    const [dump] = summary("count=     3 size=      3000 bytes from core: core/main.c: main(1)");
    if (dump === undefined) throw new Error("no dump");
    const phantom: Dump = { ...dump, complete: true, used: 203_000, allocated_bytes: 3000 };
    expect(find("KI-0013", input("5.6.3", { dumps: [phantom] }))).toMatchObject({ certainty: "likely", upgrade_to: "5.8.8" });
    expect(find("KI-0013", input("5.6.3", { dumps: [phantom], managers: ["fm"] }))).toBeUndefined();
    expect(find("KI-0013", input("5.8.8", { dumps: [phantom] }))).toBeUndefined();
    const agrees: Dump = { ...phantom, used: 3000 };
    expect(find("KI-0013", input("5.6.3", { dumps: [agrees] }))?.certainty).toBe("release_only");
    const cut: Dump = { ...phantom, complete: false };
    expect(find("KI-0013", input("5.6.3", { dumps: [cut] }))?.certainty).toBe("release_only");
  });

  test("a corruption message that names the faulty function", () => {
    const [example] = incidentsIn(fixture("g2-corruption-induced-with-gdb/5.5.7-qm-doublefree.log"));
    if (example === undefined) throw new Error("no incident");
    const named = {
      ...example,
      pool: null,
      site: { module: "dispatcher", file: "dispatch.c", function: "ds_avl_destroy", line: 200 },
    };
    expect(find("KI-0056", input("5.5.7", { modules: ["dispatcher"], incidents: [named] }))?.certainty).toBe("likely");
    expect(find("KI-0056", input("5.5.7", { modules: ["dispatcher"], incidents: [example] }))?.evidence ?? []).toEqual([]);
  });

  test("a failed allocation names who asked, which is no sign of who leaks", () => {
    const [example] = incidentsIn(fixture("g2-corruption-induced-with-gdb/5.5.7-qm-doublefree.log"));
    if (example === undefined) throw new Error("no incident");
    const asked: LogIncident = {
      ...example,
      kind: "exhaustion",
      site: { module: "core", file: "core/parser/parse_require.c", function: "parse_require", line: 55 },
      other_site: null,
    };
    expect(find("KI-0016", input("5.6.3", { incidents: [asked] }))?.evidence).toEqual([]);
  });

  test("more transactions, which load explains as well, make an arm64 leak likely on arm64 and rule it out elsewhere", () => {
    const growing = [{ module: "tm", file: "h_table.c", function: "build_cell", line: 300, count: 50_000, bytes: 250_000_000 }];
    const on = (architecture: string | null) => find("KI-0015", input("6.1.0", { growing_sites: growing, architecture }));
    expect(on("aarch64")?.certainty).toBe("likely");
    expect(on(null)?.certainty).toBe("possible");
    expect(on("x86_64")).toBeUndefined();
    expect(find("KI-0171", input("6.1.4", { growing_sites: growing }))?.certainty).toBe("possible");
  });

  test("a pool that was asked for leaves the other one out", () => {
    expect(matchKnownIssues(input("5.6.3", { pool: "shm" })).map(({ pool }) => pool)).not.toContain("pkg");
  });

  test.each`
    product       | version    | matched
    ${"opensips"} | ${"3.4.0"} | ${false}
    ${"openser"}  | ${"1.3.0"} | ${false}
    ${"ser"}      | ${"0.9.6"} | ${false}
    ${"kamailio"} | ${"3.3.7"} | ${true}
  `("$product $version shares the history: $matched", ({ product, version, matched }) => {
    expect(matchKnownIssues(input(version, { product })).length > 0).toBe(matched);
  });
});

describe("whatever is given", () => {
  const names = knownIssues().flatMap(({ signature }) => signature.sites.map((site) => site.function));
  const sites = fc.array(
    fc.record({
      module: fc.option(fc.constantFrom("core", "<core>", "tm", "x")),
      file: fc.option(fc.constantFrom("core/parser/parse_require.c", "h_table.c", "")),
      function: fc.option(fc.constantFrom("parse_require", "build_cell", "toString", "", ...names)),
      line: fc.option(fc.nat()),
      count: fc.option(fc.integer({ min: -5, max: 100_000 })),
      bytes: fc.integer({ min: -5, max: 1e9 }),
    }),
    { maxLength: 5 },
  );
  const versions = fc.oneof(
    fc.constant(null),
    fc
      .tuple(fc.nat(7), fc.nat(9), fc.nat(10), fc.constantFrom("", "-dev3", "-rc0", "-pre", "+deb12"))
      .map(([a, b, c, suffix]) => readVersion(`${a}.${b}.${c}${suffix}`)),
  );
  const anything = fc.record({
    version: versions,
    product: fc.constantFrom(null, "kamailio" as const, "sip-router" as const),
    managers: fc.subarray(["qm", "fm", "tlsf"] as const),
    modules: fc.option(fc.subarray(["tm", "textops.so", "constructor", "dispatcher", "jsonrpc-c"])),
    dumps: fc.array(
      fc.tuple(sites, fc.constantFrom("shm" as const, "pkg" as const, null), fc.constantFrom(null, "2026-01-01T00:00:00Z", "x")),
      { maxLength: 4 },
    ),
    growing_sites: sites,
    process_classes_growing: fc.array(fc.constantFrom("timer", "async_worker", "unknown", "?")),
  });
  const [blank] = summary("count=     1 size=      10 bytes from core: a.c: b(1)");

  test("it never throws, keeps its order and bound, and matches no release outside the ranges", () => {
    fc.assert(
      fc.property(anything, ({ dumps, ...given }) => {
        const matches = matchKnownIssues({
          ...given,
          incidents: [],
          dumps: dumps.flatMap(([dumpSites, pool, taken_at]) =>
            blank === undefined ? [] : [{ ...blank, sites: dumpSites, pool, taken_at }],
          ),
        });
        const ranks = matches.map(({ certainty }) => ["likely", "possible", "release_only"].indexOf(certainty));
        expect(ranks).toEqual([...ranks].sort());
        expect(ranks.filter((rank) => rank === 2).length).toBeLessThanOrEqual(5);
        for (const match of matches) {
          expect(match.why.length).toBeGreaterThan(0);
          expect(match.fixed_in).not.toContain(given.version?.text);
          expect(match.certainty === "release_only").toBe(match.evidence.length === 0);
          if (given.version === null) expect(match.certainty).toBe("possible");
          else if (match.certainty === "likely") expect(match.why.join()).toMatch(/has the bug/);
        }
      }),
      { numRuns: 200 },
    );
  });
});
