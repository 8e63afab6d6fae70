/**
 * The time stamps in front of log lines: ISO 8601 (rsyslog's default since version 8, journalctl -o short-iso, docker), RFC 3164
 * ("Nov 23 01:17:35", without year and zone) and what is near to them.
 *
 * A stamp without a zone is read as UTC and flagged; one without a year takes it from the option, else it stays unknown.
 */

import { DAY, MINUTE } from "../units.js";
/** What is needed to complete a time stamp without a year: the year itself, or when the text was taken (epoch ms). */
export interface YearHint {
  year: number | null;
  taken_at: number | null;
}

export interface Stamp {
  /** Epoch ms; `null` when no year is known. */
  at: number | null;
  zoneless: boolean;
  /** Characters that the stamp takes, the blank behind it included. */
  length: number;
}

const ISO = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))? ?(Z|UTC|GMT|[+-]\d\d:?\d\d)?(?=[\s:]|$) ?/;
const TRADITIONAL =
  /^(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}(\d{1,2}) (?:(\d{4}) )?(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?: (\d{4})(?= ))?(?=[\s:]|$) ?/;
const WEEKDAY = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? /;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Reads the stamp at the start of the text; `null` when there is none. */
export function readStamp(text: string, hint: YearHint): Stamp | null {
  const weekday = WEEKDAY.exec(text)?.[0].length ?? 0;
  const rest = weekday === 0 ? text : text.slice(weekday);
  const iso = ISO.exec(rest);
  if (iso) {
    const [whole, year, month, day, hour, minute, second, fraction, zone] = iso;
    const local = Date.UTC(
      Number(year),
      Number(month) - 1,
      Number(day),
      Number(hour),
      Number(minute),
      Number(second),
      millis(fraction),
    );
    return { at: local - zoneOffset(zone), zoneless: zone === undefined, length: weekday + whole.length };
  }
  const old = TRADITIONAL.exec(rest);
  if (!old) return null;
  const [whole, month = "", day, before, hour, minute, second, fraction, after] = old;
  const inYear = (year: number) =>
    Date.UTC(year, MONTHS.indexOf(month), Number(day), Number(hour), Number(minute), Number(second), millis(fraction));
  const printed = before ?? after;
  return { at: printed ? inYear(Number(printed)) : guessYear(inYear, hint), zoneless: true, length: weekday + whole.length };
}

/** The latest year that puts the stamp no more than a day after the text was taken. */
function guessYear(inYear: (year: number) => number, { year, taken_at }: YearHint): number | null {
  if (taken_at !== null) {
    const latest = new Date(taken_at).getUTCFullYear() + 1;
    for (let candidate = latest; candidate > latest - 3; candidate--)
      if (inYear(candidate) <= taken_at + DAY) return inYear(candidate);
  }
  return year === null ? null : inYear(year);
}

const millis = (fraction: string | undefined) => (fraction === undefined ? 0 : Math.floor(Number(`0.${fraction}`) * 1000));

function zoneOffset(zone: string | undefined): number {
  if (zone === undefined || zone === "Z" || zone === "UTC" || zone === "GMT") return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return (zone.startsWith("-") ? -minutes : minutes) * MINUTE;
}
