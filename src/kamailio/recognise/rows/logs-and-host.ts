/** Logs of Kamailio, and what the host says of its memory. Rows of the recogniser's table; the first that holds wins. */
import type { KindRow } from "../kind-row.js";

const LOG_LEVEL_AND_PLACE =
  /(?:ALERT|BUG|CRITICAL|ERROR|WARNING|NOTICE|INFO|DEBUG)?: ?(?:<?[A-Za-z_][\w-]{0,30}>?) \[[\w./-]{1,80}\.[ch]:\d{1,6}\]/g;

export const LOGS_AND_HOST: readonly KindRow[] = [
  {
    kind: "kamailio_log",
    when: [
      { lines: { pattern: LOG_LEVEL_AND_PLACE, at_least: 1 } },
      {
        any: [
          "no more pkg memory",
          "no more shm memory",
          "Free fragment not found",
          "child process",
          "terminating due to SIGCHLD",
          "out of memory",
        ],
        none: ["[Unit]"],
        lines: { pattern: /(?:ERROR|CRITICAL|ALERT|INFO|WARNING|BUG)/g, at_least: 1 },
      },
      {
        lines: { pattern: /(?:kamailio|openser|sip-router|ser)(?:\[\d{1,9}\])?: /g, at_least: 1 },
        any: ["ERROR", "INFO", "WARNING", "NOTICE", "ALERT", "CRITICAL", "DEBUG", "BUG"],
      },
    ],
    title: "a log of Kamailio",
    endpoint: "logs",
    also: ["dumps"],
    command: "journalctl -u kamailio -o short-iso",
  },
  {
    kind: "meminfo",
    when: [{ fields: ["MemTotal", "MemFree"] }],
    title: "/proc/meminfo",
    endpoint: "host-memory",
    command: "cat /proc/meminfo",
  },
  {
    kind: "smaps",
    when: [{ fields: ["Rss", "Pss"] }],
    title: "/proc/PID/smaps or smaps_rollup",
    endpoint: "host-memory",
    command: "cat /proc/PID/smaps_rollup",
  },
  {
    kind: "proc_status",
    when: [{ fields: ["VmRSS"] }, { fields: ["VmSize", "Threads"] }],
    title: "/proc/PID/status",
    endpoint: "host-memory",
    command: "cat /proc/PID/status",
  },
  {
    kind: "slabtop",
    when: [{ any: ["Active / Total Objects", "slabinfo - version", "OBJ SIZE  SLABS", "OBJS ACTIVE  USE"] }],
    title: "slabtop or /proc/slabinfo",
    endpoint: "host-memory",
    command: "slabtop -o -s c",
  },
  {
    kind: "free",
    when: [
      { lines: { pattern: /^[ \t]{0,40}total {1,20}used {1,20}free\b/gm, at_least: 1 } },
      { lines: { pattern: /^Mem: {1,20}\d/gm, at_least: 1 } },
      // Another language: a head without figures, then a label and six or seven of them.
      {
        lines: {
          pattern:
            /^ {8,60}[^\s\d:]{2,30}(?: {1,30}[^\s\d:]{2,30}){4,7} {0,20}\r?\n[^\s\d:][^\d:\n]{0,40}: {1,40}\d{1,20}(?: {1,30}\d{1,20}){5,6} {0,8}\r?$/gm,
          at_least: 1,
        },
      },
    ],
    title: "what free prints",
    endpoint: "host-memory",
    command: "free -b",
  },
  {
    kind: "top",
    when: [
      { lines: { pattern: /^[ \t]{0,8}top - \d\d:\d\d/gm, at_least: 1 } },
      { lines: { pattern: /^[ \t]{0,8}PID[ \t][^\n]{0,100}\bRES\b[^\n]{0,100}\bSHR\b/gm, at_least: 1 } },
    ],
    title: "what top prints",
    endpoint: "host-memory",
    command: "top -b -n 1",
  },
  {
    kind: "smem",
    when: [{ lines: { pattern: /^[ \t]{0,8}PID[ \t][^\n]{0,100}\bUSS\b[^\n]{0,100}\bPSS\b/gm, at_least: 1 } }],
    title: "what smem prints",
    endpoint: "host-memory",
    command: "smem -P kamailio",
  },
  {
    kind: "pmap",
    when: [
      { lines: { pattern: /^[ \t]{0,8}total kB[ \t]{1,40}\d/gm, at_least: 1 } },
      { lines: { pattern: /^Address[ \t]{1,40}Kbytes[ \t]{1,40}RSS/gm, at_least: 1 }, any: ["total kB"] },
    ],
    title: "what pmap -x prints",
    endpoint: "host-memory",
    command: "pmap -x PID",
  },
  {
    kind: "group_memory",
    when: [
      { any: ["MEM USAGE", "MEMORY(bytes)"] },
      { lines: { pattern: /^MemoryCurrent=\d/gm, at_least: 1 } },
      { lines: { pattern: /memory\.(?:current|usage_in_bytes)(?:[:=]| <==)/g, at_least: 1 } },
    ],
    title: "what a container, a pod or a service takes as a whole",
    endpoint: "host-memory",
    command: "docker stats --no-stream",
  },
  {
    kind: "vmstat",
    when: [{ any: ["procs -----------memory", "-----------memory----------"] }],
    title: "what vmstat prints",
    endpoint: null,
    hint: "post /proc/meminfo and /proc/PID/smaps_rollup to .../host-memory",
  },
];
