/**
 * How many processes a configuration starts: each has a private pool, and several reserves in shared memory grow with their number.
 * The sum is Kamailio's own (calc_proc_no() and the register_procs() of the modules, src/main.c@5.6.3), which it announces as
 * "processes (at least): N".
 */
import type { ListenSocket } from "../../../kamailio/config/reading.js";
import { factAt, type Row } from "../../../kamailio/knowledge/releases.js";
import { versionInRange } from "../../../kamailio/version.js";
import type { ConfigFacts } from "../facts.js";
import { definitionNumber, MODULE_PROCESSES } from "./module-processes.js";

export interface ProcessPart {
  what: string;
  count: number;
  detail: string;
  source: string;
}

export interface ProcessEstimate {
  /** Processes that run, the main process included. */
  processes: number;
  /** What the log line "processes (at least): N" says. */
  announced: number;
  parts: ProcessPart[];
  /** False when something that this file does not show decides; `unknown` says what. */
  exact: boolean;
  unknown: string[];
}

/** The timer for what must not wait (sr_wtimer) exists. */
const SECONDARY_TIMER: readonly Row<number>[] = [
  { since: "3.3.5", until: "4.3.7", value: 0, source: "main.c@4.3.7" },
  { since: "4.4.0", until: null, value: 1, source: "src/core/timer_proc.c:499@master" },
];

/** calc_proc_no() counts the secondary timer although it registers itself. */
const COUNTED_TWICE: readonly Row<number>[] = [
  { since: "3.3.5", until: "4.3.7", value: 0, source: "main.c@4.3.7" },
  { since: "4.4.0", until: "5.0.2", value: 1, source: "src/main.c@5.0.2" },
  { since: "5.0.3", until: null, value: 0, source: "src/main.c@5.0.3" },
];

/** TLS sockets without a TCP socket start receivers too. */
const TLS_RECEIVERS: readonly Row<boolean>[] = [
  { since: "3.3.5", until: "4.0.6", value: false, source: "tcp_init.h@4.0.6" },
  { since: "4.0.7", until: "4.0.7", value: true, source: "tcp_init.h@4.0.7" },
  { since: "4.1.0", until: "4.1.3", value: false, source: "tcp_init.h@4.1.3" },
  { since: "4.1.4", until: null, value: true, source: "tcp_init.h@4.1.4" },
];

/** A host has its loopback and at least one more address. */
const LIKELY_ADDRESSES = 2;

export function estimateProcesses(facts: ConfigFacts): ProcessEstimate {
  const unknown: string[] = [];
  const parts: ProcessPart[] = [];
  const add = (what: string, count: number, detail: string, source: string) => {
    if (count > 0) parts.push({ what, count, detail, source });
  };
  const forks = facts.setting("fork") !== 0;
  const sockets = listeningSockets(facts, unknown);
  const children = facts.setting("children") ?? 8;
  const tcp = facts.setting("disable_tcp") !== 1;

  add("main process", 1, forks ? "fork=yes" : "fork=no: it serves the first UDP socket itself", "src/main.c:1865@5.6.3");
  const udp = forks ? udpReceivers(facts, sockets, children) : 0;
  add("udp receivers", udp, `${count(sockets, "udp")} UDP sockets x children=${children}`, "src/main.c:1891@master");
  const sctp = sctpOn(facts) && forks ? workersOf(sockets, "sctp", facts.core("sctp_children") || children) : 0;
  add("sctp receivers", sctp, `${count(sockets, "sctp")} SCTP sockets`, "src/main.c:1949@master");
  add("timer", 1, "always", "src/main.c:1532@master");
  add("slow timer", 1, "always", "src/main.c:1513@master");
  const secondary = factAt(SECONDARY_TIMER, facts.version) ?? 1;
  add("secondary timer", secondary, "since 4.4.0", "src/core/timer_proc.c:499@master");
  const receivers = tcp ? tcpReceivers(facts, sockets, children) : 0;
  const tcpMain = tcp ? 1 : 0;
  if (forks) {
    add("tcp main process", tcpMain, "disable_tcp=no, also without a TCP socket", "src/main.c:2045@master");
    add("tcp receivers", receivers, `tcp_children=${tcpChildren(facts, children)}`, "src/core/tcp_main.c:5697@master");
  }
  add("async workers", asyncWorkers(facts), "async_workers and async_workers_group", "src/core/async_task.c:213@master");
  const extra = addModules(facts, add, unknown);

  const processes = parts.reduce((total, part) => total + part.count, 0);
  const notForked = forks ? 0 : receivers + tcpMain;
  const announced = processes + notForked + extra + (factAt(COUNTED_TWICE, facts.version) ?? 0);
  return { processes, announced, parts, exact: unknown.length === 0, unknown };
}

type Add = (what: string, count: number, detail: string, source: string) => void;

