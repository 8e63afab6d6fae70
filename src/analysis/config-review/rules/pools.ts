/** Rules: the pools against the number of processes and the memory of the host. */
import { MB, mb } from "../../../kamailio/units.js";
import { configurationBasis } from "../../capacity/basis.js";
import { NO_EXPECTED_LOAD } from "../../capacity/load.js";
import { coldStartSteps } from "../../sizing/cold-start.js";
import { sum } from "../../sizing/estimate.js";
import type { ConfigFacts } from "../facts.js";
import { type ConfigFinding, finding } from "../finding.js";
import type { ProcessEstimate } from "../processes/process-estimate.js";
import { poolSizes } from "../sizes.js";

/** Share of the host above which the pools leave too little for the kernel, sockets and what else runs; below it they fit with room. */
const HOST_SHARE = 0.8;
/** A private pool this large is paid once for each process; maintainers name 16 to 32 MB as plenty (kamailio#3833). */
const LARGE_PKG = 128 * MB;
/** Print buffers may take this share of a private pool before there is little room for the rest. */
const BUFFER_SHARE = 0.25;
/** The start may take this share of a pool before there is little room for the rest, and this one before the server does not start. */
const FIXED_SHARE = 0.8;
const STARTS_SHARE = 0.985;
/** Processes beyond this are more than any common host has cores for, many times over. */
const MANY_PROCESSES = 150;
/** Children a socket: a SIP worker that waits for a database needs company, but hundreds only cost memory and locks. */
const MANY_CHILDREN = 64;

export function poolsAgainstHost(facts: ConfigFacts, estimate: ProcessEstimate): ConfigFinding[] {
  const { shm_bytes: shm, pkg_bytes: pkg, shm_source, pkg_source } = poolSizes(facts);
  if (shm === null || pkg === null) return [];
  const total = shm + pkg * estimate.processes;
  const sum = `${mb(shm)} shm (${shm_source}) + ${estimate.processes} processes x ${mb(pkg)} pkg (${pkg_source}) = ${mb(total)}`;
  const why =
    "Each process has its own private pool; pages are taken when they are first used and never given back (src/core/mem/pkg.c@5.6.3)";
  const limit = facts.settings.memory_limit_bytes;
  if (limit?.value != null && total > limit.value)
    return [
      finding("pools_exceed_limit", shm > limit.value ? "error" : "warning", facts.assigned("shm"), {
        message: `the pools can take ${sum}, and the limit is ${mb(limit.value)} (${limit.quote ?? limit.source ?? ""})`,
        why: "The kernel ends what passes the limit of its container or unit (OOMKilled): pages count when they are first used",
      }),
    ];
  const host = facts.hostBytes;
  const where = facts.assigned("shm");
  if (host === null) return [finding("pools_total", "info", where, { message: `the pools can take ${sum}`, why })];
  if (total > host)
    return [
      finding("pools_exceed_host", "error", where, { message: `the pools can take ${sum}, and the host has ${mb(host)}`, why }),
    ];
  if (total > host * HOST_SHARE)
    return [
      finding("pools_near_host", "warning", where, { message: `the pools can take ${sum} of the host's ${mb(host)}`, why }),
    ];
  return [finding("pools_total", "info", where, { message: `the pools can take ${sum} of the host's ${mb(host)}`, why })];
}

export function largePrivatePools(facts: ConfigFacts, estimate: ProcessEstimate): ConfigFinding[] {
  const { pkg_bytes: pkg } = poolSizes(facts);
  if (pkg === null || pkg < LARGE_PKG) return [];
  return [
    finding("pkg_pool_large", "warning", null, {
      message: `-M ${pkg / MB} is taken by each of ${estimate.processes} processes: ${mb(pkg * estimate.processes)}`,
      why: "The private pool is one for each process, SIP worker or timer; 16 to 32 MB are plenty (kamailio#3833)",
      write: "-M 16",
    }),
  ];
}

