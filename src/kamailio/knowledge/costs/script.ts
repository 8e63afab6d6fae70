/**
 * What a script takes in the private memory of every process. Measured on Debian's 5.6.3: a thousand equal lines each, against none
 * (`bench/costs.ts` repeats it). An xlog with two variables is 2,147 bytes so, an assignment 2,909, an `if (is_method(..)) { drop; }` 3,656.
 */
import type { ScriptCounts } from "../../config/reading.js";
import type { Manager } from "../../pool.js";
import { type ByManager, costUnder } from "./by-manager.js";

const EACH: Record<keyof ScriptCounts, ByManager> = {
  calls: { qm: 568, fm: 504, tlsf: 472 },
  route_calls: { qm: 440, fm: 376, tlsf: 288 },
  actions: { qm: 336, fm: 304, tlsf: 288 },
  conditions: { qm: 2170, fm: 2080, tlsf: 2030 },
  assignments: { qm: 2450, fm: 2330, tlsf: 2280 },
  operators: { qm: 3950, fm: 3860, tlsf: 3820 },
  strings: { qm: 600, fm: 440, tlsf: 420 },
  string_characters: { qm: 2, fm: 2, tlsf: 2 },
  variables_in_strings: { qm: 136, fm: 75, tlsf: 112 },
};

/** Bytes of pkg in every process. */
export function scriptBytes(counts: ScriptCounts, manager: Manager | null): number {
  let bytes = 0;
  for (const name of Object.keys(EACH) as (keyof ScriptCounts)[]) bytes += counts[name] * costUnder(EACH[name], manager);
  return Math.round(bytes);
}

/** A `modparam` line. */
export const MODPARAM_PKG: ByManager = { qm: 464, fm: 400, tlsf: 368 };
/** An `alias` line. */
export const ALIAS_PKG: ByManager = { qm: 656, fm: 504, tlsf: 544 };
/** A socket: 6,240 bytes for four. */
export const SOCKET_PKG: ByManager = { qm: 1560, fm: 1272, tlsf: 1376 };

export const SCRIPT_SOURCE = "measured on 5.6.3: a thousand equal lines against none";
