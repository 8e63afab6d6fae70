/** Usage as rows: CSV for spreadsheets, NDJSON for scripts, one point a row; and raw samples in the form in which they can be posted. */
import { stringify } from "csv-stringify/sync";
import type { UsageSample } from "../kamailio/sample.js";
import { timestamp } from "../kamailio/units.js";
import type { Selection } from "../service/curves/collect-curves.js";
import type { Curve } from "../service/curves/curves.js";

export const CSV_HEADER = "at,pool,name,process,pid,rank,min,max,last,samples\n";

/** A spreadsheet runs a text that begins like a formula; the descriptions of processes come from outside. */
function notAFormula(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

/** A curve after the other, or, for what is to be read back as a stream, one time after the other. */
export function csvRows(curves: readonly Curve[], order: "by_curve" | "by_time" = "by_curve"): string {
  const rows = curves.flatMap(({ pool, name, process, pid, rank, points }) =>
    Array.from(points.at, (at, row) => ({
      at,
      cells: [
        timestamp(at),
        pool ?? "load",
        notAFormula(name),
        notAFormula(process ?? ""),
        pid,
        rank,
        points.min[row],
        points.max[row],
        points.last[row],
        points.count[row],
      ],
    })),
  );
  if (order === "by_time") rows.sort((a, b) => a.at - b.at);
  return stringify(rows.map(({ cells }) => cells));
}

export function ndjsonRows(curves: readonly Curve[]): string {
  const lines: string[] = [];
  for (const { pool, name, process, pid, rank, desc, points } of curves)
    for (const [row, at] of points.at.entries())
      lines.push(
        `${JSON.stringify({
          at: timestamp(at),
          pool,
          name,
          process,
          pid,
          rank,
          desc,
          min: points.min[row],
          max: points.max[row],
          last: points.last[row],
          samples: points.count[row],
        })}\n`,
      );
  return lines.join("");
}

/** A raw sample as a line that `POST .../usage` takes; an empty text when nothing of it is asked for. */
export function sampleLine({ at, sample }: { at: number; sample: UsageSample }, selection: Selection): string {
  const { uptime, shm, pkg, load } = selected(sample, selection);
  const line = {
    at: timestamp(at),
    ...(uptime === null ? {} : { uptime }),
    ...(shm === null ? {} : { shm }),
    ...(pkg.length === 0 ? {} : { pkg }),
    ...(Object.keys(load).length === 0 ? {} : { load }),
  };
  return Object.keys(line).length === 1 ? "" : `${JSON.stringify(line)}\n`;
}

function selected(sample: UsageSample, { pool, pid }: Selection): UsageSample {
  if (pool === null) return sample;
  const shm = pool === "shm" ? sample.shm : null;
  const pkg = pool === "pkg" ? sample.pkg.filter((row) => pid === null || row.pid === pid) : [];
  // Without the counters asked for, the uptime alone says nothing of that pool.
  return { at: sample.at, uptime: shm === null && pkg.length === 0 ? null : sample.uptime, shm, pkg, load: {} };
}
