/** Q6 to Q9: how it went over time, what is allocated, beside which load, and does it come back when the traffic stops? */
import type { Pool } from "../../../kamailio/pool.js";
import { mb, moment } from "../../../kamailio/units.js";
import type { Suspect } from "../../dump-comparison/suspects.js";
import { type Commands, missingDump, usageCommands } from "../commands.js";
import type { ReportInput } from "../input.js";
import type { ReportQuestion } from "../report.js";
import { type Course, populations, processCourses, shmCourse } from "../usage.js";
import { quoted } from "../words.js";
import { ids, sentence } from "./what-runs.js";

/** From so many samples on a course shows; below, it is two or three points. */
const ENOUGH_SAMPLES = 10;
/** Load counters named in an answer. */
const COUNTERS_SHOWN = 8;

export function course(input: ReportInput, { situation, missing }: Commands): ReportQuestion {
  const { history, latest, diagnosis } = input;
  const shm = shmCourse(history);
  const worst = processCourses(history, latest)[0] ?? null;
  const few = history.samples < ENOUGH_SAMPLES;
  return {
    id: "Q6",
    question: "How do the counters go over time, from the start?",
    answer:
      history.samples === 0
        ? null
        : sentence([
            `${history.samples} samples`,
            ...[shm, worst].map((one) => (one === null ? "" : inWords(one))),
            ...diagnosis.pools.map(({ summary }) => summary),
          ]),
    evidence_ids: [],
    missing: few
      ? missing(
          history.samples === 0
            ? "a slope says more than a value: one sample a minute, from the start on"
            : "few samples: one a minute from here on",
          usageCommands(situation),
          "usage",
        )
      : null,
  };
}

function inWords({ what, first, peak, last, from, to, per_day }: Course): string {
  const pace = per_day === null ? "" : `, ${per_day < 0 ? "" : "+"}${mb(per_day)} a day`;
  return `${quoted(what, 80)} ${mb(first)} at ${moment(from)}, peak ${mb(peak)}, ${mb(last)} at ${moment(to)}${pace}`;
}

/** The pool that the trouble is about, and the process to dump (pkg). */
export function suspectedPool({ diagnosis, incidents, history, latest }: ReportInput): { pool: Pool; pid: number | null } {
  const troubled = diagnosis.pools.filter(({ severity }) => severity !== "info");
  const pool =
    troubled.find(({ verdict }) => verdict === "leak_suspected")?.pool ??
    troubled[0]?.pool ??
    incidents.find(({ incident }) => incident.pool !== null)?.incident.pool ??
    "shm";
  if (pool === "shm") return { pool, pid: null };
  const classes = diagnosis.pools.find((one) => one.pool === "pkg")?.processes.join(", ") ?? "";
  const growing = processCourses(history, latest);
  const grown = growing.find(({ what, pid }) => pid !== null && classes !== "" && classes.includes(what.split(" #")[0] ?? what));
  return { pool, pid: grown?.pid ?? incidents.find(({ incident }) => incident.pool === "pkg")?.incident.pids[0] ?? null };
}

export function sites(input: ReportInput, commands: Commands): ReportQuestion {
  const { pool, pid } = suspectedPool(input);
  const ofPool = input.dumps.filter((dump) => dump.pool === pool);
  const compared = input.comparisons.filter(({ comparison }) => comparison.comparable && comparison.pool === pool);
  const suspects = compared.flatMap(({ comparison }) => comparison.suspects).sort(bySuspicion);
  const top = suspects[0];
  const largest = ofPool[0]?.sites[0];
  const largestName =
    largest === undefined ? "" : [largest.module, largest.file, largest.function].filter((part) => part !== null).join(": ");
  return {
    id: "Q7",
    question: "What is allocated, by site, after the suspect operation has run many times?",
    answer:
      input.dumps.length === 0
        ? null
        : sentence([
            `${input.dumps.length} dumps, ${ofPool.length} of them of ${pool}`,
            top === undefined
              ? largest === undefined
                ? ""
                : `largest site of the newest: ${largestName} with ${largest.bytes} bytes`
              : `first suspect (${top.confidence} confidence): memory allocated by ${top.site}, ${top.count_delta === null ? "" : `${top.count_delta} chunks and `}${top.bytes_delta} bytes more`,
          ]),
    evidence_ids: ids([...compared.flatMap(({ dump_ids }) => dump_ids), ...ofPool.slice(0, 5).map(({ id }) => id)]),
    missing:
      compared.length > 0
        ? null
        : missingDump(
            commands,
            ofPool.length === 0
              ? `no dump of ${pool} is recorded: take one now, one after some hours or thousands of the suspect operation`
              : `one dump of ${pool} shows what is large, two show what grows: take another after some hours`,
            pool,
            pid,
          ),
  };
}

const CONFIDENCE = { high: 0, medium: 1, low: 2 };

/** The surest first, then the largest growth. */
export function bySuspicion(a: Suspect, b: Suspect): number {
  return CONFIDENCE[a.confidence] - CONFIDENCE[b.confidence] || b.bytes_delta - a.bytes_delta;
}

export function load(input: ReportInput, { situation, missing }: Commands): ReportQuestion {
  const counted = populations(input.history).slice(0, COUNTERS_SHOWN);
  const processes =
    input.settings.processes.value ?? (input.history.processes.length > 0 ? input.history.processes.length : null);
  return {
    id: "Q8",
    question: "How much load and population: registrations, dialogs, transactions, TLS connections, rows loaded?",
    answer:
      counted.length === 0
        ? null
        : sentence([
            ...counted.map(({ what, first, peak, last }) => `${what} ${first} -> ${last} (peak ${peak})`),
            processes === null ? "" : `${processes} processes`,
          ]),
    evidence_ids: [],
    missing:
      counted.length > 0
        ? null
        : missing("growth that matches a population is no leak", usageCommands(situation).slice(-1), "usage"),
  };
}

/** Rules of the diagnosis that say how memory behaves when it is quiet. */
const QUIET_RULES: ReadonlySet<string> = new Set([
  "troughs_rise",
  "returns_to_its_level",
  "full_at_the_busy_hour",
  "burst",
  "slope_follows_traffic",
  "warm_up_levelled_off",
]);

export function quiet(input: ReportInput, { situation, missing }: Commands): ReportQuestion {
  const said = input.diagnosis.pools.flatMap(({ pool, evidence_for, evidence_against }) =>
    [...evidence_for, ...evidence_against].filter(({ rule }) => QUIET_RULES.has(rule)).map(({ detail }) => `${pool}: ${detail}`),
  );
  return {
    id: "Q9",
    question: "Does it go down when the traffic stops?",
    answer: said.length === 0 ? null : sentence(said),
    evidence_ids: [],
    missing: missingQuiet(said.length > 0, situation, missing),
  };
}

function missingQuiet(observed: boolean, situation: Commands["situation"], missing: Commands["missing"]) {
  if (observed) return null;
  return missing(
    "stop the traffic, wait the longest lifetime (transactions, dialogs, registrations; 20 minutes at least), read the counters before and after",
    usageCommands(situation),
    "usage",
  );
}
