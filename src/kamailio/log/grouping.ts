/**
 * Turns findings, line by line, into incidents: joins the lines that one failure writes, then counts failures by kind, pool and site.
 *
 * f_malloc writes two lines for a failed allocation and its caller one more, and the code above it often says "out of memory" once again:
 * that is one failure. Lines of one process are joined when they come close after one another in that order.
 */

import { type MessageRole, POOLS_OF_REPORTERS } from "../knowledge/log-messages.js";
import { siteKnowledge } from "../knowledge/sites.js";
import type { LogSite } from "../log-line/line.js";
import type { Pool } from "../pool.js";
import { timestamp } from "../units.js";
import { explain } from "./explain.js";
import { type Circumstances, foldRepeatedDamage, type Group, openIncident } from "./group.js";
import type { IncidentKind, LogIncident } from "./incident.js";
import type { Finding } from "./recognise.js";
import { explainFailedStart } from "./start-up.js";

/**
 * Lines of one failure follow one another in their process, but a failure in all processes at once puts the lines of dozens of others between:
 * this many lines apart at most.
 */
const JOIN_LINES = 64;
/** Bounds against hostile logs. */
const MAX_GROUPS = 1000;
const MAX_PENDING = 1024;
const MAX_PIDS = 32;
const MAX_PIDS_COUNTED = 4096;
const MAX_REMEMBERED_PIDS = 4096;

/** Classes of message that are about libc or the operating system. */
const OUTSIDE_THE_POOLS: ReadonlySet<string> = new Set(["sys_mem_error", "operating_system"]);

/** Order of the lines of one failed allocation. */
const STAGE: Readonly<Record<MessageRole, number>> = {
  search: 1,
  allocator: 2,
  realloc: 3,
  caller: 4,
  follow_on: 5,
  event: 0,
  detail: 6,
};

interface Failure {
  finding: Finding;
  first: Circumstances;
  last: Circumstances;
  stage: number;
  lines: number;
  count: number;
}

export class IncidentGroups {
  readonly #pending = new Map<string, Failure>();
  readonly #groups = new Map<string, Group>();
  readonly #poolOfBlock = new Map<string, Pool>();
  readonly #reportedBy = new Map<number, Set<IncidentKind>>();
  #lost = 0;

