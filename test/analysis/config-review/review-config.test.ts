import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ConfigReviewInput, reviewConfig } from "../../../src/analysis/config-review/review-config.js";
import { readConfig } from "../../../src/kamailio/config/read-config.js";
import { readVersion } from "../../../src/kamailio/version.js";

const GB = 1_073_741_824;

function review(text: string, release: string | null = "5.6.3", more: Partial<ConfigReviewInput> = {}) {
  const version = release === null ? null : readVersion(release);
  return reviewConfig({ reading: readConfig(text, { version }), version, ...more });
}

const setting = <T>(value: T, source: "command_line" | "release_default" = "command_line") => ({
  value,
  source,
  recorded_at: null,
  evidence_id: null,
  quote: null,
});

/** Modules that the other rules would ask for. */
const MODULES = ["ctl", "kex", "corex", "cfg_rpc", "jsonrpcs"].map((name) => `loadmodule "${name}.so"\n`).join("");
const LISTEN = "listen=udp:127.0.0.1:5060\nlisten=tcp:127.0.0.1:5060\n";

type Case = [
  rule: string,
  severity: string,
  line: number | null,
  write: string | null,
  text: string,
  release?: string,
  more?: Partial<ConfigReviewInput>,
];

const CASES: Case[] = [
  ["memlog_above_debug", "warning", 2, "memlog=1", "debug=2\nmemlog=5\n"],
  ["memlog_above_debug", "warning", null, "memlog=0", "debug=0\n"],
  ["memlog_above_debug", "warning", 1, "memlog=-1", "memlog=2\ndebug=-1\n"],
  ["memlog_on", "info", 2, "memlog=5", "debug=2\nmemlog=1\n"],
  ["memdbg_floods_log", "error", 2, "memdbg=5", "debug=3\nmemdbg=3\n"],
  ["debug_level_high", "warning", 1, "debug=2", "debug=3\n"],
  ["mem_summary_lists_only", "info", null, "mem_summary=12", "", "5.5.7"],
  ["mem_summary_sums_only", "info", null, null, "", "5.6.0"],
  ["mem_summary_nothing", "warning", 1, "mem_summary=12", "mem_summary=0\n"],
  ["mem_summary_out_of_range", "warning", 1, "mem_summary=12", "mem_summary=64\n"],
  ["mem_join_off", "warning", null, "mem_join=1", "", "5.2.8"],
  ["mem_join_off", "warning", 1, "mem_join=1", "mem_join=0\n", "5.8.8"],
  ["mem_safety_off", "info", null, "mem_safety=1", "", "5.0.8"],
  ["module_ctl_missing", "error", null, 'loadmodule "ctl.so"', ""],
  ["module_ctl_missing", "info", null, 'loadmodule "ctl.so"', 'loadmodule "jsonrpcs.so"\n'],
  ["module_kex_missing", "warning", null, 'loadmodule "kex.so"', ""],
  ["module_corex_missing", "warning", null, 'loadmodule "corex.so"', "", "4.2.0"],
  ["module_cfg_rpc_missing", "warning", null, 'loadmodule "cfg_rpc.so"', ""],
  ["module_jsonrpcs_missing", "info", null, 'loadmodule "jsonrpcs.so"', "", "5.0.0"],
  ["module_mi_fifo_missing", "info", null, 'loadmodule "mi_fifo.so"', "", "4.4.7"],
  ["module_xhttp_prom_missing", "info", null, 'loadmodule "xhttp_prom.so"', "", "5.3.0"],
  ["xhttp_prom_stats_missing", "warning", 1, 'modparam("xhttp_prom", "xhttp_prom_stats", "all")', 'loadmodule "xhttp_prom.so"\n'],
  ["xhttp_prom_without_xhttp", "error", 1, 'loadmodule "xhttp.so"', 'loadmodule "xhttp_prom.so"\n'],
  [
    "xhttp_prom_pkg_stats_off",
    "info",
    1,
    'modparam("xhttp_prom", "xhttp_prom_pkg_stats", 1)',
    'loadmodule "xhttp_prom.so"\n',
    "6.0.7",
  ],
  ["http_without_tcp", "error", 1, "disable_tcp=no", 'disable_tcp=yes\nloadmodule "xhttp.so"\n'],
  ["http_route_missing", "warning", 1, null, 'loadmodule "xhttp.so"\n'],
  [
    "rpc_socket_open",
    "error",
    2,
    'modparam("ctl", "binrpc", "unix:/run/kamailio/kamailio_ctl")',
    'loadmodule "ctl.so"\nmodparam("ctl", "binrpc", "tcp:*:2046")\n',
  ],
  [
    "rpc_socket_open",
    "error",
    2,
    'modparam("ctl", "binrpc", "unix:/run/kamailio/kamailio_ctl")',
    'loadmodule "ctl.so"\nmodparam("ctl", "binrpc", "10.0.0.1:2046")\n',
  ],
  [
    "rpc_socket_open",
    "error",
    2,
    'modparam("jsonrpcs", "dgram_socket", "/run/kamailio/kamailio_rpc.sock")',
    'loadmodule "jsonrpcs.so"\nmodparam("jsonrpcs", "dgram_socket", "udp:0.0.0.0:8080")\n',
  ],
  [
    "http_rpc_on_sip_sockets",
    "warning",
    4,
    'if(src_ip != 127.0.0.1) { xhttp_reply("403", "Forbidden", "text/html", ""); exit; }',
    'loadmodule "xhttp.so"\nloadmodule "jsonrpcs.so"\nmodparam("jsonrpcs", "transport", 7)\nevent_route[xhttp:request] { jsonrpc_dispatch(); }\n',
  ],
  [
    "http_rpc_on_sip_sockets",
    "info",
    4,
    null,
    'loadmodule "xhttp.so"\nloadmodule "jsonrpcs.so"\nmodparam("jsonrpcs", "transport", 7)\nevent_route[xhttp:request] {\n if(src_ip!=127.0.0.1) { exit; }\n jsonrpc_dispatch();\n}\n',
  ],
  [
    "rpc_socket_world_writable",
    "warning",
    2,
    'modparam("ctl", "mode", 0600)',
    'loadmodule "ctl.so"\nmodparam("ctl", "mode", 0666)\n',
  ],
  ["pools_exceed_host", "error", 1, null, `shm_mem_size=4096\n${LISTEN}`, "5.6.3", { host_total_bytes: 2 * GB }],
  ["pools_near_host", "warning", 1, null, `shm_mem_size=1700\n${LISTEN}`, "5.6.3", { host_total_bytes: 2 * GB }],
  ["pools_total", "info", 1, null, `shm_mem_size=512\n${LISTEN}`, "5.6.3", { host_total_bytes: 8 * GB }],
  ["pkg_pool_large", "warning", null, "-M 16", LISTEN, "5.6.3", { settings: { pkg_size_mb: setting(256) } }],
  ["print_buffers_large", "error", 1, "pv_buffer_size=8192", "pv_buffer_size=65535\npv_buffer_slots=200\n"],
  ["children_high", "warning", 1, "children=8", "children=200\n"],
  ["children_one", "warning", 1, "children=8", "children=1\n"],
  [
    "processes_many",
    "warning",
    1,
    null,
    `children=32\n${Array.from({ length: 6 }, (_, at) => `listen=udp:127.0.0.1:${5060 + at}\n`).join("")}`,
  ],
  ["fork_off", "warning", 1, "fork=yes", "fork=no\n"],
  ["mlock_pages_on", "info", 1, null, "mlock_pages=yes\n"],
  ["tcp_connections_exceed_shm", "warning", 1, "tcp_max_connections=1926", "tcp_max_connections=20000\n"],
  ["tcp_rd_buf_size_large", "warning", 1, "tcp_rd_buf_size=16384", "tcp_rd_buf_size=256000\n"],
  ["open_files_below_connections", "warning", 2, "open_files_limit=9024", "tcp_max_connections=8000\nopen_files_limit=1024\n"],
  [
    "tls_threshold_takes_pool",
    "warning",
    null,
    "-m 128",
    `children=16\nloadmodule "tls.so"\nenable_tls=yes\n${LISTEN}listen=tls:127.0.0.1:5061\n`,
  ],
  [
    "shm_start_does_not_fit",
    "error",
    2,
    "-m 576",
    'loadmodule "htable.so"\nmodparam("htable", "htable", "a=>size=24;autoexpire=60")\n',
  ],
  ["pkg_start_does_not_fit", "error", 1, "-M 12", "pv_buffer_size=131072\npv_buffer_slots=64\n"],
  ["pkg_start_does_not_fit", "error", 1, "-M 15", "tcp_max_connections=300000\n"],
  [
    "tls_threshold_off",
    "warning",
    2,
    'modparam("tls", "low_mem_threshold1", -1)',
    'loadmodule "tls.so"\nmodparam("tls", "low_mem_threshold1", 0)\n',
  ],
  ["tls_connections_exceed_shm", "warning", 3, "-m 1472", 'enable_tls=yes\nloadmodule "tls.so"\ntls_max_connections=10000\n'],
  ["usrloc_database_only", "info", 2, null, 'loadmodule "usrloc.so"\nmodparam("usrloc", "db_mode", 3)\n'],
  ["usrloc_in_memory", "info", 1, null, 'loadmodule "usrloc.so"\n'],
  [
    "usrloc_slots_large",
    "error",
    2,
    'modparam("usrloc", "hash_size", 14)',
    'loadmodule "usrloc.so"\nmodparam("usrloc", "hash_size", 24)\nrequest_route {\n  save("location");\n}\n',
  ],
  [
    "registrar_contacts_unbounded",
    "warning",
    3,
    'modparam("registrar", "max_contacts", 10)',
    'loadmodule "usrloc.so"\nloadmodule "registrar.so"\nmodparam("registrar", "max_contacts", 0)\n',
  ],
  [
    "htable_without_autoexpire",
    "warning",
    2,
    'modparam("htable", "htable", "a=>size=8;autoexpire=3600;")',
    'loadmodule "htable.so"\nmodparam("htable", "htable", "a=>size=8;")\n',
  ],
  [
    "htable_without_autoexpire",
    "warning",
    2,
    'modparam("htable", "htable", "a=>size=8;dbtable=x;autoexpire=3600;")',
    'loadmodule "htable.so"\nmodparam("htable", "htable", "a=>size=8;autoexpire=0;dbtable=x")\n',
  ],
  [
    "htable_slots_large",
    "error",
    2,
    'modparam("htable", "htable", "a=>size=12;...")',
    'loadmodule "htable.so"\nmodparam("htable", "htable", "a=>size=24;autoexpire=60")\n',
  ],
  [
    "mqueue_unbounded",
    "warning",
    2,
    'modparam("mqueue", "mqueue", "name=q;size=10000;")',
    'loadmodule "mqueue.so"\nmodparam("mqueue", "mqueue", "name=q")\n',
  ],
  ["pipelimit_never_cleans", "info", 1, 'modparam("pipelimit", "clean_unused", 60)', 'loadmodule "pipelimit.so"\n'],
  ["dialog_lost_bye", "warning", 1, 'modparam("dialog", "default_timeout", 14400)', 'loadmodule "dialog.so"\n'],
  ["dns_cache_off", "info", 1, "use_dns_cache=on", "use_dns_cache=off\n"],
  ["dns_cache_large", "warning", 1, "dns_cache_mem=500", "dns_cache_mem=20000\n"],
  ["blocklist_large", "warning", 1, "dst_blocklist_mem=250", "dst_blocklist_mem=20000\n"],
  ["core_parameter_unknown", "error", 1, "dst_blocklist_mem=300", "dst_blacklist_mem=300\n", "5.6.3"],
  ["core_parameter_unknown", "error", 1, null, "mem_add_size=16\n", "5.7.7"],
  ["shm_mem_size_ignored", "error", 1, "-m 512", "shm_mem_size=512\n", "4.4.7"],
  ["module_not_in_release", "error", 1, 'loadmodule "jsonrpcs.so"', 'loadmodule "mi_fifo.so"\n', "5.0.0"],
  ["module_not_in_release", "error", 1, null, 'loadmodule "xhttp_prom.so"\n', "5.2.8"],
  ["module_not_known", "info", 1, null, 'loadmodule "my_billing.so"\n'],
  ["modparam_without_module", "error", 1, 'loadmodule "tm.so"', 'modparam("tm", "fr_timer", 1)\n'],
  ["modparam_unknown", "error", 2, null, 'loadmodule "tm.so"\nmodparam("tm", "fr_timr", 1)\n'],
  ["modparam_unknown", "error", 2, null, 'loadmodule "htable.so"\nmodparam("htable", "timer_procs", 1)\n', "4.3.7"],
  ["directive_unknown", "error", 2, null, "debug=1\n#!ifexp 1\nmemlog=1\n#!endif\n", "5.6.3"],
  ["form_unknown", "error", 1, 'loadmodule "tm.so"', 'loadmodule("tm.so")\n', "5.6.3"],
  ["form_unknown", "error", 1, null, 'listen=udp:127.0.0.1:5060 name "a"\n', "5.3.9"],
  ["shm_size_too_late", "error", 3, "shm_mem_size=512", 'loadmodule "tm.so"\nmodparam("tm", "fr_timer", 1)\nshm_mem_size=512\n'],
  ["modparam_before_module", "error", 1, null, 'modparam("tm", "fr_timer", 1)\nloadmodule "tm.so"\n'],
  ["rpc_doors", "info", 1, null, 'loadmodule "ctl.so"\n'],
  ["statement_unknown", "warning", 1, null, 'fifo="/tmp/fifo"\n'],
  ["reading_incomplete", "info", 1, null, 'include_file "gone.cfg"\n'],
];

