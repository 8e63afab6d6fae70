/**
 * What one contact, dialog, transaction or connection takes of shm, by release and manager: the table for a server of which nothing was measured.
 * 5.6.3 under the three managers (200 of each, 20 of TLS; `bench/costs.ts` repeats it for contacts); other releases where they were measured.
 */
import type { Row } from "../releases.js";
import type { ByManager } from "./by-manager.js";

/** What counts by the piece. */
export type CountedObject = "contact" | "dialog" | "transaction" | "tcp_connection" | "tls_connection";

export interface ObjectCost {
  /** The middle: what the plain one took. */
  likely: ByManager;
  /** Shares of it: the smallest and the largest that were seen (short and long URIs, Path and GRUU, bodies of 4 kB, dialogs with variables). */
  low: number;
  high: number;
}

/** A contact with its address of record: 864 for a second contact of one AoR, 1,320 with Path, 1,304 with GRUU or long URIs. */
export const CONTACT: readonly Row<ObjectCost>[] = [
  {
    since: "3.3.5",
    until: "5.7.99",
    value: { likely: { qm: 1192, fm: 945, tlsf: 1031 }, low: 0.75, high: 1.4 },
    source: "measured on 5.6.3; ucontact_t and urecord_t, src/modules/usrloc/ucontact.c:96-137@5.6.3",
  },
  {
    since: "5.8.0",
    until: null,
    value: { likely: { qm: 1264, fm: 1010, tlsf: 1095 }, low: 0.75, high: 1.4 },
    source: "measured on 6.1.4 (q_malloc); the others by the same difference",
  },
];

/** A dialog beside its transaction; variables, profiles and route sets come on top. */
export const DIALOG: readonly Row<ObjectCost>[] = [
  {
    since: "3.3.5",
    until: "5.7.99",
    value: { likely: { qm: 1592, fm: 1370, tlsf: 1480 }, low: 0.9, high: 2.5 },
    source: "measured on 5.6.3; dlg_cell, src/modules/dialog/dlg_hash.c:469@5.6.3",
  },
  {
    since: "5.8.0",
    until: null,
    value: { likely: { qm: 1680, fm: 1450, tlsf: 1560 }, low: 0.9, high: 2.5 },
    source: "5.6.3 and what q_malloc keeps more for each of a dozen chunks from 5.8",
  },
];

/** A transaction with its cell, cloned request and replies; a body of 4 kB makes it 23.4 kB, several branches more. */
export const TRANSACTION: readonly Row<ObjectCost>[] = [
  {
    since: "3.3.5",
    until: "5.7.99",
    value: { likely: { qm: 15_901, fm: 15_740, tlsf: 15_660 }, low: 0.87, high: 1.5 },
    source: "measured on 5.6.3; struct cell and max_branches, src/modules/tm/h_table.c:331-334@5.6.3",
  },
  {
    since: "5.8.0",
    until: null,
    value: { likely: { qm: 16_577, fm: 16_400, tlsf: 16_320 }, low: 0.87, high: 1.5 },
    source: "measured on 6.1.4 (q_malloc); the others by the same difference",
  },
];

/** struct tcp_connection and its hash entry beside `tcp_rd_buf_size`: 17,416 with the default of 16,384, 66,568 with 65,536. */
export const TCP_CONNECTION: readonly Row<ByManager>[] = [
  {
    since: "3.3.5",
    until: "5.7.99",
    value: { qm: 1032, fm: 1000, tlsf: 984 },
    source: "one chunk with the read buffer, src/core/tcp_main.c:1175@5.6.3; measured on 5.6.3",
  },
  { since: "5.8.0", until: null, value: { qm: 1104, fm: 1072, tlsf: 1056 }, source: "measured on 6.1.4 (q_malloc)" },
];
export const TCP_HIGH = 1.1;

/** What TLS takes beside the TCP connection: OpenSSL's session and buffers in shm. The first of each process takes 50 kB more and keeps it. */
export const TLS_BESIDE: readonly Row<ByManager>[] = [
  {
    since: "3.3.5",
    until: null,
    value: { qm: 58_123, fm: 56_512, tlsf: 50_241 },
    source: "measured on 5.6.3 with OpenSSL 3.0: 75,539 with its TCP connection; 130 kB each in kamailio#3980",
  },
];
/** Long certificate chains and client certificates. */
export const TLS_HIGH = 1.5;
export const TLS_FIRST_OF_A_PROCESS = 50_000;

/** A websocket connection keeps a buffer of its own (ws_conn.c:197-206@5.6.3). */
export const WEBSOCKET_BUFFER: readonly Row<number>[] = [
  { since: "3.3.5", until: "4.3.7", value: 0, source: "modules/websocket/ws_conn.c@4.3.7" },
  { since: "4.4.0", until: null, value: 65_536, source: "src/modules/websocket/ws_conn.c:197-206@5.6.3" },
];
