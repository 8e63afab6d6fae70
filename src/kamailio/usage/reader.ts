/**
 * Reads memory usage in every form that Kamailio and the tools around it print it: kamcmd, kamctl over MI FIFO and JSON, JSON-RPC results and
 * errors, statistics in their spellings, metrics pages of xhttp_prom and of two exporters, samples of the service's own form, and histories out
 * of other tools (series/); several of them after one another, with or without times between them. As a stream: a year of samples needs no more memory than one.
 */
import type { Manager, Pool } from "../pool.js";
import { KB, MB } from "../units.js";
import { readVersion, type Version } from "../version.js";
import { createLineReader } from "./line-reader.js";
import { createLineSplitter } from "./lines.js";
import type { Block, Rejected, TimedSample } from "./model.js";
import { readZone } from "./time-zone.js";
import { createTimeline } from "./timeline.js";

export type { Rejected, TimedSample } from "./model.js";

export interface UsageOptions {
  /** The server's clock, epoch ms. */
  now: number;
  /** When the text was taken, epoch ms, for what does not say it itself. */
  at?: number | null;
  /** The zone of local times in the text: an IANA name or `+hh:mm`. UTC without it. */
  timezone?: string | null;
  /** The release that printed the text; a release that the text names itself wins. */
  version?: Version | null;
  /** `-m` that the server runs with: proves what 32-bit figures were. */
  shm_size_mb?: number | null;
}

/** What an upload said beside its samples. */
export interface UsageReport {
  /** At most MAX_REJECTED; `rejected_total` counts all. */
  rejected: Rejected[];
  rejected_total: number;
  warnings: string[];
  /** The first lines that no reader knew, and how many there were. */
  unrecognized: { total: number; first: { line: number; text: string }[] };
  /** `shm.info` and `pkg.info`. tlsf's pkg counters are those of the start in some releases: the caller judges. */
  managers: { shm: Manager | null; pkg: Manager | null };
  pool_sizes: { shm: number | null; pkg: number | null };
  /** The release that the text names (`core.version`, `core.info`, `core.runinfo`, a `Server:` header). */
  version: Version | null;
  /** What was read, in the order of its first appearance: `core.shmmem`, `pkg.stats`, ... */
  kinds: string[];
  lines: number;
}

export interface UsageReader {
  /** Feeds a piece of the upload, cut anywhere; returns the samples that it finished. */
  push(chunk: Uint8Array | string): TimedSample[];
  /** The upload is over: the samples that were waiting, and the report. */
  end(): UsageReport & { samples: TimedSample[] };
}

export const MAX_REJECTED = 1000;
const MAX_WARNINGS = 50;
const MAX_UNRECOGNIZED = 20;
const MAX_UNRECOGNIZED_TEXT = 120;
const MAX_KINDS = 50;
/** Sizes of the pool that one upload may tell. */
const MAX_SIZES = 8;

