import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareDumps } from "../../../src/analysis/dump-comparison/dump-comparison.js";
import { readDumps } from "../../../src/kamailio/dump/reader.js";
import { fixture } from "../../kamailio/log/fixture.js";
import { dump, site } from "./make-dump.js";

/** The first dump of a capture that lists sites. */
function captured(path: string) {
  const found = readDumps(fixture(path)).dumps.find(({ sites }) => sites.length > 0);
  if (!found) throw new Error(`no sites in ${path}`);
  return found;
}

describe("real incidents", () => {
  test.each([
    ["b-steady-5.8.8-qm", ["start", "middle", "end-under-load"], "warm-up and coming and going are no leak"],
    ["a1-shm-exhaustion-usrloc-6.0.7-qm", ["start", "middle-full", "end-recovered"], "what grew and came back is no leak"],
    ["e1-step-dispatcher-reload-6.0.7", ["start", "middle", "end"], "a larger list was loaded once"],
    ["c2-leak-pkg-require-async-5.6.3-debian", ["start", "middle", "end"], "the shared pool of the leak in pkg"],
  ])("%s: no alarm in shm (%s)", (folder, moments, _why) => {
    const comparison = compareDumps(moments.map((moment) => captured(`incidents/${folder}/dump-${moment}-shm-summary.log`)));
    expect(comparison).toMatchObject({ ok: true, comparable: true, warnings: [] });
    expect(comparison.suspects.filter(({ confidence }) => confidence !== "low")).toEqual([]);
  });

  test("the leak of a parsed header in the async workers names its allocator first", () => {
    const folder = "c2-leak-pkg-require-async-5.6.3-debian";
    const comparison = compareDumps([
      captured(`incidents/${folder}/dump-middle-pkg-Async.log.gz`),
      captured(`incidents/${folder}/dump-end-pkg-Async.log.gz`),
    ]);
    expect(comparison.ok).toBe(false);
    expect(comparison.suspects).toHaveLength(1);
    expect(comparison.suspects[0]).toMatchObject({
      rank: 1,
      confidence: "medium",
      site: "core: core/parser/parse_require.c: parse_require(55)",
      count_delta: 4874,
      bytes_delta: 77_984,
    });
    expect(comparison.summary).toContain("allocated by");
    expect(comparison.reading).toContain("not who forgot to free");
    expect(comparison.next.map(({ command }) => command)).toContain("kamcmd cfg.set_now_int core mem_dump_pkg 8282");
  });

  test("a restart between two dumps is seen by the pid of the same process", () => {
    const folder = "f-restart-5.5.7-qm";
    const { warnings } = compareDumps([
      captured(`incidents/${folder}/dump-before-restart-shm-summary.log`),
      captured(`incidents/${folder}/dump-after-restart-shm-summary.log`),
    ]);
    expect(warnings.join()).toContain("restarted");
  });

  test("a summary and a list of fragments of the same moment agree", () => {
    const folder = "c2-leak-pkg-require-async-5.6.3-debian";
    const comparison = compareDumps([
      captured(`incidents/${folder}/dump-start-shm-summary.log`),
      captured(`incidents/${folder}/dump-start-shm.log`),
    ]);
    expect(comparison.sites.every(({ matched }) => matched === "exact")).toBe(true);
    expect(Math.abs(comparison.totals.bytes_delta)).toBeLessThan(1000);
    expect(comparison.suspects).toEqual([]);
  });

  test.each(["mod.mem_statsx-all-shm", "mod.stats-all-shm"])("a summary against %s, which prints no files", (name) => {
    const folder = "5.6.3-debian-default/idle";
    const { sites, suspects } = compareDumps([captured(`${folder}/dump-shm-ms12.log`), captured(`${folder}/kamcmd/${name}.txt`)]);
    expect(sites.filter(({ matched }) => matched === "line")).toHaveLength(79);
    // Only the copies of the runtime configuration, which setting mem_summary makes and the clean-up frees, are others a second later.
    const changed = sites.filter(({ bytes_delta }) => bytes_delta !== 0).map(({ function: name }) => name);
    expect(changed.every((name) => name?.startsWith("cfg_"))).toBe(true);
    expect(sites.filter(({ base_bytes }) => base_bytes === 0)).toEqual([]);
    expect(suspects).toEqual([]);
  });

  test("dumps of 5.8 and 6.0 are matched function by function where lines moved", () => {
    const comparison = compareDumps([
      captured("incidents/b-steady-5.8.8-qm/dump-start-shm-summary.log"),
      captured("incidents/e1-step-dispatcher-reload-6.0.7/dump-start-shm-summary.log"),
    ]);
    expect(comparison.sites.some(({ matched }) => matched === "function")).toBe(true);
    const appeared = comparison.sites.filter(({ base_bytes, module }) => base_bytes === 0 && module !== "usrloc");
    expect(appeared).toEqual([]);
  });
});

