import { describe, expect, test } from "vitest";
import { METRICS, metricTarget } from "../../../src/kamailio/knowledge/metric-names.js";
import { looksLikeUsage, readUsage } from "../../../src/kamailio/usage/reader.js";
import { fixture, NOW } from "./fixture.js";

const SHM = { total: 33554432, free: 30902656, used: 2616536, real_used: 2651776, max_used: 2651776, fragments: 1 };
const ROW = {
  entry: 1,
  pid: 7,
  rank: 1,
  used: 300000,
  free: 7988608,
  real_used: 400000,
  total_size: 8388608,
  total_frags: 3,
  desc: "timer",
};
const { entry: _entry, ...KEPT } = ROW;

function read(text: string) {
  return readUsage(text, { now: NOW });
}

function members(value: Record<string, unknown>, indent = "\t"): string {
  return Object.entries(value)
    .map(([name, member]) => `${indent}${name}: ${member}\n`)
    .join("");
}

const KAMCMD = `{\n${members(SHM)}}\n`;
const RPC = { jsonrpc: "2.0", result: SHM, id: 1 };

describe("one reading of shm, however it was pasted", () => {
  test.each([
    ["kamcmd", KAMCMD],
    ["quoted in a mail", KAMCMD.replace(/^/gm, "> > ")],
    ["in a markdown fence", `\`\`\`text\n${KAMCMD}\`\`\`\n`],
    ["with CRLF", KAMCMD.replaceAll("\n", "\r\n")],
    ["with blank lines between", KAMCMD.replaceAll("\n", "\n\n")],
    ["lines joined with <br />", KAMCMD.replaceAll("\n", "<br />")],
    ["at kamcmd's own prompt", `kamcmd> core.shmmem\n${KAMCMD}`],
    ["JSON on one line", JSON.stringify(RPC)],
    ["JSON over lines", JSON.stringify(RPC, null, 2)],
    ["the bare result", JSON.stringify(SHM)],
    ["JSON quoted in a mail", JSON.stringify(RPC, null, 2).replace(/^/gm, "> ")],
    ["JSON without commas", JSON.stringify(SHM, null, 1).replaceAll(",", "")],
    ["a Python dict", JSON.stringify(SHM).replaceAll('"', "'")],
    ["YAML", members(SHM, "")],
    ["quoted YAML", members(SHM, "").replace(/: (\d+)/g, ': "$1"')],
    [
      "XML-RPC",
      Object.entries(SHM)
        .map(([name, value]) => `<member><name>${name}</name><value><i4>${value}</i4></value></member>`)
        .join("\n")
        .concat("\n</struct>"),
    ],
  ])("%s", (_name, text) => {
    const { samples, rejected } = read(text);
    expect(rejected).toEqual([]);
    expect(samples.map(({ shm }) => shm)).toEqual([SHM]);
  });

  const STATISTICS = {
    "shmem:fragments": 1,
    "shmem:free_size": 30902656,
    "shmem:max_used_size": 2651776,
    "shmem:real_used_size": 2651776,
    "shmem:total_size": 33554432,
    "shmem:used_size": 2616536,
  };
  const lines = (format: (name: string, value: number) => string) =>
    Object.entries(STATISTICS).map(([name, value]) => format(name, value));

  test.each([
    ["MI", lines((name, value) => `${name} = ${value}`).join("\n")],
    ["sercmd's MI", lines((name, value) => `:: ${name} = ${value}`).join("\n")],
    ["doubled colons", lines((name, value) => `${name}:: ${value}`).join("\n")],
    ["dotted", lines((name, value) => `${name.replace(":", ".")}: ${value}`).join("\n")],
    ["a YAML list of strings", lines((name, value) => `- "${name} = ${value}"`).join("\n")],
    [
      "in shuffled order",
      lines((name, value) => `${name} = ${value}`)
        .toReversed()
        .join("\n"),
    ],
    ["a JSON list of strings", JSON.stringify({ jsonrpc: "2.0", result: lines((name, value) => `${name} = ${value}`), id: 1 })],
  ])("statistics: %s", (_name, text) => {
    expect(read(text).samples.map(({ shm }) => shm)).toEqual([SHM]);
  });
});

