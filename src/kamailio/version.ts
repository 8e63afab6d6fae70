/**
 * Kamailio versions as the binary prints them ("5.6.3", "6.2.0-dev1", "4.4.0-dev5", "0.8.14") and their order.
 *
 * The facts about releases are ranges of versions; a pre-release ("-dev5", "-rc0", "-pre1") sorts before its release.
 */

/** A version; a part that the text does not show is `null`. `text` is what was printed. */
export interface Version {
  text: string;
  major: number | null;
  minor: number | null;
  patch: number | null;
  suffix: string | null;
}

const VERSION = /^(\d{1,4})(?:\.(\d{1,4}))?(?:\.(\d{1,4}))?(?:\.\d{1,4})?([-~+_a-zA-Z][-~+_.0-9a-zA-Z]{0,60})?$/;

/** Reads one version word such as `5.8.8`, `6.0.3-rc0` or `5.3.0-dev1`; `null` when the word is no version. */
export function readVersion(word: string): Version | null {
  const text = word.trim();
  const match = VERSION.exec(text);
  if (!match) return null;
  const number = (part: string | undefined) => (part === undefined ? null : Number(part));
  return {
    text,
    major: number(match[1]),
    minor: number(match[2]),
    patch: number(match[3]),
    suffix: match[4] === undefined ? null : match[4].replace(/^[-~+_]/, ""),
  };
}

/** Words that mark a version as coming before the release of the same number. */
const BEFORE_RELEASE = /^(?:dev|pre|rc|alpha|beta|git|master)/i;

/**
 * Orders two versions by number; a pre-release comes before its release, another suffix (a distribution's revision) counts as the release.
 * A missing part counts as zero. Negative when `a` is older.
 */
export function compareVersions(a: Version, b: Version): number {
  for (const part of ["major", "minor", "patch"] as const) {
    const difference = (a[part] ?? 0) - (b[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return Number(isPreRelease(b)) - Number(isPreRelease(a));
}

/** True for "-dev5", "-rc0", "-pre1" and the like. */
export function isPreRelease(version: Version): boolean {
  return version.suffix !== null && BEFORE_RELEASE.test(version.suffix);
}

/** `since` and `until` are the first and the last release inside; `null` is open. `master` counts as newer than every number. */
export interface VersionRange {
  since: string | null;
  until: string | null;
}

/**
 * Is the version inside the range? The oldest tag in Kamailio's repository is 3.3.5, so a range since "3.3.5" also holds everything older.
 * A pre-release of the first release counts as inside: it was built from the branch that became it.
 */
export function versionInRange(version: Version, range: VersionRange): boolean {
  return isSince(version, range.since) && isUntil(version, range.until);
}

/** The oldest release tag: facts "since 3.3.5" mean "3.3.5 or older". */
const OLDEST_TAG = "3.3.5";

function isSince(version: Version, since: string | null): boolean {
  if (since === null || since === OLDEST_TAG) return true;
  const from = readVersion(since);
  if (from === null) return isMaster(version);
  return compareVersions({ ...version, suffix: null }, from) >= 0;
}

function isUntil(version: Version, until: string | null): boolean {
  if (until === null) return true;
  const to = readVersion(until);
  return to === null || compareVersions({ ...version, suffix: null }, to) <= 0;
}

/** The version that Kamailio's development branch prints at the time the tables were made (master 38711a3e78: 6.2.0-dev1). */
const MASTER_MAJOR = 6;
const MASTER_MINOR = 2;

function isMaster(version: Version): boolean {
  const major = version.major ?? 0;
  return major > MASTER_MAJOR || (major === MASTER_MAJOR && (version.minor ?? 0) >= MASTER_MINOR);
}
