/**
 * Holds the judge against labelled histories: verdicts by class, false leaks and missed ones beside what others would say, dates of exhaustion, sizes
 * beside the rules of KRR and VPA; with `--live` one look a day: delay, changes of mind; with `--series FOLDER` shapes of load from CSV files; with
 * `--year` the time that a year of sixteen processes takes.
 *
 *   npm run bench:judge -- [--each 6] [--seed 1] [--only NAME] [--live] [--series FOLDER] [--year]
 *
 * Choose thresholds with one seed and print the figures with another.
 */
import { parseArgs } from "node:util";
import { diagnose } from "../src/analysis/diagnosis/diagnose.js";
import type { PoolDiagnosis } from "../src/analysis/diagnosis/diagnosis.js";
import { judgePool } from "../src/analysis/diagnosis/judge-pool.js";
import { historyFromSamples } from "../src/analysis/history/from-samples.js";
import { sizeInstance } from "../src/analysis/sizing/size-instance.js";
import type { UsageSample } from "../src/kamailio/sample.js";
import { DAY, MB } from "../src/kamailio/units.js";
import { SIZED_CLASSES } from "../test/support/sized-classes.js";
import { makeTrace } from "../test/support/traces.js";
import { fromSeries, type LabelledCase, looksOf, simulated } from "./judge/cases.js";
import { count, emptyScore, type Score, share, words } from "./judge/score.js";
import { mannKendall, predictLinear } from "./judge/yardsticks.js";
import { krr, vpa } from "./yardsticks.js";

const { values: options } = parseArgs({
  options: {
    each: { type: "string", default: "6" },
    seed: { type: "string", default: "1" },
    only: { type: "string", default: "" },
    live: { type: "boolean", default: false },
    series: { type: "string" },
    year: { type: "boolean", default: false },
  },
});
const EACH = Number(options.each);
const SEED = Number(options.seed);
const ONLY = new RegExp(options.only);

const lastTime = (samples: readonly UsageSample[]) => Date.parse(samples.at(-1)?.at ?? "");

function judged(samples: readonly UsageSample[], pool: "shm" | "pkg"): PoolDiagnosis {
  const [found] = diagnose(historyFromSamples(samples), lastTime(samples), [pool]).pools;
  if (found === undefined) throw new Error("one pool was asked for");
  return found;
}

function verdicts(): void {
  console.log(`verdicts at the end, ${EACH} histories a class, seed ${SEED}\n`);
  const ours = emptyScore();
  const others: Record<string, { score: Score; leaks: typeof mannKendall }> = {
    "Mann-Kendall + Theil-Sen on daily minima": { score: emptyScore(), leaks: mannKendall },
    "predict_linear of six hours, four days on": { score: emptyScore(), leaks: predictLinear },
  };
  const dates = { held: 0, all: 0 };
  for (const { name, make } of simulated(SEED, true).filter((one) => ONLY.test(one.name))) {
    const said = new Map<string, number>();
    const before = ours.right;
    const wrong: number[] = [];
    for (let k = 0; k < EACH; k++) {
      const { samples, pool, expect, full_at } = make(k);
      const pronounced = judged(samples, pool);
      said.set(pronounced.verdict, (said.get(pronounced.verdict) ?? 0) + 1);
      count(ours, expect, pronounced.verdict);
      if (!expect.includes(pronounced.verdict)) wrong.push(k);
      for (const { score, leaks } of Object.values(others)) {
        const leak = leaks(samples, pool);
        count(score, expect, leak ? "leak_suspected" : expect[0] === "leak_suspected" ? "healthy" : (expect[0] ?? ""));
      }
      if (full_at !== null && pronounced.exhaustion !== null && expect.includes(pronounced.verdict)) {
        dates.all++;
        if (holds(pronounced, full_at)) dates.held++;
      }
    }
    const right = ours.right - before;
    const shown = [...said].map(([verdict, n]) => `${verdict} ${n}`).join(", ");
    console.log(
      `  ${right >= 0.8 * EACH ? " " : "!"} ${name.padEnd(30)} ${right}/${EACH}  ${shown}${wrong.length > 0 ? `  (wrong: ${wrong.join(" ")})` : ""}`,
    );
  }
  console.log(`\n  this: ${words(ours)}`);
  for (const [name, { score }] of Object.entries(others)) console.log(`  ${name}: ${words(score)}`);
  console.log(`  true date of exhaustion inside the range: ${share(dates.held, dates.all)}\n`);
}

function holds({ exhaustion }: PoolDiagnosis, truth: number): boolean {
  return (
    exhaustion !== null &&
    Date.parse(exhaustion.earliest) <= truth &&
    (exhaustion.latest === null || truth <= Date.parse(exhaustion.latest))
  );
}

