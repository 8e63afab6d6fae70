/** One known issue against one instance: is it ruled out, what speaks for it, and what stays open? */
import type { KnownIssue } from "../../kamailio/knowledge/known-issues.js";
import { releaseSigns } from "../../kamailio/knowledge/release-signs.js";
import type { Pool } from "../../kamailio/pool.js";
import { moduleKey, type PlaceSignal, quoteOf, samePlace } from "./evidence.js";
import type { KnownIssueEvidence, KnownIssuesInput } from "./known-issue-match.js";
import { type StandingWithReason, standingOf } from "./standing.js";

export interface Seen {
  places: PlaceSignal[];
  corrupted: PlaceSignal[];
  phantom: { pool: Pool | null; detail: string } | null;
}

export interface Candidate {
  issue: KnownIssue;
  standing: StandingWithReason;
  evidence: KnownIssueEvidence[];
  strong: boolean;
  /** Names of the sites that speak for it. */
  sites: string[];
  /** Conditions that no record settles, in words. */
  open: string[];
}

/** `[]` when the release, a module, a manager or the pool rules it out. */
export function weigh(issue: KnownIssue, input: KnownIssuesInput, seen: Seen): Candidate[] {
  const standing = standingOf(issue, input.version, releaseSigns(input.incidents.map(({ quote }) => quote)));
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
        addEvidence(candidate, { kind: "site", detail: place.detail });
        candidate.sites.push(place.function);
        candidate.strong ||= place.strength === "strong";
      }
  if (issue.kind === "corruption")
    for (const place of corrupted.filter(ofPool))
      if (namesIssue(issue, place)) {
        addEvidence(candidate, { kind: "incident", detail: place.detail });
        candidate.sites.push(place.function);
        candidate.strong = true;
      }
}

/** Lines of evidence a match: the strongest come first, a long log would repeat them. */
const MAX_EVIDENCE = 5;

function addEvidence({ evidence }: Candidate, one: KnownIssueEvidence): void {
  if (evidence.length < MAX_EVIDENCE && evidence.every(({ detail }) => detail !== one.detail)) evidence.push(one);
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
    ({ kind, pool, signal }) =>
      signature.incidents.includes(kind) &&
      (signal === null || FAULTS.has(signal.number)) &&
      (pool === null || candidate.issue.pool === null || pool === candidate.issue.pool),
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