/** What is taken before anything comes in, against the pools: with less the server does not start. */
export function fixedAgainstPools(facts: ConfigFacts, estimate: ProcessEstimate): ConfigFinding[] {
  const { shm_bytes: shm, pkg_bytes: pkg } = poolSizes(facts);
  const basis = configurationBasis(facts, estimate.processes);
  const { fixed } = basis;
  return (["shm", "pkg"] as const).flatMap((pool) => {
    const size = pool === "shm" ? shm : pkg;
    const taken = pool === "shm" ? fixed.shm_bytes : fixed.pkg_bytes;
    if (size === null || taken <= size * FIXED_SHARE) return [];
    const largest = fixed.parts.filter((part) => part.pool === pool).sort((a, b) => b.bytes - a.bytes);
    const [first] = largest;
    const where = first?.file === undefined || first.line === undefined ? null : { file: first.file, line: first.line };
    const who = pool === "shm" ? "shm" : "the private pool of a process";
    const named = largest.slice(0, 3).map(({ what, bytes }) => `${what} ${mb(bytes)}`);
    const starts = taken <= size * STARTS_SHARE;
    return [
      finding(`${pool}_start_does_not_fit`, starts ? "warning" : "error", where, {
        message: `${who} takes ${mb(taken)} of ${mb(size)} at the start, before anything comes in: ${named.join(", ")}`,
        why: `${starts ? "Too little is left to work with" : "With so little the server does not start"} (${first?.source ?? ""})`,
        write: `${pool === "shm" ? "-m" : "-M"} ${Math.round(sum(coldStartSteps(pool, basis, NO_EXPECTED_LOAD)).bytes / MB)}`,
      }),
    ];
  });
}

/** pv_buffer_size x pv_buffer_slots are allocated in each private pool at start. */
export function printBuffers(facts: ConfigFacts): ConfigFinding[] {
  const { pkg_bytes: pkg } = poolSizes(facts);
  const size = facts.core("pv_buffer_size");
  const slots = facts.core("pv_buffer_slots");
  if (pkg === null || size === null || slots === null || size * slots <= pkg * BUFFER_SHARE) return [];
  const where = facts.assigned("pv_buffer_size") ?? facts.assigned("pv_buffer_slots");
  return [
    finding("print_buffers_large", size * slots >= pkg ? "error" : "warning", where, {
      message: `pv_buffer_size x pv_buffer_slots = ${mb(size * slots)} of each private pool of ${mb(pkg)}`,
      why: "The buffers are allocated once in every process (src/core/pvapi.c:2035@master)",
      write: "pv_buffer_size=8192",
    }),
  ];
}

export function processCount(facts: ConfigFacts, estimate: ProcessEstimate): ConfigFinding[] {
  const children = facts.setting("children") ?? 0;
  const findings: ConfigFinding[] = [];
  const where = facts.assigned("children");
  const why =
    "children counts for each UDP socket, tcp_children (the same by default) for all TCP and TLS sockets (src/main.c:1891@master)";
  if (children > MANY_CHILDREN)
    findings.push(
      finding("children_high", "warning", where, {
        message: `children=${children}: that many SIP workers for each UDP socket cost private pools and contend for locks`,
        why,
        write: "children=8",
      }),
    );
  else if (estimate.processes > MANY_PROCESSES)
    findings.push(
      finding("processes_many", "warning", where, { message: `this configuration starts ${estimate.processes} processes`, why }),
    );
  if (where !== null && where.value === 1)
    findings.push(
      finding("children_one", "warning", where, {
        message: "children=1: one slow database or DNS query stops the socket, and messages pile up in the kernel",
        why: "A UDP worker handles one message at a time (src/core/udp_server.c@5.6.3)",
        write: "children=8",
      }),
    );
  if (facts.setting("fork") === 0)
    findings.push(
      finding("fork_off", "warning", facts.assigned("fork"), {
        message: "fork=no: one process serves the first UDP socket, TCP is off",
        why: "Meant for debugging the start (src/main.c:1482@5.6.3)",
        write: "fork=yes",
      }),
    );
  return findings;
}

/** Pages that are touched at start are not paged in later: known cost, no surprise. */
export function lockedMemory(facts: ConfigFacts): ConfigFinding[] {
  const where = facts.assigned("mlock_pages");
  if (where?.value !== 1) return [];
  return [
    finding("mlock_pages_on", "info", where, {
      message: "mlock_pages=yes keeps all pages of all processes in memory: count the whole pools, not what is used",
      why: "mlockall(MCL_CURRENT|MCL_FUTURE) at start (src/main.c:440@master)",
    }),
  ];
}