describe("pkg.stats", () => {
  test.each([
    ["kamcmd", `{\n${members(ROW)}}\n`],
    ["JSON-RPC", JSON.stringify({ jsonrpc: "2.0", result: [ROW], id: 1 }, null, 1)],
    ["a batch", JSON.stringify([RPC, { jsonrpc: "2.0", result: [ROW], id: 2 }])],
    ["YAML", `- ${members(ROW, "  ").trimStart()}`],
  ])("%s", (_name, text) => {
    expect(read(text).samples.map(({ pkg }) => pkg)).toEqual([[KEPT]]);
  });

  test("an error in a batch is refused by itself", () => {
    const { samples, rejected } = read(
      JSON.stringify([{ jsonrpc: "2.0", error: { code: 500, message: "command shm.stats not found" }, id: 1 }, RPC]),
    );
    expect(samples[0]?.shm).toEqual(SHM);
    expect(rejected[0]?.hint).toContain('loadmodule "corex.so"');
  });
});

describe("what is cut", () => {
  const whole = `### 2026-11-23T01:14:56Z kamcmd core.shmmem\n${KAMCMD}`;

  test.each([
    ["JSON before another command", `{"jsonrpc":"2.0","result":{"total":335\n${whole}`],
    ["pretty JSON before another command", `{\n  "jsonrpc": "2.0",\n  "result": {\n    "total": 33554432,\n${whole}`],
    ["JSON cut inside a string", `{"jsonrpc":"2.0","result":["shmem:fra\n${whole}`],
    ["a struct before another command", `{\n\ttotal: 335\n${whole}`],
    ["JSON before other JSON", `{"jsonrpc":"2.0","result":{\n${JSON.stringify({ ...RPC, at: undefined })}`],
  ])("%s: only that part is refused", (_name, text) => {
    const { samples, rejected } = read(text);
    expect(samples[0]?.shm).toEqual(SHM);
    expect(rejected).toHaveLength(1);
    expect(rejected[0]).toMatchObject({ line: 1, hint: expect.stringContaining("again") });
  });

  test.each([KAMCMD.slice(0, -3), JSON.stringify(RPC).slice(0, -2), "{"])("an upload that ends in the middle: %#", (text) => {
    const { samples, rejected } = read(text);
    expect(samples).toEqual([]);
    expect(rejected).toHaveLength(1);
  });
});

