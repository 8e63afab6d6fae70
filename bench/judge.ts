/**
 * Judges labelled traces and prints how often it is right: verdicts by class, dates of exhaustion, and sizes held against the future beside the rules
 * of KRR and VPA; then the time that a year of sixteen processes takes.
 *
 *   npm run bench:judge [-- seeds a class]
 */
import { diagnose } from "../src/analysis/diagnosis/diagnose.js";
import type { PoolDiagnosis } from "../src/analysis/diagnosis/diagnosis.js";
import { judgePool } from "../src/analysis/diagnosis/judge-pool.js";
import { historyFromSamples } from "../src/analysis/history/from-samples.js";
import type { History } from "../src/analysis/history/history.js";
import { sizeInstance } from "../src/analysis/sizing/size-instance.js";
import type { UsageSample } from "../src/kamailio/sample.js";
import { MB } from "../src/kamailio/units.js";
import { makeTrace, TRACE_CLASSES, type Trace } from "../test/support/traces.js";
import { krr, vpa } from "./yardsticks.js";

const SEEDS = Number(process.argv[2] ?? 4);
/** Days and seconds between samples: a week of hours, a month of ten minutes, two months of half hours. */
const SHAPES = [
  { days: 8, interval_s: 3_600 },
  { days: 30, interval_s: 600 },
  { days: 60, interval_s: 1_800 },
];
/** Classes whose pool is full some day. */
const FILLS = /^(?:growth|leak)/;
/** Classes with a size that holds: no leak, and the pool was large enough to see the demand. */
const SIZED = [
  "healthy",
  "noisy",
  "holiday",
  "warm_up",
  "restarts",
  "gaps",
  "step",
  "burst",
  "daily_spike",
  "growth",
  "growth_slow",
];

function lastTime(samples: readonly UsageSample[]): number {
  return Date.parse(samples.at(-1)?.at ?? "");
}

function traces(name: string, runOn: number): Trace[] {
  return SHAPES.flatMap((shape) =>
    Array.from({ length: SEEDS }, (_, k) => makeTrace(name, 7 + 101 * k + shape.days, { ...shape, run_on: runOn })),
  );
}

function holdsDate(diagnosis: PoolDiagnosis, truth: number): boolean {
  const range = diagnosis.exhaustion;
  return range !== null && Date.parse(range.earliest) <= truth && (range.latest === null || truth <= Date.parse(range.latest));
}

function verdicts(): void {
  console.log("verdicts (rows: what happens; columns: what was said)\n");
  let right = 0;
  let all = 0;
  let dated = 0;
  let held = 0;
  for (const name of Object.keys(TRACE_CLASSES)) {
    const said = new Map<string, number>();
    let good = 0;
    let named = 0;
    let wrongClass = 0;
    const made = traces(name, FILLS.test(name) ? 10 : 1);
    for (const { samples, truth } of made) {
      const { pools } = diagnose(historyFromSamples(samples), lastTime(samples));
      const judged = pools.find(({ pool }) => pool === truth.pool);
      if (judged === undefined) continue;
      said.set(judged.verdict, (said.get(judged.verdict) ?? 0) + 1);
      if (judged.verdict === truth.verdict) good++;
      if (truth.process_class !== null) {
        if (judged.processes.join() === truth.process_class) named++;
        else wrongClass++;
      }
      if (FILLS.test(name) && name !== "leak_and_restarts" && truth.full_at !== null && judged.verdict === truth.verdict) {
        dated++;
        if (holdsDate(judged, truth.full_at)) held++;
      }
    }
    right += good;
    all += made.length;
    const classes = named + wrongClass > 0 ? `  class named ${named}/${named + wrongClass}` : "";
    console.log(
      `  ${name.padEnd(18)} ${good}/${made.length}  ${[...said].map(([verdict, n]) => `${verdict} ${n}`).join(", ")}${classes}`,
    );
  }
  console.log(`\n  right ${right} of ${all} (${((100 * right) / all).toFixed(1)} %)`);
  console.log(`  true date of exhaustion inside the range: ${held} of ${dated} (${((100 * held) / dated).toFixed(1)} %)\n`);
}

function backtest(): void {
  console.log("sizes: two thirds of the history decide, one third has to be held\n");
  const rules = {
    this: (samples: readonly UsageSample[]) =>
      (sizeInstance(historyFromSamples(samples), lastTime(samples)).recommendations[0]?.recommended_mb ?? 0) * MB,
    "KRR (max x 1.15)": krr,
    "VPA (p90 of daily peaks x 1.15)": vpa,
  };
  const pasts = SIZED.flatMap((name) =>
    traces(name, 1)
      .filter((_, index) => index >= SEEDS)
      .map(({ samples, truth }) => ({ past: samples.slice(0, truth.past), peak: truth.future_peak })),
  );
  for (const [name, rule] of Object.entries(rules)) {
    const ratios = pasts.map(({ past, peak }) => rule(past) / peak);
    const exhausted = ratios.filter((ratio) => ratio < 1).length;
    const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
    console.log(
      `  ${name.padEnd(34)} exhausts ${String(exhausted).padStart(3)} of ${ratios.length}, ${mean.toFixed(3)} x the future peak`,
    );
  }
  console.log("");
}

/** A year of hours (what minutes are rolled up to) of 16 processes. */
function year(): void {
  const more = (samples: UsageSample[]) =>
    samples.map((sample) => ({
      ...sample,
      pkg: [
        ...sample.pkg,
        ...sample.pkg.slice(1, 5).map((row) => ({ ...row, pid: row.pid + 100, desc: `${row.desc} of the second socket` })),
      ],
    }));
  console.log("time for a year of hours, 16 processes, both pools\n");
  for (const name of ["healthy", "restarts", "growth", "leak_in_calls", "leak_pkg_workers"]) {
    for (const days of [365, 182]) {
      const { samples } = makeTrace(name, 11, { days, interval_s: 3_600 });
      const history = historyFromSamples(more(samples));
      const times = Array.from({ length: 15 }, () => timed(history, lastTime(samples))).sort((a, b) => a - b);
      console.log(
        `  ${name.padEnd(18)} ${String(days).padStart(3)} days: median ${times[7]?.toFixed(0)} ms, best ${times[0]?.toFixed(0)} ms`,
      );
    }
  }
}

function timed(history: History, now: number): number {
  const start = performance.now();
  const judged = { shm: judgePool(history, "shm", now), pkg: judgePool(history, "pkg", now) };
  sizeInstance(history, now, undefined, judged);
  return performance.now() - start;
}

verdicts();
backtest();
year();
