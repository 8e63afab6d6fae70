/** Texts that users posted and that were read wrongly, with what they say. */
import { describe, expect, test } from "vitest";
import { readDumps } from "../../../src/kamailio/dump/reader.js";
import { openText } from "../../../src/kamailio/log-line/opened-lines.js";
import { readSettings } from "../../../src/kamailio/settings/read-settings.js";
import { fixture, readLog } from "../log/fixture.js";

const TEXTS = "log-texts";
const AT = "2024-05-17T10:00:55.101Z";
const FRAGMENTED = {
  kind: "fragmentation",
  pool: "pkg",
  count: 1,
  lines: 2,
  size: 1776,
  site: { module: "core", file: "core/receive.c", function: "receive_msg", line: 160 },
};
const NEW_UCONTACT = {
  kind: "exhaustion",
  pool: "shm",
  count: 1,
  site: { module: "usrloc", function: "new_ucontact", line: 100 },
};

describe("one log in the forms of the stores", () => {
  test.each([
    [
      "cloudwatch-one-line",
      [
        { ...FRAGMENTED, pids: [41], first_at: AT },
        { ...NEW_UCONTACT, pids: [35] },
      ],
    ],
    [
      "loki-api-one-line",
      [
        { ...FRAGMENTED, pids: [41], first_at: AT },
        { ...NEW_UCONTACT, pids: [35], first_at: AT },
      ],
    ],
    ["loki-csv", [{ ...FRAGMENTED, pids: [41], first_at: AT }]],
    ["kibana-hits", [{ ...FRAGMENTED, pids: [20802], first_at: AT }]],
    ["html-pre", [{ ...FRAGMENTED, pids: [20802], first_at: "2024-05-17T10:00:55.000Z" }]],
    [
      "months-de",
      [
        {
          kind: "exhaustion",
          pids: [20802],
          first_at: "2024-03-17T10:00:55.000Z",
          last_at: "2024-10-17T10:00:56.000Z",
          count: 2,
        },
      ],
    ],
    [
      "json-engine-cee",
      [
        { ...FRAGMENTED, lines: 1, pids: [20802], first_at: "2025-04-04T15:51:44.448Z" },
        { ...NEW_UCONTACT, pids: [20802] },
      ],
    ],
    [
      "json-engine-errors",
      [
        { ...FRAGMENTED, lines: 3, pids: [20802] },
        { kind: "exhaustion", pool: "shm", pids: [20796], site: { module: "tm", function: "new_t", line: 1279 } },
        { ...NEW_UCONTACT, pids: [20796] },
        {
          kind: "double_free",
          action: "ignoring",
          pids: [20796],
          site: { function: "xavp_free", line: 81 },
          other_site: { function: "xavp_new_value", line: 117 },
        },
      ],
    ],
  ])("%s", (name, incidents) => {
    const reading = readLog(fixture(`${TEXTS}/${name}.txt`), { taken_at: Date.UTC(2024, 11, 1) });
    expect(reading.incidents).toMatchObject(incidents);
    expect(reading.incidents).toHaveLength(incidents.length);
    expect(reading.look_alikes).toEqual([]);
  });

  test("a dump that Kamailio's JSON engine wrote", () => {
    const text = fixture(`${TEXTS}/json-engine-dump.txt`);
    expect(readDumps(text).dumps).toMatchObject([
      {
        form: "status",
        pool: "shm",
        pid: 25_256,
        process_index: 5,
        manager: "qm",
        heap_size: 16_777_216,
        used: 377_208,
        real_used: 617_144,
        free: 16_160_072,
        complete: true,
      },
    ]);
    expect(readSettings(text.toString())).toMatchObject({ forms: ["startup_log"] });
  });
});

describe("what is no log passes as it is", () => {
  test.each([
    ["a JSON-RPC error", '{"jsonrpc":"2.0","error":{"code":500,"message":"command pkg.stats not found"},"id":1}\n'],
    ["a JSON-RPC answer, pretty", '{\n  "jsonrpc": "2.0",\n  "result": [\n    { "entry": 0, "pid": 7 }\n  ]\n}\n'],
    ["kamcmd's structs", "{\n\tentry: 0\n\tpid: 7\n}\n"],
    ["a log_prefix", " 7(4711) ERROR: {1 1 INVITE a@b} <core> [a.c:1]: f(): x\n"],
    ["JSON that ends in the middle", '{"jsonrpc":"2.0","result":[{"pid":7\nnext line\n'],
    ["JSON without an end", '{"a": 1, "b": [1, 2'],
    ["braces", "{{{{{{\n}}}}\n"],
    ["nested too deep", `${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}\n`],
    ["a sample of usage", '{"at":"2026-11-23T01:17:35Z","shm":{"total":67108864,"real_used":1}}\n'],
    ["a list with the names of a log's fields", "name,age\nmessage,3\n"],
    ["a page without a log", "<html><body><p>hello</p></body></html>\n"],
    ["a configuration", 'request_route {\n  xlog("{\\"a\\": 1}");\n}\n'],
    ["no line end", "nothing"],
    ["nothing", ""],
  ])("%s", (_what, text) => {
    expect(openText(text)).toBe(text);
  });

  test("a line of millions of bytes is cut and said so, in a log and outside", () => {
    const entry = `{"message":" 1(5) ERROR: m [f.c:1]: f(): no more pkg mem","time":"2026-11-23T01:17:35Z"}`;
    const log = Buffer.from(`{"hits":[${`${entry},`.repeat(30_000)}${entry}]}\n`);
    expect(readLog(log).incidents).toMatchObject([{ count: 30_001 }]);
    expect(readLog(`{"a":"${"x".repeat(3_000_000)}"}\n`).warnings.join()).toContain("longer than");
  });

  test("an answer that ends in the middle gives the entries that are whole, and says so", () => {
    const whole = fixture(`${TEXTS}/loki-api-one-line.txt`).toString();
    const cut = readLog(whole.slice(0, whole.indexOf("new_ucontact")));
    expect(cut.incidents).toMatchObject([{ kind: "fragmentation" }]);
    expect(cut.warnings.join()).toContain("ends in the middle");
  });

  test("docker's pieces of 16 KB are one line", () => {
    const text = ` 7(4711) ERROR: <core> [a.c:1]: f(): ${"x".repeat(20_000)} and no more pkg mem`;
    const piece = (log: string) => JSON.stringify({ log, stream: "stderr", time: "2026-11-23T01:17:35Z" });
    const log = `${piece(text.slice(0, 16_384))}\n${piece(`${text.slice(16_384)}\n`)}\n`;
    expect(openText(log)).toBe(`\n2026-11-23T01:17:35.000Z ${text}\n`);
  });

  test("CRI's pieces are one line", () => {
    const log = "2026-11-23T01:17:35.1Z stderr P  7(4711) ERROR: no more\n2026-11-23T01:17:35.2Z stderr F  pkg mem\n";
    expect(openText(log)).toBe("\n2026-11-23T01:17:35.1Z stderr F  7(4711) ERROR: no more pkg mem\n");
  });

  test("line numbers stay those of the text", () => {
    const pretty = JSON.stringify({ time: "2026-11-23T01:17:35Z", message: "INFO: nothing" }, null, 2);
    const log = `first\n${pretty}\n 1(5) ERROR: m [f.c:1]: f(): no more pkg mem\n`;
    expect(readLog(log).incidents[0]?.first_line).toBe(log.split("\n").findIndex((line) => line.includes("1(5)")) + 1);
  });
});
