/**
 * Reads one text of any kind and size as a stream of bytes.
 *
 * The reader of dumps sees every byte and hands on what is no list of chunks: to the reader of logs, to a reader of usage when the beginning looks
 * like usage, and the beginning and the end of it to the readers of short outputs (`small-text.ts`). What is read is not judged here. Readers are loaded when they are needed, so that the command line
 * starts quickly.
 */
import type { ReadBuilds } from "../../kamailio/binary/read-builds.js";
import type { Dump } from "../../kamailio/dump/dump.js";
import { createDumpReader, type DumpReader, type DumpReading } from "../../kamailio/dump/reader.js";
import type { HostMemoryReading } from "../../kamailio/host-memory/reading.js";
import type { LogReading } from "../../kamailio/log/incident.js";
import type { LogReader } from "../../kamailio/log/reader.js";
import { type Kind, type Recognition, recognise } from "../../kamailio/recognise.js";
import { removeSecrets } from "../../kamailio/secrets.js";
import type { SettingsReading } from "../../kamailio/settings/settings.js";
import { DAY } from "../../kamailio/units.js";
import type { Rejected, UsageReader, UsageReport } from "../../kamailio/usage/reader.js";
import { refusalOf } from "../../kamailio/usage/refusal.js";
import type { AnalysisPart } from "./analysis.js";
import { KeptSamples } from "./kept-samples.js";
import { HEAD_BYTES, SmallText, withoutDumpLines } from "./small-text.js";

export interface TextOptions {
  /** The clock, epoch ms. */
  now: number;
  /** When the text was taken, epoch ms, for what does not say it itself; the clock without it. */
  at: number | null;
  /** The zone of local times in counters: an IANA name or `+hh:mm`; UTC without it. */
  timezone: string | null;
  /** Called between two steps that each keep the thread busy, so that a service can answer others. */
  pause: () => Promise<void>;
}

export interface UsageReading {
  kept: KeptSamples;
  report: UsageReport;
}

/** What one text holds. A part that it does not hold is `null` or empty. */
export interface TextReading {
  name: string;
  /** When the text was taken, epoch ms: the clock where nobody said it. */
  taken_at: number;
  recognition: Recognition;
  parts: AnalysisPart[];
  bytes: number;
  lines: number;
  dumps: Dump[];
  log: LogReading;
  builds: ReadBuilds | null;
  settings: SettingsReading | null;
  usage: UsageReading | null;
  /** Why the reader of counters kept nothing of it, where nobody else read it either. */
  refusal: Rejected | null;
  host: HostMemoryReading | null;
  /** The text itself, without its secrets, when it is a kamailio.cfg. */
  /** Files of a configuration by their paths. */
  config: ReadonlyMap<string, string> | null;
  warnings: string[];
  secrets_removed: number;
}

/** What is no text is not given to the readers of short texts. */
const NOT_TEXT: ReadonlySet<Kind> = new Set([
  "empty",
  "gzip",
  "zip",
  "xz",
  "bzip2",
  "zstd",
  "tar",
  "elf",
  "pdf",
  "image",
  "sqlite",
  "utf16",
  "binary",
  "html",
]);
/** A configuration names versions, options and levels of its own, a script or a help text all of them. */
const NO_SETTINGS: ReadonlySet<Kind> = new Set([
  "kamailio_cfg",
  "config_map",
  "opensips_cfg",
  "gdb_script",
  "kamailio_help",
  "tool_help",
]);
/** Configurations: what looks like a counter in them is a parameter. */
const NO_COUNTERS: ReadonlySet<Kind> = new Set(["kamailio_cfg", "config_map", "opensips_cfg"]);
/** A log that proves nothing is still an answer: it was read, and nothing of memory is in it. */
const LOGS: ReadonlySet<Kind> = new Set([
  "kamailio_log",
  "dump",
  "kernel_report",
  "backtrace",
  "sanitizer_report",
  "valgrind_report",
]);
/** Messages about one text. */
const MAX_WARNINGS = 50;

export class TextReader {
  readonly #small = new SmallText();
  readonly #kept = new KeptSamples();
  readonly #dumps: DumpReader;
  /** Lines of the last chunk that are no lists of chunks: no other reader needs those. */
  readonly #others: { lines: Uint8Array; firstLine: number }[] = [];
  #log: LogReader | null = null;
  #usage: UsageReader | null = null;
  #usageDecided = false;
  /** What the reader of counters said when it kept nothing. */
  #nothing: UsageReport | null = null;

