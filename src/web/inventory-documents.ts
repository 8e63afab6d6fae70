/** Dumps, their allocation sites and the incidents of logs as tables, for a terminal and a ticket; JSON has every field. */
import { mb, percent } from "../kamailio/units.js";
import type { Block, Document, Inline } from "./document.js";

/** What a table shows of a dump. */
export interface DumpRow {
  id: string;
  pool: string | null;
  pid: number | null;
  process: string | null;
  form: string;
  taken_at: string;
  used: number | null;
  chunks: number | null;
  sites: number;
  complete: boolean;
  incomplete_reason: string | null;
}

export function dumpListDocument(instance: string, dumps: readonly DumpRow[], more: boolean): Document {
  return [
    { kind: "heading", level: 1, text: `Dumps of ${instance}` },
    ...(dumps.length === 0
      ? [paragraph("No dump is recorded.")]
      : [
          {
            kind: "table",
            head: ["taken at", "pool", "process", "form", "used", "chunks", "sites", "whole", "id"],
            rows: dumps.map((dump): Inline[] => [
              dump.taken_at,
              dump.pool ?? "unknown",
              processOf(dump),
              dump.form.replaceAll("_", " "),
              size(dump.used),
              known(dump.chunks),
              String(dump.sites),
              dump.complete ? "yes" : "NO",
              dump.id,
            ]),
          } as const,
        ]),
    ...moreBlocks(more),
  ];
}

export interface SiteRow {
  /** As Kamailio prints it, or the function or module that is summed up. */
  site: string;
  bytes: number;
  count: number | null;
  /** Of the bytes that the dump lists. */
  share: number;
}

export function dumpDocument(dump: DumpRow, sites: readonly SiteRow[]): Document {
  return [
    { kind: "heading", level: 1, text: ["Dump ", { code: dump.id }] },
    paragraph(
      `${dump.form.replaceAll("_", " ")} of ${dump.pool ?? "an unknown pool"}, ${processOf(dump)}, taken at ${dump.taken_at}: ${size(dump.used)} used, ${known(dump.chunks)} chunks, ${dump.sites} sites.`,
    ),
    ...(dump.complete ? [] : [paragraph(`INCOMPLETE: ${dump.incomplete_reason ?? "its end is missing"}.`)]),
    siteTable(sites),
  ];
}

export function siteListDocument(dumpId: string, sites: readonly SiteRow[], complete: boolean, more: boolean): Document {
  return [
    { kind: "heading", level: 1, text: ["Sites of the dump ", { code: dumpId }] },
    ...(complete ? [] : [paragraph("INCOMPLETE: the dump lacks lines.")]),
    siteTable(sites),
    ...moreBlocks(more),
  ];
}

function siteTable(sites: readonly SiteRow[]): Block {
  return {
    kind: "table",
    head: ["bytes", "share", "chunks", "site"],
    rows: sites.map((site): Inline[] => [String(site.bytes), percent(site.share), known(site.count), site.site]),
  };
}

export interface IncidentRow {
  id: string;
  kind: string;
  pool: string | null;
  severity: string;
  count: number;
  pids: readonly number[];
  first_at: string | null;
  last_at: string | null;
  size: number | null;
  quote: string;
}

/** As much of a quoted line as a row of a table has room for. */
const QUOTE_SHOWN = 120;
const PIDS_SHOWN = 5;

export function incidentListDocument(instance: string, incidents: readonly IncidentRow[], more: boolean): Document {
  return [
    { kind: "heading", level: 1, text: `Incidents of ${instance}` },
    ...(incidents.length === 0
      ? [paragraph("No incident is recorded.")]
      : [
          {
            kind: "table",
            head: ["last", "first", "severity", "kind", "pool", "times", "pids", "size asked", "line", "id"],
            rows: incidents.map((incident): Inline[] => [
              incident.last_at ?? "unknown",
              incident.first_at ?? "unknown",
              incident.severity,
              incident.kind.replaceAll("_", " "),
              incident.pool ?? "",
              String(incident.count),
              `${incident.pids.slice(0, PIDS_SHOWN).join(" ")}${incident.pids.length > PIDS_SHOWN ? " ..." : ""}`,
              incident.size === null ? "" : String(incident.size),
              [{ code: incident.quote.slice(0, QUOTE_SHOWN) }],
              incident.id,
            ]),
          } as const,
        ]),
    ...moreBlocks(more),
  ];
}

function paragraph(text: string): Block {
  return { kind: "paragraph", text };
}

function moreBlocks(more: boolean): Block[] {
  return more ? [paragraph("There are more: ?limit= and, in JSON, next_cursor.")] : [];
}

function processOf({ pool, pid, process }: DumpRow): string {
  if (pool === "shm" && process === null && pid === null) return "all processes";
  return [pid === null ? "" : `pid ${pid}`, process ?? ""].filter((part) => part !== "").join(" ") || "unknown process";
}

function size(bytes: number | null): string {
  return bytes === null ? "unknown" : mb(bytes);
}

function known(value: number | null): string {
  return value === null ? "unknown" : String(value);
}
