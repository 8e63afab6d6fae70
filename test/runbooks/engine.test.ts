import { describe, expect, test } from "vitest";
import { advance, markStep, type StepMark } from "../../src/runbooks/engine.js";
import type { RunbookFacts } from "../../src/runbooks/facts.js";
import type { Runbook } from "../../src/runbooks/runbook.js";
import { dumpAt, factsOf, incidentAt, MINUTE, make, NOW, stepOf, usageAt } from "../support/runbook-facts.js";

const MB = 1_048_576;

function mark(runbook: Runbook, step: string, at: number, more: Partial<StepMark> = {}): Runbook {
  const marked = markStep(runbook, step, { status: "done", note: null, evidence: null, at, ...more });
  if (marked === null) throw new Error(`no step ${step}`);
  return marked;
}

const later = (facts: RunbookFacts, minutes: number, more: Partial<RunbookFacts> = {}): RunbookFacts => ({
  ...facts,
  ...more,
  now: NOW + minutes * MINUTE,
});

describe("evidence", () => {
  test("what is recorded already satisfies steps at once, by its record", () => {
    const runbook = make("out_of_memory", factsOf());
    expect(stepOf(runbook, "record_build")).toMatchObject({
      status: "satisfied",
      satisfied_by: { kind: "build", id: "bld_1", detail: "kamailio 5.6.3, DBG_SR_MEMORY" },
    });
    expect(stepOf(runbook, "record_settings").status).toBe("satisfied");
    expect(runbook.next_step).toBe("find_lines");
  });

  test("an incident names pool and process, and the commands carry the pid", () => {
    const facts = factsOf();
    const runbook = advance(make("out_of_memory", facts), later(facts, 1, { incidents: [incidentAt(NOW, { pids: [4242] })] }));
    expect(stepOf(runbook, "find_lines").satisfied_by).toMatchObject({ kind: "incident", id: `inc_${NOW}` });
    expect(stepOf(runbook, "name_pool").satisfied_by?.detail).toContain("pkg");
    expect(stepOf(runbook, "dump_before_restart").commands.at(-1)?.text).toBe("kamcmd cfg.set_now_int core mem_dump_pkg 4242");
    expect(runbook.title).toContain("pkg");
  });

  test("without a pid nothing is guessed: the command stops until it is set", () => {
    const line = stepOf(make("collect_dump", factsOf(), { pool: "pkg" }), "take_dump").commands.at(-1)?.text;
    expect(line).toMatch(/mem_dump_pkg "\$\{PID:\?.*\}"$/);
  });

  test.each([
    ["a list of three lines a chunk", "5.6.3", true, "list", true],
    ["a list of one line a chunk, of how many nobody knows", "5.6.3", false, "list", true],
    ["sums by RPC", "5.6.3", true, "sums", false],
    ["sums were wanted and only a list is to be had", "5.6.3", false, "sums", true],
  ])("the log's rate limit is lifted for a dump that lists: %s", (_, version, debug, form, lifted) => {
    const { steps } = make("collect_dump", factsOf({ version, debug }), { pool: "shm", form });
    expect(steps.some(({ id }) => id === "lift_log_limit")).toBe(lifted);
  });

  test.each([
    ["a complete dump of the pool", { pool: "shm" as const }, "satisfied"],
    ["an incomplete dump", { pool: "shm" as const, complete: false, incomplete_reason: "lines are missing" }, "failed"],
    ["a dump of the other pool", { pool: "pkg" as const, pid: 7 }, "failed"],
  ])("%s decides the step", (_, more, status) => {
    const facts = factsOf();
    const dumps = [dumpAt(NOW + MINUTE, [{ function: "build_cell", count: 5, bytes: 5000 }], more)];
    const step = stepOf(advance(make("collect_dump", facts, { pool: "shm" }), later(facts, 2, { dumps })), "take_dump");
    expect(step.status).toBe(status);
    expect(step.satisfied_by?.id).toBe(dumps[0]?.id);
  });

  test("a dump of another process does not answer for this one", () => {
    const facts = factsOf();
    const dumps = [dumpAt(NOW + MINUTE, [{ function: "f", count: 1, bytes: 8 }], { pool: "pkg", pid: 99 })];
    const step = stepOf(
      advance(make("collect_dump", facts, { pool: "pkg", pid: 4242 }), later(facts, 2, { dumps })),
      "take_dump",
    );
    expect(step).toMatchObject({
      status: "failed",
      satisfied_by: { detail: "A dump came, but of pkg of pid 99, not of pkg of pid 4242." },
    });
  });

  test("a pool that is full now decides first, whatever the other one's history says", () => {
    const facts = factsOf();
    const [shm, pkg] = facts.diagnosis?.pools ?? [];
    if (shm === undefined || pkg === undefined) throw new Error("both pools are judged");
    const full_now = {
      used_share: 1,
      free_bytes: 0,
      processes: [],
      failures: 3,
      failing: true,
      since: null,
      at: null,
      stale: false,
    };
    const decide = (...pools: (typeof shm)[]) =>
      stepOf(make("first_15_minutes", { ...facts, diagnosis: { ok: false, pools, title: "", dedup_key: "" } }), "decide");
    const leaking = { ...shm, verdict: "leak_suspected" as const };
    expect(decide(leaking, pkg).when_ok).toMatch(/^Memory is not given back/);
    const open = decide(leaking, { ...pkg, full_now });
    expect(open).toMatchObject({ status: "open", expect: expect.stringMatching(/^Now: insufficient_data of pkg/) });
    expect(open.when_ok).toMatch(/^It is full now: make room before anything else/);
    const told = decide(leaking, { ...pkg, verdict: "undersized", full_now });
    expect(told.satisfied_by?.detail).toMatch(/^undersized of pkg/);
    expect(told.when_ok).toMatch(/^It is full now: .*make the runbook resize/);
    expect(decide(leaking, { ...pkg, full_now: { ...full_now, stale: true } }).when_ok).toMatch(/^It was full at its newest/);
  });

  test("old evidence counts for no step that asks for now", () => {
    const usage = { latest: usageAt(NOW - 60 * MINUTE, { used: MB }), start_up: null, recent: [] };
    expect(stepOf(make("out_of_memory", factsOf({}, { usage })), "usage_now").status).toBe("open");
  });

  test("a new build with debugging ends the rebuild steps; they stay to be read", () => {
    const without = factsOf({ version: "5.8.8", debug: false });
    const runbook = make("enable_debugging", without);
    expect(
      stepOf(runbook, "rebuild_configure")
        .commands.map(({ text }) => text)
        .join(),
    ).toContain("MEMDBG=1");
    expect(stepOf(runbook, "verify").status).toBe("open");
    const built = advance(runbook, later(factsOf({ version: "5.8.8" }), 30));
    expect(stepOf(built, "verify")).toMatchObject({ status: "satisfied", satisfied_by: { kind: "build" } });
    expect(stepOf(built, "rebuild_configure")).toMatchObject({ status: "satisfied", satisfied_by: { kind: "judgement" } });
    expect(built.steps.map(({ id }) => id).indexOf("rebuild_configure")).toBeLessThan(
      built.steps.map(({ id }) => id).indexOf("verify"),
    );
  });

  test("a new build that still has none fails the proof", () => {
    const facts = factsOf({ version: "5.8.8", debug: false });
    const seen = later(facts, 30, { last_seen: { ...facts.last_seen, build: NOW + 20 * MINUTE } });
    expect(stepOf(advance(make("enable_debugging", facts), seen), "verify")).toMatchObject({
      status: "failed",
      satisfied_by: { kind: "build" },
    });
  });

  test("the counters show that a pool was made larger", () => {
    const facts = factsOf();
    const recent = [usageAt(NOW, { used: MB }), usageAt(NOW + 5 * MINUTE, { used: MB, total: 128 * MB })];
    const runbook = advance(
      make("out_of_memory", facts, { pool: "shm" }),
      later(facts, 6, { usage: { latest: recent[1] ?? null, start_up: null, recent } }),
    );
    expect(stepOf(runbook, "raise_pool")).toMatchObject({ status: "satisfied", satisfied_by: { kind: "usage" } });
  });

  test("the same facts give the same runbook, and advancing twice changes nothing", () => {
    const facts = factsOf();
    const once = advance(make("leak_hunt", facts), facts);
    expect(advance(once, facts)).toEqual(once);
    expect(make("leak_hunt", facts)).toEqual(once);
  });
});

