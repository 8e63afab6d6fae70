/**
 * What every way of writing a time is made of: names of months in many languages, offsets and abbreviations of zones, fractions, and epochs in
 * seconds to nanoseconds.
 */
import { MONTHS } from "../knowledge/month-names.js";
import { MINUTE } from "../units.js";

/** Epoch ms of a clock's reading as if it were UTC; `null` when there is no such day or time. */
export function clock(year: number, month: number, day: number, hour: number, minute: number, second: number): number | null {
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 24 || minute > 59 || second > 60) return null;
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  return Number.isNaN(ms) || new Date(Date.UTC(year, month - 1, day)).getUTCDate() !== day ? null : ms;
}

/** `123456` of a fraction is 123 ms. */
export function milliseconds(fraction: string | undefined): number {
  return fraction === undefined ? 0 : Number(fraction.padEnd(3, "0").slice(0, 3));
}

/**
 * 1..12 for the name of a month in any locale of glibc, abbreviated or whole; `null` for other words. Logs are read as bytes, so a name with
 * an umlaut may come as the latin1 reading of its UTF-8.
 */
export function monthOf(word: string): number | null {
  const name = word.toLowerCase().replace(/\.$/, "");
  const month = MONTHS.get(name);
  if (month !== undefined || !/[\x80-\xff]/.test(word)) return month ?? null;
  const decoded = Buffer.from(word, "latin1").toString("utf8").toLowerCase().replace(/\.$/, "");
  return MONTHS.get(decoded) ?? null;
}

/** Abbreviations with one meaning in practice, in minutes. CST, IST, AST, ... have several and are left to the caller's time zone. */
const ABBREVIATIONS: ReadonlyMap<string, number> = new Map([
  ["Z", 0],
  ["UTC", 0],
  ["GMT", 0],
  ["WET", 0],
  ["WEST", 60],
  ["BST", 60],
  ["CET", 60],
  ["CEST", 120],
  ["MEZ", 60],
  ["MESZ", 120],
  ["EET", 120],
  ["EEST", 180],
  ["MSK", 180],
  ["JST", 540],
  ["KST", 540],
  ["AEST", 600],
  ["AEDT", 660],
  ["NZST", 720],
  ["NZDT", 780],
  ["EST", -300],
  ["EDT", -240],
  ["CDT", -300],
  ["MST", -420],
  ["MDT", -360],
  ["PST", -480],
  ["PDT", -420],
]);

/** The abbreviations, for patterns. */
export const ZONE_NAMES = [...ABBREVIATIONS.keys()].join("|");

const OFFSET = /^([-+])(\d{2})(?::?(\d{2}))?$/;

/** Offset from UTC in ms of `+02:00`, `-0530`, `+02`, `Z` or an abbreviation; `null` when the word says none. */
export function readOffset(word: string): number | null {
  const minutes = ABBREVIATIONS.get(word);
  if (minutes !== undefined) return minutes * MINUTE;
  const match = OFFSET.exec(word);
  if (!match) return null;
  const size = Number(match[2]) * 60 + Number(match[3] ?? "0");
  return size > 14 * 60 ? null : (match[1] === "-" ? -1 : 1) * size * MINUTE;
}

/** The earliest and the latest second that is believed, 2001 to 2100: SER's first release, and beyond any clock. */
const OLDEST_S = 978_307_200;
const NEWEST_S = 4_102_444_800;
/** Units in which machines count since 1970, per ms. */
/** A count of ns is not exact as a double: what 0.128 us of rounding takes from a millisecond is given back. */
const ROUNDING_MS = 0.001;
const UNITS_PER_MS = [0.001, 1, 1_000, 1_000_000];

/** Epoch ms of a count since 1970 in seconds, ms, us or ns: the unit that puts it into this century. `null` when none does. */
export function epochMs(count: number): number | null {
  for (const unit of UNITS_PER_MS) {
    const ms = count / unit;
    if (ms >= OLDEST_S * 1000 && ms < NEWEST_S * 1000) return Math.floor(ms + ROUNDING_MS);
  }
  return null;
}
