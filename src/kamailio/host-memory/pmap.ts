/**
 * Reads what `pmap` says of a process as a whole: the head (`8033:   /usr/sbin/kamailio -P ...`) and the last line of `pmap -x PID`. People run it in a
 * loop over pids and add the pid themselves (`total kB 140188 6212 3496 pid:8033`).
 *
 * The pools are mapped once, at start: a virtual size that grows is memory outside of them.
 */
import { KB } from "../units.js";
import { NO_PROCESS, type ProcessFigures } from "./reading.js";

const HEAD = /^\s{0,8}(\d{1,10}):\s{1,8}(\S.{0,300})$/;
const TOTAL =
  /^\s{0,8}total(?:\s{1,8}kB)?\s{1,40}(\d{1,15})K?(?:\s{1,20}(\d{1,15})\s{1,20}(\d{1,15}))?(?:\s{1,20}(?:pid)?\s?[:=]?\s?(\d{1,10}))?\s{0,8}$/i;
/** Between head and total: the heading of the table, its rows, and the rule under it. */
const ROW = /^\s{0,8}(?:Address\s+Kbytes|[0-9a-f]{8,16}\s+\d{1,15}K?\s|-{8,}|\S{0,40}\s+Kbytes\s+RSS\s+Dirty)/;

/** `pid: command` above a table of pmap; `null` for another line. */
export function pmapHead(line: string): { pid: number; name: string } | null {
  const match = HEAD.exec(line);
  return match === null ? null : { pid: Number(match[1]), name: (match[2] ?? "").split(/\s/, 1)[0] ?? "" };
}

/** The process that a total belongs to; `null` when the line is none, or says no pid and none stands above it. */
export function pmapTotal(line: string, head: { pid: number; name: string } | null): ProcessFigures | null {
  const match = TOTAL.exec(line);
  if (match === null) return null;
  const pid = match[4] === undefined ? (head?.pid ?? null) : Number(match[4]);
  if (pid === null) return null;
  const bytes = (text: string | undefined) => (text === undefined ? null : Number(text) * KB);
  return { ...NO_PROCESS, pid, name: head?.pid === pid ? head.name : null, virtual: bytes(match[1]), rss: bytes(match[2]) };
}

/** A line of pmap that says nothing of the whole. */
export function isPmapRow(line: string): boolean {
  return ROW.test(line);
}
