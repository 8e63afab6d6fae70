/**
 * Holds what was recorded of an instance against the table of Kamailio's own memory bugs.
 *
 * A match is a hint with its certainty, never a verdict: a dump names who allocated, a release says what could happen, and a packager may have
 * taken over a fix without changing the version.
 */
import type { Product } from "../../kamailio/build/build.js";
import type { Dump, Site } from "../../kamailio/dump/dump.js";
import { type KnownIssue, knownIssues } from "../../kamailio/knowledge/known-issues.js";
import { CORRUPTION_KINDS, type LogIncident } from "../../kamailio/log/incident.js";
import type { Manager, Pool } from "../../kamailio/pool.js";
import type { Version } from "../../kamailio/version.js";
import { corruptedPlaces, growingSites, moduleKey, type PlaceSignal, phantomUsage, quoteOf, samePlace } from "./evidence.js";
import { rangesText, type StandingWithReason, standingOf, upgradeTo } from "./standing.js";

export interface KnownIssuesInput {
  /** `null`: not known, then no issue is more than possible. */
  version: Version | null;
  /** OpenSIPS and old SER share names with Kamailio, not its history: nothing is matched for them. */
  product: Product | null;
  /** The managers in force; empty when not known. */
  managers: readonly Manager[];
  /** The modules that are loaded; `null` when not known. */
  modules: readonly string[] | null;
  /** In any order; those of one pool and process are compared with each other by time. */
  dumps: readonly Dump[];
  /** Sites that another judgement found growing. */
  growing_sites?: readonly Site[];
  incidents: readonly LogIncident[];
  /** Classes of processes whose private memory grows (`src/kamailio/process-class.ts`). */
  process_classes_growing?: readonly string[];
  /** Looks at issues of this pool (and those of no pool) alone. */
  pool?: Pool;
  /** As `kamailio -I` prints it; `null` or missing when not known. */
  architecture?: string | null;
  /** Does the build join free neighbours? `null` or missing when not known. */
  join_free?: boolean | null;
}

/**
 * - `likely`: its signature was seen and the release has it;
 * - `possible`: its signature was seen, but the release, a condition or which of several issues it is stays open;
 * - `release_only`: the release has it and its module is loaded; nothing that was recorded shows it.
 */
export type Certainty = "likely" | "possible" | "release_only";

export interface KnownIssueEvidence {
  kind: "site" | "incident" | "counters" | "processes";
  detail: string;
}

export interface KnownIssueMatch {
  id: string;
  title: string;
  summary: string;
  kind: KnownIssue["kind"];
  pool: KnownIssue["pool"];
  certainty: Certainty;
  /** Why it is shown and why it is no more certain, in order. */
  why: string[];
  evidence: KnownIssueEvidence[];
  /** What traffic, function or setting it takes: check whether this instance has it. */
  needs: string;
  /** The affected releases in words. */
  affected: string;
  /** First release of each series with the fix; empty: no release has it. */
  fixed_in: string[];
  /** The nearest release with the fix; `null` when there is none or the release is not known. */
  upgrade_to: string | null;
  fix_commit: string | null;
  urls: string[];
  workaround: string | null;
}

/** How a list of matches is to be read; belongs beside it wherever it is shown. */
export const HOW_TO_READ =
  "A match says that this release and what was seen fit a known bug of Kamailio. It is no verdict: check what the bug needs, and whether the packager took over its fix.";

/** Issues of the release alone that are shown: the rest of a long list would only bury what was seen. */
const MAX_RELEASE_ONLY = 5;
/** Issues that share a growing site are told apart by their modules and needs; beyond this many, none of them is likely by itself. */
const MAX_LIKELY_PER_SITE = 2;
/** Weight from which an issue of the release alone is worth a line: whoever uses the feature meets it. */
const SERIOUS_WEIGHT = 2;

interface Seen {
  places: PlaceSignal[];
  corrupted: PlaceSignal[];
  phantom: { pool: Pool | null; detail: string } | null;
}

interface Candidate {
  issue: KnownIssue;
  standing: StandingWithReason;
  evidence: KnownIssueEvidence[];
  strong: boolean;
  /** Names of the sites that speak for it. */
  sites: string[];
  /** Conditions that no record settles, in words. */
  open: string[];
}

