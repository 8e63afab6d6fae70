import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KIND_TABLE } from "../../src/kamailio/recognise/table.js";
import { type Endpoint, type Kind, recognise, wrongEndpointHint } from "../../src/kamailio/recognise.js";

const fixtures = new URL("../fixtures/", import.meta.url);
const folders = readdirSync(fixtures).filter((name) => /^\d\.\d\.\d-/.test(name));

describe("captures of real commands", () => {
  test.each<[string, Kind]>([
    ["I.txt", "build"],
    ["V.txt", "build"],
    ["h.txt", "kamailio_help"],
    ["idle/kamcmd/core.info.txt", "core_info"],
    ["idle/jsonrpc/core.info.json", "core_info"],
    ["idle/kamcmd/core.flags.txt", "core_flags"],
    ["idle/kamcmd/core.version.txt", "core_version"],
    ["idle/jsonrpc/core.version.json", "core_version"],
    ["idle/kamcmd/core.runinfo.txt", "core_runinfo"],
    ["idle/mi_fifo/version.txt", "build"],
  ])("%s of every release is %s", (path, kind) => {
    const texts = folders.flatMap((folder) => {
      const parent = new URL(`${folder}/${path.split("/").slice(0, -1).join("/")}/`, fixtures);
      const name = path.split("/").at(-1) ?? "";
      try {
        return readdirSync(parent).includes(name) ? [readFileSync(new URL(name, parent), "utf8")] : [];
      } catch {
        return [];
      }
    });
    expect(texts.length).toBeGreaterThan(0);
    for (const text of texts) expect(recognise(text).kind).toBe(kind);
  });

  test("kamailio -v of 3.3, which starts the server", () => {
    const { kind, hint } = recognise(readFileSync(new URL("3.3.7-default-fm/v.txt", fixtures), "utf8"));
    expect(kind).toBe("version_trap");
    expect(hint).toContain("kamailio -V");
  });
});

