/** Usage samples for tests: a shared pool, a few processes and a load counter. */
import type { UsageSample } from "../../../src/kamailio/sample.js";

export const MB = 1_048_576;
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export interface Told {
  total_mb?: number;
  pids?: readonly number[];
  uptime?: number | null;
  /** The peak since start; what is in use without it. */
  max_used?: number;
}

/** A sample at a time (epoch ms) with so many bytes of the shared pool in use. */
export function sampleAt(
  at: number,
  real_used: number,
  { total_mb = 64, pids = [100, 101], uptime = null, max_used = real_used }: Told = {},
): UsageSample {
  const total = total_mb * MB;
  return {
    at: new Date(at).toISOString(),
    uptime,
    shm: { total, free: total - real_used, used: real_used - 1000, real_used, max_used, fragments: 5 },
    pkg: pids.map((pid, index) => ({
      pid,
      rank: index,
      used: 400_000 + index,
      free: 8 * MB - 600_000,
      real_used: 600_000,
      total_size: 8 * MB,
      total_frags: 3,
      desc: index === 0 ? "main process - attendant" : `udp receiver child=${index - 1} sock=127.0.0.1:5060`,
    })),
    load: { registered_users: Math.floor(real_used / 1000) },
  };
}

/** A line of NDJSON as it is posted: without what is null or empty. */
export function lineOf({ at, uptime, shm, pkg, load }: UsageSample): string {
  return `${JSON.stringify({
    at,
    ...(uptime === null ? {} : { uptime }),
    ...(shm === null ? {} : { shm }),
    ...(pkg.length === 0 ? {} : { pkg }),
    ...(Object.keys(load).length === 0 ? {} : { load }),
  })}\n`;
}

export function linesOf(samples: readonly UsageSample[]): string {
  return samples.map(lineOf).join("");
}
