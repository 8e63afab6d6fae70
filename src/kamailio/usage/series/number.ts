/**
 * Numbers as tools and people write them: `67,108,864`, `67.108.864`, `67 108 864`, `49.9 MiB`, `52344112B`, `5.2e7`.
 */
import { readCounter } from "../counter.js";

/** How a table writes its numbers. */
export interface NumberStyle {
  /** Of `kB`, `MB`, `GB` without an `i`: 1000 where a chart wrote them, 1024 in every other tool of this field. */
  base: 1000 | 1024;
}

export interface WrittenNumber {
  value: number;
  /** Was it written with a larger unit, and so rounded? */
  rounded: boolean;
}

const WRITTEN =
  /^([-+]?[\d.,'\u00a0\u202f ]{1,40}(?:[eE][-+]?\d{1,3})?)\s{0,4}(?:([kKMGT])(i?)(?:B|bytes?|Byte)?|B|bytes?|Bytes?)?$/;
const POWERS = "KMGT";
/** What tools write where they have no value. */
const MISSING: ReadonlySet<string> = new Set(["", "-", "null", "undefined", "nan", "none", "u", "n/a", "\\n", "unknown"]);

/** `null`: no number. */
export function readWritten(text: string, style: NumberStyle): WrittenNumber | null {
  const word = text.trim();
  const plain = readCounter(word);
  if (plain !== null) return { value: plain, rounded: false };
  const match = WRITTEN.exec(word);
  const [, digits, power, binary] = match ?? [];
  if (digits === undefined) return null;
  const factor = power === undefined ? 1 : (binary === "i" ? 1024 : style.base) ** (POWERS.indexOf(power.toUpperCase()) + 1);
  const number = readNumber(digits.trim(), factor > 1);
  if (number === null) return null;
  const value = Math.round(number * factor);
  return Number.isSafeInteger(value) ? { value, rounded: factor > 1 } : null;
}

/** Is it a place without a value rather than a value that cannot be read? */
export function isMissing(text: string): boolean {
  return MISSING.has(text.trim().toLowerCase());
}

function readNumber(digits: string, fraction: boolean): number | null {
  const whole = fraction ? null : readCounter(digits);
  if (whole !== null) return whole;
  const bare = digits.replace(/['\u00a0\u202f ]/g, "");
  const comma = bare.lastIndexOf(",");
  const dot = bare.lastIndexOf(".");
  // The later of the two is the decimal mark.
  const text = comma > dot ? bare.replaceAll(".", "").replace(",", ".") : bare.replaceAll(",", "");
  const number = Number(text);
  return /^[-+]?\d{0,25}(?:\.\d{0,20})?(?:[eE][-+]?\d{1,3})?$/.test(text) && /\d/.test(text) && Number.isFinite(number)
    ? number
    : null;
}
