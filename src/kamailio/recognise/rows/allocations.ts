/** What lists allocations: dumps in logs, gdb walks, mod.stats, shm.report, shm.rprint. Rows of the recogniser's table; the first that holds wins. */
import type { KindRow } from "../kind-row.js";

const ALLOC_FUNCTION = /^[ \t"]{0,20}[A-Za-z_]\w{0,60}\(\d{1,6}\)"?:[ \t]{0,4}"?\d/gm;

export const ALLOCATIONS: readonly KindRow[] = [
  {
    kind: "shm_rprint",
    when: [{ any: ["--- allocated fragments:", "--- allocated fragments"] }],
    title: "a file that kamcmd shm.rprint wrote",
    endpoint: "dumps",
    command: "cat /tmp/shm.txt",
  },
  {
    kind: "gdb_walk",
    when: [
      {
        any: ["u = {nxt_free", "u = {is_free", "max_real_used=", "mem_block = 0x"],
        lines: { pattern: /[{\s]size ?= ?\d/g, at_least: 1 },
      },
      { lines: { pattern: /^\s{0,8}\d{1,9} [NAF] address=0x[0-9a-f]{1,16} frag=0x/gm, at_least: 1 } },
      { all: ["libthread_db"], any: ["manager: q_malloc", "manager: f_malloc", "manager: tlsf"] },
    ],
    title: "a gdb walk over the fragments of a pool",
    endpoint: "dumps",
    command: "gdb -batch -p PID -x qmwalk.gdb",
  },
  {
    kind: "gdb_script",
    when: [{ lines: { pattern: /^[ \t]{0,8}set (?:\$\w{1,20} ?=|pagination|height|print)/gm, at_least: 2 } }],
    title: "a gdb script, not what it printed",
    endpoint: null,
    hint: "run it: gdb -batch -p PID -x SCRIPT, and post the output to .../dumps",
  },
  {
    kind: "mod_stats",
    when: [
      { any: ["Module: "], lines: { pattern: ALLOC_FUNCTION, at_least: 1 } },
      { all: ['"Module: '] },
      { lines: { pattern: ALLOC_FUNCTION, at_least: 3 } },
    ],
    title: "what kamcmd mod.stats prints",
    endpoint: "dumps",
    command: "kamcmd mod.stats all shm",
  },
  {
    kind: "shm_report",
    when: [{ fields: ["total_size", "free_size_s", "used_size_s"] }],
    title: "what kamcmd shm.report prints",
    endpoint: "dumps",
    command: "kamcmd shm.report",
  },
  {
    kind: "dump",
    when: [
      {
        any: ["qm_status", "fm_status", "tlsf_status", "qm_sums", "fm_sums", "tlsf_sums"],
        none: ["Usage: "],
      },
      { any: ["Memory status (pkg)", "Memory status (shm)", "Memory still-in-use summary"] },
      { all: ["heap size="], any: ["dumping all alloc", "used+overhead=", "max used (+overhead)="] },
      { lines: { pattern: /count= {0,8}\d{1,12} {1,4}size= {0,12}\d{1,16} bytes from /g, at_least: 1 } },
      { lines: { pattern: /alloc'd from [^\n]{1,120}\(\d{1,6}\)/g, at_least: 2 } },
    ],
    title: "a log with memory dumps",
    endpoint: "dumps",
    also: ["logs"],
    command: "journalctl -u kamailio -o short-iso",
  },
];
