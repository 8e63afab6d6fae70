import { describe, expect, test } from "vitest";
import { readDumps } from "../../../src/kamailio/dump/reader.js";
import { readSiteName } from "../../../src/kamailio/dump/site-table.js";
import { capture } from "./fixture.js";

describe("forms that no capture shows", () => {
  test("tlsf of 4.3 lists its fragments (mem/tlsf.c:1128@4.3.7)", () => {
    const line = (text: string) => ` 1(31) ALERT: tlsf_status: ${text}`;
    const text = [
      " 1(31) ALERT: <core> [pt.c:532]: mem_dump_pkg_cb(): Memory status (pkg) of process 31:",
      line("status of pool (0x7f0000000010):"),
      line("heap size= 8388528"),
      line("used= 168, used+overhead=8000, free=8380528, fragments=1"),
      line("max used (+overhead)=8000, max fragments=2"),
      line("dumping all fragments:"),
      line("(0x7f0000001000): used=true size=56 was alloc'd from <core>: str_hash.h: str_hash_alloc(69)"),
      line("(0x7f0000001100): used=true size=112 was alloc'd from tm: h_table.c: build_cell(360)"),
      line("(0x7f0000001200): used=false size=8000 was free'd from tm: h_table.c: free_cell(136)"),
      line("-----------------------------"),
    ];
    const [dump] = readDumps(text.join("\n")).dumps;
    expect(dump).toMatchObject({
      form: "status",
      manager: "tlsf",
      pool: "pkg",
      pid: 31,
      chunks: 2,
      allocated_bytes: 168,
      free_fragments: 1,
      complete: true,
    });
    expect(dump?.sites[0]).toEqual({ module: "tm", file: "h_table.c", function: "build_cell", line: 360, count: 1, bytes: 112 });
    const [holed] = readDumps(text.toSpliced(6, 1).join("\n")).dumps;
    expect(holed).toMatchObject({ complete: false, allocated_bytes: 112 });
  });

  test("a dump of SER, before there was a prefix (the wiki's sample)", () => {
    const text = [
      "   0(17665) Memory status (shm):",
      "   0(17665) qm_status (0xb5a7e000):",
      "   0(17665)  heap size= 33554432",
      "   0(17665)  used= 8, used+overhead=1811564, free=31742868",
      "   0(17665)  max used (+overhead)= 1811564",
      "   0(17665) dumping all alloc'ed. fragments:",
      "   0(17665)       0. N  address=0xb5ab240c frag=0xb5ab23f4 size=4 used=1",
      "   0(17665)             alloc'd from mem/shm_mem.c: shm_mem_init_mallocs(199)",
      "   0(17665)         start check=f0f0f0f0, end check= c0c0c0c0, abcdefed",
      "   0(17665)       1. N  address=0xb5ab2440 frag=0xb5ab2428 size=4 used=1 ",
      "   0(17665)             alloc'd from timer.c: init_timer(52)",
      "   0(17665)         start check=f0f0f0f0, end check= c0c0c0c0, abcdefed",
    ];
    const [dump] = readDumps(text.join("\n")).dumps;
    expect(dump).toMatchObject({
      form: "status",
      manager: "qm",
      pool: "shm",
      pid: 17665,
      chunks: 2,
      allocated_bytes: 8,
      complete: false,
    });
    expect(dump?.sites.map((site) => [site.module, site.file, site.function])).toContainEqual([null, "timer.c", "init_timer"]);
  });

  test("a fragment structure over several lines (set print pretty on)", () => {
    const struct = (number: number, size: number, free: string) =>
      `$${number} = {\n  size = ${size},\n  u = {\n    nxt_free = ${free},\n    is_free = ${free === "0x0" ? 0 : 140000}\n  },\n  file = 0x5565 "core: core/timer.c",\n  func = 0x5566 <__func__.14> "init_timer",\n  mname = 0x5567 "core",\n  line = 197,\n  check = 4042322160\n}\n`;
    const { dumps } = readDumps(
      `${struct(1, 8, "0x0")}${struct(2, 16, "0x7f00")}${struct(3, 24, "0x0")}walked 3 fragments\n[Inferior 1 (process 77) detached]\n`,
    );
    expect(dumps).toHaveLength(1);
    expect(dumps[0]).toMatchObject({
      form: "gdb_walk",
      manager: "qm",
      pid: 77,
      chunks: 2,
      allocated_bytes: 32,
      free_fragments: 1,
      complete: true,
    });
  });

  test("a walk that does not say where it ended is not called complete", () => {
    const text =
      '$1 = {size = 8, u = {nxt_free = 0x0, is_free = 0}, file = 0x1 "core: a.c", func = 0x2 "f", line = 1, check = 4042322160}\n';
    expect(readDumps(text).dumps[0]).toMatchObject({ complete: false, chunks: 1 });
    expect(readDumps(`${text}${text.replace("$1", "$3")}walked 9 fragments\n`).dumps[0]?.incomplete_reason).toContain(
      "1 line missing",
    );
  });

  test.each`
    text                                                     | module      | file                     | func                  | line
    ${"core: core/str_hash.h: str_hash_alloc(62)"}           | ${"core"}   | ${"core/str_hash.h"}     | ${"str_hash_alloc"}   | ${62}
    ${"<core>: usr_avp.c: init_avps(89)"}                    | ${"core"}   | ${"usr_avp.c"}           | ${"init_avps"}        | ${89}
    ${"usrloc: ../../core/ut.h: shm_str_dup(892)"}           | ${"usrloc"} | ${"../../core/ut.h"}     | ${"shm_str_dup"}      | ${892}
    ${"core: core/mem/q_malloc.c:1463 / qm_shm_lock_init()"} | ${"core"}   | ${"core/mem/q_malloc.c"} | ${"qm_shm_lock_init"} | ${1463}
    ${"timer.c: init_timer(52)"}                             | ${null}     | ${"timer.c"}             | ${"init_timer"}       | ${52}
  `("location $text", ({ text, module, file, func, line }) => {
    expect(readSiteName(text)).toEqual({ module, file, function: func, line });
  });
});

