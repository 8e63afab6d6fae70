/**
 * What every answer about an instance's memory stands on: its processes, the fixed parts of both pools, the costs of what comes in, and how much of it
 * there is. Worked out in one place, so that sizing, capacity, review, host memory and runbooks cannot part.
 */
import type { CountedObject } from "../../kamailio/knowledge/costs/objects.js";
import { ConfigFacts } from "../config-review/facts.js";
import { NO_CONFIG } from "../config-review/no-config.js";
import { tlsOn } from "../config-review/processes/process-estimate.js";
import { processCount } from "../diagnosis/tls-reserve.js";
import type { History } from "../history/history.js";
import { type FixedParts, fixedParts } from "./fixed-parts.js";
import { measuredCosts } from "./measured-costs.js";
import { bestCosts, type Cost, type ObjectBytes, tableCosts } from "./object-costs.js";
import { type Populations, populationsNow } from "./populations.js";

export interface Basis {
  processes: number;
  fixed: FixedParts;
  costs: Cost[];
  now: Populations;
  peak: Populations;
  /** shm in use that neither the fixed parts nor the populations explain: loaded tables, modules that were not measured. Bytes. */
  other: number;
  tls: boolean;
  facts: ConfigFacts;
}

/** @param asked processes that are asked about instead of those that run */
export function capacityBasis(history: History, asked: number | null = null): Basis {
  const processes = asked ?? processCount(history);
  const { server, version, shm_manager, pkg_manager, tls } = history.facts;
  const facts = new ConfigFacts(server ?? { reading: NO_CONFIG, version });
  const managers = { shm: shm_manager, pkg: pkg_manager };
  const fixed = fixedParts(facts, managers, processes);
  const table = tableCosts(facts, shm_manager);
  const bytes = (object: CountedObject): ObjectBytes => table[object].bytes;
  const measured = measuredCosts(history, {
    contact: bytes("contact"),
    dialog: bytes("dialog"),
    transaction: bytes("transaction"),
    tcp_connection: bytes("tcp_connection"),
    tls_connection: bytes("tls_connection"),
  });
  const costs = bestCosts(table, measured, fixed);
  const { now, peak } = populationsNow(history);
  const level = measured.level ?? levelNow(history, costs, now);
  const running = asked === null ? fixed : fixedParts(facts, managers, processCount(history));
  const other = level === null ? 0 : Math.max(0, Math.round(level - running.shm_bytes));
  return { processes, fixed, costs, now, peak, other, tls: tls === true || tlsOn(facts), facts };
}

/** Without a measured level: what is in use at the newest sample, less what its populations take by the costs. */
function levelNow(history: History, costs: readonly Cost[], now: Populations): number | null {
  const used = history.shm.real_used.last.at(-1);
  if (used === undefined) return null;
  return costs.reduce(
    (rest, { object, bytes }) => rest - (object in now ? bytes.likely * (now[object as CountedObject] ?? 0) : 0),
    used,
  );
}

/** What a configuration alone tells, before any sample. */
export function configurationBasis(facts: ConfigFacts, processes: number): Basis {
  const fixed = fixedParts(facts, { shm: facts.manager("shm"), pkg: facts.manager("pkg") }, processes);
  const costs = bestCosts(tableCosts(facts, facts.manager("shm")), { costs: new Map(), level: null }, fixed);
  return { processes, fixed, costs, now: {}, peak: {}, other: 0, tls: tlsOn(facts), facts };
}