function addModules(facts: ConfigFacts, add: Add, unknown: string[]): number {
  let extra = 0;
  for (const row of MODULE_PROCESSES) {
    if (!facts.loaded(row.module)) continue;
    if (facts.version !== null && !versionInRange(facts.version, row)) continue;
    const number = row.count(facts);
    if (number === null) unknown.push(`${row.module}: ${row.what}`);
    else add(`${row.module}: ${row.what}`, number, "started by the module", row.source);
    extra += row.registered_extra ?? 0;
  }
  return extra;
}

/** The sockets with their protocol spelt out; without `listen` one for each address of the host. */
function listeningSockets(facts: ConfigFacts, unknown: string[]): ListenSocket[] {
  const protocols: ListenSocket["protocol"][] = ["udp", "tcp"];
  if (tlsOn(facts)) protocols.push("tls");
  if (sctpOn(facts)) protocols.push("sctp");
  const { sockets } = facts.reading;
  if (sockets.length > 0) {
    for (const socket of sockets)
      if (/^[a-z][a-z0-9._-]{0,60}$/i.test(socket.address) && socket.address !== "localhost")
        unknown.push(`${socket.address} (${socket.file}:${socket.line}) may stand for several addresses`);
    return sockets.flatMap((socket) =>
      socket.protocol === null ? protocols.map((protocol) => ({ ...socket, protocol })) : [socket],
    );
  }
  const addresses = facts.hostAddresses ?? LIKELY_ADDRESSES;
  if (facts.hostAddresses === null)
    unknown.push(`no listen line: one socket for each address of the host (taken as ${addresses})`);
  const place = { file: facts.reading.main, line: 1, end_line: 1, port: null, advertise: null, name: null, agname: null };
  return Array.from({ length: addresses }, () => protocols)
    .flat()
    .map((protocol) => ({ ...place, protocol, address: "*", virtual: false, workers: 0 }));
}

function udpReceivers(facts: ConfigFacts, sockets: readonly ListenSocket[], children: number): number {
  const mode = facts.core("udp_receiver_mode") ?? 0;
  if (mode === 1) return 1;
  if (mode !== 2) return workersOf(sockets, "udp", children);
  const udp = sockets.filter((socket) => socket.protocol === "udp");
  const groups = new Set(udp.flatMap((socket) => socket.agname ?? []));
  const alone = udp.filter((socket) => socket.agname === null);
  return groups.size + workersOf(alone, "udp", children);
}

/** The workers of the sockets that have their own, and `tcp_children` once for all others. */
function tcpReceivers(facts: ConfigFacts, sockets: readonly ListenSocket[], children: number): number {
  const shared = tcpChildren(facts, children);
  const plain = sockets.filter((socket) => socket.protocol === "tcp" || socket.protocol === "ws");
  const tls = sockets.filter((socket) => socket.protocol === "tls" || socket.protocol === "wss");
  let total = own(plain) + (plain.some((socket) => socket.workers === 0) ? shared : 0);
  if (factAt(TLS_RECEIVERS, facts.version) === false || !tlsOn(facts)) return total;
  const before = total;
  total += own(tls);
  return total + (before === 0 && tls.some((socket) => socket.workers === 0) ? shared : 0);
}

function asyncWorkers(facts: ConfigFacts): number {
  const groups = facts.reading.core.filter((assignment) => assignment.name === "async_workers_group");
  const inGroups = groups.reduce((total, group) => total + (definitionNumber(String(group.value), "workers") ?? 0), 0);
  return (facts.setting("async_workers") ?? 0) + inGroups;
}

function tcpChildren(facts: ConfigFacts, children: number): number {
  return facts.setting("tcp_children") || children;
}

function own(sockets: readonly ListenSocket[]): number {
  return sockets.reduce((total, socket) => total + socket.workers, 0);
}

function workersOf(sockets: readonly ListenSocket[], protocol: string, children: number): number {
  const those = sockets.filter((socket) => socket.protocol === protocol);
  return those.reduce((total, socket) => total + (socket.workers > 0 ? socket.workers : children), 0);
}

function count(sockets: readonly ListenSocket[], protocol: string): number {
  return sockets.filter((socket) => socket.protocol === protocol).length;
}

/** TLS takes `enable_tls=yes` (older: `disable_tls=no`) and its module. */
export function tlsOn(facts: ConfigFacts): boolean {
  const last = facts.reading.core.findLast((assignment) => assignment.name === "enable_tls" || assignment.name === "disable_tls");
  const on = last === undefined ? false : last.name === "enable_tls" ? last.value === 1 : last.value === 0;
  return on && facts.anyLoaded("tls", "tls_wolfssl") !== null;
}

/** SCTP is a module since 4.1; `enable_sctp=no` keeps it off. */
function sctpOn(facts: ConfigFacts): boolean {
  return facts.loaded("sctp") && facts.assigned("enable_sctp")?.value !== 0;
}
