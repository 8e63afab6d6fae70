import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Dump } from "../../../src/kamailio/dump/dump.js";
import { createDumpReader, readDumps } from "../../../src/kamailio/dump/reader.js";
import { capture } from "./fixture.js";

/** What a dump says, without where it stands in the text. */
const content = ({ first_line: _first, last_line: _last, ...rest }: Dump) => rest;

interface Chunk {
  size: number;
  site: number;
  free: boolean;
}

const SITES = [
  "core: core/str_hash.h: str_hash_alloc(62)",
  "tm: h_table.c: build_cell(360)",
  "usrloc: ucontact.c: new_ucontact(100)",
  "core: core/cfg.lex: addstr(1740)",
];
const BLOCK = 0x7f6224f4a010;
const CONTROL = 235_152;
const OVERHEAD = 104;

/** A status dump as qm_status of 5.8 prints it, from a pool's fragments; the last, large free one is added. */
function statusDump(chunks: readonly Chunk[], index: number, pid: number, drift = 0): string {
  const p = ` ${index}(${pid}) ALERT: `;
  const q = `${p}qm_status: qm_status(): `;
  const fragments = [...chunks, { size: 4_000_000, site: 0, free: true }];
  const used = sum(chunks.filter((chunk) => !chunk.free).map((chunk) => chunk.size)) + drift;
  const realUsed = used + CONTROL + OVERHEAD * fragments.length;
  const lines = [
    `${p}<core> [core/pt.c:554]: mem_dump_pkg_cb(): Memory status (pkg) of process ${pid}:`,
    `${q}(0x${BLOCK.toString(16)}):`,
    `${q}heap size= 8388608`,
    `${q}used= ${used}, used+overhead=${realUsed}, free=${8388608 - realUsed}`,
    `${q}max used (+overhead)= ${realUsed}`,
    `${q}dumping all alloc'ed. fragments:`,
  ];
  let at = BLOCK + CONTROL;
  fragments.forEach((chunk, number) => {
    if (!chunk.free) {
      lines.push(
        `${q}   ${String(number).padStart(3)}. N  address=0x${(at + 56).toString(16)} frag=0x${at.toString(16)} size=${chunk.size} used=1`,
      );
      lines.push(`${q}          alloc'd from ${SITES[chunk.site]}`);
      lines.push(`${q}         start check=f0f0f0f0, end check= c0c0c0c0, abcdefed`);
    }
    at += chunk.size + OVERHEAD;
  });
  lines.push(`${q}dumping free list stats :`);
  const free = fragments.filter((chunk) => chunk.free);
  for (const size of [...new Set(free.map((chunk) => chunk.size))].sort((a, b) => a - b)) {
    const same = free.filter((chunk) => chunk.size === size).length;
    lines.push(`${q}hash= ${String(size / 8).padStart(3)}. fragments no.: ${String(same).padStart(5)}, unused:     0`);
    lines.push(`\t\t bucket size: ${size} - ${size} (first ${size})`);
  }
  lines.push(`${q}-----------------------------`);
  return `${lines.join("\n")}\n`;
}

const chunk = fc.record({
  size: fc.integer({ min: 1, max: 500 }).map((n) => n * 8),
  site: fc.nat(SITES.length - 1),
  free: fc.boolean(),
});
const chunks = fc
  .array(chunk, { minLength: 4, maxLength: 30 })
  .map((list) => [...list.slice(0, 2).map((one) => ({ ...one, free: false })), ...list.slice(2)]);

/** Records of a log: a line with the continuation that follows it, if any. */
const records = (text: string) => text.split(/\n(?!\t|$)/).map((record) => record.replace(/\n$/, ""));

