/** The values that pass between the parts of the usage reader. */
import type { Manager, Pool } from "../pool.js";
import type { PkgCounters, ShmCounters, UsageSample } from "../sample.js";

/** A sample whose time is settled. */
export interface TimedSample extends UsageSample {
  /** RFC 3339, UTC. */
  at: string;
}

/** A part of the text that is not kept, and what to do instead. */
export interface Rejected {
  /** From 1. */
  line: number;
  reason: string;
  /** The command that gives the right value, or the endpoint that reads this text; `null` when there is none. */
  hint: string | null;
}

/** Where a reading of the shared pool comes from; it decides how wide the numbers are and what to trust first. */
export type ShmSource = "core.shmmem" | "shm.stats" | "statistics" | "metrics" | "sample";

/** One reading of the shared pool, not yet judged. */
export interface ShmReading {
  source: ShmSource;
  line: number;
  /** Bytes of one unit: 1, or what `core.shmmem k|m|g` divided by. */
  scale: number;
  counters: ShmCounters;
}

/** One row of `pkg.stats`, not yet judged. */
export interface PkgReading extends PkgCounters {
  line: number;
}

/** What a command's output says. */
export type Block =
  | { kind: "shm"; label: string; reading: ShmReading }
  | { kind: "pkg"; label: string; rows: PkgReading[] }
  | { kind: "load"; label: string; line: number; load: ReadonlyMap<string, number> }
  | { kind: "uptime"; label: string; line: number; seconds: number | null; now: string | null }
  | { kind: "pool"; label: string; line: number; pool: Pool | null; manager: Manager | null; size: number | null }
  | { kind: "process"; label: string; pid: number; rank: number | null; desc: string | null }
  | { kind: "version"; label: string; text: string };

/** What the readers of single forms report to: they never decide what becomes of it. */
export interface Sink {
  add(block: Block): void;
  reject(line: number, reason: string, hint: string | null): void;
  warn(text: string): void;
}

export const NO_SHM: Readonly<ShmCounters> = {
  total: null,
  free: null,
  used: null,
  real_used: null,
  max_used: null,
  fragments: null,
};
