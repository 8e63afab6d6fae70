/** A stateless analysis for people: what matters first, then each part that the texts held. */
import type { AnalysedDump, AnalysedUsage, Analysis } from "../analysis/analyses/analysis.js";
import { mb } from "../kamailio/units.js";
import { configReviewDocument } from "./config-review-document.js";
import { diagnosisDocument } from "./diagnosis-document.js";
import type { Block, Document, Inline } from "./document.js";
import { dumpComparisonDocument } from "./dump-comparison-document.js";
import { hostMemoryDocument } from "./host-memory-document.js";
import { incidentBlocks } from "./incident-blocks.js";
import { knownIssueBlocks } from "./known-issue-blocks.js";
import { readinessDocument } from "./readiness-document.js";
import { sizingDocument } from "./sizing-document.js";

/** Rows of the table of a dump's sites; the JSON has them all. */
const SITES_SHOWN = 20;
/** Dumps that are shown one by one. A log of a shutdown holds hundreds. */
const DUMPS_SHOWN = 20;
const INCIDENTS_SHOWN = 50;
const COMPARISONS_SHOWN = 3;

export function analysisDocument(analysis: Analysis): Document {
  const { incidents, look_alikes, dumps, comparison, other_comparisons } = analysis;
  const compared = [...(comparison === null ? [] : [comparison]), ...other_comparisons].slice(0, COMPARISONS_SHOWN);
  return [
    {
      kind: "heading",
      level: 1,
      text: `Analysis: ${analysis.ok ? "ok" : analysis.recognised.length > 0 ? "not ok" : "nothing was read"}`,
    },
    { kind: "paragraph", text: analysis.summary },
    ...texts(analysis),
    ...list("Mind", analysis.warnings),
    ...(incidents.length === 0 ? [] : [heading("Incidents")]),
    ...incidents.slice(0, INCIDENTS_SHOWN).flatMap(incidentBlocks),
    ...more(incidents.length, INCIDENTS_SHOWN, "incidents"),
    ...list(
      "Not incidents, although they read like some",
      look_alikes.map(({ count, quote, why }): Inline => [`${count} x `, { code: quote }, `: ${why}`]),
    ),
    ...compared.flatMap((one) => demoted(dumpComparisonDocument(one, one.dump_names))),
    ...knownIssueBlocks(analysis.known_issues),
    ...dumps.slice(0, DUMPS_SHOWN).flatMap(dumpBlocks),
    ...more(dumps.length, DUMPS_SHOWN, "dumps"),
    ...(analysis.usage === null ? [] : usageBlocks(analysis.usage)),
    ...(analysis.host_memory === null ? [] : demoted(hostMemoryDocument(analysis.host_memory, "this host"))),
    ...builds(analysis),
    ...settings(analysis),
    ...(analysis.readiness === null ? [] : demoted(readinessDocument(analysis.readiness))),
    ...(analysis.config === null ? [] : demoted(configReviewDocument(analysis.config.files.join(", "), analysis.config))),
  ];
}

const heading = (text: Inline): Block => ({ kind: "heading", level: 2, text });

/** A document of its own becomes a chapter of this one. */
function demoted(document: Document): Document {
  return document.map((block) => (block.kind === "heading" ? { ...block, level: block.level === 1 ? 2 : 3 } : block));
}

function list(title: string, items: readonly Inline[]): Block[] {
  return items.length === 0 ? [] : [heading(title), { kind: "list", items: [...items] }];
}

function more(count: number, shown: number, what: string): Block[] {
  return count <= shown ? [] : [{ kind: "paragraph", text: `${count - shown} more ${what} are in the JSON.` }];
}

function texts({ recognised, unrecognised }: Analysis): Block[] {
  return [
    ...(recognised.length === 0
      ? []
      : [
          {
            kind: "table",
            head: ["text", "looks like", "what was read", "lines"],
            rows: recognised.map(({ text, title, parts, lines }) => [
              [{ code: text }],
              title,
              parts.map((part) => part.replaceAll("_", " ")).join(", "),
              `${lines}`,
            ]),
          } as const,
        ]),
    ...list(
      "Not read",
      unrecognised.map(({ text, reason, hint }): Inline => [{ code: text }, `: ${reason === null ? "" : `${reason}; `}${hint}`]),
    ),
  ];
}

