/** The periods that buckets are kept in, in UTC: hours in days, days in months. */
import { DAY, HOUR } from "../../kamailio/units.js";

export const hourStart = (at: number) => Math.floor(at / HOUR) * HOUR;
export const dayStart = (at: number) => Math.floor(at / DAY) * DAY;

export function monthStart(at: number): number {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}

/** A resolution's bucket width and the period whose buckets share a row. */
export const RESOLUTIONS = {
  hour: { width: HOUR, periodOf: dayStart },
  day: { width: DAY, periodOf: monthStart },
} as const;