describe("marks", () => {
  test("what a person says stays, and is shown as theirs", () => {
    const facts = factsOf();
    const marked = advance(
      mark(make("out_of_memory", facts), "find_lines", NOW, { note: "no such line", status: "failed", evidence: "ticket 7" }),
      later(facts, 5),
    );
    expect(stepOf(marked, "find_lines")).toMatchObject({
      status: "failed",
      satisfied_by: { kind: "person", id: "ticket 7", detail: "no such line" },
    });
    expect(marked.next_step).not.toBe("find_lines");
  });

  test("open takes a mark back", () => {
    const facts = factsOf();
    const marked = mark(make("out_of_memory", facts), "find_lines", NOW);
    expect(stepOf(advance(mark(marked, "find_lines", NOW, { status: "open" }), facts), "find_lines").status).toBe("open");
  });

  test("newer records prove a step failed that was marked done, older ones do not, and what is skipped stays skipped", () => {
    const facts = factsOf();
    const half = (at: number) =>
      later(facts, 9, {
        dumps: [dumpAt(at, [{ function: "f", count: 1, bytes: 8 }], { complete: false, incomplete_reason: "cut" })],
      });
    const done = mark(make("collect_dump", facts), "take_dump", NOW + 4 * MINUTE);
    expect(stepOf(advance(done, half(NOW + 5 * MINUTE)), "take_dump").status).toBe("failed");
    expect(stepOf(advance(done, half(NOW + 3 * MINUTE)), "take_dump").status).toBe("done");
    const skipped = mark(make("collect_dump", facts), "take_dump", NOW + 4 * MINUTE, { status: "skipped" });
    expect(stepOf(advance(skipped, half(NOW + 5 * MINUTE)), "take_dump").status).toBe("skipped");
  });

  test("a runbook whose steps are all decided is done", () => {
    const facts = factsOf();
    let runbook = make("collect_dump", facts);
    while (runbook.next_step !== null) runbook = advance(mark(runbook, runbook.next_step, NOW), facts);
    expect(runbook.status).toBe("done");
  });

  test("a step that is not there cannot be marked", () => {
    expect(
      markStep(make("collect_dump", factsOf()), "nosuch", { status: "done", note: null, evidence: null, at: NOW }),
    ).toBeNull();
  });
});

