/**
 * Metric names of the three ways that Kamailio's counters reach Prometheus, and the field that each one is.
 *
 * - `xhttp_prom`: Kamailio's own module (5.3.0+). `PREFIX` + group + `_` + statistic, with `-` turned into `_`; the prefix is `kamailio_` or
 *   `xhttp_prom_beginning` (5.5.0+). pkg and uptime need `xhttp_prom_pkg_stats` and `xhttp_prom_uptime_stat` (6.0.0+). prom.c@6.1.4.
 * - `kamailio_exporter`: florentchauveau/kamailio_exporter, collector.go: namespace, method, field; counters end in `_total`.
 * - `voiplens`: voiplens/kamailio_exporter (and pascomnet's, its ancestor), collector/stats_fetch.go, pkg_stats.go, tm_stats.go.
 */
import type { PkgCounters, ShmCounters } from "../sample.js";
import { LOAD_COUNTERS, loadNameOfStatistic } from "./load-counters.js";

export type MetricSource = "xhttp_prom" | "kamailio_exporter" | "voiplens";

export type PkgField = Exclude<keyof PkgCounters, "pid" | "rank" | "desc">;

/** What a metric counts. */
export type MetricTarget =
  | { kind: "shm"; field: keyof ShmCounters }
  | { kind: "pkg"; field: PkgField }
  | { kind: "load"; name: string }
  | { kind: "uptime" }
  /** `kamailio_core_process_status`: its labels tell the pid, rank and description of a process index. */
  | { kind: "process" };

export interface MetricRow {
  source: MetricSource;
  /** With the default prefix `kamailio_`. */
  name: string;
  /** The label that must have this value. */
  label: readonly [name: string, value: string] | null;
  target: MetricTarget;
}

const SHM_STATISTICS: readonly (readonly [string, keyof ShmCounters])[] = [
  ["total_size", "total"],
  ["free_size", "free"],
  ["used_size", "used"],
  ["real_used_size", "real_used"],
  ["max_used_size", "max_used"],
  ["fragments", "fragments"],
];

const SHM_FIELDS = ["total", "free", "used", "real_used", "max_used", "fragments"] as const;

function metric(source: MetricSource, name: string, target: MetricTarget, label: MetricRow["label"] = null): MetricRow {
  return { source, name: `kamailio_${name}`, label, target };
}

function load(source: MetricSource, name: string, counter: string, label: MetricRow["label"] = null): MetricRow {
  return metric(source, name, { kind: "load", name: counter }, label);
}

const XHTTP_PROM: readonly MetricRow[] = [
  ...SHM_STATISTICS.map(([name, field]) => metric("xhttp_prom", `shmem_${name}`, { kind: "shm", field })),
  metric("xhttp_prom", "pkgmem_used", { kind: "pkg", field: "used" }),
  metric("xhttp_prom", "pkgmem_available", { kind: "pkg", field: "free" }),
  metric("xhttp_prom", "pkgmem_real_used", { kind: "pkg", field: "real_used" }),
  metric("xhttp_prom", "pkgmem_total_size", { kind: "pkg", field: "total_size" }),
  metric("xhttp_prom", "pkgmem_total_frags", { kind: "pkg", field: "total_frags" }),
  metric("xhttp_prom", "uptime", { kind: "uptime" }),
  ...LOAD_COUNTERS.flatMap((counter) =>
    counter.statistics.map((statistic) => load("xhttp_prom", statistic.replace(":", "_").replaceAll("-", "_"), counter.name)),
  ),
];

const TM_FIELDS: readonly (readonly [florent: string, voiplens: string, counter: string])[] = [
  ["current", "current", "current_transactions"],
  ["waiting", "waiting", "waiting_transactions"],
  ["total_total", "total", "total_transactions"],
  ["total_local_total", "local_total", "local_transactions"],
  ["created_total", "created_total", "created_transactions"],
  ["freed_total", "freed_total", "freed_transactions"],
  ["delayed_free_total", "delayed_free_total", "delayed_free_transactions"],
];

const DIALOG_FIELDS: readonly (readonly [string, string])[] = [
  ["starting", "starting_dialogs"],
  ["connecting", "connecting_dialogs"],
  ["answering", "answering_dialogs"],
  ["ongoing", "active_dialogs"],
  ["all", "all_dialogs"],
];

const FLORENT: readonly MetricRow[] = [
  ...SHM_FIELDS.map((field) => metric("kamailio_exporter", `core_shmmem_${field}`, { kind: "shm", field })),
  metric("kamailio_exporter", "core_uptime_uptime_total", { kind: "uptime" }),
  ...TM_FIELDS.map(([field, , counter]) => load("kamailio_exporter", `tm_stats_${field}`, counter)),
  ...DIALOG_FIELDS.map(([field, counter]) => load("kamailio_exporter", `dlg_stats_active_${field}`, counter)),
  load("kamailio_exporter", "core_tcp_info_opened_connections", "tcp_current_connections"),
  load("kamailio_exporter", "core_tcp_info_opened_tls_connections", "tls_current_connections"),
  load("kamailio_exporter", "core_tcp_info_write_queued_bytes", "tcp_write_queue_bytes"),
  load("kamailio_exporter", "tls_info_opened_connections", "tls_current_connections"),
];