describe("each rule speaks when it should", () => {
  test.each(CASES)("%s (%s)", (rule, severity, line, write, text, release, more) => {
    const found = review(text, release ?? "5.6.3", more).findings.filter((finding) => finding.rule === rule);
    expect(found).toMatchObject([{ rule, severity, line, write }]);
    expect(found[0]?.why).not.toBe("");
  });
});

const SILENT: [rule: string, text: string, release?: string | null, more?: Partial<ConfigReviewInput>][] = [
  ["memlog_above_debug", "debug=2\nmemlog=2\n"],
  ["memlog_above_debug", "memlog=2\n", "5.6.3", { settings: { debug: setting(3) } }],
  ["memdbg_floods_log", "debug=2\nmemdbg=5\n"],
  ["mem_join_off", "", "5.3.0"],
  ["mem_join_off", "mem_join=1\n", "5.2.8"],
  ["mem_safety_off", "", "5.1.0"],
  ["module_corex_missing", "", "4.1.9"],
  ["module_kex_missing", MODULES],
  [
    "rpc_socket_open",
    'loadmodule "ctl.so"\nmodparam("ctl", "binrpc", "unix:/tmp/x")\nmodparam("ctl", "binrpc", "tcp:127.0.0.1:2046")\nmodparam("ctl", "binrpc", "tcp:localhost:2046")\n',
  ],
  ["rpc_socket_open", 'loadmodule "jsonrpcs.so"\nmodparam("jsonrpcs", "dgram_socket", "/tmp/rpc")\n'],
  ["http_rpc_on_sip_sockets", `${LISTEN}loadmodule "xhttp.so"\nloadmodule "jsonrpcs.so"\nmodparam("jsonrpcs", "transport", 7)\n`],
  ["rpc_socket_world_writable", 'loadmodule "ctl.so"\nmodparam("ctl", "mode", 0660)\n'],
  ["pools_exceed_host", `shm_mem_size=4096\n${LISTEN}`, "5.6.3", { host_total_bytes: 64 * GB }],
  // Nobody wrote it: every server would have it.
  ["tcp_connections_exceed_shm", "children=8\n"],
  ["tls_connections_exceed_shm", 'enable_tls=yes\nloadmodule "tls.so"\n'],
  // usrloc makes its table when a route names a domain.
  ["usrloc_slots_large", 'loadmodule "usrloc.so"\nmodparam("usrloc", "hash_size", 24)\nrequest_route {\n  exit;\n}\n'],
  ["tcp_connections_exceed_shm", "tcp_max_connections=20000\n", "5.6.3", { settings: { shm_size_mb: setting(4096) } }],
  ["tcp_connections_exceed_shm", "disable_tcp=yes\ntcp_max_connections=20000\n"],
  ["tls_threshold_takes_pool", LISTEN],
  ["htable_without_autoexpire", 'loadmodule "htable.so"\nmodparam("htable", "htable", "a=>size=8;autoexpire=60;")\n'],
  ["mqueue_unbounded", 'loadmodule "mqueue.so"\nmodparam("mqueue", "mqueue", "name=q;size=5")\n'],
  ["dialog_lost_bye", 'loadmodule "dialog.so"\nmodparam("dialog", "default_timeout", 3600)\n'],
  ["core_parameter_unknown", "dst_blacklist_mem=300\n", null],
  ["shm_mem_size_ignored", "shm_mem_size=512\n", "4.3.7"],
  ["shm_mem_size_ignored", "shm_mem_size=512\n", "5.0.0"],
  ["module_not_in_release", 'loadmodule "mi_fifo.so"\n', "4.4.7"],
  ["modparam_without_module", 'loadmodule "tmx.so"\nmodparam("tm|tmx", "x", 1)\n'],
  ["modparam_unknown", 'loadmodule "htable.so"\nmodparam("htable", "timer_procs", 1)\n', "4.4.0"],
  ["directive_unknown", "#!ifexp 1\n#!endif\n", "5.7.0"],
  ["form_unknown", 'loadmodule("tm.so")\n', "5.7.0"],
  ["shm_size_too_late", 'shm_mem_size=512\nloadmodule "tm.so"\nmodparam("tm", "fr_timer", 1)\n'],
  ["modparam_before_module", 'loadmodule "tm.so"\nmodparam("tm", "fr_timer", 1)\n'],
  ["modparam_unknown", 'loadmodule "my_own.so"\nmodparam("my_own", "anything", 1)\n'],
];

