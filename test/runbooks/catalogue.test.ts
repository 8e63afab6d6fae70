import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splitShellCommands } from "../../src/kamailio/shell-words.js";
import { CATALOGUE } from "../../src/runbooks/catalogue.js";
import { RUNBOOK_KINDS, type RunbookKind } from "../../src/runbooks/runbook.js";
import { commandsOf, type FactsWish, factsOf, make, stepOf } from "../support/runbook-facts.js";

const RELEASES: [string, FactsWish][] = [
  ["3.3.7 without debugging", { version: "3.3.7", memory: ["PKG_MALLOC", "F_MALLOC"] }],
  ["4.0.7 with debugging", { version: "4.0.7", memory: ["PKG_MALLOC", "DBG_QM_MALLOC"] }],
  ["4.3.7 f_malloc", { version: "4.3.7", memory: ["PKG_MALLOC", "F_MALLOC", "DBG_F_MALLOC"] }],
  ["4.4.7", { version: "4.4.7" }],
  ["5.0.8", { version: "5.0.8" }],
  ["5.6.3", { version: "5.6.3" }],
  ["5.8.8 without debugging", { version: "5.8.8", debug: false }],
  ["5.8.8 under tlsf", { version: "5.8.8", settings: { shm_manager: "tlsf", pkg_manager: "tlsf" } }],
  ["6.1.4 in docker", { version: "6.1.4", settings: { service_manager: "docker" } }],
  ["6.1.4 in kubernetes", { version: "6.1.4", settings: { service_manager: "kubernetes" } }],
  ["5.6.3 under sysvinit", { version: "5.6.3", settings: { service_manager: "sysvinit" } }],
  ["5.6.3 without RPC", { version: "5.6.3", settings: { modules: ["tm"] } }],
  ["nothing known", { version: null }],
];
const CASES = RELEASES.flatMap(([name, wish]) => RUNBOOK_KINDS.map((kind) => [kind, name, wish] as const));

test("the catalogue has every kind once, and each says when to use it", () => {
  expect(CATALOGUE.map(({ kind }) => kind)).toEqual([...RUNBOOK_KINDS]);
  for (const { when_to_use, title } of CATALOGUE) expect(when_to_use.length + title.length).toBeGreaterThan(40);
});

describe.each(CASES)("%s on %s", (kind, _, wish) => {
  const pools = CATALOGUE.find((one) => one.kind === kind)?.parameters.find(({ name }) => name === "pool")?.values ?? [undefined];
  const runbooks = pools.map((pool) => make(kind, factsOf(wish), pool === undefined ? {} : { pool }));

  test("its steps are whole, named once, and the first waiting one is next", () => {
    for (const { steps, next_step, status } of runbooks) {
      expect(new Set(steps.map(({ id }) => id)).size).toBe(steps.length);
      for (const { id, title, why, expect: expected, when_ok, when_not } of steps)
        for (const part of [title, why, expected, when_ok, when_not]) expect(part.length, id).toBeGreaterThan(0);
      expect(next_step).toBe(steps.find((step) => step.status === "open" || step.status === "failed")?.id ?? null);
      expect(status).toBe(next_step === null ? "done" : "open");
    }
  });

  test("nothing is left unfilled, and what risks something says what", () => {
    for (const runbook of runbooks) {
      const text = JSON.stringify(runbook);
      for (const hole of ["undefined", "NaN", "[object Object]"]) expect(text).not.toContain(hole);
      for (const { id, risk, risk_detail } of runbook.steps)
        expect(risk === "none" || risk_detail !== null, `${id}: ${risk}`).toBe(true);
    }
  });

  test("every command is shell that a shell can read", () => {
    const lines = [...new Set(runbooks.flatMap(commandsOf))];
    const read = spawnSync("sh", ["-n"], { input: `${lines.join("\n")}\n`, encoding: "utf8" });
    expect(read.stderr).toBe("");
    expect(read.status).toBe(0);
  });
});

