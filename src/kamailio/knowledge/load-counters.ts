/**
 * The load counters that explain memory, under one stable name each, and where every release and command shows them.
 *
 * `statistics` are `group:name` as `stats.get_statistics`, MI and `stats.fetch` (with a dot) print them; `rpc` is a field of an RPC's struct.
 * Names follow Kamailio where it has one. A counter that is in no row is not kept: memory does not follow it.
 */
export interface LoadCounter {
  name: string;
  /** `gauge` falls and rises; `counter` grows since the start. */
  kind: "gauge" | "counter";
  what: string;
  statistics: readonly string[];
  rpc: readonly `${string} ${string}`[];
}

function row(
  name: string,
  kind: "gauge" | "counter",
  what: string,
  statistics: readonly string[],
  rpc: LoadCounter["rpc"] = [],
): LoadCounter {
  return { name, kind, what, statistics, rpc };
}

/** Names that carry a table's own name (`location_contacts`, `htable_a_items`) are made by `tableCounter` and by the readers. */
export const LOAD_COUNTERS: readonly LoadCounter[] = [
  row("registered_users", "gauge", "addresses of record in memory", ["usrloc:registered_users"]),
  row("accepted_registrations", "counter", "REGISTER accepted", ["registrar:accepted_regs"]),
  row("rejected_registrations", "counter", "REGISTER rejected", ["registrar:rejected_regs"]),
  row("ims_registered_contacts", "gauge", "contacts of the P-CSCF", ["ims_usrloc_pcscf:registered_contacts"]),
  row("ims_registered_impus", "gauge", "public identities of the P-CSCF", ["ims_usrloc_pcscf:registered_impus"]),
  row("ims_active_contacts", "gauge", "contacts of the S-CSCF", ["ims_usrloc_scscf:active_contacts"]),
  row("ims_active_impus", "gauge", "public identities of the S-CSCF", [
    "ims_usrloc_scscf:active_impus",
    "ims_usrloc_scscf:registered_users",
  ]),
  row("ims_active_subscriptions", "gauge", "IMS subscriptions", ["ims_usrloc_scscf:active_subscriptions"]),
  row(
    "current_transactions",
    "gauge",
    "transactions in memory: created minus deleted (tmx_mod.c, h_stats.c)",
    ["tmx:inuse_transactions"],
    ["tm.stats current"],
  ),
  row("waiting_transactions", "gauge", "transactions ended, kept by the wait timer", [], ["tm.stats waiting"]),
  row("active_transactions", "gauge", "transactions minus waiting ones", ["tmx:active_transactions"]),
  row("total_transactions", "counter", "transactions made", [], ["tm.stats total"]),
  row("local_transactions", "counter", "transactions made by local modules", [], ["tm.stats total_local"]),
  row("created_transactions", "counter", "cells created", [], ["tm.stats created"]),
  row("freed_transactions", "counter", "cells freed; created minus freed that only grows is a leak", [], ["tm.stats freed"]),
  row("delayed_free_transactions", "counter", "cells whose free had to wait for a reference", [], ["tm.stats delayed_free"]),
  row("uas_transactions", "counter", "server transactions", ["tmx:UAS_transactions"]),
  row("uac_transactions", "counter", "client transactions", ["tmx:UAC_transactions"]),
  row("active_dialogs", "gauge", "confirmed dialogs", ["dialog:active_dialogs"], ["dlg.stats_active ongoing"]),
  row("early_dialogs", "gauge", "dialogs in the early state", ["dialog:early_dialogs"]),
  row("processed_dialogs", "counter", "dialogs seen", ["dialog:processed_dialogs"]),
  row("expired_dialogs", "counter", "dialogs that ran into their timeout", ["dialog:expired_dialogs"]),
  row("failed_dialogs", "counter", "dialogs that never got established", ["dialog:failed_dialogs"]),
  row("starting_dialogs", "gauge", "dialogs without a reply", [], ["dlg.stats_active starting"]),
  row("connecting_dialogs", "gauge", "dialogs with a provisional reply", [], ["dlg.stats_active connecting"]),
  row("answering_dialogs", "gauge", "dialogs with a 200 and no ACK", [], ["dlg.stats_active answering"]),
  row("all_dialogs", "gauge", "dialogs in every state but ended", [], ["dlg.stats_active all"]),
  row(
    "tcp_current_connections",
    "gauge",
    "TCP connections, TLS among them",
    ["tcp:current_opened_connections"],
    ["core.tcp_info opened_connections"],
  ),
  row("tcp_established_connections", "counter", "TCP connections made", ["tcp:established"]),
  row(
    "tcp_write_queue_bytes",
    "gauge",
    "bytes that wait for slow TCP peers",
    ["tcp:current_write_queue_size"],
    ["core.tcp_info write_queued_bytes"],
  ),
  row(
    "tls_current_connections",
    "gauge",
    "TLS connections",
    ["tls:opened_connections"],
    ["tls.info opened_connections", "core.tcp_info opened_tls_connections"],
  ),
  row(
    "tls_write_queue_bytes",
    "gauge",
    "clear text that waits for TLS",
    ["tls:clear_text_write_queued_bytes"],
    ["tls.info clear_text_write_queued_bytes"],
  ),
  row("ws_current_connections", "gauge", "WebSocket connections", ["websocket:ws_current_connections"]),
  row("sctp_current_connections", "gauge", "SCTP associations", ["sctp:current_opened_connections"]),
  row("msrp_current_connections", "gauge", "MSRP over WebSocket", ["websocket:ws_msrp_current_connections"]),
  row("rcv_requests", "counter", "SIP requests received", ["core:rcv_requests"]),
  row("rcv_replies", "counter", "SIP replies received", ["core:rcv_replies"]),
  row("fwd_requests", "counter", "requests forwarded without a transaction", ["core:fwd_requests"]),
  row("drop_requests", "counter", "requests dropped", ["core:drop_requests"]),
  row("err_requests", "counter", "requests with errors", ["core:err_requests"]),
  ...[
    "ack",
    "bye",
    "cancel",
    "info",
    "invite",
    "message",
    "notify",
    "options",
    "prack",
    "publish",
    "refer",
    "register",
    "subscribe",
    "update",
    "kdmq",
  ].map((method) =>
    row(`rcv_requests_${method}`, "counter", `${method.toUpperCase()} received`, [`core:rcv_requests_${method}`]),
  ),
  row("failed_dns_requests", "counter", "DNS look-ups that failed", ["dns:failed_dns_request"]),
  row("slow_dns_requests", "counter", "DNS look-ups that took long", ["dns:slow_dns_request"]),
  row("dns_cache_bytes", "gauge", "DNS cache inside shm", [], ["dns.mem_info 0"]),
  row("dns_cache_max_bytes", "gauge", "limit of the DNS cache", [], ["dns.mem_info 1"]),
  row(
    "dst_blocklist_bytes",
    "gauge",
    "destination blocklist inside shm",
    [],
    ["dst_blocklist.mem_info 0", "dst_blacklist.mem_info 0"],
  ),
];

