/** The bug report under the headings of Kamailio's bug_report.md, with what is missing at its end. */
import type { Report, ReportPart, ReportQuestion, ReportSection } from "../analysis/report/report.js";
import type { Block, Document } from "./document.js";

/** The template's headings; those of the second level stand below "Troubleshooting". */
const HEADINGS: readonly { part: ReportPart; text: string; level: 2 | 3 }[] = [
  { part: "description", text: "Description", level: 2 },
  { part: "reproduction", text: "Reproduction", level: 3 },
  { part: "debugging_data", text: "Debugging Data", level: 3 },
  { part: "log_messages", text: "Log Messages", level: 3 },
  { part: "sip_traffic", text: "SIP Traffic", level: 3 },
  { part: "possible_solutions", text: "Possible Solutions", level: 2 },
  { part: "additional_information", text: "Additional Information", level: 2 },
];

export function reportDocument(report: Report): Document {
  const open = report.questions.filter(({ missing }) => missing !== null);
  const unanswered = report.questions.filter(({ answer }) => answer === null).length;
  return [
    { kind: "heading", level: 1, text: report.title },
    {
      kind: "paragraph",
      text: `Made at ${report.generated_at}. ${report.questions.length - unanswered} of ${report.questions.length} questions are answered${open.length > 0 ? "; the end says how to get the rest: remove that part before you send this" : ""}.`,
    },
    ...HEADINGS.flatMap(({ part, text, level }) => {
      const sections = report.sections.filter((one) => one.part === part);
      const above: Block[] = part === "reproduction" ? [...questionBlocks(report.questions)] : [];
      if (sections.length === 0) return above;
      return [...above, { kind: "heading", level, text } as const, ...sections.flatMap((one) => sectionBlocks(one, text))];
    }),
    { kind: "paragraph", text: report.notes.join(" ") },
    ...(open.length === 0 ? [] : [{ kind: "heading", level: 2, text: "Missing" } as const, ...open.flatMap(missingBlocks)]),
  ];
}

function questionBlocks(questions: readonly ReportQuestion[]): Block[] {
  return [
    { kind: "heading", level: 2, text: "Troubleshooting" },
    {
      kind: "list",
      items: questions.map(({ id, question, answer }) => `${id} ${question} ${answer ?? "Not recorded: see Missing."}`),
    },
  ];
}

/** A title that only repeats the heading above it is left out. */
function sectionBlocks({ title, paragraphs, list, table, code, note }: ReportSection, heading: string): Block[] {
  return [
    ...(title.toLowerCase() === heading.toLowerCase()
      ? []
      : [{ kind: "paragraph", text: `${title.replace(/\?$/, "")}:` } as const]),
    ...paragraphs.map((text): Block => ({ kind: "paragraph", text })),
    ...(list.length > 0 ? [{ kind: "list", items: list } as const] : []),
    ...(table !== null && table.rows.length > 0 ? [{ kind: "table", ...table } as const] : []),
    ...(code !== null && code !== "" ? [{ kind: "code", language: "text", text: code } as const] : []),
    ...(note !== null ? [{ kind: "paragraph", text: note } as const] : []),
  ];
}

function missingBlocks({ id, question, missing }: ReportQuestion): Block[] {
  if (missing === null) return [];
  const { why, commands, submit } = missing;
  return [
    { kind: "paragraph", text: `${id} ${question} Missing: ${why}.` },
    ...(commands.length > 0 ? [{ kind: "code", language: "sh", text: commands.join("\n") } as const] : []),
    ...(submit === null
      ? []
      : [{ kind: "paragraph", text: "Record it:" } as const, { kind: "code", language: "sh", text: submit } as const]),
  ];
}
