import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fixture, readLog } from "./fixture.js";

const MESSAGE = "ERROR: <core> [core/data_lump.c:363]: anchor_lump(): could not allocate private memory from pkg pool";
const AT = "2026-11-23T01:17:35.000Z";
const YEAR = { taken_at: Date.UTC(2026, 10, 24) };
const JOURNAL = {
  _PID: "4711",
  SYSLOG_IDENTIFIER: "sbc",
  __REALTIME_TIMESTAMP: "1795396655000000",
  _CMDLINE: "/usr/sbin/sbc -m 64",
};

describe("one message in every wrapping", () => {
  test.each([
    ["stderr", ` 7(4711) ${MESSAGE}\n`, null],
    ["stderr of process ten and more", `10(4711) ${MESSAGE}\n`, null],
    ["stderr, in colours", `\x1b[31m 7(4711) ${MESSAGE}\x1b[0m\n`, null],
    ["rsyslog, traditional", `Nov 23 01:17:35 sbc1 /usr/sbin/kamailio[4711]: ${MESSAGE}\n`, AT],
    ["rsyslog, another program name", `Nov 23 01:17:35 sbc1 sbc[4711]: ${MESSAGE}\n`, AT],
    ["rsyslog, ISO", `2026-11-23T02:17:35.000000+01:00 sbc1 kamailio[4711]: ${MESSAGE}\n`, AT],
    ["rsyslog, RFC 5424", `<131>1 2026-11-23T01:17:35.000000+00:00 sbc1 - 4711 - -  ${MESSAGE}\n`, AT],
    ["RFC 5424 with structured data", `<131>1 2026-11-23T01:17:35Z sbc1 kamailio 4711 ID [a b="c d"] ${MESSAGE}\n`, AT],
    ["journal, short-iso", `2026-11-23T01:17:35+0000 sbc1 kamailio[4711]: ${MESSAGE}\n`, AT],
    ["journal, short-full", `Mon 2026-11-23 01:17:35 UTC sbc1 kamailio[4711]: ${MESSAGE}\n`, AT],
    ["journal, json", `${JSON.stringify({ ...JOURNAL, MESSAGE })}\n`, AT],
    ["journal, json with bytes", `${JSON.stringify({ ...JOURNAL, MESSAGE: [...Buffer.from(MESSAGE)] })}\n`, AT],
    [
      "journal, export",
      `__CURSOR=s=1\n${Object.entries({ ...JOURNAL, MESSAGE })
        .map(([name, value]) => `${name}=${value}\n`)
        .join("")}\n`,
      AT,
    ],
    [
      "docker, json-file",
      `${JSON.stringify({ log: ` 7(4711) ${MESSAGE}\n`, stream: "stderr", time: "2026-11-23T01:17:35.000000001Z" })}\n`,
      AT,
    ],
    ["docker logs --timestamps", `2026-11-23T01:17:35.000000001Z  7(4711) ${MESSAGE}\n`, AT],
    ["docker compose", `kamailio-1  |  7(4711) ${MESSAGE}\n`, null],
    ["CRI (Kubernetes)", `2026-11-23T01:17:35.000000001Z stderr F  7(4711) ${MESSAGE}\n`, AT],
    ["a container's line in syslog", `Nov 23 01:17:35 host docker/sbc[900]:  7(4711) ${MESSAGE}\n`, AT],
    ["log_prefix before the process (4.2 to 5.1)", `{1 1 INVITE} 7(4711) ${MESSAGE}\n`, null],
    ["log_prefix behind the level (5.2 on)", ` 7(4711) ${MESSAGE.replace("<core>", "{1 1 INVITE a@b} <core>")}\n`, null],
    ["Windows line ends", ` 7(4711) ${MESSAGE}\r\n`, null],
    ["no newline at the end", ` 7(4711) ${MESSAGE}`, null],
  ])("%s", (_form, log, at) => {
    const { incidents } = readLog(log, YEAR);
    expect(incidents).toMatchObject([
      {
        kind: "exhaustion",
        pool: "pkg",
        count: 1,
        pids: [4711],
        first_at: at,
        site: { module: "core", file: "core/data_lump.c", function: "anchor_lump", line: 363 },
      },
    ]);
  });

  test("without level, program, pid or place the text alone is enough", () => {
    expect(readLog("could not allocate shared memory from shm pool\n").incidents).toMatchObject([
      { kind: "exhaustion", pool: "shm", pids: [] },
    ]);
  });
});