/** One look at the end of each UTC day, each with what was recorded by then. */
function live(): void {
  console.log(`in real time, one look a day, ${EACH} histories a class, seed ${SEED}\n`);
  const total = {
    changes: 0,
    sound_changes: 0,
    histories: 0,
    sound: 0,
    accused_days: 0,
    days: 0,
    delays: [] as number[],
    late: 0,
    tenths: 0,
  };
  for (const { name, make } of simulated(SEED, false).filter((one) => ONLY.test(one.name))) {
    let changes = 0;
    let accused = 0;
    const delays: number[] = [];
    for (let k = 0; k < EACH; k++) {
      const made = make(k);
      const said = looksOf(made.samples).map((at) => ({ at, verdict: verdictAt(made, at) }));
      const flips = changesOf(said.map(({ verdict }) => verdict));
      changes += flips;
      total.histories++;
      total.days += said.length;
      if (made.expect[0] === "leak_suspected") {
        const first = said.find(({ verdict }) => verdict === "leak_suspected");
        if (made.tenth_at !== null) {
          total.tenths++;
          const delay = first === undefined ? Number.POSITIVE_INFINITY : (first.at - made.tenth_at) / DAY;
          delays.push(delay);
          if (delay > 7) total.late++;
        }
      } else {
        total.sound++;
        if (made.expect[0] === "healthy") total.sound_changes += flips;
        accused += said.filter(({ verdict }) => verdict === "leak_suspected").length;
      }
    }
    total.changes += changes;
    total.accused_days += accused;
    total.delays.push(...delays);
    const middle = delays.sort((a, b) => a - b)[delays.length >> 1];
    console.log(
      `  ${name.padEnd(30)} ${(changes / EACH).toFixed(2)} changes of mind${middle === undefined ? `, ${accused} days accused` : `, named ${middle.toFixed(1)} days after a tenth was gone`}`,
    );
  }
  console.log(
    `\n  changes of mind a history: ${(total.changes / total.histories).toFixed(2)}; in healthy ones in all: ${total.sound_changes}`,
  );
  console.log(`  days on which a sound pool was accused: ${share(total.accused_days, total.days)}`);
  console.log(`  named later than 7 days after a tenth of the free pool was gone: ${share(total.late, total.tenths)}\n`);
}

function verdictAt({ samples, pool }: LabelledCase, at: number): string {
  const known = samples.filter((sample) => Date.parse(sample.at ?? "") < at);
  return known.length === 0 ? "insufficient_data" : judged(known, pool).verdict;
}

/** A first judgement after "not enough" is no change of mind. */
function changesOf(verdicts: readonly string[]): number {
  let changes = 0;
  let before = "insufficient_data";
  for (const verdict of verdicts) {
    if (before !== "insufficient_data" && verdict !== before) changes++;
    before = verdict;
  }
  return changes;
}

function series(folder: string): void {
  console.log("shapes of load from elsewhere, a leak of 30 % of the free pool added or not\n");
  for (const counter of [true, false]) {
    const scores: Record<string, Score> = {
      this: emptyScore(),
      "Mann-Kendall + Theil-Sen": emptyScore(),
      predict_linear: emptyScore(),
    };
    const wrong: string[] = [];
    for (const { name, leak, samples } of fromSeries(folder).filter((one) => one.counter === counter)) {
      const said: Record<string, boolean> = {
        this: judged(samples, "shm").verdict === "leak_suspected",
        "Mann-Kendall + Theil-Sen": mannKendall(samples, "shm"),
        predict_linear: predictLinear(samples, "shm"),
      };
      for (const [judge, score] of Object.entries(scores))
        count(score, [leak ? "leak_suspected" : "other"], said[judge] ? "leak_suspected" : "other");
      if (said.this !== leak) wrong.push(`${leak ? "missed" : "accused"} ${name}`);
    }
    console.log(`  ${counter ? "with" : "without"} the counter that made them`);
    for (const [judge, score] of Object.entries(scores))
      console.log(
        `    ${judge}: falsely accused ${share(score.accused, score.sound)}, missed ${share(score.missed, score.leaking)}`,
      );
    if (wrong.length > 0) console.log(`    ${wrong.join(", ")}`);
  }
  console.log("");
}

function backtest(): void {
  console.log("sizes: two thirds of the history decide, one third has to be held\n");
  const rules = {
    this: (samples: readonly UsageSample[]) =>
      (sizeInstance(historyFromSamples(samples), lastTime(samples)).recommendations[0]?.recommended_mb ?? 0) * MB,
    "KRR (max x 1.15)": krr,
    "VPA (p90 of daily peaks x 1.15)": vpa,
  };
  const pasts = SIZED_CLASSES.flatMap((name) =>
    Array.from({ length: EACH }, (_, k) => {
      const { samples, truth } = makeTrace(
        name,
        SEED + 101 * k,
        k % 2 === 0 ? { days: 30, interval_s: 3_600 } : { days: 60, interval_s: 3_600 },
      );
      return { past: samples.slice(0, truth.past), peak: truth.future_peak };
    }),
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
  console.log("processor time for a year of hours, 16 processes, both pools and sizes\n");
  for (const name of ["healthy", "restarts", "growth", "leak_in_calls", "leak_pkg_workers"]) {
    const { samples } = makeTrace(name, 11, { days: 365, interval_s: 3_600 });
    const history = historyFromSamples(more(samples));
    const times = Array.from({ length: 15 }, () => {
      const begin = process.cpuUsage();
      const now = lastTime(samples);
      const both = { shm: judgePool(history, "shm", now), pkg: judgePool(history, "pkg", now) };
      sizeInstance(history, now, undefined, both);
      const { user, system } = process.cpuUsage(begin);
      return (user + system) / 1000;
    }).sort((a, b) => a - b);
    console.log(`  ${name.padEnd(18)} median ${times[7]?.toFixed(0)} ms, best ${times[0]?.toFixed(0)} ms`);
  }
}

if (options.series !== undefined) series(options.series);
else if (options.live) live();
else if (options.year) year();
else {
  verdicts();
  if (options.only === "") backtest();
}