const REQUEST_METHODS = LOAD_COUNTERS.flatMap(({ name }) => (name.startsWith("rcv_requests_") ? [name.slice(13)] : []));

const VOIPLENS: readonly MetricRow[] = [
  ...(["total", "free", "used", "real_used", "max_used"] as const).map((field) =>
    metric("voiplens", "shm_bytes", { kind: "shm", field }, ["type", field]),
  ),
  metric("voiplens", "shm_fragments", { kind: "shm", field: "fragments" }),
  metric("voiplens", "pkgmem_used", { kind: "pkg", field: "used" }),
  metric("voiplens", "pkgmem_free", { kind: "pkg", field: "free" }),
  metric("voiplens", "pkgmem_real", { kind: "pkg", field: "real_used" }),
  metric("voiplens", "pkgmem_size", { kind: "pkg", field: "total_size" }),
  metric("voiplens", "pkgmem_frags", { kind: "pkg", field: "total_frags" }),
  metric("voiplens", "core_process_status", { kind: "process" }),
  metric("voiplens", "core_uptime", { kind: "uptime" }),
  ...TM_FIELDS.map(([, field, counter]) => load("voiplens", `tm_stats_${field}`, counter)),
  ...DIALOG_FIELDS.map(([field, counter]) => load("voiplens", `dlg_stats_active_${field}`, counter)),
  ...["active_dialogs", "early_dialogs", "expired_dialogs", "failed_dialogs", "processed_dialogs"].map((name) =>
    load("voiplens", "dialog", name, ["type", name]),
  ),
  load("voiplens", "tmx", "current_transactions", ["type", "inuse"]),
  load("voiplens", "tmx", "active_transactions", ["type", "active"]),
  load("voiplens", "tmx_type_total", "uas_transactions", ["type", "uas"]),
  load("voiplens", "tmx_type_total", "uac_transactions", ["type", "uac"]),
  load("voiplens", "core_request_total", "rcv_requests", ["method", "rcv"]),
  load("voiplens", "core_request_total", "fwd_requests", ["method", "fwd"]),
  load("voiplens", "core_request_total", "drop_requests", ["method", "drop"]),
  load("voiplens", "core_request_total", "err_requests", ["method", "err"]),
  load("voiplens", "core_reply_total", "rcv_replies", ["type", "rcv"]),
  ...REQUEST_METHODS.map((method) => load("voiplens", "core_rcv_request_total", `rcv_requests_${method}`, ["method", method])),
  load("voiplens", "tcp_connections", "tcp_current_connections"),
  load("voiplens", "tcp_writequeue", "tcp_write_queue_bytes"),
  load("voiplens", "tcp_total", "tcp_established_connections", ["type", "established"]),
  load("voiplens", "tls_connections", "tls_current_connections"),
  load("voiplens", "tls_opened_connections", "tls_current_connections"),
  load("voiplens", "tls_clear_text_write_queued_bytes", "tls_write_queue_bytes"),
  load("voiplens", "dns_failed_request_total", "failed_dns_requests"),
];

/** Every metric name with what it counts. Names that two sources share (`kamailio_pkgmem_used`) mean the same in both. */
export const METRICS: readonly MetricRow[] = [...XHTTP_PROM, ...FLORENT, ...VOIPLENS];

const BY_NAME = new Map<string, MetricRow[]>();
for (const row of METRICS) {
  const rows = BY_NAME.get(row.name);
  if (rows === undefined) BY_NAME.set(row.name, [row]);
  else rows.push(row);
}

/** The prefix of every exporter, and xhttp_prom's default. */
export const METRIC_PREFIX = "kamailio_";

/**
 * What a metric counts, by its name with the prefix `kamailio_` and its labels; `null` when it is none of ours.
 * usrloc's tables (`kamailio_usrloc_location_contacts`) are found as well.
 */
export function metricTarget(name: string, labels: Readonly<Record<string, string>>): MetricRow | null {
  const rows = BY_NAME.get(name);
  if (rows !== undefined) return rows.find(({ label }) => label === null || labels[label[0]] === label[1]) ?? null;
  if (!name.startsWith(USRLOC_METRIC)) return null;
  const counter = loadNameOfStatistic("usrloc", name.slice(USRLOC_METRIC.length));
  return counter === null ? null : { source: "xhttp_prom", name, label: null, target: { kind: "load", name: counter } };
}

const USRLOC_METRIC = "kamailio_usrloc_";

/** The ends of names by which a page with another prefix (`xhttp_prom_beginning`) gives its prefix away. */
export const TELLTALE_METRICS: readonly string[] = [
  "shmem_total_size",
  "shmem_real_used_size",
  "shmem_used_size",
  "shmem_free_size",
  "shmem_max_used_size",
  "pkgmem_real_used",
  "pkgmem_total_size",
  "pkgmem_used",
];
