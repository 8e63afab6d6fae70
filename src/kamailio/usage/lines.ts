/**
 * Turns chunks of bytes into lines, and takes from a line what people and tools put around it: mail quotes, markdown fences, `<br />`.
 */

import { MB } from "../units.js";
/** A line longer than this is not kept in memory: no single line of usage is (the answer for 4000 processes on one line is 1 MB). */
export const MAX_LINE = 8 * MB;

/** Splits a stream of bytes into lines; a character or a line end that a chunk cuts is put together again. */
export interface LineSplitter {
  /** The lines that this chunk ends, without their line ends. A line beyond MAX_LINE comes back as `null`. */
  push(chunk: Uint8Array | string): (string | null)[];
  /** The last line when it has no line end. */
  end(): (string | null)[];
}

export function createLineSplitter(): LineSplitter {
  const decoder = new TextDecoder("utf-8");
  /** Pieces of the line that has no end yet: joined once, so that a long line in small chunks stays linear. */
  let pieces: string[] = [];
  let length = 0;
  let tooLong = false;

  function keep(piece: string): void {
    if (tooLong) return;
    length += piece.length;
    if (length > MAX_LINE) {
      tooLong = true;
      pieces = [];
    } else if (piece.length > 0) pieces.push(piece);
  }

  function finish(piece: string): string | null {
    keep(piece);
    const line = tooLong ? null : pieces.length === 1 ? (pieces[0] ?? "") : pieces.join("");
    pieces = [];
    length = 0;
    tooLong = false;
    return line === null ? null : line.endsWith("\r") ? line.slice(0, -1) : line;
  }

  function split(text: string): (string | null)[] {
    const lines: (string | null)[] = [];
    let from = 0;
    for (let to = text.indexOf("\n"); to >= 0; to = text.indexOf("\n", from)) {
      lines.push(finish(text.slice(from, to)));
      from = to + 1;
    }
    keep(text.slice(from));
    return lines;
  }

  return {
    push: (chunk) => split(typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true })),
    end: () => {
      const lines = split(decoder.decode());
      return length > 0 || tooLong ? [...lines, finish("")] : lines;
    },
  };
}

const FENCE = /^\s{0,8}(?:```|~~~)/;
const MAX_QUOTES = 16;

/** The line without mail quotes (`> > `); an empty one for a markdown fence. Indentation stays: it tells a nested JSON line from a new one. */
export function undecorate(line: string): string {
  let from = 0;
  for (let quotes = 0; quotes < MAX_QUOTES && line.charCodeAt(from) === 62; quotes++) {
    from += line.charCodeAt(from + 1) === 32 ? 2 : 1;
  }
  const text = from === 0 ? line : line.slice(from);
  return FENCE.test(text) ? "" : text;
}

/** Lines that a web page or a wiki joined with `<br>`; the line itself when there is none. */
export function splitAtBreaks(line: string): readonly string[] {
  return line.includes("<br") || line.includes("<BR") ? line.split(/<br ?\/?>/i) : [line];
}
