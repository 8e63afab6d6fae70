/**
 * A size from a load that is asked about, or without any history: what is fixed, and what the load costs by what such things cost on this server, by its
 * configuration or in its release.
 */

import type { Pool } from "../../kamailio/pool.js";
import { KB, MB } from "../../kamailio/units.js";
import { TLS_RESERVE_PER_PROCESS } from "../diagnosis/tls-reserve.js";
import type { InstanceFacts } from "../history/history.js";
import { MB, type Pool } from "../../kamailio/pool.js";
import type { Basis } from "../capacity/basis.js";
import type { ExpectedLoad } from "../capacity/load.js";
import { pkgSteps, shmSteps } from "../capacity/needs.js";
import { usualMb } from "./demand.js";
import { floor, type Step, typed } from "./estimate.js";

/** The steps to a size that a person would type. */
export function coldStartSteps(pool: Pool, basis: Basis, load: ExpectedLoad): Step[] {
  const usual = usualMb(pool, basis.facts.version);
  const needs = pool === "shm" ? shmSteps(basis, load, "high") : pkgSteps(basis, "high");
  return [...needs, floor(usual * MB, `the default of the release is ${usual} MB`), typed(pool)];
}

export const NO_EXPECTED_LOAD: ExpectedLoad = { contacts: null, calls: null, tls_connections: null, processes: null };

/** shm of an idle server with a common set of modules: 3 MB measured for the stock configuration, and tables that modules load. */
const IDLE_SHM_BYTES = 16 * MB;
/** A contact with its address of record: 1.3 KB measured with q_malloc's debugging overhead; Path, Received and attributes double it. */
const BYTES_A_CONTACT = 2_600;
/** A call: two transactions at a time with their cloned messages (6 to 22 KB each) and a dialog with its variables. */
const BYTES_A_CALL = 40 * KB;
/** A TLS connection with its buffers and OpenSSL's session: 76 to 130 KB (K#3980). */
const BYTES_A_TLS_CONNECTION = 130 * KB;
/** A guess is half off. */
const GUESS_MARGIN = 0.5;

export function coldStartSteps(pool: Pool, load: ExpectedLoad, facts: InstanceFacts, processes: number): Step[] {
  const usual = usualMb(pool, facts.version);
  const defaults = floor(usual * MB, `the default of the release is ${usual} MB`);
  if (pool === "pkg") return [defaults, typed("pkg")];
  const tls = facts.tls === true || (load.tls_connections ?? 0) > 0;
  const per = (name: string, count: number | null, bytes: number, what: string) =>
    add(name, (count ?? 0) * bytes, `${count ?? 0} ${what} of ${bytes} bytes`);
  return [
    add("idle_server", IDLE_SHM_BYTES, "an idle server and what its modules load"),
    per("contacts", load.contacts, BYTES_A_CONTACT, "contacts"),
    per("calls", load.calls, BYTES_A_CALL, "concurrent calls"),
    per("tls_connections", load.tls_connections, BYTES_A_TLS_CONNECTION, "TLS connections"),
    add(
      "tls_reserve",
      tls ? TLS_RESERVE_PER_PROCESS * processes : 0,
      `512 KiB x ${processes} processes that TLS keeps free (tls_init.c:969-978)`,
    ),
    margin(GUESS_MARGIN, "50 %: estimated from the expected load alone"),
    defaults,
    typed("shm"),
  ];
/** The steps to the least with which the server starts and gets by. */
export function leastSteps(pool: Pool, basis: Basis, load: ExpectedLoad): Step[] {
  return pool === "shm" ? shmSteps(basis, load, "likely") : pkgSteps(basis, "likely");
}
