import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createAnalyser } from "../../../src/analysis/analyses/analyser.js";
import { pkgSums, REQUIRE } from "../../support/dump-text.js";
import { analyse, analyseFixtures, fixture, NOW } from "./analyse.js";

const DEBIAN = "5.6.3-debian-default";
const C2 = "incidents/c2-leak-pkg-require-async-5.6.3-debian";

describe("each kind of text is recognised by itself", () => {
  test.each([
    [`${DEBIAN}/I.txt`, "build", ["builds"]],
    [`${DEBIAN}/cmdline.txt`, "command_line", ["settings"]],
    [`${DEBIAN}/kamailio.service`, "systemd_unit", ["settings"]],
    [`${DEBIAN}/k.cfg`, "kamailio_cfg", ["config"]],
    [`${DEBIAN}/idle/dump-shm-ms12.log`, "dump", ["dumps", "log"]],
    [`${C2}/usage.ndjson.gz`, "pkg_stats", ["usage"]],
    ["more/5.6.3-debian/kamcmd-pkg.stats.txt", "pkg_stats", ["usage"]],
    ["more/5.6.3-debian/kamcmd-mod.mem_statsx-all-shm.txt", "mod_stats", ["dumps"]],
    ["more/5.6.3-debian/gdb-qmwalk-shm-stripped.txt", "gdb_walk", ["dumps"]],
    ["more/5.6.3-debian/oom-pkg-qm.txt", "kamailio_log", ["incidents", "log"]],
    ["host-memory/meminfo.txt", "meminfo", ["host_memory"]],
    ["host-memory/slabtop.txt", "slabtop", ["host_memory"]],
  ])("%s", async (name, kind, parts) => {
    const { recognised, unrecognised } = await analyseFixtures(name);
    expect(unrecognised).toEqual([]);
    expect(recognised).toMatchObject([{ kind }]);
    expect(recognised[0]?.parts).toEqual(expect.arrayContaining(parts));
  });

  test.each([
    ["nothing", "", "empty"],
    ["prose", "Dear all, our server is slow since yesterday.\n", "prose"],
    ["an executable", "\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0", "elf"],
    ["a web page", "<!DOCTYPE html><html><body>404</body></html>", "html"],
    ["an error of the shell", "bash: kamcmd: command not found\n", "shell_error"],
  ])("%s is not read: it says what it looks like and what to do", async (_, text, kind) => {
    const analysis = await analyse({ it: text });
    expect(analysis).toMatchObject({ ok: false, recognised: [], unrecognised: [{ text: "it", kind }] });
    expect(analysis.unrecognised[0]?.hint.length).toBeGreaterThan(10);
  });

  test("several outputs in one text are all read", async () => {
    const text = Buffer.concat(
      [`${DEBIAN}/I.txt`, `${DEBIAN}/cmdline.txt`, "more/5.6.3-debian/oom-pkg-qm.txt", "host-memory/meminfo.txt"].map((name) =>
        Buffer.concat([fixture(name), Buffer.from("\n")]),
      ),
    );
    const analysis = await analyse({ text });
    expect(analysis.recognised[0]?.parts).toEqual(expect.arrayContaining(["builds", "settings", "incidents", "host_memory"]));
    expect(analysis.settings?.values.shm_size_mb).toMatchObject({ value: 32, evidence_id: "text" });
    expect(analysis.readiness?.judged.version).toBe("5.6.3");
    expect(analysis.host_memory?.verdict).toBeTruthy();
  });
});

