/** Readiness rule: is it known which Kamailio this is? */
import { factAt, isOlderThanFacts, VERSION_OPTION } from "../../../kamailio/knowledge/releases.js";
import { quoteShellWord } from "../../../kamailio/shell-words.js";
import { isPreRelease, type Version } from "../../../kamailio/version.js";
import { askWith, type Check, nothing } from "../check.js";
import type { Rule } from "./rule.js";

export const productIsKnown: Rule = (s) => {
  const base = { id: "build_recorded", title: "It is recorded which Kamailio this is" };
  const ask = askWith(`${quoteShellWord(s.binary)} -I`);
  if (s.judged === null)
    return {
      ...base,
      status: "unknown",
      detail: "No build is recorded. `-I` prints it in every release and starts nothing.",
      evidence: null,
      fix: ask,
    };

  const { value, id } = s.judged;
  const evidence = { kind: "build" as const, id, quote: `${value.product} ${s.version?.text ?? "(no version)"}` };
  if (s.is_kamailio === false)
    return {
      ...base,
      status: "unknown",
      detail:
        value.product === "opensips"
          ? "This is OpenSIPS: its allocators, flags and commands are its own (-a Q_MALLOC_DBG since 3.0, memlog and memdump, SIGUSR1). Nothing here is judged for it."
          : "The build is not recognised as Kamailio, SER or a relative: nothing is judged.",
      evidence,
      fix: ask,
    };
  if (s.version === null)
    return {
      ...base,
      status: "unknown",
      detail: "The recorded text shows no version, so the facts of no release can be used.",
      evidence,
      fix: ask,
    };
  return { ...base, status: isOlderThanFacts(s.version) ? "warn" : "pass", detail: ageOf(s.version), evidence, fix: nothing() };
};

function ageOf(version: Version): string {
  if (isOlderThanFacts(version))
    return `${version.text} is older than the oldest release whose source the facts were read from (3.3.5): what follows is by analogy with 3.3.`;
  if (isPreRelease(version))
    return `${version.text} is a pre-release or a development build: it is judged by the branch that it became, whose details may differ.`;
  return `The facts of ${version.text} are used.`;
}

/** 3.3 alone: `kamailio -v` means "turn on via host checking" and starts the server (main.c:2161@3.3.7). */
export const versionOptionStartsServer: Rule = (s): Check | null => {
  if (s.version === null || s.is_kamailio === false || factAt(VERSION_OPTION, s.version) === "-v") return null;
  return {
    id: "version_option",
    title: "`-v` does not print the version in this release",
    status: "warn",
    detail: `In ${s.version.text} \`-v\` turns on via checking and starts a server. Use -V or -I.`,
    evidence: { kind: "release", id: null, quote: "main.c:2161@3.3.7" },
    fix: askWith(`${quoteShellWord(s.binary)} -V`),
  };
};
