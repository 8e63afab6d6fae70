import { describe, expect, test } from "vitest";
import { readDumps } from "../../../src/kamailio/dump/reader.js";
import { capture } from "./fixture.js";

/** A short dump of 4.0 as it stands on stderr: pid 19015, process 5. */
const LINES = capture("4.0.7-mng1dbg1-qmdbg/idle/dump-shm-ms3.log")
  .toString("latin1")
  .trimEnd()
  .split(/\n(?!\t)/);
const MESSAGES = LINES.map((line) => line.replace(/^ ?\d+\(\d+\) /, ""));
const [PLAIN] = readDumps(LINES.join("\n")).dumps;

const json = (line: string) => JSON.stringify({ log: ` 5(19015) ${line}\n`, stream: "stderr", time: "2026-11-23T01:17:46.5Z" });
const oneLine = (line: string) => line.replaceAll("\n", "#012").replaceAll("\t", "#011");

const WRAPPINGS: [string, (message: string) => string, object][] = [
  ["syslog", (line) => `Nov  3 01:17:46 vm kamailio[19015]: ${oneLine(line)}`, { pid: 19015, taken_at: null }],
  [
    "rsyslog ISO",
    (line) => `2026-11-23T01:17:46.5+01:00 vm kamailio[19015]: ${oneLine(line)}`,
    { pid: 19015, taken_at: "2026-11-23T00:17:46.500Z" },
  ],
  ["RFC 5424", (line) => `<129>1 2026-11-23T01:17:46Z vm kamailio 19015 - - ${oneLine(line)}`, { pid: 19015 }],
  ["docker's JSON lines", json, { pid: 19015, process_index: 5, taken_at: "2026-11-23T01:17:46.500Z" }],
  ["docker compose", (line) => `sip-1  |  5(19015) ${oneLine(line)}`, { pid: 19015, process_index: 5 }],
  ["kubectl --prefix", (line) => `[pod/sip-0/kamailio]  5(19015) ${oneLine(line)}`, { pid: 19015, process_index: 5 }],
  [
    "container runtime",
    (line) => `2026-11-23T01:17:46.123456789Z stderr F  5(19015) ${oneLine(line)}`,
    { pid: 19015, process_index: 5 },
  ],
  [
    "systemd around stderr",
    (line) => `Nov 23 01:17:46 vm kamailio[7]:  5(19015) ${oneLine(line)}`,
    { pid: 19015, process_index: 5 },
  ],
  ["CRLF", (line) => ` 5(19015) ${line.replaceAll("\n", "\r\n")}\r`, { pid: 19015 }],
  ["a mail's quotes", (line) => `> >  5(19015) ${line}`, { pid: 19015 }],
  ["NUL bytes", (line) => `\0\0\0 5(19015) ${line}`, { pid: 19015 }],
  ["blank lines", (line) => `\n 5(19015) ${line}\n`, { pid: 19015 }],
  ["uniq -c", (line) => `      1  5(19015) ${line}`, { pid: 19015 }],
  ["an empty level word", (line) => ` 5(19015) ${line.replace("ALERT", "")}`, { pid: 19015 }],
  ["log_prefix before the process", (line) => `{1 1 OPTIONS x@y}  5(19015) ${line}`, { pid: 19015 }],
  ["log_prefix behind the level", (line) => ` 5(19015) ${line.replace(": ", ": {1 1 OPTIONS x@y} ")}`, { pid: 19015 }],
  ["doubled prefix of 5.4+", (line) => ` 5(19015) ${line.replace("qm_status: ", "qm_status: qm_status(): ")}`, { pid: 19015 }],
  ["colours", (line) => `\x1b[31m 5(19015) ${line.replace("ALERT", "\x1b[1mALERT")}`, { pid: 19015 }],
  ["no prefix at all", (line) => line.replace(/^ALERT: (?:qm_status: )?/, ""), { pid: null, manager: null }],
];

