/** Q1 to Q5: which release, which memory, which sizes, which lines by which process, and can it be debugged? */
import { NEWEST_KNOWN_RELEASES } from "../../../kamailio/knowledge/known-issues.js";
import { CORRUPTION_KINDS } from "../../../kamailio/log/incident.js";
import { moment } from "../../../kamailio/units.js";
import { argumentsCommand, type Commands, logCommand, usageCommands, versionCommands } from "../commands.js";
import type { ReportIncident, ReportInput } from "../input.js";
import type { ReportQuestion } from "../report.js";
import { quoted } from "../words.js";

export function version(input: ReportInput, { situation, missing }: Commands): ReportQuestion {
  const question = "Which version exactly, official or patched?";
  const judged = input.build ?? input.running_build;
  const commands = versionCommands(situation);
  if (judged === null || judged.value.version === null)
    return {
      id: "Q1",
      question,
      answer:
        input.version === null
          ? null
          : `The running process says ${input.version.text}; what the binary was built with is not recorded.`,
      evidence_ids: [],
      missing: missing("an old minor release is answered with: update first", commands, "builds"),
    };
  const { value, id } = judged;
  const parts = [
    `${value.product} ${value.version?.text ?? ""}`,
    [value.architecture, value.operating_system].filter((part) => part !== null).join("/"),
    value.source_revision === null
      ? ""
      : `revision ${value.source_revision}${value.source_dirty === true ? " with local changes" : ""}`,
    value.compiler === null
      ? ""
      : `compiled with ${value.compiler}${value.compiled_at === null ? "" : ` at ${value.compiled_at}`}`,
    `newest releases known here: ${NEWEST_KNOWN_RELEASES.join(", ")}`,
  ];
  return { id: "Q1", question, answer: sentence(parts), evidence_ids: [id], missing: null };
}

export function whichMemory(input: ReportInput, { situation, missing }: Commands): ReportQuestion {
  const failed = input.incidents.filter(({ incident }) => incident.pool !== null);
  const troubled = input.diagnosis.pools.filter(({ severity }) => severity !== "info");
  const judged = input.diagnosis.pools.filter(({ verdict }) => verdict !== "insufficient_data");
  const pools = new Set([...failed.map(({ incident }) => `${incident.pool}`), ...troubled.map(({ pool }) => pool as string)]);
  const host = input.host_memory;
  const parts = [
    pools.size > 0 ? `${[...pools].join(" and ")}` : judged.length > 0 ? "Neither shm nor pkg shows trouble" : "",
    ...troubled.map(
      ({ pool, verdict, processes }) =>
        `${pool}: ${verdict.replaceAll("_", " ")}${processes.length > 0 ? ` in ${processes.join(", ")}` : ""}`,
    ),
    host === null ? "" : `host: ${host.judgement.verdict.replaceAll("_", " ")}`,
  ];
  const answered = pools.size > 0 || judged.length > 0 || host !== null;
  return {
    id: "Q2",
    question: "Which memory: shm, pkg, or the system's?",
    answer: answered ? sentence(parts) : null,
    evidence_ids: [...failed.map(({ id }) => id), ...(host === null ? [] : [host.id])],
    missing: answered
      ? null
      : missing("the counters of both pools tell; `free` and `top` do not", usageCommands(situation), "usage"),
  };
}

export function sizes(input: ReportInput, { situation, missing }: Commands): ReportQuestion {
  const { shm_size_mb, pkg_size_mb, shm_manager, pkg_manager } = input.settings;
  const shown = [
    { flag: "-m", setting: shm_size_mb, manager: shm_manager.value },
    { flag: "-M", setting: pkg_size_mb, manager: pkg_manager.value },
  ];
  const guessed = shown.some(({ setting: { source } }) => source === null || source.endsWith("_default"));
  const known = shown.filter(({ setting: { value } }) => value !== null);
  const command = argumentsCommand(situation);
  return {
    id: "Q3",
    question: "What are -m and -M?",
    answer:
      known.length === 0
        ? null
        : sentence(
            shown.map(({ flag, setting: { value, source }, manager }) =>
              value === null
                ? `${flag} is not known`
                : `${flag} ${value} (${source?.replaceAll("_", " ")}; manager ${manager ?? "not known"})`,
            ),
          ),
    evidence_ids: ids(shown.map(({ setting }) => setting.evidence_id)),
    missing: guessed ? missing("only defaults are known, the command line is not recorded", [command], "settings") : null,
  };
}

