/** Collects what belongs to one moment and makes a sample of it. */
import { SYSTEM_MALLOC_HINT, SYSTEM_MALLOC_REASON } from "../knowledge/usage-commands.js";
import type { PkgCounters, UsageSample } from "../sample.js";
import type { Block, PkgReading, ShmReading, Sink } from "./model.js";
import { settlePkg } from "./settle-pkg.js";
import { type ShmFacts, settleShm } from "./settle-shm.js";

/** pid -> what `core.psa` and `core.psx` say about it. */
export type Processes = ReadonlyMap<number, { rank: number | null; desc: string | null }>;

/** The readings of one moment. */
export interface Moment {
  /** The time that stands above (or below) the readings; `null` when there is none. */
  mark: number | null;
  /** The time that a metrics page itself says. */
  stamped: number | null;
  /** The local time that `core.uptime` says. */
  now: string | null;
  /** Takes a reading. False when it contradicts one of the same command that is already there. */
  add(block: Block): boolean;
  /** Nothing was added that a sample could hold. */
  isEmpty(): boolean;
  hasMemory(): boolean;
  /** The sample without its time; refused readings go to the sink. `null` when nothing is left. */
  sample(facts: ShmFacts, processes: Processes, sink: Sink): Omit<UsageSample, "at"> | null;
}

/** More processes than any server has (the hard limit of `children` and sockets together is far below). */
const MAX_PROCESSES = 8192;
/** Load counters that one sample keeps. */
export const MAX_LOAD = 128;
/** `core.uptime` and `core.runinfo` asked one after the other. */
const SAME_UPTIME_S = 5;

export function createMoment(): Moment {
  const shm = new Map<string, ShmReading>();
  const pkg = new Map<number, PkgReading>();
  const load = new Map<string, number>();
  const loadByLabel = new Map<string, number>();
  let hasPids = true;
  let uptime: number | null = null;

  /** `core.shmmem`, its `kb` form and `shm.stats` look alike when no command stands above them: totals of another magnitude tell them apart. */
  function addShm(reading: ShmReading): boolean {
    const total = reading.counters.total ?? 0;
    const key = `${reading.source} ${reading.scale} ${total < 0 ? "negative" : total === 0 ? 0 : Math.floor(Math.log2(total))}`;
    const known = shm.get(key);
    if (known === undefined) shm.set(key, reading);
    return known === undefined || JSON.stringify(known.counters) === JSON.stringify(reading.counters);
  }

  function addPkg(rows: readonly PkgReading[], label: string): boolean {
    if (label === ENTRIES_WITHOUT_PID) hasPids = false;
    return rows.map(addRow).every(Boolean);
  }

  function addRow(row: PkgReading): boolean {
    const known = pkg.get(row.pid);
    // Rows of processes that do not exist all have pid 0.
    if (known !== undefined && row.pid !== 0)
      return known.used === row.used && known.free === row.free && known.real_used === row.real_used;
    if (pkg.size < MAX_PROCESSES) pkg.set(row.pid, row);
    return true;
  }

  function addLoad(label: string, added: ReadonlyMap<string, number>): boolean {
    let agrees = true;
    for (const [name, value] of added) {
      const key = `${label} ${name}`;
      const known = loadByLabel.get(key);
      if (known !== undefined) agrees &&= known === value;
      else if (load.size < MAX_LOAD || load.has(name)) {
        loadByLabel.set(key, value);
        load.set(name, value);
      }
    }
    return agrees;
  }

  const moment: Moment = {
    mark: null,
    stamped: null,
    now: null,
    add(block) {
      switch (block.kind) {
        case "shm":
          return addShm(block.reading);
        case "pkg":
          return addPkg(block.rows, block.label);
        case "load":
          return addLoad(block.label, block.load);
        case "uptime": {
          const agrees = uptime === null || block.seconds === null || Math.abs(uptime - block.seconds) <= SAME_UPTIME_S;
          if (agrees) moment.now ??= block.now;
          uptime ??= block.seconds;
          return agrees;
        }
        default:
          return true;
      }
    },
    isEmpty: () => shm.size === 0 && pkg.size === 0 && load.size === 0 && uptime === null,
    hasMemory: () => shm.size > 0 || pkg.size > 0,
    sample(facts, processes, sink) {
      const sample = {
        uptime,
        shm: shm.size === 0 ? null : settleAllShm([...shm.values()], facts, sink),
        pkg: settleAllPkg([...pkg.values()], hasPids, processes, sink),
        load: Object.fromEntries(withContacts(load)),
      };
      return sample.shm === null && sample.pkg.length === 0 && load.size === 0 && uptime === null ? null : sample;
    },
  };
  return moment;
}

const UNSTARTED_RANK = -128;

/** The label of rows whose exporter prints the process' index instead of its pid. */
export const ENTRIES_WITHOUT_PID = "metrics without pid";

function settleAllShm(readings: readonly ShmReading[], facts: ShmFacts, sink: Sink) {
  const settled = settleShm(readings, facts);
  if (!settled.ok) {
    sink.reject(settled.line, settled.reason, settled.hint);
    return null;
  }
  for (const warning of settled.warnings) sink.warn(warning);
  return settled.counters;
}

function settleAllPkg(readings: readonly PkgReading[], hasPids: boolean, processes: Processes, sink: Sink): PkgCounters[] {
  const rows: PkgCounters[] = [];
  let ghosts = 0;
  for (const reading of readings) {
    const settled = settlePkg(reading, hasPids);
    if (settled.ok) rows.push(named(settled.row, processes));
    else if (settled.ghost) ghosts++;
    else sink.reject(settled.line, settled.reason, settled.hint);
  }
  if (ghosts > 0 && rows.length === 0) {
    const first = readings[0]?.line ?? 1;
    // A process that has not started has no pid or rank -128; one on the system's malloc has both.
    const real = readings.some(({ pid, rank }) => pid !== 0 && rank !== null && rank > UNSTARTED_RANK);
    if (real) sink.reject(first, SYSTEM_MALLOC_REASON, SYSTEM_MALLOC_HINT);
    else sink.reject(first, "rows of processes that have not started: none has a counter", "run `kamcmd pkg.stats` again");
  } else if (ghosts > 0) sink.warn("rows with pid 0 or without any counter are no processes and were left out");
  return rows;
}

function named(row: PkgCounters, processes: Processes): PkgCounters {
  const known = processes.get(row.pid);
  return known === undefined ? row : { ...row, rank: row.rank ?? known.rank, desc: row.desc ?? known.desc };
}

/** Adds `registered_contacts`, the sum over usrloc's tables. */
function withContacts(load: ReadonlyMap<string, number>): Map<string, number> {
  const all = new Map(load);
  const tables = [...load].filter(
    ([name]) => name.endsWith("_contacts") && !name.startsWith("ims_") && name !== "registered_contacts",
  );
  if (tables.length > 0 && !load.has("registered_contacts")) {
    all.set(
      "registered_contacts",
      tables.reduce((sum, [, contacts]) => sum + contacts, 0),
    );
  }
  return all;
}
