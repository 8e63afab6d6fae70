/** What says with what a binary was built. Rows of the recogniser's table; the first that holds wins. */
import type { KindRow } from "../kind-row.js";

export const BINARIES: readonly KindRow[] = [
  {
    kind: "opensips_build",
    when: [
      { lines: { pattern: /^[ \t>"]{0,8}version: opensips \d/gim, at_least: 1 }, none: ["version: kamailio"] },
      { any: ["HP_MALLOC", "DBG_MALLOC,"], all: ["flags:"], none: ["kamailio"] },
    ],
    title: "the version text of OpenSIPS, not of Kamailio",
    endpoint: "builds",
    command: "opensips -V",
    hint: "it is kept as a build of product opensips, but nothing is concluded from it",
  },
  {
    kind: "core_runinfo",
    when: [{ fields: ["name", "version", "sourceid", "compiled"] }],
    title: "what kamcmd core.runinfo prints",
    endpoint: "builds",
    command: "kamcmd core.runinfo",
  },
  {
    kind: "core_info",
    when: [{ fields: ["version", "compiler", "compiled", "flags"] }],
    title: "what kamcmd core.info prints",
    endpoint: "builds",
    also: ["settings"],
    command: "kamcmd core.info",
  },
  {
    kind: "build",
    when: [
      { all: ["Print out of", "internals"] },
      { any: ["Compile flags:", "Compile  flags:"], all: ["_"] },
      {
        any: ["PKG_MALLOC", "SHM_MMAP", "USE_TCP,", "STATS: O"],
        lines: { pattern: /(?:^|[\s>*'"])[Ff]lags::?[*'"\s]/g, at_least: 1 },
      },
      {
        lines: {
          pattern:
            /(?:^|[\s>*'"])version:[*'" ]{1,6}(?:kamailio|ser|openser|sip-router) \d{1,3}\.[^\s()]{1,40} \([^\s()]{1,60}\)/g,
          at_least: 1,
        },
      },
    ],
    title: "what kamailio -I or -V prints",
    endpoint: "builds",
    command: "kamailio -I",
  },
  {
    kind: "core_version",
    when: [
      {
        begins: /^(?:\{[^}]{0,120}"result"\s{0,8}:\s{0,8}")?(?:kamailio|ser|sip-router) \d{1,3}\.[^\s()]{1,40} \([^\s()]{1,60}\)/,
        max_lines: 6,
      },
    ],
    title: "what kamcmd core.version prints",
    endpoint: "builds",
    command: "kamcmd core.version",
  },
  {
    kind: "core_flags",
    when: [
      {
        any: ["PKG_MALLOC", "SHM_MMAP"],
        lines: { pattern: /(?:USE_TCP|USE_TLS|USE_FUTEX|F_MALLOC), /g, at_least: 1 },
        max_lines: 40,
      },
    ],
    title: "what kamcmd core.flags prints",
    endpoint: "builds",
    command: "kamcmd core.flags",
  },
  {
    kind: "version_trap",
    when: [{ all: ["loading config file("] }],
    title: "an error of a kamailio that was started: in 3.3 `-v` does not print the version, it starts the server",
    endpoint: null,
    hint: "use kamailio -V, or kamailio -I, and post that to .../builds",
  },
  {
    kind: "config_check",
    when: [{ any: ["config file ok, exiting", "bad config file ("] }],
    title: "the result of a config check (kamailio -c)",
    endpoint: null,
    hint: "post the kamailio.cfg itself to .../configs",
  },
];
