/** Are transactions stuck now? One reading of tm.stats tells, when the server ran long enough: more are kept than its traffic can explain. */
import { timestamp } from "../../kamailio/units.js";
import type { History } from "../history/history.js";
import type { StuckNow } from "./diagnosis.js";

/** Transactions below which a busy proxy holds as many for seconds. */
export const MANY_TRANSACTIONS = 1_000;
/**
 * Seconds that a transaction lives at most: an INVITE's longest life (max_inv_lifetime 180 s), its wait (wt_timer 5 s), its delayed deletion, and a
 * route that is suspended meanwhile.
 */
const LONGEST_LIFE_S = 300;
/** The busiest hour carries at most this many times the mean of the server's life. */
const BUSIEST = 10;
/** Without an uptime: of all that were created, less than this share was freed. */
const HARDLY_ANY_FREED = 0.05;

/** Kept transactions against what Little's law allows: arrivals a second times the longest life (K#1220: 5065 created in six days, 4 freed). */
export function stuckNow({ newest: { load, uptime } }: History): StuckNow | null {
  const created = load?.counters.created_transactions ?? load?.counters.total_transactions ?? null;
  const freed = load?.counters.freed_transactions ?? null;
  const current = load?.counters.current_transactions ?? null;
  if (load === null || created === null) return null;
  const kept = current ?? (freed === null ? null : created - freed);
  if (kept === null || kept < MANY_TRANSACTIONS) return null;
  const perSecond = uptime === null || uptime.seconds <= 0 ? null : created / uptime.seconds;
  const stuck =
    perSecond === null ? freed !== null && freed < HARDLY_ANY_FREED * created : kept > BUSIEST * LONGEST_LIFE_S * perSecond;
  return stuck ? { what: "transactions", count: kept, since: null } : null;
}

/** The same, found from its course over time. @param since epoch ms */
export function stuckSince(count: number, since: number): StuckNow {
  return { what: "transactions", count, since: timestamp(since) };
}
