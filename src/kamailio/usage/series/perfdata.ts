/**
 * Reads performance data of monitoring plugins (Nagios, Icinga, checkmk, NRPE): `'label'=value[UOM];warn;crit;min;max`, behind a text and a bar,
 * in checkmk's local checks joined by bars, and in the files that Nagios and PNP4Nagios keep, with a time.
 *
 *     OK: shared memory used 78% | shm_total=67108864B;;; shm_real_used=52344112B;53687091;60397977;0;67108864
 *     0 Kamailio_shm shm_total=67108864|shm_real_used=52344112;53687091;60397977 OK
 *     DATATYPE::SERVICEPERFDATA\tTIMET::1716500000\tHOSTNAME::sip1\t...\tSERVICEPERFDATA::shm_total=67108864B;;;
 *
 * The Monitoring Plugins' guidelines define the form; the text before the bar is for people, and read only for what the data lacks.
 */

import type { WrittenTime } from "../../log-line/time-text.js";
import { FORMS } from "./forms.js";
import { readWritten } from "./number.js";
import type { Points } from "./points.js";
import type { Series } from "./series.js";
import { readStampOrTime } from "./time.js";

const FORM = FORMS.perfdata;
const PAIR =
  /(?:^|[\s|,])(?:'([^'=]{1,200})'|([^\s'"=|;]{1,200}))=(-?[\d.,]{1,40}\s?(?:[kKMGT]?i?B|c|s|ms|us|%)?)(?:;[^\s;|]{0,60}){0,4}(?=[\s|]|$)/g;
const TIMET = /\bTIMET::(\d{10})\b|^\[?(\d{10})\]?\t/;
const MAX_LINE = 100_000;

/** True when the line holds perfdata and a counter in it. */
export function readPerfdata(text: string, line: number, points: Points): boolean {
  if (text.length > MAX_LINE || !text.includes("=")) return false;
  const data = dataOf(text);
  if (data === null) return false;
  const stamp = TIMET.exec(text);
  const time: WrittenTime | null = stamp === null ? null : readStampOrTime(stamp[1] ?? stamp[2] ?? "");
  const pairs = pairsOf(data);
  // What a plugin tells people may be more than what it tells machines: counters that its data leaves out.
  const told = text.indexOf("|") > 0 && text.endsWith(data) ? pairsOf(text.slice(0, -data.length)) : [];
  const names = [...pairs, ...told].map(({ name }) => name);
  // `fragments` beside `shm_total` is of the same pool.
  const isPool = isShm(names) || names.some((name) => points.series(name, {})?.counter.target.kind === "shm");
  const seen = new Set<string>();
  for (const { name, value } of [...pairs, ...told]) {
    const series: Series | null = points.series(name, {}) ?? (isPool ? points.field(name, "shm", {}) : null);
    const written = readWritten(value.replace(/(?:c|s|ms|us)$/, ""), { base: 1024 });
    if (series === null || written === null || seen.has(series.key)) continue;
    seen.add(series.key);
    points.add(series, time, written.value, line, FORM);
  }
  return seen.size > 0;
}

function pairsOf(text: string): { name: string; value: string }[] {
  return [...text.matchAll(PAIR)].map((match) => ({ name: match[1] ?? match[2] ?? "", value: match[3] ?? "" }));
}

function isShm(names: readonly string[]): boolean {
  return names.includes("real_used") && (names.includes("total") || names.includes("free"));
}

/** What stands behind the bar; of a checkmk line what follows its item; the line itself when it is nothing but pairs. */
function dataOf(text: string): string | null {
  const local = /^[0-3P] (?:"[^"]{1,200}"|\S{1,200}) (\S{1,20000})(?: |$)/.exec(text)?.[1];
  if (local?.includes("=") === true) return local.replaceAll("|", " ");
  const file = /SERVICEPERFDATA::([^\t]{1,100000})/.exec(text)?.[1];
  if (file !== undefined) return file;
  const bar = text.indexOf("|");
  if (bar >= 0) return text.slice(bar + 1);
  return /^(?:'[^'=]{1,200}'|[\w.-]{1,200})=-?[\d.,]{1,40}[kKMGTiBc%]{0,3};/.test(text) || TIMET.test(text) ? text : null;
}