describe("an instance that leaks, from its files alone", () => {
  test("the site, the bug and the fixed release", async () => {
    const analysis = await analyseFixtures(
      `${DEBIAN}/I.txt`,
      `${C2}/cmdline.txt`,
      `${C2}/usage.ndjson.gz`,
      `${C2}/dump-end-pkg-Async.log.gz`,
      `${C2}/dump-middle-pkg-Async.log.gz`,
    );
    expect(analysis.ok).toBe(false);
    expect(analysis.comparison?.suspects[0]?.site).toBe(REQUIRE);
    expect(analysis.comparison?.dump_names).toEqual([
      expect.stringContaining("dump-middle-pkg-Async.log.gz:"),
      expect.stringContaining("dump-end-pkg-Async.log.gz:"),
    ]);
    expect(analysis.comparison?.warnings[0]).toContain("max_used");
    expect(analysis.usage?.diagnosis.pools.find(({ pool }) => pool === "pkg")?.verdict).toBe("leak_suspected");
    const [issue] = analysis.known_issues;
    expect(issue).toMatchObject({ certainty: "likely", upgrade_to: "5.6.4" });
    expect(analysis.summary).toContain("parse_require");
  });

  test("pkg dumps carry the name of the process that the usage shows", async () => {
    const analysis = await analyseFixtures(`${C2}/usage.ndjson.gz`, `${C2}/dump-end-pkg-Async.log.gz`);
    expect(analysis.dumps[0]?.process).toMatch(/Async/);
  });
});

describe("a dump", () => {
  test("lists its sites by bytes, the known ones explained", async () => {
    const { dumps, ok } = await analyseFixtures(`${C2}/dump-start-shm.log`);
    expect(ok).toBe(true);
    const [dump] = dumps;
    expect(dump).toMatchObject({ pool: "shm", form: "status", complete: true, manager: "qm" });
    const bytes = dump?.sites.map((site) => site.bytes) ?? [];
    expect(bytes.length).toBe(dump?.sites_total);
    expect(bytes).toEqual([...bytes].sort((a, b) => b - a));
    expect(bytes.reduce((sum, one) => sum + one, 0)).toBe(dump?.allocated_bytes);
    expect(dump?.sites[0]).toMatchObject({
      module: "tm",
      function: "init_hash_table",
      count: 1,
      explanation: { start_up: true },
    });
  });

  test("the number of sites listed can be bounded, their total is said", async () => {
    const { dumps } = await analyse({ dump: fixture(`${C2}/dump-start-shm.log`) }, { sites: 3 });
    expect(dumps[0]?.sites.length).toBe(3);
    expect(dumps[0]?.sites_total).toBeGreaterThan(3);
  });

  test.each([1, 7, 100, 4096])("reads the same in pieces of %i bytes", async (chunk) => {
    const text = fixture(`${C2}/dump-start-shm.log`);
    expect(await analyse({ text }, { chunk })).toEqual(await analyse({ text }));
  });
});