  constructor(
    readonly name: string,
    readonly options: TextOptions,
  ) {
    this.#dumps = createDumpReader({
      year: new Date(options.at ?? options.now).getUTCFullYear(),
      onOther: (lines, firstLine) => this.#others.push({ lines, firstLine }),
    });
  }

  /** The next bytes; they may end anywhere. The chunk can be used again once the promise is kept. */
  async push(chunk: Uint8Array): Promise<void> {
    this.#dumps.push(chunk);
    await this.#readOthers();
  }

  async #readOthers(): Promise<void> {
    this.#log ??= await this.#openLog();
    for (const { lines, firstLine } of this.#others) {
      this.#small.push(lines);
      this.#log.take(lines, firstLine);
      if (this.#usage !== null) this.#kept.add(this.#usage.push(lines));
      else if (!this.#usageDecided && this.#small.headFull) await this.#decideUsage(lines);
    }
    this.#others.length = 0;
  }

  async end(): Promise<TextReading> {
    const dumps = this.#dumps.end();
    await this.#readOthers();
    const log = (this.#log ?? (await this.#openLog())).end();
    const whole = this.#small.text();
    const recognition = recognise(whole);
    const { text, removed } = NOT_TEXT.has(recognition.kind) ? { text: "", removed: 0 } : await this.#shortText(whole);
    const read = <Value>(reader: () => Promise<Value | null>): Promise<Value | null> => this.#step(text, reader);
    const reading: TextReading = {
      name: this.name,
      taken_at: this.options.at ?? this.options.now,
      recognition,
      parts: [],
      bytes: dumps.bytes,
      lines: dumps.lines,
      dumps: inThePast(dumps.dumps, this.options.at ?? this.options.now),
      log: withoutSecrets(log),
      builds: await read(() => readBuildsOf(text)),
      settings: this.#mayHoldSettings(recognition.kind) ? await read(() => readSettingsOf(text)) : null,
      usage: NO_COUNTERS.has(recognition.kind) ? null : await this.#readUsage(text),
      refusal: null,
      host: NO_COUNTERS.has(recognition.kind) ? null : await read(() => readHostOf(text)),
      config: configOf(recognition.kind, this.name, text),
      warnings: [],
      secrets_removed: removed,
    };
    reading.parts = partsOf(reading);
    if (reading.parts.length === 0 && this.#nothing !== null) reading.refusal = refusalOf(this.#nothing, recognition);
    reading.warnings = [...dumps.warnings, ...this.#warnings(reading, dumps)].slice(0, MAX_WARNINGS);
    return reading;
  }

  /** Of a long log, its reader sees the starts. */
  #mayHoldSettings(kind: Kind): boolean {
    return !NO_SETTINGS.has(kind) && !(LOGS.has(kind) && this.#small.omitted > 0);
  }

  async #openLog(): Promise<LogReader> {
    const { createLogReader } = await import("../../kamailio/log/reader.js");
    return createLogReader({ taken_at: this.options.at ?? this.options.now });
  }

  /** The head is complete: is the text a history of counters that must be read as a stream? */
  async #decideUsage(chunk: Uint8Array): Promise<void> {
    this.#usageDecided = true;
    const head = this.#small.headBytes;
    const text = head.toString("utf8");
    const { kind, endpoints } = recognise(text);
    const { createUsageReader, looksLikeUsage } = await import("../../kamailio/usage/reader.js");
    if (NOT_TEXT.has(kind) || LOGS.has(kind) || (!endpoints.includes("usage") && looksLikeUsage(text) === null)) return;
    this.#usage = createUsageReader(this.options);
    this.#kept.add(this.#usage.push(head));
    // The head ends within this chunk.
    const beyond = chunk.subarray(chunk.length - this.#small.beyond);
    if (beyond.length > 0) this.#kept.add(this.#usage.push(beyond));
  }

  async #shortText(whole: string): Promise<{ text: string; removed: number }> {
    await this.options.pause();
    return removeSecrets(withoutDumpLines(whole));
  }

  async #step<Value>(text: string, reader: () => Promise<Value | null>): Promise<Value | null> {
    if (text.trim() === "") return null;
    await this.options.pause();
    return reader();
  }

  async #readUsage(text: string): Promise<UsageReading | null> {
    const kept = this.#kept;
    if (this.#usage === null) {
      if (text.trim() === "") return null;
      await this.options.pause();
      const { createUsageReader } = await import("../../kamailio/usage/reader.js");
      this.#usage = createUsageReader(this.options);
      kept.add(this.#usage.push(text));
    }
    const { samples, ...report } = this.#usage.end();
    kept.add(samples);
    if (kept.accepted.samples > 0) return { kept, report };
    this.#nothing = report;
    return null;
  }

  #warnings({ log, usage, parts, recognition }: TextReading, dumps: DumpReading): string[] {
    const warnings: string[] = [];
    if (parts.includes("incidents") || parts.includes("log")) warnings.push(...log.warnings);
    if (usage !== null) {
      warnings.push(...usage.report.warnings);
      if (usage.kept.stride > 1)
        warnings.push(`of ${usage.kept.accepted.samples} samples every ${usage.kept.stride}th was judged, to bound the memory`);
    }
    if (this.#small.omitted > 0 && usage === null && !LOGS.has(recognition.kind))
      warnings.push(
        `builds, settings and other short outputs were looked for in the first ${HEAD_BYTES} of ${dumps.bytes} bytes and at the end`,
      );
    return warnings;
  }
}

