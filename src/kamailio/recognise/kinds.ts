/** What a text can be, and the part of the service that reads it. */

/** The sub-path of an instance that a text belongs to. */
export type Endpoint = "builds" | "settings" | "configs" | "usage" | "dumps" | "logs" | "host-memory";

/** A command to show to somebody who needs that endpoint's kind of text. */
export const ENDPOINT_EXAMPLES: Readonly<Record<Endpoint, string>> = {
  builds: "kamailio -I",
  settings: "tr '\\0' ' ' < /proc/$(cat /run/kamailio/kamailio.pid)/cmdline",
  configs: "cat /etc/kamailio/kamailio.cfg",
  usage: "kamcmd pkg.stats",
  dumps: "journalctl -u kamailio -o short-iso",
  logs: "journalctl -u kamailio -o short-iso",
  "host-memory": "cat /proc/meminfo",
};

export type Kind =
  // nothing to read
  | "empty"
  | "gzip"
  | "zip"
  | "xz"
  | "bzip2"
  | "zstd"
  | "tar"
  | "elf"
  | "pdf"
  | "image"
  | "sqlite"
  | "utf16"
  | "binary"
  | "nested"
  | "html"
  | "xml"
  | "prose"
  // about the binary
  | "build"
  | "opensips_build"
  | "kamailio_help"
  | "tool_help"
  | "config_check"
  | "version_trap"
  // about the process
  | "core_info"
  | "core_flags"
  | "core_version"
  | "core_runinfo"
  | "core_arg"
  | "core_uptime"
  | "process_list"
  | "module_list"
  | "rpc_methods"
  | "config_list"
  | "config_values"
  | "pool_info"
  | "processes_line"
  | "command_line"
  | "systemd_unit"
  | "default_file"
  | "openrc_conf"
  | "container_file"
  | "start_script"
  | "start_values"
  | "kamailio_cfg"
  | "config_map"
  | "opensips_cfg"
  // counters
  | "shm_counters"
  | "pkg_stats"
  | "statistics"
  | "tm_stats"
  | "prometheus_page"
  | "prometheus_api"
  | "ndjson_samples"
  | "usage_history"
  // what is allocated
  | "dump"
  | "gdb_walk"
  | "gdb_script"
  | "mod_stats"
  | "shm_report"
  | "shm_rprint"
  // logs
  | "kamailio_log"
  | "log"
  | "kernel_report"
  | "backtrace"
  | "sanitizer_report"
  | "valgrind_report"
  // the host
  | "meminfo"
  | "proc_status"
  | "smaps"
  | "free"
  | "slabtop"
  | "top"
  | "smem"
  | "pmap"
  | "group_memory"
  | "vmstat"
  | "ps_memory"
  // failures
  | "connect_error"
  | "rpc_error"
  | "shell_error"
  | "opensips_output"
  | "number"
  | "empty_answer"
  | "rpc_answer"
  | "json"
  | "yaml";