describe("what is said is safe and bounded", () => {
  test("secrets are in nothing that is shown", async () => {
    const secret = "hunter2secret";
    const log = `Nov 23 01:17:35 sip1 kamailio[3931]: ERROR: db_mysql [km_val.c:1]: no more pkg memory for mysql://kamailio:${secret}@localhost/kamailio\n`;
    const config = `#!KAMAILIO\n#!define DBURL "mysql://kamailio:${secret}@localhost/kamailio"\ndebug=2\nmodparam("usrloc", "db_url", "mysql://kamailio:${secret}@localhost/kamailio")\nloadmodule "tm.so"\n`;
    const analysis = await analyse({ log, config, mixed: `kamailio -m 64 -M 8 -A DBPASS=${secret}\n${log}` });
    expect(analysis.incidents.length).toBeGreaterThan(0);
    expect(analysis.config).not.toBeNull();
    expect(analysis.secrets_removed).toBeGreaterThan(0);
    expect(JSON.stringify(analysis)).not.toContain(secret);
  });

  test("short outputs at the end of a long text are found", async () => {
    const noise = "Nov 23 01:17:35 sip1 kamailio[3931]: INFO: <script>: a call\n".repeat(60_000);
    const analysis = await analyse({ collected: `${noise}${fixture(`${DEBIAN}/I.txt`)}` }, { chunk: 1_000_000 });
    expect(analysis.recognised[0]?.parts).toContain("builds");
    expect(analysis.builds[0]?.version?.text).toBe("5.6.3");
  });

  test("a long history of counters is read to its end", async () => {
    const from = Date.parse("2026-10-01T00:00:00Z");
    const line = (minute: number) =>
      `${JSON.stringify({ at: new Date(from + minute * 60_000).toISOString(), shm: { total: 67108864, free: 60000000, used: 5000000, real_used: 7000000, max_used: 7100000, fragments: 10 } })}\n`;
    const count = 12_000;
    const analysis = await analyse({ history: Array.from({ length: count }, (_, minute) => line(minute)).join("") });
    expect(analysis.usage).toMatchObject({ accepted: { samples: count, shm: count }, rejected_total: 0 });
    expect(analysis.usage?.last_at).toBe(new Date(from + (count - 1) * 60_000).toISOString());
    expect(analysis.usage?.as_of).toBe(analysis.usage?.last_at);
  });

  test("any bytes in any pieces: an analysis, never an exception", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), async (chunks) => {
        const analyser = createAnalyser({ now: NOW });
        for (const chunk of chunks) await analyser.push(chunk);
        const { recognised, unrecognised } = await analyser.end();
        expect(recognised.length + unrecognised.length).toBe(chunks.length === 0 ? 0 : 1);
      }),
      { numRuns: 60 },
    );
  });

  test("a cut dump is incomplete, whatever stands beside it", async () => {
    const dump = pkgSums(3931, [{ site: REQUIRE, count: 10, bytes: 160 }]);
    const cut = dump.slice(0, dump.lastIndexOf(" 6(3931)"));
    const analysis = await analyse({ cut: `kamailio -m 64\n${cut}` });
    expect(analysis.dumps).toMatchObject([{ complete: false, incomplete_reason: expect.any(String) }]);
  });
});

test("the later of two texts of one kind wins", async () => {
  const analysis = await analyse({ before: "kamailio -m 64 -M 8\n", after: "kamailio -m 256 -M 8\n" });
  expect(analysis.settings?.values.shm_size_mb).toMatchObject({ value: 256, evidence_id: "after" });
});

test("times without a year are those before the text was taken", async () => {
  const analyser = createAnalyser({ now: NOW });
  await analyser.begin("log", Date.parse("2024-01-05T00:00:00Z"));
  await analyser.push(fixture("syslog/5.6.3-debian-journald-short.txt.gz"));
  const { dumps } = await analyser.end();
  expect(dumps.length).toBeGreaterThan(0);
  for (const { taken_at } of dumps) expect(taken_at).toMatch(/^2023-/);
});

describe("texts of several kinds at once", () => {
  test("a configuration as a map of files is read with its main file", async () => {
    const { config } = await analyseFixtures("configs/ims-map.json");
    expect(config?.files).toEqual(["pcscf.cfg", "kamailio_pcscf.cfg", "route/register.cfg"]);
    expect(JSON.stringify(config)).not.toContain("module_ctl_missing");
  });

  test.each([
    ["docker-inspect-oomkilled", false, /ended the server for its memory limit before .* as much as -m 256/],
    ["k8s-limit-below-m", false, /limit is 256 MB .* below -m 512 alone/],
    ["kubectl-describe", false, /14 restarts.* below -m 512 alone/],
    ["dockerfile", true, /^Read: arguments of a container.* -m 256 \(container\) and -M 16 \(container\)\.$/],
    ["k8s-env-only", true, /^Read: arguments of a container/],
  ])("%s: what it says stands in the summary", async (name, ok, summary) => {
    const analysis = await analyseFixtures(`start-files/${name}.txt`);
    expect(analysis.ok).toBe(ok);
    expect(analysis.summary).toMatch(summary);
  });

  test("the description of a pod is no process", async () => {
    const { recognised } = await analyseFixtures("start-files/kubectl-describe.txt");
    expect(recognised[0]?.parts).toEqual(["settings"]);
  });
});
