/** Names that a typo could have meant, for the hint of a 404. */
import { distance } from "fastest-levenshtein";

/** The names that a typo of `name` could have meant, nearest first, at most three. */
export function nearNames(name: string, names: readonly string[]): string[] {
  const limit = Math.max(2, Math.floor(name.length / 3));
  return names
    .map((other) => ({ other, away: distance(name, other) }))
    .filter(({ away }) => away <= limit)
    .sort((a, b) => a.away - b.away)
    .slice(0, 3)
    .map(({ other }) => other);
}
