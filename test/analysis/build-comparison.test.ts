import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareBuilds, runningDiffers } from "../../src/analysis/build-comparison.js";
import type { Build } from "../../src/kamailio/binary/build.js";
import { readBuilds } from "../../src/kamailio/binary/read-builds.js";
import { printCoreInfo, printInternals } from "../kamailio/binary/print-internals.js";

function only(text: string): Build {
  const [build, ...others] = readBuilds(text).builds;
  if (build === undefined || others.length > 0) throw new Error("the text should hold one build");
  return build;
}

const captured = (path: string) => only(readFileSync(new URL(`../fixtures/${path}`, import.meta.url), "utf8"));
const MANAGERS = ["Q_MALLOC", "F_MALLOC", "TLSF_MALLOC"];
const release = (version: string, ...words: string[]) =>
  only(printInternals({ version, memoryWords: [...words, ...MANAGERS, "DBG_SR_MEMORY"] }));

describe("what changes between two releases", () => {
  test.each`
    from       | to         | id                          | before                                                                             | after
    ${"4.4.7"} | ${"5.0.0"} | ${"default_manager"}        | ${"fm"}                                                                            | ${"qm"}
    ${"5.5.7"} | ${"5.6.0"} | ${"mem_summary"}            | ${"3"}                                                                             | ${"12"}
    ${"5.2.8"} | ${"5.3.0"} | ${"mem_join"}               | ${"0"}                                                                             | ${"1"}
    ${"5.0.8"} | ${"5.1.0"} | ${"mem_safety"}             | ${"0"}                                                                             | ${"1"}
    ${"5.6.6"} | ${"5.7.0"} | ${"shmmem_64_bit"}          | ${"no"}                                                                            | ${"yes"}
    ${"5.8.7"} | ${"5.8.8"} | ${"realloc_accounting_bug"} | ${"present"}                                                                       | ${"fixed"}
    ${"5.8.8"} | ${"6.0.0"} | ${"realloc_accounting_bug"} | ${"fixed"}                                                                         | ${"present"}
    ${"6.0.5"} | ${"6.0.6"} | ${"realloc_accounting_bug"} | ${"present"}                                                                       | ${"fixed"}
    ${"6.1.0"} | ${"5.6.3"} | ${"shmmem_64_bit"}          | ${"yes"}                                                                           | ${"no"}
    ${"6.0.3"} | ${"6.0.4"} | ${"build_system"}           | ${"make MEMDBG; cmake -DDBG_SR_MEMORY (a cmake build never joins free fragments)"} | ${"make MEMDBG; cmake -DMEMDBG"}
  `("$from to $to: $id", ({ from, to, id, before, after }) => {
    const change = compareBuilds(release(from), release(to)).release_changes.find((one) => one.id === id);
    expect(change).toMatchObject({ from: before, to: after });
    expect(change?.meaning).not.toBe("");
    expect(change?.source).not.toBe("");
  });

  test("two patch releases without a difference", () => {
    const { release_changes, direction, changes, flags_gained } = compareBuilds(release("5.6.3"), release("5.6.4"));
    expect({ release_changes, direction, flags_gained }).toEqual({ release_changes: [], direction: "upgrade", flags_gained: [] });
    expect(changes.map(({ field }) => field)).toEqual(["version"]);
  });

  test("default sizes of an old release", () => {
    const { changes } = compareBuilds(
      only(printInternals({ version: "4.1.9", memoryWords: ["DBG_QM_MALLOC"] })),
      release("4.4.0"),
    );
    expect(changes).toContainEqual({
      field: "default_shm_size_mb",
      from: 32,
      to: 64,
      meaning: "an instance without -m gets 64 MB instead of 32 MB shm",
    });
  });
});

describe("flags that come and go", () => {
  test("memory debugging switched off, with what it means", () => {
    const { flags_lost, changes } = compareBuilds(captured("5.5.7-default-qm/I.txt"), captured("5.5.7-dbg0-fm/I.txt"));
    expect(flags_lost).toEqual([
      {
        flag: "DBG_SR_MEMORY",
        meaning: "chunks carry no file, function and line: a dump cannot name who allocated",
        source: "ver_defs.h:174,346@4.4.0, mem/q_malloc.h:32@4.4.0",
      },
    ]);
    expect(changes.find(({ field }) => field === "memory.debug")).toMatchObject({ from: true, to: false });
  });

  test("a word that the other release does not print has not come", () => {
    const { flags_gained, changes } = compareBuilds(captured("6.0.7-default-qm/I.txt"), captured("6.1.4-cmake-qm/I.txt"));
    const word = flags_gained?.find(({ flag }) => flag === "DBG_QM_MALLOC");
    expect(word?.meaning).toBe("6.0.7 does not print this word: its absence there says nothing");
    expect(changes.map(({ field }) => field)).not.toContain("memory.debug");
  });

  test("a cmake build that lost MEM_JOIN_FREE fragments", () => {
    const { flags_lost, changes } = compareBuilds(release("5.8.8", "MEM_JOIN_FREE"), release("6.0.2-rc0"));
    expect(flags_lost?.find(({ flag }) => flag === "MEM_JOIN_FREE")?.meaning).toContain("never joined");
    expect(changes.find(({ field }) => field === "memory.join_free")).toMatchObject({ from: true, to: false });
  });

  test("an elided list compares with nothing", () => {
    const elided = only("version: kamailio 5.6.3 (x86_64/linux)\nflags: USE_TCP, ...\n");
    expect(compareBuilds(release("5.6.3"), elided)).toMatchObject({ flags_gained: null, flags_lost: null, same: null });
  });
});