/** A dump of another process than the one that failed proves nothing. */
export function logLines(input: ReportInput, { situation, missing }: Commands): ReportQuestion {
  const { incidents } = input;
  const failures = incidents.filter(({ incident: { kind, severity } }) => severity !== "info" || CORRUPTION_KINDS.has(kind));
  const wanted = missing("the exact lines, and which process printed them", [logCommand(situation)], "logs");
  const base = { id: "Q4", question: "Which log lines exactly, and which pid printed them?" };
  if (failures.length === 0) return { ...base, answer: null, evidence_ids: [], missing: wanted };
  const total = failures.reduce((sum, { incident }) => sum + incident.count, 0);
  const newest = failures[0];
  return {
    ...base,
    answer: sentence([
      `${total} failures of ${failures.length} kinds, quoted below`,
      newest === undefined
        ? ""
        : `the newest at ${moment(newest.ended_at)} by ${pidsOf(newest)}: ${quoted(newest.incident.quote, 300)}`,
      dumpOfOther(input, failures),
    ]),
    evidence_ids: failures.map(({ id }) => id),
    missing: null,
  };
}

function dumpOfOther({ dumps }: ReportInput, failures: readonly ReportIncident[]): string {
  const failed = new Set(failures.flatMap(({ incident }) => (incident.pool === "pkg" ? incident.pids : [])));
  const dumped = new Set(dumps.flatMap(({ pool, pid }) => (pool === "pkg" && pid !== null ? [pid] : [])));
  if (failed.size === 0 || dumped.size === 0) return "";
  return [...failed].some((pid) => dumped.has(pid))
    ? "the pkg dump is of a process that failed"
    : "the pkg dumps are of other processes than those that failed";
}

export function pidsOf({ incident: { pids, pid_count } }: ReportIncident): string {
  if (pids.length === 0) return "a process whose pid the log does not show";
  return `pid ${pids.slice(0, 5).join(", ")}${pid_count > 5 ? ` and ${pid_count - 5} more` : ""}`;
}

export function debugging(input: ReportInput, { situation, missing }: Commands): ReportQuestion {
  const { readiness, settings, build, running_build } = input;
  const { memlog, debug, mem_summary } = settings;
  const flag = (running_build ?? build)?.value.memory.debug_flag ?? null;
  const level = (name: string, { value, source }: typeof memlog) =>
    value === null ? "" : `${name}=${value} (${source?.replaceAll("_", " ")})`;
  const unknown = situation.debug === null;
  const open = readiness.checks.find(({ status, fix }) => status === "unknown" && fix.commands.length > 0);
  return {
    id: "Q5",
    question: "Is memory debugging compiled in and switched on (memlog against debug)?",
    answer: unknown
      ? null
      : sentence([
          situation.debug === true ? `Compiled in${flag === null ? "" : ` (${flag})`}` : "Not compiled in",
          level("memlog", memlog),
          level("debug", debug),
          level("mem_summary", mem_summary),
          readiness.summary,
        ]),
    evidence_ids: ids([running_build?.id ?? build?.id ?? null, memlog.evidence_id, debug.evidence_id]),
    missing: unknown
      ? missing("without it no dump names a site", versionCommands(situation), "builds")
      : open === undefined
        ? null
        : missing(`one check is still open (${open.title})`, open.fix.commands, "settings"),
  };
}

/** The parts that say something, joined, with a full stop. */
export function sentence(parts: readonly string[]): string {
  const text = parts
    .filter((part) => part !== "")
    .join("; ")
    .trim();
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** The ids that are there, each once. */
export function ids(all: readonly (string | null)[]): string[] {
  return [...new Set(all.filter((id) => id !== null))];
}
