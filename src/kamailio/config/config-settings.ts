/** Which of a configuration's values are settings (`settings.ts`): the assignment of each parameter that is in force, with the line that shows it. */
import { factAt, SHM_MEM_SIZE_WORKS } from "../knowledge/releases.js";
import type { SettingsReading, SettingValues } from "../settings/settings.js";
import type { Version } from "../version.js";
import type { ConfigReading, CoreAssignment } from "./reading.js";

type Values = SettingsReading["values"];
type NumberSetting = { [Name in keyof SettingValues]: SettingValues[Name] extends number ? Name : never }[keyof SettingValues];
type TextSetting = "run_dir" | "user" | "group" | "log_engine";

const NUMBERS: Record<string, NumberSetting> = {
  shm: "shm_size_mb",
  debug: "debug",
  memlog: "memlog",
  memdbg: "memdbg",
  mem_summary: "mem_summary",
  mem_join: "mem_join",
  mem_safety: "mem_safety",
  mem_status_mode: "mem_status_mode",
  mem_add_size: "mem_add_size",
  shm_force_alloc: "shm_force_alloc",
  mlock_pages: "mlock_pages",
  log_stderror: "log_stderror",
  fork: "fork",
  children: "children",
  socket_workers: "socket_workers",
  tcp_children: "tcp_children",
  async_workers: "async_workers",
  disable_tcp: "disable_tcp",
};

const TEXTS: Record<string, TextSetting> = { rundir: "run_dir", user: "user", group: "group", log_engine_type: "log_engine" };

/**
 * The settings that a configuration shows. The last line of a parameter wins, but the first `shm_mem_size` (cfg.y:1704@5.6.3: it only fills an
 * empty value). It is left out in releases that parse it and ignore it (4.4).
 */
export function configSettings(reading: Pick<ConfigReading, "core" | "modules">, version: Version | null): Values {
  const values: Values = {};
  const ignoresShm = factAt(SHM_MEM_SIZE_WORKS, version) === false;
  for (const assignment of reading.core) {
    const number = Object.hasOwn(NUMBERS, assignment.name) ? NUMBERS[assignment.name] : undefined;
    const text = Object.hasOwn(TEXTS, assignment.name) ? TEXTS[assignment.name] : undefined;
    const quote = quoteOf(assignment);
    if (
      number !== undefined &&
      typeof assignment.value === "number" &&
      !(assignment.name === "shm" && (ignoresShm || values.shm_size_mb !== undefined))
    )
      values[number] = { value: assignment.value, source: "config_file", quote };
    if (text !== undefined && assignment.value !== null)
      values[text] = { value: String(assignment.value), source: "config_file", quote };
  }
  const [first] = reading.modules;
  if (first !== undefined) {
    const names = [...new Set(reading.modules.map((module) => module.name))];
    values.modules = { value: names, source: "config_file", quote: `${first.file}:${first.line}: ${first.raw}` };
  }
  return values;
}

function quoteOf(assignment: CoreAssignment): string {
  return `${assignment.file}:${assignment.line}: ${assignment.written}=${assignment.raw}`;
}
