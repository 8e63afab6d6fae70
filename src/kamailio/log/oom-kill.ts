/**
 * What the kernel's line about a killed process says beyond the kill (mm/oom_kill.c):
 *
 *     Out of memory: Killed process 2101 (kamailio) total-vm:5213280kB, anon-rss:2904120kB, file-rss:2104kB, shmem-rss:1183220kB, ...
 *     Memory cgroup out of memory: Killed process 77 (kamailio) ...
 *
 * shmem-rss is the shared pool; anon-rss holds the private pool and all that libraries took from the system.
 */
import { KB, MB } from "../units.js";

/** No private pool is nearly as large: -M is 8 by default and rarely above 64. */
const BEYOND_PKG = 256 * MB;

/** In sentences. */
export function explainOomKill(line: string): string {
  const scope = /[Mm]emory cgroup out of memory/.test(line)
    ? "The memory limit of Kamailio's cgroup (its container or unit) was reached and the kernel killed Kamailio: the limit, not the machine, is what ran out."
    : "The whole machine ran out of memory and the kernel killed Kamailio.";
  const anon = bytesOf(line, /anon-rss:(\d{1,15})kB/);
  const shmem = bytesOf(line, /shmem-rss:(\d{1,15})kB/);
  if (anon === null) return `${scope} This is not one of Kamailio's pools.`;
  const held = `The killed process held ${inMb(anon)} MB of its own (anon-rss)${shmem === null ? "" : ` beside ${inMb(shmem)} MB of the shared pool (shmem-rss)`}`;
  return anon >= BEYOND_PKG
    ? `${scope} ${held}: far beyond a usual -M, so private memory outside the pools grew (libraries, scripting languages, or a very large -M). Smaller pools or a larger machine only delay it.`
    : `${scope} ${held}: its private memory is no more than a private pool takes, so look at -m, at the limit and at what runs beside Kamailio.`;
}

function bytesOf(line: string, pattern: RegExp): number | null {
  const match = pattern.exec(line);
  return match === null ? null : Number(match[1]) * KB;
}

const inMb = (bytes: number) => Math.round(bytes / MB);
