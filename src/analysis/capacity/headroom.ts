/** How many more of one thing fit into what is configured, the others at their peak. */
import { MB } from "../../kamailio/units.js";
import type { History } from "../history/history.js";
import { sum } from "../sizing/estimate.js";
import type { Basis } from "./basis.js";
import { countedOn, type ExpectedLoad } from "./load.js";
import { costOf, shmSteps } from "./needs.js";
import type { Cost } from "./object-costs.js";
import { COUNTED } from "./populations.js";

export interface Headroom {
  object: Cost["object"];
  /** That object alone. 0: nothing more fits. */
  more: number;
  /** What ends it: `-m 256`, `tcp_max_connections 2048`, `the limit of 512 MB`. */
  limit: string;
}

/**
 * @param shm size of the pool in bytes; `null`: not known
 * @param hosts bytes that the host and its limit have
 * @param pkgMb `-M`
 */
export function headroomOf(
  basis: Basis,
  history: History,
  load: ExpectedLoad,
  shm: number | null,
  hosts: readonly number[],
  pkgMb: number | null,
): Headroom[] {
  const found: Headroom[] = [];
  const counts = countedOn(load, basis.peak);
  if (shm !== null) {
    const taken = Math.max(sum(shmSteps(basis, load, "high")).bytes, 0);
    const free = Math.max(0, shm - taken);
    for (const object of COUNTED) {
      const { high } = costOf(basis, object).bytes;
      const fits = Math.floor(free / (high * MARGIN));
      const bound = connectionBound(basis, object, counts);
      const isBound = bound !== null && bound.more < fits;
      found.push({ object, more: isBound ? bound.more : fits, limit: isBound ? bound.limit : `-m ${Math.round(shm / MB)}` });
    }
  }
  const [least] = [...hosts].sort((a, b) => a - b);
  if (least !== undefined && shm !== null && pkgMb !== null) {
    const free = Math.max(0, least - shm - pkgMb * MB * basis.processes);
    const limit = history.facts.memory_limit?.value === least ? "the limit" : "the host";
    found.push({
      object: "process_pkg",
      more: Math.floor(free / (pkgMb * MB)),
      limit: `${limit} of ${Math.round(least / MB)} MB`,
    });
  }
  return found;
}

/** The margin of a size goes with each object that is added. */
const MARGIN = 1.1;

/** `tcp_max_connections` counts the TLS connections too. */
function connectionBound(
  { facts }: Basis,
  object: Cost["object"],
  counts: ReturnType<typeof countedOn>,
): { more: number; limit: string } | null {
  if (object !== "tcp_connection" && object !== "tls_connection") return null;
  const count = (name: string) => counts.find((one) => one.object === name)?.count ?? 0;
  const tcp = facts.coreOrNewest("tcp_max_connections");
  const tls = facts.coreOrNewest("tls_max_connections");
  const open = count("tcp_connection") + count("tls_connection");
  const bounds = [
    ...(tcp === null ? [] : [{ more: Math.max(0, tcp - open), limit: `tcp_max_connections ${tcp}` }]),
    ...(tls === null || object !== "tls_connection"
      ? []
      : [{ more: Math.max(0, tls - count("tls_connection")), limit: `tls_max_connections ${tls}` }]),
  ];
  return bounds.sort((a, b) => a.more - b.more)[0] ?? null;
}
