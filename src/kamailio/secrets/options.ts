/** Secrets in the arguments of commands (`--password x`, `mysql -px`, `curl -u user:x`), in Authorization headers and in SDP. */
import { type Cut, endOfQuoted, indexOfAny } from "./cuts.js";
import { holdsNoSecret, isSecretName } from "./names.js";

/** Between an option and its argument: blanks, NUL, or the quotes and comma of a list (`["--password", "x"]`). */
const BETWEEN = /^(?:["']\s{0,4},\s{0,4}["']?|[ \t\0]{1,4}["']?)/;

/** `--password x`; the form `--password=x` is a value behind a name. */
export function cutsOfLongOptions(line: string): Cut[] {
  const cuts: Cut[] = [];
  for (let at = line.indexOf("--"); at !== -1; at = line.indexOf("--", at + 2)) {
    const name = /^[A-Za-z][\w-]{0,60}/.exec(line.slice(at + 2, at + 64))?.[0];
    if (name === undefined || !isSecretName(name)) continue;
    const end = at + 2 + name.length;
    const gap = BETWEEN.exec(line.slice(end, end + 12))?.[0];
    if (gap === undefined) continue;
    const cut = wordAt(line, end + gap.length);
    if (!line.startsWith("-", cut.start) && !holdsNoSecret(line.slice(cut.start, cut.end))) cuts.push(cut);
  }
  return cuts;
}

/** Options of well-known clients that take a password. `glued`: it follows without a blank; `user`: it follows `user:`. */
const CLIENT_OPTIONS: readonly { client: RegExp; option: RegExp; user: boolean }[] = [
  { client: /\b(?:mysql|mysqldump|mysqladmin|mariadb|mysqlshow)\b/, option: /\s-p(?=[^\s-])/, user: false },
  { client: /\bsshpass\b/, option: /\s-p\s{0,4}(?=\S)/, user: false },
  { client: /\bredis-cli\b/, option: /\s-a\s{1,4}(?=\S)/, user: false },
  { client: /\b(?:docker|podman)\s{1,4}login\b/, option: /\s-p\s{0,4}(?=\S)/, user: false },
  { client: /\bhtpasswd\b/, option: /\s-\w{0,4}b\w{0,4}\s{1,4}\S{1,200}\s{1,4}\S{1,200}\s{1,4}(?=\S)/, user: false },
  { client: /\b(?:kamctl|kamcli|openserctl)\b/, option: /\s(?:add|passwd)\s{1,4}\S{1,200}\s{1,4}(?=\S)/, user: false },
  { client: /\bvault\s{1,4}login\b/, option: /^\s{1,4}(?=[^\s=-][^\s=]{0,200}(?:\s|$))/, user: false },
  { client: /\bldap(?:search|add|modify|delete|whoami|passwd)\b/, option: /\s-w\s{0,4}(?=\S)/, user: false },
  { client: /\bmosquitto_(?:pub|sub)\b/, option: /\s-P\s{0,4}(?=\S)/, user: false },
  { client: /\bopenssl\b/, option: /\s-pass(?:in|out)?\s{1,4}pass:(?=\S)/, user: false },
  { client: /\b(?:curl|wget)\b/, option: /\s(?:-u|--user|--proxy-user)[\s=]{1,4}(?=\S)/, user: true },
];

export function cutsOfClients(line: string): Cut[] {
  const cuts: Cut[] = [];
  for (const { client, option, user } of CLIENT_OPTIONS) {
    const program = client.exec(line);
    if (program === null) continue;
    const from = program.index + program[0].length;
    const found = option.exec(line.slice(from));
    if (found === null) continue;
    const start = from + found.index + found[0].length;
    const quote = line.charAt(start);
    const cut = wordAt(line, quote === '"' || quote === "'" ? start + 1 : start);
    const colon = line.indexOf(":", cut.start);
    if (user && (colon === -1 || colon >= cut.end)) continue;
    const value = user ? { start: colon + 1, end: cut.end } : cut;
    if (!holdsNoSecret(line.slice(value.start, value.end))) cuts.push(value);
  }
  return cuts;
}

/** rtpengine: `--redis=password@host:port/db`. */
export function cutsInRedisAddresses(line: string): Cut[] {
  return [...line.matchAll(/--redis(?:-write)?[=\s]([^\s@"']{1,200})@/g)].map((match) => {
    const end = match.index + match[0].length - 1;
    return { start: end - (match[1]?.length ?? 0), end };
  });
}

/** The argument that starts here: to its closing quote when one is open, else to the next blank. */
function wordAt(line: string, start: number): Cut {
  const quote = line.charAt(start - 1);
  const end = quote === '"' || quote === "'" ? endOfQuoted(line, start, quote) : -1;
  return { start, end: end === -1 ? indexOfAny(line, " \t\0\r\"'`|;&", start) : end };
}

const KNOWN_SCHEME = /^(?:bearer|basic|token|apikey|negotiate|ntlm|hawk|aws4-hmac-sha256)\s/i;

/** The end of a header inside other text: a line end, written out as an escape, or a quote. */
const HEADER_END = /["'`\r]|\\[rn]|#0?1[25]|<br/i;

/**
 * `Authorization: Bearer x`, `Proxy-Authorization: Basic x`: the scheme stays. Of a `Digest` only the response is a secret, and it is
 * found by its name.
 */
export function cutsInAuthorization(line: string): Cut[] {
  const cuts: Cut[] = [];
  const header = /authorization["']?\s{0,4}[:=]\s{0,4}["']?/gi;
  for (let match = header.exec(line); match !== null; match = header.exec(line)) {
    const start = match.index + match[0].length;
    const stop = HEADER_END.exec(line.slice(start))?.index;
    const end = stop === undefined ? line.trimEnd().length : start + stop;
    const value = line.slice(start, end);
    header.lastIndex = Math.max(end, header.lastIndex);
    if (/^digest\s/i.test(value)) continue;
    // "Bad authorization: nonce expired" is prose.
    if (/[a-z] $/.test(line.slice(Math.max(0, match.index - 2), match.index)) && !KNOWN_SCHEME.test(value)) continue;
    const scheme = /^[A-Za-z][A-Za-z0-9-]{0,20}\s{1,4}(?=\S)/.exec(value)?.[0] ?? "";
    const secret = { start: start + scheme.length, end: start + value.trimEnd().length };
    if (!holdsNoSecret(line.slice(secret.start, secret.end))) cuts.push(secret);
  }
  return cuts;
}

/** Keys of media encryption in a logged SDP: `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:KEY`, `a=ice-pwd:x`. */
export function cutsInSdp(line: string): Cut[] {
  const cuts: Cut[] = [];
  for (const mark of ["inline:", "a=ice-pwd:"]) {
    for (let at = line.indexOf(mark); at !== -1; at = line.indexOf(mark, at + mark.length)) {
      const start = at + mark.length;
      const length = /^[A-Za-z0-9+/=]{16,200}/.exec(line.slice(start, start + 200))?.[0].length ?? 0;
      if (length > 0) cuts.push({ start, end: start + length });
    }
  }
  return cuts;
}