/** One text of each kind that has no capture here, as commands print them. */
const TEXTS: [Kind, Endpoint | null, string][] = [
  [
    "shm_counters",
    "usage",
    "{\n\ttotal: 33554432\n\tfree: 30578592\n\tused: 2696704\n\treal_used: 2975840\n\tmax_used: 2975840\n\tfragments: 1\n}\n",
  ],
  [
    "shm_counters",
    "usage",
    '{"jsonrpc":"2.0","result":{"total":32,"free":29,"used":2,"real_used":2,"max_used":2,"fragments":1},"id":1}',
  ],
  [
    "pkg_stats",
    "usage",
    "{\n\tentry: 0\n\tpid: 10839\n\trank: 0\n\tused: 1565920\n\tfree: 6425616\n\treal_used: 1962992\n\ttotal_size: 8388608\n}\n",
  ],
  [
    "pkg_stats",
    "usage",
    '### 2026-11-23T01:14:56 kamcmd pkg.stats\n{"result":[{"pid":1,"rank":0,"used":1,"free":2,"real_used":3}]}',
  ],
  ["statistics", "usage", "shmem:fragments = 1\nshmem:free_size = 30578592\nshmem:max_used_size = 2975840\n"],
  ["statistics", "usage", "core:bad_URIs_rcvd = 0\ncore:drop_replies = 0\nusrloc:registered_users = 12\n"],
  ["statistics", "usage", "{\n\tshmem.fragments: 1\n\tshmem.free_size: 30578592\n}\n"],
  ["tm_stats", "usage", "{\n\tcurrent: 0\n\twaiting: 0\n\ttotal: 0\n\ttotal_local: 0\n}\n"],
  ["core_uptime", "usage", "{\n\tnow: Mon Nov 23 01:10:10 2026\n\tup_since: Mon Nov 23 01:10:10 2026\n\tuptime: 0\n}\n"],
  ["core_uptime", "usage", "200 OK\nNow:: Mon Nov 23 00:59:45 2026\nUp since:: Mon Nov 23 00:59:44 2026\n"],
  ["prometheus_page", "usage", "# TYPE kamailio_shmem_used_size gauge\nkamailio_shmem_used_size 2696704 1795396210799\n"],
  ["prometheus_page", "usage", 'kamailio_pkgmem_used{pid="7", rank="1", desc="udp receiver"} 1.5e6\n'],
  ["prometheus_api", "usage", '{"status":"success","data":{"resultType":"matrix","result":[]}}'],
  ["ndjson_samples", "usage", '{"at":"2026-11-23T01:14:56Z","shm":{"total":33554432,"free":1,"used":2}}\n'],
  ["pool_info", "settings", "{\n\tname: q_malloc\n\tsize: 8388608\n}\n"],
  ["mod_stats", "dumps", "Module: core\n{\n\tinit_io_wait(507): 2208\n\trpc_hash_add(161): 2048\n\tTotal: 4256\n}\n"],
  ["mod_stats", "dumps", '{"jsonrpc":"2.0","result":["Module: core",{"qm_shm_lock_init(1463)":"16 (1)"}],"id":1}'],
  [
    "shm_report",
    "dumps",
    "{\n\ttotal_size: 33554432\n\tfree_size_s: 30578592\n\tused_size_s: 2696704\n\tmax_used_frag_func: qm_status\n}\n",
  ],
  ["shm_rprint", "dumps", "block address: 0x7f12\nheap size= 33554432\n--- allocated fragments:\n"],
  [
    "dump",
    "dumps",
    " 6(10859) ALERT: qm_status: qm_status(): heap size= 33554432\n 6(10859) ALERT: qm_status: qm_status(): used= 1\n",
  ],
  [
    "dump",
    "dumps",
    "Nov 23 01:10:10 sip1 kamailio[77]: ALERT: <core> [core/pt.c:559]: mem_dump_pkg_cb(): Memory still-in-use summary (pkg) of process 77:\n",
  ],
  ["dump", "dumps", "ALERT: : count=     2 size=        32 bytes from rr: rr_cb.c: register_rrcb(61)\n"],
  ["gdb_walk", "dumps", '$1 = {size = 1024, u = {nxt_free = 0x0, is_free = 0}, file = 0x55 "core: x.c"}\n'],
  [
    "gdb_walk",
    "dumps",
    "manager: q_malloc block: 0x7fd5e13e2010\n0 N address=0x7fd5e141b6d8 frag=0x7fd5e141b6a0 size=1024 core: core/x.c f(1)\n",
  ],
  ["gdb_script", null, "set pagination off\nset $a = $q->first_frag\n"],
  [
    "kamailio_log",
    "logs",
    "Nov 23 01:10:10 sip1 /usr/sbin/kamailio[77]: ERROR: <core> [core/mem/shm.c:131]: no more shm memory\n",
  ],
  ["kamailio_log", "logs", " 0(10839) INFO: <core> [core/tcp_main.c:5433]: init_tcp(): using epoll_lt\n"],
  ["kamailio_log", "logs", '{"MESSAGE":"INFO: rr [x.h:52]: f(): y","__REALTIME_TIMESTAMP":"1795396664197294"}\n'],
  ["kamailio_log", "logs", "__CURSOR=s=7\n__REALTIME_TIMESTAMP=1795396664197294\nMESSAGE=INFO: rr [x.h:52]: f(): y\n"],
  ["log", "logs", "__CURSOR=s=7\n__REALTIME_TIMESTAMP=1795396664197294\nMESSAGE=INFO: started\n"],
  ["log", "logs", "Nov 23 01:10:10 sip1 sshd[77]: Accepted publickey for root\n"],
  [
    "processes_line",
    "settings",
    "INFO: <core> [main.c:2944]: main(): processes (at least): 14 - shm size: 33554432 - pkg size: 8388608\n",
  ],
  ["kamailio_cfg", "configs", '#!KAMAILIO\n\ndebug=2\nloadmodule "tm.so"\n'],
  ["kamailio_cfg", "configs", 'loadmodule "tm.so"\nmodparam("tm", "fr_timer", 5000)\nrequest_route {\n}\n'],
  ["command_line", "settings", "/usr/sbin/kamailio -f /etc/kamailio/kamailio.cfg -m 512 -M 16 -DD\n"],
  ["command_line", "settings", "kamailio\0-f\0/etc/kamailio/kamailio.cfg\0-m\x00512\0"],
  ["command_line", "settings", "root 812 0.0 1.2 /usr/local/sbin/kamailio -P /run/kamailio.pid -m 512\n"],
  ["core_arg", "settings", "kamailio\n-f\n/etc/kamailio/kamailio.cfg\n-m\n64\n"],
  ["systemd_unit", "settings", "[Unit]\nDescription=Kamailio\n[Service]\nExecStart=/usr/sbin/kamailio -m $SHM_MEMORY\n"],
  ["default_file", "settings", "# Amount of shared memory\nSHM_MEMORY=512\nPKG_MEMORY=16\n"],
  ["openrc_conf", "settings", 'KAMAILIO_OPTS="-m 512"\n'],
  ["container_file", "settings", "services:\n  sip:\n    image: kamailio/kamailio\n    command: -m 512\n"],
  ["config_values", "settings", "{\n\tdebug: 2\n\tmemdbg: 10\n\tmemlog: 5\n}\n"],
  ["config_list", "settings", "core: debug\ncore: log_facility\ncore: memdbg\n"],
  ["process_list", "settings", "{\n\tIDX: 0\n\tPID: 10839\n\tDSC: main process - attendant\n}\n"],
  ["process_list", "settings", "10839\nmain process - attendant\n10854\nudp receiver child=0 sock=127.0.0.1:5300\n"],
  ["meminfo", "host-memory", "MemTotal:       16315852 kB\nMemFree:         1234567 kB\nSlab: 99 kB\n"],
  ["proc_status", "host-memory", "Name:\tkamailio\nVmPeak:\t  1 kB\nVmRSS:\t  1 kB\n"],
  ["smaps", "host-memory", "55aa-7fff ---p 00000000 00:00 0 [rollup]\nRss:  100 kB\nPss:  50 kB\n"],
  [
    "free",
    "host-memory",
    "              total        used        free      shared  buff/cache   available\nMem:       16315852\n",
  ],
  ["slabtop", "host-memory", " Active / Total Objects (% used)    : 1 / 2 (50.0%)\n"],
  ["ps_memory", "host-memory", "  PID   RSS COMMAND\n  812 40000 kamailio\n"],
  ["connect_error", null, "ERROR: connect_unix_sock: connect(/var/run/kamailio//kamailio_ctl): No such file or directory [2]\n"],
  ["rpc_error", null, "error: 500 - command shm.rprint not found\n"],
  ["rpc_error", null, '{"jsonrpc":"2.0","error":{"code":500,"message":"Method Not Found"},"id":1}'],
  ["shell_error", null, "bash: kamailio: command not found\n"],
  ["shell_error", null, "sh: 1: kamcmd: not found\n"],
  ["shell_error", null, "cat: /proc/77/smaps_rollup: Permission denied\n"],
  ["tool_help", null, "version: kamcmd 1.5\nUsage: kamcmd [options][-s address] [ cmd ]\n"],
  [
    "opensips_build",
    "builds",
    "version: opensips 3.2.5 (x86_64/linux)\nflags: STATS: On, SHM_MMAP, PKG_MALLOC, F_MALLOC, HP_MALLOC, DBG_MALLOC\n",
  ],
  ["opensips_output", null, "opensips-cli: mi: command not available\n"],
  ["html", null, "<!DOCTYPE html>\n<html><body>kamailio -I</body></html>"],
  ["xml", null, '<?xml version="1.0"?><methodResponse/>'],
  ["number", null, "12\n"],
  ["empty_answer", null, '{"jsonrpc":"2.0","result":[],"id":1}'],
  ["rpc_answer", null, "{\n\tslots: 256\n\tall: 0\n}\n"],
  ["json", null, '{"a": 1}'],
  ["prose", null, "Dear all, my Kamailio leaks. What can I do?"],
  ["empty", null, " \n\t\n"],
  ["pdf", null, "%PDF-1.4\n%"],
  ["elf", null, "\x7fELF\x02\x01\x01\0\0"],
  ["zip", null, "PK\x03\x04\x14\0"],
  ["utf16", null, Buffer.from("version: kamailio", "utf16le").toString("latin1")],
  ["binary", null, "\x01\x02\x03\x04\x05abc\x06\x07"],
];