describe("the same dump through every wrapping", () => {
  test.each(WRAPPINGS)("%s", (_name, wrap, expected) => {
    const { dumps } = readDumps(MESSAGES.map(wrap).join("\n"));
    expect(dumps).toHaveLength(1);
    expect(dumps[0]).toMatchObject({
      form: "status",
      pool: "shm",
      used: PLAIN?.used,
      allocated_bytes: PLAIN?.used,
      largest_free_fragment: PLAIN?.largest_free_fragment,
      sites: PLAIN?.sites,
      complete: true,
      ...expected,
    });
  });

  test("equal pids of two containers stay apart", () => {
    const text = LINES.flatMap((line) => [`a-1  | ${line}`, `b-1  | ${line}`]).join("\n");
    expect(readDumps(text).dumps.map((dump) => [dump.complete, dump.allocated_bytes])).toEqual([
      [true, PLAIN?.used],
      [true, PLAIN?.used],
    ]);
  });
});

describe("what loggers say about lost messages", () => {
  const withNotice = (notice: string, at: number) => readDumps([...LINES.slice(0, at), notice, ...LINES.slice(at)].join("\n"));

  test.each([
    [
      "Nov 23 01:17:46 vm systemd-journald[1]: Suppressed 3120 messages from kamailio.service",
      "journald suppressed 3120 messages",
    ],
    ["Nov 23 01:17:46 vm rsyslogd: imuxsock lost 250 messages from pid 19015 due to rate-limiting", "rsyslog lost 250 messages"],
    [
      "Nov 23 01:17:46 vm rsyslogd-2177: imuxsock begins to drop messages from pid 19015 due to rate-limiting",
      "dropped messages",
    ],
    [
      "Nov 23 01:17:46 vm kamailio[19015]: message repeated 2 times: [ ALERT: qm_status:          start check=f0f0f0f0, end check= c0c0c0c0, abcdefed]",
      "folded 2 repeated",
    ],
    ["Nov 23 01:17:46 vm last message repeated 7 times", "folded 7 repeated"],
  ])("%s", (notice, reason) => {
    expect(withNotice(notice, 20).dumps[0]).toMatchObject({
      complete: false,
      incomplete_reason: expect.stringContaining(reason),
    });
    const after = withNotice(notice, LINES.length);
    expect(after.dumps[0]?.complete).toBe(true);
    expect(after.warnings.join()).toContain(reason);
  });

  test("a process's own loss leaves other processes' dumps alone", () => {
    const other = LINES.map((line) => line.replace("5(19015)", "6(19016)"));
    const notice = "Nov 23 01:17:46 vm rsyslogd: imuxsock lost 250 messages from pid 19016 due to rate-limiting";
    const { dumps } = readDumps(
      [...LINES.slice(0, 20), ...other.slice(0, 20), notice, ...LINES.slice(20), ...other.slice(20)].join("\n"),
    );
    expect(dumps.map((dump) => [dump.pid, dump.complete])).toEqual([
      [19015, true],
      [19016, false],
    ]);
  });
});

/** Sums of a process's pkg as they stand on stderr of 5.6. */
const SUMS = [
  " 1(12645) ALERT: <core> [core/pt.c:555]: mem_dump_pkg_cb(): Memory still-in-use summary (pkg) of process 12645:",
  " 1(12645) ALERT: qm_sums: qm_sums(): summarizing all alloc'ed. fragments:",
  " 1(12645) ALERT: qm_sums: qm_sums():  count=     1 size=        88 bytes from registrar: reply.c: build_contact(190)",
  " 1(12645) ALERT: qm_sums: qm_sums(): -----------------------------",
];

describe("a header that a terminal wrapped", () => {
  test("is never taken for the other pool's, wherever it is cut", () => {
    const [header = "", ...sums] = SUMS;
    for (let width = 50; width < header.length; width++) {
      const text = [header.slice(0, width), header.slice(width), ...sums].join("\n");
      expect([width, readDumps(text).dumps.map(({ pool }) => pool)]).toEqual([width, ["pkg"]]);
    }
  });

  test("another message of the same function is no header", () => {
    const message = SUMS[0]?.replace(/Memory.*/, "Memory is short") ?? "";
    const [dump] = readDumps([message, ...SUMS.slice(1)].join("\n")).dumps;
    expect(dump?.warnings.some((warning) => warning.includes("no header names the pool"))).toBe(true);
  });
});
