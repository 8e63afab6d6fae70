/** Sections of a report about what happened: the verdict, when, the counters over time, the log lines. */
import { mb, moment } from "../../../kamailio/units.js";
import { changes } from "../changes.js";
import type { ReportInput } from "../input.js";
import { bySuspicion } from "../questions/over-time.js";
import { pidsOf } from "../questions/what-runs.js";
import { type ReportSection, section } from "../report.js";
import { type Course, populations, processCourses, shmCourse, valuesAt } from "../usage.js";
import { quoted, some } from "../words.js";

const PROCESSES_SHOWN = 12;
const COUNTERS_SHOWN = 25;
const MOMENTS = 9;
const INCIDENTS_SHOWN = 25;
const CHANGES_SHOWN = 25;
const EVIDENCE_SHOWN = 12;
/** Quotes are cut by the reader of the log already: one less cuts off the half word at the end. */
const QUOTE = 399;
const SENTENCE = 600;

/** The verdicts, whom the dumps suspect and which known bug it may be: what a reader wants before anything else. */
export function verdict({ diagnosis, comparisons, known_issues }: ReportInput): ReportSection {
  const [suspect] = comparisons.flatMap(({ comparison }) => comparison.suspects).sort(bySuspicion);
  const likely = known_issues.filter(({ certainty }) => certainty === "likely");
  return section("description", "diagnosis", "What is seen", {
    list: [
      ...diagnosis.pools.map(({ pool, summary }) => (summary.startsWith(pool) ? summary : `${pool}: ${summary}`)),
      ...(suspect === undefined
        ? []
        : [`First suspect of the dumps (${suspect.confidence} confidence): memory allocated by ${suspect.site}`]),
      ...likely.map(
        ({ id, title, fixed_in }) =>
          `Likely known: ${id}, ${title}${fixed_in.length === 0 ? "; no release has a fix" : `; fixed in ${fixed_in.join(", ")}`}`,
      ),
    ].map((line) => quoted(line, SENTENCE)),
  });
}

/** What speaks for and against the verdicts, so that a reader can disagree. */
export function evidence({ diagnosis }: ReportInput): ReportSection {
  const rows = diagnosis.pools.flatMap(({ pool, evidence_for, evidence_against }) => [
    ...evidence_for.map((one) => [pool, "for", one.rule, quoted(one.detail, SENTENCE)]),
    ...evidence_against.map((one) => [pool, "against", one.rule, quoted(one.detail, SENTENCE)]),
  ]);
  const { shown, note } = some(rows, 2 * EVIDENCE_SHOWN, "lines of evidence");
  return section("debugging_data", "evidence", "What speaks for and against", {
    table: { head: ["pool", "speaks", "rule", "detail"], rows: shown },
    note,
  });
}

export function usageTable({ history, latest }: ReportInput): ReportSection {
  const shm = shmCourse(history);
  const { shown, note } = some(processCourses(history, latest), PROCESSES_SHOWN, "processes, those that grew most,");
  const rows = [...(shm === null ? [] : [shm]), ...shown].map(rowOf);
  const first = shm ?? shown[0];
  return section("debugging_data", "usage", "Usage since the last start that was seen", {
    paragraphs:
      first === undefined
        ? []
        : [`From ${moment(first.from)} to ${moment(first.to)}, ${history.samples} samples; real_used in bytes.`],
    table: { head: ["what", "pid", "size", "first", "lowest", "peak", "last", "change a day"], rows },
    note,
  });
}

function rowOf({ what, pid, total, first, lowest, peak, last, per_day }: Course): string[] {
  return [
    quoted(what, 60),
    pid === null ? "" : `${pid}`,
    total === null ? "" : mb(total),
    ...[first, lowest, peak, last].map((value) => `${Math.round(value)}`),
    per_day === null ? "" : `${per_day < 0 ? "" : "+"}${mb(per_day)}`,
  ];
}

/** A few moments between the first and the last sample. */
export function moments({ history }: ReportInput): ReportSection {
  const { shm, processes } = history;
  const spans = [shm.real_used, ...processes.map(({ real_used }) => real_used)].filter(({ at }) => at.length > 1);
  const from = Math.min(...spans.map(({ at }) => at[0] ?? Number.POSITIVE_INFINITY));
  const to = Math.max(...spans.map(({ at }) => at.at(-1) ?? Number.NEGATIVE_INFINITY));
  if (spans.length === 0 || to <= from) return section("debugging_data", "course", "Course", {});
  const at = Array.from({ length: MOMENTS }, (_, index) => from + ((to - from) * index) / (MOMENTS - 1));
  const grown = processes.reduce<(typeof processes)[number] | null>(
    (best, process) => (best === null || growth(process.real_used) > growth(best.real_used) ? process : best),
    null,
  );
  const columns = [
    { head: "shm real_used", values: valuesAt(shm.real_used, at) },
    { head: "shm fragments", values: valuesAt(shm.fragments, at) },
    ...(grown === null ? [] : [{ head: `pkg real_used, ${quoted(grown.key, 40)}`, values: valuesAt(grown.real_used, at) }]),
  ].filter(({ values }) => values.some((value) => value !== null));
  return section("debugging_data", "course", "Course", {
    table: {
      head: ["time", ...columns.map(({ head }) => head)],
      rows: at.map((time, index) => [moment(time), ...columns.map(({ values }) => `${values[index] ?? ""}`)]),
    },
  });
}

const growth = ({ last }: { last: Float64Array }) => (last.at(-1) ?? 0) - (last[0] ?? 0);

export function load({ history }: ReportInput): ReportSection {
  const { shown, note } = some(populations(history), COUNTERS_SHOWN, "counters");
  return section("debugging_data", "load", "Load and population", {
    table: {
      head: ["counter", "first", "peak", "last"],
      rows: shown.map(({ what, first, peak, last }) => [quoted(what, 80), ...[first, peak, last].map(String)]),
    },
    note,
  });
}

export function logLines({ incidents }: ReportInput): ReportSection {
  const { shown, note } = some(incidents, INCIDENTS_SHOWN, "incidents, the newest,");
  return section("log_messages", "incidents", "Log messages", {
    table: {
      head: ["first", "last", "failures", "kind", "pool", "largest request", "pids"],
      rows: shown.map((one) => {
        const { kind, pool, count, count_is_lower_bound, size } = one.incident;
        return [
          moment(one.began_at),
          moment(one.ended_at),
          `${count}${count_is_lower_bound ? " or more" : ""}`,
          kind.replaceAll("_", " "),
          pool ?? "not said",
          size === null ? "" : `${size}`,
          pidsOf(one),
        ];
      }),
    },
    code: shown.length === 0 ? null : shown.map(({ incident }) => quoted(incident.quote, QUOTE)).join("\n"),
    note,
  });
}

export function whatChanged(input: ReportInput): ReportSection {
  const { shown, note } = some(changes(input), CHANGES_SHOWN, "changes, the newest,");
  return section("reproduction", "changes", "What changed, restarts and reloads", {
    list: shown.map(({ at, text }) => `${moment(at)} ${text}`),
    note,
  });
}
