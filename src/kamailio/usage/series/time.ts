/** The one place where a time of a history is read: a cell, a stamp behind a value, the time in front of a line. */
import { readTimeText, type WrittenTime } from "../../log-line/time-text.js";

const EPOCH = /^(\d{9,10})(?:\.(\d{1,9}))?$|^(\d{13})$|^(\d{16})$|^(\d{19})$/;
const SCIENTIFIC = /^\d(?:\.\d{1,15})?[eE]\+?(?:9|09|12)$/;

/** Epoch seconds, ms, µs or ns by their digits, or a written time; `null` when it is no time. */
export function readStampOrTime(text: string): WrittenTime | null {
  const word = text.trim();
  const match = EPOCH.exec(word);
  if (match !== null) return { local: epochMs(match), offset: 0 };
  if (SCIENTIFIC.test(word)) return readStampOrTime(String(Math.round(Number(word))));
  return readTimeText(word) ?? readTimeText(yearFirst(word));
}

const DAY_FIRST = /^(\d{1,2})([./-])(\d{1,2})\2(\d{4})[ T,]{1,2}(\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)$/;

/** `23.05.2024 21:33:20`; with slashes only where no month can be meant by the first number or the second: 05/06 is May in one country, June in another. */
function yearFirst(text: string): string {
  const [, first, mark, second, year, clock] = DAY_FIRST.exec(text) ?? [];
  if (first === undefined || second === undefined) return "";
  const dayFirst = mark === "." || Number(first) > 12 || first === second;
  if (!dayFirst && Number(second) <= 12) return "";
  return `${year}-${dayFirst ? second : first}-${dayFirst ? first : second} ${clock}`;
}

function epochMs([, seconds, fraction, ms, micros, nanos]: RegExpExecArray): number {
  if (seconds !== undefined) return Number(seconds) * 1000 + Number((fraction ?? "").padEnd(3, "0").slice(0, 3));
  if (ms !== undefined) return Number(ms);
  // The last digits are below a millisecond.
  return micros !== undefined ? Number(micros.slice(0, 13)) : Number((nanos ?? "").slice(0, 13));
}
