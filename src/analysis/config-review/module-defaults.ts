/** The defaults of the module parameters that the review looks at (the initialisers of the C variables, by release where they changed). */
import { factAt, type Row } from "../../kamailio/knowledge/releases.js";
import type { Version } from "../../kamailio/version.js";

const ALWAYS = (value: number, source: string): readonly Row<number>[] => [{ since: "3.3.5", until: null, value, source }];

const DEFAULTS: Record<string, readonly Row<number>[]> = {
  "async.workers": ALWAYS(1, "src/modules/async/async_mod.c@5.6.3"),
  "async.ms_timer": ALWAYS(0, "src/modules/async/async_mod.c@5.6.3"),
  "dialog.default_timeout": ALWAYS(43_200, "src/modules/dialog/dialog.c@5.6.3"),
  "dialog.hash_size": ALWAYS(4096, "src/modules/dialog/dialog.c@5.6.3"),
  "dialog.ka_interval": ALWAYS(0, "src/modules/dialog/dialog.c@5.6.3"),
  "dialog.ka_timer": ALWAYS(0, "src/modules/dialog/dialog.c@5.6.3"),
  "dialog.timer_procs": ALWAYS(0, "src/modules/dialog/dialog.c@5.6.3"),
  "dmq.num_workers": ALWAYS(2, "src/modules/dmq/dmq.c@5.6.3"),
  "erlang.no_cnodes": ALWAYS(1, "src/modules/erlang/erlang_mod.c@5.6.3"),
  "evapi.workers": ALWAYS(1, "src/modules/evapi/evapi_mod.c@5.6.3"),
  "htable.timer_procs": ALWAYS(0, "src/modules/htable/htable.c@5.6.3"),
  "http_async_client.workers": ALWAYS(1, "src/modules/http_async_client/http_async_client_mod.c@5.6.3"),
  "ims_registrar_scscf.notification_processes": ALWAYS(4, "src/modules/ims_registrar_scscf/ims_registrar_scscf_mod.c@5.6.3"),
  "ims_usrloc_scscf.timer_procs": ALWAYS(0, "src/modules/ims_usrloc_scscf/ims_usrloc_scscf_mod.c@5.6.3"),
  "jsonrpcs.dgram_workers": ALWAYS(1, "src/modules/jsonrpcs/jsonrpcs_mod.c@5.6.3"),
  "jsonrpcs.transport": ALWAYS(6, "src/modules/jsonrpcs/jsonrpcs_mod.c:79@master"),
  "kazoo.amqp_consumer_processes": [
    { since: "4.2.0", until: "4.2.3", value: 4, source: "modules/kazoo/kazoo.c@4.2.3" },
    { since: "4.2.4", until: "4.3.7", value: 8, source: "modules/kazoo/kazoo.c@4.3.7" },
    { since: "4.4.0", until: null, value: 1, source: "src/modules/kazoo/kazoo.c@5.6.3" },
  ],
  "kazoo.amqp_consumer_workers": ALWAYS(8, "src/modules/kazoo/kazoo.c@5.6.3"),
  "mi_datagram.children_count": ALWAYS(1, "modules/mi_datagram/mi_datagram.c@4.4.7"),
  "msrp.cmap_size": ALWAYS(0, "src/modules/msrp/msrp_mod.c@5.6.3"),
  "nathelper.natping_interval": ALWAYS(0, "src/modules/nathelper/nathelper.c@5.6.3"),
  "nathelper.natping_processes": ALWAYS(1, "src/modules/nathelper/nathelper.c@5.6.3"),
  "nats.num_publish_workers": ALWAYS(2, "src/modules/nats/nats_mod.c@5.6.3"),
  "nsq.consumer_workers": ALWAYS(4, "src/modules/nsq/nsq_mod.c@5.6.3"),
  "p_usrloc.write_on_master_db": ALWAYS(0, "src/modules/p_usrloc/p_usrloc_mod.c@5.6.3"),
  "pipelimit.clean_unused": ALWAYS(0, "src/modules/pipelimit/pl_ht.c:174@5.6.3"),
  "presence.notifier_processes": ALWAYS(1, "src/modules/presence/presence.c@5.6.3"),
  "presence.subs_db_mode": ALWAYS(2, "src/modules/presence/presence.c@5.6.3"),
  "registrar.max_contacts": ALWAYS(0, "src/modules/registrar/registrar.c@5.6.3"),
  "registrar.max_expires": ALWAYS(0, "src/modules/registrar/registrar.c@5.6.3"),
  "rls.db_mode": ALWAYS(0, "src/modules/rls/rls.c@5.6.3"),
  "rls.notifier_processes": ALWAYS(1, "src/modules/rls/rls.c@5.6.3"),
  "sipcapture.raw_ipip_capture_on": ALWAYS(0, "src/modules/sipcapture/sipcapture.c@5.6.3"),
  "sipcapture.raw_moni_capture_on": ALWAYS(0, "src/modules/sipcapture/sipcapture.c@5.6.3"),
  "sipcapture.raw_sock_children": ALWAYS(1, "src/modules/sipcapture/sipcapture.c@5.6.3"),
  "siprepo.timer_procs": ALWAYS(1, "src/modules/siprepo/siprepo_mod.c@5.6.3"),
  "tls.low_mem_threshold1": ALWAYS(-1, "src/modules/tls/tls_init.c:793-800@5.6.3"),
  "tls.low_mem_threshold2": ALWAYS(-1, "src/modules/tls/tls_init.c:793-800@5.6.3"),
  "unixsock.children": ALWAYS(1, "modules_s/unixsock/unixsock_server.c:80@3.3.7"),
  "usrloc.db_mode": ALWAYS(0, "src/modules/usrloc/usrloc_mod.c@5.6.3"),
  "usrloc.hash_size": [
    { since: "3.3.5", until: "4.1.9", value: 9, source: "modules/usrloc/ul_mod.c@4.1.9" },
    { since: "4.2.0", until: null, value: 10, source: "modules/usrloc/ul_mod.c@4.2.0" },
  ],
  "usrloc.timer_procs": ALWAYS(0, "src/modules/usrloc/usrloc_mod.c@5.6.3"),
  "websocket.keepalive_mechanism": ALWAYS(1, "src/modules/websocket/ws_conn.c@5.6.3"),
  "websocket.keepalive_processes": ALWAYS(1, "src/modules/websocket/websocket.c@5.6.3"),
};

/** The default of a parameter; of the newest release when the release is unknown. `null` when the review does not know it. */
export function moduleDefault(module: string, name: string, version: Version | null): number | null {
  const rows = DEFAULTS[`${module}.${name}`] ?? [];
  return version === null ? (rows.at(-1)?.value ?? null) : factAt(rows, version);
}