const HOURS = ["2026-11-23T00:00:00Z", "2026-11-23T01:00:00Z", "2026-11-23T02:00:00Z"];
const START_UP = [
  site("core: core/cfg.y: yyparse(100)", 50, 5000),
  site("core: core/pvapi.c: pv_init_buffer(2139)", 40, 327_680),
  site("tm: t.c: init(1)", 1, 8),
];
const series = (name: string, counts: (number | null)[], size = 100) =>
  counts.map((count, index) => dump([...START_UP, site(name, count, (count ?? 0) * size)], { taken_at: HOURS[index] ?? null }));

describe("suspects", () => {
  test("steady growth over three dumps comes first, before a larger one-off", () => {
    const once = [0, 900, 900].map((count) => site("mymodule: m.c: big(9)", count, count * 5000));
    const dumps = series("textops: t.c: some_leak(5)", [10, 1000, 2000]).map((one, index) => ({
      ...one,
      sites: [...one.sites, ...once.slice(index, index + 1)],
    }));
    const { suspects } = compareDumps(dumps);
    expect(suspects[0]).toMatchObject({ function: "some_leak", confidence: "medium", count_per_hour: 995 });
    expect(suspects.some(({ function: name }) => name === "big")).toBe(false);
  });

  test.each([
    ["a plateau", [10, 3000, 3050], 0],
    ["one step", [10, 3000, 3000], 0],
    ["a return", [10, 3000, 12], 0],
    ["a few chunks", [10, 12, 14], 0],
    ["steady growth", [10, 3000, 6000], 1],
  ])("%s: %j", (_shape, counts, expected) => {
    expect(compareDumps(series("textops: t.c: f(5)", counts)).suspects).toHaveLength(expected);
  });

  test("objects of a population are a question until the counter is known", () => {
    const dumps = series("core: core/tcp_main.c: tcpconn_new(1100)", [10, 500, 1000], 17_000).map((one) => ({
      ...one,
      pool: "shm" as const,
    }));
    const unknown = compareDumps(dumps);
    expect(unknown.suspects[0]).toMatchObject({ confidence: "low" });
    expect(unknown.suspects[0]?.next).toContain("opened_connections");
    expect(compareDumps(dumps, { populations: { tcp_current_connections: 1000 } }).suspects[0]?.confidence ?? "low").toBe("low");
    const leak = compareDumps(dumps, { populations: { tcp_current_connections: 12 } });
    expect(leak).toMatchObject({ ok: false, suspects: [{ confidence: "high" }] });
  });

  test("start-up sites are set apart", () => {
    const { start_up } = compareDumps(series("textops: t.c: f(5)", [10, 3000, 6000]));
    expect(start_up).toMatchObject({ sites: 3, count: 91, bytes: 332_688 });
  });
});