/** A word in a command that a release or a module does not have. */
const ABSENT: [string, FactsWish, string[], string[]][] = [
  [
    "3.3 has sercmd",
    { version: "3.3.7", memory: ["PKG_MALLOC", "DBG_QM_MALLOC"] },
    ["sercmd "],
    ["kamcmd", "mod.stats", "mod.mem_stats", "shm.report", "corex.", "-x ", "stats.get_statistics", "core.modules"],
  ],
  [
    "4.2 has no mod.stats and no -x",
    { version: "4.2.8", memory: ["PKG_MALLOC", "DBG_QM_MALLOC"] },
    ["kamcmd "],
    ["sercmd", "mod.stats", "mod.mem_stats", "shm.report", "-x qm", "core.modules"],
  ],
  ["4.4 has mod.stats without counts", { version: "4.4.7" }, ["kamcmd mod.stats all shm"], ["mod.mem_statsx", "shm.report"]],
  ["5.6 has both", { version: "5.6.3" }, ["kamcmd mod.mem_statsx all shm", "kamcmd shm.report"], ["sercmd", "shm.rprint"]],
  [
    "without kex there is no pkg.stats",
    { version: "5.6.3", settings: { modules: ["tm", "ctl", "cfg_rpc", "corex"] } },
    ["mem_dump_pkg"],
    ["pkg.stats", "mod.mem_stats", "stats.get_statistics"],
  ],
  [
    "without cfg_rpc a signal asks",
    { version: "5.6.3", settings: { modules: ["tm", "ctl", "kex"], debug: 3, memlog: 1, mem_summary: 15 } },
    ["kill -USR1"],
    ["cfg.set_now_int"],
  ],
];
const DIAGNOSTIC: RunbookKind[] = [
  "out_of_memory",
  "leak_hunt",
  "quiet_test",
  "collect_dump",
  "fragmentation",
  "tls_low_memory",
  "reload_leak",
];

test.each(ABSENT)("%s", (_, wish, present, absent) => {
  const facts = factsOf(wish);
  const lines = DIAGNOSTIC.flatMap((kind) =>
    ["shm", "pkg"].flatMap((pool) =>
      commandsOf(make(kind, facts, kind === "reload_leak" || kind === "tls_low_memory" ? {} : { pool })),
    ),
  );
  const all = lines.filter((line) => !line.startsWith("cat > /tmp/kamailio-walk")).join("\n");
  for (const word of present) expect(all).toContain(word);
  for (const word of absent) expect(all).not.toContain(word);
});

/** What the wiki page "Troubleshooting Memory" tells to do, and where it is now, corrected for the release. */
test.each<[string, RunbookKind, FactsWish, string[]]>([
  ["sizes with -M and -m", "out_of_memory", { settings: { service_manager: "openrc" } }, ["-M 16"]],
  ["shm and pkg statistics", "first_15_minutes", {}, ["kamctl stats shmem", "kamcmd pkg.stats"]],
  ["stop the traffic and watch", "quiet_test", {}, ["come back when traffic stops", "stop_traffic"]],
  ["growth of the service, or very likely a leak", "out_of_memory", {}, ["constant subscribers", "very likely a leak"]],
  [
    "grep DBG_QM_MALLOC, for the releases where it is right",
    "enable_debugging",
    { version: "4.1.9", memory: ["PKG_MALLOC", "DBG_QM_MALLOC"] },
    ["grep -ow -e DBG_QM_MALLOC"],
  ],
  ["grep for the flag of 5.6 instead", "enable_debugging", {}, ["grep -ow -e DBG_SR_MEMORY"]],
  [
    "MEMMNG=1 MEMDBG=1 make cfg of 4.0",
    "enable_debugging",
    { version: "4.0.7", memory: ["PKG_MALLOC"] },
    ["MEMMNG=1", "MEMDBG=1", "make all", "make install"],
  ],
  ["memlog, where it matters", "collect_dump", {}, ["dump_at_stop", "memlog 0"]],
  ["the dump at the stop", "collect_dump", {}, ["Or let the next stop write it"]],
  ["cfg.set_now_int core mem_dump_pkg PID", "collect_dump", {}, ["cfg.set_now_int core mem_dump_pkg", "next SIP message"]],
  [
    "cfg.set_now_int core mem_dump_shm with the value it needs",
    "fragmentation",
    { version: "5.0.8" },
    ["cfg.set_now_int core mem_dump_shm 1"],
  ],
  ["kamctl ps", "collect_dump", {}, ["kamctl ps"]],
  ["the gdb script, by the symbol of the release", "gdb_walk", { version: "5.6.3" }, ["_pkg_root", "gdb -batch -nx -p"]],
  ["the gdb script of 4.1", "gdb_walk", { version: "4.1.9", memory: ["PKG_MALLOC", "DBG_QM_MALLOC"] }, ["&mem_block"]],
  ["slab that can be reclaimed", "host_memory_high", {}, ["Slab", "SReclaimable", "slabtop"]],
  ["drop_caches", "host_memory_high", {}, ["sync; echo 3 > /proc/sys/vm/drop_caches"]],
  [
    "few components take memory from the system",
    "host_memory_high",
    {},
    ["never more for its own work", "Few parts take memory from the system"],
  ],
])("the wiki's advice is reachable: %s", (_, kind, wish, words) => {
  const pooled = CATALOGUE.find((one) => one.kind === kind)?.parameters.find(({ name }) => name === "pool");
  const shown = (pooled === undefined ? [{}] : [{ pool: "shm" }, { pool: "pkg" }]).map((given) =>
    make(kind, factsOf(wish), given),
  );
  const said = shown
    .flatMap((runbook) => [
      runbook.title,
      ...runbook.steps.flatMap(({ id, title, why, expect: expected, when_ok, commands }) => [
        id,
        title,
        why,
        expected,
        when_ok,
        ...commands.map(({ text }) => text),
      ]),
    ])
    .join("\n");
  for (const word of words) expect(`${CATALOGUE.find((one) => one.kind === kind)?.title}\n${said}`).toContain(word);
});

