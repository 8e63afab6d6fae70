/** An incident as the log reader gives it. */
import type { LogIncident } from "../../src/kamailio/log/incident.js";

/** Exhaustion of shm in a minute of 2026, with what is given changed. */
export function exhaustion(change: Partial<LogIncident>): LogIncident {
  return {
    kind: "exhaustion",
    class: "shm_mem_error",
    severity: "error",
    pool: "shm",
    pool_source: "text",
    manager: null,
    site: { module: "usrloc", file: "urecord.c", function: "new_urecord", line: 61 },
    other_site: null,
    size: null,
    smallest_size: null,
    count: 1,
    lines: 1,
    count_is_lower_bound: false,
    pids: [1],
    pid_count: 1,
    first_at: "2026-11-23T01:00:00.000Z",
    last_at: "2026-11-23T01:01:00.000Z",
    first_line: 1,
    last_line: 1,
    quote: "ERROR: usrloc [urecord.c:61]: new_urecord(): could not allocate shared memory from shm pool",
    overwritten: null,
    action: null,
    signal: null,
    tls: null,
    explanation: "",
    ...change,
  };
}
