/**
 * The part of a text that the readers of short outputs look at: builds, settings, host memory, a configuration. They hold what they read in memory,
 * and nobody prints a build in the middle of a gigabyte: the beginning and the end of a text are enough. Lists of chunks are left out.
 */

import { MB } from "../../kamailio/units.js";
/** The beginning: as much as the endpoints for such texts take. */
export const HEAD_BYTES = MB;
/** The end: scripts that collect a dump print the short commands before it or after it. */
const TAIL_BYTES = 262_144;

export class SmallText {
  readonly #head: Buffer[] = [];
  #headBytes = 0;
  readonly #tail: Buffer[] = [];
  #tailBytes = 0;
  /** Bytes that stand between head and tail. */
  omitted = 0;
  /** Bytes at the end of the last chunk that the head had no room for. */
  beyond = 0;

  /** Copies what it keeps: the caller may use the chunk again. */
  push(chunk: Uint8Array): void {
    const room = HEAD_BYTES - this.#headBytes;
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (room > 0) {
      const piece = Buffer.from(bytes.subarray(0, room));
      this.#head.push(piece);
      this.#headBytes += piece.length;
    }
    this.beyond = Math.max(0, bytes.length - Math.max(0, room));
    if (this.beyond > 0) this.#keepTail(bytes.subarray(bytes.length - this.beyond));
  }

  get headFull(): boolean {
    return this.#headBytes >= HEAD_BYTES;
  }

  get headBytes(): Buffer {
    return Buffer.concat(this.#head);
  }

  /** The whole text, or its head and tail with a line end between them. */
  text(): string {
    const head = this.headBytes.toString("utf8");
    if (this.#tailBytes === 0) return head;
    const tail = Buffer.concat(this.#tail).subarray(-TAIL_BYTES);
    if (this.omitted === 0) return head + tail.toString("utf8");
    // The tail begins somewhere in a line.
    const newline = tail.indexOf(10);
    return `${head.slice(0, head.lastIndexOf("\n") + 1)}${newline < 0 ? "" : tail.toString("utf8", newline + 1)}`;
  }

  #keepTail(rest: Buffer): void {
    const piece = Buffer.from(rest.subarray(Math.max(0, rest.length - TAIL_BYTES)));
    this.omitted += rest.length - piece.length;
    this.#tail.push(piece);
    this.#tailBytes += piece.length;
    for (let first = this.#tail[0]; first !== undefined && this.#tailBytes - first.length >= TAIL_BYTES; first = this.#tail[0]) {
      this.#tail.shift();
      this.#tailBytes -= first.length;
      this.omitted += first.length;
    }
  }
}

/** What stands in lines of dumps and nowhere else. */
const LIST_WORDS = [
  "alloc'd from",
  " frag=0x",
  "start check=",
  "_status: ",
  "_sums: ",
  "bytes from ",
  "Memory status (",
  "\t bucket size: ",
];

/** The text without the lines of dumps: thousands of them, of which no other reader makes anything. */
export function withoutDumpLines(text: string): string {
  if (!LIST_WORDS.some((word) => text.includes(word))) return text;
  return text
    .split("\n")
    .filter((line) => !LIST_WORDS.some((word) => line.includes(word)))
    .join("\n");
}
