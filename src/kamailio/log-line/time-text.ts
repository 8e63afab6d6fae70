/**
 * Reads the times that people put between readings: ISO 8601, epoch seconds and milliseconds, what C's `date` prints in many locales,
 * `date -R`, and the `ctime` lines of `core.uptime`.
 */
import { clock, milliseconds, monthOf, readOffset } from "./clock.js";

/** A time as written: local, with what the text says about its zone. */
export interface WrittenTime {
  /** The wall clock's reading as if it were UTC, in ms. */
  local: number;
  /** Offset from UTC in ms; `null` when the text does not say it, or says an abbreviation with several meanings (CST, IST). */
  offset: number | null;
}

const MAX_TIME_TEXT = 80;
const ISO =
  /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]{1,2}|_)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(Z|[-+]\d{2}(?::?\d{2})?|[A-Z]{3,5})?$/;
const EPOCH = /^@?(\d{10})(?:\.(\d{1,9}))?$|^@?(\d{13})$/;

/** The time that a whole line (or the part before a command) says; `null` when it is none. */
export function readTimeText(text: string): WrittenTime | null {
  const trimmed = text.trim();
  if (trimmed.length < 8 || trimmed.length > MAX_TIME_TEXT) return null;
  return readIso(trimmed) ?? readEpoch(trimmed) ?? readDateOutput(trimmed);
}

function readIso(text: string): WrittenTime | null {
  const match = ISO.exec(text);
  if (!match) return null;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  const local = clock(Number(year), Number(month), Number(day), Number(hour), Number(minute), Number(second ?? "0"));
  if (local === null) return null;
  return { local: local + milliseconds(fraction), offset: zone === undefined ? null : (readOffset(zone) ?? null) };
}

function readEpoch(text: string): WrittenTime | null {
  const match = EPOCH.exec(text);
  if (!match) return null;
  const local = match[3] === undefined ? Number(match[1]) * 1000 + milliseconds(match[2]) : Number(match[3]);
  return { local, offset: 0 };
}

const CLOCK = /^(\d{1,2})[:.](\d{2})[:.](\d{2})(?:[.,](\d{1,9}))?([aApP][mM])?$/;
/** Weekday, a word such as "de", and the zone: more unknown words than these are prose, not a date. */
const MAX_UNKNOWN_WORDS = 3;

/**
 * What `date` prints, in any locale whose digits are Latin: `Mon Nov 23 01:14:56 CET 2026`, `Mo 23. Nov 01:14:56 CET 2026`,
 * `lun. 23 nov. 2026 01:14:56 CET`, `2026年 11月 23日 月曜日 01:14:56 JST`, `Mon, 23 Nov 2026 01:14:56 +0100`.
 * The weekday is not looked at, so its language does not matter; the month's does (knowledge/month-names.ts).
 */
function readDateOutput(text: string): WrittenTime | null {
  const found: { year?: number; month?: number; day?: number; clock?: RegExpExecArray; afternoon?: boolean; offset?: number } =
    {};
  let unknown = 0;
  for (const word of text.split(/[\s,]{1,8}/)) {
    if (word === "") continue;
    const time = CLOCK.exec(word);
    const number = NUMBERED.exec(word);
    const month = monthOf(word);
    if (time && found.clock === undefined) found.clock = time;
    else if (number && number[1]?.length === 4 && found.year === undefined) found.year = Number(number[1]);
    else if (number && (number[2] === "月" || number[2] === "월") && found.month === undefined) found.month = Number(number[1]);
    else if (number && number[1] !== undefined && number[1].length <= 2 && isDayOrMonth(found, number[1], text)) continue;
    // The later one wins: French writes Tuesday as "mar.".
    else if (month !== null) found.month = month;
    else if (/^[AaPp]\.?[Mm]\.?$/.test(word)) found.afternoon = /^[Pp]/.test(word);
    else if (found.offset === undefined && readOffset(word) !== null) found.offset = readOffset(word) ?? 0;
    else if (/\d/.test(word) || ++unknown > MAX_UNKNOWN_WORDS) return null;
  }
  const { year, month, day, clock: time } = found;
  if (year === undefined || month === undefined || day === undefined || time === undefined) return null;
  const marked = time[5] === undefined ? found.afternoon : /^p/i.test(time[5]);
  const local = clock(year, month, day, hourOf(Number(time[1]), marked), Number(time[2]), Number(time[3]));
  return local === null ? null : { local: local + milliseconds(time[4]), offset: found.offset ?? null };
}

const NUMBERED = /^(\d{1,4})([.年月日년월일])?$/;

/** A bare number of one or two digits is the day, except in Korean `2026. 11. 23.`, where the month comes first. */
function isDayOrMonth(found: { year?: number; month?: number; day?: number }, digits: string, text: string): boolean {
  if (found.month === undefined && found.year !== undefined && /^\d{4}\. ?\d{1,2}\. ?\d{1,2}\./.test(text)) {
    found.month = Number(digits);
    return true;
  }
  if (found.day !== undefined) return false;
  found.day = Number(digits);
  return true;
}

function hourOf(hour: number, afternoon: boolean | undefined): number {
  if (afternoon === undefined || hour > 12) return hour;
  return (hour % 12) + (afternoon ? 12 : 0);
}
