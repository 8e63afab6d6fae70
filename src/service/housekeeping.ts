/** What the service does by itself, by its own clock: rolls usage up and lets old data go. */
import type { Logger } from "pino";
import { HOUR, MINUTE } from "../kamailio/units.js";
import type { Store } from "../store/store.js";

/** Roll-ups are also brought up to date whenever somebody reads; this keeps the first read after a quiet week fast. Milliseconds. */
const ROLL_UP_EVERY = 10 * MINUTE;
/** How often data past its retention is looked for. Milliseconds. */
const PURGE_EVERY = HOUR;

/** Starts the work; answers how to stop it, which waits for what is under way. */
export function startHousekeeping(store: Store, log: Logger, now: () => number): () => Promise<void> {
  let underWay: Promise<void> = Promise.resolve();
  const run = (name: string, work: () => Promise<void>) => {
    underWay = underWay.then(work).catch((error: unknown) => log.error({ err: error }, `${name} failed`));
  };
  const timers = [
    setInterval(() => run("rolling usage up", () => store.usage.rollUpAll()), ROLL_UP_EVERY),
    setInterval(() => run("deleting old data", () => store.usage.purge(now())), PURGE_EVERY),
  ];
  for (const timer of timers) timer.unref();
  return async () => {
    for (const timer of timers) clearInterval(timer);
    await underWay;
  };
}
