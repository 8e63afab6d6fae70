/**
 * Reads usage line by line: decides what each line is, collects structs, statistics, JSON texts and metrics pages, and reports them.
 */

import { endpointHint } from "../knowledge/usage-commands.js";
import { readTimeText, type WrittenTime } from "../log-line/time-text.js";
import { MAX_NESTING } from "../nesting.js";
import { readAnswer, readVersionLine } from "./answers.js";
import { createBareReader } from "./bare-lines.js";
import { type Command, readCommand } from "./commands.js";
import { readCounter } from "./counter.js";
import { explainError } from "./errors.js";
import { beginsJson, createJsonScan, type JsonScan, parseJson } from "./json-scan.js";
import { splitAtBreaks, undecorate } from "./lines.js";
import { createMetricsPage, isSameSeries, type MetricLine, type MetricsPage, readMetricLine } from "./metrics-page.js";
import { createPairReader } from "./pair-lines.js";
import { FORMS } from "./series/forms.js";
import { readHistoryLine } from "./series/history.js";
import { readMetricsJson } from "./series/metrics-json.js";
import { createPoints } from "./series/points.js";
import type { PointsSink } from "./series/series.js";
import { createTableReader } from "./series/tables.js";
import { createStructScan, type StructScan } from "./struct-scan.js";
import { readStruct } from "./structs.js";

/** What the line reader reports to, beside blocks. */
export interface LineSink extends PointsSink {
  mark(time: WrittenTime, line: number, heads: boolean): void;
  sample(value: Record<string, unknown>, line: number): void;
  unrecognized(text: string, line: number): void;
}

export interface LineReader {
  feed(line: string | null): void;
  end(): void;
}

const TOO_DEEP = `brackets nested deeper than ${MAX_NESTING} levels, as no answer has them: nothing of it was read`;
/** Words that only other software's and other commands' texts have. */
const FOREIGN = /\bopensips(?:ctl|-cli)?\b/i;
const DUMP = /\b(?:qm|fm|tlsf)_(?:status|sums)(?:\(\))?:/;
/** The first line of a `watch` screen: `Every 2.0s: kamcmd core.shmmem      sip1: Mon May 20 10:00:01 2024`. */
const WATCH = /^\S{1,20} \d{1,6}[.,]\d{1,3}s: (.{1,300}?) {2,300}(?:[^\s:]{1,100}: )?(\S.{8,60})$/;
const HEADER = /^(?:HTTP\/1\.[01] \d{3}|Sia: |Content-(?:Type|Length): |Server: |Connection: |200 OK$)/;