  add(finding: Finding, where: Circumstances): void {
    const slot = slotOf(finding, where);
    const before = this.#pending.get(slot);
    if (before && joins(before, finding, where)) {
      join(before, finding, where);
      if (before.finding.block !== null && before.finding.pool !== null)
        this.#poolOfBlock.set(before.finding.block, before.finding.pool);
      return;
    }
    if (before) this.#commit(before);
    this.#pending.delete(slot);
    // A detail without its incident (a log that was cut) proves nothing by itself.
    if (finding.role === "detail") return;
    this.#pending.set(slot, {
      finding,
      first: where,
      last: where,
      stage: STAGE[finding.role],
      lines: where.repeated,
      count: where.repeated,
    });
    if (this.#pending.size > MAX_PENDING) this.#flushOldest();
  }

  /** A module could not be initialised: an allocation that failed just before in that process, with no word of the allocator, failed at start-up. */
  failedStart(module: string, where: Circumstances): void {
    const failure = this.#pending.get(where.process);
    if (failure === undefined || where.line_number - failure.last.line_number > JOIN_LINES) return;
    const { finding } = failure;
    if (finding.kind !== "exhaustion" || finding.block !== null || OUTSIDE_THE_POOLS.has(finding.class)) return;
    finding.pool = this.#poolOf(finding).pool;
    finding.kind = "startup_failure";
    finding.class = "allocation_at_start";
    finding.note = explainFailedStart(module, finding.pool);
  }

  /** "last message repeated N times": N more of the line before. */
  repeatLast(lineNumber: number, times: number): void {
    for (const failure of this.#pending.values())
      if (failure.last.line_number === lineNumber - 1) {
        failure.lines += times;
        failure.count += times;
      }
  }

  /** All incidents, in the order of their first line. `lowerBound`: the log says that it lost messages. */
  finish(lowerBound: boolean): { incidents: LogIncident[]; lost: number } {
    for (const failure of this.#pending.values()) this.#commit(failure);
    this.#pending.clear();
    foldRepeatedDamage(this.#groups);
    const incidents = [...this.#groups.values()].map((group) => this.#close(group, lowerBound));
    return { incidents: incidents.sort((a, b) => a.first_line - b.first_line), lost: this.#lost };
  }

  #flushOldest(): void {
    const oldest = this.#pending.entries().next().value;
    if (!oldest) return;
    this.#pending.delete(oldest[0]);
    this.#commit(oldest[1]);
  }

  #commit(failure: Failure): void {
    const { finding } = failure;
    const { pool, source } = this.#poolOf(finding);
    const pid = finding.pid ?? failure.first.pid;
    this.#remember(pid, finding.kind);
    const key = [
      finding.kind,
      finding.kind === "startup_failure" || (finding.kind === "exhaustion" && !OUTSIDE_THE_POOLS.has(finding.class))
        ? ""
        : finding.class,
      pool,
      siteKey(finding.site),
      siteKey(finding.other_site),
      finding.signal,
      finding.tls?.threshold,
    ].join("|");
    let group = this.#groups.get(key);
    if (!group) {
      if (this.#groups.size >= MAX_GROUPS) {
        this.#lost += failure.count;
        return;
      }
      group = {
        incident: openIncident(finding, failure.first, pool, source),
        first_ms: null,
        last_ms: null,
        pids: new Set(),
        note: finding.note,
      };
      this.#groups.set(key, group);
    }
    this.#count(group, failure, pid);
  }

  #count(group: Group, failure: Failure, pid: number | null): void {
    const { incident } = group;
    const { finding, first, last } = failure;
    incident.count += failure.count;
    incident.lines += failure.lines;
    incident.first_line = Math.min(incident.first_line, first.line_number);
    incident.last_line = Math.max(incident.last_line, last.line_number);
    for (const at of [first.at, last.at])
      if (at !== null) {
        group.first_ms = group.first_ms === null ? at : Math.min(group.first_ms, at);
        group.last_ms = group.last_ms === null ? at : Math.max(group.last_ms, at);
      }
    if (pid !== null && group.pids.size < MAX_PIDS_COUNTED) group.pids.add(pid);
    if (finding.size !== null) {
      incident.size = Math.max(incident.size ?? 0, finding.size);
      incident.smallest_size = Math.min(incident.smallest_size ?? finding.size, finding.size);
    }
    incident.manager ??= finding.manager;
    if (incident.tls && finding.tls?.lowest_free_bytes != null)
      incident.tls.lowest_free_bytes = Math.min(
        incident.tls.lowest_free_bytes ?? finding.tls.lowest_free_bytes,
        finding.tls.lowest_free_bytes,
      );
    if (incident.signal) {
      incident.signal.main_exited ||= finding.main_exited;
      if (finding.core_dumped !== null) incident.signal.core_dumped = incident.signal.core_dumped === true || finding.core_dumped;
      const before = (pid === null ? undefined : this.#reportedBy.get(pid)) ?? [];
      for (const kind of before)
        if (kind !== "child_died" && !incident.signal.preceded_by.includes(kind)) incident.signal.preceded_by.push(kind);
    }
  }

  /** The text names the pool; else the block's address does, seen with a text before or by its alignment; else the site's catalogue entry. */
  #poolOf(finding: Finding): { pool: Pool | null; source: LogIncident["pool_source"] } {
    if (finding.pool !== null) return { pool: finding.pool, source: "text" };
    if (finding.block !== null) {
      const pool = this.#poolOfBlock.get(finding.block) ?? poolByAlignment(finding.block);
      if (pool !== null) return { pool, source: "block_address" };
    }
    if (
      (finding.kind === "exhaustion" || finding.kind === "fragmentation") &&
      !OUTSIDE_THE_POOLS.has(finding.class) &&
      finding.site
    ) {
      const { site } = finding;
      const reporter = POOLS_OF_REPORTERS.find((one) => one.module === site.module && one.function === site.function);
      const known = siteKnowledge(site)?.pool ?? reporter?.pool;
      if (known === "shm" || known === "pkg") return { pool: known, source: "site" };
    }
    return { pool: null, source: null };
  }

  #remember(pid: number | null, kind: IncidentKind): void {
    if (pid === null) return;
    const kinds = this.#reportedBy.get(pid);
    if (kinds) kinds.add(kind);
    else if (this.#reportedBy.size < MAX_REMEMBERED_PIDS) this.#reportedBy.set(pid, new Set([kind]));
  }

  #close(group: Group, lowerBound: boolean): LogIncident {
    const { incident, pids, first_ms, last_ms } = group;
    incident.pids = [...pids].sort((a, b) => a - b).slice(0, MAX_PIDS);
    incident.pid_count = pids.size;
    incident.first_at = first_ms === null ? null : timestamp(first_ms);
    incident.last_at = last_ms === null ? null : timestamp(last_ms);
    incident.count_is_lower_bound = lowerBound;
    incident.explanation = explain(incident, group.note);
    return incident;
  }
}

