/** Which of a server's metrics are Kamailio's, whatever exporter and prefix they have. */
import { METRIC_PREFIX, METRICS, metricTarget, TELLTALE_METRICS } from "../../kamailio/knowledge/metric-names.js";
import type { ImportPlan, LabelSet } from "./import-state.js";

type Metric = ImportPlan["metrics"][number];

const ROWS = new Map(METRICS.map((row) => [row.name, row]));
/** xhttp_prom's prefix is free to choose; OpenSIPS has the same names under its own. */
const OTHER_PRODUCT = "opensips";
/** A server of many tables has some hundred. */
const MOST_METRICS = 500;

/** The metrics that are counters of Kamailio's memory and load. */
export function kamailioMetrics(names: readonly string[]): Metric[] {
  const prefixes = new Set<string>();
  for (const name of names) {
    if (name.startsWith(METRIC_PREFIX)) prefixes.add(METRIC_PREFIX);
    const end = TELLTALE_METRICS.find((tell) => name.endsWith(tell));
    const prefix = end === undefined ? null : name.slice(0, -end.length);
    if (prefix !== null && !prefix.startsWith(OTHER_PRODUCT)) prefixes.add(prefix);
  }
  const found = [...prefixes].flatMap((prefix) =>
    names.filter((name) => name.startsWith(prefix) && isKnown(canonicalName({ name, prefix }))).map((name) => ({ name, prefix })),
  );
  return found.slice(0, MOST_METRICS);
}

/** The name as Kamailio's own prefix has it. */
export function canonicalName({ name, prefix }: Metric): string {
  return METRIC_PREFIX + name.slice(prefix.length);
}

function isKnown(name: string): boolean {
  return ROWS.has(name) || metricTarget(name, {}) !== null;
}

/** A metric that a server with Kamailio has once, or once a process: by its series the servers are found. */
export interface Probe {
  name: string;
  /** Matchers that leave one series of a pool. */
  match: LabelSet;
  /** Labels that are the exporter's own and say nothing about the server. */
  own_labels: readonly string[];
}

/** In the order of trust: the shared pool, the processes, then anything. */
const PROBES: readonly { kind: string; field: string | null; own_labels: readonly string[] }[] = [
  { kind: "shm", field: "real_used", own_labels: ["type"] },
  { kind: "pkg", field: "real_used", own_labels: ["pid", "rank", "desc", "entry"] },
  { kind: "load", field: null, own_labels: ["type", "method"] },
];

/** The metrics by which servers are found; empty when there is none. */
export function probesOf(metrics: readonly Metric[]): Probe[] {
  for (const { kind, field, own_labels } of PROBES) {
    const probes = metrics.flatMap((metric): Probe[] => {
      const name = canonicalName(metric);
      const row = METRICS.find(
        (candidate) =>
          candidate.name === name &&
          candidate.target.kind === kind &&
          (field === null || ("field" in candidate.target && candidate.target.field === field)),
      );
      if (row === undefined) return [];
      const match = row.label === null ? {} : { [row.label[0]]: row.label[1] };
      return [{ name: metric.name, match, own_labels: row.label === null && kind !== "pkg" ? [] : own_labels }];
    });
    if (probes.length > 0) return kind === "load" ? probes.slice(0, 1) : probes;
  }
  return [];
}
