/**
 * Reads tables: CSV of Grafana, Zabbix, InfluxDB, rrdtool, collectd and scripts, this service's own export, Markdown, psql and kamcli tables.
 * A header says what the columns are (columns.ts); rows follow until a line has another number of cells.
 *
 *     "Time","kamailio_core_shmmem_total{instance=""sip1:9494""}","kamailio_core_shmmem_real_used{...}"
 *     Timestamp,Host,Item,Value
 *     | pid | rank | used | free | real_used |
 */

import { mayNameCounter } from "../../knowledge/counter-spellings.js";
import type { WrittenTime } from "../../log-line/time-text.js";
import { readMetricName } from "../metrics-page.js";
import type { Sink } from "../model.js";
import { cellsOf, columnsOf, isRule, type Layout, layoutsOf } from "./cells.js";
import { type Column, columnsOfHeader, type TableColumns } from "./columns.js";
import { FORMS } from "./forms.js";
import { isMissing, type NumberStyle, readWritten } from "./number.js";
import type { Points } from "./points.js";
import type { Labels, Series } from "./series.js";
import { readStampOrTime } from "./time.js";

export interface TableReader {
  /** A line as it stands there, while a table is open; false when it is none of its rows. */
  row(line: string, number: number): boolean;
  /** A line that nothing else reads; false when it begins no table. A rule makes a header of the line before it, which `tookBefore` tells. */
  header(line: string, number: number): boolean;
  /** Did the last header take the line before it, too? */
  readonly tookBefore: boolean;
}

interface Table extends TableColumns {
  layout: Layout;
  style: NumberStyle;
  line: number;
  /** The series of a column under the labels of a row, found once. */
  known: Map<string, Series | null>;
  /** No column says what a row is of: each column is one series, kept in `fixed`. */
  plain: boolean;
  fixed: (Series | null | undefined)[];
}

/** A header of more characters is none. */
const MAX_HEADER = 100_000;
const FORM = FORMS.table;
const COLLECTD_HEADER = /^epoch,value$/i;
const FILE_HEADER = /^==> (.{1,300}) <==$/;
const NAMED_FILES = "post the files with their names: tail -n +1 gauge-real_used-* gauge-total-* | curl --data-binary @- ...";
/** A table of names and values has none of the counters in its header. */
const LONG_FORM = /value|wert|valeur|valor|last/i;
const MAX_ATTEMPTS = 5_000;
/** The frame that database clients draw. */
const FRAME = /^[+┌├└]/;
const SEPARATOR_HINT = /^"?sep=(.)"?$/i;