test("a service in docker is asked through docker, by its name", () => {
  const runbook = make("collect_dump", factsOf({ version: "6.1.4", settings: { service_manager: "docker" } }), {
    pool: "shm",
    container: "sip proxy",
  });
  expect(stepOf(runbook, "take_dump").commands[0]).toEqual({
    run_on: "container_host",
    text: "docker exec 'sip proxy' kamcmd mod.mem_statsx all shm",
  });
});

test("with tokens the submit commands send one, and never hold it", () => {
  const runbook = make("collect_dump", factsOf({}, { service: { url: "https://kam.example", auth: "token" } }));
  expect(stepOf(runbook, "record_build").submit).toBe(
    '/usr/sbin/kamailio -I | curl -sS -H "Authorization: Bearer $KAMAILIO_ASSISTANT_TOKEN" --data-binary @- https://kam.example/v1/instances/sip1/builds',
  );
});

/** Words that a shell would take apart. */
const HOSTILE = fc.oneof(
  fc.constantFrom(
    "/opt/my kam; rm -rf x/kamailio",
    "/opt/$(touch x)/kamailio",
    "/opt/`id`/k'a\"m",
    "-rf",
    "/a\\b/$HOME/*",
    "/x\n/y",
  ),
  fc.string({ minLength: 1, maxLength: 40 }).filter((text) => !text.includes("\0")),
);

describe("whatever the paths are called", () => {
  test("the binary's path stays one argument of every command that runs it", () => {
    fc.assert(
      fc.property(HOSTILE, (path) => {
        const line =
          stepOf(make("collect_dump", factsOf({ settings: { binary: path } })), "record_build").commands[0]?.text ?? "";
        const printed = spawnSync("sh", ["-c", `printf '%s\\n' ${line}`], { encoding: "utf8" });
        expect(printed.stdout).toBe(`${path}\n-I\n`);
      }),
      { numRuns: 30 },
    );
  }, 60_000);

  test("so does the config file's, also through docker's own shell", () => {
    fc.assert(
      fc.property(HOSTILE, fc.constantFrom("systemd" as const, "docker" as const), (path, service_manager) => {
        const facts = factsOf({ settings: { config_file: path, service_manager } });
        const line = stepOf(make("quiet_test", facts, { container: "k" }), "record_config").commands[0]?.text ?? "";
        const printed = spawnSync("sh", ["-c", `printf '%s\\n' ${line}`], { encoding: "utf8" });
        expect(printed.stdout.endsWith(`cat\n${path}\n`)).toBe(true);
      }),
      { numRuns: 30 },
    );
  }, 60_000);

  test("no command of any kind runs a part of a hostile path", () => {
    const path = "/opt/my kam; touch OWNED; echo/kamailio";
    const facts = factsOf({ version: "5.8.8", debug: false, settings: { binary: path, config_file: path } });
    const lines = RUNBOOK_KINDS.flatMap((kind) => commandsOf(make(kind, facts)));
    expect(lines.some((line) => line.includes("OWNED"))).toBe(true);
    const run = lines.filter((line) => !line.startsWith("cat > ")).flatMap(programsOf);
    expect(run.filter((program) => program === "touch" || program.startsWith("echo/"))).toEqual([]);
  });
});

/** The programs that a line runs, also those inside of `sh -c '...'`. */
function programsOf(line: string): string[] {
  return (splitShellCommands(line) ?? ["unreadable"]).flatMap((words) => {
    const script = words[words.indexOf("-c") + 1];
    const inner = words.includes("sh") && words.includes("-c") && script !== undefined ? programsOf(script) : [];
    return [words[0] ?? "", ...inner];
  });
}
