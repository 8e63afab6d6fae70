/** What says how a process was started and configured. Rows of the recogniser's table; the first that holds wins. */
import type { KindRow } from "../kind-row.js";

export const PROCESSES: readonly KindRow[] = [
  {
    kind: "systemd_unit",
    when: [{ any: ["[Service]", "ExecStart="] }, { lines: { pattern: /^\[(?:Unit|Install)\][ \t]{0,8}$/gm, at_least: 1 } }],
    title: "a systemd unit",
    endpoint: "settings",
    command: "systemctl cat kamailio",
  },
  {
    kind: "default_file",
    when: [
      {
        lines: {
          pattern: /^[ \t]{0,8}#?[ \t]{0,4}(?:export )?(?:SHM_MEMORY|PKG_MEMORY|RUN_KAMAILIO|CFGFILE|MEMORY|EXTRA_OPTIONS)=/gm,
          at_least: 1,
        },
      },
    ],
    title: "/etc/default/kamailio or /etc/sysconfig/kamailio",
    endpoint: "settings",
    command: "cat /etc/default/kamailio",
  },
  {
    kind: "openrc_conf",
    when: [{ any: ["KAMAILIO_OPTS", "#!/sbin/openrc-run"] }],
    title: "an OpenRC configuration",
    endpoint: "settings",
    command: "cat /etc/conf.d/kamailio",
  },
  {
    kind: "processes_line",
    when: [{ all: ["processes (at least):"], max_lines: 5 }],
    title: "the start-up line that names the number of processes and the sizes of the pools",
    endpoint: "settings",
    also: ["logs"],
    command: "journalctl -u kamailio | grep 'processes (at least)'",
  },
  {
    kind: "config_list",
    when: [{ lines: { pattern: /^[a-z_]{2,30}: [a-z_]{2,60}[ \t]{0,4}$/gm, at_least: 3 }, any: ["core: "] }],
    title: "what kamcmd cfg.list prints, the names without the values",
    endpoint: "settings",
    command: "kamcmd cfg.get core",
    hint: "kamcmd cfg.get core shows the values too",
  },
  {
    kind: "config_values",
    when: [
      { fields: ["debug", "memdbg"] },
      { fields: ["memlog", "mem_summary"] },
      {
        lines: {
          pattern:
            /^[ \t"{]{0,8}(?:memlog|memdbg|mem_summary|mem_join|mem_safety|mem_dump_pkg|mem_dump_shm)"?[ \t]{0,4}[:=][ \t]{0,4}-?\d/gm,
          at_least: 1,
        },
      },
    ],
    title: "what kamcmd cfg.get core prints",
    endpoint: "settings",
    command: "kamcmd cfg.get core",
  },
  {
    kind: "process_list",
    when: [
      { fields: ["IDX", "PID", "DSC"] },
      { fields: ["index", "pid", "rank", "description"] },
      {
        lines: { pattern: /"(?:main process - attendant|attendant|udp receiver child=|slow timer)/g, at_least: 1 },
        fields: ["jsonrpc"],
      },
      { lines: { pattern: /^Process:: {1,4}ID=\d/gm, at_least: 1 } },
      {
        lines: {
          pattern: /^\d{1,9}\r?\n(?:main process|attendant|udp receiver|tcp receiver|slow timer|timer|stand-alone)/gm,
          at_least: 1,
        },
      },
    ],
    title: "a list of Kamailio's processes (core.psx)",
    endpoint: "settings",
    command: "kamcmd core.psx",
    hint: "kamcmd pkg.stats shows each process with its memory: post that to .../usage",
  },
];
