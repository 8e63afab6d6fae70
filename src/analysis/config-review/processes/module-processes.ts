/**
 * The processes that modules start, by release: read from the `register_procs` and `fork_*` calls of each tag, and counted on running servers
 * for most of the modules that are packaged. A module that is not here starts none.
 */
import type { ConfigFacts } from "../facts.js";

export interface ModuleProcesses {
  module: string;
  /** What the process calls itself. */
  what: string;
  since: string;
  until: string | null;
  /** `null`: another file decides. */
  count: (facts: ConfigFacts) => number | null;
  /** What it registers but never starts: "processes (at least)" counts it. */
  registered_extra?: number;
  source: string;
}

/** What `key=value` settings of a definition such as `name=x;workers=2` say. */
export function definitionNumber(text: string, key: string): number | null {
  const found = text
    .split(";", 100)
    .map((part) => part.trim())
    .find((part) => part.startsWith(`${key}=`));
  const digits = found === undefined ? undefined : /^\d{1,6}/.exec(found.slice(key.length + 1).trim())?.[0];
  return digits === undefined ? null : Number(digits);
}

const one = () => 1;
const param = (module: string, name: string) => (facts: ConfigFacts) => facts.number(module, name);
const sum = (module: string, name: string, key: string, fallback: number) => (facts: ConfigFacts) =>
  facts.parameters(module, name).reduce((total, line) => total + (definitionNumber(String(line.value), key) ?? fallback), 0);
/** jsonrpcs: a transport of 0 is all of them; else a bit chooses each. */
const transport = (facts: ConfigFacts, bit: number) => {
  const value = facts.number("jsonrpcs", "transport");
  return value === null ? null : value === 0 || (value & bit) !== 0;
};
/** Counts when a condition holds; `null` when the condition is not known. */
const when = (holds: boolean | null, count: number | null) => (holds === null ? null : holds ? count : 0);
const positive = (value: number | null) => (value === null ? null : value > 0);

type Short = [
  module: string,
  what: string,
  since: string,
  until: string | null,
  count: ModuleProcesses["count"],
  source: string,
  extra?: number,
];