describe("and is silent when it should be", () => {
  test.each(SILENT)("%s", (rule, text, release = "5.6.3", more = {}) => {
    expect(review(text, release, more).findings.map((finding) => finding.rule)).not.toContain(rule);
  });
});

describe("the whole review", () => {
  const stock = gunzipSync(
    readFileSync(new URL("../../fixtures/stock-configs/kamailio-5.6.3-debian.cfg.gz", import.meta.url)),
  ).toString("utf8");

  test("the packaged configuration has no error", () => {
    const { ok, findings } = review(stock);
    expect(findings.filter((finding) => finding.severity === "error")).toEqual([]);
    expect(ok).toBe(true);
    expect(findings.map((finding) => finding.rule)).toContain("memlog_above_debug");
  });

  test("an error makes it not ok, and comes first", () => {
    const { ok, findings } = review("memlog=5\ndebug=2\nmemdbg=1\n");
    expect(ok).toBe(false);
    expect(findings[0]?.severity).toBe("error");
  });

  test("what can be set at run time says how", () => {
    const command = (text: string, release?: string) =>
      review(text, release).findings.find((finding) => finding.rule === "memlog_above_debug")?.runtime_command;
    expect(command(MODULES)).toBe("kamcmd cfg.set_now_int core memlog 0");
    expect(command(MODULES, "3.3.7")).toBe("sercmd cfg.set_now_int core memlog 0");
    expect(command("debug=2\nmemlog=5\n")).toBeNull();
  });

  test("-m over the file, over the default", () => {
    const message = (more: Partial<ConfigReviewInput>, text: string) =>
      review(text, "5.6.3", more).findings.find((finding) => finding.rule === "pools_total")?.message;
    expect(message({ settings: { shm_size_mb: setting(2048) } }, `shm_mem_size=512\n${LISTEN}`)).toContain(
      "2048 MB shm (command_line)",
    );
    expect(message({ settings: { shm_size_mb: setting(64, "release_default") } }, `shm_mem_size=512\n${LISTEN}`)).toContain(
      "512 MB shm (kamailio.cfg:1)",
    );
    expect(message({}, LISTEN)).toContain("64 MB shm (default) + 21 processes x 8 MB pkg (default)");
  });

  test("no text makes it throw, with and without a release", () => {
    const words = fc.constantFrom(
      "debug=",
      "1\n",
      "memlog=9\n",
      'loadmodule "x"\n',
      'modparam("htable","htable","a=>")\n',
      "listen=udp:a b\n",
      "route{",
      "}",
      "\n",
      "children=0\n",
      "fork=no\n",
    );
    fc.assert(
      fc.property(
        fc.array(words, { maxLength: 30 }),
        fc.constantFrom(null, "3.3.7", "4.4.7", "6.1.4", "6.2.0-dev1"),
        (parts, release) => {
          expect(review(parts.join(""), release).process_estimate.processes).toBeGreaterThan(0);
        },
      ),
    );
  });
});
