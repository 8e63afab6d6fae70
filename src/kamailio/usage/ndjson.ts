/**
 * Reads samples in the service's own form, one JSON object each:
 * `{at, uptime?, shm?: {total, free, ...}, pkg?: [{pid, rank, used, ...}], load?: {name: number}}`. This is the bulk path: one JSON.parse a line.
 */
import type { PkgCounters, ShmCounters } from "../sample.js";
import { exactCounter } from "./counter.js";
import { MAX_DESC } from "./structs.js";

/** What an object says, still without its time settled. */
export interface SampleParts {
  /** As it stands there: RFC 3339, a local time, or epoch seconds or milliseconds. */
  at: string | number | null;
  uptime: number | null;
  shm: ShmCounters | null;
  pkg: PkgCounters[];
  load: Record<string, number>;
  /** What was left out, in words. */
  problems: string[];
}

type Json = Record<string, unknown>;

/** Is it a sample rather than an answer of Kamailio? */
export function isSample(value: unknown): value is Json {
  if (!isObject(value) || "jsonrpc" in value) return false;
  return isObject(value.shm) || Array.isArray(value.pkg) || isObject(value.load) || ("at" in value && !("result" in value));
}

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function readSample(value: Json): SampleParts {
  const problems: string[] = [];
  const at = typeof value.at === "string" || typeof value.at === "number" ? value.at : null;
  if (at === null && value.at !== undefined && value.at !== null) problems.push("at is no time");
  return {
    at,
    uptime: optionalCount(value.uptime, "uptime", problems),
    shm: isObject(value.shm) ? readShm(value.shm, problems) : null,
    pkg: Array.isArray(value.pkg) ? readPkg(value.pkg, problems) : [],
    load: isObject(value.load) ? readLoad(value.load, problems) : {},
    problems,
  };
}

function optionalCount(value: unknown, name: string, problems: string[]): number | null {
  if (value === undefined || value === null) return null;
  const count = typeof value === "number" ? exactCounter(value) : null;
  if (count !== null && count >= 0) return count;
  problems.push(`${name} is no count`);
  return null;
}

function readShm(value: Json, problems: string[]): ShmCounters | null {
  const before = problems.length;
  const shm: ShmCounters = {
    total: optionalCount(value.total, "shm.total", problems),
    free: optionalCount(value.free, "shm.free", problems),
    used: optionalCount(value.used, "shm.used", problems),
    real_used: optionalCount(value.real_used, "shm.real_used", problems),
    max_used: optionalCount(value.max_used, "shm.max_used", problems),
    fragments: optionalCount(value.fragments, "shm.fragments", problems),
  };
  if (problems.length > before) return null;
  const largest = Math.max(shm.used ?? 0, shm.real_used ?? 0, shm.free ?? 0);
  if (shm.total === null || largest <= shm.total) return largest === 0 && shm.total === null ? null : shm;
  problems.push("shm.total is below used, real_used or free");
  return null;
}

/** As many as the reader of pkg.stats keeps. */
const MAX_ROWS = 8192;

function readPkg(rows: readonly unknown[], problems: string[]): PkgCounters[] {
  const pkg: PkgCounters[] = [];
  for (const row of rows.slice(0, MAX_ROWS)) {
    const before = problems.length;
    const pid = isObject(row) && typeof row.pid === "number" ? row.pid : Number.NaN;
    if (!isObject(row) || !Number.isSafeInteger(pid) || pid < 0) {
      problems.push("a pkg row has no pid");
      continue;
    }
    const counters: PkgCounters = {
      pid,
      rank: typeof row.rank === "number" && Number.isSafeInteger(row.rank) ? row.rank : null,
      used: optionalCount(row.used, "pkg.used", problems),
      free: optionalCount(row.free, "pkg.free", problems),
      real_used: optionalCount(row.real_used, "pkg.real_used", problems),
      total_size: optionalCount(row.total_size, "pkg.total_size", problems),
      total_frags: optionalCount(row.total_frags, "pkg.total_frags", problems),
      desc: typeof row.desc === "string" && row.desc !== "" ? row.desc.slice(0, MAX_DESC) : null,
    };
    if (problems.length > before) continue;
    if (counters.total_size !== null && Math.max(counters.real_used ?? 0, counters.used ?? 0) > counters.total_size) {
      problems.push(`pkg.total_size of process ${pid} is below what it uses`);
    } else pkg.push(counters);
  }
  return pkg;
}

/** Names and counters are the caller's own: bounded, not translated. */
const MAX_KEYS = 128;
const MAX_KEY = 100;

function readLoad(value: Json, problems: string[]): Record<string, number> {
  const load: Record<string, number> = {};
  let kept = 0;
  for (const name in value) {
    const number = value[name];
    if (number === null) continue;
    if (typeof number !== "number" || !Number.isFinite(number)) problems.push("a load counter is no number");
    else if (name.length > MAX_KEY || name === "__proto__") problems.push("the name of a load counter is too long");
    else if (++kept > MAX_KEYS) {
      problems.push(`more than ${MAX_KEYS} load counters: the first ones are kept`);
      break;
    } else load[name] = number;
  }
  return load;
}
