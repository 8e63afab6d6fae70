/** What is posted by mistake, or has a place of its own: pages, help texts, a configuration. Rows of the recogniser's table; the first that holds wins. */
import type { KindRow } from "../kind-row.js";

export const DOCUMENTS: readonly KindRow[] = [
  {
    kind: "html",
    when: [{ begins: /^(?:<!doctype html|<html|<head|<body)/i }],
    title: "an HTML page",
    endpoint: null,
    hint: "post the plain text that the command printed, not the page it was shown on",
  },
  {
    kind: "xml",
    when: [{ begins: /^(?:<\?xml|<methodResponse|<methodCall)/i }],
    title: "an XML document",
    endpoint: null,
    hint: "post what kamcmd prints, or the JSON-RPC answer, instead of XML",
  },
  {
    kind: "tool_help",
    when: [
      { all: ["Usage: kamcmd"] },
      { all: ["Usage: sercmd"] },
      { all: ["Existing commands:", "-- command '"] },
      { begins: /^version: (?:kamcmd|sercmd)\s/, max_lines: 3 },
    ],
    title: "the help or version text of kamcmd or kamctl, which is another program than the server",
    endpoint: null,
    hint: "post what the server itself says: kamailio -I",
  },
  {
    kind: "kamailio_help",
    when: [
      {
        all: ["Usage: "],
        any: ["-f file", "-m nr", "Configuration file (default"],
        lines: { pattern: /^[ \t]{1,8}-{1,2}[A-Za-z]/gm, at_least: 5 },
      },
    ],
    title: "the help text of kamailio (-h); its first line names the version, but not how it was built",
    endpoint: null,
    hint: "post the output of kamailio -I to .../builds",
  },
  {
    kind: "config_map",
    when: [{ begins: /^\{\s{0,80}"[^"\n]{1,300}\.(?:cfg|inc|conf|list|txt)"\s{0,8}:\s{0,8}"/, any: ['.cfg"'] }],
    title: "a configuration of several files as a JSON map of paths to texts",
    endpoint: "configs",
    command: "tar -C /etc/kamailio -c .",
  },
  {
    kind: "opensips_cfg",
    when: [
      {
        lines: {
          pattern:
            /^[ \t]{0,20}(?:loadmodule[ \t(]{1,4}["'](?:[\w./-]{0,200}\/)?(?:proto_\w{2,20}|signaling|sipmsgops|clusterer|b2b_entities|mi_fifo|mi_datagram|mid_registrar)\.so|(?:udp_workers|tcp_workers|xlog_level|stderror_enabled|syslog_enabled)[ \t]{0,8}=|mpath[ \t]{0,8}=[ \t]{0,8}["'][^"'\n]{0,200}opensips)/gm,
          at_least: 2,
        },
        none: ["#!KAMAILIO"],
      },
    ],
    title: "an opensips.cfg (proto_*.so, socket=, udp_workers=)",
    endpoint: null,
    hint: "OpenSIPS is another product, whose memory has other parameters: it is not judged here",
  },
  {
    kind: "kamailio_cfg",
    when: [
      { begins: /^#!(?:KAMAILIO|SER|OPENSER|ALL|MAXCOMPAT)\b/i },
      {
        lines: {
          pattern:
            /^[ \t]{0,20}(?:loadmodule[ \t(]{1,4}["']|modparam\(|request_route[ \t{]|#!(?:define|ifdef|subst)|(?:reply_|failure_|onreply_|branch_)?route(?:\[\w{1,40}\])?[ \t]{0,4}\{)/gm,
          at_least: 2,
        },
      },
      {
        lines: {
          pattern:
            /^[ \t]{0,20}(?:loadmodule[ \t(]{1,4}["']|modparam\(|request_route[ \t{]|shm_mem_size[ \t]{0,4}=|mem_join[ \t]{0,4}=|memlog[ \t]{0,4}=|children[ \t]{0,4}=)/gm,
          at_least: 1,
        },
        none: ["[Service]", "alloc'd"],
        fields: [],
        begins: /^(?:#|\/\/|\/\*|[a-z_]{3,40}[ \t]{0,4}[=("]|loadmodule|request_route|route)/,
      },
    ],
    title: "a kamailio.cfg",
    endpoint: "configs",
    command: "cat /etc/kamailio/kamailio.cfg",
  },
];
