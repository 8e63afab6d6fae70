/**
 * Reads what people paste when a host's memory looks high: /proc/meminfo, `free` in any language, `top`, `slabtop`, /proc/PID/status, smaps,
 * smaps_rollup, `ps`, `smem`, `pmap -x`, `docker stats`, `kubectl top`, `systemctl show` and the files of a cgroup, one or several after one another, of one moment or of two.
 *
 * Lines that belong to nothing are kept as unknown, at most 50 of them. Never throws.
 */
import { KB } from "../units.js";
import {
  foreignFigures,
  foreignFreeColumns,
  foreignFreeHeader,
  freeHeader,
  freeUnit,
  readFreeMem,
  readFreeSwap,
} from "./free.js";
import { GroupReader } from "./groups.js";
import { isPmapRow, pmapHead, pmapTotal } from "./pmap.js";
import { MEMINFO, MEMINFO_OTHER, PROC_OTHER, SMAPS, STATUS } from "./proc-fields.js";
import { psHeader, readPsRow } from "./ps.js";
import { type HostFigures, type HostMemoryReading, NO_HOST, NO_PROCESS, type ProcessFigures, type SlabCache } from "./reading.js";
import { addSwapOfTop, hostOfTop, readTopLine } from "./top.js";

const MAX_LINES = 2_000_000;
const MAX_LINE = 1000;
const MAX_UNKNOWN = 50;
const MAX_PROCESSES = 5000;
const MAX_CACHES = 500;

const FIELD = /^([A-Za-z][\w()]{1,60}):\s{0,40}(?:(\d{1,18})(?: kB)?)?\s{0,4}$/;
const ANY_FIELD = /^([A-Za-z][\w()]{1,60}):/;
const MAPPING =
  /^[0-9a-f]{1,16}-[0-9a-f]{1,16} ([r-][w-][x-][ps]) [0-9a-f]{1,16} [0-9a-f]{2,4}:[0-9a-f]{2,6} \d{1,20}\s{0,80}(.{0,300})$/;
const PROC_PATH = /\/proc\/(\d{1,10})\/(?:status|smaps|smaps_rollup)\b/;
const SLAB_ROW =
  /^\s*\d{1,15}\s+\d{1,15}\s+\d{1,3}%\s+[\d.]{1,12}[KMG]?\s+\d{1,15}\s+\d{1,15}\s+(\d{1,15})([KMG]?)\s+(\S{1,80})\s*$/;
const SLAB_TOTAL = /^\s*Active \/ Total Size [^:]{1,20}:\s{0,20}[\d.]{1,20}[KMG]? \/ ([\d.]{1,20})([KMG]?)/;

export function readHostMemory(text: string): HostMemoryReading {
  const reader = new HostMemoryText();
  let from = 0;
  for (let count = 0; from < text.length && count < MAX_LINES; count++) {
    const newline = text.indexOf("\n", from);
    const end = newline < 0 ? text.length : newline;
    reader.line(text.slice(from, Math.min(end, from + MAX_LINE)).replace(/\r$/, ""));
    from = end + 1;
  }
  return reader.finish(from < text.length);
}

class HostMemoryText {
  readonly #hosts: HostFigures[] = [];
  readonly #first = new Map<number | string, ProcessFigures>();
  readonly #latest = new Map<number | string, ProcessFigures>();
  readonly #others = new Set<number | string>();
  readonly #caches: SlabCache[] = [];
  readonly #warnings = new Set<string>();
  readonly #unknown: string[] = [];
  #slabTotal: number | null = null;
  #host: Partial<HostFigures> | null = null;
  #process: ProcessFigures | null = null;
  #pathPid: number | null = null;
  #mapping: { permissions: string; path: string } | null = null;
  #freeUnit: number | null = null;
  #freeColumns: readonly string[] | null = null;
  /** The line above may be the header of `free` in another language. */
  #foreignHeader = false;
  #foreign = false;
  #topMemory = false;
  #pmap: { pid: number; name: string } | null = null;
  readonly #groups = new GroupReader();
  #freeScale = KB;
  #psColumns: string[] | null = null;