describe("the quiet test", () => {
  const WAIT = 300;
  const stoppedAt = NOW + 10 * MINUTE;
  const quietAt = stoppedAt + (WAIT + 30) * 1000;

  function run(start: number | null, loaded: number, quiet: number, now = quietAt): Runbook {
    const facts = factsOf();
    const recent = [usageAt(NOW + 9 * MINUTE, { used: loaded }), ...(now >= quietAt ? [usageAt(quietAt, { used: quiet })] : [])];
    const usage = {
      latest: recent.at(-1) ?? null,
      start_up: start === null ? null : usageAt(NOW - 600 * MINUTE, { used: start }),
      recent,
    };
    const marked = mark(make("quiet_test", facts, { pool: "shm", wait_seconds: WAIT }), "stop_traffic", stoppedAt);
    return advance(marked, { ...facts, usage, now });
  }

  test.each([
    ["all comes back", 5, 40, 6, "returned"],
    ["nothing comes back", 5, 40, 39, "not_returned"],
    ["more is held than before", 5, 40, 44, "not_returned"],
    ["some comes back", 5, 40, 16, "inconclusive"],
    ["load took nothing", 5, 5.1, 5.1, "inconclusive"],
    ["no level from the start", null, 40, 6, "inconclusive"],
  ])("%s", (_, start, loaded, quiet, outcome) => {
    const runbook = run(start === null ? null : start * MB, loaded * MB, quiet * MB);
    expect(runbook.verdict?.outcome).toBe(outcome);
    expect(stepOf(runbook, "quiet").status).toBe("satisfied");
    expect(stepOf(runbook, "wait")).toMatchObject({ status: "satisfied", satisfied_by: { kind: "clock" } });
  });

  test("before the wait is over there is no verdict and the wait is what is next", () => {
    const runbook = run(5 * MB, 40 * MB, 6 * MB, stoppedAt + 60_000);
    expect(runbook.verdict).toBeNull();
    expect(stepOf(runbook, "wait")).toMatchObject({ status: "open" });
  });

  test.each<[string, RunbookFacts["module_parameters"], Record<string, unknown>, number]>([
    ["tm's defaults and an hour of registrations", [], {}, 3660],
    ["tm's own timers", [{ module: "tm", name: "max_inv_lifetime", value: 7_200_000 }], {}, 7265],
    ["a registrar with short expiry", [{ module: "registrar", name: "max_expires", value: 600 }], {}, 660],
    [
      "a hash table that keeps entries longer",
      [{ module: "htable", name: "htable", value: "a=>size=8;autoexpire=10800;" }],
      {},
      10_860,
    ],
    ["calls that will be left to end", [], { dialog_lifetime_seconds: 9000 }, 9060],
    ["what the caller says wins", [{ module: "tm", name: "max_inv_lifetime", value: 7_200_000 }], { wait_seconds: 42 }, 42],
  ])("waits for %s", (_, module_parameters, given, seconds) => {
    const runbook = make("quiet_test", factsOf({}, { module_parameters }), given);
    expect(stepOf(runbook, "wait").commands[0]?.text).toBe(`sleep ${seconds}`);
  });

  test("the dumps of both moments name what is still held", () => {
    const facts = factsOf();
    const leak = { function: "build_cell", count: 900, bytes: 9_000_000 };
    const load = { module: "core", file: "core/data_lump.c", function: "insert_new_lump", count: 50, bytes: 500_000 };
    const dumps = [dumpAt(quietAt, [leak]), dumpAt(NOW + 9 * MINUTE, [leak, load])];
    const recent = [usageAt(NOW + 9 * MINUTE, { used: 40 * MB }), usageAt(quietAt, { used: 39 * MB })];
    const usage = { latest: recent[1] ?? null, start_up: usageAt(NOW - 600 * MINUTE, { used: 5 * MB }), recent };
    const marked = mark(make("quiet_test", facts, { wait_seconds: WAIT }), "stop_traffic", stoppedAt);
    const { verdict } = advance(marked, { ...facts, usage, dumps, now: quietAt });
    const said = verdict?.evidence.join("\n") ?? "";
    expect(said).toMatch(/still held: .*build_cell/);
    expect(said).not.toMatch(/still held: .*insert_new_lump/);
  });
});

