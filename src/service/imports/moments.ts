/**
 * Turns the series of one chunk into usage samples, by the same reader that takes an exporter's page: a point in time is the page that the
 * exporter would have shown then. So the counters are judged alike, whichever way they come.
 */
import { METRIC_PREFIX } from "../../kamailio/knowledge/metric-names.js";
import { timestamp } from "../../kamailio/units.js";
import { createMetricsPage, type MetricLine } from "../../kamailio/usage/metrics-page.js";
import type { Sink } from "../../kamailio/usage/model.js";
import { createMoment, type Processes } from "../../kamailio/usage/moment.js";
import type { ShmFacts } from "../../kamailio/usage/settle-shm.js";
import type { TimedSample } from "../../store/usage/usage.js";
import type { LabelSet } from "./import-state.js";
import type { Series } from "./prometheus.js";
import { targetOf } from "./targets.js";

/** What was left out of a moment. */
export type LeaveOut = (at: number, reason: string, hint: string | null) => void;

interface Column {
  /** With the prefix `kamailio_`. */
  name: string;
  /** The exporter's own labels. */
  labels: LabelSet;
  target: number;
  values: (string | undefined)[];
}

/** The series of one chunk, by points in time. */
export class Moments {
  readonly #columns: Column[] = [];
  readonly #points: number;

  constructor(
    private readonly from: number,
    to: number,
    private readonly step: number,
    private readonly targets: readonly LabelSet[],
  ) {
    this.#points = Math.floor((to - from) / step) + 1;
  }

  /** Takes what the server answered for one metric, whose own prefix stands for `kamailio_`. */
  add({ name, prefix }: { name: string; prefix: string }, series: readonly Series[]): void {
    for (const { labels, values } of series) {
      const target = targetOf(labels, this.targets);
      if (target < 0) continue;
      const column: (string | undefined)[] = new Array(this.#points).fill(undefined);
      for (const [at, value] of values) {
        const point = Math.round((at - this.from) / this.step);
        if (point >= 0 && point < this.#points) column[point] = value;
      }
      this.#columns.push({
        name: METRIC_PREFIX + name.slice(prefix.length),
        labels: ownLabels(labels, this.targets[target] ?? {}),
        target,
        values: column,
      });
    }
  }

  /** The samples in the order of time. */
  *samples(facts: ShmFacts, leaveOut: LeaveOut, warn: (text: string) => void): Generator<TimedSample> {
    for (let point = 0; point < this.#points; point++) {
      const at = this.from + point * this.step;
      const there = this.#columns.filter(({ values }) => values[point] !== undefined);
      const [first] = there;
      if (first === undefined) continue;
      if (there.some(({ target }) => target !== first.target)) {
        leaveOut(at, "two servers that fit `match` answered at the same time", "name more labels in match");
        continue;
      }
      const lines = there.map(
        ({ name, labels, values }): MetricLine => ({ name, labels, value: values[point] ?? "", at: null, line: 1 }),
      );
      const sample = sampleOf(at, lines, facts, {
        add: () => {},
        reject: (_, reason, hint) => leaveOut(at, reason, hint),
        warn,
      });
      if (sample !== null) yield sample;
    }
  }
}

function ownLabels(labels: Readonly<LabelSet>, target: Readonly<LabelSet>): LabelSet {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => name !== "__name__" && target[name] === undefined));
}

function sampleOf(at: number, lines: readonly MetricLine[], facts: ShmFacts, sink: Sink): TimedSample | null {
  const page = createMetricsPage();
  for (const line of lines) page.add(line);
  const moment = createMoment();
  const processes: Map<number, NonNullable<ReturnType<Processes["get"]>>> = new Map();
  for (const block of page.read(sink).blocks) {
    if (block.kind === "process") processes.set(block.pid, block);
    else moment.add(block);
  }
  const parts = moment.sample(facts, processes, sink);
  return parts === null ? null : { at, sample: { at: timestamp(at), ...parts } };
}