describe("texts of every kind", () => {
  test.each(TEXTS)("%s belongs to %s", (kind, endpoint, text) => {
    const found = recognise(text);
    expect({ kind: found.kind, endpoint: found.endpoint }).toEqual({ kind, endpoint });
    expect(found.endpoints[0] ?? null).toBe(endpoint);
    expect(found.hint).toContain(endpoint === null ? "This looks like" : `.../${endpoint}`);
  });

  test("gzip data, however it was decoded", () => {
    const bytes = gzipSync("version: kamailio 5.6.3");
    expect(recognise(bytes.toString("utf8")).kind).toBe("gzip");
    expect(recognise(bytes.toString("latin1")).kind).toBe("gzip");
  });

  test("a long preamble does not hide what follows", () => {
    expect(
      recognise(`${"Hello, as I said before, this happens every day.\n".repeat(500)}Print out of kamailio internals\n`).kind,
    ).toBe("build");
  });

  test.each(["dos", "quoted"])("line ends and quotes do not matter (%s)", (how) => {
    const text = "version: kamailio 5.6.3 (x86_64/linux)\nflags: USE_TCP, PKG_MALLOC\n";
    expect(recognise(how === "dos" ? text.replaceAll("\n", "\r\n") : text.replace(/^/gm, "> ")).kind).toBe("build");
  });
});