const BY_STATISTIC = new Map(LOAD_COUNTERS.flatMap((counter) => counter.statistics.map((key) => [key, counter.name] as const)));
const BY_RPC = new Map(LOAD_COUNTERS.flatMap((counter) => counter.rpc.map((key) => [key as string, counter.name] as const)));

/** What a table's counter is called: usrloc prints `location-contacts` up to 5.3 and `location_contacts` from 5.4 (stats_name_separator). */
const TABLE_COUNTERS = ["users", "contacts", "expires"] as const;

/** The stable name of a statistic (`usrloc`, `location-contacts` -> `location_contacts`); `null` when memory does not follow it. */
export function loadNameOfStatistic(group: string, name: string): string | null {
  const known = BY_STATISTIC.get(`${group}:${name}`);
  if (known !== undefined) return known;
  if (group !== "usrloc" || name.length > MAX_TABLE_NAME) return null;
  for (const what of TABLE_COUNTERS) {
    if (name.endsWith(`-${what}`) || name.endsWith(`_${what}`)) return `${name.slice(0, -what.length - 1)}_${what}`;
  }
  return null;
}

/** The stable name of a field of an RPC's answer (`tm.stats`, `current` -> `current_transactions`); `null` when it is not kept. */
export function loadNameOfRpc(command: string, field: string): string | null {
  return BY_RPC.get(`${command} ${field}`) ?? null;
}

const MAX_TABLE_NAME = 64;

/** Counters of what stays in memory until it is removed (a contact, a subscription), not of work in hand: their growth is growth of memory. */
const STORED = new Set([
  "registered_users",
  "registered_contacts",
  "ims_registered_contacts",
  "ims_registered_impus",
  "ims_active_contacts",
  "ims_active_impus",
  "ims_active_subscriptions",
]);

/** Does the counter, by its stable name, count what is stored? */
export function countsStored(name: string): boolean {
  return STORED.has(name) || name.endsWith("_contacts") || name.endsWith("_users");
}

const GAUGES = new Set(LOAD_COUNTERS.filter(({ kind }) => kind === "gauge").map(({ name }) => name));

/**
 * The stable names of the counters that a sentence of the catalogue of sites offers for a population, each exactly and alone: `tm.stats current (also
 * tmx:inuse_transactions)` is `current_transactions`, `branches of tm.stats current` is none. What only counts up is no population.
 */
export function populationCounters(sentence: string): string[] {
  const names = sentence
    .replace(/[()]/g, " ")
    .split(/[,;]| or | also /)
    .map((part) => part.trim().replace(/ +/g, " "))
    .flatMap((part) => BY_STATISTIC.get(part) ?? BY_RPC.get(part) ?? []);
  return [...new Set(names)].filter((name) => GAUGES.has(name));
}