export function createTableReader(points: Points, sink: Sink): TableReader {
  let table: Table | null = null;
  /** The line before, which a rule may turn into a header. */
  let before = "";
  /** The file that `tail -n +1 FILE...` names: collectd's CSV says its counter there alone. */
  let file: string | null = null;
  let tookBefore = false;
  /** Lines that looked like a header and were none: a log has millions of them. */
  let attempts = 0;

  function open(text: string, number: number, layouts: readonly Layout[]): boolean {
    for (const layout of layouts) {
      const found = columnsOfHeader(cellsOf(text, layout));
      if (found === null) continue;
      // A chart writes its series in quotes, and kB as powers of 1000; every other tool of this field means 1024.
      const chart = text.startsWith('"') && found.columns.some(({ kind }) => kind === "counter");
      const plain = found.columns.every(({ kind }) => PLAIN.has(kind));
      table = { ...found, layout, style: { base: chart ? 1000 : 1024 }, line: number, known: new Map(), plain, fixed: [] };
      return true;
    }
    return false;
  }

  function row(current: Table, cells: readonly string[], number: number): void {
    const labels: Record<string, string> = {};
    let time: string | null = null;
    let name: string | null = null;
    let group: string | null = null;
    let pool: string | null = null;
    for (const [index, column] of current.columns.entries()) {
      const cell = cells[index] ?? "";
      if (column.kind === "time" || column.kind === "date") time = time === null ? cell : `${cell} ${time}`;
      else if (column.kind === "clock") time = time === null ? cell : `${time} ${cell}`;
      else if (column.kind === "name") name = name === null ? cell : `${name}_${cell}`;
      else if (column.kind === "group") group = cell;
      else if (column.kind === "pool") pool = cell;
      else if (column.kind === "host") labels.host = cell;
      else if (column.kind === "label" && cell !== "") labels[column.label] = unformula(cell);
    }
    const at = time === null ? null : readStampOrTime(time);
    if (time !== null && at === null) {
      sink.reject(number, `"${time.slice(0, 60)}" is no time that is known for sure`, "write times as 2026-11-23T01:14:56Z");
      return;
    }
    if (group !== null && name !== null) name = `${group}_${name}`;
    for (const [index, column] of current.columns.entries())
      value(current, column, index, cells[index] ?? "", { labels, name, pool, at, number });
  }

  function value(current: Table, column: Column, index: number, cell: string, row: Row): void {
    if ((column.kind !== "value" && column.kind !== "counter" && column.kind !== "field") || isMissing(cell)) return;
    const series = seriesOf(current, column, index, row);
    if (series === null) return;
    const written = readWritten(cell, current.style);
    if (written === null) {
      sink.reject(row.number, `"${cell.slice(0, 60)}" is no number that a counter can have`, "export raw values, without units");
      return;
    }
    if (written.rounded) sink.warn("the table's numbers were rounded to a larger unit: export raw values (bytes) where you can");
    points.add(series, row.at, written.value, row.number, FORM);
  }

  function seriesOf(current: Table, column: Column, index: number, { labels, name, pool }: Row): Series | null {
    // Most tables have a series a column, whatever the row.
    if (current.plain) {
      const fixed = current.fixed[index];
      if (fixed !== undefined) return fixed;
    }
    const key = `${index}\n${name}\n${pool}\n${labels.pid}\n${labels.entry}\n${labels.host}`;
    const before = current.known.get(key);
    if (before !== undefined) return before;
    const found = find(current, column, name, pool, labels);
    if (current.plain) current.fixed[index] = found;
    else if (current.known.size < MAX_KNOWN) current.known.set(key, found);
    return found;
  }

  function find(current: Table, column: Column, name: string | null, pool: string | null, labels: Labels): Series | null {
    if (column.kind === "counter") return points.series(column.name, { ...labels, ...column.labels });
    if (column.kind === "field") return points.field(column.name, current.pool, labels);
    const counter = name ?? file;
    if (counter === null) return null;
    if (pool === "shm" || pool === "pkg" || pool === "load") return points.field(unformula(counter), pool, labels);
    const metric = readMetricName(counter);
    return points.series(metric.name, { ...labels, ...metric.labels });
  }

  return {
    get tookBefore() {
      return tookBefore;
    },
    row(line, number) {
      if (table === null) return false;
      const text = line.trim();
      if (isRule(text)) return true;
      const cells = cellsOf(table.layout.kind === "columns" ? line : text, table.layout);
      if (cells.length === table.columns.length && isRow(cells, table)) {
        row(table, cells, number);
        return true;
      }
      table = null;
      return false;
    },
    header(line, number) {
      const text = line.trim();
      const previous = before;
      before = line;
      tookBefore = false;
      if (isRule(text)) {
        const layout = columnsOf(line.trimEnd());
        tookBefore = layout !== null && open(previous, number, [layout]);
        return tookBefore || FRAME.test(text);
      }
      const named = FILE_HEADER.exec(text);
      if (named?.[1] !== undefined) {
        file = counterOfFile(named[1]);
        return true;
      }
      if (SEPARATOR_HINT.test(text)) return true;
      if (text.length > MAX_HEADER || /^[\d[{#<]/.test(text) || attempts > MAX_ATTEMPTS) return false;
      if (!mayNameCounter(text) && !LONG_FORM.test(text)) return false;
      if (COLLECTD_HEADER.test(text) && file === null)
        sink.reject(number, "a file of collectd's CSV does not say what it counts: its name does", NAMED_FILES);
      if (open(text, number, layoutsOf(text))) return true;
      attempts++;
      return false;
    },
  };
}

interface Row {
  labels: Labels;
  name: string | null;
  pool: string | null;
  at: WrittenTime | null;
  number: number;
}

const PLAIN: ReadonlySet<Column["kind"]> = new Set(["time", "date", "clock", "counter", "field", "skip"]);
const MAX_KNOWN = 20_000;

/** Prose with as many commas is no row: something in a row is a number. */
function isRow(cells: readonly string[], { columns }: Table): boolean {
  return cells.some((cell, index) => columns[index]?.kind !== "skip" && /\d/.test(cell));
}

/** `/var/lib/collectd/csv/sip1/kamailio-shm/gauge-real_used-2024-05-23` -> `kamailio-shm/gauge-real_used`. */
function counterOfFile(path: string): string {
  return path
    .split("/")
    .slice(-2)
    .join("/")
    .replace(/-\d{4}-\d\d-\d\d$/, "")
    .replace(/\.(?:csv|rrd)$/, "")
    .replace("/gauge-", "/");
}

/** Exports put an apostrophe before what a spreadsheet would run. */
function unformula(cell: string): string {
  return /^'[=+\-@]/.test(cell) ? cell.slice(1) : cell;
}
