/** One incident while it is being counted. */
import type { Pool } from "../pool.js";
import { signalName } from "./explain.js";
import type { LogIncident } from "./incident.js";
import type { Finding } from "./recognise.js";

/** Where and when a finding was read. */
export interface Circumstances {
  line_number: number;
  at: number | null;
  pid: number | null;
  /** Tells processes apart when the line names no pid. */
  process: string;
  repeated: number;
  quote: string;
}

export interface Group {
  incident: LogIncident;
  first_ms: number | null;
  last_ms: number | null;
  pids: Set<number>;
  note: string | null;
}

export function openIncident(
  finding: Finding,
  first: Circumstances,
  pool: Pool | null,
  source: LogIncident["pool_source"],
): LogIncident {
  return {
    kind: finding.kind,
    class: finding.class,
    severity: finding.severity,
    pool,
    pool_source: source,
    manager: finding.manager,
    site: finding.site,
    other_site: finding.other_site,
    size: null,
    smallest_size: null,
    count: 0,
    lines: 0,
    count_is_lower_bound: false,
    pids: [],
    pid_count: 0,
    first_at: null,
    last_at: null,
    first_line: first.line_number,
    last_line: first.line_number,
    quote: first.quote,
    overwritten: finding.overwritten,
    action: finding.action,
    signal:
      finding.signal === null
        ? null
        : {
            number: finding.signal,
            name: signalName(finding.signal),
            core_dumped: finding.core_dumped,
            main_exited: finding.main_exited,
            preceded_by: [],
          },
    tls: finding.tls === null ? null : { ...finding.tls },
    explanation: "",
  };
}

/**
 * The damaged end of a chunk is found once more as "prev. fragm." when its neighbour is looked at, and once more in the status dump that
 * q_malloc writes before it aborts: the later report, which names no more than the first, is folded into it.
 */
export function foldRepeatedDamage(groups: Map<string, Group>): void {
  const seen = new Map<string, Group>();
  for (const [key, group] of groups) {
    const { incident, pids } = group;
    if (incident.overwritten === null) continue;
    for (const pid of pids.size > 0 ? pids : [null]) {
      const damage = `${incident.kind}|${pid}|${incident.overwritten.words.join()}`;
      const first = seen.get(damage);
      if (first === undefined) seen.set(damage, group);
      else if (incident.site === null && first !== group) {
        first.incident.lines += incident.lines;
        first.incident.last_line = Math.max(first.incident.last_line, incident.last_line);
        groups.delete(key);
        break;
      }
    }
  }
}
