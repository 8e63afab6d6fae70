/**
 * The CSV that log stores export: Grafana's Explore on Loki (`Line,Time,tsNs,pod`), Kibana's reports, CloudWatch Insights, Graylog, Splunk.
 * A header line names the columns; the columns are told by their names as an entry's fields are (record.ts).
 */
import type { Entry } from "./entry.js";
import { MESSAGE_KEYS, readRecord } from "./record.js";

const MAX_COLUMNS = 200;
const MAX_HEADER = 4_000;
const TIME_COLUMN = /^(?:@?timestamp|time|date|_time|ts|tsns|datetime|eventtime)$/;

export interface CsvHeader {
  separator: string;
  columns: string[];
}

/** Reads a header line; `null` when the line is none, or names no column with a text and one with a time. */
export function readCsvHeader(line: string): CsvHeader | null {
  if (line.length > MAX_HEADER || /^[{[<]/.test(line)) return null;
  for (const separator of [",", ";", "\t"]) {
    if (!line.includes(separator)) continue;
    const cells = splitRow(line.replace(/^(?:\ufeff|\xef\xbb\xbf)/, ""), separator);
    const columns = (cells ?? []).map((cell) =>
      cell.toLowerCase().replace(/^_source\.|^_raw$/, (found) => (found === "_raw" ? "message" : "")),
    );
    if (columns.some((name) => MESSAGE_KEYS.has(name)) && columns.some((name) => TIME_COLUMN.test(name)))
      return { separator, columns };
  }
  return null;
}

/** Does a row go on in the next line, because a quoted cell holds a line break? */
export function rowIsOpen(row: string): boolean {
  let quotes = 0;
  for (let at = row.indexOf('"'); at >= 0; at = row.indexOf('"', at + 1)) quotes++;
  return quotes % 2 === 1;
}

/** Reads one row, without its line end; `null` when it is no entry. */
export function readCsvRow(row: string, { separator, columns }: CsvHeader): Entry | null {
  const cells = splitRow(row, separator);
  if (cells === null) return null;
  const fields: Record<string, string> = {};
  columns.forEach((name, index) => {
    const cell = cells[index];
    if (cell !== undefined && cell !== "") fields[name] = cell;
  });
  return readRecord(fields);
}

/** The cells of a row (RFC 4180); `null` when there are too many. */
function splitRow(row: string, separator: string): string[] | null {
  const cells: string[] = [];
  let at = 0;
  while (at <= row.length && cells.length < MAX_COLUMNS) {
    if (row[at] === '"') {
      let cell = "";
      let from = at + 1;
      for (;;) {
        const quote = row.indexOf('"', from);
        if (quote < 0) {
          cell += row.slice(from);
          at = row.length + 1;
          break;
        }
        cell += row.slice(from, quote);
        from = quote + 1;
        if (row[from] !== '"') {
          const next = row.indexOf(separator, from);
          at = next < 0 ? row.length + 1 : next + 1;
          break;
        }
        cell += '"';
        from++;
      }
      cells.push(cell);
      continue;
    }
    const end = row.indexOf(separator, at);
    cells.push(row.slice(at, end < 0 ? undefined : end));
    at = end < 0 ? row.length + 1 : end + 1;
  }
  return cells.length < MAX_COLUMNS ? cells : null;
}