describe("the table", () => {
  test("each kind has one row", () => {
    const kinds = KIND_TABLE.map(({ kind }) => kind);
    expect(new Set(kinds).size).toBe(kinds.length);
  });

  test("each row says what to do", () => {
    for (const row of KIND_TABLE) expect(row.endpoint === null ? row.hint : (row.command ?? row.hint), row.kind).toBeTruthy();
  });
});

describe("the answer to a post at the wrong endpoint", () => {
  test("names the right one", () => {
    const found = recognise("{\n\tpid: 1\n\tused: 1\n\tfree: 2\n\treal_used: 3\n}\n");
    expect(wrongEndpointHint(found, "builds")).toBe(
      "This looks like what kamcmd pkg.stats prints; POST it to .../usage: kamcmd pkg.stats | curl --data-binary @- .../v1/instances/{instance}/usage",
    );
  });

  test("shows what this one reads when the text belongs nowhere", () => {
    expect(wrongEndpointHint(recognise("bash: kamailio: command not found"), "builds")).toContain("kamailio -I | curl");
  });
});

describe("anything at all", () => {
  test("is recognised as something, without an exception", () => {
    const pieces = fc.constantFrom(
      "{",
      '"result":',
      "version: ",
      "shmem:",
      "kamailio -m 8",
      "[Service]",
      "\n",
      "\0",
      "\ufffd",
      "qm_status",
      ": 12\n",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 30, unit: "binary" })), { maxLength: 40 }), (parts) => {
        const { hint, endpoint, endpoints } = recognise(parts.join(""));
        expect(hint).toMatch(/^This looks like /);
        expect(endpoint === null).toBe(endpoints.length === 0);
      }),
      { numRuns: 300 },
    );
  });

  test.each<[string, Kind, string]>([
    ["blanks before a word", "prose", `${" ".repeat(60_000)}x`],
    ["one word", "prose", "a".repeat(1_000_000)],
    ["opening braces", "nested", "{".repeat(1_000_000)],
    ["dashes", "prose", "-".repeat(1_000_000)],
    ["fields without values", "prose", "a".repeat(59).concat(" ").repeat(20_000)],
    ["a help text's options", "prose", " -m".repeat(300_000)],
  ])("a megabyte of %s", (_what, kind, text) => {
    expect(recognise(text).kind).toBe(kind);
  });
});
