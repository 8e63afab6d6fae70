/**
 * Reads what metrics servers answer and export as JSON: Prometheus' `query` and `query_range` (and Thanos', Mimir's, VictoriaMetrics' alike),
 * VictoriaMetrics' `/api/v1/export` (a series a line), and this service's own history.
 *
 *     {"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":...},"values":[[1716500000,"52344112"],...]}]}}
 *     {"metric":{"__name__":...},"values":[52344112,...],"timestamps":[1716500000000,...]}
 *     {"at":"2024-05-23T21:33:20Z","pool":"shm","name":"real_used","pid":null,...,"last":52344112}
 */

import type { WrittenTime } from "../../log-line/time-text.js";
import { counterOf } from "../counter.js";
import type { Sink } from "../model.js";
import { isObject } from "../ndjson.js";
import { FORMS } from "./forms.js";
import type { Points } from "./points.js";
import type { Labels, Series } from "./series.js";
import { readStampOrTime } from "./time.js";

type Json = Record<string, unknown>;

const PROMETHEUS = FORMS.prometheus;
const EXPORT = FORMS.victoriametrics;
const OWN = FORMS.own_export;
const BY_NAME =
  'ask for the metrics by their names, such as query_range?query={__name__=~"kamailio_.*"}, not for a function or a sum of them';

/** True when the value is of such a form; what is wrong with it is rejected. */
export function readMetricsJson(value: unknown, line: number, points: Points, sink: Sink): boolean {
  if (!isObject(value)) return false;
  if (isObject(value.metric) && Array.isArray(value.values) && Array.isArray(value.timestamps))
    return readExport(value, line, points, sink);
  if (typeof value.name === "string" && "pool" in value && "last" in value && "at" in value)
    return readOwnPoint(value, line, points, sink);
  if (Array.isArray(value.series) && value.series.every((one) => isObject(one) && Array.isArray(one.points)))
    return readOwnHistory(value.series as Json[], line, points, sink);
  return readPrometheus(value, line, points, sink);
}

function readPrometheus(value: Json, line: number, points: Points, sink: Sink): boolean {
  if (value.status === "error" && typeof value.errorType === "string") {
    const said = typeof value.error === "string" ? value.error.slice(0, 200) : value.errorType;
    sink.reject(line, `Prometheus answered an error: ${said}`, "mend the query and post its answer");
    return true;
  }
  const data = value.data;
  if (value.status !== "success" || data === undefined) return false;
  if (!isObject(data) || !Array.isArray(data.result)) {
    sink.reject(line, "an answer of Prometheus without values", BY_NAME);
    return true;
  }
  if (data.result.length === 0)
    sink.reject(line, "Prometheus found no series", "look for the names first: .../api/v1/label/__name__/values");
  let unknown: string | null = null;
  for (const one of data.result) {
    if (!isObject(one) || !isObject(one.metric)) continue;
    const series = seriesOf(one.metric, points);
    if (series === null) {
      unknown ??= typeof one.metric.__name__ === "string" ? one.metric.__name__ : "";
      continue;
    }
    for (const pair of Array.isArray(one.values) ? one.values : [one.value]) addPair(series, pair, line, points);
  }
  if (unknown === "") sink.reject(line, "series without a name: what they count is lost", BY_NAME);
  else if (unknown !== null)
    sink.warn(`metrics that are no counter of Kamailio's memory or load were left out (${unknown.slice(0, 100)} is the first)`);
  return true;
}

function addPair(series: Series, pair: unknown, line: number, points: Points): void {
  if (!Array.isArray(pair)) return;
  const time = timeOf(pair[0]);
  if (time !== null) points.add(series, time, counterOf(pair[1]), line, PROMETHEUS);
}

function readExport(value: Json, line: number, points: Points, sink: Sink): true {
  const { metric, values, timestamps } = value;
  const series = isObject(metric) ? seriesOf(metric, points) : null;
  if (series === null) {
    sink.warn("metrics that are no counter of Kamailio's memory or load were left out");
    return true;
  }
  if (!Array.isArray(values) || !Array.isArray(timestamps) || values.length !== timestamps.length) {
    sink.reject(line, "an exported series with another number of values than of timestamps", "export it again");
    return true;
  }
  for (const [index, each] of values.entries()) {
    const time = timeOf(timestamps[index]);
    if (time !== null) points.add(series, time, counterOf(each), line, EXPORT);
  }
  return true;
}

function readOwnPoint(value: Json, line: number, points: Points, sink: Sink): true {
  const labels: Record<string, string> = {};
  if (typeof value.pid === "number") labels.pid = String(value.pid);
  if (typeof value.rank === "number") labels.rank = String(value.rank);
  const desc = value.desc ?? value.process;
  if (typeof desc === "string") labels.desc = desc;
  const series = own(value, labels, points);
  const time = typeof value.at === "string" ? readStampOrTime(value.at) : null;
  if (series === null || time === null) sink.reject(line, "a point without its time, its counter or its process", null);
  else points.add(series, time, counterOf(value.last), line, OWN);
  return true;
}

function own({ pool, name }: Json, labels: Labels, points: Points): Series | null {
  if (pool === "pkg" && labels.pid === undefined) return null;
  return points.field(String(name), pool === "shm" || pool === "pkg" ? pool : "load", labels);
}

function readOwnHistory(series: readonly Json[], line: number, points: Points, sink: Sink): true {
  for (const one of series)
    for (const point of Array.isArray(one.points) ? one.points : [])
      if (isObject(point)) readOwnPoint({ ...one, ...point }, line, points, sink);
  return true;
}

function seriesOf(metric: Json, points: Points): Series | null {
  const labels: Record<string, string> = {};
  for (const [name, value] of Object.entries(metric)) if (name !== "__name__" && typeof value === "string") labels[name] = value;
  return typeof metric.__name__ === "string" ? points.series(metric.__name__, labels) : null;
}

function timeOf(value: unknown): WrittenTime | null {
  return typeof value === "number" || typeof value === "string" ? readStampOrTime(String(value)) : null;
}
