/** Settings as a JSON object with the names of `SettingValues`: `{"pkg_size_mb": 16, "shm_manager": "fm", "memlog": 3}`. */
import { managerNamed } from "./options.js";
import type { ReadingBuilder } from "./reading-builder.js";
import { SETTING_NAMES, type SettingName, type SettingValues } from "./settings.js";

type Kind = "bytes" | "size" | "level" | "count" | "switch" | "manager" | "text" | "modules" | "service_manager";

const KINDS: Record<SettingName, Kind> = {
  shm_size_mb: "size",
  pkg_size_mb: "size",
  shm_manager: "manager",
  pkg_manager: "manager",
  debug: "level",
  memlog: "level",
  memdbg: "level",
  mem_summary: "count",
  mem_join: "count",
  mem_safety: "count",
  mem_status_mode: "count",
  mem_add_size: "count",
  shm_force_alloc: "switch",
  mlock_pages: "switch",
  log_stderror: "switch",
  fork: "switch",
  children: "count",
  socket_workers: "count",
  tcp_children: "count",
  async_workers: "count",
  disable_tcp: "switch",
  processes: "count",
  config_file: "text",
  pid_file: "text",
  run_dir: "text",
  user: "text",
  group: "text",
  log_engine: "text",
  binary: "text",
  modules: "modules",
  memory_limit_bytes: "bytes",
  oom_killed: "switch",
  service_manager: "service_manager",
  service_name: "text",
  container: "text",
  ctl_socket: "text",
  jsonrpcs_transport: "count",
  jsonrpcs_fifo: "text",
  jsonrpcs_url: "text",
};

const SERVICE_MANAGERS: readonly SettingValues["service_manager"][] = [
  "systemd",
  "sysvinit",
  "openrc",
  "docker",
  "kubernetes",
  "none",
];

/** The largest pool that any release takes (16 TB), and the largest count and level that make sense. */
const MAX_SIZE_MB = 16_777_216;
const MAX_COUNT = 1_000_000;
const MAX_LEVEL = 1000;
const MAX_TEXT = 4096;
const MAX_MODULES = 500;

/** Is this the name of a setting? */
export function isSettingName(name: string): name is SettingName {
  return SETTING_NAMES.some((one) => one === name);
}

/** A value of a setting that came as text or JSON, as the type that the setting has; `null` when it cannot be one. */
export function settingValue<Name extends SettingName>(name: Name, value: unknown): SettingValues[Name] | null {
  // KINDS ties each name to the type that `typed` gives back for it.
  return typed(KINDS[name], value) as SettingValues[Name] | null;
}

function typed(kind: Kind, value: unknown): unknown {
  if (kind === "manager") return typeof value === "string" ? managerNamed(value) : null;
  if (kind === "text") return typeof value === "string" && value !== "" && value.length <= MAX_TEXT ? value : null;
  if (kind === "service_manager") return SERVICE_MANAGERS.find((one) => one === value) ?? null;
  if (kind === "modules") return isNames(value) ? value : null;
  if (kind === "switch" && typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "number" || !Number.isFinite(value)) return null;
  if (kind === "size") return value > 0 && value <= MAX_SIZE_MB ? value : null;
  if (!Number.isInteger(value)) return null;
  if (kind === "bytes") return value > 0 && value <= Number.MAX_SAFE_INTEGER ? value : null;
  if (kind === "level") return Math.abs(value) <= MAX_LEVEL ? value : null;
  if (kind === "switch") return value === 0 || value === 1 ? value : null;
  return value >= 0 && value <= MAX_COUNT ? value : null;
}

function isNames(value: unknown): value is string[] {
  return (
    Array.isArray(value) &&
    value.length <= MAX_MODULES &&
    value.every((one) => typeof one === "string" && /^[\w.-]{1,80}$/.test(one))
  );
}

/** Reads the object; false when none of its names is a setting. */
export function applyJsonSettings(builder: ReadingBuilder, object: Readonly<Record<string, unknown>>): boolean {
  const names = Object.keys(object);
  if (!names.some(isSettingName)) return false;
  builder.form("json");
  for (const name of names.slice(0, 200)) {
    if (!isSettingName(name)) {
      builder.notUnderstood(name);
      continue;
    }
    const given = object[name];
    if (given === null) continue;
    const value = settingValue(name, given);
    const shown = JSON.stringify(given) ?? "";
    if (value === null) builder.warn(`${name}: ${shown.slice(0, 80)} is no value for it (${WANTED[KINDS[name]]})`);
    else builder.set(name, value, "json", `"${name}": ${shown.slice(0, 100)}`);
  }
  return true;
}

const WANTED: Record<Kind, string> = {
  bytes: "a number of bytes",
  size: "megabytes above 0",
  level: "a whole number",
  count: "a whole number from 0",
  switch: "0, 1, true or false",
  manager: "fm, qm or tlsf",
  text: "a text",
  modules: "a list of module names",
  service_manager: SERVICE_MANAGERS.join(", "),
};
