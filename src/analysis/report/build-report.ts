/**
 * The bug report that the maintainers want, made from what is recorded: the headings of Kamailio's bug_report.md, the questions of their first replies
 * (field notes A.3), and for what is missing the command that gets it. Addresses, hosts and users are taken out.
 */
import { timestamp } from "../../kamailio/units.js";
import { Redactor } from "../redaction/redactor.js";
import { commandsFor } from "./commands.js";
import { fitted } from "./fit.js";
import type { ReportInput } from "./input.js";
import { crashes, libraries, machine, newerRelease, reloads, whatChanged } from "./questions/around-it.js";
import { course, load, quiet, sites, suspectedPool } from "./questions/over-time.js";
import { debugging, logLines, sizes, version, whichMemory } from "./questions/what-runs.js";
import { type Report, type ReportQuestion, type ReportSection, saysSomething } from "./report.js";
import * as happened from "./sections/course.js";
import * as environment from "./sections/environment.js";
import * as inventory from "./sections/inventory.js";
import { quoted } from "./words.js";

/** In the order in which they come up; Q1 first. */
const QUESTIONS = [
  version,
  whichMemory,
  sizes,
  logLines,
  debugging,
  course,
  sites,
  load,
  quiet,
  whatChanged,
  reloads,
  libraries,
  crashes,
  newerRelease,
  machine,
];

/** Characters: a longer answer hides the next one, and what is longer than this is no command that somebody typed. */
const MAX_ANSWER = 800;
const MAX_COMMAND = 400;

/** Without these answers the first reply is "please provide ...". */
const ESSENTIAL: ReadonlySet<string> = new Set(["Q1", "Q2", "Q3", "Q5", "Q6", "Q7"]);

export function buildReport(input: ReportInput): Report {
  const commands = commandsFor(input);
  const { pool, pid } = suspectedPool(input);
  const questions = QUESTIONS.map((question) => question(input, commands));
  const sections = [
    happened.verdict(input),
    happened.whatChanged(input),
    inventory.comparisons(input),
    ...inventory.dumps(input, pool, pid),
    happened.usageTable(input),
    happened.moments(input),
    happened.load(input),
    happened.evidence(input),
    environment.readiness(input),
    environment.backtrace(input, commands),
    happened.logLines(input),
    environment.sipTraffic(),
    inventory.knownIssues(input),
    environment.build(input),
    environment.operatingSystem(input),
    environment.settings(input),
    environment.modules(input),
    environment.hostMemory(input),
  ].filter(saysSomething);
  const redactor = new Redactor();
  const report: Report = {
    ok: questions.every(({ id, answer }) => !ESSENTIAL.has(id) || answer !== null),
    instance: input.instance,
    generated_at: timestamp(input.now),
    title: redactor.redact(titleOf(input)),
    questions: questions.map((question) => withoutNames(question, redactor)),
    sections: sections.map((one) => redactedSection(one, redactor)),
    redacted: { ip: 0, host: 0, user: 0, number: 0 },
    notes: [
      "IP addresses, host names, user parts and phone numbers are replaced; the same one always by the same token. Loopback and wildcard addresses and ports stay.",
    ],
  };
  return fitted({ ...report, redacted: redactor.counts() });
}

function titleOf({ version: release, diagnosis }: ReportInput): string {
  const troubled = diagnosis.pools
    .filter(({ severity }) => severity !== "info")
    .map(
      ({ pool, verdict, processes }) =>
        `${pool} ${verdict.replaceAll("_", " ")}${processes.length > 0 ? ` in ${processes.join(", ")}` : ""}`,
    );
  return `Memory of Kamailio ${release?.text ?? "(version not recorded)"}: ${troubled.length > 0 ? troubled.join("; ") : "nothing found yet"}`;
}

/** Commands stay as they are to be typed. */
function withoutNames({ answer, missing, ...question }: ReportQuestion, redactor: Redactor): ReportQuestion {
  return {
    ...question,
    answer: answer === null ? null : redactor.redact(quoted(answer, MAX_ANSWER)),
    missing:
      missing === null
        ? null
        : {
            why: redactor.redact(quoted(missing.why, MAX_ANSWER)),
            commands: missing.commands.filter(({ length }) => length <= MAX_COMMAND),
            submit: (missing.submit?.length ?? 0) > 2 * MAX_COMMAND ? null : missing.submit,
          },
  };
}

function redactedSection(one: ReportSection, redactor: Redactor): ReportSection {
  const all = (lines: readonly string[]) => lines.map((line) => redactor.redact(line));
  // A column of numbers is no column of phone numbers.
  const cell = (text: string) => (/^[+-]?\d+$/.test(text) ? text : redactor.redact(text));
  const { table, code, note } = one;
  return {
    ...one,
    title: redactor.redact(one.title),
    paragraphs: all(one.paragraphs),
    list: all(one.list),
    table: table === null ? null : { head: all(table.head), rows: table.rows.map((row) => row.map(cell)) },
    code: code === null ? null : redactor.redact(code),
    note,
  };
}
