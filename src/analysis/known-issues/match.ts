/**
 * Holds what was recorded of an instance against the table of Kamailio's own memory bugs.
 *
 * A match is a hint with its certainty, never a verdict: a dump names who allocated, a release says what could happen, and a packager may have
 * taken over a fix without changing the version.
 */
import { knownIssues } from "../../kamailio/knowledge/known-issues.js";
import { CORRUPTION_KINDS } from "../../kamailio/log/incident.js";
import { type Candidate, weigh } from "./candidates.js";
import { corruptedPlaces, growingSites, phantomUsage } from "./evidence.js";
import type { Certainty, KnownIssueMatch, KnownIssuesInput } from "./known-issue-match.js";
import { rangesText, upgradeTo } from "./standing.js";

/** How a list of matches is to be read; belongs beside it wherever it is shown. */
export const HOW_TO_READ =
  "A match says that this release and what was seen fit a known bug of Kamailio. It is no verdict: check what the bug needs, and whether the packager took over its fix.";

/** Issues of the release alone that are shown: the rest of a long list would only bury what was seen. */
const MAX_RELEASE_ONLY = 5;
/** Issues that share a growing site are told apart by their modules and needs; beyond this many, none of them is likely by itself. */
const MAX_LIKELY_PER_SITE = 2;
/** Weight from which an issue of the release alone is worth a line: whoever uses the feature meets it. */
const SERIOUS_WEIGHT = 2;

/** Ordered by certainty, then by weight of the issue. Never throws; nothing is matched for what is not Kamailio. */
export function matchKnownIssues(input: KnownIssuesInput): KnownIssueMatch[] {
  if (!sharesHistory(input)) return [];
  const seen = {
    places: growingSites(input.dumps, input.growing_sites ?? []),
    corrupted: corruptedPlaces(input.incidents),
    phantom: phantomUsage(input.dumps),
  };
  const candidates = knownIssues().flatMap((issue) => weigh(issue, input, seen));
  const rivals = rivalsBySite(candidates);
  const shown = candidates.flatMap((candidate) => {
    const certainty = certaintyOf(candidate, rivals, input);
    return certainty === null ? [] : [{ candidate, certainty }];
  });
  shown.sort(
    (a, b) =>
      CERTAINTIES.indexOf(a.certainty) - CERTAINTIES.indexOf(b.certainty) ||
      b.candidate.evidence.length - a.candidate.evidence.length ||
      closeness(b.candidate.issue, input) - closeness(a.candidate.issue, input) ||
      b.candidate.issue.weight - a.candidate.issue.weight ||
      Number(b.candidate.issue.modules.length > 0) - Number(a.candidate.issue.modules.length > 0) ||
      a.candidate.issue.id.localeCompare(b.candidate.issue.id),
  );
  let releaseOnly = 0;
  return shown
    .filter(({ certainty }) => certainty !== "release_only" || ++releaseOnly <= MAX_RELEASE_ONLY)
    .map(({ candidate, certainty }) => toMatch(candidate, certainty, rivals, input));
}

const CERTAINTIES: readonly Certainty[] = ["likely", "possible", "release_only"];

/** The sip-router flavours and SER 3 were built from the same tree. */
function sharesHistory({ product, version }: KnownIssuesInput): boolean {
  if (product === null || product === "kamailio" || product === "sip-router") return true;
  return product === "ser" && (version?.major ?? 0) >= 3;
}

/** How many issues a site speaks for. */
function rivalsBySite(candidates: readonly Candidate[]): Map<string, number> {
  const rivals = new Map<string, number>();
  for (const { sites } of candidates) for (const site of new Set(sites)) rivals.set(site, (rivals.get(site) ?? 0) + 1);
  return rivals;
}

/** The fewest issues that one of its sites speaks for; 1 when no site is the sign. */
const rivalsOf = ({ sites }: Candidate, rivals: ReadonlyMap<string, number>) =>
  sites.length === 0 ? 1 : Math.min(...sites.map((site) => rivals.get(site) ?? 1));

/** `null`: not worth showing. */
function certaintyOf(candidate: Candidate, rivals: ReadonlyMap<string, number>, input: KnownIssuesInput): Certainty | null {
  const { issue, standing, evidence, strong, open } = candidate;
  if (evidence.length > 0) {
    if (
      (strong || isConditional(issue)) &&
      standing.standing === "affected" &&
      open.length === 0 &&
      rivalsOf(candidate, rivals) <= MAX_LIKELY_PER_SITE
    )
      return "likely";
    if (strong || input.version !== null) return "possible";
    return null;
  }
  const loaded = issue.modules.length === 0 || input.modules !== null;
  const serious = issue.certain && issue.weight >= SERIOUS_WEIGHT && loaded && open.length === 0;
  return serious && input.version !== null ? "release_only" : null;
}

/** It takes a certain build: where that is known to be so, a sign that others share is enough. */
const isConditional = ({ architecture, joins_free }: Candidate["issue"]) => architecture !== null || joins_free !== null;

/** How well an issue of the release alone fits what is going on. */
function closeness({ pool, kind, signature }: Candidate["issue"], input: KnownIssuesInput): number {
  const growing = input.process_classes_growing ?? [];
  const grows = kind === "leak" && pool === "pkg" && growing.length > 0 ? 1 : 0;
  const there = signature.process_classes.some((name) => growing.includes(name)) ? 1 : 0;
  const broken =
    kind === "corruption" && input.incidents.some((one) => CORRUPTION_KINDS.has(one.kind) || one.kind === "child_died") ? 1 : 0;
  return grows + there + broken;
}

function toMatch(
  candidate: Candidate,
  certainty: Certainty,
  rivals: ReadonlyMap<string, number>,
  input: KnownIssuesInput,
): KnownIssueMatch {
  const { issue, standing, evidence, strong, open } = candidate;
  const upgrade_to = upgradeTo(issue, input.version);
  const why = [...evidence.map(({ detail }) => detail), standing.reason];
  if (evidence.length === 0) why.push("nothing that was recorded shows it");
  else if (!strong) why.push("what was seen fits other causes as well");
  const shared = rivalsOf(candidate, rivals) - 1;
  if (shared > 0)
    why.push(
      `${shared} other known ${shared === 1 ? "issue leaves" : "issues leave"} traces at the same place: compare what each one needs`,
    );
  why.push(...open.map((condition) => `open: ${condition}`));
  if (issue.fixed_in.length === 0)
    why.push(
      issue.fixed_on_master === null
        ? "no fix is known in any release"
        : `fixed on the development branch on ${issue.fixed_on_master.date}, in no release that the table knows`,
    );
  if (!issue.certain) why.push("effect or first affected release is not confirmed in every detail");
  const { id, title, summary, kind, pool, fixed_in, fix_commit, urls, workaround, signature } = issue;
  return {
    id,
    title,
    summary,
    kind,
    pool,
    certainty,
    why,
    evidence,
    needs: signature.config_needed,
    affected: rangesText(issue),
    fixed_in: [...fixed_in],
    upgrade_to,
    fix_commit,
    urls: [...urls],
    workaround,
  };
}