/** A reader for one upload. Never throws on input; what it does not keep is in the report, with line, reason and what to do. */
export function createUsageReader(options: UsageOptions): UsageReader {
  const report: UsageReport = {
    rejected: [],
    rejected_total: 0,
    warnings: [],
    unrecognized: { total: 0, first: [] },
    managers: { shm: null, pkg: null },
    pool_sizes: { shm: null, pkg: null },
    version: null,
    kinds: [],
    lines: 0,
  };
  const zone = options.timezone == null ? null : readZone(options.timezone);
  const sizes = options.shm_size_mb == null ? [] : [options.shm_size_mb * MB];
  const unnamed: { manager: Manager | null; size: number | null }[] = [];
  const totals: Record<Pool, number | null> = { shm: null, pkg: null };
  const facts = { version: options.version ?? null, sizes };

  function warn(text: string): void {
    if (report.warnings.length < MAX_WARNINGS && !report.warnings.includes(text)) report.warnings.push(text);
  }

  function reject(line: number, reason: string, hint: string | null): void {
    report.rejected_total++;
    if (report.rejected.length < MAX_REJECTED) report.rejected.push({ line, reason, hint });
  }

  if (options.timezone != null && zone === null) warn("the time zone is not known: times without a zone count as UTC");
  const timeline = createTimeline({ now: options.now, at: options.at ?? null, zone, facts }, { add, reject, warn });

  function add(block: Block): void {
    named(block);
    if (block.kind === "version") {
      report.version = readVersion(block.text.replace(/^\D{1,40}/, "").split(" ")[0] ?? "") ?? report.version;
      facts.version = report.version ?? facts.version;
    } else if (block.kind === "pool") keepPool(block);
    else timeline.add(block);
  }

  function keepPool({ pool, manager, size }: Block & { kind: "pool" }): void {
    if (pool !== "pkg" && size !== null && sizes.length < MAX_SIZES && !sizes.includes(size)) sizes.push(size);
    if (pool === null) unnamed.push({ manager, size });
    else keepManager(pool, manager, size);
  }

  function keepManager(pool: Pool, manager: Manager | null, size: number | null): void {
    report.managers[pool] = manager;
    report.pool_sizes[pool] = size;
  }

  /** `shm.info` and `pkg.info` print the same form: without the command above it, the counters beside it may tell which pool has that size. */
  function nameSizes(): void {
    for (const { manager, size } of unnamed.slice(0, MAX_SIZES)) {
      const fits = (["shm", "pkg"] as const).filter((pool) => size !== null && isSizeOf(totals[pool], size));
      const [pool] = fits;
      if (pool !== undefined && fits.length === 1) keepManager(pool, manager, size);
      else warn("shm.info and pkg.info print the same form: without the command above it, its pool is not known");
    }
  }

  function finished(): TimedSample[] {
    const samples = timeline.take();
    const last = samples.at(-1);
    totals.shm = last?.shm?.total ?? totals.shm;
    totals.pkg = last?.pkg[0]?.total_size ?? totals.pkg;
    return samples;
  }

  function named(block: Block): void {
    if (report.kinds.length < MAX_KINDS && !report.kinds.includes(block.label)) report.kinds.push(block.label);
  }

  const reader = createLineReader({
    add,
    reject,
    warn,
    mark: timeline.mark,
    page(blocks, at) {
      for (const block of blocks) named(block);
      timeline.page(blocks, at);
    },
    moment(blocks, at) {
      for (const block of blocks) named(block);
      timeline.moment(blocks, at);
    },
    utc: timeline.utc,
    sample(value, line) {
      if (!report.kinds.includes(SAMPLES)) report.kinds.push(SAMPLES);
      timeline.sample(value, line);
    },
    unrecognized(text, line) {
      const { first } = report.unrecognized;
      report.unrecognized.total++;
      if (first.length < MAX_UNRECOGNIZED) first.push({ line, text: text.slice(0, MAX_UNRECOGNIZED_TEXT) });
    },
  });
  const splitter = createLineSplitter();

  function feed(lines: readonly (string | null)[]): void {
    report.lines += lines.length;
    for (const line of lines) reader.feed(line);
  }

  return {
    push(chunk) {
      feed(splitter.push(chunk));
      return finished();
    },
    end() {
      feed(splitter.end());
      reader.end();
      timeline.end();
      const samples = finished();
      nameSizes();
      return { ...report, samples };
    },
  };
}

/** tlsf takes its control block off the total. */
const CONTROL_BLOCK = 64 * KB;

function isSizeOf(total: number | null, size: number): boolean {
  return total !== null && size >= total && size - total <= CONTROL_BLOCK;
}

/** The kind of the service's own form. */
const SAMPLES = "NDJSON samples";

/** Reads a whole upload at once. */
export function readUsage(text: string | Uint8Array, options: UsageOptions): UsageReport & { samples: TimedSample[] } {
  const reader = createUsageReader(options);
  const samples = reader.push(text);
  const end = reader.end();
  return { ...end, samples: [...samples, ...end.samples] };
}

/** How much of a text is looked at to tell what it is. */
const HEAD = 16 * KB;

/** The command whose output a text looks like (`core.shmmem`, `pkg.stats`, `statistics`, `NDJSON samples`, ...); `null` when it is no usage. */
export function looksLikeUsage(text: string): { kind: string } | null {
  const report = readUsage(text.slice(0, HEAD), { now: Date.UTC(2100, 0, 1) });
  const kind = report.kinds.find((label) => !CONTEXT.has(label));
  if (kind !== undefined) return { kind };
  if (text.length > HEAD && CUT_ANSWER.test(text.slice(0, HEAD))) return { kind: "a JSON-RPC result" };
  return null;
}

/** Facts that other texts hold as well: alone they make no usage. */
const CONTEXT: ReadonlySet<string> = new Set(["version", "core.version", "core.info", "core.psx", "core.psa", "core.ps", "ps"]);
/** The beginning of a long JSON answer of pkg.stats or stats.fetch. */
const CUT_ANSWER = /"(?:real_used|shmem[.:]total_size|total_frags)"/;
