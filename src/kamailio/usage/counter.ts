/**
 * Reads one printed counter without ever turning it into another number: JavaScript's numbers are exact to 2^53 only, and a counter that
 * went below zero is printed as 2^64 minus it.
 */

/** 2^63 and above: a negative number printed as unsigned (tlsf's free 18446744073705361512 is -4190104). */
const NEGATIVE_FROM = 2 ** 63;
const TWO_64 = 1n << 64n;
const DIGITS_THAT_ARE_SURE = 15;
/** 20 digits hold 2^64, then a fraction or an exponent of an exporter. */
const MAX_DIGITS = 40;

/**
 * The number that a word says; `null` when it is no number, or is beyond what can be exact. Understands a sign, a fraction and an exponent
 * (`6.7108864e+07`, as exporters print) and rounds to whole counts. Numbers from 2^63 up come back negative, as they were meant.
 */
export function readCounter(word: string): number | null {
  const text = word.trim();
  if (text.length === 0 || text.length > MAX_DIGITS) return null;
  if (text.length <= DIGITS_THAT_ARE_SURE && INTEGER.test(text)) return Number(text);
  if (INTEGER.test(text)) return fromBigInt(BigInt(text));
  if (NUMBER.test(text)) return exactCounter(Number(text));
  return GROUPED.test(text) ? readCounter(text.replace(GROUP_MARKS, "")) : null;
}

/** `67,108,864`, `67 108 864`, `67'108'864`; with dots from two groups on, since one may be a fraction. */
const GROUPED = /^-?\d{1,3}(?:(?:,\d{3}){1,6}|(?:['’]\d{3}){1,6}|(?:[ \u00a0\u202f]\d{3}){1,6}|(?:\.\d{3}){2,6})$/;
const GROUP_MARKS = /[,.'’ \u00a0\u202f]/g;

const INTEGER = /^-?\d{1,25}$/;
const NUMBER = /^[-+]?(?:\d{1,25}(?:\.\d{0,20})?|\.\d{1,20})(?:[eE][-+]?\d{1,3})?$/;

function fromBigInt(value: bigint): number | null {
  const meant = value >= BigInt(NEGATIVE_FROM) ? value - TWO_64 : value;
  return exactCounter(Number(meant));
}

/**
 * A number out of JSON as a counter: rounded to a whole count; `null` when it is not finite or beyond 2^53. From 2^63 up JSON.parse has
 * already lost the last digits, so all that is left to say is that it was negative: the difference to 2^64, right to a few thousand.
 */
export function exactCounter(value: number): number | null {
  if (!Number.isFinite(value)) return null;
  const meant = value >= NEGATIVE_FROM ? value - 2 ** 64 : value;
  const whole = Math.round(meant);
  return Number.isSafeInteger(whole) ? whole + 0 : null;
}

/** A field of a JSON answer: a number, or a number in a string (`stats.fetch` quotes them). */
export function counterOf(value: unknown): number | null {
  if (typeof value === "number") return exactCounter(value);
  return typeof value === "string" ? readCounter(value) : null;
}
