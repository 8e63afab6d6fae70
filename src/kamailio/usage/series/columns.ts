/** What the columns of a table are, by their headers: in English, and as Zabbix, Grafana and spreadsheets write them in other languages. */
import { bareCounter, plainName, spelledCounter } from "../../knowledge/counter-spellings.js";
import type { Pool } from "../../pool.js";
import { readMetricName } from "../metrics-page.js";

export type Column =
  | { kind: "time" | "date" | "clock" | "name" | "group" | "pool" | "value" | "host" | "skip" }
  /** A label of what the row counts: pid, rank, desc, entry. */
  | { kind: "label"; label: string }
  /** A counter that says its pool. */
  | { kind: "counter"; name: string; labels: Record<string, string> }
  /** A field that takes its pool from the table. */
  | { kind: "field"; name: string };

export interface TableColumns {
  columns: Column[];
  /** The pool of bare fields. */
  pool: Pool;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));
const TIME = words(
  "time timestamp ts at datetime date_time time_utc timestamp_utc epoch clock _time zeit zeitstempel zeitpunkt datum_uhrzeit horodatage fecha_hora fecha data_hora last_check letzte_überprüfung sampled_at recorded_at",
);
const NAME = words(
  "item name metric key counter series item_name item_key field _field metrik element datenpunkt schlüssel élément elemento nombre métrique",
);
const VALUE = words("value last _value wert letzter_wert valeur valor last_value");
const HOST = words("host hostname instance server node gerät hôte");
const LABELS: ReadonlyMap<string, string> = new Map([
  ["pid", "pid"],
  ["rank", "rank"],
  ["desc", "desc"],
  ["description", "desc"],
  ["process", "desc"],
  ["entry", "entry"],
]);

/** Header cells keep letters beyond ASCII: `Schlüssel`. */
function headerWord(cell: string): string {
  return cell
    .slice(0, 200)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_]{1,100}/gu, "_")
    .replace(/^_(?=[a-z]{1,20}_)|_$/g, "");
}

/** The columns of a table whose header is this; `null` when it is the header of no history of counters. */
export function columnsOfHeader(cells: readonly string[]): TableColumns | null {
  if (cells.length < 2 || cells.every((cell) => /^[-\d.:\s]{0,40}$/.test(cell))) return null;
  const pool: Pool = cells.some((cell) => /(?:^|_)pid$/.test(plainName(cell))) ? "pkg" : "shm";
  const columns = cells.map((cell) => columnOf(cell, pool));
  const has = (kind: Column["kind"]) => columns.some((column) => column.kind === kind);
  // A data frame's index has no header.
  if (cells[0] === "" && !has("time") && !has("date")) columns[0] = { kind: "time" };
  if (cells.some((cell) => headerWord(cell) === "last")) dropOtherValues(cells, columns);
  const fields = columns.filter(({ kind }) => kind === "field");
  // `used` and `free` are everybody's words: `real_used` and a total are Kamailio's.
  const known = columns.some((column) => column.kind === "field" && /^real/.test(plainName(column.name)));
  if (!known) for (const field of fields) columns[columns.indexOf(field)] = { kind: "skip" };
  const counters = columns.filter(({ kind }) => kind === "counter" || kind === "field").length;
  const timed = has("time") || (has("date") && has("clock"));
  const long = has("value") && (has("name") || counters === 0) && timed;
  return long || counters > 1 || (counters === 1 && timed) ? { columns, pool } : null;
}

/** `min`, `max` and `last` of a point: the last one was read at its time. */
function dropOtherValues(cells: readonly string[], columns: Column[]): void {
  for (const [index, cell] of cells.entries())
    if (columns[index]?.kind === "value" && headerWord(cell) !== "last") columns[index] = { kind: "skip" };
}

function columnOf(cell: string, pool: Pool): Column {
  const word = headerWord(cell);
  if (TIME.has(word)) return { kind: "time" };
  if (word === "datum" || word === "date") return { kind: "date" };
  if (word === "uhrzeit" || word === "heure" || word === "hora") return { kind: "clock" };
  if (word === "_measurement" || word === "measurement") return { kind: "group" };
  if (word === "pool") return { kind: "pool" };
  if (VALUE.has(word)) return { kind: "value" };
  if (NAME.has(word)) return { kind: "name" };
  if (HOST.has(word)) return { kind: "host" };
  const label = LABELS.get(word) ?? (word.endsWith("_pid") ? "pid" : undefined);
  if (label !== undefined) return { kind: "label", label };
  const { name, labels } = readMetricName(cell);
  if (spelledCounter(name, labels) !== null) return { kind: "counter", name, labels };
  return bareCounter(cell, pool) === null ? { kind: "skip" } : { kind: "field", name: cell };
}
