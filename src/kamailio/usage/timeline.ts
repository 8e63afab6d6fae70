/**
 * Puts readings and times together into samples.
 *
 * Where the time comes from, in this order: a metrics page's own time stamps; a line with a time above the readings (or below them, when the
 * upload begins with readings); the time that the caller says; the server's clock. All readings of an upload without any time are one
 * sample; a second answer of the same command that says something else is refused, because nothing tells when it was taken. Two exceptions:
 * when `core.uptime` stands beside each of them, its clock parts them; and when it tells a time long past, that is the time.
 */

import { readTimeText, type WrittenTime } from "../log-line/time-text.js";
import { DAY, timestamp } from "../units.js";
import type { Block, Sink, TimedSample } from "./model.js";
import { createMoment, type Moment } from "./moment.js";
import { readSample } from "./ndjson.js";
import type { ShmFacts } from "./settle-shm.js";
import { fixedZone, type Zone } from "./time-zone.js";

export interface TimelineOptions {
  now: number;
  at: number | null;
  zone: Zone | null;
  facts: ShmFacts;
}

export interface Timeline {
  add(block: Block): void;
  /** A line that says a time. `heads`: it surely stands above what it belongs to. */
  mark(time: WrittenTime, line: number, heads: boolean): void;
  /** A whole metrics page. */
  page(blocks: readonly Block[], at: number | null): void;
  /** A whole moment of a history: a sample of its own. */
  moment(blocks: readonly Block[], at: number): void;
  /** A written time as epoch ms; one without a zone in the caller's. */
  utc(time: WrittenTime): number;
  /** An object of the service's own form. */
  sample(value: Record<string, unknown>, line: number): void;
  /** The samples that are finished. */
  take(): TimedSample[];
  end(): void;
}

/** UTC-12 to UTC+14, and a clock that is a little off. */
const WIDEST_ZONE = 15 * 3_600_000;
/** SER's first release; a clock that says less was not set. */
const OLDEST = Date.UTC(2001, 8, 1);
/** Metrics of one page are stamped one by one while it is printed. */
const SAME_PAGE_MS = 1500;
const ISO_UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;

