/**
 * An entry of a logger that keeps its fields apart (JSON, journal export, CSV), and the line of text that says the same.
 *
 * Such entries are written as the lines that people know, so that all that follows reads lines and nothing else:
 *
 *     2024-05-17T10:00:55.101Z sip1 kamailio[20802]: ERROR: <core> [...]: ...      journalctl -o short-iso
 *     sip-edge-0  | 2024-05-17T10:00:55.101Z  9(41) ERROR: <core> [...]: ...        docker compose logs -t
 */
import { timestamp } from "../units.js";

export interface Entry {
  /** Epoch ms. */
  at: number | null;
  /** Host, container or pod; empty when the logger does not say. */
  source: string;
  program: string | null;
  /** The logger's pid; the text may show Kamailio's own. */
  pid: number | null;
  /** What was logged; several lines of one message are parted by line breaks. */
  text: string;
}

const MAX_WORD = 120;
/** Longest text taken from one entry. */
const MAX_TEXT = 65_536;

/** The entry as one line, without a line end. Line breaks inside are written as rsyslog does (#012). */
export function entryLine({ at, source, program, pid, text }: Entry): string {
  const stamp = at === null ? "" : `${timestamp(at)} `;
  const message = text
    .slice(0, MAX_TEXT)
    .replace(/[\r\n]+$/, "")
    .replaceAll(/\r?\n/g, "#012");
  const place = word(source, /[^\w.:/-]/g);
  if (program === null && pid === null) return `${place === "" ? "" : `${place.replaceAll(/[:/]/g, "-")}  | `}${stamp}${message}`;
  const name = word(program ?? "", /[\s[\]():]/g);
  const tag = pid === null ? `${name || "-"}: ` : `${name || "-"}[${pid}]: `;
  // Without a time a syslog line has no host either: the tag alone is read.
  return stamp === "" ? `${tag}${message}` : `${stamp}${place || "-"} ${tag}${message}`;
}

const word = (text: string, foreign: RegExp) => text.slice(0, MAX_WORD).replaceAll(foreign, "_");