describe("metrics pages", () => {
  test("florentchauveau's exporter", () => {
    const text = [
      "# HELP kamailio_core_shmmem_free Free shared memory.",
      "# TYPE kamailio_core_shmmem_free gauge",
      "kamailio_core_shmmem_fragments 44546",
      "kamailio_core_shmmem_free 6.1189608e+07",
      "kamailio_core_shmmem_max_used 1.3323296e+07",
      "kamailio_core_shmmem_real_used 5.919256e+06",
      "kamailio_core_shmmem_total 6.7108864e+07",
      "kamailio_core_shmmem_used 2.590984e+06",
      "kamailio_core_uptime_uptime_total 258",
      "kamailio_tm_stats_current 3",
      "kamailio_core_tcp_info_opened_tls_connections 401",
      "go_goroutines 8",
    ].join("\n");
    expect(read(text).samples).toEqual([
      {
        at: new Date(NOW).toISOString(),
        uptime: 258,
        shm: { total: 67108864, free: 61189608, used: 2590984, real_used: 5919256, max_used: 13323296, fragments: 44546 },
        pkg: [],
        load: { current_transactions: 3, tls_current_connections: 401 },
      },
    ]);
  });

  const VOIPLENS = [
    'kamailio_shm_bytes{type="free"} 6.3184376e+07',
    'kamailio_shm_bytes{type="max_used"} 3.924488e+06',
    'kamailio_shm_bytes{type="real_used"} 3.924488e+06',
    'kamailio_shm_bytes{type="total"} 6.7108864e+07',
    'kamailio_shm_bytes{type="used"} 3.030808e+06',
    "kamailio_shm_fragments 1",
    'kamailio_pkgmem_frags{entry="1"} 248',
    'kamailio_pkgmem_free{entry="1"} 1.1727304e+07',
    'kamailio_pkgmem_real{entry="1"} 5.049912e+06',
    'kamailio_pkgmem_size{entry="1"} 1.6777216e+07',
    'kamailio_pkgmem_used{entry="1"} 3.830712e+06',
    'kamailio_core_uptime{compiled="22:28:09 Nov  8 2023",compiler="gcc 13.2.1",version="5.7.2"} 2352',
  ];

  test("voiplens' exporter: the index of a process becomes its pid where the page tells it", () => {
    const status =
      'kamailio_core_process_status{description="udp receiver child=0 sock=1.2.3.4:5060",index="1",pid="17",rank="1"} 1';
    const [sample] = read([...VOIPLENS, status].join("\n")).samples;
    expect(sample).toMatchObject({ uptime: 2352, shm: { total: 67108864, real_used: 3924488, fragments: 1 } });
    expect(sample?.pkg).toEqual([
      {
        pid: 17,
        rank: 1,
        desc: "udp receiver child=0 sock=1.2.3.4:5060",
        used: 3830712,
        free: 11727304,
        real_used: 5049912,
        total_size: 16777216,
        total_frags: 248,
      },
    ]);
  });

  test("voiplens' exporter without pids: the index stands for it, which is said", () => {
    const { samples, warnings } = read(VOIPLENS.join("\n"));
    expect(samples[0]?.pkg).toMatchObject([{ pid: 1, real_used: 5049912 }]);
    expect(warnings[0]).toContain("index of a process");
  });

  test("xhttp_prom of 6.x with pkg, uptime and another prefix; a second page is a second sample", () => {
    const page = (at: number, real_used: number) =>
      [
        `sbc_shmem_total_size{site="a"} 33554432 ${at}`,
        `sbc_shmem_free_size{site="a"} ${33554432 - real_used} ${at + 1}`,
        `sbc_shmem_real_used_size{site="a"} ${real_used} ${at + 2}`,
        `sbc_pkgmem_used{pid="12", rank="1", desc="udp receiver child=0 sock=[::1]:5060", site="a"} 300000 ${at + 3}`,
        `sbc_pkgmem_real_used{pid="12", rank="1", desc="udp receiver child=0 sock=[::1]:5060", site="a"} 400000 ${at + 3}`,
        `sbc_usrloc_location_contacts 7 ${at}`,
        `sbc_uptime{site="a"} 55 ${at}`,
        "",
      ].join("\n");
    const { samples, rejected } = read(page(1795395908301, 2651776) + page(1795395968301, 2651800));
    expect(rejected).toEqual([]);
    expect(samples.map(({ shm }) => shm?.real_used)).toEqual([2651776, 2651800]);
    expect(samples[0]).toMatchObject({ uptime: 55, load: { location_contacts: 7, registered_contacts: 7 } });
    expect(samples[0]?.pkg).toMatchObject([
      { pid: 12, rank: 1, desc: "udp receiver child=0 sock=[::1]:5060", real_used: 400000 },
    ]);
    expect(samples[1]?.at).toBe("2026-11-23T01:06:08.304Z");
  });

  test("a page of several servers is refused", () => {
    const text = 'kamailio_shmem_total_size{instance="a"} 33554432\nkamailio_shmem_total_size{instance="b"} 67108864\n';
    expect(read(text)).toMatchObject({ samples: [], rejected: [{ reason: expect.stringContaining("several servers") }] });
  });

  test("every name of the table is found by its own name and label", () => {
    for (const row of METRICS) {
      const labels = row.label === null ? {} : { [row.label[0]]: row.label[1] };
      expect(metricTarget(row.name, labels)?.target).toEqual(row.target);
    }
  });
});

