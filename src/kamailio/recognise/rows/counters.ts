/** What prints counters of memory and load. Rows of the recogniser's table; the first that holds wins. */
import type { KindRow } from "../kind-row.js";

const STATISTIC = /^[ \t"]{0,8}[a-z_]{1,30}:[A-Za-z_][\w-]{0,60}"?[ \t]{0,4}[:=]{1,2}[ \t]{0,4}-?\d/gm;
const PROM_SAMPLE = /^[a-zA-Z_:][\w:]{0,120}(?:\{[^\n{}]{0,400}\})? -?(?:\d|NaN|\+Inf)/gm;

export const COUNTERS: readonly KindRow[] = [
  {
    kind: "pkg_stats",
    when: [{ fields: ["pid", "used", "free", "real_used"] }],
    title: "what kamcmd pkg.stats prints",
    endpoint: "usage",
    command: "kamcmd pkg.stats",
  },
  {
    kind: "shm_counters",
    when: [{ fields: ["total", "free", "used", "real_used"] }],
    title: "what kamcmd core.shmmem or shm.stats prints",
    endpoint: "usage",
    command: "kamcmd core.shmmem",
  },
  {
    kind: "pool_info",
    when: [{ fields: ["name", "size"], any: ["q_malloc", "f_malloc", "tlsf_malloc"] }],
    title: "what kamcmd shm.info or pkg.info prints",
    endpoint: "settings",
    also: ["usage"],
    command: "kamcmd shm.info",
  },
  {
    kind: "prometheus_api",
    when: [{ fields: ["status", "resultType"] }],
    title: "an answer of the Prometheus HTTP API",
    endpoint: "usage",
    hint: 'let the service fetch the history itself: POST .../usage/imports {"source": "prometheus", "url": ...}',
  },
  {
    kind: "ndjson_samples",
    when: [{ begins: /^\{\s{0,8}"at"\s{0,8}:/ }, { lines: { pattern: /^\{"at":/gm, at_least: 1 } }],
    title: "usage samples as NDJSON",
    endpoint: "usage",
    command: "cat samples.ndjson",
  },
  {
    kind: "statistics",
    when: [
      {
        any: ["shmem:", "shmem."],
        lines: { pattern: /shmem[:.](?:fragments|free_size|max_used_size|real_used_size|total_size|used_size)/g, at_least: 1 },
        none: ["modparam", "[Service]"],
      },
      { lines: { pattern: STATISTIC, at_least: 3 } },
    ],
    title: "what kamctl stats or kamcmd stats.get_statistics prints",
    endpoint: "usage",
    command: "kamctl stats",
  },
  {
    kind: "tm_stats",
    when: [{ fields: ["current", "waiting", "total_local"] }],
    title: "what kamcmd tm.stats prints",
    endpoint: "usage",
    command: "kamcmd tm.stats",
  },
  {
    kind: "core_uptime",
    when: [{ fields: ["now", "up_since"] }, { all: ["Up since::"] }],
    title: "what kamcmd core.uptime prints",
    endpoint: "usage",
    command: "kamcmd core.uptime",
  },
  {
    kind: "prometheus_page",
    when: [
      { lines: { pattern: /^kamailio_\w{1,120}(?:\{[^\n{}]{0,400}\})? -?\d/gm, at_least: 1 } },
      { lines: { pattern: /^# (?:TYPE|HELP) [\w:]{1,120} /gm, at_least: 1 } },
      { lines: { pattern: PROM_SAMPLE, at_least: 3 }, any: ["_total", "{", "_bytes"] },
    ],
    title: "a Prometheus page (xhttp_prom or an exporter)",
    endpoint: "usage",
    command: "curl -s http://127.0.0.1:5060/metrics",
  },
];
