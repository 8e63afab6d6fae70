/** Sections of a report about what is allocated: the comparison of dumps, their largest sites, and known bugs that fit. */
import { moduleLabel, siteKnowledge } from "../../../kamailio/knowledge/sites.js";
import { HOW_TO_READ } from "../../known-issues/match.js";
import type { ReportDump, ReportInput } from "../input.js";
import { bySuspicion } from "../questions/over-time.js";
import { type ReportSection, section } from "../report.js";
import { bytes, quoted, some } from "../words.js";

/** Dumps whose sites are listed, and sites of each. */
const DUMPS_SHOWN = 4;
const SITES_SHOWN = 20;
const SUSPECTS_SHOWN = 12;
const COMPARISONS_SHOWN = 6;
const ISSUES_SHOWN = 8;
const SENTENCE = 500;
const SITE = 160;

export function comparisons({ comparisons: all }: ReportInput): ReportSection {
  const compared = [...all].sort((a, b) => Number(a.comparison.ok) - Number(b.comparison.ok));
  const { shown, note } = some(compared, COMPARISONS_SHOWN, "comparisons");
  const suspects = shown
    .flatMap(({ comparison, process, pid }) =>
      comparison.suspects.map((suspect) => ({ suspect, where: whereOf(comparison.pool, process, pid) })),
    )
    .sort((a, b) => bySuspicion(a.suspect, b.suspect));
  const top = some(suspects, SUSPECTS_SHOWN, "suspects");
  return section("debugging_data", "comparison", "What grew between dumps", {
    paragraphs: shown.map(
      ({ comparison, process, pid, dump_ids }) =>
        `${whereOf(comparison.pool, process, pid)}, ${dump_ids.length} dumps: ${quoted(comparison.summary, SENTENCE)}`,
    ),
    list: [...new Set(shown.flatMap(({ comparison }) => comparison.warnings))]
      .slice(0, 10)
      .map((warning) => quoted(warning, SENTENCE)),
    table: {
      head: ["confidence", "where", "allocated by", "chunks", "bytes", "why", "against"],
      rows: top.shown.map(({ suspect, where }) => [
        suspect.confidence,
        where,
        quoted(suspect.site, SITE),
        suspect.count_delta === null ? "" : signed(suspect.count_delta),
        signed(suspect.bytes_delta),
        quoted(suspect.reasons.join("; "), SENTENCE),
        quoted(suspect.against.join("; "), SENTENCE),
      ]),
    },
    note: [note, top.note].filter((text) => text !== null).join(" ") || null,
  });
}

/** The largest sites of the newest dumps, one of each pool and process, those of the suspected pool first. */
export function dumps({ dumps: all }: ReportInput, pool: string, pid: number | null): ReportSection[] {
  const newest = new Map<string, ReportDump>();
  for (const dump of all) {
    const key = dump.pool === "pkg" ? `pkg ${dump.pid}` : `${dump.pool}`;
    if (!newest.has(key)) newest.set(key, dump);
  }
  const rank = (dump: ReportDump) => (dump.pool === pool ? 0 : 2) + (pid !== null && dump.pid !== pid ? 1 : 0);
  return [...newest.values()]
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, DUMPS_SHOWN)
    .map(dumpSection);
}

function dumpSection(dump: ReportDump): ReportSection {
  const { id, taken_at, form, manager, used, real_used, heap_size, chunks, complete, incomplete_reason, allocated_bytes } = dump;
  const { shown, note } = some(dump.sites, SITES_SHOWN, "sites, the largest,");
  const size = (name: string, value: number | null) => (value === null ? [] : [`${name} ${bytes(value)}`]);
  const figures = [
    ...size("size", heap_size),
    ...size("used", used),
    ...size("real_used", real_used),
    ...size("sum of the chunks", allocated_bytes),
    ...(chunks === null ? [] : [`${chunks} chunks`]),
  ];
  return section(
    "debugging_data",
    `dump_${id}`,
    `Dump of ${whereOf(dump.pool, dump.process, dump.pid)}, ${taken_at ?? "time not known"}`,
    {
      paragraphs: [
        `${form.replaceAll("_", " ")} of ${manager ?? "an unknown manager"}${figures.length > 0 ? `: ${figures.join(", ")}` : ""}.`,
        ...(complete ? [] : [`It is incomplete: ${quoted(incomplete_reason ?? "lines are missing", SENTENCE)}.`]),
      ],
      table: {
        head: ["bytes", "chunks", "allocated by", "what it is"],
        rows: shown.map((site) => [
          `${site.bytes}`,
          site.count === null ? "" : `${site.count}`,
          quoted(siteText(site), SITE),
          quoted(siteKnowledge({ ...site, pool: dump.pool })?.object ?? "", 120),
        ]),
      },
      note,
    },
  );
}

/** As Kamailio prints it. */
function siteText({ module, file, function: name, line }: ReportDump["sites"][number]): string {
  const place = name === null ? null : line === null ? `${name}()` : `${name}(${line})`;
  return [module === null ? null : moduleLabel(module), file, place].filter((part) => part !== null).join(": ");
}

function whereOf(pool: string | null, process: string | null, pid: number | null): string {
  if (pool !== "pkg") return pool ?? "an unknown pool";
  return `pkg of ${[process === null ? null : quoted(process, 60), pid === null ? null : `pid ${pid}`].filter((part) => part !== null).join(", ") || "a process"}`;
}

const signed = (value: number) => `${value >= 0 ? "+" : ""}${value}`;

export function knownIssues({ known_issues }: ReportInput): ReportSection {
  const { shown, note } = some(known_issues, ISSUES_SHOWN, "known issues");
  return section("possible_solutions", "known_issues", "Known issues that fit", {
    paragraphs: shown.length === 0 ? [] : [HOW_TO_READ],
    table: {
      head: ["issue", "how sure", "title", "fixed in", "why", "source"],
      rows: shown.map(({ id, certainty, title, fixed_in, why, workaround, fix_commit, urls }) => [
        id,
        certainty.replaceAll("_", " "),
        quoted(title, 200),
        fixed_in.length === 0 ? "no release" : fixed_in.join(", "),
        quoted([...why, ...(workaround === null ? [] : [`workaround: ${workaround}`])].join("; "), SENTENCE),
        quoted([...(fix_commit === null ? [] : [`commit ${fix_commit.slice(0, 12)}`]), ...urls].join(" "), 300),
      ]),
    },
    note,
  });
}
