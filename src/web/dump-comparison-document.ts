/** A comparison of dumps for people: the sentence, the suspects with what speaks for and against each, what grew, what to do next. */

import type { DumpComparison } from "../analysis/dump-comparison/dump-comparison.js";
import type { Suspect } from "../analysis/dump-comparison/suspects.js";
import { duration, HOUR, percent } from "../kamailio/units.js";
import type { Block, Document } from "./document.js";

/** Rows of the table of what grew; the JSON has them all. */
const SITES_SHOWN = 30;

/** `ids` name the dumps, oldest first. */
export function dumpComparisonDocument(comparison: DumpComparison, ids: readonly string[]): Document {
  const { ok, summary, reading, pool, from, to, totals, start_up, suspects, warnings, next } = comparison;
  const changed = comparison.sites.filter((site) => !site.start_up).slice(0, SITES_SHOWN);
  return [
    {
      kind: "heading",
      level: 1,
      text: `Comparison of ${comparison.dumps} dumps${pool === null ? "" : ` of ${pool}`}: ${ok ? "ok" : "not ok"}`,
    },
    { kind: "paragraph", text: summary },
    {
      kind: "table",
      head: ["what", "first", "last", "change"],
      rows: [
        ["dump", { code: ids[0] ?? "" }, { code: ids.at(-1) ?? "" }, ""].map((cell) =>
          typeof cell === "string" ? cell : [cell],
        ),
        ["taken at", from ?? "unknown", to ?? "unknown", comparison.hours === null ? "" : duration(comparison.hours * HOUR)],
        ["bytes", `${totals.base_bytes}`, `${totals.later_bytes}`, signed(totals.bytes_delta)],
        ["chunks", known(totals.base_count), known(totals.later_count), signed(totals.count_delta)],
        ["start-up and unchanged", "", `${start_up.bytes} bytes`, `${start_up.sites} sites`],
      ],
    },
    ...list("Mind", warnings),
    ...(suspects.length === 0
      ? []
      : [{ kind: "heading", level: 2, text: "Suspects" } as const, { kind: "paragraph", text: reading } as const]),
    ...suspects.flatMap(suspectBlocks),
    ...(changed.length === 0
      ? []
      : [
          { kind: "heading", level: 2, text: "What changed" } as const,
          {
            kind: "table",
            head: ["site", "chunks", "bytes", "bytes an hour", "shape"],
            rows: changed.map(({ site, count_delta, bytes_delta, bytes_per_hour, growth }) => [
              [{ code: site }],
              signed(count_delta),
              signed(bytes_delta),
              bytes_per_hour === null ? "" : signed(Math.round(bytes_per_hour)),
              growth.shape.replaceAll("_", " "),
            ]),
          } as const,
        ]),
    ...(next.length === 0 ? [] : [{ kind: "heading", level: 2, text: "Next" } as const]),
    ...next.flatMap(({ why, command }): Block[] => [
      { kind: "paragraph", text: `${why.charAt(0).toUpperCase()}${why.slice(1)}:` },
      { kind: "code", language: "sh", text: command },
    ]),
  ];
}

function suspectBlocks({
  rank,
  confidence,
  site,
  count_delta,
  bytes_delta,
  share_of_growth,
  reasons,
  against,
  next,
}: Suspect): Block[] {
  const grew =
    count_delta === null ? `${signed(bytes_delta)} bytes` : `${signed(count_delta)} chunks, ${signed(bytes_delta)} bytes`;
  return [
    { kind: "heading", level: 3, text: [`${rank}. `, { code: site }, ` (${confidence} confidence)`] },
    { kind: "paragraph", text: `Allocated by this site: ${grew}; ${percent(share_of_growth)} of all growth.` },
    {
      kind: "list",
      items: [
        ...reasons.map((reason) => `for: ${reason}`),
        ...against.map((reason) => `against: ${reason}`),
        ...(next === null ? [] : [`to settle it: ${next}`]),
      ],
    },
  ];
}

function list(title: string, items: readonly string[]): Block[] {
  return items.length === 0
    ? []
    : [
        { kind: "heading", level: 2, text: title },
        { kind: "list", items: [...items] },
      ];
}

const known = (value: number | null) => (value === null ? "unknown" : `${value}`);
const signed = (value: number | null) => (value === null ? "unknown" : value > 0 ? `+${value}` : `${value}`);
