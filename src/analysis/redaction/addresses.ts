/**
 * Replaces IP addresses. What names no machine stays: loopback, wildcard and broadcast addresses, ports, and dotted numbers that are none
 * (versions have three parts, object identifiers six and more).
 */
import ipaddr from "ipaddr.js";
import type { Tokens } from "./tokens.js";

/** Characters of IPv6 addresses, those with an IPv4 tail among them. One class, so that the search is linear. */
const IPV6_RUN = /[0-9A-Fa-f:.]{2,}/g;
const IPV4_RUN = /\d{1,5}(?:\.\d{1,5}){3,20}/g;
const ZONE = /^%[\w-]{1,32}/;
const WORD = /[A-Za-z0-9_]/;
/** An address has eight groups at most; "::" at an end adds an empty one. */
const MAX_GROUPS = 9;

export function redactAddresses(text: string, tokens: Tokens): string {
  return redactIpv4(text.includes("::") || countColons(text) >= 7 ? redactIpv6(text, tokens) : text, tokens);
}

/** The token of an address alone, with or without brackets; the text itself when it may stay; `null` when it is no address. */
export function addressToken(text: string, tokens: Tokens): string | null {
  const bare = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  const token = ipv4Token(bare, tokens) ?? ipv6Token(bare.split("%")[0] ?? "", tokens);
  if (token === null) return null;
  return bare === text ? token : `[${token}]`;
}

function redactIpv4(text: string, tokens: Tokens): string {
  return text.replace(IPV4_RUN, (run) => {
    const parts = run.split(".");
    if (parts.length > 5) return run;
    const head = ipv4Token(parts.slice(0, 4).join("."), tokens);
    if (parts.length === 4) return head ?? run;
    // tcpdump writes the port behind a dot.
    if (head !== null) return `${head}.${parts[4]}`;
    const tail = ipv4Token(parts.slice(1).join("."), tokens);
    return tail === null ? run : `${parts[0]}.${tail}`;
  });
}

function ipv4Token(text: string, tokens: Tokens): string | null {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return null;
  const octets = parts.map(Number);
  const [first] = octets;
  if (first === 127 || octets.every((octet) => octet === 0) || octets.every((octet) => octet === 255)) return text;
  return tokens.of("ip", octets.join("."));
}

function redactIpv6(text: string, tokens: Tokens): string {
  let out = "";
  let done = 0;
  for (const match of text.matchAll(IPV6_RUN)) {
    const run = match[0];
    if (countColons(run) < 2) continue;
    const start = match.index;
    const found = addressesIn(run, WORD.test(text.charAt(start - 1)), WORD.test(text.charAt(start + run.length)));
    for (const { from, to } of found) {
      const token = ipv6Token(run.slice(from, to), tokens);
      if (token === null) continue;
      out += text.slice(done, start + from) + token;
      done = start + to;
      if (to === run.length) done += ZONE.exec(text.slice(done, done + 33))?.[0].length ?? 0;
    }
  }
  return done === 0 ? text : out + text.slice(done);
}

/** The longest addresses in a run of their characters, from the left. A group that goes on in a word beside the run is part of that word. */
function addressesIn(run: string, wordBefore: boolean, wordAfter: boolean): { from: number; to: number }[] {
  const groups: { from: number; to: number }[] = [];
  for (let from = 0; from <= run.length; ) {
    const colon = run.indexOf(":", from);
    const to = colon === -1 ? run.length : colon;
    groups.push({ from, to });
    from = to + 1;
  }
  const last = groups.length - (wordAfter ? 1 : 0);
  const found: { from: number; to: number }[] = [];
  for (let first = wordBefore ? 1 : 0; first < last; ) {
    const taken = longestFrom(run, groups, first, last);
    if (taken === null) first++;
    else {
      found.push(taken.range);
      first = taken.next;
    }
  }
  return found;
}

function longestFrom(run: string, groups: readonly { from: number; to: number }[], first: number, last: number) {
  for (let end = Math.min(last, first + MAX_GROUPS); end >= first + 2; end--) {
    const from = groups[first]?.from ?? 0;
    let to = groups[end - 1]?.to ?? 0;
    while (to > from && run.charAt(to - 1) === ".") to--;
    if (to - from <= MAX_ADDRESS && isIpv6(run.slice(from, to), end - first)) return { range: { from, to }, next: end };
  }
  return null;
}

/** Rules out by the number of groups what a parser would look at for longer. */
function isIpv6(text: string, groups: number): boolean {
  const short = text.indexOf("::");
  if (short === -1 ? groups !== 8 && groups !== 7 : text.indexOf("::", short + 1) !== -1) return false;
  return ipaddr.IPv6.isValid(text);
}

/** `0000:0000:0000:0000:0000:ffff:255.255.255.255`. */
const MAX_ADDRESS = 45;

function ipv6Token(text: string, tokens: Tokens): string | null {
  if (!text.includes(":") || text.length > MAX_ADDRESS || !ipaddr.IPv6.isValid(text)) return null;
  const address = ipaddr.IPv6.parse(text);
  if (address.isIPv4MappedAddress()) {
    const mapped = address.toIPv4Address().toString();
    const token = ipv4Token(mapped, tokens);
    return token === mapped ? text : token;
  }
  const range = address.range();
  return range === "loopback" || range === "unspecified" ? text : tokens.of("ip", address.toNormalizedString());
}

function countColons(text: string): number {
  let count = 0;
  for (let at = text.indexOf(":"); at !== -1; at = text.indexOf(":", at + 1)) count++;
  return count;
}