  line(line: string): void {
    if (line.trim() === "") return;
    const path = PROC_PATH.exec(line);
    if (path) {
      this.#closeProcess();
      this.#pathPid = Number(path[1]);
      return;
    }
    const wasHeader = this.#foreignHeader;
    this.#foreignHeader = false;
    if (
      this.#readTop(line) ||
      (wasHeader && this.#readForeignMem(line)) ||
      this.#readFree(line) ||
      this.#readMapping(line) ||
      this.#readField(line) ||
      this.#readSlab(line) ||
      this.#readPmap(line) ||
      this.#readPs(line) ||
      this.#groups.line(line)
    )
      return;
    this.#foreignHeader = foreignFreeHeader(line);
    if (this.#foreignHeader) return;
    if (this.#unknown.length < MAX_UNKNOWN) this.#unknown.push(line.slice(0, 200));
  }

  finish(cut: boolean): HostMemoryReading {
    this.#closeHost();
    this.#closeProcess();
    if (cut) this.#warnings.add(`the text has more than ${MAX_LINES} lines: the rest was not read`);
    const last = this.#hosts[this.#hosts.length - 1];
    if (last && last.slab === null) last.slab = this.#slabTotal;
    const twice = [...this.#first].filter(([key, figures]) => this.#latest.get(key) !== figures);
    return {
      hosts: this.#hosts,
      processes: [...this.#latest.values()],
      earlier_processes: twice.map(([, figures]) => figures),
      groups: this.#groups.finish(),
      other_processes: this.#others.size,
      slab_caches: this.#caches.sort((a, b) => b.bytes - a.bytes),
      warnings: [...this.#warnings],
      unknown_lines: this.#unknown,
    };
  }

  /** The head of `top` above its table. */
  #readTop(line: string): boolean {
    if (/^\s{0,8}top - \d/.test(line)) {
      this.#topMemory = false;
      return true;
    }
    const read = readTopLine(line, !this.#topMemory);
    const host = this.#hosts[this.#hosts.length - 1];
    if (read?.kind === "memory") {
      this.#closeHost();
      this.#hosts.push(hostOfTop(read));
      this.#topMemory = true;
    } else if (read !== null && host?.source === "top") addSwapOfTop(host, read);
    return read !== null || /^\s{0,8}(?:Tasks|Threads|%?C[Pp][Uu]\(s\)|Aufgaben|Tâches|Tareas)\s?:/.test(line);
  }

  /** The first line of figures under a header of `free` whose words are not English. */
  #readForeignMem(line: string): boolean {
    const columns = foreignFreeColumns(line);
    if (columns === null) return false;
    this.#freeColumns = columns;
    this.#foreign = true;
    return this.#readFree(line);
  }

  #readPmap(line: string): boolean {
    const head = pmapHead(line);
    if (head !== null) {
      this.#pmap = head;
      return true;
    }
    const total = pmapTotal(line, this.#pmap);
    if (total === null) return isPmapRow(line);
    this.#closeProcess();
    this.#keep(total);
    return true;
  }

  #readFree(line: string): boolean {
    const columns = freeHeader(line);
    if (columns) {
      this.#foreign = false;
      this.#freeColumns = columns;
      return true;
    }
    const unit = freeUnit(line);
    if (unit !== null) {
      this.#freeUnit = unit;
      return true;
    }
    if (this.#freeColumns === null) return false;
    const figures = this.#hosts[this.#hosts.length - 1];
    // In another language the second line of figures is the swap's: its label is a word like any other.
    if (this.#foreign && figures?.source === "free" && figures.swap_total === null && foreignFigures(line)?.length === 3) {
      readFreeSwap(line, figures, this.#freeScale);
      return true;
    }
    const mem = readFreeMem(line, this.#freeColumns, this.#freeUnit);
    if (mem) {
      this.#closeHost();
      this.#hosts.push(mem.figures);
      this.#freeScale = mem.scale;
      this.#freeUnit = null;
      if (mem.inferred) this.#warnings.add("free does not print its unit: it was told from the size of the total");
      return true;
    }
    if (figures?.source === "free" && line.trim().startsWith("Swap:")) {
      readFreeSwap(line, figures, this.#freeScale);
      return true;
    }
    return /^\s*(?:-\/\+ buffers\/cache|Total|Low|High):/.test(line);
  }

  #readMapping(line: string): boolean {
    const match = MAPPING.exec(line);
    if (!match) return false;
    if (this.#process === null || match[2] === "[rollup]") this.#openProcess({});
    this.#mapping = { permissions: match[1] ?? "", path: match[2] ?? "" };
    return true;
  }

  #readField(line: string): boolean {
    const match = FIELD.exec(line);
    const name = match?.[1] ?? ANY_FIELD.exec(line)?.[1];
    if (name === undefined) return false;
    if (name === "Name") {
      this.#openProcess({ name: line.slice(5).trim().slice(0, 100) });
      return true;
    }
    const value = match?.[2] === undefined ? null : Number(match[2]);
    if (name === "Pid" && this.#process && value !== null) {
      this.#process.pid = value;
      return true;
    }
    if (value === null) return PROC_OTHER.test(name);
    return (
      this.#setHost(name, value * KB) || this.#setProcess(name, value * KB) || MEMINFO_OTHER.test(name) || PROC_OTHER.test(name)
    );
  }

  #setHost(name: string, bytes: number): boolean {
    const field = MEMINFO[name];
    if (field === undefined) return false;
    if (name === "MemTotal") {
      this.#closeHost();
      this.#host = {};
    }
    if (this.#host) Object.assign(this.#host, { [field]: bytes });
    return true;
  }

  #setProcess(name: string, bytes: number): boolean {
    const status = STATUS[name];
    // `grep Rss /proc/PID/status` or of smaps_rollup leaves the figures alone.
    if (this.#process === null && (status !== undefined || name === "Rss" || name === "Pss")) this.#openProcess({});
    const process = this.#process;
    if (process === null) return false;
    if (status !== undefined) {
      process[status] = bytes;
      return true;
    }
    this.#mapping ??= { permissions: "", path: "" };
    if (this.#mapping.path === "/dev/zero (deleted)" && this.#mapping.permissions.endsWith("s"))
      this.#addShmMapping(process, name, bytes);
    if (this.#mapping.path === "[heap]" && name === "Rss") process.heap = (process.heap ?? 0) + bytes;
    const field = SMAPS[name];
    if (field === undefined) return false;
    process[field] = (process[field] ?? 0) + bytes;
    return true;
  }

  #addShmMapping(process: ProcessFigures, name: string, bytes: number): void {
    if (name === "Size")
      process.shm_mapping = { size: (process.shm_mapping?.size ?? 0) + bytes, rss: process.shm_mapping?.rss ?? 0 };
    else if (name === "Rss" && process.shm_mapping) process.shm_mapping.rss += bytes;
  }

  #readSlab(line: string): boolean {
    const total = SLAB_TOTAL.exec(line);
    if (total) {
      this.#slabTotal = Math.round(Number(total[1]) * scaleOf(total[2]));
      return true;
    }
    const row = SLAB_ROW.exec(line);
    if (row && this.#caches.length < MAX_CACHES)
      this.#caches.push({ name: row[3] ?? "", bytes: Number(row[1]) * scaleOf(row[2]) });
    return row !== null || /^\s*(?:Active \/ Total|Minimum \/ Average|OBJS ACTIVE)/.test(line);
  }

  #readPs(line: string): boolean {
    const columns = psHeader(line);
    if (columns) {
      this.#psColumns = columns;
      return true;
    }
    const row = readPsRow(line, this.#psColumns) ?? readPsRow(line, null);
    if (row === null) return false;
    this.#closeProcess();
    if (row.kamailio) this.#keep(row.figures);
    else if (this.#others.size < MAX_PROCESSES) this.#others.add(row.figures.pid ?? line);
    return true;
  }

  #openProcess(given: Partial<ProcessFigures>): void {
    const pid = this.#pathPid;
    this.#closeProcess();
    this.#process = { ...NO_PROCESS, pid, ...given };
  }

  #closeProcess(): void {
    // `Name:` stands above many things; what has no pid and no figure is no process.
    if (this.#process && Object.entries(this.#process).some(([field, value]) => field !== "name" && value !== null))
      this.#keep(this.#process);
    this.#process = null;
    this.#mapping = null;
    this.#pathPid = null;
  }

  /** status and smaps of one pid complete each other; a figure that is there already begins a second reading. */
  #keep(figures: ProcessFigures): void {
    const key = figures.pid ?? `unnamed ${this.#latest.size}`;
    const known = this.#latest.get(key);
    if (known === undefined && this.#latest.size >= MAX_PROCESSES) {
      this.#warnings.add(`more than ${MAX_PROCESSES} processes: the rest was not read`);
      return;
    }
    const given = Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== null)) as Partial<ProcessFigures>;
    const again = known !== undefined && readTwice(known, figures);
    const merged = known === undefined || again ? figures : { ...known, ...given };
    if (!again) this.#first.set(key, merged);
    this.#latest.set(key, merged);
  }

  #closeHost(): void {
    const { total, free } = this.#host ?? {};
    if (total !== undefined && free !== undefined)
      this.#hosts.push({ ...NO_HOST, ...this.#host, source: "meminfo", total, free });
    else if (this.#host) this.#warnings.add("a /proc/meminfo without MemFree was left out");
    this.#host = null;
  }
}

/** Details that one source alone prints tell a second reading; a plain size from another source completes the first. */
function readTwice(known: ProcessFigures, figures: ProcessFigures): boolean {
  // rss_shmem is printed by status alone, pss by smaps and its rollup alone.
  const details = ["rss_shmem", "pss"] as const;
  if (details.some((name) => known[name] !== null && figures[name] !== null)) return true;
  const plain = (process: ProcessFigures) => details.every((name) => process[name] === null);
  return plain(known) && plain(figures) && known.rss !== figures.rss;
}

const scaleOf = (suffix: string | undefined) => (suffix === "G" ? KB ** 3 : suffix === "M" ? KB ** 2 : suffix === "K" ? KB : 1);
