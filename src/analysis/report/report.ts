/** What a bug report says, field by field as it goes over the wire. */
import type { TokenKind } from "../redaction/tokens.js";

/** What still has to be asked on the server, and how its answer gets into the records. */
export interface MissingAnswer {
  why: string;
  /** Shell commands for this release, in order. */
  commands: string[];
  /** The command that records what they print; `null` where it goes into the issue by hand. */
  submit: string | null;
}

/** One of the questions that maintainers ask first. */
export interface ReportQuestion {
  /** `Q1` to `Q15`. */
  id: string;
  question: string;
  answer: string | null;
  /** Records that the answer is taken from. */
  evidence_ids: string[];
  /** `null`: answered. With an answer: it is not the whole one. */
  missing: MissingAnswer | null;
}

/** The headings of Kamailio's bug_report.md. */
export const REPORT_PARTS = [
  "description",
  "reproduction",
  "debugging_data",
  "log_messages",
  "sip_traffic",
  "possible_solutions",
  "additional_information",
] as const;
export type ReportPart = (typeof REPORT_PARTS)[number];

export interface ReportTable {
  head: string[];
  rows: string[][];
}

/** Shown in the order of its fields. */
export interface ReportSection {
  id: string;
  part: ReportPart;
  title: string;
  paragraphs: string[];
  list: string[];
  table: ReportTable | null;
  /** As it was printed. */
  code: string | null;
  /** What was cut. */
  note: string | null;
}

export interface Report {
  /** The questions without which a memory report cannot be worked on are answered. */
  ok: boolean;
  instance: string;
  generated_at: string;
  title: string;
  questions: ReportQuestion[];
  sections: ReportSection[];
  /** How many different originals were replaced by tokens. */
  redacted: Record<TokenKind, number>;
  notes: string[];
}

/** A section without content yet. */
export function section(part: ReportPart, id: string, title: string, content: Partial<ReportSection>): ReportSection {
  return { id, part, title, paragraphs: [], list: [], table: null, code: null, note: null, ...content };
}

/** Is there anything in it? */
export function saysSomething({ paragraphs, list, table, code }: ReportSection): boolean {
  return paragraphs.length > 0 || list.length > 0 || (table?.rows.length ?? 0) > 0 || (code ?? "") !== "";
}
