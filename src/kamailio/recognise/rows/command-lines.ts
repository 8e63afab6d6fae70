/** Command lines in all their wrappings; vaguer than a log line that quotes one. Rows of the recogniser's table; the first that holds wins. */
import type { KindRow } from "../kind-row.js";

export const COMMAND_LINES: readonly KindRow[] = [
  {
    kind: "container_file",
    when: [
      { lines: { pattern: /^[ \t]{0,8}(?:services|version|containers):/gm, at_least: 1 }, any: ["image:"] },
      { lines: { pattern: /^(?:FROM|ENTRYPOINT|CMD) /gm, at_least: 2 } },
      { begins: /^(?:sudo )?(?:docker|podman) (?:run|create|exec)\s/ },
      { any: ['"Entrypoint"', '"Config"'], all: ['"Cmd"'] },
      { fields: ["apiVersion", "kind"] },
      { fields: ["containerDefinitions"] },
      { lines: { pattern: /^[ \t]{0,8}Containers:[ \t]{0,8}\r?$/gm, at_least: 1 }, any: ["Container ID:", "Image:"] },
    ],
    title: "arguments of a container (docker, compose, Kubernetes)",
    endpoint: "settings",
    command: "docker inspect NAME",
  },
  {
    kind: "start_script",
    when: [
      {
        lines: {
          pattern: /^[^#\n]{0,200}(?:^|[\s/])kamailio[ \t][^\n]{0,300}["' \t]-[mM][ \t]{0,4}["']?\$[{A-Za-z_]/gm,
          at_least: 1,
        },
        none: ["[Service]", "[Unit]", "ExecStart"],
      },
    ],
    title: "a script that starts Kamailio",
    endpoint: "settings",
    command: "cat /docker-entrypoint.sh",
  },
  {
    kind: "start_values",
    when: [
      { lines: { pattern: /^[ \t]{0,8}config[ \t]{1,8}kamailio\b/gm, at_least: 1 } },
      { lines: { pattern: /^kamailio\.[^\s.=]{1,60}(?:=kamailio\b|\.(?:shm|pkg)_?mem)/gm, at_least: 1 } },
      { lines: { pattern: /^kamailio_flags=/gm, at_least: 1 } },
      { all: ["[program:", "kamailio"], lines: { pattern: /^[ \t]{0,8}command[ \t]{0,8}=/gm, at_least: 1 } },
      {
        lines: {
          pattern:
            /^[ \t-]{0,40}["']?(?:\w{1,40}_)?(?:shm|pkg|shared|private)_?(?:mem|size)\w{0,20}["']?[ \t]{0,4}:[ \t]{1,8}["']?\d{1,7}["']?(?:[mM][bB]?)?[ \t]{0,8}\r?$/gim,
          at_least: 1,
        },
        none: ["{\n"],
      },
    ],
    title: "the values that a start script, a template or supervisord starts Kamailio with",
    endpoint: "settings",
    command: "cat /etc/config/kamailio",
  },
  {
    kind: "ps_memory",
    when: [
      {
        lines: { pattern: /^[^\n]{0,80}\b(?:RSS|RES)\b[^\n]{0,80}\b(?:COMMAND|CMD|ARGS)\b/gm, at_least: 1 },
        none: [" -m ", " -M ", " -f "],
      },
    ],
    title: "what ps or top prints about memory",
    endpoint: "host-memory",
    command: "ps -o pid,rss,args -C kamailio",
  },
  {
    kind: "core_arg",
    when: [
      {
        begins: /^\[?[\s"]{0,8}[^\s"]{0,200}(?:kamailio|ser)"?,?\r?\n[\s"]{0,8}-[A-Za-z]/,
        lines: { pattern: /^[\s"]{0,8}-[A-Za-z]/gm, at_least: 1 },
      },
    ],
    title: "what kamcmd core.arg prints",
    endpoint: "settings",
    command: "kamcmd core.arg",
  },
  {
    kind: "command_line",
    when: [
      {
        lines: {
          pattern: /(?:^|[\s/"'\]])(?:kamailio|openser|sip-router)(?:["']?[\s\0]{1,8}["']?(?!-[hVvI](?:\s|$))-{1,2}[A-Za-z])/g,
          at_least: 1,
        },
      },
      { lines: { pattern: /^(?:-[A-Za-z]{1,3}(?:[ \0]\S{1,200})?[ \0]?){0,20}-[mM][ \0]?\d/gm, at_least: 1 }, max_lines: 3 },
    ],
    title: "a command line of Kamailio",
    endpoint: "settings",
    command: "tr '\\0' ' ' < /proc/$(cat /run/kamailio/kamailio.pid)/cmdline",
  },
];
