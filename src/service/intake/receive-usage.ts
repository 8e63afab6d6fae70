/** Takes an upload of usage in as it arrives: bytes to samples to batches that are on disk before the next one is read. */
import { KB } from "../../kamailio/units.js";
import type { TimedSample, UsageReader, UsageReport } from "../../kamailio/usage/reader.js";
import type { Recorded, TimedSample as StoredSample } from "../../store/usage/usage.js";

/** Samples in one write: some milliseconds, so that other requests get in between. */
export const SAMPLES_PER_WRITE = 500;
/** The beginning of the upload, kept to say what it looks like when nothing in it is usage. */
const HEAD_BYTES = 64 * KB;

export interface Received {
  report: UsageReport;
  recorded: Recorded;
  /** Epoch ms of the earliest and the latest sample; `null` when there was none. */
  first_at: number | null;
  last_at: number | null;
  head: string;
}

/**
 * Reads the upload to its end.
 *
 * @param keep writes samples; `previous` is the last one of the write before. Its error ends the upload; what was written stays, and
 *   sending all of it again changes nothing of that.
 */
export async function receiveUsage(
  chunks: AsyncIterable<Uint8Array>,
  reader: UsageReader,
  keep: (samples: readonly StoredSample[], previous: StoredSample | null) => Promise<Recorded>,
): Promise<Received> {
  const recorded: Recorded = { samples: 0, shm: 0, pkg: 0, load: 0, duplicates: 0 };
  const head: Uint8Array[] = [];
  let headBytes = 0;
  let waiting: StoredSample[] = [];
  let previous: StoredSample | null = null;
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;

  function take(samples: readonly TimedSample[]) {
    for (const sample of samples) {
      const at = Date.parse(sample.at);
      first = Math.min(first, at);
      last = Math.max(last, at);
      waiting.push({ at, sample });
    }
  }

  async function write(batch: readonly StoredSample[]) {
    const { samples, shm, pkg, load, duplicates } = await keep(batch, previous);
    recorded.samples += samples;
    recorded.shm += shm;
    recorded.pkg += pkg;
    recorded.load += load;
    recorded.duplicates += duplicates;
    previous = batch.at(-1) ?? previous;
  }

  async function writeFull(least: number) {
    let from = 0;
    for (; waiting.length - from >= least; from += SAMPLES_PER_WRITE) await write(waiting.slice(from, from + SAMPLES_PER_WRITE));
    waiting = waiting.slice(from);
  }

  for await (const chunk of chunks) {
    if (headBytes < HEAD_BYTES) {
      const piece = chunk.slice(0, HEAD_BYTES - headBytes);
      head.push(piece);
      headBytes += piece.length;
    }
    take(reader.push(chunk));
    if (waiting.length >= SAMPLES_PER_WRITE) await writeFull(SAMPLES_PER_WRITE);
  }
  const { samples, ...report } = reader.end();
  take(samples);
  await writeFull(1);
  return {
    report,
    recorded,
    first_at: first === Number.POSITIVE_INFINITY ? null : first,
    last_at: last === Number.NEGATIVE_INFINITY ? null : last,
    head: Buffer.concat(head).toString("utf8"),
  };
}