describe("a dump that nothing happened to", () => {
  test("is complete and adds up", () => {
    fc.assert(
      fc.property(chunks, (list) => {
        const [dump, ...more] = readDumps(statusDump(list, 1, 3926)).dumps;
        const used = list.filter((one) => !one.free);
        expect(more).toEqual([]);
        expect(dump).toMatchObject({ form: "status", pool: "pkg", pid: 3926, complete: true, chunks: used.length, warnings: [] });
        expect(dump?.allocated_bytes).toBe(sum(used.map((one) => one.size)));
        expect(dump?.allocated_bytes).toBe(dump?.used);
      }),
    );
  });

  test("but whose used has drifted is q_malloc's accounting bug, not a loss", () => {
    fc.assert(
      fc.property(chunks, fc.integer({ min: 8, max: 1_000_000 }), (list, drift) => {
        const [dump] = readDumps(statusDump(list, 1, 3926, drift)).dumps;
        expect(dump?.complete).toBe(true);
        expect(dump?.warnings.join()).toContain("realloc accounting bug");
      }),
    );
  });
});

describe("interleaving", () => {
  test("two processes shuffled line by line give the same two dumps", () => {
    fc.assert(
      fc.property(chunks, chunks, fc.infiniteStream(fc.boolean()), (one, two, coin) => {
        const a = records(statusDump(one, 1, 3926));
        const b = records(statusDump(two, 12, 3938));
        const mixed: string[] = [];
        while (a.length > 0 || b.length > 0) {
          const first = b.length === 0 || (a.length > 0 && coin.next().value === true);
          mixed.push((first ? a : b).shift() ?? "");
        }
        const alone = [statusDump(one, 1, 3926), statusDump(two, 12, 3938)].map((text) => readDumps(text).dumps.map(content)[0]);
        const together = readDumps(mixed.join("\n")).dumps.map(content);
        expect(together.sort((x, y) => (x.pid ?? 0) - (y.pid ?? 0))).toEqual(alone);
      }),
    );
  });

  test("noise between the lines changes nothing", () => {
    const noise = fc.constantFrom(
      "",
      " 2(3927) INFO: <core> [core/udp_server.c:154]: probe_max_receive_buffer(): SO_RCVBUF is initially 212992",
      "Nov 23 01:17:46 vm sshd[1]: session opened",
      " 1(3926) ERROR: tm [t_lookup.c:1]: some(): used= by nobody",
      "{ not json",
    );
    fc.assert(
      fc.property(chunks, fc.array(noise, { minLength: 60, maxLength: 200 }), (list, between) => {
        const clean = records(statusDump(list, 1, 3926));
        const noisy = clean.flatMap((line, i) => [line, between[i] ?? ""]).join("\n");
        expect(readDumps(noisy).dumps.map(content)).toEqual(readDumps(clean.join("\n")).dumps.map(content));
      }),
    );
  });
});

