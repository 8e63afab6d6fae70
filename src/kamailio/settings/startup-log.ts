/**
 * The lines that Kamailio logs when it starts and that tell its sizes, with any prefix before them:
 *
 *     INFO: <core> [main.c:3055]: main(): processes (at least): 13 - shm size: 33554432 - pkg size: 8388608   (5.0.8, 5.1.7, 5.2 and newer)
 *     INFO: <core> [main.c:2159]: main(): private (per process) memory: 8388608 bytes                         (up to 4.3 only with -M)
 *     INFO: <core> [main.c:2222]: main(): shared memory: 67108864 bytes                                       (only with -m)
 *     DEBUG: ... Expect (at least) 13 kamailio processes in your process list                                 (older ones, at level 3)
 */
import { readStartLine } from "../log-line/start-line.js";
import { MB } from "../units.js";
import type { ReadingBuilder } from "./reading-builder.js";

const EXPECT = /^Expect \(at least\) (\d{1,9}) \w{1,20} processes/;
const PRIVATE = /^private \(per process\) memory: (\d{1,19}) bytes/;
const SHARED = /^shared memory: (-?\d{1,19}) bytes/;

/** Reads one line of a log; false when it is none of these. The last start in a log wins. */
export function applyStartupLine(builder: ReadingBuilder, line: string): boolean {
  const start = readStartLine(line);
  if (start !== null) {
    builder.form("startup_log");
    builder.set("processes", start.processes, "running_process", start.quote);
    setSize(builder, "shm_size_mb", start.shm_size, start.quote);
    setSize(builder, "pkg_size_mb", start.pkg_size, start.quote);
    return true;
  }
  const expect = matchAt(line, "Expect (at least) ", EXPECT);
  if (expect !== null) {
    const [quote = "", processes] = expect;
    builder.form("startup_log");
    builder.set("processes", Number(processes), "running_process", quote);
    return true;
  }
  const pkg = matchAt(line, "private (per process) memory: ", PRIVATE);
  if (pkg !== null) {
    const [quote = "", size] = pkg;
    builder.form("startup_log");
    setSize(builder, "pkg_size_mb", Number(size), quote);
    return true;
  }
  const shm = matchAt(line, "shared memory: ", SHARED);
  if (shm === null) return false;
  const [quote = "", size] = shm;
  builder.form("startup_log");
  const bytes = Number(size);
  // It is the value of -m, printed before the config is read: from 5.0 on shm_mem_size can still replace it.
  if (bytes > 0) builder.set("shm_size_mb", bytes / MB, "command_line", quote);
  return true;
}

/** The words from `mark` on, matched there: a prefix of any length in front costs one search. */
function matchAt(line: string, mark: string, pattern: RegExp): string[] | null {
  const at = line.indexOf(mark);
  if (at === -1) return null;
  return pattern.exec(line.slice(at, at + 200));
}

function setSize(builder: ReadingBuilder, name: "shm_size_mb" | "pkg_size_mb", bytes: number, quote: string): void {
  if (bytes > 0 && Number.isSafeInteger(bytes)) builder.set(name, bytes / MB, "running_process", quote);
}
