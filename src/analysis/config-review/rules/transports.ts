/** Rules: what connections and their buffers can take of shared memory. */

import { KB, MB, mb } from "../../../kamailio/units.js";
import { tableCosts } from "../../capacity/object-costs.js";
import type { ConfigFacts } from "../facts.js";
import { type ConfigFinding, finding } from "../finding.js";
import { type ProcessEstimate, tlsOn } from "../processes/process-estimate.js";
import { poolSizes } from "../sizes.js";

/** A request this long needs a free chunk as long, which a fragmented pool has not (kamailio#2942: 256,760 bytes failed with 200 MB free). */
const LARGE_READ_BUFFER = 65_536;
/** Share of shm that connections may come to before it is said. */
const CONNECTION_SHARE = 0.5;
/** tls: free shm for each process below which new connections, then all operations, are refused (tls_init.c:793-800@5.6.3). */
const THRESHOLD_1 = 512 * KB;
/** The part of shm that the threshold may reserve before the pool is mostly reserve. */
const THRESHOLD_SHARE = 0.25;

/** Does the configuration have connections at all? */
function hasStreams(facts: ConfigFacts): boolean {
  return facts.setting("disable_tcp") !== 1 && facts.setting("fork") !== 0;
}

/** What the line asks for is held against the pool; a default that nobody wrote is no finding, since hardly any server has so many connections. */
export function tcpConnections(facts: ConfigFacts): ConfigFinding[] {
  const { shm_bytes: shm } = poolSizes(facts);
  const connections = facts.core("tcp_max_connections");
  const where = facts.assigned("tcp_max_connections") ?? facts.assigned("tcp_rd_buf_size");
  if (!hasStreams(facts) || shm === null || connections === null || where === null) return [];
  const each = tableCosts(facts, facts.manager("shm")).tcp_connection;
  const bytes = facts.loaded("websocket") ? each.bytes.high : each.bytes.likely;
  const total = connections * bytes;
  if (total <= shm * CONNECTION_SHARE) return [];
  const fits = Math.max(1, Math.floor((shm * CONNECTION_SHARE) / bytes));
  return [
    finding("tcp_connections_exceed_shm", total > shm ? "warning" : "info", where, {
      message: `tcp_max_connections=${connections} x ${bytes} bytes (${each.evidence}) = ${mb(total)} of ${mb(shm)} shm`,
      why: "Every connection is one chunk of shared memory with its read buffer (src/core/tcp_main.c:1175@5.6.3); nothing else bounds them",
      write: `tcp_max_connections=${fits}`,
    }),
  ];
}

export function readBuffer(facts: ConfigFacts): ConfigFinding[] {
  const where = facts.assigned("tcp_rd_buf_size");
  if (where === null || typeof where.value !== "number" || where.value < LARGE_READ_BUFFER) return [];
  return [
    finding("tcp_rd_buf_size_large", "warning", where, {
      message: `tcp_rd_buf_size=${where.value}: every connection needs a free chunk that long, even when it sends nothing`,
      why: "The buffer is part of the connection's chunk; in a fragmented pool the request fails with hundreds of MB free (kamailio#2942)",
      write: "tcp_rd_buf_size=16384",
    }),
  ];
}

export function connectionLimits(facts: ConfigFacts): ConfigFinding[] {
  const tcp = facts.core("tcp_max_connections");
  const tls = facts.core("tls_max_connections");
  const findings: ConfigFinding[] = [];
  const where = facts.assigned("tcp_max_connections");
  const files = facts.core("open_files_limit");
  if (tcp !== null && where !== null && hasStreams(facts) && files !== null && files > 0 && files < tcp)
    findings.push(
      finding("open_files_below_connections", "warning", facts.assigned("open_files_limit"), {
        message: `open_files_limit=${files} is below tcp_max_connections=${tcp}`,
        why: "Each connection is a file of the TCP main process (src/core/tcp_main.c@5.6.3)",
        write: `open_files_limit=${tcp + 1024}`,
      }),
    );
  if (tcp !== null && tls !== null && tlsOn(facts) && tls > tcp)
    findings.push(
      finding("tls_above_tcp_connections", "info", facts.assigned("tls_max_connections") ?? where, {
        message: `tls_max_connections=${tls} is above tcp_max_connections=${tcp}, which counts TLS connections too`,
        why: "A TLS connection is a TCP connection first (src/core/tcp_main.c@5.6.3)",
        write: `tcp_max_connections=${tls}`,
      }),
    );
  return findings;
}

/** Below the threshold TLS refuses: it is a reserve that grows with the number of processes. */
export function tlsThresholds(facts: ConfigFacts, estimate: ProcessEstimate): ConfigFinding[] {
  const { shm_bytes: shm } = poolSizes(facts);
  const first = facts.number("tls", "low_mem_threshold1");
  const where = facts.parameter("tls", "low_mem_threshold1");
  if (!facts.loaded("tls") || first === null) return [];
  const why =
    "new TLS connections are refused while free shm is below 512 KB x processes, all TLS operations below half of it (src/modules/tls/tls_init.c:793-800@5.6.3)";
  if (first === 0)
    return [
      finding("tls_threshold_off", "warning", where, {
        message:
          "low_mem_threshold1=0: TLS takes shared memory to the last byte, and OpenSSL does not survive a failed allocation",
        why,
        write: 'modparam("tls", "low_mem_threshold1", -1)',
      }),
    ];
  if (shm === null) return [];
  const reserve = first < 0 ? THRESHOLD_1 * estimate.processes : first * KB;
  const how = first < 0 ? `512 KB x ${estimate.processes} processes` : `low_mem_threshold1=${first}`;
  if (reserve <= shm * THRESHOLD_SHARE)
    return [
      finding("tls_threshold", "info", where, {
        message: `TLS refuses new connections when less than ${mb(reserve)} (${how}) of ${mb(shm)} shm are free`,
        why,
      }),
    ];
  return [
    finding("tls_threshold_takes_pool", reserve >= shm ? "error" : "warning", where, {
      message: `TLS refuses new connections when less than ${mb(reserve)} (${how}) are free, and shm has ${mb(shm)}`,
      why,
      write: `-m ${Math.ceil(reserve / THRESHOLD_SHARE / MB / 64) * 64}`,
    }),
  ];
}

export function tlsConnections(facts: ConfigFacts): ConfigFinding[] {
  const { shm_bytes: shm } = poolSizes(facts);
  const connections = facts.core("tls_max_connections");
  const where = facts.assigned("tls_max_connections");
  if (!tlsOn(facts) || shm === null || connections === null || where === null) return [];
  const each = tableCosts(facts, facts.manager("shm")).tls_connection.bytes.likely;
  const total = connections * each;
  if (total <= shm * CONNECTION_SHARE) return [];
  return [
    finding("tls_connections_exceed_shm", "warning", where, {
      message: `tls_max_connections=${connections} x about ${Math.round(each / KB)} KB = ${mb(total)} of ${mb(shm)} shm`,
      why: "OpenSSL allocates in shared memory (tls_init.c:607@5.6.3); 9,600 connections were seen to take 700 MB (kamailio#3980)",
      write: `-m ${Math.ceil(total / CONNECTION_SHARE / MB / 64) * 64}`,
    }),
  ];
}
