/**
 * Reads pages in Prometheus' text format: Kamailio's own xhttp_prom and the two kamailio_exporters. Which name is which counter is a table
 * (knowledge/metric-names.ts) that the import from a Prometheus server shares.
 */
import { METRIC_PREFIX, metricTarget, TELLTALE_METRICS } from "../knowledge/metric-names.js";
import { assemble, type Reading } from "./assemble.js";
import { readCounter } from "./counter.js";
import type { Block, Sink } from "./model.js";
import { MAX_DESC } from "./structs.js";

export interface MetricLine {
  name: string;
  labels: Record<string, string>;
  value: string;
  /** ms; `null` when the line has no time stamp. */
  at: number | null;
  line: number;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]{0,199}/;
const VALUE = /^(?:[-+]?[0-9.]{1,40}(?:[eE][-+]?\d{1,3})?|[-+]?Inf|NaN)$/;
const MAX_LABELS = 32;

/** One metric line: name, labels, value and perhaps a time stamp; `null` when the line is none. */
export function readMetricLine(text: string, line: number): MetricLine | null {
  const name = NAME.exec(text)?.[0];
  if (name === undefined) return null;
  const after = text.slice(name.length).trimStart();
  const labels: Record<string, string> = {};
  const rest = after.startsWith("{") ? readLabels(after, labels) : after === text.slice(name.length) ? null : after;
  const words = rest === null ? [] : rest.trim().split(/\s{1,20}/);
  const [value, stamp] = words;
  if (value === undefined || words.length > 2 || !VALUE.test(value)) return null;
  const at = stamp === undefined ? null : readStamp(stamp);
  return stamp !== undefined && at === null ? null : { name, labels, value, at, line };
}

/** ms in the text format; seconds with a fraction in OpenMetrics. */
function readStamp(word: string): number | null {
  if (!/^\d{9,14}(?:\.\d{1,9})?$/.test(word)) return null;
  const stamp = Number(word);
  return stamp < SECONDS_BELOW ? Math.round(stamp * 1000) : Math.round(stamp);
}

/** 1e11 s is the year 5138, 1e11 ms is 1973. */
const SECONDS_BELOW = 1e11;

/** Fills `labels` from `{a="b",c="d"}` and returns what follows; `null` when the braces do not close. */
export function readLabels(text: string, labels: Record<string, string>): string | null {
  let at = 1;
  for (let count = 0; count <= MAX_LABELS; count++) {
    while (text[at] === " " || text[at] === ",") at++;
    if (text[at] === "}") return text.slice(at + 1);
    const equals = text.indexOf('="', at);
    if (equals < 0) return null;
    let end = equals + 2;
    while (end < text.length && text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
    if (end >= text.length) return null;
    labels[text.slice(at, equals).trim().slice(0, MAX_DESC)] = text
      .slice(equals + 2, end)
      .replaceAll('\\"', '"')
      .slice(0, MAX_DESC);
    at = end + 1;
  }
  return null;
}

/** A page as its lines come in. */
export interface MetricsPage {
  /** False when the line is in the page already: another page begins. */
  add(metric: MetricLine): boolean;
  isEmpty(): boolean;
  /** What the page says, and its time. */
  read(sink: Sink): { blocks: Block[]; at: number | null };
  /** The lines as they came. */
  take(): readonly MetricLine[];
}

/** Do two lines say the same metric with the same labels? */
export function isSameSeries(a: MetricLine, b: MetricLine): boolean {
  return a.name === b.name && JSON.stringify(a.labels) === JSON.stringify(b.labels);
}

/** Lines of one page that are kept; an exporter of everything prints a few thousand. */
const MAX_METRICS = 50_000;

export function createMetricsPage(): MetricsPage {
  const seen = new Set<string>();
  const metrics: MetricLine[] = [];
  return {
    add(metric) {
      const key = `${metric.name} ${JSON.stringify(metric.labels)}`;
      if (seen.has(key)) return false;
      if (metrics.length < MAX_METRICS) {
        seen.add(key);
        metrics.push(metric);
      }
      return true;
    },
    isEmpty: () => metrics.length === 0,
    read: (sink) => readPage(metrics, sink),
    take: () => metrics,
  };
}

function readPage(metrics: readonly MetricLine[], sink: Sink): { blocks: Block[]; at: number | null } {
  const prefix = prefixOf(metrics);
  const first = metrics[0]?.line ?? 1;
  if (prefix.startsWith("opensips")) {
    sink.reject(
      first,
      "this page is OpenSIPS's, not Kamailio's",
      "post the page of Kamailio's xhttp_prom or of a kamailio_exporter",
    );
    return { blocks: [], at: null };
  }
  const readings: Reading[] = [];
  let at: number | null = null;
  for (const metric of metrics) {
    const row = metric.name.startsWith(prefix)
      ? metricTarget(METRIC_PREFIX + metric.name.slice(prefix.length), metric.labels)
      : null;
    if (row === null) continue;
    at = Math.max(at ?? 0, metric.at ?? 0) || null;
    const narrow = row.source === "kamailio_exporter";
    readings.push({ target: row.target, narrow, labels: metric.labels, value: readCounter(metric.value), line: metric.line });
  }
  return { blocks: assemble(readings, null, sink), at };
}

/** `kamailio_`, unless a page with Kamailio's statistics begins all its names otherwise (`xhttp_prom_beginning`, even empty). */
function prefixOf(metrics: readonly MetricLine[]): string {
  if (metrics.some(({ name }) => name.startsWith(METRIC_PREFIX))) return METRIC_PREFIX;
  for (const { name } of metrics) {
    const tell = TELLTALE_METRICS.find((end) => name.endsWith(end));
    if (tell !== undefined) return name.slice(0, -tell.length);
  }
  return METRIC_PREFIX;
}

/** A metric's name with its labels, as queries, legends and headers of charts write it; labels alone with `__name__` are one too. */
export function readMetricName(text: string): { name: string; labels: Record<string, string> } {
  const at = text.indexOf("{");
  const labels: Record<string, string> = {};
  if (at < 0 || readLabels(text.slice(at), labels) === null) return { name: text, labels: {} };
  const { __name__: named, ...others } = labels;
  return { name: at === 0 ? (named ?? text) : text.slice(0, at).trim(), labels: others };
}