describe("numbers that cannot be", () => {
  test("tlsf's free that wrapped below zero is left out and said", () => {
    const text = capture("4.4.7-default-tlsf/after/dump-rpc-corex.shm_status.log")
      .toString("latin1")
      .replace("free=30541128", "free=18446744073705361512");
    const [dump] = readDumps(text).dumps;
    expect(dump).toMatchObject({ free: null, used: 2870608, complete: true });
    expect(dump?.warnings.join()).toContain("free is no number that can be");
  });

  test("a site of more than 2 GiB in mod.stats is left out and said", () => {
    const text = "Module: htable\n{\n\tht_cell_new(189): -2147483000\n\tht_add_table(282): 320\n\tTotal: -2147482680\n}\n\n";
    const [dump] = readDumps(text).dumps;
    expect(dump).toMatchObject({ form: "mod_stats", allocated_bytes: null, complete: false });
    expect(dump?.sites).toEqual([{ module: "htable", file: null, function: "ht_add_table", line: 282, count: null, bytes: 320 }]);
    expect(dump?.warnings.join()).toContain("more than 2 GiB");
  });

  test("keys that repeat within a struct add up, in text and in JSON", () => {
    const text = "kamcmd mod.mem_statsx all shm\nModule: core\n{\n\ta(1): 8 (1)\n\ta(1): 16 (2)\n\tTotal: 24\n}\n\n";
    const answer = '{"jsonrpc":"2.0","result":["Module: core",{"a(1)":"8 (1)","a(1)":"16 (2)","Total":24},""],"id":1}';
    for (const dump of [readDumps(text).dumps[0], readDumps(answer).dumps[0]])
      expect(dump).toMatchObject({
        form: "mem_statsx",
        complete: true,
        chunks: 3,
        sites: [{ function: "a", count: 3, bytes: 24 }],
      });
    expect(readDumps(text).dumps[0]?.pool).toBe("shm");
    expect(readDumps(answer).dumps[0]?.pool).toBeNull();
  });

  test("a row missing from mod.stats shows in its Total", () => {
    const text = capture("more/5.6.3-debian/kamcmd-mod.stats-all-all.txt").toString("latin1");
    const { dumps } = readDumps(text.replace(/\tinit_io_wait\(516\): \d+\n/, ""));
    expect(dumps[0]?.incomplete_reason).toContain("the rows of module core");
  });

  test("a header that claims more than its numbers allow is kept and said", () => {
    const text = capture("4.0.7-mng1dbg1-qmdbg/idle/dump-shm-ms3.log")
      .toString("latin1")
      .replace("heap size= 33554432", "heap size= 99000000000000");
    const [dump] = readDumps(text).dumps;
    expect(dump?.heap_size).toBe(99_000_000_000_000);
    expect(dump?.warnings.join()).toContain("more than Kamailio can be given");
  });

  test("an overwritten chunk is read and reported", () => {
    const text = capture("4.0.7-mng1dbg1-qmdbg/idle/dump-shm-ms3.log")
      .toString("latin1")
      .replace("end check= c0c0c0c0", "end check= c0c04241");
    const [dump] = readDumps(text).dumps;
    expect(dump?.complete).toBe(true);
    expect(dump?.warnings.join()).toContain("fragment 0 is overwritten: start check=f0f0f0f0, end check= c0c04241, abcdefed");
  });
});

describe("hostile texts", () => {
  test("a long line without an end is cut and said", () => {
    const { warnings, dumps } = readDumps(Buffer.alloc(3_000_000, "a"));
    expect(dumps).toEqual([]);
    expect(warnings.join()).toContain("longer than 1048576 bytes");
  });

  test("sites without number are capped", () => {
    const line = (i: number) => ` 1(31) ALERT: qm_sums:  count=     1 size=         8 bytes from m: f.c: g${i}(1)\n`;
    let text = " 1(31) ALERT: qm_sums: summarizing all alloc'ed. fragments:\n";
    for (let i = 0; i < 60_000; i++) text += line(i);
    const { dumps, warnings } = readDumps(`${text} 1(31) ALERT: qm_sums: -----------------------------\n`);
    expect(dumps[0]?.allocated_bytes).toBe(480_000);
    expect(dumps[0]?.sites.length).toBeLessThan(51_000);
    expect(warnings.join()).toContain("distinct allocation sites");
  });
});
