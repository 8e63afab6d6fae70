/**
 * The one tail behind every form that gives single counters with names and labels (metrics pages, answers of a metrics server, CSV, perfdata,
 * line protocols ...): counters of one moment to the blocks that a sample is made of. Which name is which counter was decided before.
 */
import type { MetricTarget } from "../knowledge/metric-names.js";
import { BYTES_SHM_COMMAND } from "../knowledge/usage-commands.js";
import type { ShmCounters } from "../sample.js";
import { readCounter } from "./counter.js";
import { type Block, NO_SHM, type PkgReading, type Sink } from "./model.js";
import { ENTRIES_WITHOUT_PID } from "./moment.js";

/** One counter of one moment. */
export interface Reading {
  target: MetricTarget;
  /** It may be cut to 32 bits, as `core.shmmem` is. */
  narrow: boolean;
  labels: Readonly<Record<string, string>>;
  /** `null`: it stands there and is no number. */
  value: number | null;
  line: number;
}

type ShmParts = { narrow: boolean; counters: ShmCounters; line: number; others: string };
type Row = PkgReading & { entry: boolean };
type Process = { pid: number; rank: number | null; desc: string | null };

/** @param form what was read, for the report: it becomes the blocks' label; `null`: a metrics page */
export function assemble(readings: readonly Reading[], form: string | null, sink: Sink): Block[] {
  const shm: ShmParts[] = [];
  const rows = new Map<string, Row>();
  const processes = new Map<string, Process>();
  const load = new Map<string, number>();
  let uptime: number | null = null;
  let unnamed: number | null = null;
  for (const reading of readings) {
    const { target, value, labels } = reading;
    switch (target.kind) {
      case "shm":
        keepShm(shm, target.field, reading);
        break;
      case "pkg":
        if (!keepPkg(rows, target.field, reading)) unnamed ??= reading.line;
        break;
      case "load":
        if (value !== null && value >= 0) load.set(target.name, value);
        break;
      case "uptime":
        uptime = value;
        break;
      case "process":
        keepProcess(processes, labels);
    }
  }
  if (unnamed !== null && rows.size === 0)
    sink.reject(unnamed, WITHOUT_PROCESS, "export it with the label or the column that names the process (pid)");
  const first = readings[0]?.line ?? 1;
  return [
    ...shmBlocks(shm, form, sink),
    ...pkgBlocks(rows, processes, form, sink),
    ...otherBlocks(load, uptime, processes, form, first),
  ];
}

const WITHOUT_PROCESS =
  "private memory without its process: each process has a pool of its own, and a sum or a mean over them says nothing about any";

function keepShm(shm: ShmParts[], field: keyof ShmCounters, { narrow, labels, value, line }: Reading): void {
  const { type: _type, ...rest } = labels;
  const others = JSON.stringify(rest);
  let parts = shm.find((candidate) => candidate.narrow === narrow && candidate.others === others);
  if (parts === undefined) {
    parts = { narrow, counters: { ...NO_SHM }, line, others };
    shm.push(parts);
  }
  parts.counters[field] = value;
}

function shmBlocks(shm: readonly ShmParts[], form: string | null, sink: Sink): Block[] {
  if (new Set(shm.map(({ narrow }) => narrow)).size < shm.length) {
    sink.reject(
      shm[0]?.line ?? 1,
      "the page shows the shared memory of several servers",
      "post each server's own page to its own instance",
    );
    return [];
  }
  return shm.flatMap(({ narrow, counters, line }): Block[] => {
    if (counters.total === null && counters.real_used === null && counters.used === null && counters.free === null) {
      sink.reject(line, "the shared memory's metrics are no numbers", BYTES_SHM_COMMAND);
      return [];
    }
    const label = form ?? (narrow ? "metrics of core.shmmem" : "metrics of shmem");
    const source = narrow ? "core.shmmem" : "metrics";
    return [
      { kind: "shm", label, reading: { source, line, scale: 1, counters: form === null ? counters : completed(counters) } },
    ];
  });
}

/** In every memory manager free + real_used = total: of three, two are enough. */
function completed(counters: ShmCounters): ShmCounters {
  const { total, free, real_used } = counters;
  if (free === null && total !== null && real_used !== null && total >= real_used && real_used >= 0)
    return { ...counters, free: total - real_used };
  if (total === null && free !== null && real_used !== null) return { ...counters, total: free + real_used };
  if (real_used === null && total !== null && free !== null) return { ...counters, real_used: total - free };
  return counters;
}

/** False when nothing says which process it is. */
function keepPkg(
  rows: Map<string, Row>,
  field: "used" | "free" | "real_used" | "total_size" | "total_frags",
  { labels, value, line }: Reading,
): boolean {
  const { pid, entry } = labels;
  const id = pid ?? entry;
  const number = id === undefined ? null : readCounter(id);
  if (id === undefined || number === null) return false;
  const key = pid === undefined ? `entry ${id}` : `pid ${id}`;
  let row = rows.get(key);
  if (row === undefined) {
    const rank = labels.rank === undefined ? null : readCounter(labels.rank);
    const desc = labels.desc === undefined || labels.desc === "" ? null : labels.desc;
    row = { line, pid: number, rank, desc, ...NO_PKG, entry: pid === undefined };
    rows.set(key, row);
  }
  row[field] = value;
  return true;
}

const NO_PKG = { used: null, free: null, real_used: null, total_size: null, total_frags: null };

function keepProcess(processes: Map<string, Process>, labels: Readonly<Record<string, string>>): void {
  const pid = readCounter(labels.pid ?? "");
  if (pid === null || labels.index === undefined) return;
  const rank = readCounter(labels.rank ?? "");
  processes.set(labels.index, {
    pid,
    rank,
    desc: labels.description === undefined || labels.description === "" ? null : labels.description,
  });
}

/** Older voiplens exporters label a process with its index alone; `core_process_status` of the same page knows the pid. */
function pkgBlocks(
  rows: ReadonlyMap<string, Row>,
  processes: ReadonlyMap<string, { pid: number }>,
  form: string | null,
  sink: Sink,
): Block[] {
  const readings: PkgReading[] = [];
  let withoutPid = false;
  for (const { entry, ...row } of rows.values()) {
    const known = entry ? processes.get(String(row.pid)) : undefined;
    withoutPid ||= entry && known === undefined;
    const { total_size, free, real_used } = row;
    const total = total_size ?? (form !== null && free !== null && real_used !== null ? free + real_used : null);
    const left = free ?? (form !== null && total !== null && real_used !== null && total >= real_used ? total - real_used : null);
    readings.push({ ...row, free: left, total_size: total, pid: known?.pid ?? row.pid });
  }
  if (readings.length === 0) return [];
  if (withoutPid)
    sink.warn("the exporter prints the index of a process, not its pid: the index stands in its place, and restarts do not show");
  return [{ kind: "pkg", label: withoutPid ? ENTRIES_WITHOUT_PID : (form ?? "metrics of pkgmem"), rows: readings }];
}

function otherBlocks(
  load: ReadonlyMap<string, number>,
  uptime: number | null,
  processes: ReadonlyMap<string, Process>,
  form: string | null,
  line: number,
): Block[] {
  const label = form ?? "metrics";
  const blocks: Block[] = [...processes.values()].map((process) => ({
    kind: "process",
    label: "metrics of core.psa",
    ...process,
  }));
  if (load.size > 0) blocks.push({ kind: "load", label, line, load });
  if (uptime !== null && uptime >= 0) blocks.push({ kind: "uptime", label, line, seconds: uptime, now: null });
  return blocks;
}