describe("the service's own form", () => {
  const sample = { at: "2026-11-23T00:00:00.000Z", uptime: 5, shm: SHM, pkg: [KEPT], load: { registered_users: 3, ratio: 0.5 } };

  test("what was read can be posted again and is the same", () => {
    expect(read(`${JSON.stringify(sample)}\n`).samples).toEqual([sample]);
    expect(read(JSON.stringify([sample, { ...sample, at: "2026-11-23T00:01:00Z" }], null, 2)).samples).toHaveLength(2);
  });

  test.each([
    ["2026-11-23T01:00:00+01:00", "2026-11-23T00:00:00.000Z"],
    [1795392000, "2026-11-23T00:00:00.000Z"],
    [1795392000000, "2026-11-23T00:00:00.000Z"],
  ])("at may be %j", (at, utc) => {
    expect(read(JSON.stringify({ ...sample, at })).samples[0]?.at).toBe(utc);
  });

  test.each([
    [{ at: "yesterday", shm: SHM }, "at is no time"],
    [{ at: "2026-11-23T00:00:00Z", shm: { total: 100, used: 500 } }, "below"],
    [{ at: "2026-11-23T00:00:00Z", shm: { total: "many" } }, "shm.total"],
    [{ at: "2026-11-23T00:00:00Z", pkg: [{ used: 5 }] }, "no pid"],
    [{ at: "2026-11-23T00:00:00Z" }, "without any counter"],
    [{ at: "2028-11-23T00:00:00Z", shm: SHM }, "future"],
  ])("%j is refused", (value, reason) => {
    const { samples, rejected } = read(JSON.stringify(value));
    expect(samples).toEqual([]);
    expect(rejected[0]?.reason).toContain(reason);
  });

  test("load is kept as it is, up to a number of names", () => {
    const load = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`counter_${at}`, at]));
    const { samples, rejected } = read(JSON.stringify({ ...sample, load }));
    expect(Object.keys(samples[0]?.load ?? {})).toHaveLength(128);
    expect(rejected).toHaveLength(1);
  });
});

describe("what it is not", () => {
  test.each([
    ["shmem:total_size:: 33554432\npkmem:0-total_size:: 100\n", "OpenSIPS"],
    ["# opensipsctl fifo get_statistics shmem:\nshmem:total_size:: 33554432\n", "OpenSIPS"],
    ["opensips_shmem_total_size 33554432\n", "OpenSIPS"],
    ["Nov 23 01:14 sbc kamailio[5]: NOTICE: <core> [q_malloc.c:1]: qm_status(): qm_status: heap size= 8388608\n", "memory dump"],
    ["# kamcmd mod.stats all shm\nModule: core\n{\n\tTotal: 5\n}\n", "mod.stats"],
  ])("%j is refused as %s", (text, what) => {
    const { samples, rejected } = read(text);
    expect(samples).toEqual([]);
    expect(rejected.map(({ reason }) => reason).join()).toContain(what);
  });

  test("lines that no reader knows are reported", () => {
    const { unrecognized } = read(`hello\n${KAMCMD}good bye\n`);
    expect(unrecognized).toEqual({
      total: 2,
      first: [
        { line: 1, text: "hello" },
        { line: 10, text: "good bye" },
      ],
    });
  });

  test("prose that names a command does not switch the reader off", () => {
    expect(read(`I also ran mod.stats before.\n${KAMCMD}`).samples).toHaveLength(1);
  });
});

describe("looksLikeUsage", () => {
  test.each([
    ["6.1.4-cmake-tlsf/after/kamcmd/core.shmmem.txt", "core.shmmem"],
    ["6.1.4-cmake-tlsf/after/kamcmd/pkg.stats.txt", "pkg.stats"],
    ["6.1.4-cmake-tlsf/after/kamcmd/tm.stats.txt", "tm.stats"],
    ["6.1.4-cmake-tlsf/after/kamctl/stats-shmem.txt", "statistics"],
    ["6.1.4-cmake-tlsf/after/metrics.prom", "metrics of shmem"],
    ["incidents/f-restart-5.5.7-qm/series.txt.gz", "core.shmmem"],
  ])("%s: %s", (path, kind) => {
    expect(looksLikeUsage(fixture(path).toString())).toEqual({ kind });
  });

  test.each(["", "hello", "version: kamailio 5.6.3 (x86_64/linux)", 'loadmodule "tm.so"\n', "Module: core\n{\n\tTotal: 5\n}\n"])(
    "%j: no",
    (text) => {
      expect(looksLikeUsage(text)).toBeNull();
    },
  );
});
