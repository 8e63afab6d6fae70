/** Secrets in the headers of HTTP and SIP, in a command, a configuration or a log: `X-API-Key: x`, `Cookie: a=x`, `Bearer x`. */
import type { Cut } from "./cuts.js";
import { holdsNoSecret, isSecretName } from "./names.js";

/** A name with a dash, as headers have them, and its colon. */
const HEADER = /(?<![\w-])((?:[A-Za-z0-9]{1,30}-){1,6}[A-Za-z0-9]{1,30})\s?:\s{0,4}/g;
const COOKIE = /(?<![\w-])(?:Set-)?Cookie2?\s?:\s{0,4}/gi;
/** `name=value`, as far as a header goes: to a quote, a written-out line end, or the end of the line. */
const COOKIE_PAIR = /([\w!#$%&*+.^`|~-]{1,80})=([^\s;,"'\\]{1,4096})/g;
const COOKIE_ATTRIBUTES = new Set("path domain expires max-age samesite version priority".split(" "));
/** One word: what follows in a log line is somebody else's. */
const VALUE = /^[^\s"'`<>\\,;]{1,4096}/;
const BEARER = /\bBearer\s{1,4}([A-Za-z0-9._~+/=-]{8,4096})/gi;

export function cutsInHeaders(line: string): Cut[] {
  const cuts: Cut[] = [];
  for (const match of line.matchAll(HEADER)) {
    const name = match[1] ?? "";
    if (/(?:^|-)(?:authorization|authenticate|cookie)$/i.test(name) || !isSecretName(name)) continue;
    const start = match.index + match[0].length;
    const value = VALUE.exec(line.slice(start, start + 4096))?.[0] ?? "";
    if (!holdsNoSecret(value)) cuts.push({ start, end: start + value.length });
  }
  for (const match of line.matchAll(COOKIE)) {
    const from = match.index + match[0].length;
    const text = line.slice(from, endOfHeader(line, from));
    for (const pair of text.matchAll(COOKIE_PAIR)) {
      const value = pair[2] ?? "";
      if (COOKIE_ATTRIBUTES.has((pair[1] ?? "").toLowerCase()) || holdsNoSecret(value)) continue;
      const end = from + pair.index + pair[0].length;
      cuts.push({ start: end - value.length, end });
    }
  }
  for (const match of line.matchAll(BEARER)) {
    const value = match[1] ?? "";
    // "bearer authentication" is prose.
    if (!/[\d._~+/=]|[a-z][A-Z]/.test(value)) continue;
    const end = match.index + match[0].length;
    cuts.push({ start: end - value.length, end });
  }
  return cuts;
}

function endOfHeader(line: string, from: number): number {
  const stop = /["'\r]|\\[rn]/.exec(line.slice(from, from + 8192))?.index;
  return stop === undefined ? Math.min(line.length, from + 8192) : from + stop;
}

/** What is secret by its form alone, whoever prints it: a JSON Web Token, and the tokens of services that mark theirs. */
const MARKED =
  /(?<![\w-])(?:eyJ[\w-]{5,2000}\.[\w-]{4,4000}\.[\w-]{10,1000}|gh[pousr]_\w{30,100}|github_pat_\w{30,100}|glpat-[\w-]{10,100}|xox[abeprs]-[\w-]{10,200}|sk_(?:live|test)_\w{16,200}|AKIA[0-9A-Z]{16}|hvs\.[\w-]{10,200}|whsec_[\w+/=-]{16,200}|kat_[\w-]{30,100}|AIza[\w-]{30,60}|SG\.[\w-]{16,40}\.[\w-]{16,80})/g;

export function cutsOfMarkedTokens(line: string): Cut[] {
  return [...line.matchAll(MARKED)].map((match) => ({ start: match.index, end: match.index + match[0].length }));
}
