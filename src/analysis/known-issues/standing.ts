/** Does a release have a known issue? Releases are looked up; snapshots of the development branch are placed by the version they print. */
import { type KnownIssue, NEWEST_KNOWN_RELEASES } from "../../kamailio/knowledge/known-issues.js";
import type { ReleaseSign } from "../../kamailio/knowledge/release-signs.js";
import { compareVersions, isPreRelease, readVersion, type Version, versionInRange } from "../../kamailio/version.js";

/** `undecided`: the version is unknown, a snapshot from about the time of the fix, or a release newer than the table. */
export type Standing = "affected" | "undecided" | "unaffected";

export interface StandingWithReason {
  standing: Standing;
  reason: string;
}

/**
 * Where a version stands to an issue. A version without its second number is unknown: then what the log's own lines say of their release
 * (`signs`) can still rule an issue out.
 */
export function standingOf(issue: KnownIssue, version: Version | null, signs: readonly ReleaseSign[] = []): StandingWithReason {
  const against = version === null ? signs.find((sign) => issue.affected.every((range) => isOutside(range, sign))) : undefined;
  if (against !== undefined)
    return { standing: "unaffected", reason: `${against.why}: the affected releases (${rangesText(issue)}) do not` };
  if (version === null || version.major === null || version.minor === null)
    return { standing: "undecided", reason: `the release is not known; affected are ${rangesText(issue)}` };
  return isPreRelease(version) ? ofSnapshot(issue, version) : ofRelease(issue, version);
}

/** Does a range of releases lie wholly before or after those that can print the sign? */
function isOutside({ since, until }: KnownIssue["affected"][number], sign: ReleaseSign): boolean {
  const before = (left: string, right: string | null) => {
    const [a, b] = [readVersion(left), right === null ? null : readVersion(right)];
    return a !== null && b !== null && compareVersions(a, b) < 0;
  };
  return (sign.since !== null && before(until, sign.since)) || (sign.until !== null && before(sign.until, since));
}

/** The affected releases in words: `up to 4.2.6, 4.3.0 to 4.3.3`. */
export function rangesText(issue: KnownIssue): string {
  return issue.affected
    .map(({ since, until }) => (since === until ? since : since === OLDEST_TAG ? `up to ${until}` : `${since} to ${until}`))
    .join(", ");
}

/**
 * The nearest release with the fix: in the same series when it has one, else in the next series that has. `null` when no release has it.
 * An unknown version gets `null`: the list of fixed releases is the answer then.
 */
export function upgradeTo(issue: KnownIssue, version: Version | null): string | null {
  if (version === null || version.major === null || version.minor === null) return null;
  const newer = issue.fixed_in
    .flatMap((text) => {
      const release = readVersion(text);
      return release !== null && compareVersions(release, version) > 0 ? [release] : [];
    })
    .sort(compareVersions);
  const [nearest] = newer;
  return (newer.find((release) => sameSeries(release, version)) ?? nearest)?.text ?? null;
}

/** Tags before 3.3.5 are not in the history: a range from there on holds everything older, too. */
const OLDEST_TAG = "3.3.5";

function ofRelease(issue: KnownIssue, version: Version): StandingWithReason {
  if (inRanges(issue, version)) return { standing: "affected", reason: `${version.text} has the bug (${rangesText(issue)})` };
  const tip = newestKnownBelow(version);
  if (tip === null || !inRanges(issue, tip) || (!sameSeries(tip, version) && issue.fixed_on_master !== null))
    return { standing: "unaffected", reason: `${version.text} is outside the affected releases (${rangesText(issue)})` };
  return {
    standing: "undecided",
    reason: `${version.text} is newer than the table; ${tip.text} still had the bug`,
  };
}

function ofSnapshot(issue: KnownIssue, version: Version): StandingWithReason {
  const fixedAt = issue.fixed_on_master?.version ? readVersion(issue.fixed_on_master.version) : null;
  if (fixedAt !== null && sameNumbers(fixedAt, version)) {
    if (compareStages(version, fixedAt) > 0)
      return { standing: "unaffected", reason: `${version.text} is a snapshot from after the fix (${fixedAt.text})` };
    return {
      standing: "undecided",
      reason: `${version.text} is a development snapshot; the fix came on ${issue.fixed_on_master?.date}, when the branch called itself ${fixedAt.text}: older sources have the bug`,
    };
  }
  const release = ofRelease(issue, { ...version, suffix: null });
  if (release.standing !== "affected") return { ...release, reason: `as a snapshot before its release: ${release.reason}` };
  if (sameNumbers(readVersion(issue.affected[0]?.since ?? ""), version))
    return { standing: "undecided", reason: `the bug came with that release; the snapshot ${version.text} may be older` };
  return { standing: "affected", reason: `${version.text} is a snapshot of a release that has the bug (${rangesText(issue)})` };
}

/** The newest release of the version's series that the table knows; of the newest series for what is newer still. `null`: it knows the version. */
function newestKnownBelow(version: Version): Version | null {
  const tips = NEWEST_KNOWN_RELEASES.flatMap((text) => readVersion(text) ?? []);
  const newest = tips.at(-1);
  const tip = tips.find((release) => sameSeries(release, version)) ?? newest;
  return tip !== undefined && compareVersions({ ...version, suffix: null }, tip) > 0 ? tip : null;
}

const inRanges = (issue: KnownIssue, version: Version) => issue.affected.some((range) => versionInRange(version, range));
const sameSeries = (a: Version, b: Version) => a.major === b.major && a.minor === b.minor;
const sameNumbers = (a: Version | null, b: Version) => a !== null && sameSeries(a, b) && (a.patch ?? 0) === (b.patch ?? 0);

/** Snapshots of one release in their order: dev0, dev1 .. pre0 .. rc0; what cannot be placed counts as equal. */
function compareStages(a: Version, b: Version): number {
  const left = stageOf(a);
  const right = stageOf(b);
  if (left === null || right === null) return 0;
  return left.stage - right.stage || left.number - right.number;
}

const STAGES = ["dev", "pre", "rc"];

function stageOf({ suffix }: Version): { stage: number; number: number } | null {
  const match = /^(dev|pre|rc)(\d{1,4})/i.exec(suffix ?? "");
  if (match === null) return null;
  return { stage: STAGES.indexOf((match[1] ?? "").toLowerCase()), number: Number(match[2]) };
}