describe("the same site in another form or release", () => {
  test.each([
    [
      "<core> and core, with and without core/",
      site("<core>: re.c: subst_run(447)", 10, 100),
      site("core: core/re.c: subst_run(447)", 12, 120),
      "file_name",
    ],
    [
      "without a file name (mem_statsx)",
      site("core: core/re.c: subst_run(447)", 10, 100),
      site("core: subst_run(447)", 12, 120),
      "line",
    ],
    [
      "lines moved",
      site("core: core/re.c: subst_run(447)", 10, 100),
      site("core: core/re.c: subst_run(451)", 12, 120),
      "function",
    ],
  ])("%s", (_what, base, later, matched) => {
    const { sites } = compareDumps([dump([base]), dump([later])]);
    expect(sites).toMatchObject([{ module: "core", function: "subst_run", count_delta: 2, bytes_delta: 20, matched }]);
  });

  test("mod.stats prints no counts: bytes are compared, counts stay unknown", () => {
    const { sites, totals } = compareDumps([
      dump([site("tm: build_cell(334)", 3, 900)]),
      dump([site("tm: build_cell(334)", null, 1800)], { form: "mod_stats" }),
    ]);
    expect(sites[0]).toMatchObject({ count_delta: null, bytes_delta: 900 });
    expect(totals.count_delta).toBeNull();
  });

  test("two lines of one function in one build are two sites, even when one goes and another comes", () => {
    const { sites } = compareDumps([
      dump([...START_UP, site("core: core/ut.h: dup(5)", 1, 8), ...many(10)]),
      dump([...START_UP, site("core: core/ut.h: dup(9)", 1, 8), ...many(10)]),
    ]);
    expect(sites.filter(({ function: name }) => name === "dup")).toHaveLength(2);
  });
});

const many = (count: number) => Array.from({ length: count }, (_, index) => site(`core: c.c: f${index}(1)`, 1, 8));

describe("what weakens a comparison", () => {
  const sites = [site("core: c.c: f(1)", 1, 8)];
  test.each([
    ["different pools", [dump(sites), dump(sites, { pool: "shm" })], /different pools/, false],
    ["no sites in the form", [dump([], { form: "free_list" }), dump(sites)], /lists no allocation site/, false],
    ["one dump", [dump(sites)], /needs two/, false],
    [
      "an incomplete dump",
      [dump(sites), dump(sites, { complete: false, incomplete_reason: "no closing line" })],
      /no closing line/,
      true,
    ],
    [
      "the base is newer",
      [dump(sites, { taken_at: HOURS[1] ?? null }), dump(sites, { taken_at: HOURS[0] ?? null })],
      /newer/,
      true,
    ],
    ["max_used fell", [dump(sites, { max_used: 900 }), dump(sites, { max_used: 800 })], /restarted/, true],
    ["another size", [dump(sites, { heap_size: 900 }), dump(sites, { heap_size: 1800 })], /restarted/, true],
    ["another process", [dump(sites), dump(sites, { pid: 7, process_index: 5 })], /different pids/, true],
    ["another manager", [dump(sites), dump(sites, { manager: "tlsf" })], /different memory managers/, true],
    ["a wrapped size", [dump(sites), dump([site("core: c.c: f(1)", 1, -5)])], /wrapped/, true],
  ])("%s", (_what, dumps, warning, comparable) => {
    const comparison = compareDumps(dumps);
    expect(comparison.warnings.join("\n")).toMatch(warning);
    expect(comparison.comparable).toBe(comparable);
  });
});

describe("properties", () => {
  const anySite = fc.record({
    module: fc.constantFrom("core", "tm", "x", null),
    file: fc.constantFrom("a.c", "core/a.c", null),
    function: fc.constantFrom("f", "g", "build_cell", null),
    line: fc.option(fc.integer({ min: 1, max: 3 })),
    count: fc.option(fc.nat(1000)),
    bytes: fc.nat(1_000_000),
  });
  const anyDump = fc.array(anySite, { maxLength: 12 }).map((sites) => dump(sites));

  test("nothing is lost or counted twice: the sites' bytes add up to each dump's", () => {
    fc.assert(
      fc.property(fc.array(anyDump, { minLength: 2, maxLength: 4 }), (dumps) => {
        const { sites } = compareDumps(dumps);
        dumps.forEach((one, index) => {
          const total = one.sites.reduce((sum, { bytes }) => sum + bytes, 0);
          expect(sites.reduce((sum, { bytes }) => sum + (bytes[index] ?? 0), 0)).toBe(total);
        });
      }),
    );
  });

  test("a dump compared with itself has no difference and no suspect", () => {
    fc.assert(
      fc.property(anyDump, (one) => {
        const comparison = compareDumps([one, one]);
        expect(comparison.sites.every(({ bytes_delta }) => bytes_delta === 0)).toBe(true);
        expect(comparison.suspects).toEqual([]);
      }),
    );
  });
});
