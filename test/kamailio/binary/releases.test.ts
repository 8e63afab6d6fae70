import { describe, expect, test } from "vitest";
import { readBuilds } from "../../../src/kamailio/binary/read-builds.js";
import { printCoreInfo, printInternals, printVersion } from "./print-internals.js";

/** All release tags of a series: "4.0" with 4..7 is 4.0.4 to 4.0.7. */
function series(name: string, first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => `${name}.${first + index}`);
}

interface Row {
  versions: string[];
  make: string;
  words: string[];
  manager: string | null;
  debug: boolean | null;
  flag: string | null;
  join: boolean | null;
  variables: { MEMMNG: number | null; MEMDBG: number | null };
}

const ALL = ["Q_MALLOC", "F_MALLOC", "TLSF_MALLOC"];
const v33 = series("3.3", 5, 7);
const v40to42 = [...series("4.0", 4, 7), ...series("4.1", 0, 9), ...series("4.2", 0, 8)];
const v43 = series("4.3", 0, 7);
const v44 = series("4.4", 0, 7);
const v50to56 = [
  ...series("5.0", 0, 8),
  ...series("5.1", 0, 10),
  ...series("5.2", 0, 8),
  ...series("5.3", 0, 9),
  ...series("5.4", 0, 9),
  ...series("5.5", 0, 7),
  ...series("5.6", 0, 6),
];
const v57to60 = [...series("5.7", 0, 7), ...series("5.8", 0, 8), ...series("6.0", 0, 7)];
const cmakeWithoutJoin = ["6.0.0-rc0", "6.0.2-rc0", "6.0.3-rc0"];
const v61 = [...series("6.1", 0, 4), "6.2.0-dev1"];

function row(versions: string[], make: string, words: string[], memory: Memory, variables: [number | null, number | null]): Row {
  const [manager, debug, flag, join] = memory;
  return { versions, make, words, manager, debug, flag, join, variables: { MEMMNG: variables[0], MEMDBG: variables[1] } };
}

type Memory = [manager: string | null, debug: boolean | null, flag: string | null, join: boolean | null];

const QM = "DBG_QM_MALLOC";
const FM = "DBG_F_MALLOC";
const SR = "DBG_SR_MEMORY";
const JOIN = "MEM_JOIN_FREE";
const ALL_DEBUG = [...ALL, SR, QM, FM, "DBG_TLSF_MALLOC"];
const BACKTRACE = ["DBG_SR_MEMORY_BACKTRACE", "DBG_QM_MALLOC_BACKTRACE"];
const v40to43 = [...v40to42, ...v43];

const ROWS: Row[] = [
  row(v33, "MEMDBG=0", ["F_MALLOC"], ["fm", false, null, null], [null, 0]),
  row(v33, "MEMDBG=1", [QM], ["qm", true, QM, null], [null, 1]),
  row(v40to43, "MEMMNG=1 MEMDBG=1", [QM], ["qm", true, QM, null], [1, 1]),
  row(v40to43, "MEMMNG=0 MEMDBG=0", ["F_MALLOC"], ["fm", false, null, null], [0, 0]),
  row(v40to43, "MEMMNG=0 MEMDBG=1", ["F_MALLOC", FM], ["fm", true, FM, null], [0, 1]),
  row(v40to42, "MEMMNG=1 MEMDBG=0", [], ["qm", false, null, null], [1, 0]),
  row(v43, "MEMMNG=1 MEMDBG=0, or MEMMNG=2 with either", [], [null, null, null, null], [null, null]),
  row(v44, "MEMDBG=1", [...ALL, SR], ["fm", true, SR, null], [null, 1]),
  row(v44, "MEMDBG=0", ALL, ["fm", false, null, null], [null, 0]),
  row(v50to56, "MEMDBG=1", [...ALL, SR], ["qm", true, SR, null], [null, 1]),
  row(v50to56, "MEMDBG=0", ALL, ["qm", false, null, null], [null, 0]),
  row(v57to60, "MEMDBG=1", [JOIN, ...ALL, SR], ["qm", true, SR, true], [null, 1]),
  row(v57to60, "MEMDBG=0", [JOIN, ...ALL], ["qm", false, null, true], [null, 0]),
  row(cmakeWithoutJoin, "cmake -DDBG_SR_MEMORY=ON", [...ALL, SR], ["qm", true, SR, false], [null, 1]),
  row(v61, "MEMDBG=1", [JOIN, ...ALL_DEBUG], ["qm", true, SR, true], [null, 1]),
  row(v61, "MEMDBG=0", [JOIN, ...ALL], ["qm", false, null, true], [null, 0]),
  row(["6.2.0-dev1"], "MEMDBG_BACKTRACE=1", [JOIN, ...ALL_DEBUG, ...BACKTRACE], ["qm", true, SR, true], [null, 1]),
];

const CASES = ROWS.flatMap(({ versions, words, ...row }) =>
  versions.map((version) => ({ ...row, version, build: { version, memoryWords: words } })),
);

describe("what each release says of its memory", () => {
  test.each(CASES)("$version built with $make", ({ version, build, manager, debug, flag, join, variables }) => {
    for (const text of [printInternals(build), printVersion(build), printCoreInfo(build)]) {
      const { builds, warnings } = readBuilds(text);
      expect(builds).toHaveLength(1);
      expect(warnings).toEqual([]);
      expect(builds[0]).toMatchObject({
        product: "kamailio",
        version: { text: version },
        memory: { default_manager: manager, debug, debug_flag: flag, join_free: join },
        build_variables: variables,
        unknown_lines: [],
      });
    }
  });

  test.each(CASES)("$version built with $make: its flags alone never say the contrary", ({ build, debug }) => {
    const text = printCoreInfo(build).split("flags: ")[1]?.split("\n")[0] ?? "";
    const [running] = readBuilds(text).builds;
    expect([debug, null]).toContain(running?.memory.debug);
    expect(running).toMatchObject({ version: null, from_running_process: true });
  });
});

describe("the default sizes and limits that -I prints", () => {
  test.each`
    version    | pkg  | shm   | listen  | send      | run_dir
    ${"3.3.7"} | ${4} | ${32} | ${16}   | ${null}   | ${null}
    ${"4.1.9"} | ${4} | ${32} | ${16}   | ${null}   | ${null}
    ${"4.2.0"} | ${8} | ${64} | ${16}   | ${null}   | ${null}
    ${"5.1.4"} | ${8} | ${64} | ${16}   | ${null}   | ${null}
    ${"5.1.5"} | ${8} | ${64} | ${null} | ${null}   | ${null}
    ${"5.8.0"} | ${8} | ${64} | ${null} | ${262144} | ${null}
    ${"6.0.2"} | ${8} | ${64} | ${null} | ${262144} | ${"/var/run/kamailio"}
  `("$version", ({ version, pkg, shm, listen, send, run_dir }) => {
    const build = { version, memoryWords: ALL };
    const [internals] = readBuilds(printInternals(build)).builds;
    expect(internals).toMatchObject({
      default_pkg_size_mb: pkg,
      default_shm_size_mb: shm,
      limits: {
        buf_size: 65535,
        max_uri_size: 1024,
        max_recv_buffer_size: 262144,
        max_send_buffer_size: send,
        max_listen: listen,
        adaptive_wait_loops: 1024,
      },
      paths: { run_dir },
    });
    const [version_] = readBuilds(printVersion(build)).builds;
    expect(version_).toMatchObject({
      default_pkg_size_mb: pkg,
      default_shm_size_mb: null,
      limits: { max_uri_size: 1024, max_listen: listen },
    });
  });
});
