/** Which times of recorded dumps can be trusted: when a dump came in tells when it was taken only if nothing else came in with it. */
import { MINUTE, timestamp } from "../../kamailio/units.js";
import type { StoredDump } from "../../store/dumps.js";

/** Dumps that come in closer together were collected before and posted one after another. Milliseconds. */
const POSTED_TOGETHER = MINUTE;

export interface TrustedTimes {
  /** RFC 3339, in the order of the dumps; `null`: nothing tells when it was taken. */
  taken_at: (string | null)[];
  warnings: string[];
}

/** @param dumps of one pool or process */
export function trustedTimes(dumps: readonly StoredDump[]): TrustedTimes {
  const taken_at = dumps.map((dump) => timestamp(dump.taken_at));
  const clocked = dumps.flatMap((dump) => (dump.taken_at_source === "clock" ? [dump.taken_at] : [])).sort((a, b) => a - b);
  if (clocked.length === 0) return { taken_at, warnings: [] };
  const advice = "post a dump without times with ?at= to have rates that are right";
  if (!clocked.some((at, index) => index > 0 && at - (clocked[index - 1] ?? 0) < POSTED_TOGETHER))
    return { taken_at, warnings: [`not all dumps show when they were taken; when they came in is used: ${advice}`] };
  return {
    taken_at: dumps.map((dump) => (dump.taken_at_source === "clock" ? null : timestamp(dump.taken_at))),
    warnings: [`the dumps do not show when they were taken and came in together, so there are no rates: ${advice}`],
  };
}
