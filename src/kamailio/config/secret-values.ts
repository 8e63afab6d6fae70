/**
 * Secrets that only show by where they end up: the value of `modparam("auth", "secret", SALT)` behind `#!define SALT "..."`, or a database URL
 * that is put together from several strings.
 */

import { holdsNoSecret, isSecretName, REMOVED } from "../secrets/names.js";
import { removeSecrets } from "../secrets.js";
import { MAX_UNKNOWN } from "./limits.js";
import type { ConfigReading } from "./reading.js";

/** Shorter values ("1", "no") are switches, and removing them everywhere would tear the text. */
const MIN_SECRET_LENGTH = 4;

/** What is secret among the values of a configuration whose lines were cleaned before; the longest first. */
export function secretValues(reading: ConfigReading): string[] {
  const found = new Set<string>();
  for (const { name, value } of [...reading.modparams, ...reading.custom]) {
    if (typeof value !== "string" || value.startsWith("$") || found.size >= MAX_UNKNOWN) continue;
    const secret = isSecretName(name) && !holdsNoSecret(value) ? value : difference(value, removeSecrets(value).text);
    if (secret.length >= MIN_SECRET_LENGTH && !secret.includes(REMOVED)) found.add(secret);
  }
  return [...found].sort((a, b) => b.length - a.length);
}

/** The texts without these values; the number of lines stays. */
export function hideValues(texts: ReadonlyMap<string, string>, secrets: readonly string[]): Map<string, string> {
  const hidden = new Map<string, string>();
  for (const [name, text] of texts)
    hidden.set(
      name,
      secrets.reduce((rest, secret) => rest.split(secret).join(inItsPlace(secret)), text),
    );
  return hidden;
}

function inItsPlace(secret: string): string {
  return REMOVED + "\n".repeat(secret.split("\n").length - 1);
}

/** The piece of `before` that is another one in `after`. */
function difference(before: string, after: string): string {
  if (before === after) return "";
  let start = 0;
  while (start < before.length && before[start] === after[start]) start++;
  let end = 0;
  while (end < before.length - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  return before.slice(start, before.length - end);
}
