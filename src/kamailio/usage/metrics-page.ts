/**
 * Reads pages in Prometheus' text format: Kamailio's own xhttp_prom and the two kamailio_exporters. Which name is which counter is a table
 * (knowledge/metric-names.ts) that the import from a Prometheus server shares.
 */
import { METRIC_PREFIX, metricTarget, TELLTALE_METRICS } from "../knowledge/metric-names.js";
import { BYTES_SHM_COMMAND } from "../knowledge/usage-commands.js";
import type { ShmCounters } from "../sample.js";
import { readCounter } from "./counter.js";
import { type Block, NO_SHM, type PkgReading, type ShmSource, type Sink } from "./model.js";
import { ENTRIES_WITHOUT_PID } from "./moment.js";
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
function readLabels(text: string, labels: Record<string, string>): string | null {
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
  const shm: { source: ShmSource; counters: ShmCounters; line: number; others: string }[] = [];
  const rows = new Map<string, PkgReading & { entry: boolean }>();
  const processes = new Map<string, { pid: number; rank: number | null; desc: string | null }>();
  const load = new Map<string, number>();
  let uptime: number | null = null;
  let at: number | null = null;

  for (const metric of metrics) {
    const target = metric.name.startsWith(prefix)
      ? metricTarget(METRIC_PREFIX + metric.name.slice(prefix.length), metric.labels)
      : null;
    if (target === null) continue;
    at = Math.max(at ?? 0, metric.at ?? 0) || null;
    const value = readCounter(metric.value);
    switch (target.target.kind) {
      case "shm":
        keepShm(shm, target.source === "kamailio_exporter" ? "core.shmmem" : "metrics", target.target.field, value, metric);
        break;
      case "pkg":
        keepPkg(rows, target.target.field, value, metric);
        break;
      case "load":
        if (value !== null && value >= 0) load.set(target.target.name, value);
        break;
      case "uptime":
        uptime = value;
        break;
      case "process":
        keepProcess(processes, metric.labels);
    }
  }
  return {
    blocks: [...shmBlocks(shm, sink), ...pkgBlocks(rows, processes, sink), ...otherBlocks(load, uptime, processes, first)],
    at,
  };
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

function keepShm(
  shm: { source: ShmSource; counters: ShmCounters; line: number; others: string }[],
  source: ShmSource,
  field: keyof ShmCounters,
  value: number | null,
  { labels, line }: MetricLine,
): void {
  const { type: _type, ...rest } = labels;
  const others = JSON.stringify(rest);
  let reading = shm.find((candidate) => candidate.source === source && candidate.others === others);
  if (reading === undefined) {
    reading = { source, counters: { ...NO_SHM }, line, others };
    shm.push(reading);
  }
  reading.counters[field] = value;
}

function shmBlocks(
  shm: readonly { source: ShmSource; counters: ShmCounters; line: number; others: string }[],
  sink: Sink,
): Block[] {
  const pools = new Map(shm.map((reading) => [`${reading.source}`, reading]));
  if (pools.size < shm.length) {
    sink.reject(
      shm[0]?.line ?? 1,
      "the page shows the shared memory of several servers",
      "post each server's own page to its own instance",
    );
    return [];
  }
  return shm.flatMap(({ source, counters, line }): Block[] => {
    if (counters.total === null && counters.real_used === null && counters.used === null && counters.free === null) {
      sink.reject(line, "the shared memory's metrics are no numbers", BYTES_SHM_COMMAND);
      return [];
    }
    const label = source === "core.shmmem" ? "metrics of core.shmmem" : "metrics of shmem";
    return [{ kind: "shm", label, reading: { source, line, scale: 1, counters } }];
  });
}

function keepPkg(
  rows: Map<string, PkgReading & { entry: boolean }>,
  field: "used" | "free" | "real_used" | "total_size" | "total_frags",
  value: number | null,
  { labels, line }: MetricLine,
): void {
  const { pid, entry } = labels;
  const id = pid ?? entry;
  const number = id === undefined ? null : readCounter(id);
  if (id === undefined || number === null) return;
  const key = pid === undefined ? `entry ${id}` : `pid ${id}`;
  let row = rows.get(key);
  if (row === undefined) {
    const rank = labels.rank === undefined ? null : readCounter(labels.rank);
    const desc = labels.desc === undefined || labels.desc === "" ? null : labels.desc;
    row = {
      line,
      pid: number,
      rank,
      desc,
      used: null,
      free: null,
      real_used: null,
      total_size: null,
      total_frags: null,
      entry: pid === undefined,
    };
    rows.set(key, row);
  }
  row[field] = value;
}

function keepProcess(
  processes: Map<string, { pid: number; rank: number | null; desc: string | null }>,
  labels: Record<string, string>,
): void {
  const pid = readCounter(labels.pid ?? "");
  if (pid === null || labels.index === undefined) return;
  const rank = readCounter(labels.rank ?? "");
  processes.set(labels.index, {
    pid,
    rank,
    desc: labels.description === undefined || labels.description === "" ? null : labels.description,
  });
}

/** Older voiplens exporters label a process with its index alone; `core_process_status` of the same page knows the pid. */
function pkgBlocks(
  rows: ReadonlyMap<string, PkgReading & { entry: boolean }>,
  processes: ReadonlyMap<string, { pid: number }>,
  sink: Sink,
): Block[] {
  const readings: PkgReading[] = [];
  let withoutPid = false;
  for (const { entry, ...row } of rows.values()) {
    const known = entry ? processes.get(String(row.pid)) : undefined;
    withoutPid ||= entry && known === undefined;
    readings.push(known === undefined ? row : { ...row, pid: known.pid });
  }
  if (readings.length === 0) return [];
  if (withoutPid)
    sink.warn("the exporter prints the index of a process, not its pid: the index stands in its place, and restarts do not show");
  return [{ kind: "pkg", label: withoutPid ? ENTRIES_WITHOUT_PID : "metrics of pkgmem", rows: readings }];
}

function otherBlocks(
  load: ReadonlyMap<string, number>,
  uptime: number | null,
  processes: ReadonlyMap<string, { pid: number; rank: number | null; desc: string | null }>,
  line: number,
): Block[] {
  const blocks: Block[] = [...processes.values()].map((process) => ({
    kind: "process",
    label: "metrics of core.psa",
    ...process,
  }));
  if (load.size > 0) blocks.push({ kind: "load", label: "metrics", line, load });
  if (uptime !== null && uptime >= 0) blocks.push({ kind: "uptime", label: "metrics", line, seconds: uptime, now: null });
  return blocks;
}
