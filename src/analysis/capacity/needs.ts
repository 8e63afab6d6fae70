/** What a pool must hold for a load, step by step, and the least with which the server starts. */
import type { CountedObject } from "../../kamailio/knowledge/costs/objects.js";
import { TLS_FIRST_OF_A_PROCESS } from "../../kamailio/knowledge/costs/objects.js";
import type { Pool } from "../../kamailio/pool.js";
import { MB } from "../../kamailio/units.js";
import { TLS_RESERVE_PER_PROCESS } from "../diagnosis/tls-reserve.js";
import { add, floor, margin, type Step } from "../sizing/estimate.js";
import type { Basis } from "./basis.js";
import { countedOn, type ExpectedLoad } from "./load.js";

/** Kept free in shm for holes between chunks and the largest single request. */
const SHM_MARGIN = 0.1;
/** What a worker takes beside its fixed parts while it handles messages: parsed headers, lumps, replies, results of queries; measured 0.3 to 1.2 MB. */
const PKG_WORK = 1.5 * MB;
const PKG_MARGIN = 0.15;
/** Beside the fixed parts, so that the start itself has room: the configuration is read with buffers that are freed again. */
const START_SHARE = 0.03;
const START_BYTES = { shm: MB, pkg: MB / 4 } as const;

const NAMES: Record<CountedObject, string> = {
  contact: "contacts",
  dialog: "calls",
  transaction: "transactions",
  tcp_connection: "tcp_connections",
  tls_connection: "tls_connections",
};

/** The steps of shm, without its floor and rounding. `likely` counts the middle of each cost and keeps no margin: what it gets by with. */
export function shmSteps(basis: Basis, load: ExpectedLoad, cost: "likely" | "high"): Step[] {
  const counts = countedOn(load, basis.peak);
  const tlsConnections = counts.find(({ object }) => object === "tls_connection")?.count ?? 0;
  const perObject = counts.map(({ object, count, from }) => {
    const { bytes, source } = costOf(basis, object);
    return add(NAMES[object], count * bytes[cost], `${count} (${from}) x ${bytes[cost]} bytes (${source.replaceAll("_", " ")})`);
  });
  const tls = basis.tls || tlsConnections > 0;
  const steps = [
    add("fixed_parts", basis.fixed.shm_bytes, fixedWords(basis, "shm")),
    add("other", basis.other, "in use today beside the fixed parts and what the recorded populations take"),
    ...perObject,
    add(
      "tls_first_connections",
      tlsConnections > 0 ? Math.min(tlsConnections, basis.processes) * TLS_FIRST_OF_A_PROCESS : 0,
      "the first TLS connection of each process keeps 50 kB",
    ),
  ];
  if (cost === "high") steps.push(margin(SHM_MARGIN, "10 %: holes between chunks, and the largest single request"));
  return [
    ...steps,
    add(
      "tls_reserve",
      tls ? TLS_RESERVE_PER_PROCESS * basis.processes : 0,
      `512 KiB x ${basis.processes} processes that TLS keeps free (tls_init.c:969-978)`,
    ),
    ...(cost === "likely" ? [startsStep(basis, "shm")] : []),
  ];
}

/** The steps of one process's pkg, without floor and rounding. */
export function pkgSteps(basis: Basis, cost: "likely" | "high"): Step[] {
  if (cost === "likely") return [startsStep(basis, "pkg")];
  return [
    add("fixed_parts", basis.fixed.pkg_bytes, fixedWords(basis, "pkg")),
    add("work", PKG_WORK, "what a process takes while it handles messages"),
    margin(PKG_MARGIN, "15 %: no counter of the true peak in pkg"),
  ];
}

/** With less than this the server does not start. */
export function startBytes({ fixed }: Basis, pool: Pool): number {
  const bytes = pool === "shm" ? fixed.shm_bytes : fixed.pkg_bytes;
  return bytes * (1 + START_SHARE) + START_BYTES[pool];
}

function startsStep(basis: Basis, pool: Pool): Step {
  return floor(startBytes(basis, pool), "with less the server does not start");
}

export function costOf({ costs }: Basis, object: CountedObject) {
  const found = costs.find((cost) => cost.object === object);
  if (found === undefined) throw new RangeError(`no cost of ${object}`);
  return found;
}

/** The three largest parts, in words. */
function fixedWords({ fixed }: Basis, pool: Pool): string {
  const parts = fixed.parts.filter((part) => part.pool === pool).sort((a, b) => b.bytes - a.bytes);
  const named = parts
    .slice(0, 3)
    .map(({ what, bytes, line, file }) => `${what} ${bytes}${line === undefined ? "" : ` (${file}:${line})`}`);
  return `taken at the start: ${named.join(", ")}${parts.length > 3 ? `, ${parts.length - 3} more` : ""}`;
}
