/** What the forms of a history are called in reports: one name each. */
export const FORMS = {
  table: "a table",
  influx: "Influx line protocol",
  perfdata: "perfdata",
  key_values: "key=value lines",
  statsd: "statsd",
  putval: "collectd PUTVAL",
  munin: "munin",
  graphite: "Graphite plaintext",
  openmetrics: "OpenMetrics",
  prometheus: "a Prometheus API answer",
  victoriametrics: "a VictoriaMetrics export",
  own_export: "this service's export",
} as const;

/** Are the counters of a text a history out of another tool, rather than Kamailio's own output? */
export const HISTORY_FORMS: ReadonlySet<string> = new Set(Object.values(FORMS));