async function readBuildsOf(text: string): Promise<ReadBuilds | null> {
  const { readBuilds } = await import("../../kamailio/binary/read-builds.js");
  const read = readBuilds(text);
  return read.builds.length === 0 ? null : read;
}

async function readSettingsOf(text: string): Promise<SettingsReading | null> {
  const { readSettings } = await import("../../kamailio/settings/read-settings.js");
  const read = readSettings(text);
  return read.forms.length === 0 ? null : read;
}

async function readHostOf(text: string): Promise<HostMemoryReading | null> {
  const { readHostMemory } = await import("../../kamailio/host-memory/read.js");
  const read = readHostMemory(text);
  return read.hosts.length + read.processes.length + read.slab_caches.length + (read.groups?.length ?? 0) === 0 ? null : read;
}

/** The files of a kamailio.cfg, or of a map of paths to texts; `null` for another text, or a map that is cut. */
function configOf(kind: Kind, name: string, text: string): ReadonlyMap<string, string> | null {
  if (kind === "kamailio_cfg") return new Map([[name, text]]);
  if (kind !== "config_map") return null;
  try {
    const files = Object.entries(JSON.parse(text) as Record<string, unknown>);
    const texts = files.flatMap(([path, one]) => (typeof one === "string" ? [[path, one] as const] : []));
    return texts.length === files.length ? new Map(texts) : null;
  } catch {
    return null;
  }
}

function partsOf(reading: TextReading): AnalysisPart[] {
  const { log } = reading;
  const parts: [AnalysisPart, boolean][] = [
    ["dumps", reading.dumps.length > 0],
    ["incidents", log.incidents.length > 0],
    ["log", log.look_alikes.length + log.starts.length > 0 || LOGS.has(reading.recognition.kind)],
    ["builds", reading.builds !== null],
    ["settings", reading.settings !== null],
    ["usage", reading.usage !== null],
    ["host_memory", reading.host !== null],
    ["config", reading.config !== null],
  ];
  return parts.filter(([, there]) => there).map(([part]) => part);
}

/** Lines of a log can hold a database URL or a password. */
function withoutSecrets(log: LogReading): LogReading {
  const clean = <Item extends { quote: string }>(item: Item): Item => ({ ...item, quote: removeSecrets(item.quote).text });
  return { ...log, incidents: log.incidents.map(clean), look_alikes: log.look_alikes.map(clean) };
}

/** Clocks differ, but not by a day. */
const MAX_AHEAD_MS = DAY;

/** A stamp without a year got the year in which the text was taken; in January it can be one too high. */
function inThePast(dumps: readonly Dump[], at: number): Dump[] {
  return dumps.map((dump) => {
    if (dump.taken_at === null || Date.parse(dump.taken_at) <= at + MAX_AHEAD_MS) return dump;
    const before = new Date(dump.taken_at);
    before.setUTCFullYear(before.getUTCFullYear() - 1);
    return before.getTime() <= at + MAX_AHEAD_MS ? { ...dump, taken_at: before.toISOString() } : dump;
  });
}
