/**
 * What Kamailio logs about its memory while it starts:
 *
 *     INFO: <core> [main.c:3055]: main(): processes (at least): 13 - shm size: 33554432 - pkg size: 8388608   (5.0.8, 5.1.7, 5.2 and newer)
 */

export interface StartLine {
  /** The words themselves. */
  quote: string;
  processes: number;
  shm_size: number;
  pkg_size: number;
}

const MARK = "processes (at least): ";
const SUMMARY = /^processes \(at least\): (\d{1,9}) - shm size: (\d{1,19}) - pkg size: (\d{1,19})/;

/** Reads a line, or the message of one; `null` when it says no such thing. */
export function readStartLine(line: string): StartLine | null {
  const at = line.indexOf(MARK);
  const match = at < 0 ? null : SUMMARY.exec(line.slice(at, at + 200));
  if (!match) return null;
  return { quote: match[0], processes: Number(match[1]), shm_size: Number(match[2]), pkg_size: Number(match[3]) };
}
