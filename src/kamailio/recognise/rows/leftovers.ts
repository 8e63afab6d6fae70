/** Errors, lists and shapes that only count when nothing better was recognised. Rows of the recogniser's table; the first that holds wins. */
import { NOT_REACHED } from "../../knowledge/usage-commands.js";
import type { KindRow } from "../kind-row.js";

const DATED_LINE =
  /^(?:<\d{1,3}>1? ?)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)[^\n]{0,20} [\w./@-]{1,80}/gm;

export const LEFTOVERS: readonly KindRow[] = [
  {
    kind: "connect_error",
    when: [
      {
        any: [
          "connect_unix_sock",
          "connect_tcpudp_socket",
          "Error opening Kamailio's FIFO",
          "Error opening OpenSER's FIFO",
          "Connection refused",
        ],
      },
    ],
    title: "an error of kamcmd or kamctl: it could not reach Kamailio",
    endpoint: null,
    hint: NOT_REACHED,
  },
  {
    kind: "rpc_error",
    when: [
      { begins: /^error: \d{3} - / },
      { begins: /^(?:HTTP\/|\d{3} )?[^\n]{0,20}(?:Method Not Found|command [^\n]{0,60} not found)/i },
      { fields: ["error", "code", "message"] },
    ],
    title: "an error answer of an RPC command",
    endpoint: null,
    hint: "see which commands there are with kamcmd system.listMethods; pkg.stats and mod.stats need the module kex, shm.* and corex.* need corex, cfg.* needs cfg_rpc",
  },
  {
    kind: "shell_error",
    when: [
      { any: ["command not found", ": not found"], max_lines: 8 },
      {
        any: [
          "Permission denied",
          "Operation not permitted",
          "No such file or directory",
          "Unit kamailio.service could not be found",
          "a password is required",
          "-- No entries --",
        ],
        max_lines: 8,
      },
    ],
    title: "an error of the shell or of a command, not its output",
    endpoint: null,
    hint: "run the command again where Kamailio is installed, as root or with sudo, with the full path (/usr/sbin/kamailio), and post what it prints",
  },
  {
    kind: "opensips_output",
    when: [{ any: ["opensips", "OpenSIPS"] }],
    title: "output of OpenSIPS, not of Kamailio",
    endpoint: null,
    hint: "this service reads what Kamailio prints",
  },
  {
    kind: "rpc_methods",
    when: [
      {
        lines: {
          pattern: /^[ \t"]{0,8}(?:system\.listMethods|core\.shmmem|core\.uptime|cfg\.get|pkg\.stats)"?,?[ \t\r]{0,4}$/gm,
          at_least: 2,
        },
      },
    ],
    title: "a list of RPC commands (system.listMethods)",
    endpoint: "settings",
    command: "kamcmd system.listMethods",
  },
  {
    kind: "module_list",
    when: [
      {
        lines: {
          pattern:
            /^[ \t"]{0,8}(?:tm|sl|rr|kex|corex|ctl|cfg_rpc|usrloc|registrar|xlog|pv|jsonrpcs|maxfwd|textops|siputils)"?,?[ \t\r]{0,4}$/gm,
          at_least: 2,
        },
      },
    ],
    title: "a list of loaded modules (core.modules)",
    endpoint: "settings",
    command: "kamcmd core.modules",
  },
  {
    kind: "log",
    when: [{ lines: { pattern: DATED_LINE, at_least: 1 } }],
    title: "a log without a line of Kamailio at its beginning",
    endpoint: "logs",
    also: ["dumps"],
    command: "journalctl -u kamailio -o short-iso",
  },
  {
    kind: "number",
    when: [{ begins: /^-?\d{1,20}$/ }, { begins: /^\{[^{}]{0,80}"result"\s{0,8}:\s{0,8}"?-?\d{1,20}"?\s{0,8}[,}]/ }],
    title: "a single number, which does not say what it counts",
    endpoint: null,
    hint: "post the output with its names: kamcmd cfg.get core to .../settings, kamcmd core.shmmem to .../usage",
  },
  {
    kind: "empty_answer",
    when: [
      { begins: /^\{[^{}[\]]{0,80}"result"\s{0,8}:\s{0,8}(?:\[\s{0,80}\]|\{\s{0,80}\})/ },
      { begins: /^(?:Module: [\w-]{1,40}\s{1,4})?(?:\{\s{0,40}\}\s{0,4}){1,4}$/ },
    ],
    title: "an answer without content",
    endpoint: null,
    hint: "mod.stats answers nothing when the binary was built without memory debugging, and statistics answer nothing for an unknown group; post kamailio -I to .../builds to see which it is",
  },
  {
    kind: "rpc_answer",
    when: [{ begins: /^\{\s{1,8}[A-Za-z_][\w.-]{0,60}: / }, { begins: /^\{\s{0,8}"jsonrpc"/ }],
    title: "the answer of an RPC command that this service does not read",
    endpoint: null,
    hint: "it reads pkg.stats, core.shmmem, shm.stats, stats.get_statistics, tm.stats and core.uptime at .../usage, mod.stats and shm.report at .../dumps, core.info at .../builds and cfg.get core at .../settings",
  },
  {
    kind: "json",
    when: [{ begins: /^(?:\{\s{0,40}["}]|\[\s{0,40}(?:["[{\]]|-?\d|true|false|null))/ }],
    title: "JSON that is none of the answers this service knows",
    endpoint: null,
    hint: "post what a Kamailio command prints, or the JSON that the endpoint's documentation describes",
  },
  {
    kind: "yaml",
    when: [{ begins: /^---\s/ }],
    title: "a YAML document",
    endpoint: null,
    hint: "post what a Kamailio command prints",
  },
];
