/** Sorts samples and roll-ups into curves, one a counter of the shared pool, of a process, or of the load. */
import { processKeys } from "../../kamailio/history/process-identity.js";
import type { Series } from "../../kamailio/history/series.js";
import type { Pool } from "../../kamailio/pool.js";
import type { UsageSample } from "../../kamailio/sample.js";
import type { EntitySeries } from "../../store/usage/usage.js";
import type { Curve } from "./curves.js";
import { CurveBuilder } from "./down-sample.js";

const SHM_COUNTERS = ["total", "used", "real_used", "max_used", "fragments"] as const;
const PKG_COUNTERS = ["used", "real_used", "total_size", "total_frags"] as const;
const COUNTS = new Set<string>(["fragments", "total_frags"]);

/** Curves in one answer: some hundred processes. */
const MOST_CURVES = 2_000;

/** What is asked for. */
export interface Selection {
  /** `null`: both pools and the load. */
  pool: Pool | null;
  pid: number | null;
}

interface OpenCurve extends Omit<Curve, "points"> {
  builder: CurveBuilder;
}

/** Takes rows in time order. */
export class CurveCollector {
  readonly #curves = new Map<string, OpenCurve>();
  #leftOut = false;

  constructor(
    private readonly selection: Selection,
    private readonly width: number,
  ) {}

  addSample(at: number, { shm, pkg, load }: UsageSample) {
    const { pool, pid } = this.selection;
    if (shm !== null && pool !== "pkg")
      for (const name of SHM_COUNTERS) this.#addValue(`shm ${name}`, at, shm[name], shmCurve(name));
    if (pool !== "shm") {
      const keys = processKeys(pkg);
      for (const [index, row] of pkg.entries()) {
        if (pid !== null && row.pid !== pid) continue;
        const process = keys[index] ?? "";
        for (const name of PKG_COUNTERS) this.#addValue(`pkg ${name} ${process}`, at, row[name], pkgCurve(name, process, row));
      }
    }
    if (pool === null)
      for (const [name, value] of Object.entries(load)) this.#addValue(`load ${name}`, at, value, loadCurve(name));
  }

  addRollup({ entity, counters }: EntitySeries) {
    const pids = counters.get("pid");
    const chosen = entity?.kind === "pkg" && this.selection.pid !== null ? rowsOfPid(pids, this.selection.pid) : null;
    const pid = this.selection.pid ?? pids?.last.at(-1) ?? null;
    for (const [name, series] of counters) {
      if (name === "pid") continue;
      const open = this.#open(
        `${entity?.kind ?? "shm"} ${entity === null || entity.kind === "load" ? (entity?.key ?? name) : `${name} ${entity.key}`}`,
        entity === null
          ? shmCurve(name)
          : entity.kind === "load"
            ? loadCurve(entity.key)
            : pkgCurve(name, entity.key, { pid, rank: entity.rank, desc: entity.description }),
      );
      if (open === null) continue;
      const { at, min, max, last, count } = series;
      for (let row = 0; row < at.length; row++)
        if (chosen === null || chosen.has(at[row] ?? 0))
          open.builder.add(at[row] ?? 0, min[row] ?? 0, max[row] ?? 0, last[row] ?? 0, count[row] ?? 0);
    }
  }

  /** The curves with at least one point; the shared pool first, then the processes as they were seen, then the load. */
  build(): { curves: Curve[]; isCut: boolean } {
    const curves = [...this.#curves.values()]
      .map(({ builder, ...curve }) => ({ ...curve, points: builder.build() }))
      .filter(({ points }) => points.at.length > 0);
    const order = (pool: Pool | null) => (pool === "shm" ? 0 : pool === "pkg" ? 1 : 2);
    return { curves: curves.sort((a, b) => order(a.pool) - order(b.pool)), isCut: this.#leftOut };
  }

  #addValue(key: string, at: number, value: number | null, curve: Omit<Curve, "points">) {
    if (value === null || !Number.isFinite(value)) return;
    const open = this.#open(key, curve);
    if (open === null) return;
    open.pid = curve.pid;
    open.builder.add(at, value, value, value, 1);
  }

  #open(key: string, curve: Omit<Curve, "points">): OpenCurve | null {
    const known = this.#curves.get(key);
    if (known !== undefined) return known;
    if (this.#curves.size >= MOST_CURVES) {
      this.#leftOut = true;
      return null;
    }
    const open = { ...curve, builder: new CurveBuilder(this.width) };
    this.#curves.set(key, open);
    return open;
  }
}

/** Hours in which the process had that pid. */
function rowsOfPid(pids: Series | undefined, pid: number): Set<number> {
  const rows = new Set<number>();
  if (pids === undefined) return rows;
  for (const [row, at] of pids.at.entries())
    if (pids.min[row] === pid || pids.max[row] === pid || pids.last[row] === pid) rows.add(at);
  return rows;
}

const NO_PROCESS = { process: null, pid: null, rank: null, desc: null };

function shmCurve(name: string): Omit<Curve, "points"> {
  return { pool: "shm", name, unit: unitOf(name), ...NO_PROCESS };
}

function loadCurve(name: string): Omit<Curve, "points"> {
  return { pool: null, name, unit: "count", ...NO_PROCESS };
}

function pkgCurve(
  name: string,
  process: string,
  { pid, rank, desc }: { pid: number | null; rank: number | null; desc: string | null },
): Omit<Curve, "points"> {
  return { pool: "pkg", name, unit: unitOf(name), process, pid, rank, desc };
}

function unitOf(name: string): Curve["unit"] {
  return COUNTS.has(name) ? "count" : "bytes";
}
