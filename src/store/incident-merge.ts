/**
 * Joins what several logs say of one incident, so that a log that is posted twice, or overlaps with one before, counts once.
 *
 * The ranges of time that were counted are kept side by side. A new range that touches none of them adds its failures. One that holds ranges
 * before replaces them; one that lies inside another adds nothing. Where two overlap in part nobody can tell which failures both counted: the
 * larger number is kept and marked as a lower bound.
 */
import { explain } from "../kamailio/log/explain.js";
import type { IncidentKind, LogIncident } from "../kamailio/log/incident.js";
import { HOUR } from "../kamailio/units.js";

/** A range of time that one or more logs covered, epoch ms, and what they counted in it. */
export interface Part {
  from: number;
  to: number;
  count: number;
  lines: number;
}

export interface Counted {
  incident: LogIncident;
  /** In order of time, never overlapping. */
  parts: Part[];
}

/** Ranges kept apart; the oldest are joined beyond it. */
const MAX_PARTS = 200;
/** Process ids shown. */
const MAX_PIDS = 32;

/** Failures of one kind that are further apart are two incidents. Milliseconds: an hour of silence ends one. */
export const EPISODE_GAP = HOUR;

/** Classes within these kinds name the line that was found first, not another nature of failure, once the pool is known. */
const ONE_CLASS: ReadonlySet<IncidentKind> = new Set(["exhaustion", "startup_failure"]);

/** What two reports of one incident share. A log without times is told by its first line. */
export function incidentIdentity(incident: LogIncident): string {
  const { kind, pool, site, other_site, signal, tls } = incident;
  const place = (at: LogIncident["site"]) => (at ? [at.module, at.file, at.function, at.line] : null);
  const timeless = incident.first_at === null ? [incident.first_line, incident.quote] : null;
  const row = ONE_CLASS.has(kind) && pool !== null ? "" : incident.class;
  return JSON.stringify([kind, row, pool, place(site), place(other_site), signal?.number, tls?.threshold, timeless]);
}

/** What one log counted; `fallback` is its time when it shows none. */
export function countedIn(incident: LogIncident, fallback: number): Counted {
  const { count, lines } = incident;
  const from = incident.first_at === null ? fallback : Date.parse(incident.first_at);
  const to = incident.last_at === null ? from : Date.parse(incident.last_at);
  return { incident, parts: [{ from, to: Math.max(from, to), count, lines }] };
}

/** Reports of one identity joined. */
export function mergeCounted(a: Counted, b: Counted): Counted {
  if (a.incident.first_at === null) return { incident: larger(a.incident, b.incident), parts: a.parts };
  let parts = a.parts;
  let unsure = false;
  for (const part of b.parts) {
    const added = addPart(parts, part);
    parts = added.parts;
    unsure ||= added.unsure;
  }
  return { incident: joined(a.incident, b.incident, parts, unsure), parts: bounded(parts) };
}

function addPart(parts: readonly Part[], added: Part): { parts: Part[]; unsure: boolean } {
  const inside = (inner: Part, outer: Part) => inner.from >= outer.from && inner.to <= outer.to;
  const met = parts.filter(({ from, to }) => from <= added.to && to >= added.from);
  const apart = parts.filter((part) => !met.includes(part));
  const sum = (of: "count" | "lines") => met.reduce((total, part) => total + part[of], 0);
  const joint: Part = {
    from: Math.min(added.from, ...met.map(({ from }) => from)),
    to: Math.max(added.to, ...met.map(({ to }) => to)),
    count: Math.max(added.count, sum("count")),
    lines: Math.max(added.lines, sum("lines")),
  };
  const exact = met.every((part) => inside(part, added)) || met.some((part) => inside(added, part));
  return { parts: [...apart, joint].sort((a, b) => a.from - b.from), unsure: !exact };
}

function bounded(parts: Part[]): Part[] {
  const kept = [...parts];
  while (kept.length > MAX_PARTS) {
    const [first, second] = kept.splice(0, 2);
    if (first === undefined || second === undefined) break;
    kept.unshift({ from: first.from, to: second.to, count: first.count + second.count, lines: first.lines + second.lines });
  }
  return kept;
}

/** The same lines of a log that has grown since. */
function larger(a: LogIncident, b: LogIncident): LogIncident {
  return b.count > a.count ? b : a;
}

function joined(a: LogIncident, b: LogIncident, parts: readonly Part[], unsure: boolean): LogIncident {
  const [early, late] = (a.first_at ?? "") <= (b.first_at ?? "") ? [a, b] : [b, a];
  const pids = [...new Set([...a.pids, ...b.pids])].sort((x, y) => x - y);
  const incident: LogIncident = {
    ...early,
    pool_source: early.pool_source ?? late.pool_source,
    manager: early.manager ?? late.manager,
    size: most(a.size, b.size, Math.max),
    smallest_size: most(a.smallest_size, b.smallest_size, Math.min),
    count: parts.reduce((sum, { count }) => sum + count, 0),
    lines: parts.reduce((sum, { lines }) => sum + lines, 0),
    count_is_lower_bound: a.count_is_lower_bound || b.count_is_lower_bound || unsure,
    pids: pids.slice(0, MAX_PIDS),
    pid_count: Math.max(pids.length, a.pid_count, b.pid_count),
    last_at: (a.last_at ?? "") > (b.last_at ?? "") ? a.last_at : b.last_at,
    signal: joinedSignal(early.signal, late.signal),
    tls: joinedTls(early.tls, late.tls),
  };
  // What the lines themselves said is kept; else the words follow the numbers.
  const note = early.explanation === explain(early, null) ? null : early.explanation;
  return { ...incident, explanation: explain(incident, note) };
}

function joinedSignal(a: LogIncident["signal"], b: LogIncident["signal"]): LogIncident["signal"] {
  if (a === null || b === null) return a ?? b;
  return {
    ...a,
    core_dumped:
      a.core_dumped === null || b.core_dumped === null ? (a.core_dumped ?? b.core_dumped) : a.core_dumped || b.core_dumped,
    main_exited: a.main_exited || b.main_exited,
    preceded_by: [...new Set([...a.preceded_by, ...b.preceded_by])],
  };
}

function joinedTls(a: LogIncident["tls"], b: LogIncident["tls"]): LogIncident["tls"] {
  if (a === null || b === null) return a ?? b;
  return {
    threshold: a.threshold,
    threshold_bytes: b.threshold_bytes ?? a.threshold_bytes,
    lowest_free_bytes: most(a.lowest_free_bytes, b.lowest_free_bytes, Math.min),
    processes: b.processes ?? a.processes,
  };
}

function most(a: number | null, b: number | null, choose: (a: number, b: number) => number): number | null {
  return a === null || b === null ? (a ?? b) : choose(a, b);
}
