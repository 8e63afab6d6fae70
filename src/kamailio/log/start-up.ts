/**
 * What a log shows of a start that failed for memory without saying so plainly: a module that could not be initialised behind one failed
 * allocation, and a server that ends while it loads its TLS names.
 */
import type { LogLine } from "../log-line/line.js";
import type { Pool } from "../pool.js";
import { KB, MB } from "../units.js";
import { blank, type Finding } from "./recognise.js";

/** `init_mod(): Error while initializing module rtpengine (/usr/lib64/kamailio/modules/rtpengine.so)` (core/sr_module.c:871@5.4.0) */
const FAILED_MODULE = /Error while initializing module ([\w.-]{1,64})/;

/** The module that a line says could not be initialised. */
export const failedModule = (message: string): string | null => FAILED_MODULE.exec(message)?.[1] ?? null;

/** One request that failed in a fresh pool, with no line of the allocator: too small a pool, or too large a request. */
export function explainFailedStart(module: string, pool: Pool | null): string {
  const option = pool === "shm" ? "-m" : pool === "pkg" ? "-M" : "-m or -M";
  return `An allocation${pool === null ? "" : ` in ${pool}`} failed while Kamailio started and ${module} could not be initialised. Nothing of the allocator stands before it, so this is no proof of a full pool: either ${option} is too small for what is loaded, or the size asked for was wrong. Start once with a larger ${option}; if it fails the same way, it is a bug where the line was written and no matter of size.`;
}

/**
 * Bytes of shm for one TLS name in one process: a run of 5.6.3 with OpenSSL 3 held 73,994,984 bytes for 31 names in 38 processes, 4 MB of them
 * for the rest.
 */
const BYTES_A_NAME_AND_PROCESS = 58 * KB;
/** Half of the default -m 64: what needs less fits any usual pool. */
const WORTH_SAYING = 32 * MB;
/** The end of a start follows its last line at once; a server that was stopped later ran. */
const MAX_LINES_APART = 3;
const MAX_SECONDS_APART = 60;
const THRESHOLD_A_PROCESS = 512 * KB;

/**
 * The server ends ("Thank you for flying") straight after it registered its TLS names. When shm is used up there, tls and OpenSSL say nothing
 * (5.6.3, -m 64, 30 names, 38 processes: no line about memory at all).
 */
export class TlsStart {
  #pid: number | null = null;
  #processes = 0;
  #names = 0;
  #line = 0;
  #at: number | null = null;

  /** Takes a line of interest; the finding when it ends such a start. */
  take(line: LogLine, lineNumber: number): Finding | null {
    const { message, pid, at } = line;
    const threshold = /free memory thresholds (\d{1,15}) and/.exec(message)?.[1];
    if (threshold !== undefined) this.#begin(pid, Math.round(Number(threshold) / THRESHOLD_A_PROCESS));
    else if (pid === this.#pid && message.includes("registered server_name callback")) {
      this.#names++;
      this.#line = lineNumber;
      this.#at = at;
    } else if (message.startsWith("Thank you for flying") && pid === this.#pid) return this.#end(line, lineNumber);
    return null;
  }

  #begin(pid: number | null, processes: number): void {
    this.#pid = pid;
    this.#processes = processes;
    this.#names = 0;
  }

  #end(line: LogLine, lineNumber: number): Finding | null {
    const needed = this.#names * this.#processes * BYTES_A_NAME_AND_PROCESS;
    const later = this.#at !== null && line.at !== null && line.at - this.#at > MAX_SECONDS_APART * 1000;
    if (needed < WORTH_SAYING || later || lineNumber - this.#line > MAX_LINES_APART) return null;
    const row = {
      id: "ended_while_tls_starts",
      kind: "startup_failure",
      role: "event",
      pool: "shm",
      manager: null,
      severity: "error",
    } as const;
    return {
      ...blank(row, line),
      site: null,
      note: `Kamailio ended straight after it had loaded ${this.#names} TLS names for ${this.#processes} processes, and no line says why. Unless somebody stopped it, shm was too small at start: a TLS name takes about ${BYTES_A_NAME_AND_PROCESS / KB} KB in each process, here about ${Math.round(needed / MB)} MB in all, and neither tls nor OpenSSL says when shm runs out. Start with a larger -m.`,
    };
  }
}
