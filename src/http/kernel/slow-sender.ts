/**
 * Cuts off a sender that is too slow (RFC 9110, 15.5.9): a body that trickles in holds a connection, and what was read of it, for as long as
 * it likes. Only the time in which the service waits for the sender counts, not the time in which it works.
 */
import type { Limits } from "./limits.js";
import { ProblemError } from "./problem.js";

const SECOND = 1000;
/** How often it is looked at. A second late is early enough. */
const LOOK_EVERY = 1 * SECOND;

/** The chunks as they come. @throws ProblemError 408 */
export async function* fastEnough(stream: AsyncIterable<Uint8Array>, limits: Limits): AsyncGenerator<Uint8Array> {
  const chunks = stream[Symbol.asyncIterator]();
  const idle = limits.upload_idle_s * SECOND;
  let bytes = 0;
  let waited = 0;
  let since: number | null = null;
  let giveUp: (error: ProblemError) => void = () => {};
  const tooSlow = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  // It may be settled when nobody waits for it any more.
  tooSlow.catch(() => {});
  const look = setInterval(
    () => {
      if (since === null) return;
      const now = performance.now() - since;
      if (now > idle) giveUp(slow(bytes, `nothing came for ${limits.upload_idle_s} seconds (UPLOAD_IDLE_S)`));
      const all = waited + now;
      if (all > idle && bytes < (all / SECOND) * limits.upload_min_rate)
        giveUp(slow(bytes, `fewer than ${limits.upload_min_rate} bytes a second came (UPLOAD_MIN_RATE)`));
    },
    Math.min(LOOK_EVERY, idle / 2),
  );
  look.unref();
  try {
    for (;;) {
      since = performance.now();
      const next = await Promise.race([chunks.next(), tooSlow]);
      waited += performance.now() - since;
      since = null;
      if (next.done) return;
      bytes += next.value.length;
      yield next.value;
    }
  } finally {
    clearInterval(look);
    // Not waited for: a chunk that never comes would hold it. Without it nobody else could take the rest of the stream.
    chunks.return?.()?.catch(() => {});
  }
}

function slow(bytes: number, why: string): ProblemError {
  return new ProblemError(408, "sender_too_slow", {
    detail: `The body came too slowly: ${why}; ${bytes} bytes were read, and nothing of it was kept.`,
    hint: "Write the text to a file first and send that, or send it gzipped: gzip -c FILE | curl -H 'Content-Encoding: gzip' --data-binary @- ...",
  });
}