function dumpBlocks(dump: AnalysedDump): Block[] {
  const { pool, form, manager, process, pid, sites } = dump;
  const who = pool === "pkg" ? ` of ${process ?? (pid === null ? "an unknown process" : `pid ${pid}`)}` : "";
  const total = dump.allocated_bytes ?? sites.reduce((sum, { bytes }) => sum + bytes, 0);
  const rows: Inline[][] = [
    ["where", `${dump.text}, lines ${dump.first_line} to ${dump.last_line}`],
    ["form", `${form.replaceAll("_", " ")}${manager === null ? "" : ` of ${manager}`}`],
    ["taken at", dump.taken_at ?? "not said"],
    ["size, used, used with overhead", [dump.heap_size, dump.used, dump.real_used].map(bytes).join(", ")],
    ["free, most used", [dump.free, dump.max_used].map(bytes).join(", ")],
    ["chunks", `${dump.chunks ?? "not listed"}`],
    ["complete", dump.complete ? "yes" : `no: ${dump.incomplete_reason ?? "lines are missing"}`],
  ];
  return [
    heading(`Dump of ${pool ?? "a pool that is not named"}${who}`),
    { kind: "table", head: ["what", "value"], rows },
    ...(dump.warnings.length === 0 ? [] : [{ kind: "list", items: dump.warnings } as const]),
    ...(sites.length === 0
      ? [{ kind: "paragraph", text: "This form lists no allocation sites." } as const]
      : [
          {
            kind: "table",
            head: ["bytes", "share", "chunks", "allocated by", "what it is"],
            rows: sites
              .slice(0, SITES_SHOWN)
              .map((site) => [
                `${site.bytes}`,
                total > 0 ? `${Math.round((100 * site.bytes) / total)} %` : "",
                `${site.count ?? ""}`,
                [{ code: siteName(site) }],
                site.explanation === null ? "" : explained(site.explanation),
              ]),
          } as const,
          ...more(dump.sites_total, SITES_SHOWN, "sites"),
        ]),
  ];
}

function explained({ object, start_up, counter, freed_when }: NonNullable<AnalysedDump["sites"][number]["explanation"]>): string {
  if (start_up) return `${object}; allocated at start and kept`;
  const freed = freed_when === null ? "" : `; freed ${freed_when.replace(/^freed /, "")}`;
  return `${object}${freed}${counter === null ? "" : `; as many as ${counter} says`}`;
}

function siteName({ module, file, function: name, line }: AnalysedDump["sites"][number]): string {
  return [module, file, line === null ? name : `${name ?? "?"}(${line})`].filter((part) => part !== null).join(": ");
}

function usageBlocks({
  accepted,
  first_at,
  last_at,
  kinds,
  rejected,
  rejected_total,
  diagnosis,
  sizing,
}: AnalysedUsage): Block[] {
  return [
    heading("Usage"),
    {
      kind: "paragraph",
      text: `${accepted.samples} samples from ${first_at ?? "?"} to ${last_at ?? "?"}: ${kinds.join(", ")}.`,
    },
    ...(rejected.length === 0
      ? []
      : [
          {
            kind: "list",
            items: rejected.slice(0, 5).map(({ text, line, reason }) => `not taken, ${text}:${line}: ${reason}`),
          } as const,
          ...more(rejected_total, 5, "lines were not taken; they"),
        ]),
    ...demoted(diagnosisDocument("these samples", diagnosis)),
    ...demoted(sizingDocument("these samples", sizing)),
  ];
}

function builds({ builds: all }: Analysis): Block[] {
  if (all.length === 0) return [];
  const answer = (value: boolean | null) => (value === null ? "unknown" : value ? "yes" : "no");
  return [
    heading("Builds"),
    {
      kind: "table",
      head: ["text", "release", "managers", "memory debugging", "said by"],
      rows: all.map(({ text, product, version, memory, from_running_process }) => [
        [{ code: text }],
        `${product} ${version?.text ?? "of unknown release"}`,
        memory.managers.join(", "),
        answer(memory.debug),
        from_running_process ? "the running process" : "the binary",
      ]),
    },
  ];
}

function settings({ settings: found }: Analysis): Block[] {
  if (found === null) return [];
  const shown = Object.entries(found.values).filter(([, { evidence_id }]) => evidence_id !== null);
  if (shown.length === 0) return [];
  return [
    heading("Settings"),
    {
      kind: "table",
      head: ["setting", "value", "shown by"],
      rows: shown.map(([name, { value, source, quote }]) => [
        [{ code: name }],
        Array.isArray(value) ? value.join(", ") : `${value ?? "unknown"}`,
        [`${(source ?? "").replaceAll("_", " ")} `, { code: (quote ?? "").slice(0, 120) }],
      ]),
    },
    ...(found.refused.length === 0
      ? []
      : [{ kind: "list", items: found.refused.map(({ quote, reason }): Inline => [{ code: quote }, `: ${reason}`]) } as const]),
  ];
}

function bytes(value: number | null): string {
  if (value === null) return "not said";
  return mb(value);
}
