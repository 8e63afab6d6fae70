/**
 * Reads InfluxDB's line protocol, as telegraf's file output and `influx inspect export` write it: a measurement with tags, fields, and a time in
 * nanoseconds (or what its digits say).
 *
 *     kamailio_shmmem,host=sip1 total_size=67108864i,real_used_size=52344112i 1716500000000000000
 */

import { readCounter } from "../counter.js";
import { FORMS } from "./forms.js";
import type { Points } from "./points.js";
import type { Series } from "./series.js";
import { readStampOrTime } from "./time.js";

const FORM = FORMS.influx;
/** Telegraf writes what it scrapes of a whole server in one line. */
const MAX_LINE = 100_000;
const SHAPE = /^[^\s,=]{1,200}(?:,[^\s=]{1,200}=[^\s]{1,2000})?\s{1,4}[^\s=,]{1,200}=\S/;
const STAMP = /^\d{10}(?:\d{3}){0,3}$/;

/** True when the line is of that form and gives a counter. */
export function readLineProtocol(text: string, line: number, points: Points): boolean {
  if (text.length > MAX_LINE || !text.includes("=") || !SHAPE.test(text)) return false;
  const [head, fields, stamp, ...more] = splitOutside(text, " ").filter((part) => part !== "");
  if (head === undefined || fields === undefined || more.length > 0) return false;
  const time = stamp === undefined ? null : readStampOrTime(stamp);
  if (stamp !== undefined && (!STAMP.test(stamp) || time === null)) return false;
  const [measurement = "", ...tags] = splitOutside(head, ",");
  const labels = Object.fromEntries(tags.map(pairOf).filter((pair) => pair !== null));
  let known = false;
  for (const field of splitOutside(fields, ",")) {
    const pair = pairOf(field);
    if (pair === null) return known;
    const series = seriesOf(measurement, pair[0], labels, points);
    const value = readCounter(pair[1].replace(/[iu]$/, ""));
    if (series === null || value === null) continue;
    points.add(series, time, value, line, FORM);
    known = true;
  }
  return known;
}

/** `kamailio_shmmem` and `total_size`; or a whole metric's name as the field. */
function seriesOf(measurement: string, field: string, labels: Record<string, string>, points: Points): Series | null {
  return points.series(`${measurement}_${field}`, labels) ?? points.series(field, labels);
}

function pairOf(text: string): [string, string] | null {
  const at = text.indexOf("=");
  return at <= 0 ? null : [text.slice(0, at).replaceAll("\\", ""), text.slice(at + 1).replaceAll("\\", "")];
}

/** Parts between separators that stand outside quotes and behind no backslash. */
function splitOutside(text: string, separator: string): string[] {
  if (!text.includes('"') && !text.includes("\\")) return text.split(separator);
  const parts: string[] = [];
  let from = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === "\\") at++;
    else if (char === '"') quoted = !quoted;
    else if (char === separator && !quoted) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, text.slice(from)];
}
