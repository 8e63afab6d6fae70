/**
 * Reads an upload of any size as a stream: memory dumps and incidents out of the same bytes, at once. What is kept in memory is one piece of the
 * text and what the readers found.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { createDumpReader, type DumpReading } from "../../kamailio/dump/reader.js";
import type { LogReading } from "../../kamailio/log/incident.js";
import { createLogReader } from "../../kamailio/log/reader.js";
import { HEAD_LENGTH } from "../../kamailio/recognise.js";
import { KB } from "../../kamailio/units.js";

/** Bytes handed to the readers at a time. They read about 0.5 GB/s together: a millisecond, then the other requests have their turn. */
const PIECE = 512 * KB;

export interface ReadUpload {
  log: LogReading;
  /** `null` when no dumps were asked for. */
  dumps: DumpReading | null;
  /** The beginning of the text, to say what it is when nothing was found in it. */
  head: string;
}

/**
 * Reads the upload to its end.
 *
 * @param chunks its bytes, unpacked; their error ends the reading
 * @param at when it was taken, epoch ms: gives time stamps without a year theirs
 */
export async function readUpload(
  chunks: AsyncIterable<Uint8Array>,
  at: number,
  wanted: "dumps_and_incidents" | "incidents",
): Promise<ReadUpload> {
  const log = createLogReader({ taken_at: at });
  // The reader of dumps hands on what is no list of chunks: the reader of logs need not look at those lines again.
  const dumps =
    wanted === "incidents"
      ? null
      : createDumpReader({ year: new Date(at).getUTCFullYear(), onOther: (lines, firstLine) => log.take(lines, firstLine) });
  let head = Buffer.alloc(0);
  for await (const piece of pieces(chunks)) {
    if (head.length < HEAD_LENGTH) head = Buffer.concat([head, piece.subarray(0, HEAD_LENGTH - head.length)]);
    if (dumps === null) log.push(piece);
    else dumps.push(piece);
    await nextTurn();
  }
  // First the dumps: what they still hold goes to the log.
  const read = dumps?.end() ?? null;
  return { log: log.end(), dumps: read, head: head.toString("utf8") };
}

/** The same bytes in pieces of one size. A piece is used again for the next one. */
async function* pieces(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const piece = Buffer.allocUnsafe(PIECE);
  let filled = 0;
  for await (const chunk of chunks)
    for (let from = 0; from < chunk.length; ) {
      const part = chunk.subarray(from, from + PIECE - filled);
      piece.set(part, filled);
      filled += part.length;
      from += part.length;
      if (filled === PIECE) {
        yield piece;
        filled = 0;
      }
    }
  if (filled > 0) yield piece.subarray(0, filled);
}
