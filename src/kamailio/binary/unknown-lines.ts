/** Collects the lines of a version text that no reader understood, without the noise that surrounds every paste. */

import { KB } from "../units.js";

/** Enough to see what a text was; more would only repeat a foreign text. */
const MAX_LINES = 50;
const MAX_LINE_LENGTH = 200;
/** A foreign text is looked at no further. */
const MAX_LOOKED_AT = 64 * KB;

const COMMAND =
  /^(?:.{0,80}[\s$#%>~\]])?(?:\S{0,60}\/)?(?:kamailio|openser|opensips|ser|sip-router|kamcmd|sercmd|kamctl|docker|sudo|curl)\s(?:.{0,120}\s)?(?:-[IVv]|--version|\S{0,40}core\.(?:info|flags|version|runinfo)\S{0,8}|fifo version)\s{0,9}$/;
const NOISE = /^(?:200 OK|[\s{}[\](),.;:'`"=~_-]*)$/;

/** Adds the lines of `text` between two offsets that say something. */
export function addUnknownLines(lines: string[], text: string, start: number, end: number): void {
  if (lines.length >= MAX_LINES || isBlank(text, start, end)) return;
  for (const raw of text.slice(start, Math.min(end, start + MAX_LOOKED_AT)).split("\n")) {
    const line = raw.trim();
    if (line === "" || NOISE.test(line) || (line.length <= MAX_LINE_LENGTH && COMMAND.test(line))) continue;
    if (lines.length >= MAX_LINES) return;
    lines.push(line.slice(0, MAX_LINE_LENGTH));
  }
}

/** Most gaps between two labels are one line end. */
function isBlank(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (text.charCodeAt(i) > 0x20) return false;
  return true;
}