describe("cuts", () => {
  const looksComplete = (text: string, whole: Dump | undefined) =>
    readDumps(text).dumps.filter(
      (dump) => dump.complete && JSON.stringify(content(dump)) !== JSON.stringify(whole && content(whole)),
    );

  test("a dump cut at its end is reported incomplete", () => {
    fc.assert(
      fc.property(chunks, fc.nat(), (list, at) => {
        const text = statusDump(list, 1, 3926).trimEnd();
        const cut = text.slice(0, at % text.length);
        expect(readDumps(cut).dumps.filter((dump) => dump.complete)).toEqual([]);
      }),
    );
  });

  test("a dump cut at its beginning is incomplete, or lacks only what names the pool", () => {
    fc.assert(
      fc.property(chunks, fc.nat(), (list, at) => {
        const text = statusDump(list, 1, 3926);
        const whole = readDumps(text).dumps[0];
        for (const dump of looksComplete(text.slice(at % text.length), whole)) expect(dump.sites).toEqual(whole?.sites);
      }),
    );
  });

  test("lines missing from its middle make it incomplete", () => {
    fc.assert(
      fc.property(chunks, fc.nat(), fc.integer({ min: 1, max: 6 }), (list, from, many) => {
        const lines = statusDump(list, 1, 3926).split("\n");
        const at = 6 + (from % (lines.length - 6 - 2));
        const holed = [...lines.slice(0, at), ...lines.slice(Math.min(at + many, lines.length - 2))];
        // The line that announces the free list carries no number: without it the dump is as good as whole.
        const harmless = lines.slice(at, at + many).every((line) => line.includes("dumping free list"));
        if (!harmless) expect(looksComplete(holed.join("\n"), undefined)).toEqual([]);
      }),
    );
  });

  test.each([
    "4.0.7-mng1dbg1-qmdbg/idle/dump-shm-ms3.log",
    "4.4.7-default-tlsf/after/dump-rpc-corex.shm_status.log",
    "4.4.7-default-tlsf/after/dump-rpc-corex.shm_summary.log",
    "3.3.7-default-fm/after/dump-pkg-udp0-ms1.log",
    "more/other-versions/5.8.8-default-shm.rprint.txt",
    "more/5.6.3-debian/kamcmd-shm.report.txt",
    "more/5.6.3-debian/jsonrpc-http-shm.report.txt",
    "more/5.6.3-debian/jsonrpc-http-mod.mem_statsx-core-shm.txt",
    "more/5.6.3-debian/gdb-qmwalk-shm-stripped.txt",
  ])("%s cut anywhere", (file) => {
    const text = capture(file).toString("latin1");
    const whole = readDumps(text).dumps[0];
    fc.assert(
      fc.property(fc.nat(text.length - 1), (at) => {
        for (const dump of looksComplete(text.slice(0, at), whole)) {
          // Only the pid of a gdb walk, and lines after the dump's end, may be missing.
          expect({ ...dump, pid: null, last_line: 0 }).toEqual({ ...whole, pid: null, last_line: 0 });
        }
      }),
    );
  });
});

describe("chunks of the stream", () => {
  test.each([
    "5.8.8-default-qm/after/dump-pkg-udp0-ms15.log.gz",
    "more/5.6.3-debian/qm-dump_pkg-status_mode1.txt.gz",
    "syslog/5.6.3-debian-journald-export-shm.txt.gz",
    "syslog/5.6.3-debian-logprefix-rsyslog-isoformat.log.gz",
    "syslog/5.8.8-qm-rsyslog-rfc5424.log.gz",
    "more/5.6.3-debian/jsonrpc-http-mod.stats-all-all.txt",
  ])("%s reads the same however it is split", (file) => {
    const text = capture(file).subarray(0, 600_000);
    const whole = readDumps(text);
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(text.length), { maxLength: 20 }), (places) => {
        const reader = createDumpReader();
        let from = 0;
        for (const place of [...places.sort((a, b) => a - b), text.length]) {
          reader.push(text.subarray(from, place));
          from = place;
        }
        expect(reader.end()).toEqual(whole);
      }),
      { numRuns: 30 },
    );
  });

  test("one byte at a time", () => {
    const text = capture("4.0.7-mng1dbg1-qmdbg/idle/dump-shm-ms3.log");
    const reader = createDumpReader();
    for (let i = 0; i < text.length; i++) reader.push(text.subarray(i, i + 1));
    expect(reader.end()).toEqual(readDumps(text));
  });
});

describe("garbage", () => {
  test("never throws, whatever the bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => readDumps(bytes).bytes === bytes.length));
  });

  test("never throws on lines of dumps in disorder, and trusts none", () => {
    const pieces = [
      ...statusDump([{ size: 8, site: 0, free: false }], 1, 3926).split("\n"),
      "Module: core",
      "{",
      "}",
      '{"jsonrpc": "2.0", "result": ["Module: tm", {',
      '"a(1)": -5, "Total": 18446744073705361512 }',
      "$1 = {size = 8, u = {nxt_free",
      "manager: q_malloc block: 0x10",
      "walked 3 fragments",
      "__CURSOR=s",
      "MESSAGE",
      " 6(1) ALERT: qm_sums:  count=99999999999999999999 size=1 bytes from a: b: c(1)",
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 60 }), (lines) => {
        for (const dump of readDumps(lines.join("\n")).dumps)
          if (dump.allocated_bytes !== null) expect(Number.isSafeInteger(dump.allocated_bytes)).toBe(true);
      }),
    );
  });
});

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
