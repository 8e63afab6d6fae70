/** Reports about a crash or a kill that name commands, metrics and levels of their own: recognised before all those. Rows of the recogniser's table. */
import type { KindRow } from "../kind-row.js";

export const REPORTS: readonly KindRow[] = [
  {
    kind: "kernel_report",
    when: [{ any: ["invoked oom-killer:", "oom-kill:constraint=", "Out of memory: Kill", "emory cgroup out of memory: Kill"] }],
    title: "a log of the kernel's out-of-memory killer",
    endpoint: "logs",
    command: "journalctl -k -o short-iso",
  },
  {
    kind: "sanitizer_report",
    when: [{ any: ["ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "SUMMARY: AddressSanitizer"] }],
    title: "a report of AddressSanitizer or LeakSanitizer",
    endpoint: "logs",
    command: "journalctl -u kamailio -o short-iso",
  },
  {
    kind: "backtrace",
    when: [
      { lines: { pattern: /^[ \t>*]{0,8}#\d{1,3} {1,3}(?:0x[0-9a-f]{4,16} |[a-z_][\w.]{0,60} \()/gm, at_least: 2 } },
      { lines: { pattern: /frame #\d{1,3}: 0x[0-9a-f]{4,16}/g, at_least: 2 } },
    ],
    title: "a backtrace of gdb, lldb, coredumpctl or a sanitizer",
    endpoint: "logs",
    command: "gdb -batch -ex 'bt full' $(command -v kamailio) CORE 2>&1",
  },
  {
    kind: "valgrind_report",
    when: [{ lines: { pattern: /^==\d{1,10}== .{0,200}(?:lost|reachable|Invalid|uninitialised|Memcheck)/gm, at_least: 1 } }],
    title: "a report of valgrind",
    endpoint: "logs",
    command: "cat valgrind.log",
  },
];
