/** Figures and times as the chart writes them. */

const MB = 1_048_576;
const SECOND = 1_000;
const DAY = 86_400_000;

export function toMb(bytes: number): number {
  return bytes / MB;
}

/** `64 MB`, `6.3 MB`, `0.61 MB`: MB as `-m` counts them. */
export function mb(bytes: number): string {
  const value = toMb(bytes);
  return `${value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)} MB`;
}

/** `23 Nov 2026 08:15 UTC`. */
export function moment(at: number): string {
  const date = new Date(at);
  return `${date.getUTCDate()} ${monthOf(date)} ${date.getUTCFullYear()} ${date.toISOString().slice(11, 16)} UTC`;
}

/** `3 Dec 2026`; with the hour when it is that near. */
export function day(at: number, from: number): string {
  const date = new Date(at);
  const hour = Math.abs(at - from) < 3 * DAY ? ` ${date.toISOString().slice(11, 16)}` : "";
  return `${date.getUTCDate()} ${monthOf(date)} ${date.getUTCFullYear()}${hour}`;
}

function monthOf(date: Date): string {
  return date.toLocaleString("en-GB", { month: "short", timeZone: "UTC" });
}

/** `5 days`, `3 hours`, `40 minutes`: for a stretch of time. */
export function stretch(ms: number): string {
  for (const [unit, name] of [
    [DAY, "day"],
    [DAY / 24, "hour"],
    [60 * SECOND, "minute"],
  ] as const) {
    const count = Math.round(ms / unit);
    if (count >= 2) return `${count} ${name}s`;
  }
  return `${Math.round(ms / SECOND)} seconds`;
}

/** Not allowed in XML 1.0, whatever they are escaped as; and halves of characters. */
const NO_XML = /[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu;

/** A text from outside for a label: in one line, of a bounded length, of characters that a picture may hold. */
export function label(text: string, longest: number): string {
  const clean = text.replaceAll(NO_XML, " ").replaceAll(/ {2,}/g, " ").trim();
  return clean.length <= longest ? clean : `${clean.slice(0, longest - 1)}…`;
}
