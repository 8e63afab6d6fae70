/** The servers whose counters a Prometheus holds: the labels that tell one scraped server from another. */
import { failure, type ImportFailure } from "./import-failure.js";
import type { LabelSet } from "./import-state.js";
import type { Probe } from "./kamailio-metrics.js";
import { type PrometheusSource, selector } from "./prometheus.js";

/** Label sets that an answer lists to choose from. */
export const MOST_TARGETS = 50;
/** Labels and characters of each that are kept. */
const MOST_LABELS = 32;
const MOST_LABEL = 256;

/** The servers that have the probes' metrics between two times. */
export async function findTargets(
  source: PrometheusSource,
  probes: readonly Probe[],
  match: Readonly<LabelSet>,
  from: number,
  to: number,
): Promise<LabelSet[]> {
  const found = new Map<string, LabelSet>();
  for (const probe of probes)
    for (const labels of await source.series(selector(probe.name, { ...match, ...probe.match }), from, to)) {
      const target = withoutOwn(labels, probe.own_labels);
      found.set(JSON.stringify(target), target);
    }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, target]) => target);
}

/** Sorted, so that equal ones are equal as text. */
function withoutOwn(labels: Readonly<LabelSet>, own: readonly string[]): LabelSet {
  const kept = Object.entries(labels).filter(([name]) => name !== "__name__" && !own.includes(name));
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The server that a series belongs to, the one with the most labels in common; -1: none of them. */
export function targetOf(labels: Readonly<LabelSet>, targets: readonly LabelSet[]): number {
  let best = -1;
  let most = -1;
  for (const [index, target] of targets.entries()) {
    const entries = Object.entries(target);
    if (entries.length > most && entries.every(([name, value]) => labels[name] === value)) {
      best = index;
      most = entries.length;
    }
  }
  return best;
}

/** The end of an import that does not say which server is meant. */
export function severalTargets(targets: readonly LabelSet[], why: string): ImportFailure {
  return failure(
    "several_targets",
    `${why} (${targets.length} label sets; \`targets\` lists ${targets.length > MOST_TARGETS ? `the first ${MOST_TARGETS}` : "them"}).`,
    `Say which one belongs to this instance, such as: {"match": ${JSON.stringify(shortestMatch(targets))}}`,
    shownTargets(targets),
  );
}

/** Bounded, for the answer. */
export function shownTargets(targets: readonly LabelSet[]): LabelSet[] {
  return targets.slice(0, MOST_TARGETS).map((target) =>
    Object.fromEntries(
      Object.entries(target)
        .slice(0, MOST_LABELS)
        .map(([name, value]) => [name.slice(0, MOST_LABEL), value.slice(0, MOST_LABEL)]),
    ),
  );
}

/** The one label that tells the first server from the others, where there is one; `instance` before others. */
function shortestMatch(targets: readonly LabelSet[]): LabelSet {
  const [first = {}, ...others] = targets;
  const names = Object.keys(first).sort((a, b) => Number(b === "instance") - Number(a === "instance"));
  const name = names.find((label) => others.every((other) => other[label] !== first[label]));
  return name === undefined ? first : { [name]: first[name] ?? "" };
}
