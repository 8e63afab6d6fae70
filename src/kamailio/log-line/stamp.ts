/**
 * The time stamps in front of log lines: ISO 8601 (rsyslog's default since version 8, journalctl -o short-iso, docker), RFC 3164
 * ("Nov 23 01:17:35", without year and zone, the month in any language), epoch seconds (journalctl -o short-unix), and what is near to them.
 *
 * A stamp without a zone is read as UTC and flagged; one without a year takes it from the option, else it stays unknown.
 */
import { DAY } from "../units.js";
import { clock, epochMs, milliseconds, monthOf, readOffset, ZONE_NAMES } from "./clock.js";

/** What is needed to complete a time stamp without a year: the year itself, or when the text was taken (epoch ms). */
export interface YearHint {
  year: number | null;
  taken_at: number | null;
}

export interface Stamp {
  /** Epoch ms; `null` when no year is known, or there is no such time. */
  at: number | null;
  zoneless: boolean;
  /** Where the time itself begins and ends in the text. */
  from: number;
  to: number;
  /** Characters that the stamp takes, the blank behind it included. */
  length: number;
}

const ISO = new RegExp(
  `^(\\d{4})[-/](\\d\\d)[-/](\\d\\d)[T ](\\d\\d):(\\d\\d):(\\d\\d)(?:[.,](\\d{1,9}))?(?: ?(${ZONE_NAMES}|[+-]\\d\\d:?\\d\\d))?(?=[\\s:\\]]|$)`,
);
const TRADITIONAL =
  /^([^\s\d:[\]{}"<]{3,14}) {1,2}(\d{1,2}) (?:(\d{4}) )?(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?: (\d{4})(?= ))?(?=[\s:]|$)/;
const DAY_FIRST = /^(\d{1,2})\.? ([^\s\d:[\]{}"<]{3,14}) (?:(\d{4}) )?(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?=[\s:]|$)/;
const EPOCH = /^(\d{10})(?:\.(\d{1,9}))?(?= )/;
const WEEKDAY = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? /;

/** Reads the stamp at the start of the text; `null` when there is none. */
export function readStamp(text: string, hint: YearHint): Stamp | null {
  const first = text.charCodeAt(0);
  // Every stamp begins with a digit or a letter.
  if (!(first >= 48 && first <= 57) && !((first | 32) >= 97 && (first | 32) <= 122) && !(first >= 128)) return null;
  const from = WEEKDAY.exec(text)?.[0].length ?? 0;
  const rest = from === 0 ? text : text.slice(from);
  const found = readIso(rest) ?? readTraditional(rest, hint) ?? readDayFirst(rest, hint) ?? readEpoch(rest);
  if (found === null) return null;
  const to = from + found.length;
  return { at: found.at, zoneless: found.zoneless, from, to, length: text[to] === " " ? to + 1 : to };
}

type Found = Pick<Stamp, "at" | "zoneless" | "length">;

function readIso(text: string): Found | null {
  const iso = ISO.exec(text);
  if (!iso) return null;
  const [whole, year, month, day, hour, minute, second, fraction, zone] = iso;
  const local = clock(Number(year), Number(month), Number(day), Number(hour), Number(minute), Number(second));
  if (local === null) return null;
  const offset = zone === undefined ? 0 : (readOffset(zone) ?? 0);
  return { at: local + milliseconds(fraction) - offset, zoneless: zone === undefined, length: whole.length };
}

function readTraditional(text: string, hint: YearHint): Found | null {
  const match = TRADITIONAL.exec(text);
  if (!match) return null;
  const [whole, month = "", day, before, hour, minute, second, fraction, after] = match;
  return yearless(whole, month, day, before ?? after, [hour, minute, second], fraction, hint);
}

function readDayFirst(text: string, hint: YearHint): Found | null {
  const match = DAY_FIRST.exec(text);
  if (!match) return null;
  const [whole, day, month = "", year, hour, minute, second, fraction] = match;
  return yearless(whole, month, day, year, [hour, minute, second], fraction, hint);
}

function yearless(
  whole: string,
  word: string,
  day: string | undefined,
  printed: string | undefined,
  [hour, minute, second]: (string | undefined)[],
  fraction: string | undefined,
  hint: YearHint,
): Found | null {
  const month = monthOf(word);
  if (month === null) return null;
  const inYear = (year: number) => {
    const at = clock(year, month, Number(day), Number(hour), Number(minute), Number(second));
    return at === null ? null : at + milliseconds(fraction);
  };
  const at = printed === undefined ? guessYear(inYear, hint) : inYear(Number(printed));
  return { at, zoneless: true, length: whole.length };
}

function readEpoch(text: string): Found | null {
  const match = EPOCH.exec(text);
  const at = match === null ? null : epochMs(Number(match[1]));
  if (match === null || at === null) return null;
  return { at: at + milliseconds(match[2]), zoneless: false, length: match[0].length };
}

/** The latest year that puts the stamp no more than a day after the text was taken. */
function guessYear(inYear: (year: number) => number | null, { year, taken_at }: YearHint): number | null {
  if (taken_at !== null) {
    const latest = new Date(taken_at).getUTCFullYear() + 1;
    // Five years hold a 29th of February.
    for (let candidate = latest; candidate > latest - 5; candidate--) {
      const at = inYear(candidate);
      if (at !== null && at <= taken_at + DAY) return at;
    }
  }
  return year === null ? null : inYear(year);
}
