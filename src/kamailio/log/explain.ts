/** What an incident means, in a sentence or two for the person who reads it at night. */
import { counted } from "../units.js";
import type { LogIncident } from "./incident.js";

/** Signals by number, as Linux counts them on x86 and ARM. */
const SIGNALS: Readonly<Record<number, string>> = {
  1: "SIGHUP",
  2: "SIGINT",
  3: "SIGQUIT",
  4: "SIGILL",
  5: "SIGTRAP",
  6: "SIGABRT",
  7: "SIGBUS",
  8: "SIGFPE",
  9: "SIGKILL",
  10: "SIGUSR1",
  11: "SIGSEGV",
  12: "SIGUSR2",
  13: "SIGPIPE",
  14: "SIGALRM",
  15: "SIGTERM",
  31: "SIGSYS",
};

export const signalName = (number: number) => SIGNALS[number] ?? `signal ${number}`;

/** `note`: what the lines themselves say beyond their kind. */
export function explain(incident: Omit<LogIncident, "explanation">, note: string | null): string {
  if (note !== null) return note;
  switch (incident.kind) {
    case "exhaustion":
      return exhaustion(incident);
    case "fragmentation":
      return "q_malloc writes this line only when enough bytes were free but no single piece was large enough: fragmentation. When the bytes themselves are missing it is silent and only the callers complain.";
    case "tls_low_memory":
      return tlsLowMemory(incident);
    case "startup_failure":
      return "Kamailio could not make the pool at start, so it did not run: the size asked for with -m or -M is wrong, or the machine cannot give it.";
    case "overrun":
      return `Somebody wrote past the end of a chunk${written(incident)}. The check found it when the chunk or its neighbour was used next; the site that marked the fragment is the chunk's owner, not proof of who wrote.`;
    case "underrun":
      return `Somebody wrote in front of a chunk${written(incident)}, usually past the end of the chunk before it.`;
    case "double_free":
      return incident.class === "free_fragment_freed"
        ? "A fragment that was free already was freed again; this build names no caller, and the manager ignored it. A build with memory debugging and q_malloc names both places."
        : "The same memory was freed twice; the two places are the second and the first free.";
    case "bad_pointer":
      return 'A pointer from outside the pool was freed. "out of memory block" means outside the block, not that memory ran out.';
    case "realloc_of_freed":
      return "Memory that was freed already was resized; q_malloc always aborts then.";
    case "broken_free_list":
      return "The count of a free list does not agree with its length: the pool's own book-keeping is damaged.";
    case "broken_fragment":
      return "A fragment's two copies of its size disagree, or it reaches past the pool: its header or end was overwritten.";
    case "absurd_request":
      return "The size asked for cannot be meant: a negative length or a damaged variable became a huge number. More memory does not help.";
    case "child_died":
      return childDied(incident);
    case "host_out_of_memory":
      return "The kernel ran out of memory and killed Kamailio: the machine (or its cgroup) is too small for the pools and what runs beside them. This is not one of Kamailio's pools.";
  }
}

function exhaustion({ pool, manager, class: row }: Omit<LogIncident, "explanation">): string {
  if (row === "sys_mem_error" || row === "operating_system")
    return "libc's malloc or a system call failed: neither -m nor -M changes that; look at the machine's memory and limits.";
  const where =
    pool === "shm"
      ? "The shared pool (-m) gave no memory"
      : pool === "pkg"
        ? "The private pool (-M) of the processes named gave no memory"
        : "An allocation failed; the text does not say in which pool";
  const unsure =
    manager === "fm" ? " f_malloc says the same whether the bytes are missing or only a piece that is large enough." : "";
  return `${where}. The site is who asked at that moment, not who holds the memory.${unsure}`;
}

function tlsLowMemory({ tls }: Omit<LogIncident, "explanation">): string {
  const consequence =
    tls?.threshold === 2
      ? "the tls module refuses operations on connections that are up"
      : "the tls module refuses new connections";
  if (!tls?.threshold_bytes)
    return `Free shm fell under the tls module's threshold (512 KiB a process by default), so ${consequence}.`;
  const share = tls.threshold === 2 ? "256 KiB" : "512 KiB";
  const processes = tls.processes === null ? "set by hand" : `${share} x ${tls.processes} processes, the default`;
  return `Free shm fell to ${tls.lowest_free_bytes} bytes, under the threshold of ${tls.threshold_bytes} bytes (${processes}), so ${consequence}. The pool is nearly full but not exhausted.`;
}

const written = ({ overwritten }: Omit<LogIncident, "explanation">) =>
  overwritten && overwritten.changed_bytes > 0
    ? `: ${counted(overwritten.changed_bytes, "byte")} of its check mark changed to "${overwritten.ascii}" (hex ${overwritten.bytes})`
    : "";

function childDied({ signal }: Omit<LogIncident, "explanation">): string {
  if (!signal) return "A process was ended by a signal.";
  const before = signal.preceded_by.length > 0 ? ` The same process reported ${signal.preceded_by.join(", ")} before.` : "";
  const main = signal.main_exited ? " The main process then ended Kamailio." : "";
  const meaning =
    signal.number === 6
      ? "abort(): with q_malloc debugging that is how found corruption ends."
      : signal.number === 11 || signal.number === 7
        ? "an access to memory that is not there: corruption, use after free, or a failed allocation that was not checked."
        : signal.number === 9
          ? "killed from outside, for instance by the kernel's out-of-memory killer."
          : "not by itself a sign of a memory fault.";
  return `A process was ended by ${signal.name}: ${meaning}${before}${main}`;
}