export function createLineReader(sink: LineSink): LineReader {
  let number = 0;
  let json: JsonScan | null = null;
  let brace: number | null = null;
  let struct: StructScan | null = null;
  let command: Command | null = null;
  let page: MetricsPage = createMetricsPage();
  /** The answer of a command that belongs elsewhere is passed over until the next command. */
  let passing = false;
  let module = false;
  let saidModule = false;
  let foreign = false;
  let dump = false;
  const pairs = createPairReader(sink);
  const bare = createBareReader(sink);
  const points = createPoints(sink);
  const tables = createTableReader(points, sink);
  /** The metric before, by which a history of one metric after the other is told from pages. */
  let metricBefore: MetricLine | null = null;
  let byMetric = false;
  /** A line that nothing knows: a rule below it makes it the header of a table. */
  let unknown: { text: string; line: number } | null = null;

  function flushPage(): void {
    if (page.isEmpty()) return;
    const { blocks, at } = page.read(sink);
    page = createMetricsPage();
    sink.page(blocks, at);
  }

  function flush(): void {
    pairs.flush();
    flushPage();
    points.flush();
  }

  function flushUnknown(): void {
    if (unknown !== null) sink.unrecognized(unknown.text, unknown.line);
    unknown = null;
  }

  /** Whole JSON values, however they were printed; false when nothing in them is known. */
  function feedValue(value: unknown, line: number): boolean {
    return readMetricsJson(value, line, points, sink) || readAnswer(value, line, command, sink, sink.sample);
  }

  function finishJson(text: string, line: number): void {
    flush();
    const value = parseJson(text);
    if (value === undefined)
      sink.reject(line, "this is no JSON, though it looks like it", "post the answer as the server sent it");
    else if (!passing && !feedValue(value, line)) sink.unrecognized(text.slice(0, 80), line);
  }

  function cutJson(scan: JsonScan, why: string = "JSON that ends in the middle: none of it was read"): void {
    json = null;
    flush();
    sink.reject(scan.line, why, "post the whole answer again, as the server sent it");
  }

  /** Returns what follows the JSON text on the line, or the line when it is none of it. */
  function feedJson(scan: JsonScan, text: string): string {
    const result = scan.feed(text);
    if (result.state === "open") return "";
    if (result.state === "cut") {
      cutJson(scan, result.tooDeep ? TOO_DEEP : undefined);
      return result.consumed ? "" : text;
    }
    json = null;
    finishJson(result.text, scan.line);
    const rest = result.rest.trim();
    return rest === "," ? "" : rest;
  }

  function openJson(text: string, line: number): string {
    json = createJsonScan(line);
    return feedJson(json, text);
  }

  function openStruct(line: number): void {
    flush();
    struct = createStructScan(line);
  }

  function cutStruct(line: number): void {
    struct = null;
    sink.reject(line, "a struct without its closing brace: none of it was read", "post the whole output again");
  }

  /** A line inside `{` ... `}` of kamcmd; returns what follows the struct. */
  function feedStruct(open: StructScan, text: string): string {
    const result = open.feed(text);
    if (result.state === "open") return "";
    if (result.state === "cut") cutStruct(open.line);
    else {
      struct = null;
      closeStruct(result.members, open.line);
    }
    return result.rest;
  }

  function closeStruct(members: Map<string, unknown>, line: number): void {
    if (passing || (module && members.size === 0)) return;
    const isModule = members.has("Total") && !members.has("total");
    if (isModule && saidModule) return;
    saidModule ||= isModule;
    if (!readStruct(members, line, command, sink)) sink.unrecognized([...members.keys()].slice(0, 3).join(" "), line);
  }

  function startCommand(found: Command | null): void {
    flush();
    bare.reset(found);
    command = found;
    passing = found?.endpoint !== null && found !== null;
    module = false;
    if (found !== null && found.endpoint !== null) {
      sink.reject(number, `${found.name} is no usage`, endpointHint(found.endpoint));
    }
  }

  /** A time, a command or both; false when the line is neither. */
  function feedMark(text: string): boolean {
    const watched = WATCH.exec(text);
    if (watched !== null) {
      startCommand(readCommand(watched[1] ?? "")?.command ?? null);
      const shown = readTimeText(watched[2] ?? "");
      if (shown !== null) sink.mark(shown, number, true);
      return true;
    }
    const bareText = unframed(text);
    const found = readCommand(bareText);
    const time = readTimeText(found === null ? bareText : promptless(found.before));
    if (found === null && time === null) return false;
    startCommand(found?.command ?? null);
    if (time !== null) sink.mark(time, number, found !== null);
    return true;
  }

  /** A line, or several things on one: what one of them leaves is the next one's. */
  function feedText(raw: string): void {
    for (let rest = raw; rest !== ""; ) rest = feedPart(rest);
  }

  function feedPart(raw: string): string {
    const text = raw.trim();
    if (text === "") return "";
    if (brace !== null) {
      const line = brace;
      brace = null;
      if (/^["'}\]]/.test(text)) {
        openJson("{", line);
        return json === null ? raw : feedJson(json, raw);
      }
      openStruct(line);
    }
    return struct === null ? feedOpen(raw, text) : feedStruct(struct, text);
  }

  /** A line outside of everything; returns what it leaves. */
  function feedOpen(raw: string, text: string): string {
    if (tables.row(raw, number)) return "";
    if (text === "{") brace = number;
    else if (beginsJson(text)) return openJson(raw, number);
    else if (text.startsWith("{")) {
      openStruct(number);
      return text.slice(1);
    } else if (foreign || feedForeign(text)) return "";
    else if (pairs.feed(text, number)) flushPage();
    else if (feedMetric(text)) return "";
    else if (!feedHistory(raw, text) && !feedMark(text) && !feedRest(text)) {
      flushUnknown();
      unknown = { text, line: number };
      return "";
    }
    flushUnknown();
    return "";
  }

  /** Forms of other tools. */
  function feedHistory(raw: string, text: string): boolean {
    if (passing) return false;
    if (readHistoryLine(text, number, points)) return true;
    if (!tables.header(raw, number)) return false;
    if (tables.tookBefore) unknown = null;
    flush();
    return true;
  }

  function feedForeign(text: string): boolean {
    if (FOREIGN.test(text)) {
      foreign = true;
      sink.reject(number, "this looks like OpenSIPS, not Kamailio", "post what Kamailio's own kamcmd or kamctl prints");
      return true;
    }
    if (!DUMP.test(text)) return false;
    if (!dump) sink.reject(number, "this is a memory dump, which is no usage", endpointHint("dumps"));
    dump = true;
    return true;
  }

  function feedMetric(text: string): boolean {
    if (text.startsWith("# ")) return /^# (?:HELP|TYPE|EOF|UNIT|NO User|User defined|Kamailio )/.test(text);
    const metric = readMetricLine(text, number);
    if (metric === null) return false;
    pairs.flush();
    if (byMetric && metric.at !== null) addPoint(metric);
    else if (!page.add(metric)) {
      if (metric.at !== null && metricBefore !== null && isSameSeries(metric, metricBefore)) startHistory(metric);
      else {
        flushPage();
        page.add(metric);
      }
    }
    metricBefore = metric;
    return true;
  }

  /** The same metric again right below itself: not the next page, but a history of one metric after the other. */
  function startHistory(metric: MetricLine): void {
    byMetric = true;
    const before = page.take();
    page = createMetricsPage();
    for (const one of [...before, metric]) addPoint(one);
  }

  function addPoint({ name, labels, value, at, line }: MetricLine): void {
    const series = points.series(name, labels);
    if (series !== null && at !== null) points.add(series, { local: at, offset: 0 }, readCounter(value), line, FORMS.openmetrics);
  }

  function feedRest(text: string): boolean {
    const version = readVersionLine(text);
    if (version !== null) sink.add({ kind: "version", label: "version", text: version });
    if (version !== null || HEADER.test(text)) return true;
    if (text.startsWith("Module: ")) {
      module = true;
      return true;
    }
    const fault = /^error: (\d{1,5}) - (.{0,200})/i.exec(text);
    if (fault || text.startsWith("ERROR: ")) {
      const { reason, hint } = explainError(fault?.[1] ?? "", fault?.[2] ?? text.slice(7, 200), command, fault !== null);
      if (!passing) sink.reject(number, reason, hint);
      return true;
    }
    return passing || bare.feed(text, number);
  }

  return {
    feed(line) {
      number++;
      if (line === null) {
        sink.reject(
          number,
          "the line is longer than 8 MB",
          "post one JSON text or sample a line; ask a metrics server for a shorter stretch, or for fewer metrics at a time",
        );
        return;
      }
      if (json === null && struct === null && brace === null && line.startsWith("{") && line.endsWith("}") && feedWhole(line))
        return;
      const text = undecorate(line);
      if (json !== null) feedText(feedJson(json, text));
      else for (const part of splitAtBreaks(text)) feedText(part);
    },
    end() {
      if (brace !== null && json === null)
        sink.reject(brace, "a struct without its closing brace: none of it was read", "post the whole output again");
      if (json !== null) cutJson(json);
      if (struct !== null) cutStruct(struct.line);
      flushUnknown();
      flush();
      points.end();
    },
  };

  /** The bulk path: a whole JSON object on a line. */
  function feedWhole(line: string): boolean {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return false;
    }
    flush();
    if (!foreign && !passing && !feedValue(value, number)) sink.unrecognized(line.slice(0, 80), number);
    return true;
  }
}

/** Without the frame that scripts draw around a time: `### T`, `--- T ---`, `[T]`, `Date: T`. */
function unframed(text: string): string {
  return text
    .slice(0, MAX_MARK)
    .replace(/^[#=*[(\s-]{1,40}/, "")
    .replace(/[\])=*\s:#-]{1,40}$/, "")
    .replace(/^(?:date|time|timestamp|at)\s{0,4}[:=]\s{0,4}/i, "");
}

/** A line with a time and a command. */
const MAX_MARK = 500;

/** `root@sbc1:~#` and `[root@sbc1 ~]$` say no time; `+ 2026-11-23T01:14:56Z` of a script does. */
function promptless(before: string): string {
  return before.replace(/^[[(+*-]{1,3}\s{0,3}/, "").replace(/[\])>#$:+-]{1,3}$/, "");
}
