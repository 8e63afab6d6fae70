/** The labelled histories that a judge is held against: those of both simulators, and shapes of load from a folder of series. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { UsageSample } from "../../src/kamailio/sample.js";
import { DAY, HOUR, MB, timestamp } from "../../src/kamailio/units.js";
import { HISTORY_CLASSES } from "../../test/support/histories/classes.js";
import { makeHistory } from "../../test/support/histories/make-history.js";
import { makeTrace, TRACE_CLASSES } from "../../test/support/traces.js";

export interface LabelledCase {
  name: string;
  samples: UsageSample[];
  pool: "shm" | "pkg";
  /** What may be said; the first is what should. */
  expect: readonly string[];
  tenth_at: number | null;
  full_at: number | null;
}

/** Days and seconds between samples of the first simulator. */
const SHAPES = [
  { days: 8, interval_s: 3_600 },
  { days: 30, interval_s: 600 },
  { days: 60, interval_s: 1_800 },
];
/** Classes of the first simulator that fill the pool some day. */
const FILLS = /^(?:growth|leak)/;
/** How long a history goes on to see when its pool is full, in its own length. */
const RUN_ON = 10;

/** The classes of both simulators, each with a way to make its histories. @param runOn let what fills go on until it is full. */
export function simulated(seed: number, runOn: boolean): { name: string; make: (k: number) => LabelledCase }[] {
  const first = Object.keys(TRACE_CLASSES).map((name) => ({
    name: `1 ${name}`,
    make: (k: number): LabelledCase => {
      const shape = SHAPES[k % SHAPES.length] ?? { days: 30, interval_s: 3_600 };
      const trace = makeTrace(name, seed + 101 * k, { ...shape, run_on: runOn && FILLS.test(name) ? RUN_ON : 1 });
      const { verdict, pool, full_at } = trace.truth;
      return { name: `1 ${name}`, samples: trace.samples, pool, expect: [verdict], tenth_at: null, full_at };
    },
  }));
  const second = Object.keys(HISTORY_CLASSES).map((name) => ({
    name: `2 ${name}`,
    make: (k: number): LabelledCase => ({
      ...makeHistory(name, seed + 7 * k, runOn && FILLS.test(name) ? RUN_ON : 1),
      name: `2 ${name}`,
    }),
  }));
  return [...first, ...second];
}

/** The pool onto which a series is mapped: 40 MB and its share of 100 MB, of 256. */
const SERIES_POOL = { total: 256 * MB, base: 40 * MB, swing: 100 * MB };
/** The leak that is added, of what is free at the busiest hour. */
const SERIES_LEAK = 0.3;

export interface SeriesCase {
  name: string;
  leak: boolean;
  counter: boolean;
  samples: UsageSample[];
}

/** Each series of a folder of CSV files (timestamp,value): with and without a leak, with and without the counter that made it. */
export function fromSeries(folder: string): SeriesCase[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".csv"))
    .sort()
    .flatMap((name) => {
      const rows = readFileSync(join(folder, name), "utf8")
        .split("\n")
        .slice(1)
        .flatMap((line) => {
          const [time = "", value = ""] = line.trim().split(",");
          const at = Date.parse(`${time.replace(" ", "T")}Z`);
          return Number.isFinite(at) && value !== "" ? [{ at, value: Number(value) }] : [];
        })
        .sort((a, b) => a.at - b.at);
      const [from, to] = [rows[0]?.at ?? 0, rows.at(-1)?.at ?? 0];
      if (to - from < 2 * DAY) return [];
      return [false, true].flatMap((leak) =>
        [false, true].map((counter) => ({ name, leak, counter, samples: mapped(rows, from, to, leak, counter) })),
      );
    });
}

function mapped(
  rows: readonly { at: number; value: number }[],
  from: number,
  to: number,
  leak: boolean,
  counter: boolean,
): UsageSample[] {
  const [low, high] = rows.reduce(([a, b], { value }) => [Math.min(a, value), Math.max(b, value)], [
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ] as const);
  const { total, base, swing } = SERIES_POOL;
  let highest = 0;
  return rows.map(({ at, value }): UsageSample => {
    const share = high > low ? (value - low) / (high - low) : 0;
    const lost = leak ? (SERIES_LEAK * (total - base - swing) * (at - from)) / (to - from) : 0;
    const real_used = Math.round(base + share * swing + lost);
    highest = Math.max(highest, real_used);
    return {
      at: timestamp(at),
      uptime: Math.round((at - from) / 1000) + (30 * DAY) / 1000,
      shm: { total, free: total - real_used, used: Math.round(real_used * 0.92), real_used, max_used: highest, fragments: 500 },
      pkg: [],
      load: counter ? { current_transactions: Math.round(share * 10_000) } : {},
    };
  });
}

/** Ends of UTC days at which somebody looks, and the end of the history. Epoch ms. */
export function looksOf(samples: readonly UsageSample[]): number[] {
  const [from, to] = [Date.parse(samples[0]?.at ?? ""), Date.parse(samples.at(-1)?.at ?? "")];
  const looks: number[] = [];
  for (let at = Math.ceil((from + HOUR) / DAY) * DAY; at < to; at += DAY) looks.push(at);
  return [...looks, to + 1];
}
