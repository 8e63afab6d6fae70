/** The load that is asked about, and the numbers that are counted on. */
import type { CountedObject } from "../../kamailio/knowledge/costs/objects.js";
import { COUNTED, type Populations } from "./populations.js";

/** Totals afterwards, not additions; `null`: not said. */
export interface ExpectedLoad {
  contacts: number | null;
  /** Concurrent calls: dialogs. */
  calls: number | null;
  /** At one moment. */
  transactions: number | null;
  /** Plain ones, beside those of TLS. */
  tcp_connections: number | null;
  tls_connections: number | null;
  processes: number | null;
  /** Multiplies the recorded peaks; what is said explicitly wins. */
  load_factor: number | null;
}

export const NO_EXPECTED_LOAD: ExpectedLoad = {
  contacts: null,
  calls: null,
  transactions: null,
  tcp_connections: null,
  tls_connections: null,
  processes: null,
  load_factor: null,
};

/** Of concurrent calls, those that are being set up or torn down: a transaction lives for seconds where a call lives for minutes. */
const TRANSACTIONS_A_CALL = 0.2;

export interface CountedOn {
  object: CountedObject;
  count: number;
  /** In words: `asked for`, `recorded peak x 1.5`. */
  from: string;
}

export function isSaid(load: ExpectedLoad): boolean {
  return Object.values(load).some((value) => value !== null);
}

/** Each object with the number that is counted on; those of which nothing is known are left out. */
export function countedOn(load: ExpectedLoad, peak: Populations): CountedOn[] {
  const said: Record<CountedObject, number | null> = {
    contact: load.contacts,
    dialog: load.calls,
    transaction: load.transactions,
    tcp_connection: load.tcp_connections,
    tls_connection: load.tls_connections,
  };
  const factor = load.load_factor ?? 1;
  const found: CountedOn[] = [];
  for (const object of COUNTED) {
    const asked = said[object];
    const recorded = peak[object];
    if (asked !== null) found.push({ object, count: asked, from: "asked for" });
    else if (object === "transaction" && load.calls !== null && recorded === undefined)
      found.push({
        object,
        count: Math.ceil(load.calls * TRANSACTIONS_A_CALL),
        from: "taken as a fifth of the calls; ask with transactions= or record tm.stats",
      });
    else if (recorded !== undefined)
      found.push({
        object,
        count: Math.ceil(recorded * factor),
        from: factor === 1 ? "recorded peak" : `recorded peak x ${factor}`,
      });
  }
  return found;
}
