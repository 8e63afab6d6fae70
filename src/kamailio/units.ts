/**
 * Units and their words, once: sizes as `-m` and `-M` count them, times as RFC 3339 has them, and how both read in a sentence. One rounding each, so that
 * no two answers write the same figure differently.
 */

export const KB = 1024;
/** What Kamailio's `-m` and `-M` count in. */
export const MB = 1024 * KB;
export const GB = 1024 * MB;

/** Milliseconds. */
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Epoch ms as RFC 3339 in UTC, with its milliseconds: how a time goes over the wire. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}

/** `2026-11-23T08:15:30Z`: epoch ms to the second, for what is read beside a log. */
export function moment(ms: number): string {
  return `${timestamp(ms).slice(0, 19)}Z`;
}

/** `2026-11-23 08:15 UTC`: epoch ms to the minute, for a sentence. */
export function clock(ms: number): string {
  return `${date(ms)} ${time(ms)} UTC`;
}

/** From this far away on, a date says as much as a time of day. */
const NEAR = 3 * DAY;

/**
 * When something is to come, seen from `from`: `between 2026-12-03 and 2026-12-05`; with the time of day where days say too little, `between 2026-11-23
 * 01:26 and 01:33 UTC`; and `from 2026-12-03 on, or never` when it has no end. All in epoch ms.
 */
export function between(earliest: number, latest: number | null, from: number): string {
  const near = Math.abs(earliest - from) < NEAR;
  if (latest === null) return `from ${near ? clock(earliest) : date(earliest)} on, or never`;
  if (!near) return date(earliest) === date(latest) ? `on ${date(earliest)}` : `between ${date(earliest)} and ${date(latest)}`;
  if (clock(earliest) === clock(latest)) return `at ${clock(earliest)}`;
  return `between ${date(earliest)} ${time(earliest)} and ${date(earliest) === date(latest) ? "" : `${date(latest)} `}${time(latest)} UTC`;
}

/** `5.2 days`, `3 hours`, `1 minute`, `20 seconds`: a stretch of ms in the largest unit that it fills; one digit below ten. */
export function duration(ms: number): string {
  for (const [unit, name] of [
    [DAY, "day"],
    [HOUR, "hour"],
    [MINUTE, "minute"],
  ] as const)
    if (Math.abs(ms) >= unit) return counted(Number((ms / unit).toFixed(Math.abs(ms / unit) < 10 ? 1 : 0)), name);
  return counted(Math.round(ms / SECOND), "second");
}

/**
 * `64 MB`, `6.3 MB`, `0.61 MB`, `812 bytes`: bytes for a person, in the unit of `-m`. Whole from 100 MB on, one digit from 1 MB on, three below, where a
 * leak begins; no zeros at the end; and in bytes what those digits cannot show.
 */
export function mb(bytes: number): string {
  const size = Math.abs(bytes) / MB;
  if (bytes !== 0 && size < 0.001) return counted(Math.round(bytes), "byte");
  return `${Number((bytes / MB).toFixed(size >= 100 ? 0 : size >= 1 ? 1 : 3))} MB`;
}

/** `82 %`, `2.3 %`, `99.7 %`: a share of one; with a digit where it tells: near nothing, and near all. */
export function percent(share: number): string {
  const size = Math.abs(share);
  return `${Number((share * 100).toFixed(size < 0.1 || (size > 0.9 && size < 1) ? 1 : 0))} %`;
}

/** `1 chunk`, `3 chunks`: a number with its noun, whose plural takes an s. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function date(ms: number): string {
  return timestamp(ms).slice(0, 10);
}

function time(ms: number): string {
  return timestamp(ms).slice(11, 16);
}