/** Failures of different nature do not push each other out: a process may die between two lines of an exhaustion. */
function slotOf(finding: Finding, where: Circumstances): string {
  if (finding.kind === "startup_failure") return "start";
  if (finding.kind === "child_died") return `died ${where.process}`;
  return where.process;
}

function joins(before: Failure, finding: Finding, where: Circumstances): boolean {
  if (where.line_number - before.last.line_number > JOIN_LINES) return false;
  if (finding.kind === "startup_failure")
    return before.finding.kind === "startup_failure" && agree(before.finding.pool, finding.pool);
  if (finding.role === "detail") return before.finding.kind === finding.kind;
  if (before.stage === 0 || STAGE[finding.role] === 0) return false;
  // Two callers that only say "out of memory" are two failures; one that follows a failure whose pool is known tells of the same.
  return (
    STAGE[finding.role] > before.stage &&
    agree(poolSaid(before.finding), poolSaid(finding)) &&
    agree(before.finding.block, finding.block)
  );
}

/** The pool that a line names, or whose block it shows. */
const poolSaid = ({ pool, block }: Finding): Pool | null => pool ?? (block === null ? null : poolByAlignment(block));

const agree = <T>(a: T | null, b: T | null) => a === null || b === null || a === b;

function join(before: Failure, finding: Finding, where: Circumstances): void {
  const kept = before.finding;
  kept.pool ??= finding.pool;
  kept.block ??= finding.block;
  kept.manager ??= finding.manager;
  if (finding.size !== null) kept.size = Math.max(kept.size ?? 0, finding.size);
  // The search names no caller: its own place in the allocator is not a site.
  if (finding.role === "allocator" || finding.role === "realloc") kept.site = finding.site ?? kept.site;
  else if (finding.role === "caller" || finding.role === "follow_on") kept.site ??= finding.site;
  kept.other_site ??= finding.other_site;
  kept.core_dumped ??= finding.core_dumped;
  kept.main_exited ||= finding.main_exited;
  before.stage = Math.max(before.stage, STAGE[finding.role]);
  before.last = where;
  before.lines += where.repeated;
}

/** On 64-bit glibc the shm block is mapped (page aligned), a pkg block is malloc'ed (16 bytes into a page). */
function poolByAlignment(block: string): Pool | null {
  if (block.length < 8) return null;
  return block.endsWith("000") ? "shm" : block.endsWith("010") ? "pkg" : null;
}

const siteKey = (site: LogSite | null) => (site ? `${site.module}/${site.file}/${site.function}/${site.line}` : "");
