/**
 * What a server takes before anything comes in: the core, its processes, what modules take when they are loaded, TLS, print buffers. Measured on
 * Debian's 5.6.3 with OpenSSL 3.0, two starts each, with and without the one thing (not repeated by a script of ours); idle figures are the same to
 * the byte from run to run.
 */
import type { Row } from "../releases.js";
import { type ByManager, same } from "./by-manager.js";

const MEASURED = "measured on 5.6.3";

export interface CostRow {
  bytes: ByManager;
  source: string;
}

/** shm of the core with kex, corex, cfg_rpc, ctl and pv, without its processes and TCP: most of it is the memory manager's own table of sizes. */
export const CORE_SHM: CostRow = { bytes: { qm: 563_576, fm: 361_160, tlsf: 336_168 }, source: MEASURED };
/** The same of each process's pkg, without print buffers. */
export const CORE_PKG: CostRow = { bytes: { qm: 375_528, fm: 164_332, tlsf: 132_216 }, source: MEASURED };
/** TCP that is on, with or without a socket. */
export const TCP_SHM: CostRow = { bytes: { qm: 45_896, fm: 45_672, tlsf: 45_800 }, source: `disable_tcp=no; ${MEASURED}` };
export const TCP_PKG: CostRow = { bytes: { qm: 5168, fm: 4496, tlsf: 4400 }, source: `disable_tcp=no; ${MEASURED}` };
/** A process in shm: 1,092 with the core alone, 1,932 with modules that keep counters for each (tm, usrloc, dialog, pike). */
export const PROCESS_SHM: CostRow = { bytes: same(1932), source: MEASURED };

/** q_malloc's own table grew with 5.8: bytes more than 5.6.3 has, in shm and in each pkg (q_malloc.h). */
export const QM_BLOCK_GROWTH: readonly Row<number>[] = [
  { since: "3.3.5", until: "4.3.7", value: -16_800, source: "mem/q_malloc.h@4.2.0" },
  { since: "4.4.0", until: "5.7.7", value: 0, source: "src/core/mem/q_malloc.h@5.6.3" },
  { since: "5.8.0", until: null, value: 33_456, source: "src/core/mem/q_malloc.h@5.8.0" },
];

/** Print buffers: `pv_buffer_slots` of `pv_buffer_size` in the pkg of every process; each takes so much more than its size. */
export const PV_BUFFER_BESIDE: ByManager = { qm: 242, fm: 86, tlsf: 64 };
export const PV_BUFFER_SOURCE = "pv_init_buffer(), src/core/pvapi.c@5.6.3; measured: 64 of 131,072 do not start with -M 8";
/** Each connection that TCP may have takes so much pkg of the TCP main process: 240,000 do not start with -M 8. */
export const TCP_MAIN_PER_CONNECTION = 36;
/** Beside it, and for each process. */
export const TCP_MAIN_BESIDE = 6_000;
export const TCP_MAIN_PER_PROCESS = 242;
export const TCP_MAIN_SOURCE =
  "fd_map and poll arrays, src/core/io_wait.c:518@5.6.3; measured: 200,000 take 7.9 MB, 240,000 do not start with -M 8";

/** The tls module with `enable_tls`, before its domains. */
export const TLS_SHM: CostRow = { bytes: { qm: 880_000, fm: 600_000, tlsf: 640_000 }, source: `OpenSSL's tables; ${MEASURED}` };
/** A domain (server or client, the two defaults among them) in every process: each keeps an SSL_CTX of its own. */
export const TLS_DOMAIN_PROCESS: CostRow = {
  bytes: { qm: 58_453, fm: 36_307, tlsf: 38_328 },
  source: "one SSL_CTX a domain and process, src/modules/tls/tls_domain.c:1057@5.6.3; measured with OpenSSL 3.0",
};

/** Bytes of pkg that loading a module takes in every process, under q_malloc. */
const MODULE_PKG: Readonly<Record<string, number>> = {
  acc: 16_056,
  async: 2232,
  auth: 2904,
  benchmark: 2888,
  cfgt: 4016,
  cfgutils: 5144,
  counters: 3832,
  db_text: 1432,
  debugger: 4168,
  dialog: 12_160,
  dialplan: 4000,
  dispatcher: 6904,
  evapi: 2288,
  htable: 8208,
  http_client: 3016,
  ipops: 2888,
  jsonrpcs: 3456,
  mqueue: 2600,
  msrp: 2608,
  mtree: 3856,
  nathelper: 2624,
  permissions: 4704,
  pike: 2064,
  pipelimit: 3744,
  pv_headers: 6768,
  ratelimit: 3784,
  registrar: 5064,
  rr: 2544,
  rtpengine: 6928,
  sanity: 1280,
  secfilter: 4312,
  siptrace: 5544,
  siputils: 3872,
  sl: 3000,
  sqlops: 4072,
  textops: 5008,
  textopsx: 3512,
  tls: 17_088,
  tm: 17_300,
  tmx: 8232,
  topoh: 5904,
  topos: 2736,
  tsilo: 3900,
  uac: 2792,
  usrloc: 3888,
  xhttp: 2000,
  xhttp_prom: 4000,
  xlog: 7080,
};

/** A module that was not measured: the dearest of a hundred took 17 kB, half of them less than 3. */
const UNMEASURED_MODULE_PKG = 6000;
/** Those that the core's own figure holds. */
const IN_THE_CORE = new Set(["kex", "corex", "cfg_rpc", "ctl", "pv"]);
/** The other managers keep less beside the many small chunks of a module. */
const SHARE_OF_QM: Readonly<Record<keyof ByManager, number>> = { qm: 1, fm: 0.9, tlsf: 0.86 };

/** Bytes of pkg in every process. */
export function modulePkg(name: string, manager: keyof ByManager): number {
  if (IN_THE_CORE.has(name)) return 0;
  return Math.round((MODULE_PKG[name] ?? UNMEASURED_MODULE_PKG) * SHARE_OF_QM[manager]);
}

/** Bytes of shm that loading a module takes beside its tables, under q_malloc. */
const MODULE_SHM: Readonly<Record<string, number>> = {
  async: 4312,
  dialog: 2824,
  dispatcher: 3104,
  evapi: 3592,
  jsonrpcs: 3592,
  lcr: 90_000,
  mtree: 6472,
  nat_traversal: 2280,
  permissions: 62_792,
  pike: 5944,
  ratelimit: 19_656,
  rtpengine: 1640,
  secfilter: 35_528,
  sipdump: 1936,
  sl: 800,
  statsc: 4032,
  tm: 8400,
  topos: 2432,
  userblocklist: 8000,
};
/** A module that was not measured and keeps nothing that grows: the share of one of a hundred. */
const UNMEASURED_MODULE_SHM = 2000;

export function moduleShm(name: string): number {
  if (IN_THE_CORE.has(name)) return 0;
  return MODULE_SHM[name] ?? (MODULE_PKG[name] === undefined ? UNMEASURED_MODULE_SHM : 500);
}

export const MODULE_SOURCE = MEASURED;
