/** Reads the labelled lists of `fixtures/secrets/` and measures what is removed of them. */
import { readFileSync } from "node:fs";
import { removeSecrets } from "../../../src/kamailio/secrets.js";

const REMOVED = "[removed]";

export interface Labelled {
  text: string;
  secrets: string[];
  /** The text as it must come out. */
  expected: string;
}

export interface Measured {
  recall: number;
  precision: number;
  missed: Labelled[];
  /** Where something was removed that is no secret. */
  torn: { text: string; got: string }[];
}

export function labelled(name: "tuning" | "held-back"): Labelled[] {
  return readFileSync(new URL(`../../fixtures/secrets/${name}.txt`, import.meta.url), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => ({
      text: line.replaceAll(/[«»]/g, ""),
      secrets: [...line.matchAll(/«(.*?)»/g)].map((match) => match[1] ?? ""),
      expected: line.replaceAll(/«.*?»/g, REMOVED),
    }));
}

/** Recall: of the secrets, those that are gone. Precision: of what was removed, what is as it was expected. */
export function measure(cases: readonly Labelled[]): Measured {
  const missed: Labelled[] = [];
  const torn: Measured["torn"] = [];
  let secrets = 0;
  let gone = 0;
  let removed = 0;
  let right = 0;
  for (const one of cases) {
    const got = removeSecrets(one.text).text;
    const left = one.secrets.filter((secret) => got.includes(secret));
    secrets += one.secrets.length;
    gone += one.secrets.length - left.length;
    if (left.length > 0) missed.push(one);
    const cuts = got.split(REMOVED).length - 1;
    removed += cuts;
    // What stays of the line must stay in order around the marks, whether or not a secret was missed.
    const kept = one.expected.split(REMOVED);
    const isRight = got === one.expected || (left.length > 0 && kept.every((piece) => got.includes(piece)));
    if (isRight) right += cuts;
    else torn.push({ text: one.text, got });
  }
  return { recall: gone / secrets, precision: right / removed, missed, torn };
}