/** Ordered by certainty, then by weight of the issue. Never throws; nothing is matched for what is not Kamailio. */
export function matchKnownIssues(input: KnownIssuesInput): KnownIssueMatch[] {
  if (!sharesHistory(input)) return [];
  const seen: Seen = {
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
      b.candidate.issue.weight - a.candidate.issue.weight ||
      fit(b.candidate.issue, input) - fit(a.candidate.issue, input) ||
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

/** `[]` when the release, a module, a manager or the pool rules it out. */
function weigh(issue: KnownIssue, input: KnownIssuesInput, seen: Seen): Candidate[] {
  const standing = standingOf(issue, input.version);
  if (standing.standing === "unaffected" || !poolFits(issue, input.pool)) return [];
  if (!modulesFit(issue, input.modules)) return [];
  if (issue.managers.length > 0 && input.managers.length > 0 && !issue.managers.some((name) => input.managers.includes(name)))
    return [];
  if (issue.architecture !== null && input.architecture && !sameArchitecture(issue.architecture, input.architecture)) return [];
  if (issue.joins_free !== null && typeof input.join_free === "boolean" && input.join_free !== issue.joins_free) return [];
  const candidate: Candidate = { issue, standing, evidence: [], strong: false, sites: [], open: openConditions(issue, input) };
  addPlaces(candidate, seen);
  addIncidents(candidate, input);
  if (issue.defect === "phantom_usage" && issue.signature.functions.includes("qm_realloc") && seen.phantom !== null) {
    candidate.strong = true;
    candidate.evidence.push({ kind: "counters", detail: seen.phantom.detail });
  }
  addProcesses(candidate, input);
  return [candidate];
}

function addPlaces(candidate: Candidate, { places, corrupted }: Seen): void {
  const { issue } = candidate;
  const ofPool = ({ pool }: PlaceSignal) => pool === null || issue.pool === null || issue.pool === pool;
  if (issue.kind === "leak" || issue.kind === "growth")
    for (const place of places.filter(ofPool))
      if (issue.signature.sites.some((site) => samePlace(place, site))) {
        candidate.evidence.push({ kind: "site", detail: place.detail });
        candidate.sites.push(place.function);
        candidate.strong ||= place.strength === "strong";
      }
  if (issue.kind === "corruption")
    for (const place of corrupted.filter(ofPool))
      if (namesIssue(issue, place)) {
        candidate.evidence.push({ kind: "incident", detail: place.detail });
        candidate.sites.push(place.function);
        candidate.strong = true;
      }
}

function namesIssue({ signature, modules }: KnownIssue, place: PlaceSignal): boolean {
  if (signature.sites.some((site) => samePlace(place, site))) return true;
  const owners = modules.length > 0 ? modules : ["core"];
  return owners.some((module) => signature.functions.some((name) => samePlace(place, { module, file: null, function: name })));
}

/** Incidents that are a sign although they name no function: they fit several causes, so they are weak. */
function addIncidents(candidate: Candidate, { incidents }: KnownIssuesInput): void {
  const { signature } = candidate.issue;
  const said = incidents.find(
    ({ quote }) => signature.log_message !== null && quote.toLowerCase().includes(signature.log_message.toLowerCase()),
  );
  if (said !== undefined) {
    candidate.strong = true;
    candidate.evidence.push({ kind: "incident", detail: `the log says ${quoteOf(said)}` });
  }
  const fits = incidents.find(
    ({ kind, signal }) => signature.incidents.includes(kind) && (signal === null || FAULTS.has(signal.number)),
  );
  if (fits !== undefined) candidate.evidence.push({ kind: "incident", detail: `it fits ${quoteOf(fits)}` });
}

/** Signals that bad memory causes: abort, bus error, segmentation fault. */
const FAULTS: ReadonlySet<number> = new Set([6, 7, 11]);

function addProcesses({ issue, evidence }: Candidate, { process_classes_growing: growing }: KnownIssuesInput): void {
  if (evidence.length === 0 || issue.pool !== "pkg") return;
  const same = issue.signature.process_classes.filter((name) => growing?.includes(name));
  if (same.length > 0)
    evidence.push({ kind: "processes", detail: `private memory grows in ${same.join(", ")}, where this code runs` });
}

function openConditions(issue: KnownIssue, input: KnownIssuesInput): string[] {
  const open: string[] = [];
  if (issue.modules.length > 0 && input.modules === null) open.push(`whether module ${issue.modules.join(" or ")} is loaded`);
  if (issue.managers.length > 0 && input.managers.length === 0)
    open.push(`whether the memory manager is ${issue.managers.join(" or ")}`);
  if (issue.architecture !== null && !input.architecture) open.push(`whether the machine is ${issue.architecture}`);
  if (issue.joins_free !== null && typeof input.join_free !== "boolean") open.push("whether the build joins free neighbours");
  if (elsewhere(issue, input)) open.push("why other processes grow than those where this code runs");
  return open;
}

/** Private memory grows, but not in the processes of this issue. */
function elsewhere({ pool, signature }: KnownIssue, { process_classes_growing: growing }: KnownIssuesInput): boolean {
  const known = (growing ?? []).filter((name) => name !== "unknown");
  return (
    pool === "pkg" &&
    signature.process_classes.length > 0 &&
    known.length > 0 &&
    !known.some((name) => includes(signature.process_classes, name))
  );
}

const includes = (list: readonly string[], name: string) => list.includes(name);

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
    if (strong && standing.standing === "affected" && open.length === 0 && rivalsOf(candidate, rivals) <= MAX_LIKELY_PER_SITE)
      return "likely";
    if (strong || input.version !== null) return "possible";
    return null;
  }
  const loaded = issue.modules.length === 0 || input.modules !== null;
  const serious = issue.weight >= SERIOUS_WEIGHT && loaded && open.length === 0;
  return serious && input.version !== null ? "release_only" : null;
}

/** How well an issue of the release alone fits what is going on. */
function fit({ pool, kind, signature }: KnownIssue, input: KnownIssuesInput): number {
  const growing = input.process_classes_growing ?? [];
  const grows = kind === "leak" && pool === "pkg" && growing.length > 0 ? 1 : 0;
  const there = signature.process_classes.some((name) => growing.includes(name)) ? 1 : 0;
  const broken =
    kind === "corruption" && input.incidents.some((one) => CORRUPTION_KINDS.has(one.kind) || one.kind === "child_died") ? 1 : 0;
  return grows + there + broken;
}

function poolFits({ pool }: KnownIssue, asked: Pool | undefined): boolean {
  return asked === undefined || pool === null || pool === asked;
}

function modulesFit({ modules }: KnownIssue, loaded: readonly string[] | null): boolean {
  if (modules.length === 0 || loaded === null) return true;
  const keys = new Set(loaded.map((name) => moduleKey(name.replace(/\.so$/, ""))));
  return modules.some((name) => keys.has(moduleKey(name)));
}

/** arm64 and aarch64 are one. */
function sameArchitecture(known: string, printed: string): boolean {
  const name = (text: string) => text.trim().toLowerCase().replace("arm64", "aarch64");
  return name(printed).startsWith(name(known));
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
