/**
 * Reads lines of `key=value`, with a time in front of them or among them, as scripts and loggers write them.
 *
 *     2024-05-23T21:33:20Z total=67108864 real_used=52344112 used=40211304
 *     time="2024-05-23 21:33:20" level=info shm.total=67108864 shm.real_used=52344112
 */

import { plainName } from "../../knowledge/counter-spellings.js";
import type { WrittenTime } from "../../log-line/time-text.js";
import { FORMS } from "./forms.js";
import { readWritten } from "./number.js";
import type { Points } from "./points.js";
import type { Series } from "./series.js";
import { readStampOrTime } from "./time.js";

const FORM = FORMS.key_values;
const PAIR = /(?:^|[\s,;|{(])([A-Za-z_][\w.:[\]/-]{0,100})=("[^"]{0,300}"|'[^']{0,300}'|[^\s;"']{1,100})/g;
const TIMES: ReadonlySet<string> = new Set(["time", "ts", "timestamp", "at", "date", "datetime", "t"]);
const LABELS: ReadonlySet<string> = new Set(["pid", "rank", "desc", "entry", "host", "instance", "server"]);
const MAX_LINE = 10_000;

/** True when the line gives two counters or more, or one that says its pool and a time. */
export function readKeyValues(text: string, line: number, points: Points): boolean {
  if (text.length > MAX_LINE || !text.includes("=")) return false;
  const pairs = [...text.matchAll(PAIR)];
  const first = pairs[0]?.index;
  if (first === undefined) return false;
  const labels: Record<string, string> = {};
  let time: WrittenTime | null = timeBefore(text.slice(0, first));
  const values: { name: string; text: string }[] = [];
  for (const [, name = "", raw = ""] of pairs) {
    const value = raw.replace(/^["']|["']$/g, "").replace(/,$/, "");
    if (TIMES.has(name.toLowerCase())) time ??= readStampOrTime(value);
    else if (LABELS.has(name)) labels[name] = value;
    else values.push({ name, text: value });
  }
  const names = new Set(values.map(({ name }) => plainName(name)));
  const pool = !names.has("real_used") ? null : labels.pid !== undefined ? "pkg" : "shm";
  const found: { series: Series; value: number }[] = [];
  for (const { name, text: written } of values) {
    const series = points.series(name, labels) ?? (pool === null ? null : points.field(name, pool, labels));
    const value = series === null ? null : readWritten(written, { base: 1024 });
    if (series !== null && value !== null) found.push({ series, value: value.value });
  }
  if (found.length < (time === null || pool !== null ? 2 : 1)) return false;
  for (const { series, value } of found) points.add(series, time, value, line, FORM);
  return true;
}

/** `[2024-05-23 21:33:20] shm:` in front of the pairs. */
function timeBefore(text: string): WrittenTime | null {
  const bare = text.trim().replace(/^[[(]/, "");
  if (bare.length < 8) return null;
  return (
    readStampOrTime(bare.replace(/[\])]?[\s:,;|-]{0,4}$/, "")) ??
    readStampOrTime(/^\S{1,40}[ T]\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,9})?(?:Z|[-+]\d\d:?\d\d)?/.exec(bare)?.[0] ?? "") ??
    readStampOrTime(/^\S{8,40}/.exec(bare)?.[0].replace(/[\]),:;]{1,3}$/, "") ?? "")
  );
}
