/**
 * What a server takes of both pools before anything comes in, part by part: worked out once from the release, the modules and their parameters, and
 * used by sizing, capacity, config review, host memory and runbooks. Every part names its source, and the line that makes it large.
 */
import type { ConfigPlace } from "../../kamailio/config/reading.js";
import { costUnder } from "../../kamailio/knowledge/costs/by-manager.js";
import { ALIAS_PKG, MODPARAM_PKG, SCRIPT_SOURCE, SOCKET_PKG, scriptBytes } from "../../kamailio/knowledge/costs/script.js";
import {
  CORE_PKG,
  CORE_SHM,
  MODULE_SOURCE,
  modulePkg,
  moduleShm,
  PROCESS_SHM,
  PV_BUFFER_BESIDE,
  PV_BUFFER_SOURCE,
  QM_BLOCK_GROWTH,
  TCP_MAIN_BESIDE,
  TCP_MAIN_PER_CONNECTION,
  TCP_MAIN_PER_PROCESS,
  TCP_MAIN_SOURCE,
  TCP_PKG,
  TCP_SHM,
  TLS_DOMAIN_PROCESS,
  TLS_SHM,
} from "../../kamailio/knowledge/costs/start.js";
import { factAt } from "../../kamailio/knowledge/releases.js";
import type { Manager, Pool } from "../../kamailio/pool.js";
import type { ConfigFacts } from "../config-review/facts.js";
import { tlsOn } from "../config-review/processes/process-estimate.js";
import { moduleTables } from "./module-tables.js";
import { tlsDomains } from "./tls-domains.js";

export interface FixedPart {
  pool: Pool;
  what: string;
  /** For pkg: of one process. */
  bytes: number;
  /** Where Kamailio does it, and how it was found out. */
  source: string;
  /** The line of the configuration that decides it; absent for a default. */
  file?: string;
  line?: number;
  /** Taken by one process alone, not by every one: the TCP main process. */
  only?: string;
}

export interface FixedParts {
  shm_bytes: number;
  /** Of the process that takes most: what `-M` must hold at the start. */
  pkg_bytes: number;
  parts: FixedPart[];
  /** False where something that decides a part is not recorded; `unknown` says what. */
  exact: boolean;
  unknown: string[];
}

export interface Managers {
  shm: Manager | null;
  pkg: Manager | null;
}

/** @param processes how many the server runs */
export function fixedParts(facts: ConfigFacts, managers: Managers, processes: number): FixedParts {
  const parts: FixedPart[] = [];
  const unknown: string[] = [];
  const add = (pool: Pool, what: string, bytes: number, source: string, where?: ConfigPlace | null, only?: string) => {
    if (bytes === 0) return;
    const place = where == null ? {} : { file: where.file, line: where.line };
    parts.push({ pool, what, bytes: Math.round(bytes), source, ...place, ...(only === undefined ? {} : { only }) });
  };
  const modules = loadedModules(facts);
  const tcp = facts.setting("disable_tcp") !== 1;
  const growth = (manager: Manager | null) =>
    manager === null || manager === "qm" ? (factAt(QM_BLOCK_GROWTH, facts.version) ?? 0) : 0;

  add("shm", "core", costUnder(CORE_SHM.bytes, managers.shm) + growth(managers.shm), CORE_SHM.source);
  add("shm", `${processes} processes`, processes * costUnder(PROCESS_SHM.bytes, managers.shm), PROCESS_SHM.source);
  if (tcp) add("shm", "tcp", costUnder(TCP_SHM.bytes, managers.shm), TCP_SHM.source);
  const loads = modules.reduce((sum, name) => sum + moduleShm(name), 0);
  add("shm", `${modules.length} modules, loaded`, loads, MODULE_SOURCE);
  for (const table of moduleTables(facts, managers.shm)) add("shm", table.what, table.bytes, table.source, table.where);
  if (tlsOn(facts)) {
    const domains = tlsDomains(facts);
    unknown.push(...domains.unknown);
    add("shm", "tls module", costUnder(TLS_SHM.bytes, managers.shm), TLS_SHM.source);
    add(
      "shm",
      `${domains.count} TLS domains x ${processes} processes`,
      domains.count * processes * costUnder(TLS_DOMAIN_PROCESS.bytes, managers.shm),
      TLS_DOMAIN_PROCESS.source,
      domains.where,
    );
  }

  add("pkg", "core", costUnder(CORE_PKG.bytes, managers.pkg) + growth(managers.pkg), CORE_PKG.source);
  if (tcp) add("pkg", "tcp", costUnder(TCP_PKG.bytes, managers.pkg), TCP_PKG.source);
  const size = facts.coreOrNewest("pv_buffer_size") ?? 0;
  const slots = facts.coreOrNewest("pv_buffer_slots") ?? 0;
  const where = facts.assigned("pv_buffer_size") ?? facts.assigned("pv_buffer_slots");
  const buffers = slots * (size + costUnder(PV_BUFFER_BESIDE, managers.pkg));
  add("pkg", `pv_buffer_size ${size} x pv_buffer_slots ${slots}`, buffers, PV_BUFFER_SOURCE, where);
  add(
    "pkg",
    `${modules.length} modules, loaded`,
    modules.reduce((sum, name) => sum + modulePkg(name, managers.pkg ?? "qm"), 0),
    MODULE_SOURCE,
  );
  const xlog = facts.loaded("xlog") ? (facts.numberSet("xlog", "buf_size") ?? 0) : 0;
  if (xlog > 4096)
    add(
      "pkg",
      `xlog buf_size ${xlog}`,
      xlog - 4096,
      "src/modules/xlog/xlog.c@5.6.3; measured on 5.6.3",
      facts.parameter("xlog", "buf_size"),
    );
  const { reading } = facts;
  add("pkg", "routes of the configuration", scriptBytes(reading.script, managers.pkg), SCRIPT_SOURCE, reading.routes[0]);
  const lines =
    reading.modparams.length * costUnder(MODPARAM_PKG, managers.pkg) +
    reading.aliases.length * costUnder(ALIAS_PKG, managers.pkg) +
    reading.sockets.length * costUnder(SOCKET_PKG, managers.pkg);
  add(
    "pkg",
    `${reading.modparams.length} modparam, ${reading.aliases.length} alias and ${reading.sockets.length} listen lines`,
    lines,
    SCRIPT_SOURCE,
  );
  const connections = facts.coreOrNewest("tcp_max_connections") ?? 0;
  if (tcp)
    add(
      "pkg",
      `tcp_max_connections ${connections} x ${TCP_MAIN_PER_CONNECTION} bytes`,
      connections * TCP_MAIN_PER_CONNECTION + processes * TCP_MAIN_PER_PROCESS + TCP_MAIN_BESIDE,
      TCP_MAIN_SOURCE,
      facts.assigned("tcp_max_connections"),
      "tcp main process",
    );
  const total = (pool: Pool) => parts.reduce((sum, part) => sum + (part.pool === pool ? part.bytes : 0), 0);
  return { shm_bytes: total("shm"), pkg_bytes: total("pkg"), parts, exact: unknown.length === 0, unknown };
}

function loadedModules(facts: ConfigFacts): string[] {
  return [...new Set(facts.loadedModules())];
}
