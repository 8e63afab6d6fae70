/** Long messages that a container runtime cut into pieces: 16 KB each in docker's json-file, lines marked P in CRI logs. */
import { KB, MB } from "../units.js";
import type { Entry } from "./entry.js";

/** Docker cuts a message after so many bytes (daemon/logger/copier.go, defaultBufSize). */
const DOCKER_PIECE = 16 * KB;
const CRI_PIECE = /^(\S{10,40} (?:stdout|stderr)) ([FP])(?: |$)/;
/** What is put together at most. */
const MAX_JOINED = MB;
/** Containers whose pieces are kept at a time. */
const MAX_SOURCES = 100;

/** Does a text hold lines of a CRI log? */
export const hasCriLines = (text: string): boolean => /^\S{10,40} (?:stdout|stderr) [FP] /m.test(text);

export class Pieces {
  readonly #entries = new Map<string, Entry>();
  readonly #lines = new Map<string, string>();

  /** The whole entry; `null` while pieces of it are missing. */
  joinEntry(entry: Entry): Entry | null {
    const before = this.#entries.get(entry.source);
    const whole = before === undefined ? entry : { ...entry, at: before.at, text: before.text + entry.text };
    this.#entries.delete(entry.source);
    const cut = entry.text.length <= DOCKER_PIECE && !entry.text.endsWith("\n") && Buffer.byteLength(entry.text) === DOCKER_PIECE;
    if (!cut || whole.text.length > MAX_JOINED || this.#entries.size >= MAX_SOURCES) return whole;
    this.#entries.set(entry.source, whole);
    return null;
  }

  /** The whole CRI line; `null` while pieces of it are missing. Other lines come back as they are. */
  joinLine(line: string): string | null {
    const match = CRI_PIECE.exec(line);
    if (!match) return line;
    const stream = match[1]?.endsWith("stdout") ? "stdout" : "stderr";
    const before = this.#lines.get(stream);
    const whole = before === undefined ? line : before + line.slice(match[0].length);
    this.#lines.delete(stream);
    if (match[2] === "F" || whole.length > MAX_JOINED) return whole;
    this.#lines.set(stream, before === undefined ? `${match[1]} F ${line.slice(match[0].length)}` : whole);
    return null;
  }

  /** What never got its last piece. */
  rest(): { entries: Entry[]; lines: string[] } {
    return { entries: [...this.#entries.values()], lines: [...this.#lines.values()] };
  }
}