export function createTimeline(options: TimelineOptions, sink: Sink): Timeline {
  let moment = createMoment();
  let placement: "above" | "below" | null = null;
  let finished: TimedSample[] = [];
  let lastLocal = Number.NEGATIVE_INFINITY;
  /** `core.uptime` has parted readings: its clock is the upload's. */
  let clocked = false;
  let line = 1;
  /** A second answer is refused once a command and moment, not once a row. */
  let refused = new Set<string>();
  const processes = new Map<number, { rank: number | null; desc: string | null }>();

  function start(mark: number | null): Moment {
    const next = createMoment();
    next.mark = mark;
    refused = new Set();
    return next;
  }

  function flush(next: number | null): void {
    const { stamped, mark, now } = moment;
    const clock = stamped === null && mark === null && now !== null ? readTimeText(now) : null;
    emit(stamped ?? mark ?? (clock !== null && isClockUsed(clock) ? toUtc(clock) : null));
    moment = start(next);
  }

  /**
   * `core.uptime` tells a local time without its zone. Of a fresh answer the server's clock knows the time better; it is not fresh when no zone
   * on earth makes it now, or when answers are parted by it.
   */
  function isClockUsed({ local }: WrittenTime): boolean {
    return clocked || options.zone !== null || (options.at === null && Math.abs(options.now - local) > WIDEST_ZONE);
  }

  function emit(at: number | null): void {
    if (moment.isEmpty()) return;
    const when = at ?? options.at ?? options.now;
    if (!acceptTime(when, line)) return;
    const parts = moment.sample(options.facts, processes, sink);
    if (parts !== null) finished.push({ at: timestamp(when), ...parts });
  }

  function acceptTime(at: number, where: number): boolean {
    if (at > options.now + DAY)
      sink.reject(where, "the time is more than a day in the future", "check the clock, or say the zone with ?timezone=");
    else if (at < OLDEST)
      sink.reject(where, "the time is before the first release: the clock was not set", "say the time with ?at=");
    else return true;
    return false;
  }

  /** Local times count in the caller's zone; without one they count as UTC, which is said. */
  function toUtc(time: WrittenTime): number {
    if (time.offset !== null) return time.local - time.offset;
    const zone = options.zone ?? ASSUMED;
    if (options.zone === null)
      sink.warn("times without a zone were taken as UTC: say the zone with ?timezone= (such as Europe/Berlin or +02:00)");
    const possible = zone.offsets(time.local).map((offset) => time.local - offset);
    // In the hour that the autumn change repeats, time goes on rather than back.
    const utc = possible.toSorted((a, b) => a - b).find((candidate) => candidate >= lastLocal) ?? Math.max(...possible);
    lastLocal = utc;
    return utc;
  }

  function add(block: Block): void {
    if (block.kind === "process") {
      if (processes.size < MAX_PROCESSES) processes.set(block.pid, { rank: block.rank, desc: block.desc });
      return;
    }
    if (block.kind === "shm") line = block.reading.line;
    if (moment.add(block)) return;
    if (moment.now !== null && moment.mark === null && moment.stamped === null) {
      clocked = true;
      flush(null);
      moment.add(block);
      return;
    }
    if (refused.has(block.label)) return;
    refused.add(block.label);
    const where =
      block.kind === "pkg"
        ? (block.rows[0]?.line ?? line)
        : block.kind === "shm"
          ? block.reading.line
          : "line" in block
            ? block.line
            : line;
    const when = moment.mark === null ? "nothing says when each was taken" : "both stand under the same time";
    sink.reject(where, `a second ${block.label} with other numbers: ${when}`, "print `date -u +%FT%TZ` before each reading");
  }

  function addSample(value: Record<string, unknown>, where: number): void {
    const parts = readSample(value);
    line = where;
    if (parts.problems.length > 0) sink.reject(where, parts.problems.slice(0, 3).join("; "), null);
    const { uptime, shm, pkg, load } = parts;
    if (shm === null && pkg.length === 0 && uptime === null && Object.keys(load).length === 0) {
      if (parts.problems.length === 0) sink.reject(where, "a sample without any counter", null);
      return;
    }
    if (parts.at === null) {
      addParts(parts, where);
      return;
    }
    const at = timeOf(parts.at);
    if (at === null) sink.reject(where, "at is no time", "write it as 2026-11-23T01:14:56Z");
    else if (acceptTime(at, where)) finished.push({ at: timestamp(at), uptime, shm, pkg, load });
  }

  /** A sample that does not say its time belongs to the upload's moment. */
  function addParts({ uptime, shm, pkg, load }: ReturnType<typeof readSample>, where: number): void {
    if (shm !== null) add({ kind: "shm", label: "sample", reading: { source: "sample", line: where, scale: 1, counters: shm } });
    if (pkg.length > 0) add({ kind: "pkg", label: "sample", rows: pkg.map((row) => ({ ...row, line: where })) });
    if (Object.keys(load).length > 0) add({ kind: "load", label: "sample", line: where, load: new Map(Object.entries(load)) });
    if (uptime !== null) add({ kind: "uptime", label: "sample", line: where, seconds: uptime, now: null });
  }

  function timeOf(at: string | number): number | null {
    if (typeof at === "string" && ISO_UTC.test(at)) {
      const ms = Date.parse(at);
      return Number.isNaN(ms) ? null : ms;
    }
    const written = readTimeText(typeof at === "number" ? epochText(at) : at);
    return written === null ? null : toUtc(written);
  }

  return {
    add,
    mark(time, where, heads) {
      const at = toUtc(time);
      if (heads || placement === null) placement = heads || !moment.hasMemory() ? "above" : "below";
      if (placement === "below") {
        moment.mark = at;
        line = where;
        flush(null);
      } else if (moment.mark === null && !moment.hasMemory() && !heads) moment.mark = at;
      else if (moment.mark !== at) flush(at);
      line = where;
    },
    page(blocks, at) {
      if (at !== null && moment.stamped !== null && Math.abs(at - moment.stamped) > SAME_PAGE_MS) flush(moment.mark);
      if (at !== null) moment.stamped ??= at;
      for (const block of blocks) add(block);
    },
    moment(blocks, at) {
      flush(moment.mark);
      moment.stamped = at;
      for (const block of blocks) add(block);
      flush(null);
    },
    utc: toUtc,
    sample: addSample,
    take() {
      const samples = finished;
      finished = [];
      return samples;
    },
    end: () => flush(null),
  };
}

const ASSUMED = fixedZone("UTC", 0);
const MAX_PROCESSES = 8192;

/** Epoch seconds have ten digits until the year 2286, milliseconds thirteen. */
function epochText(at: number): string {
  return Number.isFinite(at) && at > 0 ? String(at < 1e11 ? at : Math.trunc(at)) : "";
}
