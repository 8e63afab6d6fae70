/** Local times of the text in the caller's time zone, to UTC. */

import { HOUR, MINUTE } from "../units.js";

/** A zone: what to subtract from a local time (as if it were UTC) to get UTC. Around the autumn change two offsets can be meant: later first. */
export interface Zone {
  name: string;
  /** Offsets in ms that are possible for this local time; never empty. */
  offsets(localMs: number): readonly number[];
}

const FIXED = /^(?:UTC|GMT)?([-+])(\d{1,2})(?::?(\d{2}))?$/;

/** Reads `Europe/Berlin`, `+02:00`, `-0530`, `UTC` or `Z`; `null` when it is no time zone. */
export function readZone(name: string): Zone | null {
  const text = name.trim();
  if (text === "Z" || text === "UTC" || text === "GMT") return fixedZone(text, 0);
  const match = FIXED.exec(text);
  if (match) {
    const minutes = Number(match[2]) * 60 + Number(match[3] ?? "0");
    return minutes > 14 * 60 ? null : fixedZone(text, (match[1] === "-" ? -1 : 1) * minutes * MINUTE);
  }
  return namedZone(text);
}

export function fixedZone(name: string, offset: number): Zone {
  const offsets = [offset];
  return { name, offsets: () => offsets };
}

function namedZone(name: string): Zone | null {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch {
    return null;
  }
  /** Formatting is slow; a history asks for the same few hours again and again. */
  const cache = new Map<number, readonly number[]>();
  return {
    name,
    offsets(localMs) {
      const hour = Math.floor(localMs / HOUR);
      const known = cache.get(hour);
      if (known !== undefined) return known;
      const found = new Set<number>();
      // Every offset in force within a day is tried: those that lead back to the local time are possible.
      for (const around of [localMs + 24 * HOUR, localMs - 24 * HOUR]) found.add(offsetAt(format, around));
      const possible = [...found].filter((offset) => offsetAt(format, localMs - offset) === offset);
      const answer = possible.length > 0 ? possible.sort((a, b) => a - b) : [Math.min(...found)];
      if (cache.size < MAX_CACHED_HOURS) cache.set(hour, answer);
      return answer;
    },
  };
}

/** Hours of two years. */
const MAX_CACHED_HOURS = 17_600;

function offsetAt(format: Intl.DateTimeFormat, utcMs: number): number {
  const parts: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(utcMs)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(utcMs / 1000) * 1000;
}
