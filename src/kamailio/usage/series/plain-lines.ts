/**
 * Reads forms that give one counter a line: statsd, Graphite's plaintext, collectd's PUTVAL, munin.
 *
 *     kamailio.shmem.real_used:52344112|g
 *     sip1.kamailio.shmem.real_used 52344112 1716500000
 *     PUTVAL "sip1/kamailio-shm/gauge-real_used" interval=10 1716500000:52344112
 *     shm_real_used.value 52344112
 */

import { readCounter } from "../counter.js";
import { FORMS } from "./forms.js";
import type { Points } from "./points.js";
import type { Series } from "./series.js";
import { readStampOrTime } from "./time.js";

interface Form {
  form: string;
  /** Groups `name` and `value`, and perhaps `time` and `tags`. */
  line: RegExp;
}

const PATTERNS: readonly Form[] = [
  {
    form: FORMS.statsd,
    line: /^(?<name>[\w.:/-]{1,300}):(?<value>-?[\d.]{1,40})\|(?:g|c|ms|s|h)(?:\|@[\d.]{1,10})?(?:\|#(?<tags>[^\s|]{1,500}))?$/,
  },
  {
    form: FORMS.putval,
    line: /^PUTVAL "?(?<name>[^"\s]{1,300})"? (?:interval=[\d.]{1,12} )?(?<time>\d{10}(?:\.\d{1,9})?|N):(?<value>-?[\d.eE+]{1,40})$/,
  },
  { form: FORMS.munin, line: /^(?<name>[\w.-]{1,200})\.value (?<value>-?[\d.eE+]{1,40})$/ },
  {
    form: FORMS.graphite,
    line: /^(?<name>[\w-]{1,100}(?:[.][\w-]{1,100}){1,20})(?:;(?<tags>[^\s]{1,500}))? (?<value>-?[\d.eE+]{1,40}) (?<time>\d{10}(?:\.\d{1,9})?)$/,
  },
];
const MAX_LINE = 1_000;

/** True when the line is of such a form and its counter is known. */
export function readPlainLine(text: string, line: number, points: Points): boolean {
  if (text.length > MAX_LINE || !/[\d]$|#\S{1,500}$|\|[a-z]{1,2}$|"$/.test(text)) return false;
  for (const { form, line: pattern } of PATTERNS) {
    const { name, value, time, tags } = pattern.exec(text)?.groups ?? {};
    if (name === undefined || value === undefined) continue;
    const labels = labelsOf(tags);
    const series = named(name, labels, points);
    const number = readCounter(value);
    if (series === null || number === null) return false;
    points.add(series, time === undefined || time === "N" ? null : readStampOrTime(time), number, line, form);
    return true;
  }
  return false;
}

/** collectd puts the type before the counter: `kamailio-shm/gauge-real_used`. */
function named(name: string, labels: Record<string, string>, points: Points): Series | null {
  return points.series(name, labels) ?? points.series(name.replace(/\/(?:gauge|bytes|memory|counter|derive)-/, "/"), labels);
}

/** statsd's `a:b,c:d` and Graphite's `a=b;c=d`. */
function labelsOf(tags: string | undefined): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const tag of (tags ?? "").split(/[,;]/)) {
    const [, key, value] = /^([^:=]{1,100})[:=](.{1,200})$/.exec(tag) ?? [];
    if (key !== undefined && value !== undefined) labels[key] = value;
  }
  return labels;
}
