/** Known issues for people: below the judgement that they belong to. */
import type { Certainty, KnownIssueMatch } from "../analysis/known-issues/known-issue-match.js";
import { HOW_TO_READ } from "../analysis/known-issues/match.js";
import type { Block, Inline } from "./document.js";

const CERTAINTIES: Record<Certainty, string> = {
  likely: "likely",
  possible: "possible",
  release_only: "in this release, not seen here",
};

export function knownIssueBlocks(matches: readonly KnownIssueMatch[]): Block[] {
  if (matches.length === 0) return [];
  const seen = matches.filter(({ certainty }) => certainty !== "release_only");
  const others = matches.filter(({ certainty }) => certainty === "release_only");
  return [
    { kind: "heading", level: 2, text: "Known issues" },
    { kind: "paragraph", text: HOW_TO_READ },
    ...seen.flatMap(matchBlocks),
    ...(others.length === 0 ? [] : [{ kind: "list", items: others.map(line) } as const]),
  ];
}

/** What nothing recorded shows, in one line: it can be looked up by its id. */
function line({ id, title, certainty, fixed_in }: KnownIssueMatch): Inline {
  return [{ code: id }, `: ${title} (${CERTAINTIES[certainty]}; fixed in ${fixed_in.join(", ") || "no release yet"})`];
}

function matchBlocks({ id, title, certainty, why, needs, fixed_in, upgrade_to, workaround, urls }: KnownIssueMatch): Block[] {
  const fix = fixed_in.length === 0 ? "Fixed in no release yet." : `Fixed in ${fixed_in.join(", ")}.`;
  const upgrade = upgrade_to === null ? "" : ` The nearest release with the fix: ${upgrade_to}.`;
  return [
    { kind: "heading", level: 3, text: [{ code: id }, `: ${title} (${CERTAINTIES[certainty]})`] },
    {
      kind: "list",
      items: [
        ...why,
        `It takes: ${needs}`,
        `${fix}${upgrade}`,
        ...(workaround === null ? [] : [`Workaround: ${workaround}`]),
        ...urls,
      ],
    },
  ];
}
