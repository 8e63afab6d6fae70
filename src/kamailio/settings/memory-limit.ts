/**
 * What a text says of a container's or unit's memory limit against the pools that it starts: pages count when they are first used, and the kernel ends
 * what passes the limit, whatever the host has free (OOMKilled).
 */
import { MB, mb } from "../units.js";
import type { ReadValue } from "./settings.js";

/** The settings that are held against each other; those that are not known are left out. */
export type LimitedSettings = Partial<
  Record<
    "shm_size_mb" | "pkg_size_mb" | "processes" | "memory_limit_bytes" | "oom_killed",
    Pick<ReadValue<number>, "value" | "quote">
  >
>;

/** Sentences about what does not fit, the surest first; empty where nothing is known to be wrong. */
export function limitTroubles({
  shm_size_mb,
  pkg_size_mb,
  processes,
  memory_limit_bytes,
  oom_killed,
}: LimitedSettings): string[] {
  const troubles: string[] = [];
  const limit = memory_limit_bytes;
  if (oom_killed !== undefined && oom_killed.value > 0)
    troubles.push(`the kernel ended the server for its memory limit before (${oom_killed.quote})`);
  if (limit === undefined || shm_size_mb === undefined) return troubles;
  const shm = shm_size_mb.value * MB;
  const pkg = (pkg_size_mb?.value ?? 0) * MB * Math.max(1, processes?.value ?? 1);
  const said = `the limit is ${mb(limit.value)} (${limit.quote})`;
  if (limit.value < shm)
    troubles.push(
      `${said}, below -m ${shm_size_mb.value} alone: the kernel ends the server when so much of shm is touched, at its start with shm_force_alloc or mlock_pages`,
    );
  else if (limit.value === shm)
    troubles.push(`${said}, as much as -m ${shm_size_mb.value}: nothing is left for pkg and for what is beside the pools`);
  else if (limit.value < shm + pkg) {
    const count = processes === undefined ? "one process" : `${processes.value} processes`;
    troubles.push(`${said}, below -m ${shm_size_mb.value} and -M ${pkg_size_mb?.value ?? 0} for ${count}`);
  }
  return troubles;
}
