/** Histories out of other tools, and texts as people paste them: each with the values that are right. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readUsage, type TimedSample } from "../../../src/kamailio/usage/reader.js";

const NOW = Date.UTC(2026, 10, 23);

function read(text: string, timezone: string | null = null) {
  return readUsage(text, { now: NOW, timezone });
}

function fixture(name: string): string {
  return readFileSync(new URL(`../../fixtures/usage-texts/${name}.txt`, import.meta.url), "utf8");
}

function shmOf(samples: readonly TimedSample[]) {
  return samples.map(({ at, shm }) => ({ at, ...shm }));
}

function pkgOf(samples: readonly TimedSample[]) {
  return samples.flatMap(({ pkg }) =>
    pkg.map(({ pid, used, real_used, free, total_size }) => [pid, used, real_used, free, total_size]),
  );
}

const FIRST = {
  total: 67108864,
  free: 14764752,
  used: 40211304,
  real_used: 52344112,
  max_used: 60112008,
  fragments: 4411,
};
const NO_PEAK = { ...FIRST, max_used: null, fragments: null };
const T0 = "2024-05-23T21:33:20.000Z";
const T1 = "2024-05-23T21:34:20.000Z";

describe("what people post", () => {
  test("a saved answer of query_range has a sample a point", () => {
    const { samples } = read(fixture("prom-query-range"));
    expect(shmOf(samples).map(({ at, real_used, total }) => [at, real_used, total])).toEqual([
      [T0, 52344112, 67108864],
      [T1, 52348208, 67108864],
      ["2024-05-23T21:35:20.000Z", 52352304, 67108864],
      ["2024-05-23T21:36:20.000Z", 52356400, 67108864],
    ]);
    expect(shmOf(samples)[0]).toEqual({ at: T0, ...FIRST });
  });

  test("Grafana's CSV has three", () => {
    const { samples, warnings } = read(fixture("grafana-csv"));
    expect(shmOf(samples)[0]).toEqual({ at: T0, ...NO_PEAK });
    expect(samples).toHaveLength(3);
    expect(warnings.join()).toContain("?timezone=");
  });

  test("its local times are the caller's", () => {
    expect(read(fixture("grafana-csv"), "Europe/Berlin").samples[0]?.at).toBe("2024-05-23T19:33:20.000Z");
  });

  test("Influx lines have all six fields", () => {
    const { samples, rejected } = read(fixture("influx-line"));
    expect(shmOf(samples)).toEqual(
      [
        { at: T0, ...FIRST },
        { at: T1, ...FIRST, used: 40215400, real_used: 52348208, free: 14760656, fragments: 4415, ...{ max_used: 60112008 } },
      ].map((one, index) => (index === 0 ? one : { ...one, free: samples[1]?.shm?.free ?? -1 })),
    );
    expect(rejected).toEqual([]);
  });

  test("Zabbix's CSV has two samples of real_used and total", () => {
    expect(shmOf(read(fixture("zabbix-csv")).samples).map(({ at, total, real_used }) => [at, total, real_used])).toEqual([
      [T0, 67108864, 52344112],
      [T1, 67108864, 52348208],
    ]);
  });

  test("perfdata is one sample, with what only its text tells", () => {
    expect(shmOf(read(fixture("nagios-perfdata")).samples)).toEqual([{ at: new Date(NOW).toISOString(), ...FIRST }]);
  });

  test("the CSV of a memory script", () => {
    expect(read(fixture("memstats-csv-shm")).samples[0]?.shm).toEqual({
      total: 536870912,
      free: 486539264,
      used: 41238712,
      real_used: 50331648,
      max_used: 61203440,
      fragments: 1822,
    });
    expect(pkgOf(read(fixture("memstats-csv-pkg")).samples)).toEqual([
      [2101, 812344, 1203440, 15573776, 16777216],
      [2102, 812344, 1203440, 15573776, 16777216],
      [2103, 6812344, 8203440, 8573776, 16777216],
    ]);
  });

  test("pkg.stats as a table of kamcli and of Markdown", () => {
    expect(pkgOf(read(fixture("pkg-table-kamcli")).samples)).toEqual([
      [11069, 712344, 875168, 7513440, 8388608],
      [11070, 3652840, 4376508, 4012100, 8388608],
    ]);
    const { samples, unrecognized } = read(fixture("pkg-table-markdown"));
    expect(pkgOf(samples)).toEqual([
      [11070, 3652840, 16777216, 0, 16777216],
      [11071, 3652840, 16777216, 0, 16777216],
    ]);
    expect(samples[0]?.pkg[0]?.desc).toBe("udp receiver child=0 sock=192.0.2.5:5060");
    expect(unrecognized.total).toBe(0);
  });

  test("a watch screen says its time", () => {
    expect(read(fixture("watch-time")).samples[0]).toMatchObject({ at: "2024-05-20T10:00:01.000Z", shm: { real_used: 9942936 } });
  });

  test("core.uptime of long ago dates what stands beside it", () => {
    const [sample] = read(fixture("tm-stuck-one-paste")).samples;
    expect(sample).toMatchObject({
      at: "2017-09-18T09:39:51.000Z",
      uptime: 509246,
      load: { created_transactions: 5065, freed_transactions: 4, waiting_transactions: 5055, current_transactions: 5060 },
    });
  });

  test("megabytes are refused with the command that prints bytes", () => {
    const { samples, rejected } = read(fixture("shmmem-m"));
    expect(samples).toEqual([]);
    expect(rejected[0]?.reason).toContain("megabytes");
    expect(rejected[0]?.hint).toContain("without a unit");
  });

  test("a socket that nobody listens on", () => {
    expect(read(fixture("kamcmd-socket-error")).rejected[0]?.hint).toMatch(/is Kamailio running.*ctl.*right socket/);
  });

  test("full pools pasted once", () => {
    expect(pkgOf(read(fixture("pkg-full-one-paste")).samples)[0]).toEqual([11070, 3652840, 16777216, 0, 16777216]);
    expect(read(fixture("shm-full-one-paste")).samples[0]?.shm).toMatchObject({
      total: 67108864,
      real_used: 65632389,
      free: 1476475,
    });
  });
});

const t = ["1716500000", "1716500060"] as const;
const series = (name: string, values: readonly number[]) =>
  `{"metric":{"__name__":"${name}","instance":"sip1:9494"},"values":[${values.join()}],"timestamps":[${t.map((at) => `${at}000`).join()}]}`;
const REAL = [52344112, 52348208];
const forms: readonly (readonly [what: string, text: string])[] = [
  [
    "an instant query",
    `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"kamailio_shmem_real_used_size"},"value":[${t[0]}.5,"52344112"]},{"metric":{"__name__":"kamailio_shmem_total_size"},"value":[${t[0]}.5,"67108864"]}]}}`,
  ],
  [
    "a VictoriaMetrics export",
    `${series("kamailio_shmem_real_used_size", REAL)}\n${series("kamailio_shmem_total_size", [67108864, 67108864])}\n`,
  ],
  [
    "OpenMetrics, one metric after the other",
    `# TYPE kamailio_shmem_real_used_size gauge\nkamailio_shmem_real_used_size{instance="a"} 52344112 ${t[0]}\nkamailio_shmem_real_used_size{instance="a"} 52348208 ${t[1]}\nkamailio_shmem_total_size{instance="a"} 67108864 ${t[0]}\nkamailio_shmem_total_size{instance="a"} 67108864 ${t[1]}\n# EOF\n`,
  ],
  [
    "Grafana's series joined by time, with units and gaps",
    `"Time","{instance=""a"", __name__=""kamailio_core_shmmem_real_used""}","{__name__=""kamailio_core_shmmem_total"", instance=""a""}"\n2024-05-23 21:33:20,49.9 MiB,64 MiB\n2024-05-23 21:34:20,49.9 MiB,\n`,
  ],
  [
    "Grafana's series as rows",
    `"Series";"Time";"Value"\n"kamailio_shmem_real_used_size";"2024-05-23T21:33:20+00:00";52344112\n"kamailio_shmem_real_used_size";"2024-05-23T21:34:20+00:00";52348208\n"kamailio_shmem_total_size";"2024-05-23T21:33:20+00:00";67108864\n"kamailio_shmem_total_size";"2024-05-23T21:34:20+00:00";67108864\n`,
  ],
  [
    "Zabbix in German, item after item, asked one after the other",
    `Zeitstempel;Host;Datenpunkt;Wert\n23.05.2024 21:33:20;sip1;"kamailio.shmem[real_used_size]";52344112\n23.05.2024 21:34:20;sip1;"kamailio.shmem[real_used_size]";52348208\n23.05.2024 21:33:22;sip1;"kamailio.shmem[total_size]";67108864\n`,
  ],
  [
    "InfluxDB's CSV",
    `,result,table,_time,_value,_field,_measurement,host\n,,0,2024-05-23T21:33:20Z,52344112,real_used_size,kamailio_shmem,sip1\n,,0,2024-05-23T21:34:20Z,52348208,real_used_size,kamailio_shmem,sip1\n,,1,2024-05-23T21:33:20Z,67108864,total_size,kamailio_shmem,sip1\n,,1,2024-05-23T21:34:20Z,67108864,total_size,kamailio_shmem,sip1\n`,
  ],
  [
    "PNP4Nagios",
    t
      .map(
        (at, i) =>
          `DATATYPE::SERVICEPERFDATA\tTIMET::${at}\tHOSTNAME::sip1\tSERVICEDESC::shm\tSERVICEPERFDATA::shm_total=64MB;;; 'shm real_used'=${REAL[i]}B;;;\tSERVICECHECKCOMMAND::x\n`,
      )
      .join(""),
  ],
  [
    "Graphite's plaintext",
    t
      .map(
        (at, i) => `servers.sip1.kamailio.shmem.real_used ${REAL[i]} ${at}\nservers.sip1.kamailio.shmem.total 67108864 ${at}\n`,
      )
      .join(""),
  ],
  [
    "collectd's PUTVAL",
    t
      .map(
        (at, i) =>
          `PUTVAL "sip1/kamailio-shm/gauge-real_used" interval=60 ${at}.000:${REAL[i]}\nPUTVAL sip1/kamailio-shm/gauge-total interval=60 ${at}:67108864\n`,
      )
      .join(""),
  ],
  [
    "collectd's CSV files with their names",
    `==> /var/lib/collectd/csv/sip1/kamailio-shm/gauge-real_used-2024-05-23 <==\nepoch,value\n${t[0]}.123,52344112\n${t[1]}.123,52348208\n\n==> /var/lib/collectd/csv/sip1/kamailio-shm/gauge-total-2024-05-23 <==\nepoch,value\n${t[0]}.125,67108864\n${t[1]}.125,67108864\n`,
  ],
  [
    "key=value lines",
    `2024-05-23T21:33:20Z total=67108864 real_used=52344112\n[2024-05-23 21:34:20+00:00] shm: total=67108864, real_used=52348208\n`,
  ],
  ["logfmt", t.map((at, i) => `ts=${at} level=info msg="memory of sip1" shm.total=67108864 shm.real_used=${REAL[i]}\n`).join("")],
  [
    "CSV with a header, thousands separated",
    `time,total,used,real_used,free\n2024-05-23T21:33:20Z,"67,108,864","40,211,304","52,344,112","14,764,752"\n2024-05-23T21:34:20Z,"67,108,864","40,215,400","52,348,208","14,760,656"\n`,
  ],
  [
    "CSV with semicolons and dots",
    `Datum;Uhrzeit;total;real_used;free\n23.05.2024;21:33:20;67.108.864;52.344.112;14.764.752\n23.05.2024;21:34:20;67.108.864;52.348.208;14.760.656\n`,
  ],
  [
    "a psql table",
    `        time         |  total   | real_used |   free\n---------------------+----------+-----------+----------\n 2024-05-23 21:33:20 | 67108864 |  52344112 | 14764752\n 2024-05-23 21:34:20 | 67108864 |  52348208 | 14760656\n`,
  ],
  [
    "this service's CSV",
    `at,pool,name,process,pid,rank,min,max,last,samples\n2024-05-23T21:33:20.000Z,shm,real_used,,,,52344112,52344112,52344112,1\n2024-05-23T21:34:20.000Z,shm,real_used,,,,1,99999999,52348208,1\n2024-05-23T21:33:20.000Z,shm,total,,,,67108864,67108864,67108864,1\n2024-05-23T21:34:20.000Z,shm,total,,,,67108864,67108864,67108864,1\n`,
  ],
];

describe("each form of a history", () => {
  test.each(forms)("%s", (_what, text) => {
    const { samples, rejected, unrecognized } = read(text);
    const near = shmOf(samples).map(({ at, total, real_used }) => [
      at?.slice(0, 17),
      total,
      Math.round((real_used ?? 0) / 100_000),
    ]);
    const expected = [
      [T0.slice(0, 17), 67108864, 523],
      [T1.slice(0, 17), 67108864, 523],
    ];
    expect(near).toEqual(text.includes("vector") ? expected.slice(0, 1) : expected);
    expect(rejected).toEqual([]);
    expect(unrecognized.first).toEqual([]);
  });

  test("statsd and munin have no times: one moment", () => {
    const at = new Date(NOW).toISOString();
    const expected = [{ at, total: 67108864, real_used: 52344112 }];
    for (const text of [
      "kamailio.shmem.real_used:52344112|g\nkamailio.shmem.total:67108864|g|#host:sip1\n",
      "multigraph kamailio_shm\nshm_real_used.value 52344112\nshm_total.value 67108864\n",
      "0 Kamailio_shm shm_real_used=52344112;;|shm_total=67108864 shared memory is fine\n",
    ])
      expect(shmOf(read(text).samples).map(({ at, total, real_used }) => ({ at, total, real_used }))).toEqual(expected);
  });

  test("processes by label, column and tag", () => {
    const text = (form: string) => read(form).samples;
    const rows = [
      [11, 100, 200_000, 8_188_608, 8_388_608],
      [12, 100, 300_000, 8_088_608, 8_388_608],
    ];
    expect(
      pkgOf(
        text(
          `time,pid,used,real_used,free,desc\n${t[0]},11,100,200000,8188608,"udp receiver child=0, sock"\n${t[0]},12,100,300000,8088608,timer\n`,
        ),
      ),
    ).toEqual(rows);
    expect(
      pkgOf(
        text(
          `kamailio_pkg,pid=11 used=100i,real_used=200000i,free=8188608i ${t[0]}\nkamailio_pkg,pid=12 used=100i,real_used=300000i,free=8088608i ${t[0]}\n`,
        ),
      ),
    ).toEqual(rows);
  });
});

describe("what a history must not do", () => {
  const point = (instance: string, at: number, value: number) =>
    `kamailio_shmem_real_used_size{instance="${instance}"} ${value} ${at}\n`;

  test("mix two servers", () => {
    const lines = [0, 60, 120]
      .map((s) => point("a", 1716500000 + s, 5e7))
      .concat([30, 90, 150].map((s) => point("b", 1716500000 + s, 4e7)));
    const { samples, rejected } = read(lines.join(""));
    expect(samples).toEqual([]);
    expect(rejected[0]?.reason).toMatch(/several servers.*"a".*"b"/);
    expect(rejected[0]?.hint).toContain("one server at a time");
  });

  test("but a pod that replaced another is the same server", () => {
    const lines = [0, 60]
      .map((s) => point("a", 1716500000 + s, 5e7))
      .concat([120, 180].map((s) => point("b", 1716500000 + s, 4e7)));
    expect(read(lines.join("")).samples).toHaveLength(4);
  });

  test("take a function of a metric for the metric", () => {
    const text =
      '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"instance":"a"},"values":[[1716500000,"5"]]}]}}';
    const { samples, rejected } = read(text);
    expect(samples).toEqual([]);
    expect(rejected[0]?.hint).toContain("by their names");
  });

  test("take the host's memory for Kamailio's", () => {
    const text = "Timestamp,Host,Item,Value\n2024-05-23 21:33:20,sip1,vm.memory.size[total],67108864\n";
    expect(read(text).samples).toEqual([]);
    expect(read("used=1 free=2 total=3\n").samples).toEqual([]);
    expect(read("time,total,used,free\n1716500000,3,1,2\n").samples).toEqual([]);
  });

  test("guess whether 05/06 is in May or in June", () => {
    const { samples, rejected } = read("time,total,real_used\n05/06/2024 21:33:20,67108864,52344112\n");
    expect(samples).toEqual([]);
    expect(rejected[0]?.reason).toContain("no time that is known for sure");
  });

  test("hold what comes in the order of time", () => {
    const rows = Array.from({ length: 50_000 }, (_, i) => `${1600000000 + i * 60},67108864,${40_000_000 + i}`);
    const { samples, rejected } = read(`time,total,real_used\n${rows.join("\n")}\n`);
    expect(rejected).toEqual([]);
    expect(samples).toHaveLength(50_000);
    expect(samples.at(-1)?.shm?.real_used).toBe(40_049_999);
  });

  test("lose the order of one counter after the other", () => {
    const many = 40_000;
    const lines = (name: string, value: (i: number) => number) =>
      Array.from({ length: many }, (_, i) => `${name} ${value(i)} ${1600000000 + i * 60}`).join("\n");
    const { samples, rejected } = read(
      `${lines("kamailio_shmem_real_used_size", (i) => 40_000_000 + i)}\n${lines("kamailio_shmem_total_size", () => 67108864)}\n`,
    );
    expect(rejected).toEqual([]);
    expect(samples).toHaveLength(many);
    expect(samples.at(-1)?.shm).toMatchObject({ total: 67108864, real_used: 40_039_999 });
  });

  test("throw, or keep what contradicts itself, whatever is cut out of it", () => {
    const texts = [
      ...forms.map(([, text]) => text),
      fixture("pkg-table-kamcli"),
      fixture("pkg-table-markdown"),
      fixture("zabbix-csv"),
    ];
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...texts), { minLength: 1, maxLength: 3 }),
        fc.array(fc.tuple(fc.nat(2000), fc.nat(60), fc.constantFrom("", ",", "|", '"', "=", "\n", "{", " ", ";", "-", "\t9")), {
          maxLength: 8,
        }),
        (parts, cuts) => {
          let text = parts.join("\n");
          for (const [at, length, instead] of cuts) text = text.slice(0, at) + instead + text.slice(at + length);
          for (const { at, shm, pkg } of read(text).samples) {
            expect(Number.isNaN(Date.parse(at))).toBe(false);
            if (shm?.total != null)
              expect(Math.max(shm.used ?? 0, shm.real_used ?? 0, shm.free ?? 0)).toBeLessThanOrEqual(shm.total);
            for (const row of pkg) if (row.total_size !== null) expect(row.real_used ?? 0).toBeLessThanOrEqual(row.total_size);
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});

describe("pkg.stats of a big server", () => {
  test("row after row in a loop is one sample", () => {
    const row = (n: number) =>
      `# kamcmd pkg.stats index ${n}\n{\n\tentry: ${n}\n\tpid: ${100 + n}\n\trank: ${n}\n\tused: 1000\n\tfree: 8000000\n\treal_used: 388608\n\ttotal_size: 8388608\n\ttotal_frags: 3\n\tdesc: udp receiver child=${n}\n}\n`;
    const { samples } = read(Array.from({ length: 700 }, (_, n) => row(n)).join(""));
    expect(samples.map(({ pkg }) => pkg.length)).toEqual([700]);
  });

  test("a reply that is too big is answered with the loop", () => {
    const { rejected } = read("# kamcmd pkg.stats\nERROR: reply too big\n");
    expect(rejected[0]?.hint).toMatch(/pkg\.stats index \$i.*over HTTP/);
  });

  test("an error of the server says that kamcmd ends with 0", () => {
    const { rejected } = read("error: 500 - command pkg.stats not found\n");
    expect(rejected[0]?.hint).toMatch(/kex\.so.*status 0/);
  });
});

test("figures with separators, wherever they stand", () => {
  for (const mark of [",", ".", " ", "'"]) {
    const text = `{\n\ttotal: 67${mark}108${mark}864\n\tfree: 14${mark}764${mark}752\n\tused: 40${mark}211${mark}304\n\treal_used: 52${mark}344${mark}112\n\tmax_used: 60${mark}112${mark}008\n\tfragments: 4${mark}411\n}\n`;
    expect(read(text).samples[0]?.shm).toEqual(FIRST);
  }
  expect(read("shmem:total_size = 67,108,864\nshmem:real_used_size = 52,344,112\n").samples[0]?.shm).toMatchObject({
    total: 67108864,
    real_used: 52344112,
  });
});
