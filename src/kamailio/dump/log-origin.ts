/**
 * Where a log line comes from: what stands before Kamailio's message.
 *
 *      6(3931) ALERT: qm_status: ...                                        stderr: process index and pid
 *     Nov 23 01:17:46 vm /usr/sbin/kamailio[29284]: ALERT: ...              syslog, journald short
 *     2026-11-23T01:17:46.130840+00:00 vm kamailio[29284]: ALERT: ...       rsyslog ISO, journald short-iso
 *     <129>1 2026-11-23T01:17:37.587352+00:00 vm - 29129 - -  ALERT: ...    RFC 5424
 *     kamailio-1  |  6(3931) ALERT: ...                                     docker compose
 *     [pod/sip-0/kamailio]  6(3931) ALERT: ...                              kubectl --prefix
 *
 * Every part can be missing, and two of them can stand one after another. Kamailio's own pid wins over the logger's: inside a container
 * they differ, and Kamailio's is the one that its RPCs and headers name.
 */

import { timestamp } from "../units.js";
export interface LogOrigin {
  /** What keeps lines of different processes apart, also of different hosts and containers. */
  key: string;
  pid: number | null;
  processIndex: number | null;
  /** Where the time stamp stands in the text before the message; equal when there is none. */
  timeFrom: number;
  timeTo: number;
  /** RFC 3339, when the stamp is unambiguous. */
  time: string | null;
}

export interface OriginOptions {
  /** The year of time stamps without one (`Nov 23 01:17:46`), which then count as UTC. Without it they are left out. */
  year?: number | undefined;
}

/** Longest text before a message that is looked at. */
const MAX_PREFIX = 400;

const OWN = /(?:^|[^\w.])(\d{1,5})\((\d{1,10})\) /;
const TAG = /(?:^|[ \t])([\w./@+-]{1,64})\[(\d{1,10})\]: ?/;
const RFC_5424 = /^<\d{1,3}>1 (\S{1,40}) (\S{1,255}) (\S{1,48}) (\d{1,10}) /;
const ISO = /(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)([.,]\d{1,9})?(Z|[+-]\d\d:?\d\d)?/;
const TRADITIONAL = /(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) ([ \d]\d) (\d\d:\d\d:\d\d)(?: |$)/;
const COMPOSE = /^([\w.-]{1,80}) {1,40}\| /;
const POD = /^\[(pod\/[\w./-]{1,160})\] /;
const HOST_AFTER_TIME = /^ {1,2}([\w.:-]{1,120}) /;
const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";

/** Reads what stands before the message. Never fails: what it does not know stays null. */
export function readLogOrigin(before: string, options: OriginOptions = {}): LogOrigin {
  const text = before.length > MAX_PREFIX ? before.slice(-MAX_PREFIX) : before;
  const offset = before.length - text.length;
  const container = COMPOSE.exec(text)?.[1] ?? POD.exec(text)?.[1] ?? "";
  const iso = ISO.exec(text);
  const traditional = iso ? null : TRADITIONAL.exec(text);
  const stamp = iso ?? traditional;
  const stampLength = iso ? iso[0].length : traditional ? traditional[0].trimEnd().length : 0;
  const timeFrom = stamp ? offset + stamp.index : 0;
  const host = stamp ? (HOST_AFTER_TIME.exec(text.slice(stamp.index + stampLength))?.[1] ?? "") : "";
  const own = OWN.exec(text);
  const loggerPid = RFC_5424.exec(text)?.[4] ?? TAG.exec(text)?.[2];
  const pid = own?.[2] ?? loggerPid;
  const place = `${container}/${/^\d/.test(host) && host.includes("(") ? "" : host}`;
  return {
    key: pid === undefined ? `${place}/` : `${place}/${pid}`,
    pid: pid === undefined ? null : Number(pid),
    processIndex: own ? Number(own[1]) : null,
    timeFrom,
    timeTo: timeFrom + stampLength,
    time: iso ? isoTime(iso) : traditional ? yearlessTime(traditional, options.year) : null,
  };
}

function isoTime(match: RegExpExecArray): string | null {
  const [, date, time, fraction, zone] = match;
  if (zone === undefined) return null;
  const offset = zone === "Z" || zone.includes(":") ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`;
  return rfc3339(`${date}T${time}${fraction?.replace(",", ".").slice(0, 4) ?? ""}${offset}`);
}

function yearlessTime(match: RegExpExecArray, year: number | undefined): string | null {
  if (year === undefined) return null;
  const month = MONTHS.indexOf(match[1] ?? "") / 3 + 1;
  return rfc3339(`${year}-${String(month).padStart(2, "0")}-${(match[2] ?? "").trim().padStart(2, "0")}T${match[3]}Z`);
}

/** UTC, or null when the text is no time. */
export function rfc3339(text: string): string | null {
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : timestamp(at);
}

/** `__REALTIME_TIMESTAMP` of the journal: microseconds since 1970. */
export function journalTime(micros: string | undefined): string | null {
  if (micros === undefined || !/^\d{10,17}$/.test(micros)) return null;
  return new Date(Math.floor(Number(micros) / 1000)).toISOString();
}
