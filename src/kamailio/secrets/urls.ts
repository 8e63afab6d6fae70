/**
 * Credentials in URLs: `mysql://user:password@host/db`, `redis://:password@host`, `https://token@host`. The scheme, the user and the host
 * stay. Also in the escaped form of JSON (`mysql:\/\/`).
 */
import { type Cut, endOfQuoted, indexOfAny } from "./cuts.js";

/** Schemes whose path may hold an `@` of its own, and whose user alone may be a token. */
const WEB_SCHEMES = new Set(["http", "https", "ws", "wss", "ftp", "ftps", "git", "ssh"]);

/** A user without a password in a web address is a token from this length on; names of people are shorter. */
const TOKEN_LENGTH = 16;

const ENDS_URL = " \t\0\r\"'`<>";

/** A path with a query behind a port (`/db?user=a@b`): the digits before it are no password. */
const QUERY = /^\/[\w.-]{0,80}\?[\w.-]{1,80}=/;

/** How far a password is searched for past a second `://`. */
const LONGEST_PASSWORD = 256;

/** The password of each URL in the line. Linear: each part of the line is looked at for one URL. */
export function cutsInUrls(line: string): Cut[] {
  const cuts: Cut[] = [];
  let mark = nextMark(line, 0);
  while (mark !== null) {
    const next = nextMark(line, mark.end);
    const scheme = schemeBefore(line, mark.start);
    if (scheme !== "") {
      const cut = passwordCut(line, mark.end, scheme, endOfUrl(line, mark, scheme, next));
      if (cut !== null) cuts.push(cut);
    }
    mark = next;
  }
  return cuts;
}

interface Mark {
  start: number;
  end: number;
}

function nextMark(line: string, from: number): Mark | null {
  const start = line.indexOf(":", from);
  for (let at = start; at !== -1; at = line.indexOf(":", at + 1)) {
    if (!/[A-Za-z0-9]/.test(line.charAt(at - 1))) continue;
    if (line.startsWith("://", at)) return { start: at, end: at + 3 };
    if (line.startsWith(":\\/\\/", at)) return { start: at, end: at + 5 };
  }
  return null;
}

function schemeBefore(line: string, end: number): string {
  let start = end;
  while (start > 0 && end - start < 32 && /[A-Za-z0-9+._-]/.test(line.charAt(start - 1))) start--;
  const scheme = line.slice(start, end).toLowerCase();
  return /[a-z]/.test(scheme) ? scheme : "";
}

function endOfUrl(line: string, mark: Mark, scheme: string, next: Mark | null): number {
  const limit = next === null ? line.length : next.start - schemeBefore(line, next.start).length;
  // "mysql://user:x://y@host": the second mark is inside a password, since nothing that ends a user part comes before it.
  const open = next !== null && !/[@/\s"'<>;,]/.test(line.slice(mark.end, next.start));
  const searchable = open ? line.slice(0, Math.min(line.length, mark.end + LONGEST_PASSWORD)) : line.slice(0, limit);
  const quote = line.charAt(mark.start - scheme.length - 1);
  if (quote === '"' || quote === "'") {
    const end = endOfQuoted(searchable, mark.end, quote);
    if (end !== -1) return end;
  }
  return indexOfAny(searchable, ENDS_URL, mark.end);
}

function passwordCut(line: string, start: number, scheme: string, end: number): Cut | null {
  const rest = line.slice(start, end);
  const firstAt = rest.indexOf("@");
  if (firstAt === -1) return null;
  const web = WEB_SCHEMES.has(scheme);
  const slash = rest.indexOf("/");
  const colon = rest.indexOf(":");
  let at: number;
  if (slash === -1 || firstAt < slash) {
    at = web && slash !== -1 ? rest.lastIndexOf("@", slash) : rest.lastIndexOf("@");
  } else {
    // The first "@" is in what looks like the path: only a password with a slash in it puts it there.
    if (colon === -1 || colon > slash || rest.startsWith("[")) return null;
    const port = rest.slice(colon + 1, slash).replace(/\\$/, "");
    if (/^\d{1,5}$/.test(port) && (web || QUERY.test(rest.slice(slash, slash + 200)))) return null;
    at = rest.lastIndexOf("@");
  }
  if (colon !== -1 && colon < at) return { start: start + colon + 1, end: start + at };
  return web && at >= TOKEN_LENGTH ? { start, end: start + at } : null;
}