const ROWS: readonly Short[] = [
  ["async", "ASYNC MOD TIMER", "3.3.5", null, param("async", "workers"), "src/modules/async/async_mod.c:188@master"],
  [
    "async",
    "ASYNC MOD MS TIMER",
    "5.3.0",
    null,
    (f) => when(positive(f.number("async", "ms_timer")), 1),
    "src/modules/async/async_mod.c:197@master",
  ],
  [
    "cdp",
    "cdp acceptor, timer and receiver of unknown peers",
    "4.0.4",
    null,
    () => 3,
    "src/modules/cdp/diameter_peer.c:264-328@master",
  ],
  [
    "cdp",
    "cdp workers and a receiver for each peer (DiameterPeer.xml)",
    "4.0.4",
    null,
    () => null,
    "src/modules/cdp/diameter_peer.c:239,284@master",
  ],
  ["cnxcc", "CNXCC TB TIMER and CNXCC MB TIMER", "4.1.0", null, () => 2, "src/modules/cnxcc/cnxcc_mod.c:410@master", 2],
  [
    "cnxcc",
    "Redis Async receiver",
    "4.3.0",
    null,
    (f) => Number(f.parameter("cnxcc", "redis") !== null),
    "src/modules/cnxcc/cnxcc_mod.c:428@master",
  ],
  ["cplc", "CPL Aux", "5.2.0", null, one, "src/modules/cplc/cplc.c:402@master"],
  ["ctl", "ctl handler", "3.3.5", null, one, "src/modules/ctl/ctl.c:323@master"],
  ["dialog", "Dialog Clean Timer", "4.1.0", null, one, "src/modules/dialog/dialog.c:863@master"],
  [
    "dialog",
    "Dialog KA Timer",
    "3.3.5",
    null,
    (f) => when(positive(f.number("dialog", "ka_timer")) && positive(f.number("dialog", "ka_interval")), 1),
    "src/modules/dialog/dialog.c:855@master",
  ],
  [
    "dialog",
    "Dialog Main Timer",
    "4.2.0",
    null,
    (f) => when(positive(f.number("dialog", "timer_procs")), 1),
    "src/modules/dialog/dialog.c:845@master",
  ],
  ["dmq", "DMQ WORKER", "3.3.5", null, param("dmq", "num_workers"), "src/modules/dmq/dmq.c:337@master"],
  ["erlang", "Erlang node", "4.3.0", null, param("erlang", "no_cnodes"), "src/modules/erlang/erlang_mod.c:279@master"],
  ["evapi", "EvAPI Dispatcher", "4.2.0", null, one, "src/modules/evapi/evapi_mod.c:214@master"],
  ["evapi", "EvAPI Worker", "4.2.0", null, param("evapi", "workers"), "src/modules/evapi/evapi_mod.c:238@master"],
  ["evrexec", "EVREXEC", "5.1.0", null, sum("evrexec", "exec", "workers", 1), "src/modules/evrexec/evrexec_mod.c:168@master"],
  ["fifo", "fifo server", "3.3.5", "3.3.7", one, "modules_s/fifo/fifo_server.c:940@3.3.7"],
  ["file_out", "fo_writer", "5.8.0", "6.1.4", one, "src/modules/file_out/file_out.c:182@6.1.4"],
  [
    "htable",
    "HTable Timer",
    "4.4.0",
    null,
    (f) =>
      when(
        f
          .parameters("htable", "htable")
          .some((line) => (definitionNumber(String(line.value).split("=>").at(-1) ?? "", "autoexpire") ?? 0) > 0),
        f.number("htable", "timer_procs"),
      ),
    "src/modules/htable/htable.c:284@master",
  ],
  [
    "http_async_client",
    "Http Async Worker",
    "4.4.0",
    null,
    param("http_async_client", "workers"),
    "src/modules/http_async_client/http_async_client_mod.c:378@master",
  ],
  ["ims_qos", "Rx Event Processor", "4.0.4", null, one, "src/modules/ims_qos/ims_qos_mod.c:360@master"],
  ["ims_qos_npn", "Rx Event Processor", "6.0.0", null, one, "src/modules/ims_qos_npn/ims_qos_mod.c:392@master"],
  [
    "ims_registrar_pcscf",
    "RegInfo Event Processor",
    "4.3.0",
    null,
    one,
    "src/modules/ims_registrar_pcscf/ims_registrar_pcscf_mod.c:359@master",
  ],
  [
    "ims_registrar_scscf",
    "notification_worker",
    "4.4.0",
    null,
    param("ims_registrar_scscf", "notification_processes"),
    "src/modules/ims_registrar_scscf/ims_registrar_scscf_mod.c:588@master",
  ],
  [
    "ims_usrloc_scscf",
    "IMS S-CSCF USRLOC Timer",
    "4.4.0",
    null,
    param("ims_usrloc_scscf", "timer_procs"),
    "src/modules/ims_usrloc_scscf/ims_usrloc_scscf_mod.c:419@master",
  ],
  [
    "janssonrpc-c",
    "jsonrpc SRV timer and io handler",
    "4.3.0",
    "4.4.7",
    () => 2,
    "modules/janssonrpc-c/janssonrpc_mod.c:186,192@4.4.7",
  ],
  [
    "janssonrpcc",
    "jsonrpc SRV timer and io handler",
    "5.0.0",
    null,
    () => 2,
    "src/modules/janssonrpcc/janssonrpcc_mod.c:198,205@master",
  ],
  ["jsonrpc-c", "jsonrpc io handler", "3.3.5", "4.4.7", one, "modules/jsonrpc-c/jsonrpc_mod.c:132@4.4.7"],
  ["jsonrpcc", "jsonrpc io handler", "5.0.0", null, one, "src/modules/jsonrpcc/jsonrpcc_mod.c:135@master"],
  [
    "jsonrpc-s",
    "JSONRPC-S FIFO",
    "4.3.0",
    "4.4.7",
    (f) => Number((f.text("jsonrpc-s", "fifo_name") ?? "") !== ""),
    "modules/jsonrpc-s/jsonrpc-s_mod.c:978@4.4.7",
  ],
  [
    "jsonrpcs",
    "JSONRPCS FIFO",
    "5.0.0",
    null,
    (f) => when(transport(f, 2) === null ? null : transport(f, 2) && f.text("jsonrpcs", "fifo_name") !== "", 1),
    "src/modules/jsonrpcs/jsonrpcs_fifo.c:593@master",
  ],
  [
    "jsonrpcs",
    "JSONRPCS DATAGRAM",
    "5.0.0",
    null,
    (f) =>
      when(
        transport(f, 4) === null ? null : transport(f, 4) && f.text("jsonrpcs", "dgram_socket") !== "",
        f.number("jsonrpcs", "dgram_workers"),
      ),
    "src/modules/jsonrpcs/jsonrpcs_sock.c:495@master",
  ],
  [
    "jsonrpcs",
    "JSONRPCS TCP",
    "5.7.0",
    null,
    (f) => when(transport(f, 8) === null ? null : transport(f, 8) && (f.text("jsonrpcs", "tcp_socket") ?? "") !== "", 1),
    "src/modules/jsonrpcs/jsonrpcs_sock.c:916@master",
  ],
  [
    "kazoo",
    "AMQP Consumer",
    "4.2.0",
    null,
    (f) => Math.max(1, f.parameters("kazoo", "amqp_connection").length) * (f.number("kazoo", "amqp_consumer_processes") ?? 1),
    "src/modules/kazoo/kazoo.c:454@master",
  ],
  [
    "kazoo",
    "AMQP Consumer Worker",
    "4.2.4",
    null,
    param("kazoo", "amqp_consumer_workers"),
    "src/modules/kazoo/kazoo.c:436@master",
  ],
  ["kazoo", "AMQP Publisher", "4.2.4", null, one, "src/modules/kazoo/kazoo.c:467@master"],
  [
    "mi_datagram",
    "MI DATAGRAM",
    "3.3.5",
    "4.4.7",
    param("mi_datagram", "children_count"),
    "modules/mi_datagram/mi_datagram.c:290@4.4.7",
  ],
  ["mi_fifo", "MI FIFO", "3.3.5", "4.4.7", one, "modules/mi_fifo/mi_fifo.c:224@4.4.7"],
  ["mi_xmlrpc", "MI XMLRPC", "3.3.5", "4.4.7", one, "modules/mi_xmlrpc/mi_xmlrpc.c:148@4.4.7"],
  ["microhttpd", "MicroHTTPd Server Process", "5.8.0", null, one, "src/modules/microhttpd/microhttpd_mod.c:164@master"],
  ["mqtt", "mqtt dispatcher", "5.4.0", null, one, "src/modules/mqtt/mqtt_mod.c:175@master"],
  [
    "msrp",
    "MSRP Timer",
    "4.0.4",
    null,
    (f) => when(positive(f.number("msrp", "cmap_size")), 1),
    "src/modules/msrp/msrp_mod.c:204@master",
  ],
  ["nat_traversal", "TIMER NT", "3.3.5", null, one, "src/modules/nat_traversal/nat_traversal.c:1898@master"],
  [
    "nathelper",
    "TIMER NH",
    "3.3.5",
    null,
    (f) => when(positive(f.number("nathelper", "natping_interval")), f.number("nathelper", "natping_processes")),
    "src/modules/nathelper/nathelper.c:620@master",
  ],
  ["nats", "NATS Publisher", "5.6.0", null, param("nats", "num_publish_workers"), "src/modules/nats/nats_mod.c:473@master"],
  [
    "nats",
    "NATS Subscriber",
    "5.6.0",
    null,
    (f) => f.parameters("nats", "subject_queue_group").length,
    "src/modules/nats/nats_mod.c:459@master",
  ],
  ["nghttp2", "NGHTTP2 Server Process", "6.0.0", null, one, "src/modules/nghttp2/nghttp2_mod.c:151@master"],
  [
    "nsq",
    "NSQ Consumer Worker",
    "5.0.0",
    null,
    (f) => Math.max(1, f.parameters("nsq", "topic_channel").length) * (f.number("nsq", "consumer_workers") ?? 4),
    "src/modules/nsq/nsq_mod.c:229@master",
    2,
  ],
  [
    "p_usrloc",
    "TIMER UL WATCH",
    "3.3.5",
    null,
    (f) => when(positive(f.number("p_usrloc", "write_on_master_db")), 1),
    "src/modules/p_usrloc/ul_db_watch.c:66@master",
  ],
  [
    "presence",
    "PRESENCE NOTIFIER",
    "3.3.5",
    null,
    (f) => when(f.number("presence", "subs_db_mode") === 3, f.number("presence", "notifier_processes")),
    "src/modules/presence/presence.c:604@master",
  ],
  ["ptimer", "ptimer", "6.1.0", null, sum("ptimer", "timer", "processes", 1), "src/modules/ptimer/ptimer.c:331@master"],
  ["purple", "PURPLE Manager", "3.3.5", "4.4.7", one, "modules/purple/purple.c:233@4.4.7"],
  [
    "rls",
    "RLS NOTIFIER",
    "3.3.5",
    null,
    (f) => when(f.number("rls", "db_mode") === 2, Math.max(1, f.number("rls", "notifier_processes") ?? 1)),
    "src/modules/rls/rls.c:658@master",
  ],
  ["rtimer", "RTIMER EXEC", "3.3.5", null, sum("rtimer", "timer", "mode", 0), "src/modules/rtimer/rtimer_mod.c:165@master"],
  ["rtp_media_server", "RTP_media_server", "5.3.0", null, one, "src/modules/rtp_media_server/rtp_media_server.c:394@master"],
  [
    "rtpengine",
    "RTPENGINE DTMF WORKER",
    "5.8.0",
    null,
    (f) => Number((f.text("rtpengine", "dtmf_events_sock") ?? "") !== ""),
    "src/modules/rtpengine/rtpengine.c:3064@master",
  ],
  ["sca", "SCA DB SYNC PROCESS", "4.0.4", null, one, "src/modules/sca/sca.c:367@master"],
  ["seas", "SEAS", "3.3.5", null, one, "src/modules/seas/seas.c:733@master"],
  [
    "sipcapture",
    "homer raw socket",
    "3.3.5",
    null,
    (f) =>
      when(
        f.number("sipcapture", "raw_ipip_capture_on") === 1 || f.number("sipcapture", "raw_moni_capture_on") === 1,
        f.number("sipcapture", "raw_sock_children"),
      ),
    "src/modules/sipcapture/sipcapture.c:1436@master",
  ],
  ["sipdump", "SIPDUMP WRITE", "5.1.0", null, one, "src/modules/sipdump/sipdump_mod.c:239,252@master"],
  ["siprepo", "SIPREPO", "5.6.0", null, param("siprepo", "timer_procs"), "src/modules/siprepo/siprepo_mod.c:131@master"],
  ["snmpstats", "SNMP AgentX", "3.3.5", null, one, "src/modules/snmpstats/snmpstats.c:374@master"],
  [
    "uac",
    "TIMER UAC REG",
    "3.3.5",
    null,
    (f) => Number((f.text("uac", "reg_db_url") ?? "") !== ""),
    "src/modules/uac/uac.c:431@master",
  ],
  [
    "unixsock",
    "unix domain socket",
    "3.3.5",
    "3.3.7",
    param("unixsock", "children"),
    "modules_s/unixsock/unixsock_server.c:261@3.3.7",
  ],
  ["usrloc", "USRLOC Timer", "3.3.5", null, param("usrloc", "timer_procs"), "src/modules/usrloc/usrloc_mod.c:497@master"],
  [
    "websocket",
    "WEBSOCKET KEEPALIVE",
    "4.0.4",
    null,
    (f) =>
      when(f.number("websocket", "keepalive_mechanism") !== 0, keepaliveProcesses(f.number("websocket", "keepalive_processes"))),
    "src/modules/websocket/websocket.c:320@master",
  ],
  ["websocket", "WEBSOCKET TIMER", "5.1.7", null, one, "src/modules/websocket/websocket.c:328@master"],
  ["xmpp", "XMPP Manager", "3.3.5", null, one, "src/modules/xmpp/xmpp.c:259@master"],
];

export const MODULE_PROCESSES: readonly ModuleProcesses[] = ROWS.map(([module, what, since, until, count, source, extra]) => ({
  module,
  what,
  since,
  until,
  count,
  source,
  ...(extra === undefined ? {} : { registered_extra: extra }),
}));

/** Values that websocket refuses become 1. */
function keepaliveProcesses(value: number | null): number {
  return value === null || value < 1 || value > 16 ? 1 : value;
}
