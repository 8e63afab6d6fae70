/** Tells from the beginning of a text whether the dump reader is the one to read it. */
import { readMessage } from "./message.js";

/** Characters looked at; a log may begin with other lines, so the caller should give some kilobytes. */
const LOOK_AT = 65_536;

/** Texts that only dumps and their answers hold, whatever the wrapping. */
const MARKS = [
  "qm_status: ",
  "qm_sums: ",
  "fm_status: ",
  "fm_sums: ",
  "tlsf_status: ",
  "tlsf_sums: ",
  "Memory status (",
  "Memory still-in-use summary (",
  "max_free_frag_size",
  " frag=0x",
];
const MODULE = /(?:^|["\n])Module: [\w<>-]{1,60}/;
const GDB_FRAGMENT = /(?:^|\n)\$\d{1,9} = \{\s{0,8}size = \d{1,16}, (?:u|prv)/;
const GDB_WALK = /(?:^|\n)manager: (?:q|f|tlsf)_malloc /;

/** Does this text, or the first part of it, look like a memory dump in one of Kamailio's forms? */
export function looksLikeDump(text: string): boolean {
  const head = text.length > LOOK_AT ? text.slice(0, LOOK_AT) : text;
  if (MARKS.some((mark) => head.includes(mark))) return true;
  if (MODULE.test(head) || GDB_FRAGMENT.test(head) || GDB_WALK.test(head)) return true;
  if (!head.includes("heap size= ") && !head.includes("alloc'd from ") && !head.includes(" bytes from ")) return false;
  return head.split("\n").some((line) => {
    const kind = readMessage(line)?.kind;
    return kind === "heap" || kind === "site" || kind === "count" || kind === "fragment";
  });
}
