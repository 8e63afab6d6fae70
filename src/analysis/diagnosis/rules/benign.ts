/** What looks like a leak and is none, said by its name: a step, a burst, a warm-up without load counters. */
import { mb } from "../../../kamailio/units.js";
import { meanKnown } from "../../history/known-values.js";
import { sortedKnown } from "../../statistics/quantile.js";
import type { Case } from "../case.js";
import type { Evidence } from "../diagnosis.js";
import { warmUp } from "./growth.js";

/** A peak this many times above the usual daily peak is a burst. */
const BURST = 1.2;
/** A step of this share of the pool is worth a word. */
const STEP = 0.02;

export function benignShapes(kase: Case): Evidence[] {
  return [...(warmUp(kase)?.evidence ?? []), ...oneOffStep(kase), ...burst(kase), ...restarts(kase)];
}

/** One jump that stayed: a bigger table was loaded (dispatcher.reload of a longer list), and the next reload does not add to it. */
export function oneOffStep({ subjects }: Case): Evidence[] {
  return subjects.flatMap(({ label, capacity, real_level: { explained } }) =>
    (explained?.steps ?? [])
      .filter(({ bytes }) => Math.abs(bytes) >= STEP * capacity)
      .map(({ bytes }) => ({
        rule: "one_off_step",
        detail: `${label ?? "shm"} moved once by ${mb(bytes)} and stayed there`,
        source: "a bigger data set was loaded; each further reload frees the old one (R12)",
      })),
  );
}

function burst({ subjects }: Case): Evidence[] {
  return subjects.flatMap(({ label, peaks, highest: top }) => {
    if (top < BURST * meanKnown(peaks)) return [];
    const known = sortedKnown(peaks);
    const usual = known[Math.floor(known.length * 0.985)] ?? top;
    if (known.length < 100 || top < BURST * usual) return [];
    return [
      {
        rule: "burst",
        detail: `${label ?? "shm"} once peaked at ${mb(top)}, usually at ${mb(usual)}, and came back`,
        source: "R14: in-flight work, not a leak (K#399)",
      },
    ];
  });
}

function restarts({ history, from, to }: Case): Evidence[] {
  const count = history.events.filter(({ kind, at }) => kind === "restart" && at > from && at <= to).length;
  if (count === 0) return [];
  return [
    {
      rule: "restarts",
      detail: `${count} restart(s): each run of the server is looked at by itself`,
      source: "counters start again with the process",
    },
  ];
}
