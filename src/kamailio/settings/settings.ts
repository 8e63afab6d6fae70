/**
 * Settings: what one Kamailio was started and configured with. A `SettingsReading` is what one pasted text shows; the values that are in
 * force come from several of them, the build and the release's defaults (`effective.ts`).
 */
import type { Manager } from "../pool.js";

/** The settings that bear on memory, with Kamailio's own names where it has one. Sizes in MB as `-m` and `-M` count. */
export interface SettingValues {
  shm_size_mb: number;
  pkg_size_mb: number;
  shm_manager: Manager;
  pkg_manager: Manager;
  debug: number;
  memlog: number;
  memdbg: number;
  mem_summary: number;
  mem_join: number;
  mem_safety: number;
  mem_status_mode: number;
  mem_add_size: number;
  shm_force_alloc: number;
  mlock_pages: number;
  log_stderror: number;
  fork: number;
  children: number;
  socket_workers: number;
  tcp_children: number;
  async_workers: number;
  disable_tcp: number;
  /** The number of processes that the server says it has ("processes (at least): N", core.psx). */
  processes: number;
  config_file: string;
  pid_file: string;
  run_dir: string;
  user: string;
  group: string;
  log_engine: string;
  /** Path of the binary that runs. */
  binary: string;
  /** Names of the loaded modules, when a text shows them (core.modules, loadmodule). */
  modules: string[];
  /** What the container or the service may take before the kernel ends it (limits.memory, HostConfig.Memory, mem_limit, MemoryMax). Bytes. */
  memory_limit_bytes: number;
  /** 1: the kernel ended the container for its memory limit before (OOMKilled). */
  oom_killed: number;
  service_manager: "systemd" | "sysvinit" | "openrc" | "docker" | "kubernetes" | "none";
  /** Name of the service (`kamailio`, `kamailio@edge1`), without `.service`. */
  service_name: string;
  /** Name of the container or pod that it runs in. */
  container: string;
  /** Where ctl listens, as `kamcmd -s` takes it. */
  ctl_socket: string;
  /** Bits of jsonrpcs' `transport`: 1 HTTP, 2 FIFO, 4 datagram, 8 TCP; 0 all. */
  jsonrpcs_transport: number;
  /** Path of jsonrpcs' FIFO. */
  jsonrpcs_fifo: string;
  /** Where jsonrpcs answers over HTTP. */
  jsonrpcs_url: string;
}

export type SettingName = keyof SettingValues;

/** Every name, in the order in which they are shown. */
export const SETTING_NAMES = [
  "shm_size_mb",
  "pkg_size_mb",
  "shm_manager",
  "pkg_manager",
  "debug",
  "memlog",
  "memdbg",
  "mem_summary",
  "mem_join",
  "mem_safety",
  "mem_status_mode",
  "mem_add_size",
  "shm_force_alloc",
  "mlock_pages",
  "log_stderror",
  "fork",
  "children",
  "socket_workers",
  "tcp_children",
  "async_workers",
  "disable_tcp",
  "processes",
  "config_file",
  "pid_file",
  "run_dir",
  "user",
  "group",
  "log_engine",
  "binary",
  "modules",
  "memory_limit_bytes",
  "oom_killed",
  "service_manager",
  "service_name",
  "container",
  "ctl_socket",
  "jsonrpcs_transport",
  "jsonrpcs_fifo",
  "jsonrpcs_url",
] as const satisfies readonly SettingName[];

/**
 * Where a value was seen. The order is Kamailio's own precedence, strongest first: what the running process says,
 * its command line, what will start it (unit, default file, container), kamailio.cfg, the build, the release.
 */
export const SETTING_SOURCES = [
  "running_process",
  "command_line",
  "service_unit",
  "default_file",
  "container",
  "json",
  "config_file",
  "build_default",
  "release_default",
] as const;

export type SettingSource = (typeof SETTING_SOURCES)[number];

/** The forms of text that settings are read from. */
export type SettingsForm =
  | "command_line"
  | "ps"
  | "systemd_unit"
  | "default_file"
  | "openrc"
  | "docker"
  | "compose"
  | "kubernetes"
  | "dockerfile"
  | "ecs_task"
  | "start_script"
  | "supervisord"
  | "uci"
  | "rc_conf"
  | "template_values"
  | "core_file"
  | "cfg_list"
  | "cfg_get"
  | "core_info"
  | "pkg_info"
  | "shm_info"
  | "core_modules"
  | "core_arg"
  | "core_ps"
  | "init_script"
  | "startup_log"
  | "json";

/** One value as a text shows it. */
export interface ReadValue<T> {
  value: T;
  source: SettingSource;
  quote: string;
  /**
   * The variable that carries it (`SHM_MEMORY`) when the value of a unit can be replaced by an `EnvironmentFile` that the text does not
   * hold, or when it was read from such a file. A later text of that file then wins over the unit, as systemd does it.
   */
  variable?: string;
}

/** An option that is there but that no release, or not every release, accepts: the server does not start with it. */
export interface RefusedOption {
  name: SettingName;
  source: SettingSource;
  quote: string;
  /** What the server does with it. */
  reason: string;
}

/** `pkg.info` and `shm.info` print the same words: without the command above it, a block does not say which pool it is. */
export interface UnlabelledPool {
  manager: Manager | null;
  size_bytes: number;
  quote: string;
}

/** One of several servers in a listing of processes. */
export interface InstanceChoice {
  /** Of its first row; `null` where the listing shows none. */
  pid: number | null;
  /** What tells it from the others: the options that differ, or all of them. Bounded. */
  command: string;
  rows: number;
}

/** What one text shows. A value that appears in several places of one text is resolved as that system would. */
export interface SettingsReading {
  /** Empty when the text holds no settings in a known form. */
  forms: SettingsForm[];
  values: Partial<{ [Name in SettingName]: ReadValue<SettingValues[Name]> }>;
  /** Options that a text shows and that the server refuses. */
  refused: RefusedOption[];
  unlabelled_pools: UnlabelledPool[];
  /**
   * `complete`: the text shows all arguments of the running process, so an option that is not there was not given. `cut`: a listing cut
   * the line off. `null`: no command line of a running process.
   */
  command_line: "complete" | "cut" | null;
  /** The servers of a listing that shows several; then nothing is taken from it, since nobody said which one is meant. */
  choices: InstanceChoice[];
  /** The version that the running process says it has (`core.info`, `core.runinfo`, `core.version`). */
  running_version: string | null;
  /** Lines or words that were not understood, bounded. */
  unknown: string[];
  warnings: string[];
  /** How many secrets were replaced before anything else saw the text. */
  secrets_removed: number;
}

/** A value in force. `value` is null when neither a text nor a known release tells. */
export interface EffectiveValue<T> {
  value: T | null;
  source: SettingSource | null;
  /** RFC 3339 of the text that showed it; `null` for defaults. */
  recorded_at: string | null;
  /** The id of the record that shows it; `null` for defaults. */
  evidence_id: string | null;
  /** The words that show it, or the source line of the default. */
  quote: string | null;
  /** What a reader of the value must know: a rule of the release that decided, or a text that disagrees. */
  note?: string;
}

export type EffectiveSettings = { [Name in SettingName]: EffectiveValue<SettingValues[Name]> };
