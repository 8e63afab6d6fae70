/** The range of time that a log covers. */

import { readLogLine } from "../log-line/line.js";
import { readStamp, type YearHint } from "../log-line/stamp.js";
import { timestamp } from "../units.js";

/** Lines looked at for the first time stamp. */
const MAX_LINES_FOR_TIME = 200;
/** A time stamp stands in the first characters of a line. */
const STAMP_WITHIN = 200;
/** What a Date can hold, ms. */
const MAX_TIME = 8.64e15;

/** The first stamp of the text, the last of each block, and those of the lines that were opened: logs are written in order. */
export class LogTimes {
  readonly #hint: YearHint;
  #from = Number.POSITIVE_INFINITY;
  #to = Number.NEGATIVE_INFINITY;
  #tried = 0;

  constructor(hint: YearHint) {
    this.#hint = hint;
  }

  add(at: number | null): void {
    if (at === null || !Number.isFinite(at) || Math.abs(at) > MAX_TIME) return;
    this.#from = Math.min(this.#from, at);
    this.#to = Math.max(this.#to, at);
  }

  ofBlock(text: string): void {
    let at = 0;
    while (this.#from === Number.POSITIVE_INFINITY && this.#tried < MAX_LINES_FOR_TIME && at < text.length) {
      const end = text.indexOf("\n", at);
      this.add(this.#of(text.slice(at, end < 0 ? text.length : end)));
      this.#tried++;
      at = end < 0 ? text.length : end + 1;
    }
    const last = text.endsWith("\n") ? text.length - 1 : text.length;
    this.add(this.#of(text.slice(text.lastIndexOf("\n", last - 1) + 1, last)));
  }

  range(): { from: string; to: string } | null {
    if (this.#to < this.#from) return null;
    return { from: timestamp(this.#from), to: timestamp(this.#to) };
  }

  #of(text: string): number | null {
    if (text.length === 0) return null;
    const head = text.slice(0, STAMP_WITHIN);
    return readStamp(head, this.#hint)?.at ?? readLogLine(head, this.#hint).at;
  }
}
