/** Units and their words: sizes as `-m` and `-M` count them, times as RFC 3339 has them. */

export const KB = 1024;
/** What Kamailio's `-m` and `-M` count in. */
export const MB = 1024 * KB;
export const GB = 1024 * MB;

/** Milliseconds. */
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Epoch ms as RFC 3339 in UTC. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}