describe("what the messages mean", () => {
  const in607 = (text: string) => ` 1(22) ERROR: tm [t_lookup.c:12]: new_t(): ${text}\n`;
  test.each([
    ["no more shm mem", "shm"],
    ["no more pkg", "pkg"],
    ["out of shm memory", "shm"],
    ["NO MORE SHARED MEMORY!", "shm"],
    ["no private memory left", "pkg"],
    ["cannot allocated 64 bytes of shm.", "shm"],
    ["not enough shared memory", "shm"],
    ["no more share mem", "shm"],
  ])("%s: %s", (text, pool) => {
    expect(readLog(in607(text)).incidents).toMatchObject([{ kind: "exhaustion", pool, count: 1 }]);
  });

  test("qm's own line means fragmentation, and its caller tells the pool", () => {
    const block = "0x7f22ce83f000";
    const log =
      ` 3(9) ERROR: <core> [core/mem/q_malloc.c:297]: qm_find_free(): qm_find_free(${block}, 65600); Free fragment not found!\n` +
      ` 3(9) ERROR: <core> [core/mem/q_malloc.c:430]: qm_malloc(): qm_malloc(${block}, 65600) called from core: core/tcp_main.c: tcpconn_new(950), module: core; Free fragment not found!\n` +
      ` 3(9) ERROR: <core> [core/tcp_main.c:955]: tcpconn_new(): could not allocate shared memory from shm pool\n`;
    expect(readLog(log).incidents).toMatchObject([
      {
        kind: "fragmentation",
        pool: "shm",
        manager: "qm",
        count: 1,
        lines: 3,
        size: 65_600,
        site: { function: "tcpconn_new", line: 950 },
      },
    ]);
    expect(readLog(log.split("\n").slice(0, 2).join("\n")).incidents).toMatchObject([
      { pool: "shm", pool_source: "block_address" },
    ]);
  });

  test("qm's realloc complains of either: alone it is exhaustion, behind the search it is fragmentation", () => {
    const realloc =
      " 3(9) ERROR: <core> [core/mem/q_malloc.c:721]: qm_realloc(): qm_realloc(0x7f22ce83f000, 600) called from tm: t_reply.c: relay_reply(950), module: tm; qm_malloc() failed!\n";
    const search =
      " 3(9) ERROR: <core> [core/mem/q_malloc.c:297]: qm_find_free(): qm_find_free(0x7f22ce83f000, 600); Free fragment not found!\n";
    expect(readLog(realloc).incidents).toMatchObject([{ kind: "exhaustion", pool: "shm", count: 1 }]);
    expect(readLog(search + realloc).incidents).toMatchObject([
      { kind: "fragmentation", pool: "shm", count: 1, site: { function: "relay_reply" } },
    ]);
  });

  test("without debugging the allocator names nobody, its caller does", () => {
    const log =
      " 3(9) ERROR: <core> [core/mem/f_malloc.c:500]: fm_malloc(): fm_malloc(0x55d0c0ffe010, 848); Free fragment not found!\n" +
      " 3(9) ERROR: <core> [core/rvalue.c:253]: rval_new_empty(): could not allocate private memory from pkg pool\n";
    expect(readLog(log).incidents).toMatchObject([
      { kind: "exhaustion", pool: "pkg", count: 1, site: { function: "rval_new_empty" } },
    ]);
  });

  test("a size that cannot be meant is corruption", () => {
    const log =
      " 3(9) ERROR: <core> [f_malloc.c:1]: fm_malloc(): fm_malloc(0x7f0000000010, 18446744072258257520) called from x: x.c: f(1), module: x; Free fragment not found!\n";
    expect(readLog(log).incidents).toMatchObject([{ kind: "absurd_request", size: null }]);
  });

  test.each([
    ["shm=5200000 threshold1=6815744", { threshold: 1, threshold_bytes: 6_815_744, lowest_free_bytes: 5_200_000, processes: 13 }],
    ["shm=3200000 threshold2=3407872", { threshold: 2, threshold_bytes: 3_407_872, lowest_free_bytes: 3_200_000, processes: 13 }],
    ["shm=100 threshold1=1000000", { threshold: 1, threshold_bytes: 1_000_000, lowest_free_bytes: 100, processes: null }],
    ["5200000", { threshold: null, threshold_bytes: null, lowest_free_bytes: 5_200_000, processes: null }],
  ])("tls refuses: %s", (numbers, tls) => {
    const line = `ERROR: tls [tls_server.c:188]: tls_complete_init(): tls: ssl bug #1491 workaround: not enough memory for safe operation: ${numbers}\n`;
    const [incident] = readLog(line).incidents;
    expect(incident).toMatchObject({ kind: "tls_low_memory", pool: "shm", tls });
  });

  test("the default threshold is explained by the number of processes", () => {
    const line =
      "ERROR: tls [t.c:1]: f(): tls: ssl bug #1491 workaround: not enough memory for safe operation: shm=5200000 threshold1=6815744\n";
    expect(readLog(line).incidents[0]?.explanation).toContain("512 KiB x 13 processes");
  });

  test("PKG_MEM_ERROR had no newline up to 5.0.2: the next message is glued to it", () => {
    const log =
      " 1(5) ERROR: <core> [data_lump.c:1]: anchor_lump(): could not allocate private memory from available pool 2(6) ERROR: usrloc [urecord.c:61]: new_urecord(): could not allocate shared memory from available pool\n";
    expect(readLog(log).incidents).toMatchObject([
      { pool: "pkg", pids: [5], site: { module: "core" } },
      { pool: "shm", pids: [6], site: { module: "usrloc" } },
    ]);
  });

  test("repeated lines count, dropped ones make the count a lower bound", () => {
    const line = `Nov 23 01:17:35 h kamailio[5]: ${MESSAGE}\n`;
    const log = `${line}Nov 23 01:17:36 h kamailio[5]: message repeated 4 times: [ ${MESSAGE}]\n${line}Nov 23 01:17:40 h last message repeated 3 times\nNov 23 01:17:40 h systemd-journald[1]: Suppressed 123 messages from kamailio.service\n`;
    const { incidents, warnings } = readLog(log, { year: 2026 });
    expect(incidents).toMatchObject([{ count: 9, count_is_lower_bound: true }]);
    expect(warnings.join()).toContain("123");
  });

  test("a process killed by the kernel, and another program's", () => {
    const log =
      "Nov 23 01:17:35 h kernel: Out of memory: Killed process 77 (kamailio) total-vm:1kB\nNov 23 01:17:35 h kernel: Out of memory: Killed process 78 (mysqld) total-vm:1kB\n";
    const { incidents, look_alikes } = readLog(log, { year: 2026 });
    expect(incidents).toMatchObject([{ kind: "host_out_of_memory", pids: [77] }]);
    expect(look_alikes).toMatchObject([{ class: "oom_killer_of_another" }]);
  });

  test.each([
    [
      "free of null",
      " 1(5) WARNING: <core> [q_malloc.c:487]: qm_free(): WARNING: free(0) called from a: b.c: f(1)",
      "free_of_null",
    ],
    [
      "the start-up notice of tls",
      "WARNING: tls [tls_init.c:778]: init_tls_h(): openssl bug #1491 (crash/mem leaks on low memory) workaround enabled (on low memory tls operations will fail preemptively) with free memory thresholds 6815744 and 3407872 bytes",
      "tls_start_up_notice",
    ],
    [
      "a list of no sockets",
      "ERROR: rtpengine [rtpengine.c:1723]: build_rtpp_socks(): no more pkg memory for rtpp_socks",
      "realloc_to_nothing",
    ],
    ["another daemon", "Nov 23 01:17:35 h mysqld[3]: ERROR: Out of memory", "another_program"],
  ])("%s is no incident", (_what, line, look_alike) => {
    const reading = readLog(`${line}\n`);
    expect(reading.incidents).toEqual([]);
    expect(reading.look_alikes).toMatchObject([{ class: look_alike, count: 1 }]);
  });

  test.each([
    "INFO: <core> [main.c:1]: main(): no more shm memory than this is needed",
    "NOTICE: <core> [main.c:869]: sig_usr(): Memory status (pkg):",
    "ERROR: imc [imc_cmd.c:1]: f(): user [a] is not member of room [b]!",
    "ERROR: ctl [binrpc_run.c:1229]: rpc_struct_add(): failed to add attribute-value ({)",
  ])("nothing to see: %s", (line) => {
    expect(readLog(`${line}\n`)).toMatchObject({ incidents: [], look_alikes: [] });
  });
});

