/** Of all texts of an instance, the ones that say something about one setting, strongest first. */
import type { Pool } from "../pool.js";
import { MB } from "../units.js";
import {
  SETTING_SOURCES,
  type SettingName,
  type SettingSource,
  type SettingsReading,
  type SettingValues,
  type UnlabelledPool,
} from "./settings.js";

/** A reading as it was recorded. `recorded_at` is RFC 3339. */
export interface RecordedReading {
  id: string;
  recorded_at: string;
  reading: SettingsReading;
}

/** What one text says about a setting; `value` is `null` for an option that the server refuses. */
export interface Candidate {
  value: SettingValues[SettingName] | null;
  source: SettingSource;
  quote: string;
  id: string;
  recorded_at: string;
  variable?: string;
  note?: string;
}

/** What will start the server next time: it does not count against the command line of the process that runs. */
const NEXT_START: readonly SettingSource[] = ["service_unit", "default_file", "container"];

/** Settings that only an option of the command line carries into the process: one that is not there was not given. */
const BY_OPTION = new Set<SettingName>([
  "shm_size_mb",
  "pkg_size_mb",
  "shm_manager",
  "pkg_manager",
  "debug",
  "children",
  "tcp_children",
  "log_stderror",
  "fork",
  "disable_tcp",
  "config_file",
  "run_dir",
  "log_engine",
]);

/** The newest word of each source about a setting, strongest source first. */
export function candidatesFor(name: SettingName, readings: readonly RecordedReading[]): Candidate[] {
  const newest = new Map<SettingSource, Candidate>();
  const sorted = readings.toSorted((a, b) => Date.parse(a.recorded_at) - Date.parse(b.recorded_at));
  const complete = sorted.findLastIndex((one) => one.reading.command_line === "complete");
  for (const [index, recorded] of sorted.entries()) {
    const candidate = candidateOf(name, recorded);
    if (candidate === null) continue;
    // The newest whole command line tells everything that was given: older ones are of an earlier start.
    if (BY_OPTION.has(name) && candidate.source === "command_line" && index < complete) continue;
    // What an older unit or default file would have given, this process did not get.
    if (BY_OPTION.has(name) && NEXT_START.includes(candidate.source) && index <= complete && !saysOption(name, sorted[complete]))
      continue;
    newest.set(candidate.source, candidate);
  }
  overruleByFile(newest);
  return SETTING_SOURCES.flatMap((source) => newest.get(source) ?? []);
}

function saysOption(name: SettingName, recorded: RecordedReading | undefined): boolean {
  return recorded !== undefined && candidateOf(name, recorded)?.source === "command_line";
}

/** A unit's `-m $SHM_MEMORY` takes what the environment file sets, whichever of the two texts is newer (systemd.exec(5)). */
function overruleByFile(newest: Map<SettingSource, Candidate>): void {
  const unit = newest.get("service_unit");
  const file = newest.get("default_file");
  if (unit?.variable !== undefined && unit.variable === file?.variable) newest.delete("service_unit");
}

function candidateOf(name: SettingName, recorded: RecordedReading): Candidate | null {
  const { id, recorded_at, reading } = recorded;
  const refused = reading.refused.find((one) => one.name === name);
  if (refused !== undefined)
    return { value: null, source: refused.source, quote: refused.quote, id, recorded_at, note: refused.reason };
  const found = reading.values[name];
  if (found !== undefined) {
    const candidate = { value: found.value, source: found.source, quote: found.quote, id, recorded_at };
    return found.variable === undefined ? candidate : { ...candidate, variable: found.variable };
  }
  if (name !== "pkg_manager") return null;
  // `-x` alone sets both managers (src/main.c:2142-2151@5.6.3).
  const shm = reading.values.shm_manager;
  if (shm === undefined || shm.source === "running_process" || shm.source === "json" || shm.source === "config_file") return null;
  return {
    value: shm.value,
    source: shm.source,
    quote: shm.quote,
    id,
    recorded_at,
    note: "without -X the manager of -x is used",
  };
}

/**
 * A pool of this size is the private one, when nothing else tells: shared pools this small and private ones this large are rare (the
 * defaults are 4 to 8 and 32 to 64 MB, packages and guides use 4 to 16 and 64 and more).
 */
const LARGEST_LIKELY_PKG_MB = 16;
const SMALLEST_LIKELY_SHM_MB = 64;

/**
 * Readings in which each unnamed pool block (`pkg.info` or `shm.info`) got its name: by the size that the other texts give one pool and
 * not the other, else by what is usual. The same array when there is none to name.
 */
export function withPools(
  readings: readonly RecordedReading[],
  shm_mb: number | null,
  pkg_mb: number | null,
): readonly RecordedReading[] {
  if (!readings.some((one) => one.reading.unlabelled_pools.length > 0)) return readings;
  return readings.map((recorded) => {
    const values = { ...recorded.reading.values };
    for (const block of recorded.reading.unlabelled_pools) {
      const pool = poolOf(block, shm_mb, pkg_mb);
      if (pool === null) continue;
      const quote = `${block.quote} (read as ${pool}.info by its size)`;
      values[`${pool}_size_mb`] = { value: block.size_bytes / MB, source: "running_process", quote };
      if (block.manager !== null) values[`${pool}_manager`] = { value: block.manager, source: "running_process", quote };
    }
    return { ...recorded, reading: { ...recorded.reading, values } };
  });
}

function poolOf(block: UnlabelledPool, shm_mb: number | null, pkg_mb: number | null): Pool | null {
  const size = block.size_bytes / MB;
  if (size === shm_mb && size === pkg_mb) return null;
  if (size === pkg_mb) return "pkg";
  if (size === shm_mb) return "shm";
  if (size <= LARGEST_LIKELY_PKG_MB) return "pkg";
  return size >= SMALLEST_LIKELY_SHM_MB ? "shm" : null;
}