describe("is the running process the recorded binary?", () => {
  const build = {
    version: "5.6.3",
    memoryWords: [...MANAGERS, "DBG_SR_MEMORY"],
    revision: "9a8b7c",
    compiledAt: "17:11:29 Sep 12 2022",
  };
  const recorded = only(printInternals(build));

  test.each(["4.4.7-default-qm", "5.0.8-default-qm", "5.6.3-debian-default", "6.1.4-cmake-qm"])(
    "%s: -I and core.info of the same installation",
    (folder) => {
      expect(runningDiffers(captured(`${folder}/I.txt`), captured(`${folder}/idle/kamcmd/core.info.txt`))).toEqual({
        same: true,
        differences: [],
      });
    },
  );

  test.each`
    what                   | change                                    | said
    ${"another release"}   | ${{ version: "5.6.4" }}                   | ${"version: 5.6.3 and 5.6.4"}
    ${"without debugging"} | ${{ memoryWords: MANAGERS }}              | ${"flags: -DBG_SR_MEMORY"}
    ${"compiled again"}    | ${{ compiledAt: "09:00:00 Oct  1 2022" }} | ${"compiled at: 17:11:29 Sep 12 2022 and 09:00:00 Oct 1 2022"}
    ${"another commit"}    | ${{ revision: "abcdef" }}                 | ${"source revision: 9a8b7c and abcdef"}
    ${"a changed tree"}    | ${{ state: "-dirty" }}                    | ${"source state: as committed and changed by hand (dirty)"}
  `("not if it is $what", ({ change, said }) => {
    const { same, differences } = runningDiffers(recorded, only(printCoreInfo({ ...build, ...change })));
    expect(same).toBe(false);
    expect(differences[0]).toBe(said);
    expect(differences.at(-1)).toContain("not restarted");
  });

  test("core.flags alone can contradict, but not prove", () => {
    const flags = (text: string) => only(text.split("flags: ")[1]?.split("\n")[0] ?? "");
    expect(runningDiffers(recorded, flags(printCoreInfo(build))).same).toBeNull();
    expect(runningDiffers(recorded, flags(printCoreInfo({ ...build, memoryWords: MANAGERS }))).same).toBe(false);
  });
});

test("comparing is symmetric in what differs, and nothing differs from itself", () => {
  const anyBuild = fc
    .record({
      version: fc.constantFrom(
        "3.3.7",
        "4.1.2",
        "4.3.0",
        "4.4.7",
        "5.1.10",
        "5.6.3",
        "5.8.8",
        "6.0.3-rc0",
        "6.1.4",
        "6.2.0-dev1",
      ),
      memoryWords: fc.subarray(["MEM_JOIN_FREE", ...MANAGERS, "DBG_SR_MEMORY", "DBG_QM_MALLOC"]),
      revision: fc.option(fc.constantFrom("9a8b7c", "abcdef"), { nil: undefined }),
    })
    .map((build) => only(printInternals(build)));
  fc.assert(
    fc.property(anyBuild, anyBuild, (a, b) => {
      const there = compareBuilds(a, b);
      const back = compareBuilds(b, a);
      expect(there.same).toBe(back.same);
      expect(there.flags_gained?.map(({ flag }) => flag)).toEqual(back.flags_lost?.map(({ flag }) => flag));
      expect(there.changes.map(({ field }) => field)).toEqual(back.changes.map(({ field }) => field));
      expect(there.release_changes.map(({ id }) => id)).toEqual(back.release_changes.map(({ id }) => id));
      expect(compareBuilds(a, a)).toMatchObject({
        same: true,
        changes: [],
        release_changes: [],
        flags_gained: [],
        flags_lost: [],
      });
    }),
    { numRuns: 100 },
  );
});