describe("streams and hostile input", () => {
  const real = fixture("more/5.6.3-debian/oom-pkg-fm.txt");
  const whole = readLog(real);

  test("a log split at any byte reads the same", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), (size) => {
        expect(readLog(real, {}, size)).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });

  test("any bytes give a reading and never an exception", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string({ unit: "binary" }),
            fc.constant("\n"),
            fc.constant(MESSAGE),
            fc.constant('{"MESSAGE":'),
            fc.constant("__CURSOR=\n\n"),
          ),
        ),
        (parts) => {
          const log = Buffer.from(parts.join(""));
          expect(readLog(log, {}, 17).bytes).toBe(log.length);
        },
      ),
    );
  });

  test("counts of two processes do not depend on how their lines interleave", () => {
    const lines = (pid: number) => real.toString().replaceAll("22648", `${pid}`).trim().split("\n").slice(0, 20);
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }), (turns) => {
        const queues = [lines(101), lines(102)] as const;
        const mixed = turns.map((first) =>
          first ? (queues[0].shift() ?? queues[1].shift()) : (queues[1].shift() ?? queues[0].shift()),
        );
        const rest = [...mixed, ...queues[0], ...queues[1]].join("\n");
        const total = readLog(rest).incidents.reduce((sum, { count }) => sum + count, 0);
        const alone = readLog(lines(101).join("\n")).incidents.reduce((sum, { count }) => sum + count, 0);
        expect(total).toBe(2 * alone);
      }),
    );
  });

  test("a file without newlines is cut, not kept", () => {
    const reading = readLog(Buffer.alloc(3_000_000, "x"));
    expect(reading.warnings.join()).toContain("longer than");
  });

  test("ten thousand sites are not kept, and said so", () => {
    const log = Array.from({ length: 3000 }, (_, n) => ` 1(5) ERROR: m [f.c:${n}]: f${n}(): no more pkg mem\n`).join("");
    const { incidents, warnings } = readLog(log);
    expect(incidents.length).toBeLessThan(1100);
    expect(warnings.join()).toContain("further failures");
  });
});