describe("the leak hunt", () => {
  test("three dumps name the site whose count grows, and say when the next is due", () => {
    const facts = factsOf();
    const dump = (hours: number, count: number) =>
      dumpAt(NOW + hours * 60 * MINUTE, [
        { function: "build_cell", count, bytes: count * 5000 },
        { module: "core", file: "core/timer.c", function: "init_timer", count: 1, bytes: 278_544 },
      ]);
    const one = advance(make("leak_hunt", facts), later(facts, 1, { dumps: [dump(0, 100)] }));
    expect(stepOf(one, "dump_1").status).toBe("satisfied");
    expect(stepOf(one, "dump_2").status).toBe("open");
    expect(one.verdict).toBeNull();
    const three = advance(one, later(facts, 130, { dumps: [dump(2.1, 4100), dump(1.05, 2100), dump(0, 100)] }));
    expect(stepOf(three, "dump_3").status).toBe("satisfied");
    expect(stepOf(three, "compare").status).toBe("satisfied");
    expect(three.verdict?.outcome).toBe("site_named");
    expect(three.verdict?.evidence[0]).toContain("build_cell");
  });

  test("chunks that add up to less than used are the accounting bug of this release", () => {
    const facts = factsOf();
    const dumps = [dumpAt(NOW, [{ function: "build_cell", count: 1, bytes: 509_224 }], { used: 708_224 })];
    expect(stepOf(advance(make("leak_hunt", facts), later(facts, 1, { dumps })), "phantom")).toMatchObject({
      status: "failed",
      satisfied_by: { kind: "dump" },
    });
    expect(make("leak_hunt", factsOf({ version: "6.1.4" })).steps.map(({ id }) => id)).not.toContain("phantom");
  });
});

describe("the reload test", () => {
  test.each([
    ["each reload leaves something", 3_200_000, "leaks"],
    ["nothing is left", 100, "no_leak"],
  ])("%s", (_, each, outcome) => {
    const facts = factsOf();
    const reloaded = NOW + 5 * MINUTE;
    const recent = [usageAt(NOW, { used: 10 * MB }), usageAt(reloaded + 2 * MINUTE, { used: 10 * MB + 10 * each })];
    const marked = mark(make("reload_leak", facts, { command: "tls.reload", repeats: 10 }), "reload", reloaded);
    const runbook = advance(marked, {
      ...facts,
      usage: { latest: recent[1] ?? null, start_up: null, recent },
      now: reloaded + 3 * MINUTE,
    });
    expect(runbook.verdict?.outcome).toBe(outcome);
  });

  test("the reload command's words stay words", () => {
    const line = stepOf(make("reload_leak", factsOf(), { command: "htable.reload a;b $x" }), "reload").commands[0]?.text;
    expect(line).toBe("for i in $(seq 10); do kamcmd htable.reload 'a;b' '$x'; sleep 6; done");
  });
});

describe("TLS", () => {
  test("the thresholds are those of this instance's processes", () => {
    const pkg = Array.from({ length: 20 }, (_, index) => ({ pid: 100 + index, used: MB }));
    const usage = { latest: usageAt(NOW, { used: 60 * MB, free: 5 * MB }, pkg), start_up: null, recent: [] };
    const step = stepOf(make("tls_low_memory", factsOf({}, { usage })), "threshold");
    expect(step.why).toContain("below 10 MB");
    expect(step.status).toBe("failed");
  });
});

describe("the first 15 minutes", () => {
  test.each([
    [{ kind: "overrun" as const, pool: "shm" as const }, "corruption"],
    [{ kind: "tls_low_memory" as const, pool: "shm" as const }, "tls_low_memory"],
    [{ kind: "fragmentation" as const, pool: "shm" as const }, "fragmentation"],
    [{ kind: "exhaustion" as const, pool: "pkg" as const }, "out_of_memory"],
  ])("%o leads on", (incident, kind) => {
    expect(make("first_15_minutes", factsOf({}, { incidents: [incidentAt(NOW, incident)] })).verdict?.outcome).toBe(kind);
  });
});
